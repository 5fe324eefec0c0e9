/* shard_watch.c -- Parents before children, with nobody who coordinates.
 *
 * Whether a parent is drained is asked of whoever knows: of our own lander, when we land it; else
 * of S3 and the shard itself, as a lander would: what is behind the last record that has landed? At
 * the end of the shard there is nothing, and no further iterator. A parent that the stream does not
 * list any more is past its retention: there is nothing left to wait for.
 *
 * Shares go by the number at the end of a shard's id (AWS numbers them as they are made), so that a
 * shard stays with its worker while others come and go. */
#include "pipeline/shard_watch.h"

#include "aws/kinesis.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/tree.h"
#include "pipeline/landing.h"

struct known_shard {
    enum { SHARD_UNKNOWN, SHARD_BEGUN, SHARD_DRAINED } state;
    struct arena *probe_arena; /* of a parent that another worker lands; NULL: not asked yet */
    struct landing *probe;
};
struct shard_watch {
    struct pipeline *pipeline;
    unsigned index, count;
    struct arena *arena;              /* probes are its children */
    struct arena *known_arena, *next; /* of the listed shards: the last look's, and this one's */
    struct tree *known;               /* of known_shard */
};

struct shard_watch *shard_watch_new(struct arena *a, struct pipeline *p, unsigned index,
                                    unsigned count)
{
    struct shard_watch *w = NEW(a, struct shard_watch);
    *w = (struct shard_watch){
        .pipeline = p, .index = index, .count = count == 0 ? 1 : count, .arena = a};
    w->known_arena = arena_child(a, "shards", ARENA_TASK_BYTES_MAX);
    w->next = arena_child(a, "shards", ARENA_TASK_BYTES_MAX);
    w->known = tree_new(w->known_arena);
    return w;
}

void shard_watch_drained(struct shard_watch *w, struct str id)
{
    struct known_shard *shard = tree_get(w->known, id);
    if (shard != NULL) {
        shard->state = SHARD_DRAINED;
    }
}

static bool is_ours(const struct shard_watch *w, struct str id)
{
    size_t digits = id.len;
    while (digits > 0 && id.ptr[digits - 1] >= '0' && id.ptr[digits - 1] <= '9') {
        digits--;
    }
    uint64_t number;
    struct diag ignored = DIAG_INIT;
    if (str_u64(str_from(id, digits), &number, &ignored) != ERR_OK) {
        number = hash64(0, id);
    }
    return number % w->count == w->index;
}

/* What is known of the shards that are listed; the others are forgotten. */
static void known_renew(struct shard_watch *w, const struct kinesis_shard *shards, size_t count)
{
    struct tree *known = tree_new(w->next);
    for (size_t i = 0; i < count; i++) {
        struct known_shard *before = tree_remove(w->known, shards[i].id);
        struct known_shard *now = NEW(w->next, struct known_shard);
        *now = before != NULL ? *before : (struct known_shard){.state = SHARD_UNKNOWN};
        tree_put(known, shards[i].id, now);
    }
    const struct tree_entry *e;
    for (struct str at = STR_EMPTY; (e = tree_seek(w->known, at, true)) != NULL; at = e->key) {
        const struct known_shard *gone = e->value;
        if (gone->probe_arena != NULL) {
            arena_free(gone->probe_arena);
        }
    }
    struct arena *last = w->known_arena;
    w->known_arena = w->next;
    w->next = last;
    w->known = known;
    arena_reset(last);
}

/* Another worker's shard: asked of S3 and the shard. */
static enum err probe(struct shard_watch *w, struct str id, struct known_shard *shard,
                      struct diag *d)
{
    bool drained = false;
    if (shard->probe_arena == NULL) {
        shard->probe_arena = arena_child(w->arena, "parent shard", ARENA_TASK_BYTES_MAX);
        shard->probe = landing_new(shard->probe_arena, w->pipeline, id);
    }
    TRY(landing_probe(shard->probe, &drained, d));
    if (drained) {
        arena_free(shard->probe_arena);
        shard->probe_arena = NULL;
        shard->state = SHARD_DRAINED;
    }
    return ERR_OK;
}

static enum err parent_is_drained(struct shard_watch *w, struct str id, bool *ret_drained,
                                  struct diag *d)
{
    struct known_shard *parent = id.len == 0 ? NULL : tree_get(w->known, id);
    if (parent != NULL && parent->state == SHARD_UNKNOWN && !is_ours(w, id)) {
        TRY(probe(w, id, parent, d));
    }
    *ret_drained = parent == NULL || parent->state == SHARD_DRAINED;
    return ERR_OK;
}

static enum err may_begin(struct shard_watch *w, const struct kinesis_shard *shard, bool *ret_may,
                          struct diag *d)
{
    bool adjacent = true;
    TRY(parent_is_drained(w, shard->parent_id, ret_may, d));
    TRY(parent_is_drained(w, shard->adjacent_parent_id, &adjacent, d));
    *ret_may = *ret_may && adjacent;
    return ERR_OK;
}

enum err shard_watch_look(struct shard_watch *w, struct arena *a, struct shard_look *ret_look,
                          struct diag *d)
{
    struct kinesis_shard *shards;
    struct shard_look look = {.count = 0};
    TRY(kinesis_list_shards(&w->pipeline->aws, w->pipeline->def->stream, a, &shards, &look.listed,
                            d));
    known_renew(w, shards, look.listed);
    look.ids = NEW_ARRAY(a, struct str, look.listed);
    for (size_t i = 0; i < look.listed; i++) {
        struct known_shard *shard = tree_get(w->known, shards[i].id);
        if (shard->state != SHARD_UNKNOWN || !is_ours(w, shards[i].id)) {
            continue;
        }
        bool may;
        TRY(may_begin(w, &shards[i], &may, d));
        if (may) {
            look.ids[look.count++] = shards[i].id;
        } else {
            look.waiting++;
        }
    }
    for (size_t i = 0; i < look.count; i++) { /* all was asked: now they are told */
        struct known_shard *shard = tree_get(w->known, look.ids[i]);
        shard->state = SHARD_BEGUN;
    }
    *ret_look = look;
    return ERR_OK;
}
