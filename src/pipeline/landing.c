/* landing.c -- Shard to raw objects.
 *
 * Why there is no checkpoint: the raw objects are it. An object's key holds the first sequence
 * number of what it has, and its metadata the last; the position to go on from is the last of the
 * newest object. The put is conditional, so of two landers that hold the same first record only one
 * writes; the other adopts what was written and goes on behind it.
 *
 * Invariants:
 * 1. `landed` is the last sequence number of an object that S3 has acknowledged, or that was read
 * there.
 * 2. The batch holds the shard's records directly after `landed`, without a gap. It is emptied only
 * by 1.
 * 3. After a failure the batch stays as it is and is put again: the same bytes under the same key.
 * An object's records never overlap another's: each begins behind the last of the one before.
 * 4. Where the shard was not read for longer than the stream keeps its records, the position is
 * looked for in S3 anew (another lander may have gone on), and what may be gone is told by the next
 * object (LANDING_META_GAP).
 * 5. The lander of an idle shard notes until when all that came has landed (shard_note.h), several
 * times within the retention, and never in front of a gap that is still to be told. */
#include "pipeline/landing.h"

#include <inttypes.h>
#include "aws/kinesis.h"
#include "aws/s3.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "pipeline/capture_codec.h"
#include "shard_note.h"

#define META_LAST "last-sequence-number"
#define META_RECORDS "records"
#define META_SHA256 "sha256-of-raw"
#define META_ARRIVED "last-arrived-ms"
#define GET_RECORDS_MAX 10000
#define DAYS_AT_ONCE 2 /* are looked through before the retention is asked for */
#define HOURS_BEHIND 2 /* of raw/.../hh=.. that are looked through past the first hit */
/* a stream keeps its records for 24 hours at least */
#define RETENTION_US_MIN US_PER_DAY
#define NOTE_US (RETENTION_US_MIN / 4)        /* three may fail */
#define CLOCK_OFF_US_MAX (15 * US_PER_MINUTE) /* ours; a signature of a worse one is refused */

struct landing {
    struct pipeline *pipeline;
    struct str shard;
    struct arena *scratch; /* ends with each turn */
    struct capture_codec *captures;
    struct arena *batch;    /* ends when the batch has landed */
    struct arena *position; /* ends when the iterator or `landed` is replaced */
    struct str landed;      /* empty: nothing yet */
    struct str iterator;    /* empty: none in force */
    bool positioned, ended;
    int64_t read_us; /* by the stream's clock: all that arrived until then was read; 0: not known */
    int64_t told_us; /* of that, what S3 says: by the last object, or the note of an idle shard */
    bool reopened;   /* nothing was read from the iterator in force yet */
    int64_t gap_since_us, gap_until_us; /* in front of what lands next; until 0: none */
    struct capture_record *records;
    size_t count, bytes;
    int64_t began_us; /* monotonic: when the batch got its first record */
    int failures;     /* in a row; keys the backoff */
};

struct landing *landing_new(struct arena *a, struct pipeline *p, struct str shard_id)
{
    struct landing *l = NEW(a, struct landing);
    *l = (struct landing){.pipeline = p, .shard = str_copy(a, shard_id)};
    l->scratch = arena_child(a, "landing turn", ARENA_TASK_BYTES_MAX);
    l->captures = capture_codec_new(a);
    l->batch = arena_child(a, "landing batch", ARENA_TASK_BYTES_MAX);
    l->position = arena_child(a, "landing position", 1 * MIB);
    return l;
}

static void batch_clear(struct landing *l)
{
    arena_reset(l->batch);
    l->records = NULL;
    l->count = l->bytes = 0;
}

/* Sets where the shard has landed to; the iterator is valid only while nothing was adopted from
 * elsewhere. */
static void landed_set(struct landing *l, struct str sequence_number, bool keep_iterator)
{
    struct str iterator = keep_iterator ? str_copy(l->scratch, l->iterator) : STR_EMPTY;
    struct str landed = str_copy(l->scratch, sequence_number);
    arena_reset(l->position);
    l->landed = str_copy(l->position, landed);
    l->iterator = str_copy(l->position, iterator);
}

/* ---- the position, from S3 ---- */

/* The key of this shard with the largest first sequence number under one hour, or the one that is
 * given. Arrival times may step back, so it is not always the last one in the listing. */
