/*
 * Cutting a multipart body into its parts. What a part means, how large it may be and what an image
 * is are the callers' business. Invariant: every byte is looked at a fixed number of times,
 * whatever the body holds, and what two readers could cut differently is refused instead of
 * guessed.
 */
#include "base/multipart.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* RFC 2046 section 5.1.1. */
enum { BOUNDARY_MAX = 70, DELIMITER_MAX = BOUNDARY_MAX + 4 };

static const struct slice line_end = SLICE_INIT("\r\n");
static const struct slice head_end = SLICE_INIT("\r\n\r\n");

struct parse {
    struct slice rest;
    char delimiter[DELIMITER_MAX]; /* CRLF, two hyphens, boundary */
    size_t delimiter_size;
    struct multipart form;
    const char *why; /* set by the check that failed */
};

static bool refuse(struct parse *parse, const char *why)
{
    parse->why = why;
    return false;
}

/* ---- texts ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 9110 section 5.6.2, tchar. */
static bool is_token_byte(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool is_boundary_byte(char c)
{
    return is_alphanumeric(c) || is_one_of(c, "'()+_,-./:=? ");
}

/* What a client may leave unquoted: wider than a token, never what ends or begins something. */
static bool is_bare_byte(char c)
{
    return !is_control(c) && !is_blank(c) && c != ';' && c != '"' && c != '\\';
}

static struct slice skip(struct slice text, size_t count)
{
    return count > 0 ? (struct slice){text.data + count, text.len - count} : text;
}

static struct slice skip_blanks(struct slice text)
{
    while (text.len > 0 && is_blank(*text.data)) {
        text = skip(text, 1);
    }
    return text;
}

static struct slice trim(struct slice text)
{
    text = skip_blanks(text);
    while (text.len > 0 && is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool starts_with(struct slice text, struct slice beginning)
{
    return text.len >= beginning.len && memcmp(text.data, beginning.data, beginning.len) == 0;
}

/* Takes the bytes of a kind off the front. */
static struct slice take_while(struct slice *rest, bool (*is_wanted)(char))
{
    struct slice taken = {rest->data, 0};
    while (taken.len < rest->len && is_wanted(rest->data[taken.len])) {
        taken.len++;
    }
    *rest = skip(*rest, taken.len);
    return taken;
}

/* ---- a value and its parameters: form-data; name="a" ---- */

/* After the opening quote; takes the closing one too. A backslash makes the next byte content. */
static bool take_quoted(struct slice *rest, struct slice *ret_value)
{
    for (size_t at = 0; at < rest->len; at++) {
        if (rest->data[at] == '"') {
            *ret_value = (struct slice){rest->data, at};
            *rest = skip(*rest, at + 1);
            return true;
        }
        at += rest->data[at] == '\\';
    }
    return false;
}

/* Takes "; name=value" off the front. False when it is malformed. */
static bool take_parameter(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
    if (rest->len == 0 || *rest->data != ';') {
        return false;
    }
    *rest = skip_blanks(skip(*rest, 1));
    *ret_name = take_while(rest, is_token_byte);
    *ret_value = (struct slice){NULL, 0};
    if (ret_name->len == 0) {
        return rest->len == 0; /* a semicolon too many at the end */
    }
    if (rest->len == 0 || *rest->data != '=') {
        return false;
    }
    *rest = skip(*rest, 1);
    if (rest->len > 0 && *rest->data == '"') {
        *rest = skip(*rest, 1);
        if (!take_quoted(rest, ret_value)) {
            return false;
        }
    } else {
        *ret_value = take_while(rest, is_bare_byte);
    }
    *rest = skip_blanks(*rest);
    return true;
}

/* The value before the parameters. */
static struct slice take_value(struct slice *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, ';', rest->len) : NULL;
    struct slice value = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    *rest = skip(*rest, value.len);
    return trim(value);
}

/* Notes the value of a parameter when it has this name; false when it is there already. */
static bool note_parameter(struct slice name, struct slice value, struct slice wanted,
                           struct slice *ret)
{
    if (!slice_equal_nocase(name, wanted)) {
        return true;
    }
    if (ret->data) {
        return false;
    }
    *ret = value;
    return true;
}

/* ---- the boundary ---- */

static bool find_boundary(struct slice content_type, struct slice *ret_boundary)
{
    struct slice rest = trim(content_type), name, value;
    if (!slice_equal_nocase(take_value(&rest), SLICE("multipart/form-data"))) {
        return false;
    }
    while (rest.len > 0) {
        if (!take_parameter(&rest, &name, &value) ||
            !note_parameter(name, value, SLICE("boundary"), ret_boundary)) {
            return false;
        }
    }
    return ret_boundary->data != NULL;
}

static bool make_delimiter(struct parse *parse, struct slice content_type)
{
    struct slice boundary = {NULL, 0};
    if (!find_boundary(content_type, &boundary)) {
        return refuse(parse, "Content-Type names no boundary of a multipart/form-data body.");
    }
    struct slice rest = boundary;
    (void)take_while(&rest, is_boundary_byte);
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX || rest.len > 0 ||
        boundary.data[boundary.len - 1] == ' ') {
        return refuse(parse, "The multipart boundary is malformed.");
    }
    memcpy(parse->delimiter, "\r\n--", 4);
    memcpy(parse->delimiter + 4, boundary.data, boundary.len);
    parse->delimiter_size = boundary.len + 4;
    return true;
}

/* ---- the head of a part ---- */

struct head {
    struct slice disposition, type, encoding;
};

static bool note_field(struct slice name, struct slice value, struct head *head)
{
    return note_parameter(name, value, SLICE("content-disposition"), &head->disposition) &&
           note_parameter(name, value, SLICE("content-type"), &head->type) &&
           note_parameter(name, value, SLICE("content-transfer-encoding"), &head->encoding);
}

static bool is_field_byte(char c)
{
    return c == '\t' || !is_control(c);
}

/* "name: value"; folded lines begin with a blank, so they have no name. */
static bool read_line(struct slice line, struct head *head)
{
    struct slice rest = line, name = take_while(&rest, is_token_byte);
    if (name.len == 0 || rest.len == 0 || *rest.data != ':') {
        return false;
    }
    struct slice value = trim(skip(rest, 1));
    (void)take_while(&rest, is_field_byte);
    return rest.len == 0 && note_field(name, value, head);
}

/* `lines` without the empty line that ends them. */
static bool read_lines(struct slice lines, struct head *head)
{
    while (lines.len > 0) {
        const char *end = memmem(lines.data, lines.len, line_end.data, line_end.len);
        struct slice line = {lines.data, end ? (size_t)(end - lines.data) : lines.len};
        if (!read_line(line, head)) {
            return false;
        }
        lines = skip(lines, end ? line.len + line_end.len : line.len);
    }
    return true;
}

static bool read_disposition(struct slice disposition, struct multipart_part *part)
{
    struct slice rest = disposition, name, value;
    if (!slice_equal_nocase(take_value(&rest), SLICE("form-data"))) {
        return false;
    }
    while (rest.len > 0) {
        if (!take_parameter(&rest, &name, &value) ||
            !note_parameter(name, value, SLICE("name"), &part->name) ||
            !note_parameter(name, value, SLICE("filename"), &part->filename)) {
            return false;
        }
    }
    return true;
}

/* What is encoded would have to be decoded, which nobody has sent for twenty years. */
static bool is_plain_encoding(struct slice encoding)
{
    return !encoding.data || slice_equal_nocase(encoding, SLICE("binary")) ||
           slice_equal_nocase(encoding, SLICE("8bit")) ||
           slice_equal_nocase(encoding, SLICE("7bit"));
}

static bool is_name(struct slice name)
{
    return name.len > 0 && name.len <= MULTIPART_NAME_MAX && !memchr(name.data, '\t', name.len);
}

static bool read_head(struct parse *parse, struct slice lines, struct multipart_part *part)
{
    struct head head = {0};
    if (!read_lines(lines, &head)) {
        return refuse(parse, "A part of the multipart body has a malformed head.");
    }
    if (!is_plain_encoding(head.encoding)) {
        return refuse(parse, "A part of the multipart body has a Content-Transfer-Encoding.");
    }
    if (!head.disposition.data || !read_disposition(head.disposition, part)) {
        return refuse(parse, "A part of the multipart body has no proper Content-Disposition.");
    }
    if (!is_name(part->name)) {
        return refuse(parse, "A part of the multipart body has no name of 1 to 128 characters.");
    }
    struct slice type = take_value(&head.type);
    if (type.len > 0) {
        part->content_type = type;
    }
    return true;
}

/* ---- the body ---- */

/* Finds the next delimiter; what stands before it is *ret_before, what follows it is left. */
static bool take_to_delimiter(struct parse *parse, struct slice *ret_before)
{
    const char *found = NULL;
    if (parse->rest.len > 0) {
        found = memmem(parse->rest.data, parse->rest.len, parse->delimiter, parse->delimiter_size);
    }
    if (!found) {
        return refuse(parse, "The multipart body does not end with its closing boundary.");
    }
    *ret_before = (struct slice){parse->rest.data, (size_t)(found - parse->rest.data)};
    parse->rest = skip(parse->rest, ret_before->len + parse->delimiter_size);
    return true;
}

/* The first delimiter needs no line before it. */
static bool take_preamble(struct parse *parse)
{
    struct slice first = {parse->delimiter + line_end.len, parse->delimiter_size - line_end.len};
    struct slice preamble;
    if (starts_with(parse->rest, first)) {
        parse->rest = skip(parse->rest, first.len);
        return true;
    }
    return take_to_delimiter(parse, &preamble);
}

/* What follows a delimiter is the end of the body, or of the line: RFC 2046 forbids a boundary that
 * begins a line of the content, and readers differ about it. */
static bool judge_delimiter(struct parse *parse, bool *ret_last)
{
    *ret_last = starts_with(parse->rest, SLICE("--"));
    if (*ret_last) {
        return true;
    }
    parse->rest = skip_blanks(parse->rest);
    if (!starts_with(parse->rest, line_end)) {
        return refuse(parse, parse->rest.len <= 1
                                 ? "The multipart body does not end with its closing boundary."
                                 : "The multipart boundary occurs within a part.");
    }
    return true;
}

/* `part` begins with the end of the delimiter's line. Its head ends within it: RFC 2046 would let a
 * boundary that follows the head at once end both, which no client sends and not every reader sees.
 */
static bool split_part(struct parse *parse, struct slice part, struct slice *ret_lines,
                       struct slice *ret_content)
{
    size_t most = MULTIPART_HEAD_MAX + line_end.len + head_end.len;
    const char *end = NULL;
    if (part.len > 0) {
        end = memmem(part.data, part.len < most ? part.len : most, head_end.data, head_end.len);
    }
    if (!end) {
        return refuse(parse, part.len < most
                                 ? "A part of the multipart body has a head that does not end."
                                 : "A part of the multipart body has a head that is too long.");
    }
    size_t head = (size_t)(end - part.data);
    *ret_lines = (struct slice){part.data, 0};
    if (head > 0) {
        *ret_lines = (struct slice){part.data + line_end.len, head - line_end.len};
    }
    *ret_content = skip(part, head + head_end.len);
    return true;
}

static bool add_part(struct parse *parse, const struct multipart_part *part)
{
    struct multipart *form = &parse->form;
    for (size_t i = 0; i < form->count; i++) {
        if (slice_equal_nocase(form->parts[i].name, part->name)) {
            return refuse(parse, "The multipart body has two parts of the same name.");
        }
    }
    if (form->count == MULTIPART_PARTS_MAX) {
        return refuse(parse, "The multipart body has too many parts.");
    }
    form->parts[form->count++] = *part;
    return true;
}

static bool take_part(struct parse *parse)
{
    struct multipart_part part = {0};
    struct slice whole, lines;
    return take_to_delimiter(parse, &whole) && split_part(parse, whole, &lines, &part.content) &&
           read_head(parse, lines, &part) && add_part(parse, &part);
}

static bool take_parts(struct parse *parse)
{
    bool last = false;
    while (judge_delimiter(parse, &last)) {
        if (last) {
            return true;
        }
        if (!take_part(parse)) {
            return false;
        }
    }
    return false;
}

int multipart_parse(struct slice content_type, struct slice body, struct multipart *ret,
                    const char **ret_why)
{
    struct parse parse = {.rest = body};
    if (!make_delimiter(&parse, content_type) || !take_preamble(&parse) || !take_parts(&parse)) {
        *ret_why = parse.why;
        return -EINVAL;
    }
    *ret = parse.form;
    return 0;
}

const struct multipart_part *multipart_find(const struct multipart *form, const char *name)
{
    struct slice wanted = slice_of(name);
    for (size_t i = 0; i < form->count; i++) {
        if (slice_equal_nocase(form->parts[i].name, wanted)) {
            return &form->parts[i];
        }
    }
    return NULL;
}
