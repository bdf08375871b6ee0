/*
 * RFC 8259 to the letter, one pass, no recursion, no allocation. Refused besides: invalid UTF-8,
 * lone surrogates, "\u0000" (a C string would end there), too much depth, too many values.
 */
#include "base/json_check.h"

#include "base/json_plain.h"
#include "base/utf8.h"

#include <assert.h>
#include <string.h>

enum expected {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after [ */
    EXPECT_NAME_OR_END,  /* after { */
    EXPECT_NAME,         /* after , in an object */
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING,
};

struct scanner {
    const char *at;
    const char *end;
    const struct json_limits *limits;
    const char *why; /* set by whoever answers false */
    size_t nodes;
    size_t depth;
    char closers[JSON_DEPTH_MAX];
    enum expected expected;
};

static bool refuse(struct scanner *scanner, const char *why)
{
    scanner->why = why;
    return false;
}

static bool is_digit(const struct scanner *scanner)
{
    return scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9';
}

static bool take(struct scanner *scanner, char c)
{
    if (scanner->at < scanner->end && *scanner->at == c) {
        scanner->at++;
        return true;
    }
    return false;
}

static void skip_space(struct scanner *scanner)
{
    while (take(scanner, ' ') || take(scanner, '\n') || take(scanner, '\t') ||
           take(scanner, '\r')) {
    }
}

static bool take_digits(struct scanner *scanner)
{
    const char *start = scanner->at;
    while (is_digit(scanner)) {
        scanner->at++;
    }
    return scanner->at > start;
}

static bool check_number(struct scanner *scanner)
{
    static const char why[] = "a number is not written as JSON asks";
    const char *start = scanner->at;
    (void)take(scanner, '-');
    if (take(scanner, '0')) {
        if (is_digit(scanner)) {
            return refuse(scanner, "a number begins with a superfluous zero");
        }
    } else if (!take_digits(scanner)) {
        return refuse(scanner, why);
    }
    if (take(scanner, '.') && !take_digits(scanner)) {
        return refuse(scanner, why);
    }
    if (take(scanner, 'e') || take(scanner, 'E')) {
        if (!take(scanner, '+')) {
            (void)take(scanner, '-');
        }
        if (!take_digits(scanner)) {
            return refuse(scanner, why);
        }
    }
    if (scanner->at - start > JSON_NUMBER_MAX) {
        return refuse(scanner, "a number is too long");
    }
    return true;
}

/* The character in front, NUL at the end. */
static char peek(const struct scanner *scanner)
{
    if (scanner->at == scanner->end) {
        return '\0';
    }
    return *scanner->at;
}

/* Four hex digits; -1 when there are none. */
static int take_code_unit(struct scanner *scanner)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(scanner);
        const char *digit = c ? strchr(digits, c) : NULL;
        if (!digit) {
            return -1;
        }
        int value = (int)(digit - digits);
        unit = unit << 4 | (value < 16 ? value : value - 6);
        scanner->at++;
    }
    return unit;
}

static bool check_unicode_escape(struct scanner *scanner)
{
    static const char why[] = "a text has half a surrogate pair";
    int unit = take_code_unit(scanner);
    if (unit < 0) {
        return refuse(scanner, "a text has a broken \\u escape");
    }
    if (unit == 0) {
        return refuse(scanner, "a text has a NUL character");
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
        return true;
    }
    if (unit > 0xDBFF || !take(scanner, '\\') || !take(scanner, 'u')) {
        return refuse(scanner, why);
    }
    unit = take_code_unit(scanner);
    return (unit >= 0xDC00 && unit <= 0xDFFF) || refuse(scanner, why);
}

static bool check_escape(struct scanner *scanner)
{
    if (take(scanner, 'u')) {
        return check_unicode_escape(scanner);
    }
    char c = peek(scanner);
    if (!c || !strchr("\"\\/bfnrt", c)) {
        return refuse(scanner, "a text has an unknown escape");
    }
    scanner->at++;
    return true;
}

static bool check_character(struct scanner *scanner)
{
    if ((unsigned char)*scanner->at < 0x20) {
        return refuse(scanner, "a text has a raw control character");
    }
    size_t length = utf8_length(scanner->at, (size_t)(scanner->end - scanner->at));
    if (length == 0) {
        return refuse(scanner, "a text is not valid UTF-8");
    }
    scanner->at += length;
    return true;
}

