/* Promises of config/keyring.h. */
#include "config/keyring.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 256, REASON_SIZE = 512 };

static const char *const names[] = {"device.key", "correlation.key", "seal.key", "receipt.pem"};
enum { NAMES = sizeof names / sizeof *names, SECRETS = NAMES - 1 };

static char root[PATH_SIZE / 2];
static char dir[PATH_SIZE];
static char reason[REASON_SIZE];

static void make_root(void)
{
    (void)snprintf(root, sizeof root, "/tmp/livenessd-keyring-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    (void)snprintf(dir, sizeof dir, "%s/keys", root);
}

static void path_of(const char *name, char ret[PATH_SIZE * 2])
{
    (void)snprintf(ret, (size_t)PATH_SIZE * 2, "%s/%s", dir, name);
}

static void remove_root(void)
{
    DIR *folder = opendir(dir);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char path[PATH_SIZE * 2];
        (void)snprintf(path, sizeof path, "%s/%.200s", dir, entry->d_name);
        (void)unlink(path);
    }
    if (folder) {
        (void)closedir(folder);
    }
    (void)unlink(dir);
    (void)rmdir(dir);
    (void)rmdir(root);
}

TestSuite(keyring, .init = make_root, .fini = remove_root);

static int load(bool generate, struct keyring *ret)
{
    return keyring_load(dir, generate, ret, reason, sizeof reason);
}

