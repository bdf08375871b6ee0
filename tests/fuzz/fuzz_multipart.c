/*
 * Any bytes as a multipart body, and any as its Content-Type: what is taken lies within the body,
 * in order, and what was parsed and is written again is parsed the same.
 */
#include "base/buf.h"
#include "base/multipart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static bool holds(struct slice outer, struct slice inner)
{
    return inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len;
}

static void check(const struct multipart *form, struct slice body)
{
    const char *at = body.data;
    demand(form->count <= MULTIPART_PARTS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        const struct multipart_part *part = &form->parts[i];
        char name[MULTIPART_NAME_MAX + 1] = "";
        demand(part->name.len >= 1 && part->name.len <= MULTIPART_NAME_MAX);
        demand(holds(body, part->name) && holds(body, part->content));
        demand(!part->filename.data || holds(body, part->filename));
        demand(!part->content_type.data || holds(body, part->content_type));
        demand(part->name.data > at && part->content.data > part->name.data);
        at = part->content.data + part->content.len;
        memcpy(name, part->name.data, part->name.len);
        demand(multipart_find(form, name) == part || strlen(name) < part->name.len);
    }
}

/* With a boundary that no content holds. */
static void write_and_read_again(const struct multipart *form)
{
    static const char boundary[] = "zkq7Hs0-fuzz-2b7e151628aed2a6";
    struct multipart again;
    const char *why;
    CLEANUP(buf) struct buf body;
    buf_init(&body, 1 << 24);
    for (size_t i = 0; i < form->count; i++) {
        const struct multipart_part *part = &form->parts[i];
        if (memmem(part->content.data, part->content.len, boundary, sizeof boundary - 1)) {
            return;
        }
        buf_printf(&body, "--%s\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n", boundary,
                   SLICE_ARGS(part->name));
        buf_put_slice(&body, part->content);
        buf_puts(&body, "\r\n");
    }
    buf_printf(&body, "--%s--", boundary);
    demand(!buf_failed(&body));
    demand(multipart_parse(SLICE("multipart/form-data; boundary=zkq7Hs0-fuzz-2b7e151628aed2a6"),
                           buf_slice(&body), &again, &why) == 0);
    demand(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        demand(slice_equal(again.parts[i].name, form->parts[i].name));
        demand(slice_equal(again.parts[i].content, form->parts[i].content));
    }
}

static void parse(struct slice content_type, struct slice body)
{
    struct multipart form;
    const char *why = NULL;
    if (multipart_parse(content_type, body, &form, &why) != 0) {
        demand(why != NULL);
        return;
    }
    check(&form, body);
    write_and_read_again(&form);
}

/* The first line is the Content-Type, the rest the body; and all of it a body with the boundary B.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice whole = {(const char *)data, size};
    const char *end = size > 0 ? memchr(whole.data, '\n', size) : NULL;
    parse(SLICE("multipart/form-data; boundary=B"), whole);
    if (end) {
        struct slice line = {whole.data, (size_t)(end - whole.data)};
        parse(line, (struct slice){end + 1, size - line.len - 1});
    }
    return 0;
}
