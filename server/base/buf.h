/*
 * The one growing buffer. Every buffer has a limit given at birth; what does not fit is refused and
 * the buffer stays failed, so a chain of appends needs one check at its end (`buf_failed`).
 * A buffer is NUL-terminated whenever data is not NULL.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/slice.h"

struct buf {
    char *data;
    size_t len;
    size_t capacity;
    size_t limit_bytes;
    bool failed;
    bool secret;
};

/* No allocation happens before the first append. */
void buf_init(struct buf *buf, size_t limit_bytes);
/* Frees; the buffer may be used again with the same limit. Accepts a done or zeroed buffer. */
void buf_done(struct buf *buf);
/* As buf_done, but overwrites the whole allocation first. A buffer that held a secret must never
 * have grown by realloc: use buf_init_secret for it. */
void buf_wipe(struct buf *buf);
/* Like buf_init; when it grows, the old memory is overwritten before it is freed. */
void buf_init_secret(struct buf *buf, size_t limit_bytes);
/* Forgets the content and the failure, keeps the memory. */
void buf_reset(struct buf *buf);

/* Makes the content longer by `size` bytes, which the caller writes to the place returned at once;
 * NULL when the limit does not allow it. */
char *buf_extend(struct buf *buf, size_t size);
/* About so many bytes will follow, if the limit allows them: memory for them is got at once. */
void buf_expect(struct buf *buf, size_t size);
void buf_append(struct buf *buf, const void *bytes, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_put_slice(struct buf *buf, struct slice text);
void buf_putc(struct buf *buf, char c);
/* The shortest text that reads back as the same number; "NaN", "+Inf", "-Inf" for those. */
void buf_put_number(struct buf *buf, double value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* True when anything did not fit: the content is then incomplete and must not be used. */
static inline bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->data ? buf->data : "", buf->len};
}

DEFINE_CLEANUP(buf, struct buf, buf_done(it))
DEFINE_CLEANUP(secret_buf, struct buf, buf_wipe(it))
