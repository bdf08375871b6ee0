/*
 * Reads preferences one by one: name [= word] (; name [= word])*, with blanks around every sign.
 * Invariant: a comma or a semicolon within a quoted string separates nothing.
 */
#include "http/preference.h"

#include "http/text.h"

struct preference {
    struct slice name;
    struct slice word; /* a token, or a quoted string with its quotes; empty: none */
};

static bool take(struct slice *rest, char c)
{
    if (rest->len == 0 || *rest->data != c)
        return false;
    rest->data++;
    rest->len--;
    return true;
}

static void skip_blanks(struct slice *rest)
{
    while (take(rest, ' ') || take(rest, '\t'))
        ;
}

static struct slice cut(struct slice *rest, size_t len)
{
    struct slice piece = {rest->data, len};
    rest->data += len;
    rest->len -= len;
    return piece;
}

static struct slice take_token(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && text_is_token(rest->data[len]))
        len++;
    return cut(rest, len);
}

/* False when its end is missing: then it was all that there was. */
static bool take_quoted(struct slice *rest, struct slice *ret)
{
    size_t len = 1;
    while (len < rest->len && rest->data[len] != '"')
        len += rest->data[len] == '\\' ? 2 : 1;
    bool whole = len < rest->len;
    *ret = cut(rest, whole ? len + 1 : rest->len);
    return whole;
}

static bool take_word(struct slice *rest, struct slice *ret)
{
    if (rest->len > 0 && *rest->data == '"')
        return take_quoted(rest, ret);
    *ret = take_token(rest); /* none is as good as an empty one */
    return true;
}

static bool take_pair(struct slice *rest, struct preference *ret)
{
    *ret = (struct preference){.name = take_token(rest)};
    if (ret->name.len == 0)
        return false;
    skip_blanks(rest);
    if (!take(rest, '='))
        return true;
    skip_blanks(rest);
    return take_word(rest, &ret->word);
}

static bool skip_parameters(struct slice *rest)
{
    struct preference parameter;
    skip_blanks(rest);
    while (take(rest, ';')) {
        skip_blanks(rest);
        bool empty = rest->len == 0 || *rest->data == ';' || *rest->data == ',';
        if (!empty && !take_pair(rest, &parameter))
            return false;
        skip_blanks(rest);
    }
    return true;
}

static void skip_to_comma(struct slice *rest)
{
    struct slice passed;
    while (rest->len > 0 && *rest->data != ',') {
        if (*rest->data == '"')
            (void)take_quoted(rest, &passed);
        else
            (void)cut(rest, 1);
    }
}

/* False at the end of the line. */
static bool take_preference(struct slice *rest, struct preference *ret)
{
    while (rest->len > 0) {
        skip_blanks(rest);
        if (take(rest, ','))
            continue;
        if (take_pair(rest, ret) && skip_parameters(rest) && (rest->len == 0 || *rest->data == ','))
            return true;
        skip_to_comma(rest);
    }
    return false;
}

static void write_value(struct slice word, char ret[PREFERENCE_SIZE])
{
    bool quoted = word.len > 0 && *word.data == '"';
    size_t end = quoted ? word.len - 1 : word.len, written = 0;
    for (size_t i = quoted; i < end && written < PREFERENCE_SIZE; i++) {
        i += quoted && word.data[i] == '\\'; /* what it protects is another byte of the string */
        ret[written++] = word.data[i];
    }
    ret[written < PREFERENCE_SIZE ? written : 0] = '\0';
}

bool preference_find(struct slice line, struct slice name, char ret_value[PREFERENCE_SIZE])
{
    struct preference preference;
    while (take_preference(&line, &preference))
        if (slice_equal_nocase(preference.name, name)) {
            write_value(preference.word, ret_value);
            return true;
        }
    return false;
}