static enum err newest_of_hour(struct landing *l, struct str hour, struct str *key,
                               struct str *key_first, struct diag *d)
{
    struct s3_listing listing;
    struct str prefix = str_printf(l->scratch, "%.*s%.*s-", STR_ARG(hour), STR_ARG(l->shard));
    TRY(s3_list(&l->pipeline->aws, l->pipeline->def->bucket, prefix, 0, STR_EMPTY, l->scratch,
                &listing, d));
    for (size_t i = 0; i < listing.count; i++) {
        struct str first;
        if (pipeline_raw_key_parse(listing.objects[i].key, l->shard, &first) &&
            sequence_cmp(first, *key_first) > 0) {
            *key = listing.objects[i].key;
            *key_first = first;
        }
    }
    return ERR_OK;
}

static enum err folders(struct landing *l, struct str under, struct s3_listing *ret_listing,
                        struct diag *d)
{
    return s3_list(&l->pipeline->aws, l->pipeline->def->bucket, under, '/', STR_EMPTY, l->scratch,
                   ret_listing, d);
}

/* The first day whose objects can tell where to go on: what is older than the stream's retention
 * has left the shard, and its beginning is behind all of it. Asked for where the walk gets long. */
static enum err oldest_day(struct landing *l, struct str *ret_day, struct diag *d)
{
    int64_t retention_us;
    struct buf day;
    TRY(kinesis_retention(&l->pipeline->aws, l->pipeline->def->stream, l->scratch, &retention_us,
                          d));
    buf_init(&day, l->scratch, 2 * KIB);
    buf_addf(&day, "raw/%.*s/dt=", STR_ARG(l->pipeline->def->name));
    instant_date(&day, rt_wall_us(l->pipeline->env->rt) - retention_us - US_PER_DAY);
    *ret_day = buf_str(&day);
    return ERR_OK;
}

/* Looks through the hours, newest first, and some further than the first hit: the chain's last
 * object may carry an older hour by a record whose arrival stepped back. */
static enum err newest_key(struct landing *l, struct str *ret_key, struct diag *d)
{
    struct str root = str_printf(l->scratch, "raw/%.*s/", STR_ARG(l->pipeline->def->name));
    struct s3_listing days, hours;
    TRY(folders(l, root, &days, d));
    struct str newest = STR_EMPTY, newest_first = STR_EMPTY;
    size_t looked_behind = 0;
    struct str oldest = STR_EMPTY;
    for (size_t day = days.prefix_count; day-- > 0 && looked_behind <= HOURS_BEHIND;) {
        if (days.prefix_count - day == DAYS_AT_ONCE + 1) {
            TRY(oldest_day(l, &oldest, d));
        }
        if (str_cmp(days.prefixes[day], oldest) < 0) {
            break;
        }
        TRY(folders(l, days.prefixes[day], &hours, d));
        for (size_t i = hours.prefix_count; i-- > 0 && looked_behind <= HOURS_BEHIND;) {
            TRY(newest_of_hour(l, hours.prefixes[i], &newest, &newest_first, d));
            looked_behind += newest.len > 0;
        }
    }
    *ret_key = newest;
    return ERR_OK;
}

struct object_end {
    struct str last, sha256;
    int64_t arrived_us; /* of its last record */
};

/* What an object says of itself; metadata that is missing makes it no object of ours. Without a
 * time of arrival (an earlier version wrote it) it is as good as when it was written. */
static enum err object_end_read(struct landing *l, struct str key, struct object_end *ret_end,
                                struct diag *d)
{
    struct s3_object object;
    struct diag ignored = DIAG_INIT;
    int64_t arrived_ms;
    TRY(s3_head(&l->pipeline->aws, l->pipeline->def->bucket, key, l->scratch, &object, d));
    bool told =
        str_i64(http_header(&object.metadata, META_ARRIVED), &arrived_ms, &ignored) == ERR_OK;
    *ret_end =
        (struct object_end){.last = http_header(&object.metadata, META_LAST),
                            .sha256 = http_header(&object.metadata, META_SHA256),
                            .arrived_us = told ? arrived_ms * US_PER_MS : object.modified_us};
    if (ret_end->last.len == 0) {
        return fail(d, ERR_CORRUPT, "s3://%.*s/%.*s has no %s: it was not landed by this pipeline",
                    STR_ARG(l->pipeline->def->bucket), STR_ARG(key), META_LAST);
    }
    return ERR_OK;
}

