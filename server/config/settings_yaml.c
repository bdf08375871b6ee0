/*
 * The YAML file, over libyaml's events: nested mappings and dotted keys, scalars, lists. Stricter
 * than YAML: no anchors, no tags, no second document, no key twice.
 * Invariant: while a value is expected, `path` is its key and `name` what the key stands for.
 */
#include "config/settings_draft.h"
#include "config/settings_file.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

enum { FILE_MAX = 1048576, PATH_LIMIT = 120, DEPTH_MAX = 8, SEEN_MAX = 256, ITEMS_MAX = 1024 };

static const char bad_item[] = "an entry must be a plain or quoted value";

enum expected { A_ROOT, A_KEY, A_VALUE, AN_ITEM, NOTHING };

struct seen {
    char *path;
    size_t line;
};

struct reader {
    struct settings_draft *draft;
    const char *file;
    enum expected expected;
    unsigned skipping;          /* open collections of a value that is passed over */
    struct buf path;            /* "http.listen" */
    size_t sections[DEPTH_MAX]; /* what `path` is cut to at each open mapping */
    unsigned depth;
    struct setting_name name;
    bool known;             /* a setting or a section: else its value is passed over */
    char *owned[ITEMS_MAX]; /* the entries of the list being read */
    struct slice items[ITEMS_MAX];
    size_t item_count;
    yaml_mark_t list_mark;
    bool list_broken;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    bool stopped;
};

/* ---- errors ---- */

static void put_place(const struct reader *reader, yaml_mark_t mark, struct buf *ret)
{
    buf_init(ret, strlen(reader->file) + PATH_LIMIT + 64);
    buf_printf(ret, "%s:%zu:%zu", reader->file, mark.line + 1, mark.column + 1);
}

static void complain(struct reader *reader, yaml_mark_t mark, const char *what)
{
    CLEANUP(buf) struct buf place;
    put_place(reader, mark, &place);
    draft_error(reader->draft, place.data, "%s", what);
    reader->stopped = reader->stopped || draft_full(reader->draft);
}

/* About the setting whose value is being read. */
static void refuse(struct reader *reader, yaml_mark_t mark, const char *what)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, PATH_LIMIT + 256);
    buf_printf(&text, "%.*s: %s", SLICE_ARGS(buf_slice(&reader->path)), what);
    complain(reader, mark, text.data);
    if (reader->name.index >= 0) {
        reader->draft->states[reader->name.index].broken = true;
    }
}

static void stop(struct reader *reader, yaml_mark_t mark, const char *what)
{
    complain(reader, mark, what);
    reader->stopped = true;
}

/* ---- keys ---- */

static void set_path(struct reader *reader, struct slice key)
{
    struct buf *path = &reader->path;
    path->len = reader->sections[reader->depth - 1];
    path->failed = false;
    if (path->len > 0) {
        buf_putc(path, '.');
    }
    buf_put_slice(path, key);
}

/* False, and reported, when the path was there before. */
static bool note_seen(struct reader *reader, yaml_mark_t mark)
{
    for (size_t i = 0; i < reader->seen_count; i++) {
        if (slice_equal(slice_of(reader->seen[i].path), buf_slice(&reader->path))) {
            CLEANUP(buf) struct buf text;
            buf_init(&text, PATH_LIMIT);
            buf_printf(&text, "is there twice; the first is on line %zu", reader->seen[i].line);
            refuse(reader, mark, text.data);
            return false;
        }
    }
    if (reader->seen_count < SEEN_MAX) {
        struct slice path = buf_slice(&reader->path);
        reader->seen[reader->seen_count++] =
            (struct seen){xmemdup0(path.data, path.len), mark.line + 1};
    }
    return true;
}

static void report_unknown(struct reader *reader, yaml_mark_t mark, struct slice key)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, (size_t)4 * PATH_LIMIT);
    if (buf_failed(&reader->path)) {
        buf_printf(&text, "unknown key %.40s…", key.data);
    } else {
        buf_printf(&text, "unknown key %.*s", SLICE_ARGS(buf_slice(&reader->path)));
        setting_suggest_key(buf_slice(&reader->path), &text);
    }
    complain(reader, mark, text.data);
}

static void on_key(struct reader *reader, yaml_mark_t mark, struct slice key)
{
    set_path(reader, key);
    reader->expected = A_VALUE;
    reader->name = setting_find(buf_slice(&reader->path));
    reader->known = !buf_failed(&reader->path) &&
                    (reader->name.index >= 0 || setting_is_section(buf_slice(&reader->path)));
    if (!reader->known) {
        report_unknown(reader, mark, key);
    } else {
        reader->known = note_seen(reader, mark);
    }
}

