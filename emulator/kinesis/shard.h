/* shard.h -- One Kinesis shard: an append-only log of records over a range of hash keys.
 * Records lie in segments of memory and are found by their place, which counts from 1. A shard that
 * is closed has children; its log stays readable.   Not here: iterators (position_token.h), limits
 * (throttle.h). */
#ifndef AFORO_EMULATOR_KINESIS_SHARD_H
#define AFORO_EMULATOR_KINESIS_SHARD_H

#include "emulator/core/room.h"
#include "hash_key.h"
#include "kinesis_limits.h"
#include "sequence_number.h"
#include "throttle.h"

#define SHARD_ID_BYTES 20 /* shardId-000000000000 */
#define SHARD_NONE UINT32_MAX

struct segment;
struct subscription;
struct shard {
    struct arena *arena; /* of the state: the table of segments comes from there */
    size_t *held_bytes;  /* what all shards hold, counted by segment */
    uint32_t number;     /* in its stream */
    char id[SHARD_ID_BYTES + 1];
    struct hash_key first_key, last_key; /* both included */
    uint32_t parent, adjacent_parent;    /* SHARD_NONE */
    int64_t created_us, closed_us;       /* INSTANT_NEVER: open */
    int64_t epoch_s;     /* heads its sequence numbers: its creation, but later than its parents' */
    uint64_t next_place; /* of the next record; 1: nothing was ever put */
    uint64_t horizon_place; /* the oldest record within its retention; next_place: none */
    int64_t last_arrived_ms;
    char last_number[SEQUENCE_NUMBER_DIGITS]; /* of place next_place - 1; a NUL first: not there */
    struct segment **segments;                /* oldest first */
    size_t segment_count, segment_cap;
    struct throttle throttle;
    struct subscription *subscriptions; /* whom its records are pushed to (fan_out.h) */
};
struct shard_record { /* borrowed from a segment */
    struct str sequence_number, partition_key, data;
    int64_t arrived_ms;
    bool encrypted;
    /* To append: where the journal has the data, held by the log; NULL: nowhere. `away`: it is read
     * there, and not copied. */
    struct room *room;
    bool away;
};

void shard_init(struct shard *s, struct arena *a, size_t *held_bytes, uint32_t number,
                int64_t now_us);
/* Gives all segments back. The shard must not be used again. */
void shard_drop(struct shard *s);

/* Appends one record and returns its sequence number, borrowed from the log. Arrival never goes
 * back within a shard: a clock that did counts as standing still. The caller has checked sizes and
 * room (KINESIS_HELD_BYTES_MAX). Of *record all but its number and arrival is read. */
struct str shard_append(struct shard *s, const struct shard_record *record, int64_t now_us);
/* Records up to `place` are over and given back: the next one is put there. */
void shard_skip(struct shard *s, uint64_t place);
/* 1 <= place < next_place, and not yet given back (asserted). */
struct shard_record shard_record_at(const struct shard *s, uint64_t place);
/* Places in a row, and what their records hold. */
struct shard_span {
    uint64_t from, until; /* until excluded */
    size_t data_bytes, key_bytes;
};
/* As many records from a place on as both limits allow, at least one where there is one. Whole
 * segments cost one look. */
struct shard_span shard_span_at(const struct shard *s, uint64_t from, uint64_t count_max,
                                size_t bytes_max);

/* Records of one segment, held so that they can be read when the emulator's lock was given back. */
struct record_run {
    const struct segment *segment; /* held until the arena ends */
    uint32_t first, count;
};
/* The places [from, until) as runs, oldest first; they are held until `a` ends. NULL and 0: none.
 */
struct record_run *shard_hold(const struct shard *s, uint64_t from, uint64_t until, struct arena *a,
                              size_t *ret_count);
struct shard_record record_run_at(const struct record_run *run, uint32_t index);
/* Begins to fetch a record from memory, as it will be looked at soon: its first `bytes`. */
void record_run_expect(const struct record_run *run, uint32_t index, size_t bytes);

uint64_t
shard_oldest_place(const struct shard *s); /* that is still held, past its retention or not */
/* The first record within its retention that arrived at or after at_ms; next_place when there is
 * none. */
uint64_t shard_place_at(const struct shard *s, int64_t at_ms);
/* Moves the horizon past what is older than the retention, and gives back whole segments behind it
 * that a journal has, or while all shards together hold too much. */
void shard_trim(struct shard *s, int64_t retention_us, int64_t now_us);

/* Cheap: whether there is something for it to do. */
bool shard_has_expired(const struct shard *s, int64_t retention_us, int64_t now_us);

struct str shard_id(const struct shard *s);
struct str shard_starting_number(const struct shard *s, struct arena *a);
struct str shard_ending_number(const struct shard *s, struct arena *a); /* of a closed shard */
/* Whether a sequence number can be one of this shard's: its fields agree, and its place was given
 * out or is 0. */
bool shard_owns(const struct shard *s, const struct sequence_number *number);
bool shard_is_open(const struct shard *s);
/* Closed for longer than the retention: nobody sees it any more. */
bool shard_is_expired(const struct shard *s, int64_t retention_us, int64_t now_us);
void shard_check(const struct shard *s); /* invariants */

#endif
