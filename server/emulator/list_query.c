/*
 * Reads the query and selects. The table of sessions is not sorted; of n sessions the first k are
 * found with a heap that holds the k smallest seen so far, greatest on top.
 */
#include "emulator/list_query.h"

#include "base/utf8.h"

#include <stdlib.h>

static size_t count_characters(struct slice text)
{
    size_t characters = 0;

    for (size_t at = 0; at < text.len; characters++) {
        const size_t length = utf8_length(text.data + at, text.len - at);
        at += length ? length : 1;
    }
    return characters;
}

static bool read_top(struct slice text, size_t *ret)
{
    size_t top = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || top > EMU_LIST_TOP_MAX)
            return false;
        top = 10 * top + (size_t)(text.data[i] - '0');
    }
    if (top < 1 || top > EMU_LIST_TOP_MAX)
        return false;
    *ret = top;
    return true;
}

enum emu_error emu_list_query_read(struct request *request, struct emu_list_query *ret)
{
    struct emu_list_query query = {.start = request_query(request, "start"),
                                   .top = EMU_LIST_TOP_MAX};
    const struct slice top = request_query(request, "top");

    if (count_characters(query.start) > EMU_LIST_START_CHARACTERS ||
        (top.len > 0 && !read_top(top, &query.top)))
        return EMU_BAD_ARGUMENT;
    *ret = query;
    return EMU_OK;
}

bool emu_list_is_behind(const char *id, struct slice start)
{
    if (start.len == 0)
        return true;
    const size_t length = strlen(id);
    const int order = strncasecmp(id, start.data, length < start.len ? length : start.len);
    return order > 0 || (order == 0 && length > start.len);
}

static bool is_greater(const struct emu_session *a, const struct emu_session *b)
{
    return strcmp(a->id, b->id) > 0;
}

static void sift_up(const struct emu_session **heap, size_t at)
{
    while (at > 0 && is_greater(heap[at], heap[(at - 1) / 2])) {
        const struct emu_session *parent = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = heap[at];
        heap[at] = parent;
        at = (at - 1) / 2;
    }
}

static void sift_down(const struct emu_session **heap, size_t count)
{
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && is_greater(heap[child + 1], heap[child]))
            child++;
        if (child >= count || !is_greater(heap[child], heap[at]))
            return;
        const struct emu_session *greater = heap[child];
        heap[child] = heap[at];
        heap[at] = greater;
        at = child;
    }
}

static int compare(const void *a, const void *b)
{
    const struct emu_session *const *left = a, *const *right = b;

    return strcmp((*left)->id, (*right)->id);
}

size_t emu_list_select(const struct emu_sessions *sessions, enum emu_kind kind,
                       const struct emu_list_query *query, const struct emu_session **ret_found)
{
    size_t count = 0;

    for (const struct emu_session *i = sessions->oldest; i; i = i->newer) {
        if (i->settings.kind != kind || !emu_list_is_behind(i->id, query->start))
            continue;
        if (count < query->top) {
            ret_found[count] = i;
            sift_up(ret_found, count++);
        } else if (is_greater(ret_found[0], i)) {
            ret_found[0] = i;
            sift_down(ret_found, count);
        }
    }
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
    qsort(ret_found, count, sizeof *ret_found, compare);
    return count;
}
