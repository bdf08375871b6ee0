/* Promises about what people read of the settings: the table and config/livenessd.yaml. */
#include "config/settings_spec.h"
#include "settings_fixture.h"

#include <fcntl.h>
#include <stdlib.h>

static struct buf written(void (*write_text)(struct buf *ret))
{
    struct buf text;
    buf_init(&text, 1U << 20);
    write_text(&text);
    cr_assert(!buf_failed(&text) && text.len > 0);
    return text;
}

/* A file of the source tree: the tests' working directory is the build's. */
static struct buf file_of_tree(const char *name)
{
    const char *tree = getenv("LIVENESSD_TEST_SOURCE_DIR");
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", tree ? tree : ".", name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s is missing", path);
    struct buf text;
    buf_init(&text, 1U << 20);
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0) {
        buf_append(&text, chunk, size);
    }
    (void)fclose(file);
    return text;
}

Test(settings_write, is_what_config_livenessd_yaml_holds)
{
    struct buf text = written(settings_write_yaml);
    struct buf file = file_of_tree("config/livenessd.yaml");
    cr_expect(slice_equal(buf_slice(&text), buf_slice(&file)),
              "make it anew: livenessd settings --yaml > config/livenessd.yaml");
    buf_done(&text);
    buf_done(&file);
}

Test(settings_write, writes_a_valid_file)
{
    struct buf text = written(settings_write_yaml);
    struct loaded loaded = load_yaml_bytes(text.data, text.len);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
    buf_done(&text);
}

/* Whether the line is a setting commented out, not a sentence. */
static bool is_setting(struct slice line, size_t *ret_hash)
{
    size_t hash = strspn(line.data, " ");
    size_t name = hash + 2;
    while (name < line.len && strchr("abcdefghijklmnopqrstuvwxyz0123456789_", line.data[name])) {
        name++;
    }
    *ret_hash = hash;
    return name > hash + 2 && line.len > hash + 2 && line.data[hash] == '#' && name < line.len &&
           line.data[name] == ':' && hash <= 2 && line.data[name + 1] == ' ' &&
           (!memchr(line.data + name + 2, ' ', line.len - name - 2) ||
            memmem(line.data, line.len, " burst ", 7)); /* a limit is of several words */
}

static struct slice take_line(struct slice *rest)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    struct slice line = {rest->data, (size_t)(end - rest->data)};
    rest->data = end + 1;
    rest->len -= line.len + 1;
    return line;
}

Test(settings_write, comments_out_every_default_in_a_form_that_is_valid)
{
    struct buf text = written(settings_write_yaml);
    struct buf bare;
    buf_init(&bare, 1U << 20);
    int settings = 0;
    for (struct slice rest = buf_slice(&text); rest.len > 0;) {
        struct slice line = take_line(&rest);
        size_t hash;
        if (is_setting(line, &hash)) {
            buf_append(&bare, line.data, hash);
            line.data += hash + 2;
            line.len -= hash + 2;
            settings++;
        }
        buf_put_slice(&bare, line);
        buf_putc(&bare, '\n');
    }
    cr_expect_eq(settings, SETTING_COUNT);
    char file[FIXTURE_NAME_SIZE];
    fixture_file(bare.data, bare.len, file);
    const char *const sets[] = {"upstream.emulator=true", NULL};
    struct loaded uncommented = load_source(&(struct settings_source){.file = file, .sets = sets});
    cr_expect_eq(uncommented.result, 0, "%s", errors_of(&uncommented));
    cr_expect_eq(uncommented.settings.retention_verdict, 86400000);
    unload(&uncommented);
    buf_done(&text);
    buf_done(&bare);
}

Test(settings_write, names_every_key_variable_default_and_sentence_in_the_table)
{
    struct buf text = written(settings_write_table);
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_spec *spec = &setting_specs[i];
        struct buf needed;
        buf_init(&needed, 256);
        buf_printf(&needed, "\n%s ", spec->key);
        const char *row = strstr(text.data, needed.data);
        cr_assert_not_null(row, "%s", spec->key);
        buf_reset(&needed);
        setting_put_environment(spec, false, &needed);
        size_t len = strcspn(row + 1, "\n");
        cr_expect_not_null(memmem(row + 1, len, needed.data, needed.len), "%s", needed.data);
        cr_expect_not_null(memmem(row + 1, len, spec->value, strlen(spec->value)), "%s", spec->key);
        buf_done(&needed);
        cr_expect_not_null(strstr(row, "\n    "));
    }
    buf_done(&text);
}

Test(settings_write, keeps_lines_to_a_hundred_columns)
{
    struct buf texts[] = {written(settings_write_table), written(settings_write_yaml)};
    for (size_t i = 0; i < 2; i++) {
        for (struct slice rest = buf_slice(&texts[i]); rest.len > 0;) {
            struct slice line = take_line(&rest);
            cr_expect_leq(line.len, 100, "%.*s", SLICE_ARGS(line));
            cr_expect(line.len == 0 || line.data[line.len - 1] != ' ');
        }
        buf_done(&texts[i]);
    }
}

Test(settings_write, says_where_a_secret_belongs)
{
    struct buf text = written(settings_write_yaml);
    cr_expect_null(strstr(text.data, "# key:"));
    cr_expect_not_null(strstr(text.data, "\n  # key_file: \"\"\n"));
    cr_expect_not_null(strstr(text.data, "LIVENESSD_UPSTREAM_KEY_FILE"));
    buf_done(&text);
}

Test(settings_write, has_one_variable_for_each_key)
{
    struct buf names[SETTING_COUNT];
    for (int i = 0; i < SETTING_COUNT; i++) {
        buf_init(&names[i], 256);
        setting_put_environment(&setting_specs[i], false, &names[i]);
        for (int j = 0; j < i; j++) {
            cr_expect_str_neq(names[i].data, names[j].data);
        }
        struct setting_name found = setting_find_environment(buf_slice(&names[i]));
        cr_expect(found.index == i && !found.file);
    }
    for (int i = 0; i < SETTING_COUNT; i++) {
        buf_done(&names[i]);
    }
}
