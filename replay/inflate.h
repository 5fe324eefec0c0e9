/* inflate.h -- What an object's stored bytes unpack to, piece by piece: gzip, zstd, or bytes as
 * they are. Memory is what the libraries ask for: 32 KiB of gzip, the window of a zstd frame
 * (8 MiB up to level 19; at most 128 MiB). Private to replay. */
#ifndef AFORO_REPLAY_INFLATE_H
#define AFORO_REPLAY_INFLATE_H

#include "replay/reader.h"

struct inflate;
/* Borrows the input. ERR_UNSUPPORTED by name: a compression that is not read. */
MUST_USE enum err inflate_open(struct arena *a, const struct reader_input *input,
                               struct inflate **ret_inflate, struct diag *d);
/* An index of our captures is ERR_CORRUPT from here on: what has no seek table at its end is one
 * that was cut, and must not pass for another writer's zstd with fewer records. */
void inflate_refuse_captures(struct inflate *f);
/* Some of the next bytes, at most `size`; *ret_got 0: the end, and all that came before is verified
 * (gzip's CRC and length a member, zstd's checksum a frame where it has one). ERR_CORRUPT names the
 * byte; ERR_LIMIT: over CAPTURE_BYTES_MAX. */
MUST_USE enum err inflate_read(struct inflate *f, char *room, size_t size, size_t *ret_got,
                               struct diag *d);

#endif
