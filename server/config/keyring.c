/*
 * The keys: making those that are missing, reading those that are shared secrets. How files are
 * kept is key_file's business, the receipt key's life receipt_keys', what keys are used for their
 * users'.
 * Invariant: key material is wiped from every buffer it went through.
 */
#include "config/keyring.h"

#include "base/ec_pem.h"
#include "base/random.h"
#include "base/secret.h"
#include "config/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 4096 };

enum key { DEVICE, CORRELATION, SEAL, /* the secrets */ RECEIPT, KEY_COUNT };

static const char *const key_names[KEY_COUNT] = {
    [DEVICE] = "device.key",
    [CORRELATION] = "correlation.key",
    [SEAL] = "seal.key",
    [RECEIPT] = "receipt.pem",
};

/* ---- contents ---- */

static void put_random_key(struct buf *ret)
{
    uint8_t key[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1];
    random_fill(random_system(), key, sizeof key);
    hex_encode(key, sizeof key, hex);
    buf_puts(ret, hex);
    buf_putc(ret, '\n');
    secret_wipe(key, sizeof key);
    secret_wipe(hex, sizeof hex);
}

static bool parse_key(struct slice text, uint8_t ret[KEY_BYTES])
{
    if (text.len == 2 * KEY_BYTES + 1 && text.data[text.len - 1] == '\n') {
        text.len--;
    }
    return hex_decode(text, ret, KEY_BYTES) == 0;
}

/* ---- files ---- */

/* -EEXIST when it was there. */
static int make_key(const struct key_job *job, enum key key)
{
    if (key_file_exists(job->folder, key_names[key])) {
        return -EEXIST;
    }
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    if (key == RECEIPT) {
        ec_pem_generate(&content);
    } else {
        put_random_key(&content);
    }
    int error = key_file_make(job->folder, key_names[key], buf_slice(&content));
    return error == 0 || error == -EEXIST ? error : key_job_fail_make(job, key_names[key], error);
}

static int read_key(const struct key_job *job, enum key key, uint8_t ret[KEY_BYTES])
{
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    int error = key_file_read(job->folder, key_names[key], &content);
    if (error != 0) {
        return key_job_fail_read(job, key_names[key], error);
    }
    return parse_key(buf_slice(&content), ret)
               ? 0
               : key_job_fail_content(job, key_names[key], "64 hex digits and a newline");
}

static int make_missing(const struct key_job *job)
{
    for (enum key key = 0; key < KEY_COUNT; key++) {
        int error = make_key(job, key);
        if (error != 0 && error != -EEXIST) {
            return error;
        }
    }
    return 0;
}

static int read_all(const struct key_job *job, struct keyring *ret)
{
    uint8_t *const places[RECEIPT] = {
        [DEVICE] = ret->device, [CORRELATION] = ret->correlation, [SEAL] = ret->seal};
    for (enum key key = 0; key < RECEIPT; key++) {
        int error = read_key(job, key, places[key]);
        if (error != 0) {
            return error;
        }
    }
    uint8_t digest[SHA256_BYTES];
    sha256(ret->device, sizeof ret->device, digest);
    hex_encode(digest, (sizeof ret->device_kid - 1) / 2, ret->device_kid);
    return 0;
}

int keyring_load(const char *dir, bool generate, struct keyring *ret, char *ret_error,
                 size_t error_size)
{
    ret_error[0] = '\0';
    CLEANUP(fd) int folder = key_folder_open(dir, generate);
    const struct key_job job = {dir, folder, ret_error, error_size};
    if (folder < 0) {
        return key_job_fail_open(&job, folder);
    }
    struct keyring keyring = {0};
    int error = generate ? make_missing(&job) : 0;
    if (error == 0) {
        error = read_all(&job, &keyring);
    }
    if (error == 0) {
        *ret = keyring;
    }
    keyring_done(&keyring);
    return error;
}

void keyring_done(struct keyring *keyring)
{
    secret_wipe(keyring, sizeof *keyring);
}

int keyring_generate(const char *dir, char *ret_error, size_t error_size)
{
    ret_error[0] = '\0';
    CLEANUP(fd) int folder = key_folder_open(dir, true);
    const struct key_job job = {dir, folder, ret_error, error_size};
    if (folder < 0) {
        return key_job_fail_open(&job, folder);
    }
    for (enum key key = 0; key < KEY_COUNT; key++) {
        int error = make_key(&job, key);
        if (error != 0 && error != -EEXIST) {
            return error;
        }
        (void)printf("%s %s/%s\n", error == 0 ? "made     " : "was there", dir, key_names[key]);
    }
    return 0;
}
