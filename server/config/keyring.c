/*
 * The keys: making those that are missing, reading and rotating those that are shared secrets. How
 * files are kept is key_file's business, the receipt key's life receipt_keys', what keys are used
 * for their users'. Invariant: key material is wiped from every buffer it went through.
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
#include <sys/file.h>

enum { FILE_LIMIT = 4096 };

enum key { DEVICE, CORRELATION, SEAL, /* the secrets */ RECEIPT, KEY_COUNT };

static const char *const key_names[KEY_COUNT] = {
    [DEVICE] = "device.key",
    [CORRELATION] = "correlation.key",
    [SEAL] = "seal.key",
    [RECEIPT] = "receipt.pem",
};

static const char *const next_names[RECEIPT] = {
    [DEVICE] = "device.next.key",
    [CORRELATION] = "correlation.next.key",
    [SEAL] = "seal.next.key",
};
static const char *const old_names[RECEIPT] = {
    [DEVICE] = "device.old.key",
    [CORRELATION] = "correlation.old.key",
    [SEAL] = "seal.old.key",
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

static int read_key(const struct key_job *job, const char *name, uint8_t ret[KEY_BYTES])
{
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    int error = key_file_read(job->folder, name, &content);
    if (error != 0) {
        return key_job_fail_read(job, name, error);
    }
    return parse_key(buf_slice(&content), ret)
               ? 0
               : key_job_fail_content(job, name, "64 hex digits and a newline");
}

/* Both are there only when a rotation was cut off in its middle: the old one is then still what is
 * in use. */
static int read_other(const struct key_job *job, enum key key, struct other_key *ret)
{
    const char *name = key_file_exists(job->folder, next_names[key])  ? next_names[key]
                       : key_file_exists(job->folder, old_names[key]) ? old_names[key]
                                                                      : NULL;
    ret->there = name != NULL;
    return name ? read_key(job, name, ret->key) : 0;
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

static void make_kid(const uint8_t key[KEY_BYTES], char ret[KEY_KID_SIZE])
{
    uint8_t digest[SHA256_BYTES];
    sha256(key, KEY_BYTES, digest);
    hex_encode(digest, (KEY_KID_SIZE - 1) / 2, ret);
}

static int read_all(const struct key_job *job, struct keyring *ret)
{
    uint8_t *const places[RECEIPT] = {
        [DEVICE] = ret->device, [CORRELATION] = ret->correlation, [SEAL] = ret->seal};
    struct other_key *const others[RECEIPT] = {[DEVICE] = &ret->other_device,
                                               [CORRELATION] = &ret->other_correlation,
                                               [SEAL] = &ret->other_seal};
    int error = 0;
    for (enum key key = 0; error == 0 && key < RECEIPT; key++) {
        error = read_key(job, key_names[key], places[key]);
        if (error == 0) {
            error = read_other(job, key, others[key]);
        }
    }
    make_kid(ret->device, ret->device_kid);
    make_kid(ret->other_device.key, ret->other_device_kid);
    return error;
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

/* ---- rotation ---- */

static int make_next(const struct key_job *job, enum key key)
{
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    put_random_key(&content);
    int error = key_file_make(job->folder, next_names[key], buf_slice(&content));
    if (error != 0) {
        return key_job_fail_make(job, next_names[key], error);
    }
    (void)printf("made      %s/%s: give it to all replicas and restart them, so that each accepts "
                 "it; then the same again has it used\n",
                 job->dir, next_names[key]);
    return 0;
}

/* Cut off between the two, what is in use has two names and the next step is this one again. */
static int take_next(const struct key_job *job, enum key key)
{
    int error = key_file_link(job->folder, key_names[key], old_names[key]);
    if (error == 0 || error == -EEXIST) {
        error = key_file_replace(job->folder, next_names[key], key_names[key]);
    }
    if (error != 0) {
        return key_job_fail_make(job, key_names[key], error);
    }
    (void)printf("in use    %s/%s, which was %s: restart the replicas, one after the other\n"
                 "kept      %s/%s: what was made with it is accepted until you delete it and "
                 "restart\n",
                 job->dir, key_names[key], next_names[key], job->dir, old_names[key]);
    return 0;
}

/* Two others of one key, or new ones of two keys at once, would be more than is compared with. */
static int find_obstacle(const struct key_job *job, enum key wanted)
{
    for (enum key key = 0; key < RECEIPT; key++) {
        bool next = key_file_exists(job->folder, next_names[key]);
        bool old = key_file_exists(job->folder, old_names[key]);
        bool goes_on = key == wanted && next;
        if ((next || old) && !goes_on) {
            (void)snprintf(job->error, job->error_size, "%s/%s is there: %s", job->dir,
                           old ? old_names[key] : next_names[key],
                           old ? "delete it first, when nothing made with it is needed any more"
                               : "finish that rotation first");
            return -EBUSY;
        }
    }
    return 0;
}

static int take_step(const struct key_job *job, enum key key)
{
    if (!key_file_exists(job->folder, key_names[key])) {
        return key_job_fail_read(job, key_names[key], -ENOENT);
    }
    int error = find_obstacle(job, key);
    if (error != 0) {
        return error;
    }
    return key_file_exists(job->folder, next_names[key]) ? take_next(job, key)
                                                         : make_next(job, key);
}

int keyring_rotate(const char *dir, const char *key, char *ret_error, size_t error_size)
{
    static const char *const words[RECEIPT] = {
        [DEVICE] = "device", [CORRELATION] = "correlation", [SEAL] = "seal"};
    enum key wanted = 0;
    while (wanted < RECEIPT && strcmp(words[wanted], key) != 0) {
        wanted++;
    }
    if (wanted == RECEIPT) {
        (void)snprintf(ret_error, error_size, "--rotate takes device, correlation or seal");
        return -EINVAL;
    }
    ret_error[0] = '\0';
    CLEANUP(fd) int folder = key_folder_open(dir, false);
    const struct key_job job = {dir, folder, ret_error, error_size};
    if (folder < 0) {
        return key_job_fail_open(&job, folder);
    }
    if (flock(folder, LOCK_EX | LOCK_NB) != 0) { /* two at once would be two steps */
        (void)snprintf(ret_error, error_size, "another keygen is at work in %s", dir);
        return -EBUSY;
    }
    return take_step(&job, wanted);
}
