/* block.h -- A counted piece of memory that many threads may read: what an answer still sends while
 * the state has moved on. The bytes are written by whoever made the block, before others hear of
 * it; afterwards nobody alters them.   Threads: any, without a lock; the count is atomic.
 * Why not an arena: no single lifetime ends it (docs/design/0005-bodies-in-pieces.md). */
#ifndef AFORO_BASE_BLOCK_H
#define AFORO_BASE_BLOCK_H

#include <stddef.h>

/* What a block takes besides its bytes; of BLOCK_HUGE_BYTES and more in all it lies in huge pages
 * where the system has them: a first touch of fresh small pages costs more than what is written. */
#define BLOCK_HEAD_BYTES 16
#define BLOCK_HUGE_BYTES ((size_t)2 * 1024 * 1024)

/* `bytes` of memory, not zeroed, aligned to 16, held once. */
void *block_new(size_t bytes);
void *block_retain(void *block); /* held once more; gives the block */
void block_release(void *block); /* the last one frees it; NULL is fine */
size_t block_bytes(const void *block);

#endif
