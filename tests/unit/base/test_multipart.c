/* Promises of base/multipart.h: what clients send, cut as they meant it. */
#include "base/buf.h"
#include "base/multipart.h"
#include "multipart_samples.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct slice type_b = SLICE_INIT("multipart/form-data; boundary=B");

/* Parses a copy that ends where its memory ends, so that the sanitizer sees every byte too far. The
 * slices of `ret` then point into freed memory: only their addresses may be used. */
static int parse_copy(struct slice content_type, struct slice body, struct multipart *ret)
{
    char *type = malloc(content_type.len + 1), *bytes = malloc(body.len + 1);
    const char *why = NULL;
    memcpy(type + 1, content_type.data, content_type.len);
    memcpy(bytes + 1, body.data, body.len);
    int result = multipart_parse((struct slice){type + 1, content_type.len},
                                 (struct slice){bytes + 1, body.len}, ret, &why);
    cr_assert_eq(result == 0, why == NULL);
    cr_assert(result == 0 || result == -EINVAL);
    free(type);
    free(bytes);
    return result;
}

static int parse_b(const char *body)
{
    static struct multipart form;
    return parse_copy(type_b, slice_of(body), &form);
}

/* One part of which `head` is the whole head, without the empty line. */
static int parse_head(const char *head)
{
    CLEANUP(text) char *body = NULL;
    cr_assert_gt(asprintf(&body, "--B\r\n%s\r\n\r\nv\r\n--B--", head), 0);
    return parse_b(body);
}

static void expect_slice(struct slice found, struct slice wanted, const char *sender)
{
    cr_expect_eq(found.data == NULL, wanted.data == NULL, "%s", sender);
    cr_expect(slice_equal(found, wanted), "%s: %.*s", sender, SLICE_ARGS(found));
}

Test(multipart, takes_what_every_known_client_sends)
{
    for (size_t i = 0; i < MULTIPART_SAMPLES; i++) {
        const struct multipart_sample *sample = &multipart_samples[i];
        struct multipart form;
        const char *why = "";
        cr_assert_eq(multipart_parse(sample->content_type, sample->body, &form, &why), 0, "%s: %s",
                     sample->sender, why);
        size_t count = 0;
        for (; sample->parts[count].name; count++) {
            const struct multipart_part *part = &form.parts[count];
            cr_expect(slice_equal(part->name, slice_of(sample->parts[count].name)));
            expect_slice(part->filename, sample->parts[count].filename, sample->sender);
            expect_slice(part->content_type, sample->parts[count].content_type, sample->sender);
            expect_slice(part->content, sample->parts[count].content, sample->sender);
        }
        cr_expect_eq(form.count, count, "%s", sample->sender);
    }
}

Test(multipart, refuses_a_body_cut_off_at_any_byte)
{
    for (size_t i = 0; i < MULTIPART_SAMPLES; i++) {
        const struct multipart_sample *sample = &multipart_samples[i];
        struct multipart form;
        size_t whole = sample->body.len; /* what follows the last hyphen belongs to nobody */
        while (memcmp(sample->body.data + whole - 2, "--", 2) != 0) {
            whole--;
        }
        for (size_t size = 0; size < whole; size++) {
            struct slice cut = {sample->body.data, size};
            cr_assert_eq(parse_copy(sample->content_type, cut, &form), -EINVAL, "%s: %zu of %zu",
                         sample->sender, size, whole);
        }
        cr_assert_eq(
            parse_copy(sample->content_type, (struct slice){sample->body.data, whole}, &form), 0);
    }
}

/* The parts lie in the body, in order and apart. */
static void expect_parts_within(const struct multipart *form, const char *bytes, size_t size)
{
    const char *at = bytes;
    cr_assert_leq(form->count, MULTIPART_PARTS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        const struct multipart_part *part = &form->parts[i];
        cr_assert(part->name.len >= 1 && part->name.len <= MULTIPART_NAME_MAX);
        cr_assert(part->name.data > at && part->content.data > part->name.data);
        at = part->content.data + part->content.len;
        cr_assert_leq(at, bytes + size - 2);
    }
}

