/*
 * The keys of receipts, PEM files of P-256 keys in keys.dir (base/ec_pem.h):
 *   receipt.pem        private: signs
 *   receipt.next.pem   private: published already, so that it can sign soon; or not there
 *   receipt.old*.pem   public (or private): signed once, published still, as long as anybody may
 *                      want to check what it signed
 * A rotation is two steps with time between them: a next key is made and published; then it takes
 * the place of the one that signs, of which only the public half is left, as an old one. Whoever
 * checks receipts knows every key before its first signature, and after its last.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/jwt.h"

enum {
    RECEIPT_OLD_KEYS_MAX = 32,
    RECEIPT_NEXT_KEY_AGE_S = 3600, /* before it may sign */
};

struct receipt_keys {
    struct jwt_key *signing;
    char *jwks; /* {"keys":[…]}: the public halves of all, the signing one first */
    size_t count;
};

/* 0 and the caller owns *ret; or -errno with ret_error naming file, fault and remedy, and *ret as
 * it was. */
int receipt_keys_load(const char *dir, struct receipt_keys *ret, char *ret_error,
                      size_t error_size) MUST_CHECK;
void receipt_keys_done(struct receipt_keys *keys);

/* `livenessd keygen --rotate receipt`: takes the next step of a rotation and says on standard
 * output what was done and what is to do next. A next key younger than an hour is not taken yet,
 * unless `at_once`. 0 or -errno as above. */
int receipt_keys_rotate(const char *dir, int64_t now_s, bool at_once, char *ret_error,
                        size_t error_size) MUST_CHECK;

DEFINE_CLEANUP(receipt_keys, struct receipt_keys, receipt_keys_done(it))
