/* cbor_write.c -- Items into a buffer, and floats as text and back. The only file of the layer that
 * handles a double: the wire has them, the tree does not. */
#include "wire/cbor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum major { UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

static void big_endian(struct buf *out, uint64_t value, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        buf_add_char(out, (char)(uint8_t)(value >> (8 * i)));
    }
}

static void head(struct buf *out, enum major major, uint64_t value)
{
    unsigned extra = value < 24            ? 0
                     : value <= UINT8_MAX  ? 24
                     : value <= UINT16_MAX ? 25
                     : value <= UINT32_MAX ? 26
                                           : 27;
    unsigned low = extra == 0 ? (unsigned)value : extra;
    buf_add_char(out, (char)(uint8_t)((unsigned)major << 5 | low));
    if (extra > 0) {
        big_endian(out, value, (size_t)1 << (extra - 24));
    }
}

void cbor_out_map(struct buf *out, uint64_t count)
{
    head(out, MAP, count);
}

void cbor_out_array(struct buf *out, uint64_t count)
{
    head(out, ARRAY, count);
}

void cbor_out_text(struct buf *out, struct str text)
{
    head(out, TEXT, text.len);
    buf_add(out, text);
}

void cbor_out_bytes(struct buf *out, struct str bytes)
{
    head(out, BYTES, bytes.len);
    buf_add(out, bytes);
}

void cbor_out_bytes_head(struct buf *out, uint64_t len)
{
    head(out, BYTES, len);
}

size_t cbor_head_bytes(uint64_t value)
{
    return value < 24            ? 1
           : value <= UINT8_MAX  ? 2
           : value <= UINT16_MAX ? 3
           : value <= UINT32_MAX ? 5
                                 : 9;
}

void cbor_out_i64(struct buf *out, int64_t value)
{
    if (value < 0) {
        head(out, NINT, (uint64_t)(-1 - value));
    } else {
        head(out, UINT, (uint64_t)value);
    }
}

void cbor_out_tag(struct buf *out, uint64_t tag)
{
    head(out, TAG, tag);
}

void cbor_out_bool(struct buf *out, bool value)
{
    head(out, SIMPLE, value ? 21 : 20);
}

void cbor_out_null(struct buf *out)
{
    head(out, SIMPLE, 22);
}

void cbor_out_double(struct buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buf_add_char(out, (char)(uint8_t)(SIMPLE << 5 | 27));
    big_endian(out, bits, sizeof(bits));
}

void cbor_out_float(struct buf *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buf_add_char(out, (char)(uint8_t)(SIMPLE << 5 | 26));
    big_endian(out, bits, sizeof(bits));
}

struct str cbor_double_text(struct arena *a, double value)
{
    if (isnan(value)) {
        return STR("NaN");
    }
    if (isinf(value)) {
        return value > 0 ? STR("Infinity") : STR("-Infinity");
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    return str_copy(a, str_of(text));
}

double cbor_text_double(struct arena *a, struct str text)
{
    if (str_eq(text, STR("NaN"))) {
        return (double)NAN;
    }
    return strtod(str_z(a, text), NULL); /* reads "Infinity" too */
}
