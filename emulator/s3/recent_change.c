/* recent_change.c -- A ring of hashed names, the newest last. Looked through from there, back to
 * what the call saw when it began: mostly nothing. */
#include "recent_change.h"
#include "base/hash.h"

#define RING_COUNT 1024

struct recent_change {
    uint64_t name, turn;
};
struct recent_changes {
    struct recent_change ring[RING_COUNT];
    uint64_t count; /* noted so far */
};

struct recent_changes *recent_changes_new(struct arena *a)
{
    return NEW(a, struct recent_changes);
}

static uint64_t name_of(struct str bucket, struct str key)
{
    return hash64(hash64(1, bucket), key);
}

void recent_change_note(struct recent_changes *r, const struct call *c, struct str bucket,
                        struct str key)
{
    r->ring[r->count++ % RING_COUNT] =
        (struct recent_change){.name = name_of(bucket, key), .turn = c->turn};
}

bool recent_change_since(const struct recent_changes *r, uint64_t turn, struct str bucket,
                         struct str key)
{
    uint64_t name = name_of(bucket, key);
    uint64_t kept = r->count < RING_COUNT ? r->count : RING_COUNT;
    for (uint64_t i = 1; i <= kept; i++) {
        const struct recent_change *change = &r->ring[(r->count - i) % RING_COUNT];
        if (change->turn <= turn) {
            return false;
        }
        if (change->name == name) {
            return true;
        }
    }
    return false;
}

bool recent_change_met(const struct recent_changes *r, const struct call *c, struct str bucket,
                       struct str key)
{
    uint64_t name = name_of(bucket, key);
    uint64_t kept = r->count < RING_COUNT ? r->count : RING_COUNT;
    for (uint64_t i = 1; i <= kept; i++) {
        const struct recent_change *change = &r->ring[(r->count - i) % RING_COUNT];
        if (change->turn <= c->begun) {
            return false;
        }
        if (change->name == name && change->turn != c->turn) {
            return true;
        }
    }
    return false;
}
