#include "room.h"

#include <stdatomic.h>
#include "base/block.h"
#include "base/err.h"

struct room { /* itself a block */
    atomic_size_t holders;
    const struct journal *journal;
    uint64_t place; /* 0: laid, but nothing yet */
    struct str bytes;
    bool laid;
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

struct room *room_new_laid(const struct journal *journal)
{
    struct room *r = room_new(journal, 0, STR_EMPTY);
    r->laid = true;
    return r;
}

bool room_lay(struct room *r, const struct str *parts, size_t count)
{
    ASSERT(r->laid && r->place == 0);
    if (!r->journal->ops->lay(r->journal->self, parts, count, &r->place)) {
        return false;
    }
    r->bytes = (struct str){.ptr = NULL};
    for (size_t i = 0; i < count; i++) {
        r->bytes.len += parts[i].len;
    }
    return true;
}

struct room *room_find_laid(const struct journal *journal, uint64_t place, size_t count)
{
    struct room *r = room_find(journal, place, count);
    if (r != NULL) {
        r->laid = true;
    }
    return r;
}

struct room *room_retain(struct room *r)
{
    atomic_fetch_add_explicit(&r->holders, 1, memory_order_relaxed);
    return r;
}

void room_release(struct room *r)
{
    if (atomic_fetch_sub_explicit(&r->holders, 1, memory_order_acq_rel) == 1) {
        const struct journal_ops *ops = r->journal->ops;
        if (r->place != 0) {
            (r->laid ? ops->leave : ops->drop)(r->journal->self, r->place, r->bytes.len);
        }
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
