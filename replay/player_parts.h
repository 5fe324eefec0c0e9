/* player_parts.h -- One object on its way from the source to the warehouse. Private to replay. */
#ifndef AFORO_REPLAY_PLAYER_PARTS_H
#define AFORO_REPLAY_PLAYER_PARTS_H

#include "base/map.h"
#include "replay/player.h"

struct known_object { /* a line of aforo_loaded_object */
    uint64_t checksum;
    struct loaded_counts counts;
};
/* what every object is read with; nobody changes it while objects are read */
struct player {
    const struct definition *def;
    const struct source *source;
    const struct player_options *options;
    const struct record_decoder *decoder;
    struct map *known; /* by key */
};
struct played_object { /* lives in its own arena */
    const struct source_object *object;
    struct arena *arena;
    struct diag diag;                 /* code ERR_OK: it could be read */
    struct str problem;               /* what is not as the manifest says; empty: nothing */
    const struct known_object *known; /* loaded before with the same content; no rows then */
    uint64_t bytes, raw_bytes, checksum;
    struct row *rows;
    size_t count;
};
/* Fetches, unpacks, verifies and decodes. The caller frees its arena. */
struct played_object *object_play(const struct player *p, const struct source_object *object);

#endif
