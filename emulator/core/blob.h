/* blob.h -- The bytes of a body: written once from front to back by one thread, then read by any,
 * counted. Lies in blocks, so that joining blobs copies nothing (a multipart object is its parts).
 * Not here: what the bytes mean, their digests. */
#ifndef AFORO_EMULATOR_CORE_BLOB_H
#define AFORO_EMULATOR_CORE_BLOB_H

#include <stdint.h>
#include "base/str.h"

struct arena;
struct journal;
struct room;
struct blob;
/* Held once. expected_bytes: what will come, for making room at once; 0: unknown. _in: its bytes
 * are written to the journal (core_journal) as they come, where there is one. */
struct blob *blob_new(uint64_t expected_bytes);
struct blob *blob_new_in(const struct journal *journal, uint64_t expected_bytes);
void blob_add(struct blob *b, struct str bytes); /* by its maker only */
struct blob *blob_retain(struct blob *b);
void blob_release(struct blob *b); /* NULL is fine */
/* Releases it when the arena ends or is reset: for a request that reads or makes one. */
void blob_release_with(struct blob *b, struct arena *a);

uint64_t blob_bytes(const struct blob *b);
/* The bytes from `at` on that lie in one piece; empty at the end. Borrowed while the blob is
 * held. */
struct str blob_at(const struct blob *b, uint64_t at);
/* `count` bytes from `first` on: borrowed where they lie in one piece, else copied into `a`. */
struct str blob_slice(const struct blob *b, uint64_t first, uint64_t count, struct arena *a);
/* Appends a range of another blob without copying it; both are whole. */
void blob_join(struct blob *b, const struct blob *from, uint64_t first, uint64_t count);

/* For the journal's entries: writes what is not yet written of a blob that has one (but for small
 * ones), and the pieces; *ret_place 0: in memory alone. */
void blob_settle(struct blob *b);
size_t blob_pieces(const struct blob *b);
struct str blob_piece(const struct blob *b, size_t i, uint64_t *ret_place);
void blob_add_room(struct blob *b, struct room *room); /* takes the caller's hold */

#endif
