/*
 * EC P-256 keys as PEM text: made, and reduced to their public half. What is signed with them is
 * base/jwt's, which also reads them.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

/* Appends a fresh key (PKCS#8, not encrypted). The buffer is one of buf_init_secret. */
void ec_pem_generate(struct buf *ret);
/* Appends the public half of a P-256 key that needs no passphrase, private or public. 0, or -EINVAL
 * when the text holds none. */
int ec_pem_put_public(struct slice text, struct buf *ret) MUST_CHECK;
