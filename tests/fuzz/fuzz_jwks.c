/*
 * Any bytes as a JWKS document: no harm, and whatever is taken holds keys that are fit for use and
 * refuses a token that nobody signed.
 */
#include "base/jwk.h"

#include <stdlib.h>

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static void look_at(const struct jwk_set *set)
{
    demand(set->count > 0 && set->count <= JWK_SET_MAX_KEYS);
    demand((set->refused > 0) == (set->reason != NULL));
    demand(!set->only_one || (set->count == 1 && set->refused == 0));
    static const char *const tokens[] = {
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",             /* {"alg":"ES256"} */
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AA", /* {"alg":"RS256","kid":"k"} */
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        CLEANUP(jwt_reading) struct jwt_reading reading;
        const struct jwt_keys keys = jwk_set_keys(set);
        demand(jwt_read(slice_of(tokens[i]), &reading) == JWT_VALID);
        demand(jwt_check(&reading, &keys, 0, 0) != JWT_VALID);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    struct jwk_set *set =
        jwk_set_read((struct slice){(const char *)data, size}, JWT_ASYMMETRIC, &why);
    demand((set == NULL) == (why != NULL));
    if (set) {
        look_at(set);
    }
    jwk_set_free(set);
    return 0;
}
