/* digest.h -- A cryptographic digest in pieces, for bodies that are never whole in memory.
 * Whole messages and running checksums: hash.h. */
#ifndef AFORO_BASE_DIGEST_H
#define AFORO_BASE_DIGEST_H

#include <stdint.h>
#include "base/str.h"

enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512, DIGEST_KIND_COUNT };
#define DIGEST_BYTES_MAX 64

struct digest; /* lives in the arena, holds no handle */
struct digest *digest_new(struct arena *a, enum digest_kind kind);
void digest_add(struct digest *g, struct str bytes);
/* Writes digest_bytes(kind) bytes. After it only digest_restart is allowed. */
void digest_end(struct digest *g, uint8_t ret_digest[DIGEST_BYTES_MAX]);
void digest_restart(struct digest *g);
size_t digest_bytes(enum digest_kind kind); /* 16, 20, 32 or 64 */

#endif
