/* crc_combine.h -- The CRC of two texts joined, from the CRC of each: what S3 does when it says the
 * FULL_OBJECT checksum of an object in parts without reading it again. */
#ifndef AFORO_EMULATOR_S3_CRC_COMBINE_H
#define AFORO_EMULATOR_S3_CRC_COMBINE_H

#include "checksum.h"

struct crc_combine {
    uint64_t polynomial;   /* reflected */
    int width;             /* bits */
    uint64_t crc;          /* of all so far */
    uint64_t bytes, shift; /* the last length, and what it shifts by: parts mostly have one */
};
/* kind: CRC32, CRC32C or CRC64NVME. */
void crc_combine_begin(struct crc_combine *s, enum checksum_kind kind);
void crc_combine_add(struct crc_combine *s, uint64_t crc, uint64_t bytes);

#endif