static void parse_mutant(struct slice content_type, const char *bytes, size_t size)
{
    struct multipart form;
    const char *why = NULL;
    char *exact = malloc(size);
    memcpy(exact, bytes, size);
    if (multipart_parse(content_type, (struct slice){exact, size}, &form, &why) == 0) {
        expect_parts_within(&form, exact, size);
    }
    free(exact);
}

Test(multipart, no_byte_changed_or_lost_does_harm)
{
    for (size_t i = 0; i < MULTIPART_SAMPLES; i++) {
        const struct multipart_sample *sample = &multipart_samples[i];
        size_t size = sample->body.len;
        char *body = xmemdup0(sample->body.data, size);
        for (size_t at = 0; at < size; at++) {
            static const unsigned char changes[] = {1, 0x20, 0x80, 0xFF, '\r', '\n', '"', ';'};
            for (size_t k = 0; k < sizeof changes; k++) {
                body[at] = (char)(body[at] ^ changes[k]);
                parse_mutant(sample->content_type, body, size);
                body[at] = sample->body.data[at];
            }
            memmove(body + at, body + at + 1, size - at - 1);
            parse_mutant(sample->content_type, body, size - 1);
            memcpy(body, sample->body.data, size);
        }
        free(body);
    }
}

Test(multipart, refuses_a_content_type_without_a_good_boundary)
{
    static const char *const wrong[] = {
        "",
        "multipart/form-data",
        "multipart/form-data;",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"B",
        "multipart/form-data; boundary=\"B \"",
        "multipart/form-data; boundary=B C",
        "multipart/form-data; boundary=B\\",
        "multipart/form-data; boundary=B; boundary=B",
        "multipart/form-data; boundary =B",
        "multipart/form-data; boundary=\x01",
        "multipart/form-data boundary=B",
        "multipart/form-data, multipart/form-data; boundary=B",
        "multipart/mixed; boundary=B",
        "application/json",
    };
    struct multipart form;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(parse_copy(slice_of(wrong[i]), SLICE("--B--"), &form), -EINVAL, "%s",
                     wrong[i]);
    }
    cr_expect_eq(parse_copy(SLICE("multipart/form-data; boundary=B\0C"), SLICE("--B--"), &form),
                 -EINVAL);
    cr_expect_eq(parse_copy(SLICE("multipart/form-data; boundary=01234567890123456789012345678901"
                                  "234567890123456789012345678901234567890"),
                            SLICE("--01234567890123456789012345678901234567890123456789012345678901"
                                  "234567890--"),
                            &form),
                 -EINVAL, "71 characters");
    cr_expect_eq(parse_copy((struct slice){"", 0}, (struct slice){"", 0}, &form), -EINVAL);
    const char *why = NULL;
    cr_expect_eq(multipart_parse((struct slice){NULL, 0}, (struct slice){NULL, 0}, &form, &why),
                 -EINVAL);
    cr_expect_eq(multipart_parse(type_b, (struct slice){NULL, 0}, &form, &why), -EINVAL);
}

Test(multipart, takes_a_boundary_of_seventy_characters_and_a_form_without_parts)
{
    struct multipart form = {.count = 9};
    cr_expect_eq(parse_copy(SLICE("multipart/form-data; boundary=0123456789012345678901234567890"
                                  "123456789012345678901234567890123456789"),
                            SLICE("--0123456789012345678901234567890123456789012345678901234567890"
                                  "123456789--"),
                            &form),
                 0);
    cr_expect_eq(form.count, 0);
    cr_expect_eq(parse_b("--B--\r\n"), 0);
    cr_expect_eq(parse_b("preamble\r\n--B--"), 0);
}

