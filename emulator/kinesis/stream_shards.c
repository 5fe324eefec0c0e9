/* stream_shards.c -- A stream's shards: which one takes a hash key, and how splits and merges make
 * children of them. Shards never move in memory: readers keep pointers to them. */
#include <string.h>

#include "stream.h"
#include "fan_out.h"

struct shard *stream_shard_for(struct stream *s, struct hash_key key)
{
    size_t low = 0, high = s->open_count; /* open[low]->first_key <= key */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (hash_key_cmp(s->open[middle]->first_key, key) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return s->open[low];
}

static void *grown(struct kinesis_store *k, void *items, size_t count, size_t cap, size_t size)
{
    void *bigger = arena_alloc(k->arena, cap * size);
    if (count > 0) {
        memcpy(bigger, items, count * size);
        arena_recycle(k->arena, items, count * size);
    }
    return bigger;
}

static struct shard *shard_add(struct kinesis_store *k, struct stream *s, struct hash_key first,
                               struct hash_key last, int64_t now_us)
{
    if (s->shard_count == s->shard_cap) {
        size_t cap = s->shard_cap < 4 ? 4 : s->shard_cap * 2;
        s->shards = grown(k, s->shards, s->shard_count, cap, sizeof(*s->shards));
        s->shard_cap = cap;
    }
    struct shard *shard = NEW(k->arena, struct shard);
    shard_init(shard, k->arena, &k->held_bytes, (uint32_t)s->shard_count, now_us);
    shard->first_key = first;
    shard->last_key = last;
    s->shards[s->shard_count++] = shard;
    return shard;
}

/* The first open shard that begins at or after a key. */
static size_t open_index(const struct stream *s, struct hash_key key)
{
    size_t low = 0, high = s->open_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hash_key_cmp(s->open[middle]->first_key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void open_add(struct kinesis_store *k, struct stream *s, struct shard *shard)
{
    if (s->open_count == s->open_cap) {
        size_t cap = s->open_cap < 4 ? 4 : s->open_cap * 2;
        s->open = grown(k, s->open, s->open_count, cap, sizeof(*s->open));
        s->open_cap = cap;
    }
    size_t at = open_index(s, shard->first_key);
    memmove(s->open + at + 1, s->open + at, (s->open_count - at) * sizeof(*s->open));
    s->open[at] = shard;
    s->open_count++;
}

/* ---- resharding ---- */

static void shard_close(const struct kinesis_store *k, struct stream *s, struct shard *shard,
                        int64_t now_us)
{
    size_t at = open_index(s, shard->first_key);
    ASSERT(at < s->open_count && s->open[at] == shard);
    shard->closed_us = now_us;
    subscriptions_wake(k->core, shard);
    s->open_count--;
    memmove(s->open + at, s->open + at + 1, (s->open_count - at) * sizeof(*s->open));
}

/* AWS kinesis-reshard-2: all sequence numbers of a child are larger than those of its parents. */
static struct shard *child_add(struct kinesis_store *k, struct stream *s,
                               const struct shard *parent, const struct shard *adjacent,
                               struct hash_key first, struct hash_key last)
{
    int64_t now_us = parent->closed_us;
    struct shard *child = shard_add(k, s, first, last, now_us);
    child->parent = parent->number;
    child->epoch_s = parent->epoch_s + 1 > child->epoch_s ? parent->epoch_s + 1 : child->epoch_s;
    if (adjacent != NULL) {
        child->adjacent_parent = adjacent->number;
        child->epoch_s =
            adjacent->epoch_s + 1 > child->epoch_s ? adjacent->epoch_s + 1 : child->epoch_s;
    }
    open_add(k, s, child);
    return child;
}

void stream_reshard(struct kinesis_store *k, struct stream *s, int64_t now_us)
{
    for (size_t i = 0; i < s->step_count; i++) {
        const struct reshard_step *step = &s->steps[i];
        struct shard *parent = s->shards[step->shard];
        shard_close(k, s, parent, now_us);
        if (step->adjacent != SHARD_NONE) {
            struct shard *adjacent = s->shards[step->adjacent];
            shard_close(k, s, adjacent, now_us);
            bool lower = hash_key_cmp(parent->first_key, adjacent->first_key) < 0;
            child_add(k, s, parent, adjacent, lower ? parent->first_key : adjacent->first_key,
                      lower ? adjacent->last_key : parent->last_key);
        } else {
            child_add(k, s, parent, NULL, parent->first_key, hash_key_before(step->at));
            child_add(k, s, parent, NULL, step->at, parent->last_key);
        }
    }
    s->step_count = 0;
}

void stream_add_shards(struct kinesis_store *k, struct stream *s, size_t count, int64_t now_us)
{
    s->shards = NEW_ARRAY(k->arena, struct shard *, count);
    s->open = NEW_ARRAY(k->arena, struct shard *, count);
    s->shard_cap = s->open_cap = count;
    for (size_t i = 0; i < count; i++) {
        struct hash_key last =
            i + 1 < count ? hash_key_before(hash_key_range_start(i + 1, count)) : HASH_KEY_MAX;
        s->open[i] = shard_add(k, s, hash_key_range_start(i, count), last, now_us);
    }
    s->open_count = count;
}

void stream_step_add(struct kinesis_store *k, struct stream *s, struct reshard_step step)
{
    if (s->step_count == s->step_cap) {
        size_t cap = s->step_cap < 4 ? 4 : s->step_cap * 2;
        s->steps = grown(k, s->steps, s->step_count, cap, sizeof(*s->steps));
        s->step_cap = cap;
    }
    s->steps[s->step_count++] = step;
}
