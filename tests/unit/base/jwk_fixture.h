/*
 * Keys of every kind, JWKS documents of them and tokens signed with them, for the tests of
 * base/jwk.h.
 */
#pragma once

#include "../../support/signer.h"
#include "base/jwk.h"

enum { NOW = 1800000000 };

/* One of every kind, made once: RSA keys take their time. */
struct world {
    struct signer rsa, p256, p384, p521;
    struct buf document;
    struct buf token;
};

static inline struct world world_new(void)
{
    struct world world = {.rsa = signer_rsa(2048),
                          .p256 = signer_ec("P-256"),
                          .p384 = signer_ec("P-384"),
                          .p521 = signer_ec("P-521")};
    buf_init(&world.document, 1 << 20);
    buf_init(&world.token, 1 << 20);
    return world;
}

static inline void world_done(struct world *world)
{
    signer_done(&world->rsa);
    signer_done(&world->p256);
    signer_done(&world->p384);
    signer_done(&world->p521);
    buf_done(&world->document);
    buf_done(&world->token);
}

static inline void open_document(struct world *world)
{
    buf_reset(&world->document);
    buf_puts(&world->document, "{\"keys\":[");
}

static inline void add(struct world *world, const struct signer *signer, const char *kid,
                       const char *more)
{
    if (world->document.data[world->document.len - 1] == '}') {
        buf_putc(&world->document, ',');
    }
    signer_put_jwk(signer, kid, more, &world->document);
}

static inline struct jwk_set *close_document(struct world *world)
{
    const char *why = NULL;
    buf_puts(&world->document, "]}");
    struct jwk_set *set = jwk_set_read(buf_slice(&world->document), JWT_ASYMMETRIC, &why);
    cr_assert_eq(set == NULL, why != NULL, "%s", why);
    return set;
}

static inline enum jwt_verdict check_text(const struct jwk_set *set, struct slice token)
{
    CLEANUP(jwt_reading) struct jwt_reading reading;
    const struct jwt_keys keys = jwk_set_keys(set);
    enum jwt_verdict verdict = jwt_read(token, &reading);
    return verdict == JWT_VALID ? jwt_check(&reading, &keys, NOW, 0) : verdict;
}

static inline enum jwt_verdict check(struct world *world, const struct jwk_set *set,
                                     const struct signer *signer, const char *algorithm,
                                     const char *kid)
{
    char header[200];
    if (kid) {
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algorithm, kid);
    } else {
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algorithm);
    }
    buf_reset(&world->token);
    signer_put_token(signer, algorithm, header, "{\"sub\":\"x\"}", &world->token);
    return check_text(set, buf_slice(&world->token));
}

/* Why a document of one key with this text is refused; NULL: it is taken. */
static inline const char *refusal(struct world *world, const char *jwk)
{
    const char *why = NULL;
    buf_reset(&world->document);
    buf_printf(&world->document, "{\"keys\":[%s]}", jwk);
    struct jwk_set *set = jwk_set_read(buf_slice(&world->document), JWT_ASYMMETRIC, &why);
    jwk_set_free(set);
    return why;
}

static inline const char *refusal_with(struct world *world, const struct signer *signer,
                                       const char *more)
{
    CLEANUP(buf) struct buf jwk;
    buf_init(&jwk, 1 << 16);
    signer_put_jwk(signer, "k", more, &jwk);
    return refusal(world, jwk.data);
}
