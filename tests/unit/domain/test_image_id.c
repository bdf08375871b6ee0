/* Promises of domain/image_id.h. */
#include "domain/image_id.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {1, 2};
static const uint8_t other_key[SHA256_BYTES] = {1, 3};
static const char session[] = "0190163d-8694-739b-aea5-966c26f8ad91";

Test(image_id, leads_back_to_its_session)
{
    char id[IMAGE_ID_SIZE];
    char found[UUID_SIZE];
    image_id_make(key, session, id);
    cr_expect_eq(strlen(id), (size_t)IMAGE_ID_SIZE - 1);
    cr_expect_eq(strncmp(id, "A", 1), 0, "the first byte is 0x01, as in the upstream's");
    cr_expect(image_id_read(key, slice_of(id), found));
    cr_expect_str_eq(found, session);
}

Test(image_id, is_the_same_whenever_it_is_made)
{
    char first[IMAGE_ID_SIZE];
    char again[IMAGE_ID_SIZE];
    image_id_make(key, session, first);
    image_id_make(key, session, again);
    cr_expect_str_eq(first, again);
}

Test(image_id, no_other_key_reads_or_makes_it)
{
    char id[IMAGE_ID_SIZE];
    char found[UUID_SIZE] = "untouched";
    image_id_make(other_key, session, id);
    cr_expect_not(image_id_read(key, slice_of(id), found));
    cr_expect_str_eq(found, "untouched");
}

Test(image_id, one_changed_character_makes_it_nobody_s)
{
    char id[IMAGE_ID_SIZE];
    char found[UUID_SIZE];
    image_id_make(key, session, id);
    for (size_t i = 0; i < IMAGE_ID_SIZE - 1; i++) {
        char changed[IMAGE_ID_SIZE];
        memcpy(changed, id, sizeof changed);
        changed[i] = changed[i] == 'b' ? 'c' : 'b';
        cr_expect_not(image_id_read(key, slice_of(changed), found), "%zu", i);
    }
}

Test(image_id, refuses_what_is_none)
{
    static const char *const rows[] = {
        "",
        "A",
        "../../../../../../../../../../../../etc/pas",
        "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgYo", /* an id of the upstream's making */
        "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgY",
        "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgYoo",
        "AaTWscL3A2hLnw5/PVweKpBc5FCdHhdEQ7hRzNe7sgYo",
        "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sg==",
    };
    char found[UUID_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_not(image_id_read(key, slice_of(rows[i]), found), "%s", rows[i]);
    }
    cr_expect_not(image_id_read(key, (struct slice){NULL, 0}, found));
}

Test(image_id, sessions_of_any_bytes_come_back)
{
    struct fake_random random;
    fake_random_init(&random, 5);
    for (int i = 0; i < 200; i++) {
        char id[IMAGE_ID_SIZE];
        char uuid[UUID_SIZE];
        char found[UUID_SIZE] = "";
        uuid4(&random.random, uuid);
        image_id_make(key, uuid, id);
        cr_expect(image_id_read(key, slice_of(id), found));
        cr_expect_str_eq(found, uuid);
    }
}
