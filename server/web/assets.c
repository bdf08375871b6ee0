/*
 * The files of asset_table.h, put into the program by the assembler.
 */
#include "web/assets.h"

#include <stddef.h>

#define ASSET(symbol, name, type)                                                                  \
    __asm__(".pushsection .rodata\n"                                                               \
            "web_" #symbol ":\n"                                                                   \
            ".incbin \"" WEB_DIR "/" name "\"\n"                                                   \
            "web_" #symbol "_end:\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char web_##symbol[] __attribute__((visibility("hidden")));                        \
    extern const char web_##symbol##_end[] __attribute__((visibility("hidden")));
#include "web/asset_table.h"
#undef ASSET

enum {
#define ASSET(symbol, name, type) ASSET_##symbol,
#include "web/asset_table.h"
#undef ASSET
    ASSET_COUNT
};

static const struct {
    const char *name;
    const char *type;
    const char *start;
    const char *end;
} table[ASSET_COUNT] = {
#define ASSET(symbol, name, type) [ASSET_##symbol] = {name, type, web_##symbol, web_##symbol##_end},
#include "web/asset_table.h"
#undef ASSET
};

bool asset_find(struct slice name, struct asset *ret)
{
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        if (slice_equal(name, slice_of(table[i].name))) {
            *ret = (struct asset){table[i].name,
                                  table[i].type,
                                  {table[i].start, (size_t)(table[i].end - table[i].start)}};
            return true;
        }
    }
    return false;
}
