/* Promises of config/receipt_keys.h. */
#include "base/ec_pem.h"
#include "base/json.h"
#include "config/keyring.h"
#include "config/receipt_keys.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 600, REASON_SIZE = 512, PEM_MAX = 4096, NOW = 1900000000, HOUR = 3600 };

static char dir[64];
static char reason[REASON_SIZE];
static struct receipt_keys keys;

static void remove_dir(void)
{
    DIR *folder = opendir(dir);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        (void)unlink(path);
    }
    if (folder) {
        (void)closedir(folder);
    }
    (void)rmdir(dir);
}

static void make_dir(void)
{
    struct keyring keyring;
    (void)snprintf(dir, sizeof dir, "/tmp/livenessd-receipts-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(keyring_load(dir, true, &keyring, reason, sizeof reason), 0, "%s", reason);
    keyring_done(&keyring);
}

static void done(void)
{
    receipt_keys_done(&keys);
    remove_dir();
}

TestSuite(receipt_keys, .init = make_dir, .fini = done);

static const char *path_of(const char *name)
{
    static char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void put_file(const char *name, struct slice content, mode_t mode)
{
    (void)unlink(path_of(name));
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, content.data, content.len) == (ssize_t)content.len);
    cr_assert_eq(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void put_new_key(const char *name)
{
    struct buf pem;
    buf_init_secret(&pem, PEM_MAX);
    ec_pem_generate(&pem);
    put_file(name, buf_slice(&pem), 0600);
    buf_wipe(&pem);
}

static void put_other_key(const char *name, EVP_PKEY *key, char *passphrase)
{
    FILE *file = fopen(path_of(name), "we");
    cr_assert(file && PEM_write_PKCS8PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL,
                                                NULL, 0, NULL, passphrase) == 1);
    (void)fclose(file);
    cr_assert_eq(chmod(path_of(name), 0600), 0);
    EVP_PKEY_free(key);
}

static int load(void)
{
    receipt_keys_done(&keys);
    return receipt_keys_load(dir, &keys, reason, sizeof reason);
}

static void expect_loaded(size_t count)
{
    cr_assert_eq(load(), 0, "%s", reason);
    cr_assert_eq(keys.count, count, "%zu keys in %s", keys.count, keys.jwks);
}

static void expect_failure(int error, const char *text)
{
    cr_expect_eq(load(), error);
    cr_expect(strstr(reason, text) && strstr(reason, dir), "'%s' expected in: %s", text, reason);
    cr_expect_null(keys.signing);
    cr_expect_null(keys.jwks);
}

/* The kid that stands at `index` in the document; "" when there are fewer. */
static const char *kid_at(size_t index)
{
    static char kid[64];
    struct slice found = {"", 0};
    const char *why = NULL;
    const cJSON *list = NULL;
    CLEANUP(json) cJSON *document = NULL;
    cr_assert_eq(json_parse(slice_of(keys.jwks), &json_limits_request, &document, &why), 0);
    cr_assert_eq(json_array(document, "keys", &list), JSON_OK);
    const cJSON *key = cJSON_GetArrayItem(list, (int)index);
    if (key) {
        cr_assert_eq(json_string(key, "kid", 43, 43, &found), JSON_OK);
    }
    (void)snprintf(kid, sizeof kid, "%.*s", SLICE_ARGS(found));
    return kid;
}

static char *signing_kid(void)
{
    return xstrdup(jwt_key_id(keys.signing));
}

static int rotate(int64_t now_s, bool at_once)
{
    return receipt_keys_rotate(dir, now_s, at_once, reason, sizeof reason);
}

/* As old as it would be after so many seconds. */
static void set_age(const char *name, int64_t age_s)
{
    const struct timespec times[2] = {{.tv_sec = NOW - age_s}, {.tv_sec = NOW - age_s}};
    cr_assert_eq(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

/* ---- reading ---- */

Test(receipt_keys, publishes_the_one_that_signs)
{
    expect_loaded(1);
    cr_expect_str_eq(kid_at(0), jwt_key_id(keys.signing));
    cr_expect_null(strstr(keys.jwks, "\"d\""), "%s", keys.jwks);
}

Test(receipt_keys, publishes_the_next_one_and_old_ones_after_it)
{
    put_new_key("receipt.next.pem");
    put_new_key("receipt.old.pem");
    put_new_key("receipt.old.2026.pem");
    expect_loaded(4);
    cr_expect_str_eq(kid_at(0), jwt_key_id(keys.signing));
    cr_expect_str_neq(kid_at(1), jwt_key_id(keys.signing));
}

Test(receipt_keys, publishes_a_key_in_two_files_once)
{
    struct buf pem;
    struct buf half;
    buf_init_secret(&pem, PEM_MAX);
    buf_init(&half, PEM_MAX);
    ec_pem_generate(&pem);
    cr_assert_eq(ec_pem_put_public(buf_slice(&pem), &half), 0);
    put_file("receipt.pem", buf_slice(&pem), 0600);
    put_file("receipt.old.1.pem", buf_slice(&half), 0600);
    put_file("receipt.old.2.pem", buf_slice(&pem), 0600);
    buf_wipe(&pem);
    buf_done(&half);
    expect_loaded(1);
}

Test(receipt_keys, leaves_other_files_alone)
{
    put_file("receipt.pem.bak", SLICE("x"), 0600);
    put_file("receipt.older", SLICE("x"), 0600);
    put_file("my.receipt.old.pem", SLICE("x"), 0600);
    expect_loaded(1);
}

Test(receipt_keys, say_what_is_missing)
{
    cr_assert_eq(unlink(path_of("receipt.pem")), 0);
    expect_failure(-ENOENT, "receipt.pem is missing; `livenessd keygen --dir ");
    remove_dir();
    expect_failure(-ENOENT, "cannot open the key folder ");
}

Test(receipt_keys, refuse_a_key_of_another_kind)
{
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    put_file("receipt.pem", slice_of(text), 0600);
    expect_failure(-EINVAL, "receipt.pem does not hold an EC P-256 private key in PEM");
    put_other_key("receipt.pem", EVP_EC_gen("P-384"), NULL);
    expect_failure(-EINVAL, "receipt.pem does not hold an EC P-256 private key in PEM");
    put_new_key("receipt.pem");
    put_other_key("receipt.next.pem", EVP_RSA_gen(2048), NULL);
    expect_failure(-EINVAL, "receipt.next.pem does not hold an EC P-256 private key in PEM");
    cr_assert_eq(unlink(path_of("receipt.next.pem")), 0);
    put_file("receipt.old.pem", SLICE("hello"), 0600);
    expect_failure(-EINVAL, "receipt.old.pem does not hold an EC P-256 key in PEM");
}

Test(receipt_keys, refuse_a_public_key_where_one_has_to_sign)
{
    struct buf pem;
    struct buf half;
    buf_init_secret(&pem, PEM_MAX);
    buf_init(&half, PEM_MAX);
    ec_pem_generate(&pem);
    cr_assert_eq(ec_pem_put_public(buf_slice(&pem), &half), 0);
    put_file("receipt.next.pem", buf_slice(&half), 0600);
    buf_wipe(&pem);
    buf_done(&half);
    expect_failure(-EINVAL, "receipt.next.pem does not hold an EC P-256 private key in PEM");
}

Test(receipt_keys, refuse_an_encrypted_key_without_asking, .timeout = 20)
{
    char passphrase[] = "passphrase";
    put_other_key("receipt.pem", EVP_EC_gen("P-256"), passphrase);
    expect_failure(-EINVAL, "receipt.pem does not hold");
}

Test(receipt_keys, refuse_files_others_may_read)
{
    cr_assert_eq(chmod(path_of("receipt.pem"), 0644), 0);
    expect_failure(-EPERM, "receipt.pem is not private to this user");
}

Test(receipt_keys, are_bounded)
{
    char name[64];
    for (int i = 0; i < RECEIPT_OLD_KEYS_MAX; i++) {
        (void)snprintf(name, sizeof name, "receipt.old.%d.pem", i);
        put_new_key(name);
    }
    expect_loaded(1 + RECEIPT_OLD_KEYS_MAX);
    put_new_key("receipt.old.more.pem");
    expect_failure(-E2BIG, "more than 32 old receipt keys");
}

/* ---- rotation ---- */

Test(receipt_keys, are_rotated_in_two_steps)
{
    expect_loaded(1);
    CLEANUP(text) char *first = signing_kid();
    cr_assert_eq(rotate(NOW, false), 0, "%s", reason);
    expect_loaded(2);
    cr_expect_str_eq(jwt_key_id(keys.signing), first, "it still signs");
    CLEANUP(text) char *next = xstrdup(kid_at(1));
    set_age("receipt.next.pem", HOUR);
    cr_assert_eq(rotate(NOW, false), 0, "%s", reason);
    expect_loaded(2);
    cr_expect_str_eq(jwt_key_id(keys.signing), next);
    cr_expect_str_eq(kid_at(1), first, "still published");
    cr_expect_not(exists("receipt.next.pem"));
}

Test(receipt_keys, leave_only_the_public_half_of_an_old_one)
{
    char name[64];
    expect_loaded(1);
    (void)snprintf(name, sizeof name, "receipt.old.%.16s.pem", jwt_key_id(keys.signing));
    cr_assert_eq(rotate(NOW, true), 0, "%s", reason);
    cr_assert_eq(rotate(NOW, true), 0, "%s", reason);
    char text[PEM_MAX] = "";
    FILE *file = fopen(path_of(name), "re");
    cr_assert_not_null(file, "%s", name);
    cr_assert_gt(fread(text, 1, sizeof text - 1, file), 0);
    (void)fclose(file);
    cr_expect_not_null(strstr(text, "PUBLIC KEY"));
    cr_expect_null(strstr(text, "PRIVATE"));
}

Test(receipt_keys, do_not_sign_before_they_are_known)
{
    cr_assert_eq(rotate(NOW, false), 0, "%s", reason);
    set_age("receipt.next.pem", HOUR - 61);
    cr_expect_eq(rotate(NOW, false), -EAGAIN);
    cr_expect_not_null(strstr(reason, "receipt.next.pem is 58 minutes old"), "%s", reason);
    cr_expect_not_null(strstr(reason, "--now"));
    expect_loaded(2);
    cr_expect(exists("receipt.next.pem"));
    cr_expect_eq(rotate(NOW, true), 0, "%s", reason);
    cr_expect_not(exists("receipt.next.pem"));
}

Test(receipt_keys, are_rotated_again_and_again)
{
    for (size_t i = 1; i <= 3; i++) {
        cr_assert_eq(rotate(NOW, true), 0, "%s", reason);
        expect_loaded(i + 1);
        cr_assert_eq(rotate(NOW, true), 0, "%s", reason);
        expect_loaded(i + 1);
    }
}

Test(receipt_keys, are_rotated_by_one_at_a_time)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(flock(folder, LOCK_EX), 0);
    cr_expect_eq(rotate(NOW, true), -EBUSY);
    cr_expect_not_null(strstr(reason, "another keygen is at work"), "%s", reason);
    (void)close(folder);
    cr_expect_eq(rotate(NOW, true), 0, "%s", reason);
}

Test(receipt_keys, are_not_rotated_when_one_is_broken)
{
    put_file("receipt.next.pem", SLICE("hello"), 0600);
    cr_expect_eq(rotate(NOW, true), -EINVAL);
    cr_expect_not_null(strstr(reason, "receipt.next.pem does not hold"), "%s", reason);
    put_new_key("receipt.next.pem");
    put_file("receipt.pem", SLICE("hello"), 0600);
    cr_expect_eq(rotate(NOW, true), -EINVAL);
    cr_expect_not_null(strstr(reason, "receipt.pem does not hold"), "%s", reason);
    cr_expect(exists("receipt.next.pem"), "nothing was done");
    cr_assert_eq(unlink(path_of("receipt.pem")), 0);
    cr_expect_eq(rotate(NOW, true), -ENOENT);
    cr_expect_not_null(strstr(reason, "receipt.pem is missing"), "%s", reason);
}

/* A crash after the old half was written, before the next key took its place. */
Test(receipt_keys, go_on_with_a_rotation_that_was_cut_off)
{
    char name[64];
    struct buf pem;
    struct buf half;
    buf_init_secret(&pem, PEM_MAX);
    buf_init(&half, PEM_MAX);
    ec_pem_generate(&pem);
    cr_assert_eq(ec_pem_put_public(buf_slice(&pem), &half), 0);
    put_file("receipt.pem", buf_slice(&pem), 0600);
    put_new_key("receipt.next.pem");
    expect_loaded(2);
    (void)snprintf(name, sizeof name, "receipt.old.%.16s.pem", jwt_key_id(keys.signing));
    put_file(name, buf_slice(&half), 0600);
    buf_wipe(&pem);
    buf_done(&half);
    expect_loaded(2);
    cr_assert_eq(rotate(NOW, true), 0, "%s", reason);
    expect_loaded(2);
}

Test(receipt_keys, say_what_was_done)
{
    char output[2048] = "";
    cr_redirect_stdout();
    cr_assert_eq(rotate(NOW, true), 0);
    cr_assert_eq(rotate(NOW, true), 0);
    (void)fflush(stdout);
    FILE *file = cr_get_redirected_stdout();
    cr_assert_gt(fread(output, 1, sizeof output - 1, file), 0);
    cr_expect_not_null(strstr(output, "receipt.next.pem: published from now on"), "%s", output);
    cr_expect_not_null(strstr(output, "receipt.pem, which was receipt.next.pem"), "%s", output);
    cr_expect_not_null(strstr(output, "receipt.old."), "%s", output);
}