static void put_file(const char *name, const char *content, mode_t mode)
{
    char path[PATH_SIZE * 2];
    path_of(name, path);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    cr_assert_eq(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void generate_keys(void)
{
    struct keyring keyring;
    cr_assert_eq(load(true, &keyring), 0, "%s", reason);
}

static void expect_failure(int error, const char *text)
{
    struct keyring keyring;
    memset(&keyring, 0x5a, sizeof keyring);
    struct keyring before = keyring;
    cr_expect_eq(load(false, &keyring), error);
    cr_expect_not_null(strstr(reason, text), "'%s' expected in: %s", text, reason);
    cr_expect_eq(memcmp(&keyring, &before, sizeof keyring), 0, "untouched on failure");
}

static int count_files(void)
{
    int count = 0;
    DIR *folder = opendir(dir);
    cr_assert_not_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(folder);
    return count;
}

/* ---- making ---- */

Test(keyring, makes_keys_only_their_owner_can_read)
{
    generate_keys();
    struct stat status;
    cr_assert_eq(stat(dir, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0700);
    for (int i = 0; i < NAMES; i++) {
        char path[PATH_SIZE * 2];
        path_of(names[i], path);
        cr_assert_eq(stat(path, &status), 0);
        cr_expect_eq(status.st_mode & 07777, 0600, "%s", names[i]);
    }
    cr_expect_eq(count_files(), NAMES, "nothing else is left behind");
}

Test(keyring, makes_keys_that_differ)
{
    struct keyring keyring;
    cr_assert_eq(load(true, &keyring), 0);
    cr_expect_neq(memcmp(keyring.device, keyring.correlation, KEY_BYTES), 0);
    cr_expect_neq(memcmp(keyring.device, keyring.seal, KEY_BYTES), 0);
    cr_expect_neq(memcmp(keyring.correlation, keyring.seal, KEY_BYTES), 0);
    keyring_done(&keyring);
    static const uint8_t zero[KEY_BYTES];
    cr_expect_eq(memcmp(keyring.device, zero, KEY_BYTES), 0, "wiped when done");
}

Test(keyring, reads_the_same_keys_again)
{
    struct keyring first;
    struct keyring second;
    cr_assert_eq(load(true, &first), 0);
    cr_assert_eq(load(true, &second), 0);
    cr_expect_eq(memcmp(&first, &second, sizeof first), 0);
    cr_assert_eq(load(false, &second), 0);
    cr_expect_eq(memcmp(&first, &second, sizeof first), 0);
    cr_expect_eq(strlen(first.device_kid), 16);
}

Test(keyring, names_a_key_by_its_digest)
{
    generate_keys();
    put_file("device.key", "0000000000000000000000000000000000000000000000000000000000000000\n",
             0600);
    struct keyring keyring;
    cr_assert_eq(load(false, &keyring), 0, "%s", reason);
    cr_expect_str_eq(keyring.device_kid, "66687aadf862bd77", "SHA-256 of 32 zero bytes");
}

Test(keyring, makes_only_what_is_missing)
{
    struct keyring first;
    struct keyring second;
    cr_assert_eq(load(true, &first), 0);
    char path[PATH_SIZE * 2];
    path_of("seal.key", path);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(load(true, &second), 0);
    cr_expect_eq(memcmp(first.device, second.device, KEY_BYTES), 0);
    cr_expect_eq(memcmp(first.correlation, second.correlation, KEY_BYTES), 0);
    cr_expect_neq(memcmp(first.seal, second.seal, KEY_BYTES), 0);
}

Test(keyring, makes_a_receipt_key_openssl_reads)
{
    generate_keys();
    char path[PATH_SIZE * 2];
    path_of("receipt.pem", path);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    char first_line[64];
    cr_assert_not_null(fgets(first_line, sizeof first_line, file));
    cr_expect_str_eq(first_line, "-----BEGIN PRIVATE KEY-----\n", "PKCS#8, not encrypted");
    rewind(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    cr_assert_not_null(key);
    cr_expect_eq(EVP_PKEY_get_bits(key), 256);
    EVP_PKEY_free(key);
}

Test(keyring, agrees_when_processes_start_at_once)
{
    enum { PROCESSES = 4 };
    int results[2];
    cr_assert_eq(pipe(results), 0);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            struct keyring keyring = {0};
            (void)load(true, &keyring);
            _exit(write(results[1], &keyring, sizeof keyring) == sizeof keyring ? 0 : 1);
        }
    }
    struct keyring first;
    cr_assert_eq(read(results[0], &first, sizeof first), (ssize_t)sizeof first);
    for (int i = 1; i < PROCESSES; i++) {
        struct keyring other;
        cr_assert_eq(read(results[0], &other, sizeof other), (ssize_t)sizeof other);
        cr_expect_eq(memcmp(&first, &other, sizeof first), 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        cr_expect(wait(&status) > 0 && status == 0);
    }
    (void)close(results[0]);
    (void)close(results[1]);
    cr_expect_eq(strlen(first.device_kid), 16);
    cr_expect_eq(count_files(), NAMES);
}

Test(keyring, takes_a_folder_it_need_not_write_to)
{
    struct keyring keyring;
    generate_keys();
    struct stat before;
    struct stat after;
    cr_assert_eq(chmod(dir, 0500), 0);
    cr_assert_eq(stat(dir, &before), 0);
    cr_expect_eq(load(true, &keyring), 0, "%s", reason);
    cr_assert_eq(stat(dir, &after), 0);
    cr_expect_eq(memcmp(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim), 0);
    (void)chmod(dir, 0700);
}

Test(keyring, generates_for_the_command_line)
{
    cr_expect_eq(keyring_generate(dir, reason, sizeof reason), 0, "%s", reason);
    cr_expect_eq(keyring_generate(dir, reason, sizeof reason), 0, "%s", reason);
    struct keyring keyring;
    cr_expect_eq(load(false, &keyring), 0, "%s", reason);
}

/* ---- refusing ---- */

Test(keyring, names_the_remedy_for_a_missing_folder)
{
    expect_failure(-ENOENT, "cannot open the key folder ");
    cr_expect_not_null(strstr(reason, "No such file or directory; `livenessd keygen --dir "));
}

Test(keyring, names_the_missing_key_and_the_remedy)
{
    for (int i = 0; i < SECRETS; i++) {
        generate_keys();
        char path[PATH_SIZE * 2];
        path_of(names[i], path);
        cr_assert_eq(unlink(path), 0);
        expect_failure(-ENOENT, names[i]);
        cr_expect_not_null(strstr(reason, "is missing; `livenessd keygen --dir "));
    }
}

Test(keyring, refuses_a_file_others_may_read)
{
    generate_keys();
    char path[PATH_SIZE * 2];
    for (int i = 0; i < SECRETS; i++) {
        path_of(names[i], path);
        cr_assert_eq(chmod(path, 0604), 0);
        expect_failure(-EPERM, names[i]);
        cr_expect_not_null(strstr(reason, "chmod 600"));
        cr_assert_eq(chmod(path, 0620), 0);
        expect_failure(-EPERM, names[i]);
        cr_assert_eq(chmod(path, 0400), 0);
        struct keyring keyring;
        cr_expect_eq(load(false, &keyring), 0, "%s", reason);
    }
}

Test(keyring, lets_a_group_read_only_what_is_roots)
{
    generate_keys();
    char path[PATH_SIZE * 2];
    path_of("seal.key", path);
    cr_assert_eq(chmod(path, 0440), 0);
    struct keyring keyring;
    cr_expect_eq(load(false, &keyring), geteuid() == 0 ? 0 : -EPERM, "%s", reason);
}

Test(keyring, refuses_what_is_not_a_key)
{
    static const char *const contents[] = {
        "",
        "\n",
        "0123",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\n",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\n",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\n",
    };
    generate_keys();
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        put_file("seal.key", contents[i], 0600);
        expect_failure(-EINVAL, "seal.key does not hold 64 hex digits and a newline");
        cr_expect_null(strstr(reason, "0123"), "no key material in a message");
    }
}

Test(keyring, refuses_a_file_too_large_and_one_that_is_none)
{
    generate_keys();
    char large[5000];
    memset(large, 'a', sizeof large);
    large[sizeof large - 1] = '\0';
    put_file("seal.key", large, 0600);
    expect_failure(-EFBIG, "cannot read ");
    char path[PATH_SIZE * 2];
    path_of("seal.key", path);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_failure(-EPERM, "seal.key is not private to this user");
}

Test(keyring, says_why_a_folder_cannot_be_made)
{
    struct keyring keyring;
    int fd = open(dir, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    (void)close(fd);
    cr_expect_eq(load(true, &keyring), -ENOTDIR);
    cr_expect_not_null(strstr(reason, "Not a directory"), "%s", reason);
    (void)unlink(dir);
    cr_expect_eq(keyring_load("/nonexistent/a/b", true, &keyring, reason, sizeof reason), -ENOENT);
    cr_expect_not_null(strstr(reason, "/nonexistent/a/b"), "%s", reason);
}
