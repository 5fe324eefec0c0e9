/* loading.c -- The loader's turn: what is in raw and not yet in the warehouse goes in, one object a
 * transaction.
 *
 * What is loaded is asked of the warehouse, never remembered across a doubt: after an unknown
 * commit the object's line is looked up before anything is tried again.
 *
 * A key begins with the hour in which its first record arrived, so what is new now is found by a
 * listing from the newest hour on, or the hour before while objects of that may still be landing.
 * What lands later than that carries an arrival of hours ago. Every LOOK_EVERY turns a listing goes
 * back an hour, every second of those two hours, every fourth four: what landed late is found after
 * a time in proportion to how late it was, and each depth costs the same. At most the stream's
 * retention ago, which the widest listing sees, now and then. */
#include "pipeline/loading.h"

#include <inttypes.h>
#include "aws/s3.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/map.h"
#include "pipeline/aggregated.h"
#include "pipeline/alert.h"
#include "pipeline/capture_codec.h"
#include "pipeline/landing.h"

#define RETENTION_US_MAX (366 * US_PER_DAY) /* Kinesis keeps records 8760 hours at most */
#define LOOK_EVERY 8                        /* turns from one look back by an hour to the next */
#define WIDEST_EVERY 2048                   /* and from one listing of everything */
#define LANDING_US (5 * US_PER_MINUTE)      /* beside the age of a batch: how long a put may take */
#define KEYS_SEED 0x6b657973u

struct loading {
    struct pipeline *pipeline;
    struct arena *scratch; /* ends with each turn */
    struct capture_codec *captures;
    struct arena *known; /* keys that are in the warehouse */
    struct map *loaded;
    struct record_decoder *decoder;
    unsigned index, count;
    uint64_t turns;
    int64_t look_us;        /* monotonic: no listing before */
    struct str newest_hour; /* raw/<name>/dt=.../hh=.. of the newest object that was loaded */
    bool seeded;            /* `loaded` holds what earlier lives have loaded */
};

struct loading *loading_new(struct arena *a, struct pipeline *p, unsigned index, unsigned count)
{
    struct loading *l = NEW(a, struct loading);
    *l = (struct loading){.pipeline = p, .index = index, .count = count == 0 ? 1 : count};
    l->scratch = arena_child(a, "loading turn", ARENA_TASK_BYTES_MAX);
    l->captures = capture_codec_new(a);
    l->known = arena_child(a, "loaded keys", ARENA_TASK_BYTES_MAX);
    l->loaded = map_new(l->known);
    l->decoder = record_decoder_new(a, p->def);
    return l;
}

static void note_loaded(struct loading *l, struct str key)
{
    map_put(l->loaded, key, l);
    struct str hour = str_slice(key, 0, str_find_last(key, '/'));
    if (str_cmp(hour, l->newest_hour) > 0) {
        l->newest_hour = str_copy(l->known, hour);
    }
}

static enum err seed(struct loading *l, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(l->pipeline->def->name)};
    struct warehouse_result result;
    TRY(warehouse_query(
        l->pipeline->warehouse,
        STR("select object_key from aforo_loaded_object where pipeline = $1 order by object_key"),
        params, 1, l->scratch, &result, d));
    for (size_t i = 0; i < result.row_count; i++) {
        note_loaded(l, warehouse_at(&result, i, 0)->text);
    }
    l->seeded = true;
    return ERR_OK;
}

static enum err is_loaded(struct loading *l, struct str key, bool *ret_loaded, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(l->pipeline->def->name), warehouse_text(key)};
    struct warehouse_result result;
    TRY(warehouse_query(
        l->pipeline->warehouse,
        STR("select records from aforo_loaded_object where pipeline = $1 and object_key = $2"),
        params, 2, l->scratch, &result, d));
    *ret_loaded = result.row_count > 0;
    return ERR_OK;
}

/* ---- quarantine ---- */

static void quarantine_line(struct buf *out, struct str key, const struct capture_record *record,
                            const struct row *row, size_t ordinal)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_kstr(&w, "reason", row->reason);
    json_out_kstr(&w, "object", key);
    json_out_ki64(&w, "ordinal", (int64_t)ordinal);
    json_out_kstr(&w, "sequence_number", record->sequence_number);
    json_out_kstr(&w, "partition_key", record->partition_key);
    json_out_key(&w, "data_base64");
    json_out_base64(&w, record->data);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}

/* quarantine/<the raw key without raw/ and .zst>: the refused records of one object, before the
 * warehouse hears of them. The content follows from the object alone, so a key that is taken holds
 * the same. */