static bool may_have_expired(const struct landing *l)
{
    return l->landed.len > 0 && l->read_us > 0 &&
           rt_wall_us(l->pipeline->env->rt) - l->read_us > RETENTION_US_MIN;
}

static enum err position_find(struct landing *l, struct diag *d)
{
    struct str key;
    struct object_end end = {.last = STR_EMPTY};
    TRY(newest_key(l, &key, d));
    if (key.len > 0) {
        TRY(object_end_read(l, key, &end, d));
    }
    landed_set(l, end.last, false);
    l->read_us = end.arrived_us;
    if (may_have_expired(l)) {
        int64_t noted_us;
        TRY(shard_note_read(l->pipeline, l->shard, l->scratch, &noted_us, d));
        l->read_us = noted_us > l->read_us ? noted_us : l->read_us;
    }
    l->told_us = l->read_us;
    l->positioned = true;
    pipeline_log(l->pipeline, LOG_INFO, "landing", "positioned", "shard=%.*s after=%.*s",
                 STR_ARG(l->shard), STR_ARG(end.last));
    return ERR_OK;
}

/* ---- what the stream does not keep ---- */

/* The first answer of an iterator has come: what is it that it cannot have held any more? */
static enum err gap_look(struct landing *l, struct diag *d)
{
    int64_t retention_us;
    if (l->reopened && may_have_expired(l)) {
        TRY(kinesis_retention(&l->pipeline->aws, l->pipeline->def->stream, l->scratch,
                              &retention_us, d));
        int64_t horizon_us = rt_wall_us(l->pipeline->env->rt) - retention_us;
        if (l->read_us < horizon_us) {
            l->gap_since_us = l->read_us;
            l->gap_until_us = horizon_us;
            pipeline_log(l->pipeline, LOG_ERROR, "landing", "gap", "shard=%.*s after=%.*s",
                         STR_ARG(l->shard), STR_ARG(l->landed));
        }
    }
    l->reopened = false;
    return ERR_OK;
}

/* All until the last record; at the tip, until now. */
static void read_note(struct landing *l, const struct kinesis_batch *got)
{
    int64_t tip_us = rt_wall_us(l->pipeline->env->rt) - CLOCK_OFF_US_MAX;
    if (got->count > 0) {
        l->read_us = got->records[got->count - 1].arrived_us;
    }
    if (got->behind_ms == 0 && tip_us > l->read_us) {
        l->read_us = tip_us;
    }
}

/* ---- reading ---- */

static enum err iterator_open(struct landing *l, struct diag *d)
{
    struct str after = l->count > 0 ? l->records[l->count - 1].sequence_number : l->landed;
    enum kinesis_position position = after.len > 0 ? KINESIS_AFTER_SEQUENCE : KINESIS_TRIM_HORIZON;
    struct str iterator;
    TRY(kinesis_iterator(&l->pipeline->aws, l->pipeline->def->stream, l->shard, position, after, 0,
                         l->scratch, &iterator, d));
    l->iterator = str_copy(l->position, iterator);
    l->reopened = true;
    return ERR_OK;
}

static void batch_add(struct landing *l, const struct kinesis_record *record)
{
    if (l->count == 0) {
        l->records = NEW_ARRAY(l->batch, struct capture_record, l->pipeline->def->land_records_max);
        l->began_us = rt_mono_us(l->pipeline->env->rt);
    }
    l->records[l->count++] = (struct capture_record){
        .sequence_number = str_copy(l->batch, record->sequence_number),
        .partition_key = str_copy(l->batch, record->partition_key),
        .arrived_us = record->arrived_us,
        .data = str_copy(l->batch, record->data),
    };
    l->bytes += record->data.len;
}

