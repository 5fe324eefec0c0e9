/* id_set.c -- Open addressing over pairs of hash64; the pair (0, 0) is a free place. Two different
 * ids are taken for one with odds of n squared in 2^128. */
#include "id_set.h"

#include "base/hash.h"

#define SEED_A 0x69645f6f6e65u
#define SEED_B 0x69645f74776fu
#define PLACES_FIRST 1024

struct place {
    uint64_t a, b;
};
struct id_set {
    struct arena *arena;
    struct place *places;
    size_t count, cap; /* cap is a power of two */
};

struct id_set *id_set_new(struct arena *a)
{
    struct id_set *set = NEW(a, struct id_set);
    *set = (struct id_set){.arena = a, .cap = PLACES_FIRST};
    set->places = NEW_ARRAY(a, struct place, set->cap);
    return set;
}

static struct place *place_of(struct place *places, size_t cap, struct place id)
{
    size_t at = (size_t)id.a & (cap - 1);
    while ((places[at].a | places[at].b) != 0 && (places[at].a != id.a || places[at].b != id.b)) {
        at = (at + 1) & (cap - 1);
    }
    return &places[at];
}

static void grow(struct id_set *set)
{
    size_t cap = set->cap * 2;
    struct place *places = NEW_ARRAY(set->arena, struct place, cap);
    for (size_t i = 0; i < set->cap; i++) {
        if ((set->places[i].a | set->places[i].b) != 0) {
            *place_of(places, cap, set->places[i]) = set->places[i];
        }
    }
    arena_drop(set->arena, set->places, set->cap * sizeof(struct place));
    set->places = places;
    set->cap = cap;
}

bool id_set_add(struct id_set *set, struct str id)
{
    struct place wanted = {hash64(SEED_A, id), hash64(SEED_B, id) | 1u};
    struct place *place = place_of(set->places, set->cap, wanted);
    if ((place->a | place->b) != 0) {
        return false;
    }
    *place = wanted;
    set->count++;
    if (set->count * 2 > set->cap) {
        grow(set);
    }
    return true;
}
