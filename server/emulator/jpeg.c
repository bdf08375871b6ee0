/*
 * Baseline JPEG (ITU-T T.81), one component, with Huffman tables of our own: of a block of one
 * shade only the first coefficient is not zero, so the second table has nothing but "end of block".
 */
#include "emulator/jpeg.h"

enum { CATEGORIES = 12, CATEGORY_BITS = 4, MIDDLE_SHADE = 128 };

static void put_u16(struct buf *buf, unsigned value)
{
    buf_putc(buf, (char)(value >> 8 & 255));
    buf_putc(buf, (char)(value & 255));
}

/* The segment's length counts itself. */
static void put_segment(struct buf *buf, unsigned char marker, unsigned payload)
{
    buf_putc(buf, (char)0xff);
    buf_putc(buf, (char)marker);
    put_u16(buf, payload + 2);
}

/* A shade of the picture is a step of the coefficient: all divisors are 8. */
static void put_divisors(struct buf *buf)
{
    put_segment(buf, 0xdb, 65);
    buf_putc(buf, 0);
    for (unsigned i = 0; i < 64; i++)
        buf_putc(buf, JPEG_BLOCK);
}

static void put_frame(struct buf *buf, unsigned width, unsigned height)
{
    put_segment(buf, 0xc0, 9);
    buf_putc(buf, 8);
    put_u16(buf, height);
    put_u16(buf, width);
    buf_append(buf, "\x01\x01\x11\x00", 4);
}

/* First differences: twelve codes of four bits, the code being the category. Then the rest: one
 * code, a single 0 bit. */
static void put_codes(struct buf *buf)
{
    put_segment(buf, 0xc4, 17 + CATEGORIES);
    buf_append(buf, "\x00\x00\x00\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 17);
    for (unsigned i = 0; i < CATEGORIES; i++)
        buf_putc(buf, (char)i);
    put_segment(buf, 0xc4, 18);
    buf_append(buf, "\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
}

struct jpeg_writer jpeg_begin(unsigned width, unsigned height, struct buf *buf)
{
    buf_append(buf, "\xff\xd8", 2);
    put_segment(buf, 0xe0, 14);
    buf_append(buf, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 14);
    put_divisors(buf);
    put_frame(buf, width, height);
    put_codes(buf);
    put_segment(buf, 0xda, 6);
    buf_append(buf, "\x01\x01\x00\x00\x3f\x00", 6);
    return (struct jpeg_writer){.buf = buf};
}

/* A byte of all ones would be a marker; a zero after it says that it is none. */
static void put_bits(struct jpeg_writer *writer, unsigned value, unsigned count)
{
    writer->bits = writer->bits << count | (value & ((1U << count) - 1));
    writer->bit_count += count;
    while (writer->bit_count >= 8) {
        writer->bit_count -= 8;
        const unsigned byte = writer->bits >> writer->bit_count & 255;
        buf_putc(writer->buf, (char)byte);
        if (byte == 255)
            buf_putc(writer->buf, 0);
    }
}

void jpeg_put_block(struct jpeg_writer *writer, uint8_t shade)
{
    const int coefficient = (int)shade - MIDDLE_SHADE;
    const int difference = coefficient - writer->previous;
    const unsigned magnitude = (unsigned)(difference < 0 ? -difference : difference);
    unsigned category = 0;

    while (magnitude >> category)
        category++;
    put_bits(writer, category, CATEGORY_BITS);
    put_bits(writer, (unsigned)(difference < 0 ? difference - 1 : difference), category);
    put_bits(writer, 0, 1);
    writer->previous = coefficient;
}

void jpeg_end(struct jpeg_writer *writer)
{
    put_bits(writer, 127, 7);
    buf_append(writer->buf, "\xff\xd9", 2);
}
