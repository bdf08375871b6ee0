/*
 * Receipt keys: reading all there are, and the steps of a rotation. How files are kept is
 * key_file's business. Invariant: at every moment one whole receipt.pem signs, and its public half
 * is published before its private one can be gone.
 */
#include "config/receipt_keys.h"

#include "base/buf.h"
#include "base/ec_pem.h"
#include "base/jwk.h"
#include "config/key_file.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

enum {
    FILE_LIMIT = 4096,
    NAME_SIZE = 256,
    DOCUMENT_MAX = 16 * 1024,
    KEYS_MAX = 2 + RECEIPT_OLD_KEYS_MAX,
    KID_SHOWN = 16, /* characters of it that tell old files apart */
    MINUTE_S = 60,
};

static const char signing_name[] = "receipt.pem";
static const char next_name[] = "receipt.next.pem";
static const char old_pattern[] = "receipt.old*.pem";

static const char private_key[] = "an EC P-256 private key in PEM";
static const char any_key[] = "an EC P-256 key in PEM";

/* ---- files ---- */

typedef struct jwt_key *reader(struct slice pem);

/* *ret is the caller's. */
static int read_key(const struct key_job *job, const char *name, reader *read, struct jwt_key **ret)
{
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    int error = key_file_read(job->folder, name, &content);
    if (error != 0) {
        return key_job_fail_read(job, name, error);
    }
    *ret = read(buf_slice(&content));
    return *ret ? 0
                : key_job_fail_content(job, name, read == jwt_key_from_pem ? private_key : any_key);
}

/* The old keys' files. */
struct names {
    struct dirent **list;
    int count;
};

static void names_done(struct names *names)
{
    for (int i = 0; i < names->count; i++) {
        free(names->list[i]);
    }
    free((void *)names->list);
}

DEFINE_CLEANUP(names, struct names, names_done(it))

static int is_old(const struct dirent *entry)
{
    return fnmatch(old_pattern, entry->d_name, 0) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of their names. */
static int find_old(const struct key_job *job, struct names *ret)
{
    *ret = (struct names){.count = 0};
    int count = scandirat(job->folder, ".", &ret->list, is_old, compare_names);
    if (count < 0) {
        return key_job_fail_open(job, -errno);
    }
    ret->count = count;
    if (count > RECEIPT_OLD_KEYS_MAX) {
        (void)snprintf(job->error, job->error_size,
                       "%s holds more than %d old receipt keys (%s); delete those whose receipts "
                       "have expired",
                       job->dir, RECEIPT_OLD_KEYS_MAX, old_pattern);
        return -E2BIG;
    }
    return 0;
}

/* ---- what is published ---- */

struct published {
    struct jwt_key *keys[KEYS_MAX];
    size_t count;
};

static void published_done(struct published *published)
{
    for (size_t i = 0; i < published->count; i++) {
        jwt_key_free(published->keys[i]);
    }
    published->count = 0;
}

/* Takes it over. A key in two files is published once: a rotation that was cut off leaves one. */
static void publish(struct published *published, struct jwt_key *key)
{
    for (size_t i = 0; i < published->count; i++) {
        if (strcmp(jwt_key_id(published->keys[i]), jwt_key_id(key)) == 0) {
            jwt_key_free(key);
            return;
        }
    }
    published->keys[published->count++] = key;
}

static int read_all(const struct key_job *job, struct published *ret)
{
    struct jwt_key *key = NULL;
    int error = read_key(job, signing_name, jwt_key_from_pem, &key);
    if (error != 0) {
        return error;
    }
    publish(ret, key);
    if (key_file_exists(job->folder, next_name)) {
        error = read_key(job, next_name, jwt_key_from_pem, &key);
        if (error != 0) {
            return error;
        }
        publish(ret, key);
    }
    CLEANUP(names) struct names old;
    error = find_old(job, &old);
    for (int i = 0; error == 0 && i < old.count; i++) {
        error = read_key(job, old.list[i]->d_name, jwt_key_from_public_pem, &key);
        if (error == 0) {
            publish(ret, key);
        }
    }
    return error;
}

static char *write_document(const struct published *published)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, DOCUMENT_MAX);
    struct json_writer json = json_writer(&text);
    json_open(&json, NULL, '{');
    json_open(&json, "keys", '[');
    for (size_t i = 0; i < published->count; i++) {
        jwk_put(published->keys[i], &json);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return xstrdup(text.data);
}