/* ---- values ---- */

static bool is_null(const yaml_event_t *event)
{
    struct slice value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (value.len == 0 || slice_equal(value, SLICE("~")) ||
            slice_equal_nocase(value, SLICE("null")));
}

static bool is_block(const yaml_event_t *event)
{
    return event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
           event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
}

static void put(struct reader *reader, yaml_mark_t mark, const struct setting_text *text)
{
    CLEANUP(buf) struct buf origin;
    put_place(reader, mark, &origin);
    buf_printf(&origin, ": %.*s", SLICE_ARGS(buf_slice(&reader->path)));
    draft_put(reader->draft, RANK_FILE, origin.data, reader->name, text);
    reader->stopped = reader->stopped || draft_full(reader->draft);
}

static void on_value(struct reader *reader, const yaml_event_t *event)
{
    reader->expected = A_KEY;
    if (!reader->known) {
        return;
    }
    if (reader->name.index < 0) {
        if (!is_null(event)) { /* a section with nothing in it is fine */
            refuse(reader, event->start_mark, "is a section; its settings stand below, indented");
        }
    } else if (is_null(event)) {
        refuse(reader, event->start_mark, "has no value (write \"\" for an empty one)");
    } else if (is_block(event)) {
        refuse(reader, event->start_mark, "must be a plain or quoted value on one line");
    } else {
        struct slice value = {(const char *)event->data.scalar.value, event->data.scalar.length};
        const struct setting_text text = {.items = &value, .count = 1};
        put(reader, event->start_mark, &text);
    }
}

static void on_item(struct reader *reader, const yaml_event_t *event)
{
    struct slice value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (is_null(event) || is_block(event) || reader->item_count == ITEMS_MAX) {
        refuse(reader, event->start_mark,
               reader->item_count == ITEMS_MAX ? "holds too many entries" : bad_item);
        reader->list_broken = true;
        reader->stopped = reader->stopped || reader->item_count == ITEMS_MAX;
        return;
    }
    char *copy = xmemdup0(value.data, value.len);
    reader->owned[reader->item_count] = copy;
    reader->items[reader->item_count++] = (struct slice){copy, value.len};
}

static void forget_items(struct reader *reader)
{
    while (reader->item_count > 0) {
        free(reader->owned[--reader->item_count]);
    }
}

static void on_scalar(struct reader *reader, const yaml_event_t *event)
{
    switch (reader->expected) {
    case A_ROOT:
        reader->expected = NOTHING;
        if (!is_null(event)) {
            stop(reader, event->start_mark, "settings of the form key: value are expected");
        }
        break;
    case A_KEY:
        on_key(reader, event->start_mark,
               (struct slice){(const char *)event->data.scalar.value, event->data.scalar.length});
        break;
    case A_VALUE:
        on_value(reader, event);
        break;
    case AN_ITEM:
        on_item(reader, event);
        break;
    case NOTHING:
        break;
    }
}

/* ---- collections ---- */

static void skip_collection(struct reader *reader)
{
    reader->skipping = 1;
    if (reader->expected == A_VALUE) {
        reader->expected = A_KEY;
    }
}

static void open_section(struct reader *reader, yaml_mark_t mark)
{
    if (reader->depth == DEPTH_MAX) {
        stop(reader, mark, "nested too deeply");
        return;
    }
    reader->sections[reader->depth++] = reader->path.len;
    reader->expected = A_KEY;
}

static void on_mapping(struct reader *reader, yaml_mark_t mark)
{
    bool in_list = reader->expected == AN_ITEM;
    if (reader->expected == A_ROOT ||
        (reader->expected == A_VALUE && reader->known && reader->name.index < 0)) {
        open_section(reader, mark);
    } else if (reader->expected == A_KEY) {
        stop(reader, mark, "a key must be a plain word");
    } else {
        if (in_list || reader->known) {
            refuse(reader, mark, in_list ? bad_item : "takes plain values, not a mapping");
        }
        reader->list_broken = true;
        skip_collection(reader);
    }
}

static bool may_hold_list(const struct reader *reader)
{
    return reader->expected == A_VALUE && reader->known && reader->name.index >= 0 &&
           setting_takes_list(&setting_specs[reader->name.index]);
}

static void refuse_sequence(struct reader *reader, yaml_mark_t mark)
{
    if (reader->expected == AN_ITEM) {
        refuse(reader, mark, bad_item);
    } else if (reader->known) {
        refuse(reader, mark,
               reader->name.index < 0 ? "is a section; its settings stand below, indented"
                                      : "takes one value, not a list");
    }
    reader->list_broken = true;
    skip_collection(reader);
}

