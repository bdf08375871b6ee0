/* Promises about the YAML file of config/settings.h. */
#include "settings_fixture.h"

static void expect_rate(const char *yaml, uint64_t rate)
{
    struct loaded loaded = load_yaml(yaml);
    cr_expect_eq(loaded.result, 0, "%s: %s", yaml, errors_of(&loaded));
    cr_expect_eq(loaded.settings.upstream_rate, rate, "%s", yaml);
    unload(&loaded);
}

/* ---- what is read ---- */

Test(settings_yaml, reads_nested_and_dotted_keys)
{
    expect_rate("upstream:\n  rate: 7\n", 7);
    expect_rate("upstream.rate: 7\n", 7);
    expect_rate("upstream: {rate: 7}\n", 7);
    expect_rate("{\"upstream\": {\"rate\": 7}}\n", 7);
    expect_rate("upstream:\n  # slow\n  rate: 7 # calls\nlog:\n  level: debug\n", 7);
    expect_rate("---\nupstream.rate: 7\n...\n", 7);
    expect_rate("\xef\xbb\xbfupstream.rate: 7\r\n", 7);
}

/* What a shell makes of <(…). */
Test(settings_yaml, may_come_through_a_pipe)
{
    static const char yaml[] = "upstream: {rate: 7, emulator: true}\n";
    char file[FIXTURE_NAME_SIZE];
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], yaml, sizeof yaml - 1), sizeof yaml - 1);
    (void)close(ends[1]);
    (void)snprintf(file, sizeof file, "/dev/fd/%d", ends[0]);
    struct loaded loaded = load_source(&(struct settings_source){.file = file});
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.upstream_rate, 7);
    unload(&loaded);
    (void)close(ends[0]);
}

Test(settings_yaml, reads_plain_and_quoted_values)
{
    expect_rate("upstream.rate: \"7\"\n", 7);
    expect_rate("upstream.rate: '7'\n", 7);
    struct loaded loaded = load_yaml("store.path: 'a b: #c.db'\nhttp.listen: \"[::1]:0\"\n");
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.store_path, "a b: #c.db");
    cr_expect(loaded.settings.http_listen.v6);
    unload(&loaded);
}

Test(settings_yaml, reads_lists_of_both_forms_and_with_commas)
{
    static const char *const forms[] = {
        "http.trusted_proxies: [10.0.0.0/8, \"::1/128\"]\n",
        "http:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - ::1/128\n",
        "http.trusted_proxies: 10.0.0.0/8, ::1/128\n",
    };
    for (size_t i = 0; i < 3; i++) {
        struct loaded loaded = load_yaml(forms[i]);
        cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_assert_eq(loaded.settings.http_trusted_proxies.count, 2, "%s", forms[i]);
        cr_expect_str_eq(loaded.settings.http_trusted_proxies.items[0], "10.0.0.0/8");
        cr_expect_str_eq(loaded.settings.http_trusted_proxies.items[1], "::1/128");
        unload(&loaded);
    }
}

Test(settings_yaml, takes_an_empty_file_and_empty_sections)
{
    static const char *const files[] = {
        "", "\n", "# nothing\n", "---\n", "{}\n", "http:\n", "http:\n  # listen: 1\nupstream: ~\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct loaded loaded = load_yaml(files[i]);
        cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
        unload(&loaded);
    }
}

/* ---- what is refused, and where it says it is ---- */

Test(settings_yaml, suggests_the_key_that_was_meant)
{
    expect_yaml_error("http:\n  lisen: 1\n",
                      ":2:3: unknown key http.lisen, did you mean http.listen?");
    expect_yaml_error("htpp:\n  listen: 1\n  rubbish: [1, {a: b}]\n",
                      ":1:1: unknown key htpp, did you mean http?");
    expect_yaml_error("listen: 1\n", ":1:1: unknown key listen");
    expect_yaml_error("http:\n  listen:\n    port: 1\n",
                      "http.listen: takes plain values, not a mapping");
    expect_yaml_error("? ''\n: 1\n", "unknown key");
}