Test(multipart, heads_of_parts_are_read_strictly)
{
    static const char *const wrong[] = {
        "",
        "Content-Type: text/plain",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name",
        "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"a\\\"",
        "Content-Disposition: form-data; name=\"a\" b",
        "Content-Disposition: form-data; name=a b",
        "Content-Disposition: form-data; name=a\\",
        "Content-Disposition: form-data; name=a\"b\"",
        "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=a; filename=b; filename=c",
        "Content-Disposition: form-data; name=a;; filename=b",
        "Content-Disposition: form-data, form-data; name=a",
        "Content-Disposition: attachment; name=a",
        "Content-Disposition: form-data; filename=a",
        "Content-Disposition: form-data; name=\"a\tb\"",
        "Content-Disposition: form-data; name=\"a\x01\"",
        "Content-Disposition: form-data; name=\"a\x7f\"",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
        "Content-Disposition: form-data; name=a\r\nContent-Type: a/b\r\ncontent-type: c/d",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: quoted-printable",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding:",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: binary, base64",
        "Content-Disposition : form-data; name=a",
        "Content-Disposition: form-data;\r\n name=a",
        " Content-Disposition: form-data; name=a",
        "Content-Disposition: form-data; name=a\nX: y",
        "Content-Disposition: form-data; name=a\r\nnonsense",
        "Content-Disposition: form-data; name=a\r\n: x",
        "Content-Disposition: form-data; name=a\r\n--B: x",
        "Content-Disposition: form-data; name=a\r\nX: \x01",
    };
    static const char *const right[] = {
        "Content-Disposition: form-data; name=a",
        "Content-Disposition:form-data;name=a",
        "Content-Disposition: form-data; name=\"a;b\"; filename=\";\"",
        "Content-Disposition: form-data; name=a;",
        "Content-Disposition: form-data; name=a; size=5; filename=\"\"",
        "Content-Disposition: form-data; name=\"\\\"\"",
        "Content-Disposition: form-data; name=\"\xC3\xA4\"",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: 8Bit",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: 7bit",
        "Content-Disposition: form-data; name=a\r\nContent-Length: 1\r\nX:",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(parse_head(wrong[i]), -EINVAL, "%s", wrong[i]);
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        cr_expect_eq(parse_head(right[i]), 0, "%s", right[i]);
    }
}

Test(multipart, a_nul_ends_no_text)
{
    static const struct slice wrong[] = {
        SLICE_INIT("--B\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\nv\r\n--B--"),
        SLICE_INIT("--B\r\nContent-Disposition\0: form-data; name=\"a\"\r\n\r\nv\r\n--B--"),
        SLICE_INIT("--B\0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--B--"),
    };
    struct multipart form;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(parse_copy(type_b, wrong[i], &form), -EINVAL, "%zu", i);
    }
}

#define PART(name, value)                                                                          \
    "--B\r\nContent-Disposition: form-data; name=" name "\r\n\r\n" value "\r\n"

Test(multipart, refuses_what_two_readers_could_cut_differently)
{
    cr_expect_eq(parse_b(PART("a", "v") "--B--"), 0);
    cr_expect_eq(parse_b(PART("a", "v\r\n--Bx\r\nw") "--B--"), -EINVAL);
    cr_expect_eq(parse_b(PART("a", "v\r\n--B-") "--B--"), -EINVAL);
    cr_expect_eq(parse_b("--Bx\r\n" PART("a", "v") "--B--"), -EINVAL);
    cr_expect_eq(parse_b("--B\n" PART("a", "v") "--B--"), -EINVAL);
    cr_expect_eq(parse_b(PART("a", "v") PART("A", "w") "--B--"), -EINVAL);
    cr_expect_eq(parse_b("--B\r\n" PART("a", "v") "--B--"), -EINVAL);
    cr_expect_eq(parse_b("--B\r\nContent-Disposition: form-data; name=a\r\n--B--"), -EINVAL);
    cr_expect_eq(parse_b("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--"), -EINVAL);
    cr_expect_eq(parse_b(PART("a", "--B--") "--B--"), -EINVAL);
    cr_expect_eq(parse_b("x--B--"), -EINVAL);
    cr_expect_eq(parse_b("\n--B--"), -EINVAL);
}