int receipt_keys_load(const char *dir, struct receipt_keys *ret, char *ret_error, size_t error_size)
{
    ret_error[0] = '\0';
    CLEANUP(fd) int folder = key_folder_open(dir, false);
    const struct key_job job = {dir, folder, ret_error, error_size};
    if (folder < 0) {
        return key_job_fail_open(&job, folder);
    }
    struct published published = {.count = 0};
    int error = read_all(&job, &published);
    if (error == 0) {
        ret->jwks = write_document(&published);
        ret->count = published.count;
        ret->signing = TAKE(published.keys[0]);
    }
    published_done(&published);
    return error;
}

void receipt_keys_done(struct receipt_keys *keys)
{
    keys->signing = jwt_key_free(keys->signing);
    free(TAKE(keys->jwks));
    keys->count = 0;
}

/* ---- rotation ---- */

static int make_next(const struct key_job *job)
{
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, FILE_LIMIT);
    ec_pem_generate(&content);
    int error = key_file_make(job->folder, next_name, buf_slice(&content));
    if (error != 0) {
        return key_job_fail_make(job, next_name, error);
    }
    (void)printf("made      %s/%s: published from now on; the same again in an hour or later has "
                 "it sign\n",
                 job->dir, next_name);
    return 0;
}

static int refuse_young(const struct key_job *job, int64_t age_s)
{
    (void)snprintf(job->error, job->error_size,
                   "%s/%s is %lld minutes old, and who checks receipts may not have seen it yet; "
                   "wait until it is %d, or give --now",
                   job->dir, next_name, (long long)(age_s / MINUTE_S),
                   RECEIPT_NEXT_KEY_AGE_S / MINUTE_S);
    return -EAGAIN;
}

/* The public half of the key that signs, in a file of its own. */
static int keep_public(const struct key_job *job, char ret_name[NAME_SIZE])
{
    struct jwt_key *key = NULL;
    CLEANUP(secret_buf) struct buf pem;
    CLEANUP(buf) struct buf half;
    buf_init_secret(&pem, FILE_LIMIT);
    buf_init(&half, FILE_LIMIT);
    int error = read_key(job, signing_name, jwt_key_from_pem, &key);
    if (error != 0) {
        return error;
    }
    (void)snprintf(ret_name, NAME_SIZE, "receipt.old.%.*s.pem", KID_SHOWN, jwt_key_id(key));
    jwt_key_free(key);
    error = key_file_read(job->folder, signing_name, &pem);
    if (error != 0 || ec_pem_put_public(buf_slice(&pem), &half) != 0) {
        return key_job_fail_read(job, signing_name, error != 0 ? error : -EINVAL);
    }
    error = key_file_make(job->folder, ret_name, buf_slice(&half));
    return error == 0 || error == -EEXIST ? 0 : key_job_fail_make(job, ret_name, error);
}

static int take_next(const struct key_job *job)
{
    struct jwt_key *next = NULL;
    char old_name[NAME_SIZE];
    int error = read_key(job, next_name, jwt_key_from_pem, &next);
    if (error != 0) {
        return error;
    }
    jwt_key_free(next);
    error = keep_public(job, old_name);
    if (error != 0) {
        return error;
    }
    error = key_file_replace(job->folder, next_name, signing_name);
    if (error != 0) {
        return key_job_fail_make(job, signing_name, error);
    }
    (void)printf("now signs %s/%s, which was %s\n"
                 "made      %s/%s: the public half of the key that signed before; delete it when "
                 "nobody needs to check what that one signed\n",
                 job->dir, signing_name, next_name, job->dir, old_name);
    return 0;
}

static int take_step(const struct key_job *job, int64_t now_s, bool at_once)
{
    if (!key_file_exists(job->folder, signing_name)) {
        return key_job_fail_read(job, signing_name, -ENOENT);
    }
    if (!key_file_exists(job->folder, next_name)) {
        return make_next(job);
    }
    int64_t age_s = now_s - key_file_written_at(job->folder, next_name);
    bool young = age_s < RECEIPT_NEXT_KEY_AGE_S;
    return young && !at_once ? refuse_young(job, age_s) : take_next(job);
}

int receipt_keys_rotate(const char *dir, int64_t now_s, bool at_once, char *ret_error,
                        size_t error_size)
{
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
    return take_step(&job, now_s, at_once);
}
