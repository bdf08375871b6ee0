/*
 * A counted secret. Whether it is still good is others' knowledge.
 */
#include "upstream/credential.h"

#include "base/alloc.h"
#include "base/secret.h"

#include <assert.h>
#include <stdlib.h>

struct credential {
    unsigned users;
    size_t size;
    char line[];
};

struct credential *credential_new(const char *name, struct slice secret)
{
    size_t name_size = strlen(name);
    size_t size = name_size + secret.len + 1;
    struct credential *credential = xcalloc(1, sizeof *credential + size);
    credential->users = 1;
    credential->size = size;
    memcpy(credential->line, name, name_size);
    memcpy(credential->line + name_size, secret.data, secret.len);
    return credential;
}

struct credential *credential_ref(struct credential *credential)
{
    credential->users++;
    return credential;
}

struct credential *credential_unref(struct credential *credential)
{
    if (credential) {
        assert(credential->users > 0);
        if (--credential->users == 0) {
            secret_wipe(credential->line, credential->size);
            free(credential);
        }
    }
    return NULL;
}

char *credential_line(struct credential *credential)
{
    return credential->line;
}
