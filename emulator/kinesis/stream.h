/* stream.h -- Kinesis streams: what they are called, in which state they are, and their shards.
 * A stream's state is a function of the clock: CREATING until active_at_us, gone from gone_at_us
 * on. Not here: the operations (stream_operations.c), which speak AWS's words. */
#ifndef AFORO_EMULATOR_KINESIS_STREAM_H
#define AFORO_EMULATOR_KINESIS_STREAM_H

#include "resource.h"
#include "shard.h"

#define STREAM_SHARDS_EVER_MAX 32767 /* of one stream: as far as a reader's cursor counts */
#define STREAMS_EVER_MAX 65535       /* created before a reset: a reader's cursor counts so far */

struct stream_load { /* of one second of the clock */
    int64_t second;
    size_t bytes, records;
};
struct stream {
    uint32_t uid; /* in order of creation, from 0: a new stream of an old name is another one */
    struct str account, region, name;
    struct resource resource; /* its ARN, tags and policy */
    struct tree *consumers;   /* by name */
    struct str key;           /* "account/region/name": where the store keeps it */
    int64_t created_us, active_at_us, gone_at_us; /* gone_at_us INSTANT_NEVER: not being deleted */
    bool on_demand;
    int64_t retention_us;
    size_t record_bytes_max; /* data and key of one record */
    struct str key_id;       /* of its encryption; empty: none */
    struct stream_load load; /* what an on-demand stream takes */
    int64_t warm_mib_per_s;  /* what it was last scaled to by name; 0: never */
    unsigned metrics;        /* bits of the shard-level metrics (stream_settings.c) */
    int64_t mode_us[KINESIS_MODE_CHANGES_MAX]; /* the last calls of UpdateStreamMode, as a ring */
    size_t mode_count;                         /* ever */
    struct shard **shards;                     /* by number, open and closed */
    size_t shard_count, shard_cap;
    uint32_t trimmed;    /* by writers, last */
    struct shard **open; /* by first hash key */
    size_t open_count, open_cap;
    int64_t updating_until_us;  /* UPDATING before it */
    struct reshard_step *steps; /* what happens to its shards then */
    size_t step_count, step_cap;
    int64_t scaled_us[KINESIS_SCALINGS_MAX]; /* the last calls of UpdateShardCount, as a ring */
    size_t scaled_count;                     /* ever */
};
/* One split (adjacent SHARD_NONE; `at`: where the second child begins) or one merge of open shards.
 */
struct reshard_step {
    uint32_t shard, adjacent;
    struct hash_key at;
};
struct kinesis_store { /* the state of the service */
    struct core *core;
    struct arena *arena;
    struct tree *by_key; /* streams that exist */
    struct stream **all; /* by uid; NULL: dropped */
    size_t count, cap;
    size_t held_bytes;     /* by all segments */
    struct tree *accounts; /* by "account/region": what is set of them (account.c) */
};

void *kinesis_store_new(struct core *core, struct arena *a);
void kinesis_store_done(void *store); /* gives all segments back */

enum stream_status { STREAM_CREATING, STREAM_ACTIVE, STREAM_UPDATING, STREAM_DELETING };
enum stream_status stream_status(const struct stream *s, int64_t now_us);
bool stream_is_usable(const struct stream *s, int64_t now_us); /* records come and go */
const char *stream_status_name(enum stream_status status);

/* NULL: there is none, or it is gone by now. */
struct stream *stream_find(struct kinesis_store *k, struct str account, struct str region,
                           struct str name, int64_t now_us);
struct stream *stream_find_key(struct kinesis_store *k, struct str key, int64_t now_us);

struct stream_options {
    struct str account, region, name;
    size_t shard_count; /* > 0 */
    bool on_demand;
    size_t record_bytes_max;
};
/* The name must be free. Becomes ACTIVE by itself. */
struct stream *stream_create(struct kinesis_store *k, const struct stream_options *options,
                             int64_t now_us);
/* Begins the deletion, which ends by itself. */
void stream_delete(struct kinesis_store *k, struct stream *s, int64_t now_us);
/* Makes the stream UPDATING for a while; then its steps happen, in order. */
void stream_update(struct kinesis_store *k, struct stream *s, int64_t now_us);
/* Another step of the update that is to begin. */
void stream_step_add(struct kinesis_store *k, struct stream *s, struct reshard_step step);
/* Applies retention to all shards. */
void stream_trim(struct stream *s, int64_t now_us);

/* stream_shards.c: `count` equal shards of a new stream; and the steps of an update, now. */
void stream_add_shards(struct kinesis_store *k, struct stream *s, size_t count, int64_t now_us);
void stream_reshard(struct kinesis_store *k, struct stream *s, int64_t now_us);
struct shard *stream_shard_for(struct stream *s,
                               struct hash_key key); /* the open one that takes it */

/* What an account has in a region. */
struct stream_usage {
    size_t open_shards, on_demand_streams, creating;
};
struct stream_usage stream_usage(struct kinesis_store *k, struct str account, struct str region,
                                 int64_t now_us);
/* The next stream of an account and region by name, after `after` (empty: the first); NULL at the
 * end. */
struct stream *stream_next(struct kinesis_store *k, struct str account, struct str region,
                           struct str after, int64_t now_us);

/* ---- resolving what a call names; NULL: the call was refused with AWS's words ---- */
struct stream_name {
    struct str account, region, name;
};
/* By StreamName or StreamARN, whether there is such a stream or not; false: refused. */
bool stream_named(struct call *c, struct str name, struct str arn, struct stream_name *ret_name);
/* Whether a StreamARN is absent (no ptr) or as the model's pattern wants it, for those who read
 * requests by hand. */
bool stream_arn_is_plain(struct str arn);
/* By StreamName or StreamARN, whatever its status. */
struct stream *stream_of(struct call *c, struct str name, struct str arn);
/* The same, for reading and writing records: it must be open for that. */
struct stream *stream_for_data(struct call *c, struct str name, struct str arn);
/* The same, for looking at its shards: else ResourceInUseException. */
struct stream *stream_for_reading(struct call *c, struct str name, struct str arn);
/* The same, for changes that want an ACTIVE stream: else ResourceInUseException. */
struct stream *stream_for_change(struct call *c, struct str name, struct str arn);
void stream_refuse_missing(struct call *c, struct str account, struct str name);
/* AWS kinesis-shard-missing-1: where a shard is asked for, a missing stream is a missing shard. */
void stream_refuse_shard(struct call *c, const struct stream_name *n, uint32_t shard);

#endif