static enum err read_more(struct landing *l, size_t *ret_read, struct diag *d)
{
    if (l->iterator.len == 0) {
        TRY(iterator_open(l, d));
    }
    size_t room = l->pipeline->def->land_records_max - l->count;
    int limit = (int)(room > GET_RECORDS_MAX ? GET_RECORDS_MAX : room);
    struct kinesis_batch got;
    enum err err = kinesis_get(&l->pipeline->aws, l->iterator, limit, l->scratch, &got, d);
    if (err != ERR_OK) {
        l->iterator =
            STR_EMPTY; /* expired or in doubt: the next turn takes one behind what is kept */
        return err;
    }
    TRY(gap_look(l, d));
    read_note(l, &got);
    for (size_t i = 0; i < got.count; i++) {
        batch_add(l, &got.records[i]);
    }
    l->ended = got.next_iterator.len == 0;
    struct str landed = str_copy(l->scratch, l->landed);
    arena_reset(l->position);
    l->landed = str_copy(l->position, landed);
    l->iterator = str_copy(l->position, got.next_iterator);
    *ret_read = got.count;
    return ERR_OK;
}

/* ---- landing ---- */

static bool batch_is_due(const struct landing *l)
{
    const struct definition *def = l->pipeline->def;
    if (l->count == 0) {
        return false;
    }
    int64_t age_us = rt_mono_us(l->pipeline->env->rt) - l->began_us;
    return l->ended || l->count == def->land_records_max || l->bytes >= def->land_bytes_max ||
           age_us >= def->land_age_us;
}

/* Checksum of the records' bytes: what makes two objects the same, whatever zstd's version wrote.
 */
static struct str raw_sha256(const struct landing *l)
{
    struct buf raw;
    buf_init(&raw, l->scratch, CAPTURE_BYTES_MAX);
    for (size_t i = 0; i < l->count; i++) {
        buf_add(&raw, l->records[i].data);
        buf_add_char(&raw, '\n');
    }
    return hash_sha256_hex(l->scratch, buf_str(&raw));
}

/* The key is taken: by ourselves in an attempt whose answer was lost, by an earlier life, or by
 * another lander. Either way it holds records from our first one on, and the shard goes on behind
 * its last. */
static enum err adopt(struct landing *l, struct str key, struct str our_sha256, struct diag *d)
{
    struct object_end end;
    TRY(object_end_read(l, key, &end, d));
    struct str our_last = l->records[l->count - 1].sequence_number;
    bool same_run = str_eq(end.last, our_last);
    if (same_run && !str_eq(end.sha256, our_sha256)) {
        return fail(d, ERR_CORRUPT, "s3://%.*s/%.*s holds other bytes for the same records",
                    STR_ARG(l->pipeline->def->bucket), STR_ARG(key));
    }
    pipeline_log(l->pipeline, LOG_INFO, "landing", "adopted", "key=%.*s same=%d", STR_ARG(key),
                 same_run);
    rt_trace(l->pipeline->env->rt, "landing adopted", key, same_run);
    landed_set(l, end.last, same_run);
    l->read_us = same_run ? l->read_us : end.arrived_us;
    l->told_us = end.arrived_us;
    l->gap_until_us = 0;
    l->ended = l->ended && same_run; /* what we had read past it is read again */
    batch_clear(l);
    return ERR_OK;
}

static enum err land(struct landing *l, struct diag *d)
{
    const struct capture_record *first = &l->records[0];
    struct str last = l->records[l->count - 1].sequence_number;
    struct str key = pipeline_raw_key(l->pipeline, l->scratch, first->arrived_us, l->shard,
                                      first->sequence_number);
    struct str object = capture_codec_write(l->captures, l->scratch, l->records, l->count);
    struct str sha256 = raw_sha256(l);
    int64_t arrived_ms = l->records[l->count - 1].arrived_us / US_PER_MS;
    struct http_header metadata[] = {
        {STR(META_LAST), last},
        {STR(META_RECORDS), str_printf(l->scratch, "%zu", l->count)},
        {STR(META_SHA256), sha256},
        {STR(META_ARRIVED), str_printf(l->scratch, "%" PRId64, arrived_ms)},
        {STR(LANDING_META_GAP),
         str_printf(l->scratch, "%" PRId64 "-%" PRId64, l->gap_since_us / US_PER_MS,
                    l->gap_until_us / US_PER_MS)},
    };
    struct s3_put_options options = {.content_type = STR("application/zstd"),
                                     .if_none_match = true,
                                     .metadata = metadata,
                                     .metadata_count = l->gap_until_us > 0 ? 5 : 4};
    struct s3_object stored;
    enum err err = s3_put(&l->pipeline->aws, l->pipeline->def->bucket, key, object, &options,
                          l->scratch, &stored, d);
    if (err == ERR_CONFLICT) {
        diag_clear(d);
        return adopt(l, key, sha256, d);
    }
    TRY(err);
    pipeline_log(l->pipeline, LOG_INFO, "landing", "landed", "key=%.*s records=%zu bytes=%zu",
                 STR_ARG(key), l->count, l->bytes);
    landed_set(l, last, true);
    l->told_us = arrived_ms * US_PER_MS;
    l->gap_until_us = 0;
    batch_clear(l);
    return ERR_OK;
}