static enum err quarantine_put(struct loading *l, struct str key,
                               const struct capture_record *records, const struct row *rows,
                               size_t count, struct diag *d)
{
    struct buf lines;
    buf_init(&lines, l->scratch, HTTP_BODY_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fate == RECORD_REJECTED) {
            quarantine_line(&lines, key, &records[i], &rows[i], i);
        }
    }
    if (lines.len == 0) {
        return ERR_OK;
    }
    struct str tail = str_slice(key, STR("raw/").len, key.len - STR(".zst").len);
    struct str quarantine = str_printf(l->scratch, "quarantine/%.*s", STR_ARG(tail));
    struct s3_put_options options = {.content_type = STR("application/x-ndjson"),
                                     .if_none_match = true};
    struct s3_object stored;
    enum err err = s3_put(&l->pipeline->aws, l->pipeline->def->bucket, quarantine, buf_str(&lines),
                          &options, l->scratch, &stored, d);
    if (err == ERR_CONFLICT) {
        diag_clear(d);
        return ERR_OK;
    }
    return err;
}

/* ---- one object ---- */

/* What the lander found to be gone from the stream in front of the object; empty: nothing. */
static struct str gap_text(struct loading *l, const struct s3_object *object, struct str key)
{
    struct str since, until, gap = http_header(&object->metadata, LANDING_META_GAP);
    struct diag ignored = DIAG_INIT;
    int64_t since_ms, until_ms;
    if (!str_split(gap, '-', &since, &until) || str_i64(since, &since_ms, &ignored) != ERR_OK ||
        str_i64(until, &until_ms, &ignored) != ERR_OK) {
        return STR_EMPTY;
    }
    struct buf text;
    buf_init(&text, l->scratch, 4 * KIB);
    buf_add_z(&text, "Nobody read the stream for longer than it keeps its records: what arrived "
                     "between ");
    instant_iso(&text, since_ms * US_PER_MS);
    buf_add_z(&text, " and ");
    instant_iso(&text, until_ms * US_PER_MS);
    buf_addf(&text, " in front of %.*s is lost unless its producers send it again", STR_ARG(key));
    return buf_str(&text);
}

static enum err load_records(struct loading *l, const struct s3_object *object, struct str key,
                             struct diag *d)
{
    struct capture_record *stored;
    size_t count;
    TRY(capture_codec_read(l->captures, l->scratch, object->body, &stored, &count, d));
    const struct capture_record *records = stored;
    aggregated_expand(l->scratch, &records, &count);
    struct row *rows = NEW_ARRAY(l->scratch, struct row, count);
    for (size_t i = 0; i < count; i++) {
        rows[i] =
            record_decode(l->decoder, records[i].data, (struct record_origin){key, i}, l->scratch);
    }
    TRY(quarantine_put(l, key, records, rows, count, d));
    struct loading_object loading = {.key = key,
                                     .etag = object->etag,
                                     .checksum = hash64(0, object->body),
                                     .code_version = l->pipeline->env->code_version,
                                     .gap = gap_text(l, object, key),
                                     .decoded = rows,
                                     .count = count};
    struct loaded_counts counts;
    TRY(loading_commit(l->pipeline->warehouse, l->pipeline->def, &loading,
                       rt_wall_us(l->pipeline->env->rt), l->scratch, &counts, d));
    pipeline_log(l->pipeline, LOG_INFO, "loading", "loaded",
                 "key=%.*s records=%" PRIu64 " rows=%" PRIu64 " duplicates=%" PRIu64
                 " quarantined=%" PRIu64,
                 STR_ARG(key), counts.records, counts.rows, counts.duplicates, counts.quarantined);
    return ERR_OK;
}

/* Another loader had it, or the answer to our commit was lost: the warehouse knows which. */
static enum err look_again(struct loading *l, struct str key, struct diag *d)
{
    bool loaded;
    diag_clear(d);
    TRY(is_loaded(l, key, &loaded, d));
    if (!loaded) {
        return fail(d, ERR_UNAVAILABLE, "the commit of %.*s was in doubt and had not happened",
                    STR_ARG(key));
    }
    return ERR_OK;
}

/* An object whose bytes are not what was landed: people are told, once, and the other objects go
 * on. It stays unloaded, so every reconciliation shows it, and is read again when it is next
 * listed: the damage may have been on the way, or be mended. */
static enum err report_corrupt(struct loading *l, struct str key, struct diag *d)
{
    struct str text =
        str_printf(l->scratch, "Raw object %.*s cannot be read: %s", STR_ARG(key), d->msg);
    pipeline_log(l->pipeline, LOG_ERROR, "loading", "corrupt", "key=%.*s why=%s", STR_ARG(key),
                 d->msg);
    diag_clear(d);
    struct warehouse *w = l->pipeline->warehouse;
    TRY(warehouse_begin(w, d));
    enum err err = alert_raise(w, l->pipeline->def, CRITICALITY_CRITICAL, STR("corrupt-object"),
                               key, text, rt_wall_us(l->pipeline->env->rt), l->scratch, d);
    err = err == ERR_OK ? warehouse_commit(w, d) : err;
    if (err != ERR_OK) {
        warehouse_rollback(w);
    }
    return err;
}