static void on_sequence(struct reader *reader, yaml_mark_t mark)
{
    if (reader->expected == A_ROOT || reader->expected == A_KEY) {
        stop(reader, mark, "settings of the form key: value are expected, not a list");
    } else if (may_hold_list(reader)) {
        reader->expected = AN_ITEM;
        reader->list_mark = mark;
        reader->list_broken = false;
    } else {
        refuse_sequence(reader, mark);
    }
}

static void on_collection_end(struct reader *reader)
{
    if (reader->expected == AN_ITEM) {
        const struct setting_text text = {reader->items, reader->item_count, .listed = true};
        if (!reader->list_broken) {
            put(reader, reader->list_mark, &text);
        }
        forget_items(reader);
        reader->expected = A_KEY;
        return;
    }
    reader->depth--;
    reader->expected = reader->depth > 0 ? A_KEY : NOTHING;
}

/* ---- the stream ---- */

static bool has_decoration(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    default:
        return event->type == YAML_ALIAS_EVENT;
    }
}

static bool is_start(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

static bool is_end(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
}

static void on_event(struct reader *reader, const yaml_event_t *event)
{
    if (has_decoration(event)) {
        /* what they would mean for the settings below is not worth guessing */
        stop(reader, event->start_mark, "anchors, aliases and tags are not supported");
    } else if (reader->skipping > 0) {
        reader->skipping += is_start(event);
        reader->skipping -= is_end(event);
    } else if (event->type == YAML_SCALAR_EVENT) {
        on_scalar(reader, event);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        on_mapping(reader, event->start_mark);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        on_sequence(reader, event->start_mark);
    } else if (is_end(event)) {
        on_collection_end(reader);
    } else if (event->type == YAML_DOCUMENT_START_EVENT && reader->expected == NOTHING) {
        stop(reader, event->start_mark, "a second document; one file holds one");
    } else if (event->type == YAML_STREAM_END_EVENT) {
        reader->stopped = true;
    }
}

static void on_syntax_error(struct reader *reader, const yaml_parser_t *parser)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 512);
    buf_printf(&text, "%s%s%s", parser->problem ? parser->problem : "not valid YAML",
               parser->context ? " " : "", parser->context ? parser->context : "");
    stop(reader, parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark,
         text.data);
}

static void read_events(struct reader *reader, struct slice content)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        abort(); /* out of memory, as everywhere */
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)content.data, content.len);
    while (!reader->stopped) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            on_syntax_error(reader, &parser);
            break;
        }
        on_event(reader, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

/* Every line indented with a tab is reported; the parser would stop at the first and call it a
 * token. False when there was one. */
static bool check_tabs(struct reader *reader, struct slice content)
{
    bool fine = true;
    yaml_mark_t mark = {0};
    for (size_t at = 0; at < content.len; mark.line++) {
        size_t indent = strspn(content.data + at, " \t");
        const char *tab = memchr(content.data + at, '\t', indent);
        const char *end = memchr(content.data + at, '\n', content.len - at);
        if (tab && !strchr("#\r\n", content.data[at + indent])) {
            mark.column = (size_t)(tab - content.data) - at;
            complain(reader, mark, "a tab in the indentation; YAML wants spaces");
            fine = false;
        }
        at = end ? (size_t)(end - content.data) + 1 : content.len;
    }
    return fine;
}

static void reader_free(struct reader *reader)
{
    forget_items(reader);
    for (size_t i = 0; i < reader->seen_count; i++) {
        free(reader->seen[i].path);
    }
    buf_done(&reader->path);
    free(reader);
}

void settings_read_yaml(struct settings_draft *draft, const char *file)
{
    CLEANUP(buf) struct buf content;
    buf_init(&content, FILE_MAX);
    int error = settings_read_file(file, &content);
    if (error == -EFBIG) {
        draft_error(draft, file, "is larger than 1 MB");
        return;
    }
    if (error != 0) {
        draft_error(draft, file, "cannot be read: %s", strerrordesc_np(-error));
        return;
    }
    struct reader *reader = xcalloc(1, sizeof *reader);
    *reader = (struct reader){.draft = draft, .file = file, .name.index = -1};
    buf_init(&reader->path, PATH_LIMIT);
    if (check_tabs(reader, buf_slice(&content))) {
        read_events(reader, buf_slice(&content));
    }
    reader_free(reader);
}
