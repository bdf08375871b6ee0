/* Promises of base/form.h. */
#include "base/form.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool read_field(struct slice body, const char *name, struct buf *ret)
{
    char *exact = malloc(body.len > 0 ? body.len : 1);
    memcpy(exact, body.data, body.len);
    buf_init(ret, 100);
    bool found = form_field((struct slice){exact, body.len}, name, ret);
    free(exact);
    return found;
}

Test(form, fields_are_found_and_decoded)
{
    static const struct {
        const char *body, *name, *value;
    } cases[] = {
        {"a=b", "a", "b"},
        {"x=y&a=b&a=c", "a", "b"},
        {"a=b%20c+d%2B", "a", "b c d+"},
        {"a=%C3%a4", "a", "\xC3\xA4"},
        {"a=b=c", "a", "b=c"},
        {"a=", "a", ""},
        {"a", "a", ""},
        {"&&a=b&", "a", "b"},
        {"grant%5Ftype=x", "grant_type", "x"},
        {"scope=https%3A%2F%2Fexample.org%2F.default", "scope", "https://example.org/.default"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(buf) struct buf value;
        cr_assert(read_field(slice_of(cases[i].body), cases[i].name, &value), "%s", cases[i].body);
        cr_expect(slice_equal(buf_slice(&value), slice_of(cases[i].value)), "%s", cases[i].body);
    }
}

Test(form, absent_and_malformed_fields_leave_nothing)
{
    static const struct slice wrong[] = {
        SLICE_INIT(""),      SLICE_INIT("&"),     SLICE_INIT("="),      SLICE_INIT("=a"),
        SLICE_INIT("A=b"),   SLICE_INIT("aa=b"),  SLICE_INIT("b=a"),    SLICE_INIT("a=%"),
        SLICE_INIT("a=x%1"), SLICE_INIT("a=%g0"), SLICE_INIT("a=b%00"), SLICE_INIT("%61%=b"),
        SLICE_INIT("a=%0"),  SLICE_INIT("a\0=b"), SLICE_INIT("a=%\0a"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(buf) struct buf value;
        cr_expect_not(read_field(wrong[i], "a", &value), "%.*s", SLICE_ARGS(wrong[i]));
        cr_expect_eq(value.len, 0);
    }
    CLEANUP(buf) struct buf value;
    cr_expect_not(read_field(SLICE("a=b&=c"), "", &value), "a nameless field is none");
}

Test(form, a_value_that_does_not_fit_is_not_cut)
{
    CLEANUP(buf) struct buf value;
    buf_init(&value, 5);
    buf_puts(&value, "1");
    cr_expect_not(form_field(SLICE("a=12345"), "a", &value));
    cr_expect_eq(value.len, 1);
    cr_expect(form_field(SLICE("a=%31234"), "a", &value));
    cr_expect_str_eq(value.data, "11234");
}

Test(form, is_written_as_it_is_read)
{
    CLEANUP(buf) struct buf body;
    buf_init(&body, 1000);
    form_put(&body, "grant_type", SLICE("client_credentials"));
    form_put(&body, "a b", SLICE("~*-._ &=+%\xFF"));
    form_put(&body, "empty", SLICE(""));
    cr_expect_str_eq(body.data, "grant_type=client_credentials&"
                                "a+b=%7E*-._+%26%3D%2B%25%FF&empty=");
    char all[255];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (char)(i + 1);
    }
    CLEANUP(buf) struct buf value;
    buf_init(&value, 1000);
    buf_reset(&body);
    form_put(&body, "all", (struct slice){all, sizeof all});
    cr_expect(form_field(buf_slice(&body), "all", &value));
    cr_expect(slice_equal(buf_slice(&value), (struct slice){all, sizeof all}));
}
