/* fast_hash.c -- libxxhash, inlined from its header: states lie in the arena, nothing is linked. */
#define XXH_INLINE_ALL
#define XXH_NO_STDLIB
#include "fast_hash.h"
#include <string.h>
#include <xxhash.h>

#define ALIGNMENT 64 /* XXH3's state asks for it; arenas give less */

struct fast_hash {
    enum fast_hash_kind kind;
    XXH64_state_t *plain;
    XXH3_state_t *third;
};

static void *aligned(struct arena *a, size_t bytes)
{
    uintptr_t at = (uintptr_t)arena_alloc(a, bytes + ALIGNMENT);
    return (void *)((at + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
}

struct fast_hash *fast_hash_new(struct arena *a, enum fast_hash_kind kind)
{
    struct fast_hash *h = NEW(a, struct fast_hash);
    h->kind = kind;
    if (kind == FAST_HASH_64) {
        h->plain = NEW(a, XXH64_state_t);
        XXH64_reset(h->plain, 0);
    } else {
        h->third = aligned(a, sizeof *h->third);
        XXH3_INITSTATE(h->third);
        if (kind == FAST_HASH_3) {
            XXH3_64bits_reset(h->third);
        } else {
            XXH3_128bits_reset(h->third);
        }
    }
    return h;
}

void fast_hash_add(struct fast_hash *h, struct str bytes)
{
    if (bytes.len == 0) {
        return;
    }
    if (h->kind == FAST_HASH_64) {
        XXH64_update(h->plain, bytes.ptr, bytes.len);
    } else if (h->kind == FAST_HASH_3) {
        XXH3_64bits_update(h->third, bytes.ptr, bytes.len);
    } else {
        XXH3_128bits_update(h->third, bytes.ptr, bytes.len);
    }
}

void fast_hash_end(const struct fast_hash *h, uint8_t *ret_digest)
{
    if (h->kind == FAST_HASH_128) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(h->third));
        memcpy(ret_digest, canonical.digest, sizeof canonical.digest);
        return;
    }
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, h->kind == FAST_HASH_64 ? XXH64_digest(h->plain)
                                                                : XXH3_64bits_digest(h->third));
    memcpy(ret_digest, canonical.digest, sizeof canonical.digest);
}
