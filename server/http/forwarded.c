/*
 * Reading forwarding headers right to left: what stands right was written by the nearer proxy.
 * Invariant: nothing left of the first untrusted address is looked at, for the client wrote it.
 */
#include "http/forwarded.h"

#include "http/text.h"

/* Cuts the last element off a list; a quoted string holds no comma that separates. The list's data
 * becomes NULL with its first one, which may be empty. */
static struct slice take_last(struct slice *list, char separator)
{
    size_t start = list->len;
    bool quoted = false;
    while (start > 0) {
        char c = list->data[start - 1];
        if (c == '"')
            quoted = !quoted;
        else if (c == separator && !quoted)
            break;
        start--;
    }
    struct slice last = {list->data + start, list->len - start};
    *list = start > 0 ? (struct slice){list->data, start - 1} : (struct slice){NULL, 0};
    return text_trim(last);
}

/* The node of "for=192.0.2.60;proto=http;by=203.0.113.43"; data NULL when there is none. */
static struct slice forwarded_for(struct slice element)
{
    struct slice found = {NULL, 0};
    while (element.len > 0) {
        struct slice pair = take_last(&element, ';');
        if (pair.len < 4 || !slice_equal_nocase((struct slice){pair.data, 4}, SLICE("for=")))
            continue;
        if (found.data)
            return (struct slice){NULL, 0};
        found = (struct slice){pair.data + 4, pair.len - 4};
    }
    if (found.len >= 2 && found.data[0] == '"' && found.data[found.len - 1] == '"')
        found = (struct slice){found.data + 1, found.len - 2};
    return found;
}

bool forwarded_is_trusted(const struct cidr *trusted, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (cidr_contains(&trusted[i], address))
            return true;
    return false;
}

bool forwarded_walk(enum forwarded_kind kind, struct slice value, const struct cidr *trusted,
                    size_t trusted_count, struct address *client, bool *ret_malformed)
{
    *ret_malformed = false;
    do {
        struct slice element = take_last(&value, ',');
        struct slice node = kind == FORWARDED_LIST ? element : forwarded_for(element);
        if (address_parse(node, client)) {
            *ret_malformed = true;
            return true;
        }
        if (!forwarded_is_trusted(trusted, trusted_count, client))
            return true;
    } while (value.data);
    return false;
}

bool forwarded_request_id_is_sane(struct slice id)
{
    if (id.len < 8 || id.len > 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        bool letter = (text_lower(c) >= 'a' && text_lower(c) <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-')
            return false;
    }
    return true;
}
