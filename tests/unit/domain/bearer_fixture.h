/*
 * Two identity providers, their keys and the tokens they give out, for the tests of
 * domain/bearer.h.
 */
#pragma once

#include "../../support/signer.h"
#include "domain/bearer.h"

enum { NOW_S = 1800000000 };

static const uint8_t bearer_owner_key[SHA256_BYTES] = {2};

struct providers {
    struct issuer_entry entries[3];
    size_t count;
    struct signer signer; /* of the first; kid "k1" */
    struct signer other;  /* of the second; kid "k1", too */
    struct bearers *bearers;
    struct buf token;
};

#define CORP "https://corp.example/"
#define SHOP "https://shop.example/"

static inline void provide(struct providers *it, const char *text)
{
    char why[ISSUER_WHY_SIZE];
    cr_assert(issuer_entry_read(slice_of(text), it->count + 1, &it->entries[it->count], why), "%s",
              why);
    it->count++;
}

/* The set of one key of the signer. */
static inline struct jwk_set *keys_of(const struct signer *signer, const char *kid)
{
    const char *why = NULL;
    CLEANUP(buf) struct buf document;
    buf_init(&document, 1 << 16);
    buf_puts(&document, "{\"keys\":[");
    signer_put_jwk(signer, kid, "", &document);
    buf_puts(&document, "]}");
    struct jwk_set *set = jwk_set_read(buf_slice(&document), JWT_ASYMMETRIC, &why);
    cr_assert_not_null(set, "%s", why);
    return set;
}

/* The first has tenants and scopes in a nested claim, the second is of the local tenant, the third
 * shares a secret. */
static inline struct providers providers_new(void)
{
    struct providers it = {.signer = signer_ec("P-256"), .other = signer_ec("P-256")};
    provide(&it, "issuer=" CORP " audience=liveness audience=api://liveness jwks=/k name=corp "
                 "tenant=org.id scopes=scope+realm_access.roles");
    provide(&it, "issuer=" SHOP " audience=liveness jwks=/k name=shop");
    provide(&it, "issuer=hmac audience=liveness secret_file=/k name=hmac");
    buf_init(&it.token, 1 << 17);
    return it;
}

static inline void providers_start(struct providers *it, size_t cache_entries)
{
    const struct bearers_config config = {.issuers = it->entries,
                                          .count = it->count,
                                          .owner_key = bearer_owner_key,
                                          .leeway_s = 60,
                                          .cache_entries = cache_entries};
    it->bearers = bearers_new(&config);
    bearers_set_keys(it->bearers, 0, keys_of(&it->signer, "k1"));
    bearers_set_keys(it->bearers, 1, keys_of(&it->other, "k1"));
}

static inline void providers_done(struct providers *it)
{
    it->bearers = bearers_free(it->bearers);
    for (size_t i = 0; i < it->count; i++) {
        issuer_entry_done(&it->entries[i]);
    }
    signer_done(&it->signer);
    signer_done(&it->other);
    buf_done(&it->token);
}

#define ES256_HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\"}"
#define CORP_START   "{\"iss\":\"" CORP "\",\"aud\":\"liveness\",\"exp\":1800000100"
#define SHOP_START   "{\"iss\":\"" SHOP "\",\"aud\":\"liveness\",\"exp\":1800000100"

static inline struct slice sign_by(struct providers *it, const struct signer *signer,
                                   const char *claims)
{
    buf_reset(&it->token);
    signer_put_token(signer, signer->usual, ES256_HEADER, claims, &it->token);
    return buf_slice(&it->token);
}

static inline enum bearer_verdict judge_at(struct providers *it, struct slice token, int64_t now_s,
                                           struct bearer_identity *ret)
{
    memset(ret, 0xAA, sizeof *ret);
    return bearer_verify(it->bearers, token, now_s, ret);
}

/* Of a token of the first provider with these claims. */
static inline enum bearer_verdict judge(struct providers *it, const char *claims,
                                        struct bearer_identity *ret)
{
    return judge_at(it, sign_by(it, &it->signer, claims), NOW_S, ret);
}

static inline struct bearer_identity identity_of(struct providers *it, const char *claims)
{
    struct bearer_identity identity;
    bool of_shop = strstr(claims, SHOP) != NULL;
    struct slice token = sign_by(it, of_shop ? &it->other : &it->signer, claims);
    cr_assert_eq(judge_at(it, token, NOW_S, &identity), BEARER_VALID, "%s", claims);
    return identity;
}
