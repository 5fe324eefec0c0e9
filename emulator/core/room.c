#include "room.h"

#include <stdatomic.h>
#include "base/block.h"
#include "base/err.h"

struct room { /* itself a block */
    atomic_size_t holders;
    const struct journal *journal;
    uint64_t place;
    struct str bytes;
};

static struct room *room_new(const struct journal *journal, uint64_t place, struct str bytes)
{
    struct room *r = block_new(sizeof(*r));
    *r = (struct room){.journal = journal, .place = place, .bytes = bytes};
    atomic_init(&r->holders, 1);
    return r;
}

struct room *room_keep(const struct journal *journal, struct str bytes)
{
    uint64_t place;
    const char *at;
    return journal->ops->keep(journal->self, bytes, &place, &at)
               ? room_new(journal, place, str_n(at, bytes.len))
               : NULL;
}

struct room *room_find(const struct journal *journal, uint64_t place, size_t count)
{
    const char *at = journal->ops->find(journal->self, place, count);
    return at == NULL ? NULL : room_new(journal, place, str_n(at, count));
}

struct room *room_retain(struct room *r)
{
    atomic_fetch_add_explicit(&r->holders, 1, memory_order_relaxed);
    return r;
}

void room_release(struct room *r)
{
    if (atomic_fetch_sub_explicit(&r->holders, 1, memory_order_acq_rel) == 1) {
        r->journal->ops->drop(r->journal->self, r->place, r->bytes.len);
        block_release(r);
    }
}

struct str room_bytes(const struct room *r)
{
    return r->bytes;
}

uint64_t room_place(const struct room *r)
{
    return r->place;
}
