/*
 * Session images: ids that lead back to the session, and pictures.
 */
#include "base/image.h"
#include "emulator/session_image.h"

#include <criterion/criterion.h>

static struct emu_sessions sessions;
static struct emu_session *session;
static struct emu_attempt *attempt;
static struct fake_random source;

static void setup(void)
{
    struct emu_session_settings settings = {.attempts_allowed = 3, .enable_session_image = true};
    const struct emu_sight sight = {.decision = EMU_REALFACE, .faces = 1};

    fake_random_init(&source, 5);
    emu_sessions_init(&sessions, 10);
    session = emu_sessions_add(&sessions, &settings, &source.random, 0);
    cr_assert(emu_session_start(session));
    attempt = emu_session_record(session, &sight, &source.random);
    cr_assert_not_null(attempt);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
}

TestSuite(session_image, .init = setup, .fini = teardown);

static const struct emu_attempt *find(const char *id)
{
    const struct emu_session *found = NULL;
    const struct emu_attempt *of = emu_image_find(&sessions, slice_of(id), 0, &found);

    cr_expect_eq(found, of ? session : NULL);
    return of;
}

/* The id of a documented capture, whose session is known. */
Test(session_image, has_ids_as_the_service_has)
{
    static const uint8_t guid[EMU_GUID_BYTES] = {0x73, 0xcc, 0xfa, 0xfd, 0x7c, 0x10, 0x8d, 0x4a,
                                                 0xa0, 0x5c, 0x5e, 0x72, 0x66, 0x0e, 0x36, 0xc8};
    char id[EMU_IMAGE_ID_SIZE];

    emu_image_id_format("0acf6dbf-ce43-42a7-937e-705938881d62", guid, id);
    cr_expect_str_eq(id, "Ab9tzwpDzqdCk35wWTiIHWJzzPr9fBCNSqBcXnJmDjbI");
}

Test(session_image, is_found_by_its_id_and_by_no_other)
{
    char id[EMU_IMAGE_ID_SIZE];

    emu_image_id_format(session->id, attempt->image_guid, id);
    cr_expect_eq(find(id), attempt);
    id[40] = id[40] == 'a' ? 'b' : 'a';
    cr_expect_null(find(id), "another image of this session");
    emu_image_id_format(session->id, attempt->image_guid, id);
    id[5] = id[5] == 'a' ? 'b' : 'a';
    cr_expect_null(find(id), "another session");
    emu_image_id_format(session->id, attempt->image_guid, id);
    id[0] = 'B';
    cr_expect_null(find(id), "another kind of id");
    cr_expect_null(find(""));
    cr_expect_null(find("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+"));
}

Test(session_image, is_there_only_when_asked_for)
{
    char id[EMU_IMAGE_ID_SIZE];

    emu_image_id_format(session->id, attempt->image_guid, id);
    session->settings.enable_session_image = false;
    cr_expect_null(find(id));
}

Test(session_image, is_gone_with_its_session)
{
    char id[EMU_IMAGE_ID_SIZE];

    emu_image_id_format(session->id, attempt->image_guid, id);
    emu_sessions_remove(&sessions, session);
    session = NULL;
    cr_expect_null(find(id));
}

Test(session_image, is_a_jpeg_and_always_the_same_one)
{
    CLEANUP(buf) struct buf first;
    CLEANUP(buf) struct buf second;

    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    emu_image_write(attempt, &first);
    emu_image_write(attempt, &second);
    cr_assert_not(buf_failed(&first));
    cr_expect_gt(first.len, 1024);
    cr_expect_eq(image_kind_of(buf_slice(&first)), IMAGE_JPEG);
    cr_expect_eq(memcmp(first.data + first.len - 2, "\xff\xd9", 2), 0);
    cr_expect(slice_equal(buf_slice(&first), buf_slice(&second)));
    buf_reset(&second);
    attempt->image_guid[0] ^= 0xff;
    emu_image_write(attempt, &second);
    cr_expect_not(slice_equal(buf_slice(&first), buf_slice(&second)));
}
