/*
 * The growing buffer with a limit. What it holds and who reads it is the callers' business.
 * Invariant: len <= limit_bytes, and data[len] is NUL whenever there is data.
 */
#include "base/buf.h"

#include "base/secret.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void buf_init(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){.limit_bytes = limit_bytes};
}

void buf_init_secret(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){.limit_bytes = limit_bytes, .secret = true};
}

void buf_done(struct buf *buf)
{
    if (buf->secret) {
        secret_wipe(buf->data, buf->capacity);
    }
    free(buf->data);
    *buf = (struct buf){.limit_bytes = buf->limit_bytes, .secret = buf->secret};
}

void buf_wipe(struct buf *buf)
{
    secret_wipe(buf->data, buf->capacity);
    buf_done(buf);
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

static void grow(struct buf *buf, size_t capacity)
{
    if (!buf->secret) {
        buf->data = xrealloc(buf->data, capacity);
    } else {
        /* realloc may leave a copy behind that nobody can wipe any more */
        char *data = xcalloc(1, capacity);
        if (buf->data) {
            memcpy(data, buf->data, buf->len);
            secret_wipe(buf->data, buf->capacity);
            free(buf->data);
        }
        buf->data = data;
    }
    buf->capacity = capacity;
}

/* Larger memory, at least `needed` bytes. */
static void make_room(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;
    while (capacity < needed) {
        capacity *= 2;
    }
    grow(buf, capacity);
}

/* Room for `size` more bytes and the NUL; false, and failed, when the limit does not allow it. */
static inline bool reserve(struct buf *buf, size_t size)
{
    if (buf->failed || size > buf->limit_bytes - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t needed = buf->len + size + 1;
    if (needed > buf->capacity) {
        make_room(buf, needed);
    }
    return true;
}

char *buf_extend(struct buf *buf, size_t size)
{
    if (!reserve(buf, size)) {
        return NULL;
    }
    char *at = buf->data + buf->len;
    buf->len += size;
    buf->data[buf->len] = '\0';
    return at;
}

void buf_expect(struct buf *buf, size_t size)
{
    size_t left = buf->limit_bytes - buf->len;
    if (reserve(buf, size < left ? size : left)) {
        buf->data[buf->len] = '\0';
    }
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (size > 0 && reserve(buf, size)) {
        memcpy(buf->data + buf->len, bytes, size);
        buf->len += size;
        buf->data[buf->len] = '\0';
    }
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_put_slice(struct buf *buf, struct slice text)
{
    buf_append(buf, text.data, text.len);
}

void buf_putc(struct buf *buf, char c)
{
    if (reserve(buf, 1)) {
        buf->data[buf->len++] = c;
        buf->data[buf->len] = '\0';
    }
}

/* Numbers of up to three decimals, as durations are, without printf: an access log line has one.
 * The division is exact rounding of the decimal, so the text reads back the same. */
static bool put_thousandths(struct buf *buf, double value)
{
    enum { THOUSAND = 1000, DIGITS = 24 };
    if (!(value > -1e9 && value < 1e9)) {
        return false;
    }
    double scaled = value * THOUSAND;
    int64_t thousandths = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    double back = (double)thousandths / THOUSAND;
    if (back < value || back > value || (thousandths == 0 && signbit(value))) {
        return false;
    }
    uint64_t left = thousandths < 0 ? (uint64_t)-thousandths : (uint64_t)thousandths;
    char text[DIGITS];
    size_t start = sizeof text;
    for (int place = 0; place < 4 || left > 0; place++, left /= 10) { /* from the right */
        if (place == 3) {
            text[--start] = '.';
        }
        text[--start] = (char)('0' + left % 10);
    }
    size_t end = sizeof text;
    while (text[end - 1] == '0') {
        end--;
    }
    end -= text[end - 1] == '.';
    if (thousandths < 0) {
        text[--start] = '-';
    }
    buf_append(buf, text + start, end - start);
    return true;
}

void buf_put_number(struct buf *buf, double value)
{
    if (isnan(value)) {
        buf_puts(buf, "NaN");
        return;
    }
    if (isinf(value)) {
        buf_puts(buf, value > 0 ? "+Inf" : "-Inf");
        return;
    }
    if (put_thousandths(buf, value)) {
        return;
    }
    char text[32];
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*g", precision, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value) {
            break;
        }
    }
    buf_puts(buf, text);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        buf->failed = true;
    } else if (size > 0 && reserve(buf, (size_t)size)) {
        (void)vsnprintf(buf->data + buf->len, (size_t)size + 1, format, again);
        buf->len += (size_t)size;
    }
    va_end(again);
}
