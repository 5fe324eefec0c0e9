/* player_parts.h -- Objects on their way from the source to the warehouse, a batch of decoded
 * records at a time. Private to replay. */
#ifndef AFORO_REPLAY_PLAYER_PARTS_H
#define AFORO_REPLAY_PLAYER_PARTS_H

#include "base/digest.h"
#include "base/map.h"
#include "pipeline/capture.h"
#include "replay/player.h"
#include "stored.h"

/* At least a frame more may come. Merging wants large batches, since each looks at the whole table;
 * appending wants them to stay in the processor's cache, but for PostgreSQL, where each COPY makes
 * a thousand slots for rows anew. */
#define BATCH_RECORDS_MERGE 10000
#define BATCH_RECORDS_APPEND 1000
#define BATCH_RECORDS_COPY 5000
#define BATCH_BYTES (8 * MIB)

struct known_object { /* a line of aforo_loaded_object */
    uint64_t checksum;
    struct str part; /* what of it (selection_name); empty: all */
    struct loaded_counts counts;
};
/* what every object is read with; nobody changes it while objects are read */
struct player {
    const struct definition *def;
    const struct source *source;
    const struct player_options *options;
    const struct record_decoder *decoder;
    struct map *known; /* by key */
    size_t batch_records;
    const struct selection *selection; /* of records; NULL: all */
    struct str part;                   /* its name; empty: all */
    /* Of one item, which who holds it may fetch with: S3's client belongs to one task at a time,
     * and an object that is loaded again is read beside the reading ahead. NULL: one task does it
     * all. */
    struct rt_queue *turn;
};
#define PLAYER_PART STR("part: ") /* before the name, as the etag of an object loaded in part */
/* Reads p->known, into `a`. */
MUST_USE enum err player_known_read(struct player *p, struct warehouse *w, struct arena *a,
                                    struct diag *d);
/* ERR_NOT_FOUND: not loaded. */
MUST_USE enum err player_known_find(const struct player *p, struct warehouse *w, struct arena *a,
                                    struct str key, struct known_object *ret_known, struct diag *d);
/* Some records of one object, in order. The rows live in the batch's arena. */
struct batch {
    struct arena *arena;
    const struct source_object *object;
    bool first, last; /* of its object; what follows stands in the first one, but for `last`: */
    const struct known_object *known; /* loaded before with the same content; no rows then */
    uint64_t bytes, checksum;         /* of the object as it is stored */
    uint64_t raw_bytes;               /* last */
    uint64_t passed;                  /* of its records so far, not asked for; last */
    bool passed_over;                 /* nothing of it is asked for: no rows, nothing to load */
    int64_t from_us, moment_us;       /* first: when it arrived (pace.h); INSTANT_NEVER */
    struct str problem;               /* last: what is not as the manifest says; empty: nothing */
    struct diag diag; /* ERR_OK: it could be read so far; else it is the last batch */
    const struct row *rows;
    size_t count;
};
/* The objects `from` to `to` of the source, one after the other. */
struct batch_reader {
    const struct player *player;
    size_t next, to;
    struct arena *arena; /* of the object that is read */
    struct stored stored;
    struct buf room;    /* of its windows: the same memory for each */
    struct arena *home; /* of room */
    bool open;
    const struct source_object *object;
    struct reader *reader; /* one of these two */
    struct capture_cursor *cursor;
    struct digest *digest; /* of a capture whose manifest tells one */
    uint64_t records, raw_bytes, passed;
};
void batch_reader_init(struct batch_reader *r, const struct player *p, size_t from, size_t to);
void batch_reader_done(struct batch_reader *r);
/* Resets the batch's arena and fills the batch. false: there is none left. */
bool batch_read(struct batch_reader *r, struct batch *batch);

#endif
