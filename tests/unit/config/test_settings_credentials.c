/* Promises of config/settings.h about keys and Entra applications, and the files of secrets. */
#include "base/secret.h"
#include "settings_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>

#define ENDPOINT "upstream.endpoint=https://name.example"
#define TENANT   "upstream.entra_tenant=contoso.example"
#define CLIENT   "upstream.entra_client_id=7"
#define SECRET   "LIVENESSD_UPSTREAM_ENTRA_CLIENT_SECRET=s3cret"
#define KEY      "LIVENESSD_UPSTREAM_KEY=k3y"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING   ((const char *const[]){NULL})

static struct loaded load_both(const char *const *environment, const char *const *sets)
{
    return load_source(
        &(struct settings_source){.environment = as_environment(environment), .sets = sets});
}

static void expect_refused(const char *const *environment, const char *const *sets, const char *why)
{
    struct loaded loaded = load_both(environment, sets);
    expect_error(&loaded, why);
}

static struct loaded expect_loaded(const char *const *environment, const char *const *sets)
{
    struct loaded loaded = load_both(environment, sets);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    return loaded;
}

static bool is_empty(const char *text)
{
    return !text || *text == '\0';
}

Test(settings_credentials, a_key_is_enough_and_a_second_one_welcome)
{
    struct loaded loaded =
        expect_loaded(LIST(KEY, "LIVENESSD_UPSTREAM_KEY2=other"), LIST(ENDPOINT));
    cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
    cr_expect_str_eq(loaded.settings.upstream_key2, "other");
    cr_expect_null(loaded.settings.upstream_key_file);
    unload(&loaded);
    expect_refused(LIST("LIVENESSD_UPSTREAM_KEY2=other"), LIST(ENDPOINT),
                   "LIVENESSD_UPSTREAM_KEY2: is set without upstream.key");
}

Test(settings_credentials, a_whole_application_is_enough)
{
    struct loaded loaded = expect_loaded(LIST(SECRET), LIST(ENDPOINT, TENANT, CLIENT));
    cr_expect_str_eq(loaded.settings.upstream_entra_client_secret, "s3cret");
    cr_expect_str_eq(loaded.settings.upstream_entra_tenant, "contoso.example");
    cr_expect(is_empty(loaded.settings.upstream_key));
    unload(&loaded);
}