/* An idle shard's lander says how far it has read, for whoever begins anew behind it. It lands
 * nothing less where that fails: the next note is written all the same. */
static void note_idle(struct landing *l)
{
    bool all_landed = l->landed.len > 0 && l->count == 0 && !l->ended && l->gap_until_us == 0;
    if (!all_landed || l->read_us - l->told_us < NOTE_US) {
        return;
    }
    struct diag d = DIAG_INIT;
    if (shard_note_write(l->pipeline, l->shard, l->read_us, l->scratch, &d) != ERR_OK) {
        pipeline_log(l->pipeline, LOG_WARN, "landing", "not-noted", "shard=%.*s why=%s",
                     STR_ARG(l->shard), d.msg);
    }
    l->told_us = l->read_us;
}

/* Before a new iterator is taken behind what may be gone: what is held lands, and S3 is asked where
 * to go on. */
static enum err position_again(struct landing *l, struct diag *d)
{
    if (l->count > 0) {
        TRY(land(l, d));
    }
    l->positioned = false;
    return ERR_OK;
}

static enum err turn(struct landing *l, int64_t *ret_idle_us, struct diag *d)
{
    if (l->positioned && l->iterator.len == 0 && may_have_expired(l)) {
        TRY(position_again(l, d));
    }
    if (!l->positioned) {
        TRY(position_find(l, d));
    }
    size_t read = 0;
    bool full = l->count == l->pipeline->def->land_records_max ||
                l->bytes >= l->pipeline->def->land_bytes_max;
    if (!l->ended && !full) {
        TRY(read_more(l, &read, d));
    }
    if (batch_is_due(l)) {
        TRY(land(l, d));
    }
    note_idle(l);
    if (landing_is_drained(l)) {
        return fail(d, ERR_NOT_FOUND, "shard %.*s is closed and drained", STR_ARG(l->shard));
    }
    *ret_idle_us = read > 0 ? 0 : l->pipeline->def->poll_us;
    return ERR_OK;
}

enum err landing_turn(struct landing *l, int64_t *ret_idle_us, struct diag *d)
{
    arena_reset(l->scratch);
    enum err err = turn(l, ret_idle_us, d);
    if (err == ERR_OK) {
        l->failures = 0;
        return ERR_OK;
    }
    bool expired = err == ERR_CONFLICT && diag_is_named(d, "ExpiredIteratorException");
    if (!expired && !err_is_transient(err)) {
        return err;
    }
    l->failures++;
    pipeline_log(l->pipeline, LOG_WARN, "landing", "retry", "shard=%.*s failures=%d why=%s",
                 STR_ARG(l->shard), l->failures, d->msg);
    diag_clear(d);
    *ret_idle_us = expired ? 0 : l->pipeline->def->poll_us;
    return ERR_OK;
}

bool landing_is_drained(const struct landing *l)
{
    return l->ended && l->count == 0;
}

enum err landing_probe(struct landing *l, bool *ret_drained, struct diag *d)
{
    struct kinesis_batch got;
    *ret_drained = false;
    arena_reset(l->scratch);
    if (!l->positioned) {
        TRY(position_find(l, d));
    }
    if (l->iterator.len == 0) {
        TRY(iterator_open(l, d));
    }
    struct str iterator = l->iterator;
    l->iterator = STR_EMPTY;
    TRY(kinesis_get(&l->pipeline->aws, iterator, 1, l->scratch, &got, d));
    l->positioned = got.count == 0; /* else somebody is still at it: look where they are */
    *ret_drained = got.count == 0 && got.next_iterator.len == 0;
    if (l->positioned && !*ret_drained) {
        struct str landed = str_copy(l->scratch, l->landed);
        arena_reset(l->position);
        l->landed = str_copy(l->position, landed);
        l->iterator = str_copy(l->position, got.next_iterator);
    }
    return ERR_OK;
}

bool landing_has_batch(const struct landing *l)
{
    return l->count > 0;
}
