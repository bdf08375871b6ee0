/*
 * Where receipt and keys come from. What makes a receipt a good one is domain/receipt_check's.
 */
#include "verify.h"

#include "base/clock.h"
#include "base/jwk.h"
#include "config/settings_parse.h"
#include "upstream/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MS_PER_S = 1000, INPUT_MAX = JWT_MAX_BYTES + 1024 };

/* Up to what the buffer holds; false when it could not be read. */
static bool read_stream(FILE *stream, struct buf *ret)
{
    char chunk[1024];
    size_t size = 0;
    while (!buf_failed(ret) && (size = fread(chunk, 1, sizeof chunk, stream)) > 0) {
        buf_append(ret, chunk, size);
    }
    return !ferror(stream);
}

/* ---- the receipt ---- */

/* Receipts are copied from logs, mails, terminals. */
static struct slice trim(struct slice text)
{
    static const char space[] = " \t\r\n";
    while (text.len > 0 && strchr(space, text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(space, text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* ---- the keys ---- */

static bool is_url(const char *place)
{
    return strncmp(place, "https://", 8) == 0 || strncmp(place, "http://", 7) == 0;
}

static bool read_url(const char *url, struct buf *ret, char *ret_why, size_t why_size)
{
    char unfit[SETTING_WHY_SIZE];
    const char *why = NULL;
    if (!setting_check_address(slice_of(url), unfit)) {
        (void)snprintf(ret_why, why_size, "the URL of the keys %s", unfit);
        return false;
    }
    if (!fetch_document(url, JWK_SET_MAX_BYTES, ret, &why)) {
        (void)snprintf(ret_why, why_size, "the keys cannot be fetched: %s", why);
        return false;
    }
    return true;
}

static bool read_file(const char *file, struct buf *ret, char *ret_why, size_t why_size)
{
    FILE *stream = fopen(file, "re");
    bool read = stream && read_stream(stream, ret);
    if (!read) {
        (void)snprintf(ret_why, why_size, "cannot read %s: %s", file, strerrordesc_np(errno));
    }
    if (stream) {
        (void)fclose(stream);
    }
    if (read && buf_failed(ret)) {
        (void)snprintf(ret_why, why_size, "%s is too large", file);
    }
    return read && !buf_failed(ret);
}

static struct jwk_set *read_keys(const char *place, char *ret_why, size_t why_size)
{
    const char *why = NULL;
    CLEANUP(buf) struct buf document;
    buf_init(&document, JWK_SET_MAX_BYTES);
    bool read = is_url(place) ? read_url(place, &document, ret_why, why_size)
                              : read_file(place, &document, ret_why, why_size);
    if (!read) {
        return NULL;
    }
    /* whatever else is published: receipts are signed with nothing but this */
    struct jwk_set *set = jwk_set_read(buf_slice(&document), JWT_BIT(JWT_ES256), &why);
    if (!set) {
        (void)snprintf(ret_why, why_size, "%s gives no key: %s", place, why);
    }
    return set;
}

/* ---- both ---- */

bool verify_receipt(const struct verify_request *request, struct buf *ret_claims, char *ret_why,
                    size_t why_size)
{
    const char *why = NULL;
    CLEANUP(buf) struct buf input;
    buf_init(&input, INPUT_MAX);
    if (strcmp(request->receipt, "-") == 0) {
        (void)read_stream(stdin, &input);
    } else {
        buf_puts(&input, request->receipt);
    }
    struct jwk_set *set = read_keys(request->jwks, ret_why, why_size);
    if (!set) {
        return false;
    }
    const struct jwt_keys keys = jwk_set_keys(set);
    int64_t now_s = clock_wall_ms(clock_system()) / MS_PER_S;
    bool good =
        receipt_check(&keys, trim(buf_slice(&input)), &request->wanted, now_s, ret_claims, &why);
    jwk_set_free(set);
    if (!good) {
        (void)snprintf(ret_why, why_size, "%s", why);
    }
    return good;
}
