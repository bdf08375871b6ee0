/*
 * The framing guard: one pass over the bytes of a request head. Whether a path exists or a method
 * is known is not its business. Invariant: what passes has exactly one reading, so that a proxy in
 * front and the parser behind cannot disagree about where a request ends.
 */
#include "http/guard.h"

#include "http/text.h"

#include <stdint.h>

struct facts {
    bool http10;
    unsigned lengths, encodings, hosts;
    bool host_empty;
    const char *why; /* set by the check that failed */
};

/* RFC 3986 section 3.2.2, reg-name. */
static bool is_host_byte(char c)
{
    static const uint64_t map[4] = {0x2bff7ff200000000, 0x47fffffe87fffffe, 0, 0};
    return (map[(uint8_t)c >> 6] >> ((uint8_t)c & 63)) & 1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_of(struct slice text, bool (*is_wanted)(char))
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_wanted(text.data[i]))
            return false;
    return true;
}

/* Whether one of eight bytes is a control byte: below 0x20 (tabs too), or 0x7f. */
static bool has_control(uint64_t bytes)
{
    static const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t deleted = bytes ^ (ones * 0x7f);
    return (((bytes - ones * 0x20) & ~bytes) | ((deleted - ones) & ~deleted)) & highs;
}

/* RFC 9110 section 5.5: visible bytes, obs-text, space and tab. So also: no CR, no NUL. */
static bool is_field_text(struct slice text)
{
    size_t at = 0;
    while (at < text.len) {
        uint64_t bytes;
        if (text.len - at >= sizeof bytes) {
            memcpy(&bytes, text.data + at, sizeof bytes);
            if (!has_control(bytes)) {
                at += sizeof bytes;
                continue;
            }
        }
        uint8_t c = (uint8_t)text.data[at++];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool refuse(struct facts *facts, const char *why)
{
    facts->why = why;
    return false;
}

/* Takes one line off `rest`, without its CRLF. */
static bool next_line(struct slice *rest, struct slice *ret_line, struct facts *facts)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!end)
        return refuse(facts, "The request head does not end.");
    size_t length = (size_t)(end - rest->data);
    if (length == 0 || end[-1] != '\r')
        return refuse(facts, "A line of the request head does not end in CRLF.");
    *ret_line = (struct slice){rest->data, length - 1};
    rest->data += length + 1;
    rest->len -= length + 1;
    return true;
}