Test(settings_yaml, goes_on_after_an_unknown_section)
{
    struct loaded loaded =
        load_yaml("nothing: {a: {b: [c, [d]]}, e: f}\nupstream.rate: 0\nnothing2: [x, {y: z}]\n");
    cr_expect_eq(error_count(&loaded), 3, "%s", errors_of(&loaded));
    cr_expect_not_null(strstr(errors_of(&loaded), ":2:16: upstream.rate: 0 is out of range"));
    cr_expect_not_null(strstr(errors_of(&loaded), ":3:1: unknown key nothing2"));
    unload(&loaded);
}

Test(settings_yaml, refuses_a_key_that_is_there_twice)
{
    expect_yaml_error("upstream.rate: 1\nupstream.rate: 1\n",
                      ":2:1: upstream.rate: is there twice; the first is on line 1");
    expect_yaml_error("upstream.rate: 1\nupstream:\n  rate: 1\n",
                      ":3:3: upstream.rate: is there twice");
    expect_yaml_error("http: {listen: '127.0.0.1:1'}\nhttp: {max_head: 2KB}\n",
                      ":2:1: http: is there twice");
}

Test(settings_yaml, refuses_a_value_of_another_shape)
{
    expect_yaml_error("upstream.rate: [1]\n", ":1:16: upstream.rate: takes one value, not a list");
    expect_yaml_error("upstream.rate: {a: 1}\n",
                      "upstream.rate: takes plain values, not a mapping");
    expect_yaml_error("http: 1\n", ":1:7: http: is a section; its settings stand below, indented");
    expect_yaml_error("http: [1]\n", ":1:7: http: is a section");
    expect_yaml_error("http.trusted_proxies: [[a]]\n",
                      ":1:24: http.trusted_proxies: an entry must be a plain or quoted value");
    expect_yaml_error("http.trusted_proxies: [{a: b}]\n",
                      ":1:24: http.trusted_proxies: an entry must be a plain or quoted value");
    expect_yaml_error("auth.app_tokens:\n  -\n", ":2:4: auth.app_tokens: an entry must be");
    expect_yaml_error("upstream.key_file: [a]\n", "upstream.key_file: takes one value");
}

Test(settings_yaml, refuses_a_missing_value)
{
    expect_yaml_error("http:\n  listen:\n",
                      "http.listen: has no value (write \"\" for an empty one)");
    expect_yaml_error("store.path: ~\n", "store.path: has no value");
    expect_yaml_error("store.path: null\n", "store.path: has no value");
    struct loaded loaded = load_yaml("http.public_url: \"\"\n");
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_yaml, refuses_blocks_and_control_characters)
{
    expect_yaml_error("store.path: |\n  a.db\n",
                      "store.path: must be a plain or quoted value on one line");
    expect_yaml_error("store.path: >\n  a.db\n", "store.path: must be a plain");
    expect_yaml_error("store.path: \"a\\0b\"\n", "store.path: holds a control character");
    expect_yaml_error("store.path: \"a\\nb\"\n", "store.path: holds a control character");
    expect_yaml_error("\"a\\nb\": 1\n", "unknown key a?b");
}

Test(settings_yaml, refuses_anchors_aliases_and_tags)
{
    static const char *const files[] = {
        "upstream.rate: &a 7\n",       "http: &a {max_head: 2KB}\n",
        "auth.mode: &a [anonymous]\n", "upstream.rate: *a\n",
        "upstream.rate: !!str 7\n",    "upstream.rate: ! 7\n",
        "unknown: {deep: [*a]}\n",     "*a : 1\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct loaded loaded = load_yaml(files[i]);
        cr_expect_not_null(
            strstr(errors_of(&loaded), ": anchors, aliases and tags are not supported"), "%s: %s",
            files[i], errors_of(&loaded));
        unload(&loaded);
    }
}