/* Sets *ret_loaded to whether the warehouse has it now. */
static enum err load_object(struct loading *l, struct str key, bool *ret_loaded, struct diag *d)
{
    *ret_loaded = false;
    bool loaded;
    TRY(is_loaded(l, key, &loaded, d));
    if (!loaded) {
        struct s3_object object;
        enum err err =
            s3_get(&l->pipeline->aws, l->pipeline->def->bucket, key, l->scratch, &object, d);
        if (err == ERR_OK) {
            err = load_records(l, &object, key, d);
        }
        if (err == ERR_CONFLICT || err == ERR_UNKNOWN) {
            err = look_again(l, key, d);
        } else if (err == ERR_CORRUPT) {
            return report_corrupt(l, key, d);
        }
        TRY(err);
    }
    note_loaded(l, key);
    *ret_loaded = true;
    return ERR_OK;
}

/* ---- the turn ---- */

/* The hour of the newest object, or the one that `at_us` is in when that is before it. */
static void add_newest_hour(const struct loading *l, int64_t at_us, struct buf *key)
{
    size_t root = key->len;
    instant_date(key, at_us);
    buf_add_z(key, "/hh=");
    instant_hour(key, at_us);
    if (str_cmp(l->newest_hour, buf_str(key)) < 0) {
        buf_truncate(key, root);
        buf_add(key, str_from(l->newest_hour, root));
    }
}

/* How far this turn's listing goes back past what may still be landing. */
static int64_t look_back_us(uint64_t turn)
{
    int64_t back_us = 0;
    for (; turn % LOOK_EVERY == 0; turn /= 2) {
        back_us = back_us == 0 ? US_PER_HOUR : 2 * back_us;
    }
    return back_us;
}

static struct str list_from(struct loading *l)
{
    const struct definition *def = l->pipeline->def;
    int64_t now_us = rt_wall_us(l->pipeline->env->rt);
    struct buf key;
    buf_init(&key, l->scratch, 2 * KIB);
    buf_addf(&key, "raw/%.*s/dt=", STR_ARG(def->name));
    if (l->turns % WIDEST_EVERY == 0 || l->newest_hour.len == 0) {
        instant_date(&key, now_us - RETENTION_US_MAX);
    } else {
        int64_t back_us = def->land_age_us + LANDING_US + look_back_us(l->turns);
        add_newest_hour(l, now_us - back_us, &key);
    }
    return buf_str(&key);
}

static bool is_ours(const struct loading *l, struct str key)
{
    return str_ends(key, STR(".ndjson.zst")) && hash64(KEYS_SEED, key) % l->count == l->index;
}

static enum err turn(struct loading *l, size_t *ret_loaded, struct diag *d)
{
    if (!l->seeded) {
        TRY(seed(l, d));
    }
    struct str prefix = str_printf(l->scratch, "raw/%.*s/", STR_ARG(l->pipeline->def->name));
    struct s3_listing listing;
    TRY(s3_list(&l->pipeline->aws, l->pipeline->def->bucket, prefix, 0, list_from(l), l->scratch,
                &listing, d));
    l->turns++;
    for (size_t i = 0; i < listing.count; i++) {
        struct str key = listing.objects[i].key;
        if (!is_ours(l, key) || map_get(l->loaded, key) != NULL) {
            continue;
        }
        struct arena_mark mark = arena_mark(l->scratch);
        bool loaded;
        TRY(load_object(l, key, &loaded, d));
        arena_rewind(l->scratch, mark);
        *ret_loaded += loaded;
    }
    return ERR_OK;
}

/* A listing shows all that is there, so one that was worth it does not make the next one due
 * sooner: the turn after it waits for what is left of its poll. */
enum err loading_turn(struct loading *l, int64_t *ret_idle_us, struct diag *d)
{
    int64_t now_us = rt_mono_us(l->pipeline->env->rt), poll_us = l->pipeline->def->poll_us;
    if (now_us < l->look_us) {
        *ret_idle_us = l->look_us - now_us;
        return ERR_OK;
    }
    arena_reset(l->scratch);
    size_t loaded = 0;
    enum err err = turn(l, &loaded, d);
    *ret_idle_us = loaded > 0 && err == ERR_OK ? 0 : poll_us;
    l->look_us = *ret_idle_us == 0 ? now_us + poll_us : 0;
    if (err == ERR_OK || !err_is_transient(err)) {
        return err;
    }
    pipeline_log(l->pipeline, LOG_WARN, "loading", "retry", "why=%s", d->msg);
    diag_clear(d);
    return ERR_OK;
}