static bool check_request_line(struct slice line, struct facts *facts)
{
    const char *why = "The request line is malformed.";
    const char *space = line.len ? memchr(line.data, ' ', line.len) : NULL;
    struct slice version = SLICE("HTTP/1.1");
    if (!space || space == line.data)
        return refuse(facts, why);
    struct slice method = {line.data, (size_t)(space - line.data)};
    struct slice target = {space + 1, line.len - method.len - 1};
    if (!all_of(method, text_is_token) || target.len <= version.len + 1)
        return refuse(facts, why);
    target.len -= version.len + 1;
    if (target.data[target.len] != ' ' || memchr(target.data, ' ', target.len) ||
        memchr(target.data, '\t', target.len) || !is_field_text(target))
        return refuse(facts, why);
    version.data = target.data + target.len + 1;
    facts->http10 = slice_equal(version, SLICE("HTTP/1.0"));
    if (!facts->http10 && !slice_equal(version, SLICE("HTTP/1.1")))
        return refuse(facts, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    return true;
}

static bool is_literal_byte(char c)
{
    return c == ':' || is_host_byte(c);
}

/* [":" port] */
static bool is_port(struct slice text)
{
    return text.len == 0 ||
           (*text.data == ':' && all_of((struct slice){text.data + 1, text.len - 1}, is_digit));
}

/* uri-host [":" port], RFC 9110 section 7.2; not empty. */
static bool is_host(struct slice text)
{
    bool literal = *text.data == '[';
    const char *end = memchr(text.data, literal ? ']' : ':', text.len);
    if (literal && !end)
        return false;
    struct slice name = {text.data, end ? (size_t)(end - text.data) : text.len};
    struct slice port = {text.data + name.len, text.len - name.len};
    if (literal) {
        name = (struct slice){name.data + 1, name.len - 1};
        port = (struct slice){port.data + 1, port.len - 1};
    }
    return name.len > 0 && all_of(name, literal ? is_literal_byte : is_host_byte) && is_port(port);
}

static bool check_host(struct slice value, struct facts *facts)
{
    facts->hosts++;
    facts->host_empty = value.len == 0;
    if (value.len > 0 && !is_host(value))
        return refuse(facts, "The Host header is malformed.");
    return true;
}

static bool check_length(struct slice value, struct facts *facts)
{
    facts->lengths++;
    if (value.len == 0 || !all_of(value, is_digit))
        return refuse(facts, "Content-Length is not a number.");
    return true;
}

static bool check_encoding(struct slice value, struct facts *facts)
{
    facts->encodings++;
    if (!slice_equal_nocase(value, SLICE("chunked")))
        return refuse(facts, "Transfer-Encoding is not chunked.");
    return true;
}

/* The names that decide about framing, told apart by their length first. */
static bool check_framing(struct slice name, struct slice value, struct facts *facts)
{
    switch (name.len) {
    case sizeof "host" - 1:
        return !slice_equal_nocase(name, SLICE("host")) || check_host(value, facts);
    case sizeof "content-length" - 1:
        return !slice_equal_nocase(name, SLICE("content-length")) || check_length(value, facts);
    case sizeof "transfer-encoding" - 1:
        return !slice_equal_nocase(name, SLICE("transfer-encoding")) ||
               check_encoding(value, facts);
    default:
        return true;
    }
}

static bool check_field(struct slice line, struct facts *facts)
{
    size_t length = 0;
    if (text_is_blank(line.data[0]))
        return refuse(facts, "A header is folded over two lines.");
    while (length < line.len && text_is_token(line.data[length]))
        length++;
    if (length == 0 || length == line.len || line.data[length] != ':')
        return refuse(facts, "A header has a malformed name.");
    struct slice name = {line.data, length};
    struct slice value = {line.data + length + 1, line.len - length - 1};
    if (!is_field_text(value))
        return refuse(facts, "A header holds a control character.");
    return check_framing(name, text_trim(value), facts);
}

static bool judge(struct facts *facts)
{
    if (facts->lengths > 1 || facts->encodings > 1)
        return refuse(facts, "Content-Length or Transfer-Encoding is repeated.");
    if (facts->lengths > 0 && facts->encodings > 0)
        return refuse(facts, "Content-Length and Transfer-Encoding exclude each other.");
    if (facts->http10 && facts->encodings > 0)
        return refuse(facts, "HTTP/1.0 has no Transfer-Encoding.");
    if (facts->hosts > 1)
        return refuse(facts, "The Host header is repeated.");
    if (!facts->http10 && (facts->hosts == 0 || facts->host_empty))
        return refuse(facts, "The Host header is missing or empty.");
    return true;
}

enum guard_verdict guard_head(struct slice head, size_t max_head_bytes, const char **ret_why)
{
    struct facts facts = {0};
    struct slice rest = head, line;
    bool good;
    if (rest.len >= 2 && memcmp(rest.data, "\r\n", 2) == 0)
        rest.data += 2, rest.len -= 2;
    good = next_line(&rest, &line, &facts) && check_request_line(line, &facts);
    while (good) {
        if (head.len - rest.len > max_head_bytes) {
            *ret_why = "The request head is too large.";
            return GUARD_TOO_LARGE;
        }
        good = next_line(&rest, &line, &facts);
        if (good && line.len == 0)
            break;
        good = good && check_field(line, &facts);
    }
    if (good && judge(&facts))
        return GUARD_PASS;
    *ret_why = facts.why;
    return GUARD_REFUSE;
}
