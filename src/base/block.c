/* block.c -- The second caller of malloc beside arena.c: a block's life is counted, not scoped. */
#include "base/block.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "base/err.h"

struct block {
    _Alignas(16) atomic_size_t count;
    size_t bytes;
};
_Static_assert(sizeof(struct block) == BLOCK_HEAD_BYTES, "and what follows is aligned to 16");

static struct block *head_of(const void *block)
{
    return (struct block *)(uintptr_t)block - 1;
}

static void *memory_of(size_t bytes)
{
    if (bytes < BLOCK_HUGE_BYTES) {
        return malloc(bytes);
    }
    bytes = (bytes + BLOCK_HUGE_BYTES - 1) / BLOCK_HUGE_BYTES * BLOCK_HUGE_BYTES;
    void *memory = aligned_alloc(BLOCK_HUGE_BYTES, bytes);
    if (memory != NULL) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: small pages serve as well */
    }
    return memory;
}

void *block_new(size_t bytes)
{
    ASSERT(bytes <= SIZE_MAX - sizeof(struct block) - BLOCK_HUGE_BYTES);
    struct block *b = memory_of(sizeof(struct block) + bytes);
    ASSERT(b != NULL);
    atomic_init(&b->count, 1);
    b->bytes = bytes;
    return b + 1;
}

void *block_retain(void *block)
{
    size_t before = atomic_fetch_add_explicit(&head_of(block)->count, 1, memory_order_relaxed);
    ASSERT(before > 0);
    return block;
}

void block_release(void *block)
{
    if (block == NULL) {
        return;
    }
    struct block *b = head_of(block);
    size_t before = atomic_fetch_sub_explicit(&b->count, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before == 1) {
        free(b);
    }
}

size_t block_bytes(const void *block)
{
    return head_of(block)->bytes;
}