Test(multipart, content_is_what_stands_between_whatever_it_is)
{
    static const struct slice contents[] = {
        SLICE_INIT(""),       SLICE_INIT("\r\n"),    SLICE_INIT("\r"),
        SLICE_INIT("--b--"),  SLICE_INIT("\n--B--"), SLICE_INIT("\r\n\r\n"),
        SLICE_INIT("\0\0\0"), SLICE_INIT("\r\n--"),  SLICE_INIT("Content-Disposition: x"),
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        CLEANUP(buf) struct buf body;
        struct multipart form;
        const char *why = "";
        buf_init(&body, 1000);
        buf_puts(&body, "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n");
        buf_put_slice(&body, contents[i]);
        buf_puts(&body, "\r\n--B--");
        cr_assert_eq(multipart_parse(type_b, buf_slice(&body), &form, &why), 0, "%zu: %s", i, why);
        cr_expect_eq(form.count, 1);
        cr_expect(slice_equal(form.parts[0].content, contents[i]), "%zu", i);
    }
}

Test(multipart, caps_names_heads_and_parts)
{
    for (int excess = 0; excess < 2; excess++) {
        CLEANUP(buf) struct buf head, parts;
        buf_init(&head, 10000);
        buf_printf(&head, "Content-Disposition: form-data; name=%0*d", MULTIPART_NAME_MAX + excess,
                   7);
        cr_expect_eq(parse_head(head.data), excess ? -EINVAL : 0);
        buf_reset(&head);
        buf_puts(&head, "Content-Disposition: form-data; name=a\r\nX: ");
        while (head.len < (size_t)MULTIPART_HEAD_MAX + (size_t)excess) {
            buf_putc(&head, 'x');
        }
        cr_expect_eq(parse_head(head.data), excess ? -EINVAL : 0);
        buf_init(&parts, 10000);
        for (int i = 0; i < MULTIPART_PARTS_MAX + excess; i++) {
            buf_printf(&parts, PART("p%d", "v"), i);
        }
        buf_puts(&parts, "--B--");
        cr_expect_eq(parse_b(parts.data), excess ? -EINVAL : 0);
    }
}

/* A quadratic reader would need hours for one of these. */
Test(multipart, bodies_full_of_near_boundaries_take_linear_time, .timeout = 60)
{
    static const struct slice pieces[] = {
        SLICE_INIT("\r\n--0000000000000000000000000000000000000000000000000000000000000000000"),
        SLICE_INIT("\r\n--0"),
        SLICE_INIT("\r\n"),
        SLICE_INIT("\r\n--"),
        SLICE_INIT("\r\n-"),
        SLICE_INIT("0"),
        SLICE_INIT("\r\n\r\n"),
    };
    enum { SIZE = 6 << 20 };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        CLEANUP(buf) struct buf body;
        struct multipart form;
        const char *why;
        buf_init(&body, SIZE + 1000);
        buf_puts(&body, "--00000000000000000000000000000000000000000000000000000000000000000001"
                        "\r\nContent-Disposition: form-data; name=a\r\n\r\n");
        while (body.len < SIZE) {
            buf_put_slice(&body, pieces[i]);
        }
        cr_expect_eq(multipart_parse(SLICE("multipart/form-data; boundary=0000000000000000000000000"
                                           "00000000000000000000000000000000000000000001"),
                                     buf_slice(&body), &form, &why),
                     -EINVAL);
    }
}

Test(multipart, finds_parts_in_any_case)
{
    struct multipart form;
    const char *why;
    cr_assert_eq(multipart_parse(type_b, SLICE(PART("VerifyImage", "v") "--B--"), &form, &why), 0);
    cr_expect_eq(multipart_find(&form, "verifyImage"), &form.parts[0]);
    cr_expect_null(multipart_find(&form, "verifyImag"));
    cr_expect_null(multipart_find(&form, ""));
}
