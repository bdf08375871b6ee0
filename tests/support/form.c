/*
 * Multipart bodies of many senders.
 */
#include "support/form.h"

#include "base/buf.h"
#include "support/unlogged.h"

#include <stdlib.h>
#include <string.h>

#define BOUNDARY "B0undary"
#define OCTETS   "application/octet-stream"

static const char plain_type[] = "Content-Type: multipart/form-data; boundary=" BOUNDARY;

/* clang-format off */
const struct form_style form_styles[] = {
    {.name = "curl", .content_type = plain_type,
     .text_head = "Content-Disposition: form-data; name=\"@\"\r\n",
     .file_head = "Content-Disposition: form-data; name=\"@\"; filename=\"face.png\"\r\n"
                  "Content-Type: image/png\r\n",
     .image_name = "verifyImage", .end = "\r\n"},
    {.name = "the JavaScript client", .content_type = plain_type,
     .text_head = "content-type: text/plain; charset=UTF-8\r\n"
                  "content-disposition: form-data; name=\"@\"\r\n",
     .file_head = "content-type: " OCTETS "\r\ncontent-disposition: form-data; name=\"@\"\r\n",
     .image_name = "verifyImage", .end = "\r\n\r\n"},
    {.name = "the Kotlin sample", .content_type = plain_type,
     .text_head = "Content-Type: application/json; charset=UTF-8\r\n"
                  "Content-Disposition: form-data; name=@\r\n",
     .file_head = "Content-Disposition: form-data; name=@; filename=VerifyImage\r\n"
                  "Content-Type: " OCTETS "\r\nContent-Transfer-Encoding: binary\r\n",
     .image_name = "verifyImage", .end = "\r\n", .chunked = true},
    {.name = "the Swift sample", .content_type = plain_type,
     .text_head = "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Disposition: form-data; name=\"@\"\r\n",
     .file_head = "Content-Type: " OCTETS "\r\n"
                  "Content-Disposition: form-data; name=\"@\"; filename=\"VerifyImage\"\r\n",
     .image_name = "verifyImage", .end = "\r\n"},
    {.name = ".NET", .content_type = "Content-Type: multipart/form-data; boundary=\"" BOUNDARY "\"",
     .text_head = "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Disposition: form-data; name=@\r\n",
     .file_head = "Content-Type: " OCTETS "\r\n"
                  "Content-Disposition: form-data; name=@; filename=face.jpg; "
                  "filename*=utf-8''face.jpg\r\n",
     .image_name = "VerifyImage", .end = "\r\n"},
    {.name = "a client of the previews", .content_type = plain_type,
     .text_head = "Content-Disposition: form-data; name=\"@\"\r\nContent-Type: application/json\r\n",
     .file_head = "Content-Disposition: form-data; name=\"@\"; filename=\"blob\"\r\n"
                  "Content-Type: " OCTETS "\r\n",
     .image_name = "VerifyImage", .json_name = "Parameters", .end = "\r\n"},
    {.name = "the tutorial", .content_type = plain_type,
     .text_head = "Content-Disposition: form-data; name=\"@\"; filename=\"request.json\"\r\n"
                  "Content-Type: application/json\r\n",
     .file_head = "Content-Disposition: form-data; name=\"@\"; filename=\"face.jpg\"\r\n"
                  "Content-Type: image/jpeg\r\n",
     .image_name = "VerifyImage", .json_name = "CreateLivenessWithVerifySessionRequest",
     .end = "\r\n"},
    {.name = NULL},
};
/* clang-format on */

const struct form_style *const form_plain = &form_styles[0];

enum { FORM_MAX = 64 * 1024 * 1024 };

static void put_part(struct buf *body, const char *head, const char *name, struct slice content)
{
    buf_puts(body, "--" BOUNDARY "\r\n");
    for (; *head != '\0'; head++) {
        if (*head == '@')
            buf_puts(body, name);
        else
            buf_putc(body, *head);
    }
    buf_puts(body, "\r\n");
    buf_put_slice(body, content);
    buf_puts(body, "\r\n");
}

/* Numbers and truth values stay bare. */
static void put_json(struct buf *json, const struct form_field *fields)
{
    buf_putc(json, '{');
    for (const struct form_field *field = fields; field->name; field++) {
        bool bare = strcmp(field->value, "true") == 0 || strcmp(field->value, "false") == 0 ||
                    strspn(field->value, "0123456789.") == strlen(field->value);
        buf_printf(json, "%s\"%s\":%s%s%s", field == fields ? "" : ",", field->name,
                   bare ? "" : "\"", field->value, bare ? "" : "\"");
    }
    buf_putc(json, '}');
}

static void put_fields(struct buf *body, const struct form_style *style,
                       const struct form_field *fields)
{
    if (style->json_name) {
        CLEANUP(buf) struct buf json;
        buf_init(&json, FORM_MAX);
        put_json(&json, fields);
        put_part(body, style->text_head, style->json_name, buf_slice(&json));
        return;
    }
    for (const struct form_field *field = fields; field->name; field++)
        put_part(body, style->text_head, field->name, slice_of(field->value));
}

const struct http_answer *form_send(const char *url, const struct form_style *style,
                                    const struct form_field *fields, struct slice image,
                                    const char *const headers[4])
{
    struct buf body;
    buf_init(&body, FORM_MAX);
    put_fields(&body, style, fields);
    for (const struct form_field *field = fields; field->name; field++)
        unlogged_add_member(field->name, field->value);
    if (image.data)
        put_part(&body, style->file_head, style->image_name, image);
    buf_printf(&body, "--" BOUNDARY "--%s", style->end);
    struct http_request request = {
        .method = "POST", .url = url, .body = keep(body.data, free), .body_size = body.len};
    size_t count = 0;
    request.headers[count++] = style->content_type;
    if (style->chunked)
        request.headers[count++] = "Transfer-Encoding: chunked";
    for (size_t i = 0; headers && i < 4 && headers[i]; i++)
        request.headers[count++] = headers[i];
    return http_send(&request);
}

struct slice picture(size_t size, unsigned char seed)
{
    static const unsigned char magic[] = {0xFF, 0xD8, 0xFF, 0xE0};
    unsigned char *bytes = keep(xcalloc(1, size), free);
    for (size_t i = 0; i < size; i++)
        bytes[i] = i < sizeof magic ? magic[i] : (unsigned char)(seed + i * 31);
    return (struct slice){(const char *)bytes, size};
}