Test(settings_credentials, half_an_application_is_none)
{
    expect_refused(LIST(SECRET), LIST(ENDPOINT, TENANT),
                   "upstream.entra_client_id: is missing beside --set upstream.entra_tenant");
    expect_refused(NOTHING, LIST(ENDPOINT, TENANT, CLIENT),
                   "upstream.entra_client_secret: is missing beside");
    expect_refused(LIST(SECRET), LIST(ENDPOINT, CLIENT), "upstream.entra_tenant: is missing");
    expect_refused(LIST(SECRET), LIST(ENDPOINT, CLIENT), "or upstream.key alone");
    struct loaded loaded = load_both(LIST(SECRET), LIST(ENDPOINT));
    cr_expect_eq(error_count(&loaded), 2, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_credentials, a_key_beside_an_application_is_one_too_many)
{
    expect_refused(LIST(KEY, SECRET), LIST(ENDPOINT, TENANT, CLIENT),
                   "--set upstream.entra_tenant: is set beside LIVENESSD_UPSTREAM_KEY: the server "
                   "is either the holder of a key or an Entra application; take away");
    expect_refused(LIST("LIVENESSD_UPSTREAM_KEY2=a", SECRET), LIST(ENDPOINT, TENANT, CLIENT),
                   "is set beside LIVENESSD_UPSTREAM_KEY2");
    expect_refused(LIST(KEY), LIST(ENDPOINT, CLIENT), "--set upstream.entra_client_id: is set");
}

Test(settings_credentials, nothing_at_all_names_every_way)
{
    struct loaded loaded = load_both(NOTHING, LIST(ENDPOINT));
    cr_expect_not_null(strstr(errors_of(&loaded), "upstream.key: is missing"));
    cr_expect_not_null(strstr(errors_of(&loaded), "upstream.entra_tenant"));
    unload(&loaded);
}

Test(settings_credentials, azure_s_variables_are_read_when_there_is_no_key)
{
    struct loaded loaded =
        expect_loaded(LIST("AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s",
                           "AZURE_AUTHORITY_HOST=https://login.example/"),
                      LIST(ENDPOINT));
    cr_expect_str_eq(loaded.settings.upstream_entra_tenant, "t");
    cr_expect_str_eq(loaded.settings.upstream_entra_client_id, "c");
    cr_expect_str_eq(loaded.settings.upstream_entra_client_secret, "s");
    cr_expect_str_eq(loaded.settings.upstream_entra_authority, "https://login.example/");
    unload(&loaded);
    loaded = expect_loaded(LIST("AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s"),
                           LIST(ENDPOINT, TENANT));
    cr_expect_str_eq(loaded.settings.upstream_entra_tenant, "contoso.example", "ours goes first");
    unload(&loaded);
}

Test(settings_credentials, azure_s_variables_do_not_disturb_a_key)
{
    static const char *const keys[] = {KEY, "FACE_KEY=k3y", "FACE_APIKEY=k3y"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct loaded loaded = expect_loaded(
            LIST(keys[i], "AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_AUTHORITY_HOST=x"),
            LIST(ENDPOINT));
        cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
        cr_expect(is_empty(loaded.settings.upstream_entra_tenant));
        unload(&loaded);
    }
}

Test(settings_credentials, a_face_key_does_not_disturb_an_application_of_ours)
{
    struct loaded loaded =
        expect_loaded(LIST(SECRET, "FACE_KEY=k3y"), LIST(ENDPOINT, TENANT, CLIENT));
    cr_expect(is_empty(loaded.settings.upstream_key));
    unload(&loaded);
}

Test(settings_credentials, the_emulator_needs_none_of_them)
{
    struct loaded loaded = expect_loaded(LIST("AZURE_TENANT_ID=t"), LIST("upstream.emulator=true"));
    cr_expect(is_empty(loaded.settings.upstream_entra_tenant));
    unload(&loaded);
}

Test(settings_credentials, an_authority_in_clear_text_is_refused)
{
    expect_refused(LIST(SECRET),
                   LIST(ENDPOINT, TENANT, CLIENT, "upstream.entra_authority=http://login.example"),
                   "upstream.entra_authority: is http");
    struct loaded loaded =
        expect_loaded(LIST(SECRET), LIST(ENDPOINT, TENANT, CLIENT,
                                         "upstream.entra_authority=http://127.0.0.1:8082"));
    unload(&loaded);
}

/* ---- files ---- */

Test(settings_credentials, files_keep_their_names_so_that_they_can_be_read_again)
{
    char files[3][FIXTURE_NAME_SIZE];
    char sets[3][200];
    static const char *const keys[] = {"upstream.key_file", "upstream.key2_file"};
    for (size_t i = 0; i < 2; i++) {
        fixture_file("k3y\n", 4, files[i]);
        (void)snprintf(sets[i], sizeof sets[i], "%s=%s", keys[i], files[i]);
    }
    struct loaded loaded = expect_loaded(NOTHING, LIST(ENDPOINT, sets[0], sets[1]));
    cr_expect_str_eq(loaded.settings.upstream_key_file, files[0]);
    cr_expect_str_eq(loaded.settings.upstream_key2_file, files[1]);
    cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
    cr_expect_null(loaded.settings.upstream_entra_client_secret_file);
    unload(&loaded);
    fixture_file("s3cret\r\n", 8, files[2]);
    (void)snprintf(sets[2], sizeof sets[2], "upstream.entra_client_secret_file=%s", files[2]);
    loaded = expect_loaded(NOTHING, LIST(ENDPOINT, TENANT, CLIENT, sets[2]));
    cr_expect_str_eq(loaded.settings.upstream_entra_client_secret, "s3cret");
    cr_expect_str_eq(loaded.settings.upstream_entra_client_secret_file, files[2]);
    unload(&loaded);
}

Test(settings_credentials, a_secret_file_is_read_again_by_the_same_rules)
{
    static const struct {
        const char *content;
        const char *secret; /* NULL: refused */
        const char *why;
    } rows[] = {
        {"k3y", "k3y", NULL},
        {"k3y\n", "k3y", NULL},
        {"k3y\r\n", "k3y", NULL},
        {"", NULL, " is empty"},
        {"\n", NULL, " is empty"},
        {"a b", NULL, " holds a character that no key has (byte 2)"},
        {"a\n\n", NULL, " holds a character that no key has (byte 2)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char file[FIXTURE_NAME_SIZE];
        char why[SETTINGS_WHY_SIZE] = "";
        char *secret = NULL;
        fixture_file(rows[i].content, strlen(rows[i].content), file);
        int result = settings_read_secret_file(file, &secret, why);
        cr_expect_eq(result == 0, rows[i].secret != NULL, "row %zu", i);
        if (result == 0) {
            cr_expect_str_eq(secret, rows[i].secret);
        } else {
            cr_expect_not_null(strstr(why, rows[i].why ? rows[i].why : "?"), "%s", why);
        }
        (void)secret_free(secret);
    }
    char why[SETTINGS_WHY_SIZE];
    char *secret = NULL;
    cr_expect_neq(settings_read_secret_file("/nonexistent/key", &secret, why), 0);
    cr_expect_str_eq(why, "cannot read /nonexistent/key: No such file or directory");
}

Test(settings_credentials, a_secret_file_without_end_is_refused)
{
    enum { LONG = 600 };
    char content[LONG];
    char file[FIXTURE_NAME_SIZE];
    char why[SETTINGS_WHY_SIZE];
    char *secret = NULL;
    memset(content, 'a', sizeof content);
    fixture_file(content, sizeof content, file);
    cr_expect_neq(settings_read_secret_file(file, &secret, why), 0);
    cr_expect_not_null(strstr(why, "is longer than any key (512 bytes)"), "%s", why);
    fixture_file(content, 513, file);
    cr_expect_neq(settings_read_secret_file(file, &secret, why), 0);
}

static void expect_irregular(const char *file)
{
    char why[SETTINGS_WHY_SIZE] = "";
    char *secret = NULL;
    cr_expect_neq(settings_read_secret_file(file, &secret, why), 0);
    cr_expect_not_null(strstr(why, " is no regular file, so it cannot be read again"), "%s", why);
}

/* Whoever waits for a writer of the pipe here holds up the whole server. */
Test(settings_credentials, a_secret_is_read_again_from_a_regular_file_only, .timeout = 30)
{
    char folder[] = "/tmp/livenessd-test-XXXXXX";
    char fifo[sizeof folder + 8];
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    expect_irregular(fifo);
    int writer = open(fifo, O_RDWR | O_CLOEXEC);
    cr_assert(writer >= 0);
    expect_irregular(fifo);
    expect_irregular(folder);
    expect_irregular("/dev/zero");
    (void)close(writer);
    (void)unlink(fifo);
    (void)rmdir(folder);
}

/* What a shell makes of <(…). */
Test(settings_credentials, are_read_from_a_pipe_at_the_start)
{
    int ends[2];
    char variable[FIXTURE_NAME_SIZE];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "k3y\n", 4), 4);
    (void)close(ends[1]);
    (void)snprintf(variable, sizeof variable, "LIVENESSD_UPSTREAM_KEY_FILE=/dev/fd/%d", ends[0]);
    struct loaded loaded = expect_loaded(LIST(variable), LIST(ENDPOINT));
    cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
    unload(&loaded);
    (void)close(ends[0]);
}
