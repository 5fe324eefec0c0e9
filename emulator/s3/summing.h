/* summing.h -- One of S3's checksums in pieces, for bodies that are never whole in memory. */
#ifndef AFORO_EMULATOR_S3_SUMMING_H
#define AFORO_EMULATOR_S3_SUMMING_H

#include "base/digest.h"
#include "checksum.h"
#include "fast_hash.h"

struct summing {
    enum checksum_kind kind;
    uint64_t crc;           /* of CRC kinds */
    struct digest *digest;  /* of MD5 and SHA */
    struct fast_hash *fast; /* of XXHASH */
};
void summing_begin(struct summing *s, enum checksum_kind kind, struct arena *a);
void summing_add(struct summing *s, struct str bytes);
/* Gives the number of bytes; the sum is then over. */
size_t summing_end(struct summing *s, uint8_t ret_digest[CHECKSUM_BYTES_MAX]);

#endif
