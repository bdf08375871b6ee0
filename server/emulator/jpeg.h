/*
 * The smallest JPEG writer: grey pictures made of blocks of one shade. Enough for something that
 * every viewer opens; nothing more is asked of it.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

enum { JPEG_BLOCK = 8 };

struct jpeg_writer {
    struct buf *buf;
    int previous; /* the last block's coefficient */
    uint32_t bits;
    unsigned bit_count;
};

/* Both are multiples of JPEG_BLOCK and below 65536. Then exactly the picture's blocks follow, left
 * to right and top to bottom. */
struct jpeg_writer jpeg_begin(unsigned width, unsigned height, struct buf *buf);
void jpeg_put_block(struct jpeg_writer *writer, uint8_t shade);
void jpeg_end(struct jpeg_writer *writer);