/* After the opening quote, up to and with the closing one. */
static bool check_string(struct scanner *scanner)
{
    while (scanner->at < scanner->end) {
        scanner->at += json_plain_run(scanner->at, (size_t)(scanner->end - scanner->at));
        if (take(scanner, '"')) {
            return true;
        }
        if (scanner->at == scanner->end) {
            break;
        }
        bool good = take(scanner, '\\') ? check_escape(scanner) : check_character(scanner);
        if (!good) {
            return false;
        }
    }
    return refuse(scanner, "a text has no end");
}

static bool check_word(struct scanner *scanner, struct slice word)
{
    if ((size_t)(scanner->end - scanner->at) < word.len ||
        memcmp(scanner->at, word.data, word.len) != 0) {
        return refuse(scanner, "a value is none that JSON knows");
    }
    scanner->at += word.len;
    return true;
}

static bool push(struct scanner *scanner, char closer, enum expected expected)
{
    if (scanner->depth >= scanner->limits->depth) {
        return refuse(scanner, "the values are nested too deeply");
    }
    scanner->closers[scanner->depth++] = closer;
    scanner->expected = expected;
    return true;
}

static enum expected after_value(const struct scanner *scanner)
{
    return scanner->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static bool check_scalar(struct scanner *scanner)
{
    scanner->expected = after_value(scanner);
    switch (*scanner->at) {
    case '"':
        scanner->at++;
        return check_string(scanner);
    case 't':
        return check_word(scanner, SLICE("true"));
    case 'f':
        return check_word(scanner, SLICE("false"));
    case 'n':
        return check_word(scanner, SLICE("null"));
    default:
        if (*scanner->at != '-' && !is_digit(scanner)) {
            return refuse(scanner, "a value is none that JSON knows");
        }
        return check_number(scanner);
    }
}

static bool check_value(struct scanner *scanner)
{
    if (++scanner->nodes > scanner->limits->nodes) {
        return refuse(scanner, "there are too many values");
    }
    if (take(scanner, '{')) {
        return push(scanner, '}', EXPECT_NAME_OR_END);
    }
    if (take(scanner, '[')) {
        return push(scanner, ']', EXPECT_VALUE_OR_END);
    }
    return check_scalar(scanner);
}

static bool check_name(struct scanner *scanner)
{
    if (!take(scanner, '"')) {
        return refuse(scanner, "a member has no name");
    }
    if (!check_string(scanner)) {
        return false;
    }
    skip_space(scanner);
    if (!take(scanner, ':')) {
        return refuse(scanner, "a member has no colon");
    }
    scanner->expected = EXPECT_VALUE;
    return true;
}

static bool take_closer(struct scanner *scanner)
{
    if (!take(scanner, scanner->closers[scanner->depth - 1])) {
        return false;
    }
    scanner->depth--;
    scanner->expected = after_value(scanner);
    return true;
}

static bool check_comma_or_end(struct scanner *scanner)
{
    if (take_closer(scanner)) {
        return true;
    }
    if (!take(scanner, ',')) {
        return refuse(scanner, "a comma or a closing bracket is missing");
    }
    bool in_object = scanner->closers[scanner->depth - 1] == '}';
    scanner->expected = in_object ? EXPECT_NAME : EXPECT_VALUE;
    return true;
}

static bool check_next(struct scanner *scanner)
{
    switch (scanner->expected) {
    case EXPECT_VALUE:
        return check_value(scanner);
    case EXPECT_VALUE_OR_END:
        return take_closer(scanner) || check_value(scanner);
    case EXPECT_NAME_OR_END:
        return take_closer(scanner) || check_name(scanner);
    case EXPECT_NAME:
        return check_name(scanner);
    case EXPECT_COMMA_OR_END:
        return check_comma_or_end(scanner);
    case EXPECT_NOTHING:
        break;
    }
    return refuse(scanner, "something follows the value");
}

const char *json_check(struct slice text, const struct json_limits *limits)
{
    assert(limits->depth <= JSON_DEPTH_MAX);
    if (text.len > limits->size_bytes) {
        return "the text is too long";
    }
    const char *start = text.data ? text.data : ""; /* a body that was never sent has no address */
    struct scanner scanner = {
        .at = start, .end = start + text.len, .limits = limits, .expected = EXPECT_VALUE};
    skip_space(&scanner);
    if (scanner.at == scanner.end) {
        return "there is no value";
    }
    while (scanner.at < scanner.end) {
        if (!check_next(&scanner)) {
            return scanner.why;
        }
        skip_space(&scanner);
    }
    return scanner.expected == EXPECT_NOTHING ? NULL : "the text ends too early";
}
