/* crc_combine.c -- Appending n bytes multiplies the CRC before them, read as a polynomial over
 * GF(2), by x^(8n); then the CRC of the bytes is added. Initial value and final complement cancel
 * out. Reflected: the highest bit is x^0. */
#include "crc_combine.h"

void crc_combine_begin(struct crc_combine *s, enum checksum_kind kind)
{
    *s = (struct crc_combine){.width = kind == CHECKSUM_CRC64NVME ? 64 : 32};
    s->polynomial = kind == CHECKSUM_CRC64NVME ? UINT64_C(0x9a6c9329ac4bc9b5)
                    : kind == CHECKSUM_CRC32C  ? UINT64_C(0x82f63b78)
                                               : UINT64_C(0xedb88320);
}

static uint64_t one(const struct crc_combine *s)
{
    return UINT64_C(1) << (s->width - 1);
}

/* a(x) * b(x) mod p(x) */
static uint64_t multiply(const struct crc_combine *s, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = one(s); bit != 0; bit >>= 1) {
        product ^= (a & bit) != 0 ? b : 0;
        b = (b & 1) != 0 ? b >> 1 ^ s->polynomial : b >> 1;
    }
    return product;
}

/* x^(8 bytes) mod p(x), by squaring. */
static uint64_t shift_of(const struct crc_combine *s, uint64_t bytes)
{
    uint64_t power = one(s), square = one(s) >> 1;
    for (uint64_t n = 8 * bytes; n > 0; n >>= 1) {
        power = (n & 1) != 0 ? multiply(s, power, square) : power;
        square = multiply(s, square, square);
    }
    return power;
}

void crc_combine_add(struct crc_combine *s, uint64_t crc, uint64_t bytes)
{
    if (bytes != s->bytes) {
        s->shift = shift_of(s, bytes);
        s->bytes = bytes;
    }
    s->crc = (bytes == 0 ? s->crc : multiply(s, s->shift, s->crc)) ^ crc;
}
