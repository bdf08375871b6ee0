/* Whatever a text holds, in a page it is text. */
#include "base/html.h"

#include <criterion/criterion.h>

static void expect_html(void (*put)(struct buf *ret, const char *text), const char *text,
                        const char *expected)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4096);
    put(&buf, text);
    cr_assert_not(buf_failed(&buf));
    cr_expect(slice_equal(buf_slice(&buf), slice_of(expected)), "%.*s",
              SLICE_ARGS(buf_slice(&buf)));
}

Test(html, text_cannot_leave_its_element_or_attribute)
{
    expect_html(html_put, "</p><script>alert('1' & \"2\")</script>",
                "&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
}

Test(html, control_characters_are_left_out)
{
    expect_html(html_put,
                "a\x01\x1b\x7f"
                "b\n\tc",
                "ab\n\tc");
}

Test(html, other_bytes_stay)
{
    expect_html(html_put, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
    expect_html(html_put, "", "");
}

Test(html, grave_accents_enclose_code)
{
    expect_html(html_put_prose, "the log's `a<b` and `c`",
                "the log&#39;s <code>a&lt;b</code> and <code>c</code>");
    expect_html(html_put_prose, "never `left open", "never <code>left open</code>");
    expect_html(html_put, "`", "`");
}
