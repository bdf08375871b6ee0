/*
 * The keys of the server, each a file of its own in keys.dir (0700, files 0600):
 *   device.key       HS256 key of device tokens
 *   correlation.key  key of the pseudonyms sent upstream
 *   seal.key         key for what is kept sealed or hashed in the store
 *   receipt.pem      EC P-256 private key (PKCS#8) that signs receipts: config/receipt_keys.h
 * While one of the first three is rotated there is another one beside it, whose work is accepted
 * too: KEY.next.key, which is to take its place, or KEY.old.key, whose place it took.
 * A .key file holds 64 hex digits and a newline. Replicas share the folder's content.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/crypto.h"

enum { KEY_BYTES = 32 };

enum { KEY_KID_SIZE = 17 };

/* The one beside it. */
struct other_key {
    bool there;
    uint8_t key[KEY_BYTES];
};

struct keyring {
    uint8_t device[KEY_BYTES];
    char device_kid[KEY_KID_SIZE]; /* first 16 hex digits of the key's SHA-256 */
    uint8_t correlation[KEY_BYTES];
    uint8_t seal[KEY_BYTES];
    struct other_key other_device;
    char other_device_kid[KEY_KID_SIZE];
    struct other_key other_correlation;
    struct other_key other_seal;
};

/* NULL when there is none. */
static inline const uint8_t *other_key_bytes(const struct other_key *other)
{
    return other->there ? other->key : NULL;
}

/* Reads all keys but the receipt key; with `generate` missing ones, that one too, are made first
 * (atomically: written aside, synced, linked into place, so that two starting processes agree). 0,
 * or -errno with ret_error naming file, fault and remedy (`livenessd keygen --dir DIR`). Refuses
 * files others may read; a group may read a file of root's (a mounted Kubernetes secret). */
int keyring_load(const char *dir, bool generate, struct keyring *ret, char *ret_error,
                 size_t error_size) MUST_CHECK;
void keyring_done(struct keyring *keyring);

/* `livenessd keygen`: makes what is missing, says on standard output what was made and what was
 * there. 0 or -errno as above. */
int keyring_generate(const char *dir, char *ret_error, size_t error_size) MUST_CHECK;

/* `livenessd keygen --rotate KEY` (device, correlation or seal), a step at a time: makes
 * KEY.next.key; then that becomes KEY.key, and what was there KEY.old.key; the last step is to
 * delete that. Says on standard output what it did and what comes next. Every step takes a restart
 * of all replicas to come into effect. 0 or -errno as above; -EBUSY while another key is rotated or
 * an old one is still there. */
int keyring_rotate(const char *dir, const char *key, char *ret_error, size_t error_size) MUST_CHECK;
