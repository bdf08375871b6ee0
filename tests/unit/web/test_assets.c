/*
 * The files in the program are those of the folder, byte for byte.
 */
#include "support/support.h"
#include "web/assets.h"

#include <criterion/criterion.h>

static const char *const names[] = {
#define ASSET(symbol, name, type) name,
#include "web/asset_table.h"
#undef ASSET
};

Test(assets, are_the_files_of_the_folder)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct asset asset;
        cr_assert(asset_find(slice_of(names[i]), &asset), "%s", names[i]);
        const char *file = source_text(text_of("server/web/%s", names[i]));
        cr_assert(slice_equal(asset.body, slice_of(file)), "%s", names[i]);
    }
}

Test(assets, are_found_by_their_whole_name_only)
{
    struct asset asset;
    cr_assert_not(asset_find(SLICE("demo/"), &asset));
    cr_assert_not(asset_find(SLICE("demo/index.html.bak"), &asset));
    cr_assert_not(asset_find(SLICE("../web/openapi.json"), &asset));
    cr_assert_not(asset_find(SLICE(""), &asset));
}
