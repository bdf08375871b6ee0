/*
 * EC P-256 private keys as PEM text: made and looked at. What is signed with them is base/jwt's.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Appends a fresh key (PKCS#8, not encrypted). The buffer is one of buf_init_secret. */
void ec_pem_generate(struct buf *ret);
/* True for one P-256 private key that needs no passphrase. */
bool ec_pem_is_private_key(struct slice text);