Test(settings_yaml, refuses_a_second_document)
{
    expect_yaml_error("upstream.rate: 7\n---\nupstream.rate: 8\n", ":2:1: a second document");
    expect_yaml_error("--- ~\n---\n", ":2:1: a second document");
}

Test(settings_yaml, refuses_what_is_not_a_mapping)
{
    expect_yaml_error("- a\n", ":1:1: settings of the form key: value are expected, not a list");
    expect_yaml_error("hello\n", ":1:1: settings of the form key: value are expected");
    expect_yaml_error("? [a]\n: b\n",
                      ":1:3: settings of the form key: value are expected, not a list");
    expect_yaml_error("? {a: b}\n: c\n", ":1:3: a key must be a plain word");
}

Test(settings_yaml, says_where_a_tab_indents)
{
    struct loaded loaded = load_yaml("http:\n\tlisten: 1\n\n  \tmax_head: 2\n\t# fine\n\t\n");
    cr_expect_eq(error_count(&loaded), 2, "%s", errors_of(&loaded));
    cr_expect_not_null(strstr(errors_of(&loaded), ":2:1: a tab in the indentation"));
    cr_expect_not_null(strstr(errors_of(&loaded), ":4:3: a tab in the indentation"));
    unload(&loaded);
}

Test(settings_yaml, says_where_the_syntax_is_broken)
{
    expect_yaml_error("http:\n  listen: \"127.0.0.1\n", ":3:1: found unexpected end of stream");
    expect_yaml_error("http:\n  max_head: 2KB\n bad: 2\n", ":3:2: ");
    expect_yaml_error("upstream.rate: @7\n", ":1:16: ");
    expect_yaml_error("store.path: b: c\n", ":1:14: ");
}

Test(settings_yaml, refuses_bytes_that_are_no_text)
{
    static const char *const files[] = {"upstream.rate: \xff\n", "a\x01: 1\n"};
    for (size_t i = 0; i < 2; i++) {
        struct loaded loaded = load_yaml(files[i]);
        cr_expect_eq(error_count(&loaded), 1, "%s", errors_of(&loaded));
        unload(&loaded);
    }
    struct loaded loaded = load_yaml_bytes("upstream.rate: 7\n\0\n", 19);
    cr_expect_eq(error_count(&loaded), 1, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_yaml, refuses_a_file_above_a_megabyte)
{
    enum { MEGABYTE = 1048576 };
    struct buf file;
    buf_init(&file, MEGABYTE + 1);
    while (file.len < MEGABYTE) {
        buf_puts(&file, "# 4567890123456\n");
    }
    struct loaded loaded = load_yaml_bytes(file.data, file.len);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
    buf_putc(&file, '\n');
    loaded = load_yaml_bytes(file.data, file.len);
    expect_error(&loaded, "is larger than 1 MB");
    buf_done(&file);
}

Test(settings_yaml, survives_deep_nesting_and_long_keys)
{
    char deep[4096];
    memset(deep, '{', sizeof deep);
    struct loaded loaded = load_yaml_bytes(deep, sizeof deep);
    cr_expect_neq(loaded.result, 0);
    unload(&loaded);
    memset(deep, '[', sizeof deep);
    memcpy(deep, "a: ", 3);
    loaded = load_yaml_bytes(deep, sizeof deep);
    cr_expect_neq(loaded.result, 0);
    unload(&loaded);
    memset(deep, 'k', sizeof deep);
    memcpy(deep + 1000, ": 1\n", 4);
    loaded = load_yaml_bytes(deep, 1004);
    expect_error(&loaded, ":1:1: unknown key kkkk");
}

Test(settings_yaml, caps_the_entries_of_a_list)
{
    struct buf file;
    buf_init(&file, 1U << 20);
    buf_puts(&file, "auth.app_tokens:\n");
    for (int i = 0; i < 5000; i++) {
        buf_puts(&file, "- a\n");
    }
    struct loaded loaded = load_yaml_bytes(file.data, file.len);
    expect_error(&loaded, "auth.app_tokens: holds too many entries");
    buf_done(&file);
}
