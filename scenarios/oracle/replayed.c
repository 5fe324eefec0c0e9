/* replayed.c -- Replay changes nothing: every raw object is loaded again by the pipeline's own
 * loading, into the warehouse that has it (which must refuse each, twice), and into an empty one,
 * in another order, with sessions that die in the middle of a load. The table and the quarantine
 * that come of it are compared value by value; which of two copies of an event became the row is
 * the order's business, so where a row came from is left out. */
#include "oracle_parts.h"

#include "base/hash.h"
#include "base/rng.h"
#include "pipeline/capture_codec.h"
#include "pipeline/loading.h"

#define ORDER_STREAM UINT64_C(0x7265706c)
#define CRASH_IN 4 /* one load of so many dies before its end */

struct replay {
    struct oracle *o;
    const struct oracle_replay *in;
    struct oracle_finding *f;
    struct raw_copy {
        struct str key, etag, body;
    } * objects;
    size_t count;
    struct arena *scratch; /* of one object */
};
struct contents { /* of a warehouse */
    struct hash128 rows, quarantine;
    uint64_t row_count, quarantine_count;
};

/* ---- what is there ---- */

static void value_add(struct hash128 *h, const struct warehouse_value *v)
{
    hash128_add_u64(h, (uint64_t)v->type);
    hash128_add_u64(h, v->type == WAREHOUSE_TEXT ? 0 : (uint64_t)v->i64);
    hash128_add(h, v->type == WAREHOUSE_TEXT ? v->text : STR_EMPTY);
}

static enum err query_hash(struct replay *r, struct warehouse *w, struct str sql,
                           struct hash128 *ret_hash, uint64_t *ret_count, struct diag *d)
{
    struct warehouse_result rows;
    arena_reset(r->scratch);
    TRY(warehouse_query(w, sql, NULL, 0, r->scratch, &rows, d));
    hash128_init(ret_hash, 0);
    for (size_t i = 0; i < rows.row_count; i++) {
        for (size_t c = 0; c < rows.column_count; c++) {
            value_add(ret_hash, warehouse_at(&rows, i, c));
        }
    }
    *ret_count = rows.row_count;
    return ERR_OK;
}

static enum err contents_read(struct replay *r, struct warehouse *w, struct contents *ret_contents,
                              struct diag *d)
{
    const struct definition *def = r->o->in.def;
    struct buf sql;
    buf_init(&sql, r->o->scratch, 64 * KIB);
    buf_add_z(&sql, "select ");
    for (size_t i = 0; i < def->column_count; i++) {
        buf_addf(&sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(def->columns[i].name));
    }
    buf_addf(&sql, " from %.*s order by %.*s", STR_ARG(def->table),
             STR_ARG(def->columns[def->id_column].name));
    TRY(query_hash(r, w, buf_str(&sql), &ret_contents->rows, &ret_contents->row_count, d));
    return query_hash(r, w,
                      STR("select object_key, ordinal, reason from aforo_quarantine "
                          "order by object_key, ordinal"),
                      &ret_contents->quarantine, &ret_contents->quarantine_count, d);
}

static bool hash_same(const struct hash128 *a, const struct hash128 *b)
{
    return a->a == b->a && a->b == b->b;
}

static void contents_compare(struct replay *r, const struct contents *live,
                             const struct contents *again, const char *where)
{
    if (!hash_same(&live->rows, &again->rows)) {
        finding_add(r->o, r->f, ROW_STALE,
                    "%s: the table's %llu rows are not the %llu of the warehouse", where,
                    (unsigned long long)again->row_count, (unsigned long long)live->row_count);
    }
    if (!hash_same(&live->quarantine, &again->quarantine)) {
        finding_add(r->o, r->f, ROW_STALE,
                    "%s: %llu records in quarantine are not the %llu of the warehouse", where,
                    (unsigned long long)again->quarantine_count,
                    (unsigned long long)live->quarantine_count);
    }
}

/* ---- loading ---- */

static enum err rows_decode(struct replay *r, const struct raw_copy *object, struct row **ret_rows,
                            size_t *ret_count, struct diag *d)
{
    struct capture_record *records;
    TRY(capture_codec_read(r->o->captures, r->scratch, object->body, &records, ret_count, d));
    *ret_rows = NEW_ARRAY(r->scratch, struct row, *ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        struct record_origin origin = {object->key, i};
        (*ret_rows)[i] = record_decode(r->o->decoder, records[i].data, origin, r->scratch);
    }
    return ERR_OK;
}

/* ERR_CONFLICT: it is loaded. dies: the session ends in the middle, and nothing is loaded. */
static enum err object_load(struct replay *r, struct warehouse *w, const struct raw_copy *object,
                            bool dies, struct diag *d)
{
    struct loading_object loading = {.key = object->key,
                                     .etag = object->etag,
                                     .checksum = hash64(0, object->body),
                                     .code_version = STR("replay")};
    struct loaded_counts counts;
    struct row *rows;
    size_t count;
    arena_reset(r->scratch);
    TRY(rows_decode(r, object, &rows, &count, d));
    if (!dies) {
        loading.decoded = rows;
        loading.count = count;
        return loading_commit(w, r->o->in.def, &loading, 0, r->scratch, &counts, d);
    }
    struct load *load;
    TRY(loading_begin(r->scratch, w, r->o->in.def, &loading, 0, &load, d));
    enum err err = loading_add(load, rows, count / 2, r->scratch, d);
    return err; /* and no more: whoever has the session closes it */
}

/* Into the warehouse that has them: each is refused, and nothing changes. */
static enum err replay_live(struct replay *r, struct warehouse *w, struct diag *d)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = r->count; i > 0; i--) {
            enum err err = object_load(r, w, &r->objects[i - 1], false, d);
            if (err == ERR_OK) {
                finding_add(r->o, r->f, ROW_DUPLICATED, "raw object %.*s was loaded again",
                            STR_ARG(r->objects[i - 1].key));
            } else if (err == ERR_UNAVAILABLE || err == ERR_UNKNOWN) {
                return err;
            } else if (err != ERR_CONFLICT) {
                finding_add(r->o, r->f, ROW_STALE, "raw object %.*s cannot be refused: %s",
                            STR_ARG(r->objects[i - 1].key), d->msg);
            }
            diag_clear(d);
        }
    }
    return ERR_OK;
}

/* A place by chance for each; ties by the order there was. */
static void shuffle(struct replay *r)
{
    for (size_t i = r->count; i > 1; i--) {
        uint64_t draw = rng_u64(r->in->seed, ORDER_STREAM, 0, i);
        size_t at = (size_t)rng_below(draw, i);
        struct raw_copy moved = r->objects[i - 1];
        r->objects[i - 1] = r->objects[at];
        r->objects[at] = moved;
    }
}

static enum err session_begin(struct replay *r, struct arena **life, struct warehouse **ret_w,
                              struct diag *d)
{
    if (*life != NULL) {
        arena_free(*life);
    }
    *life = arena_child(r->o->scratch, "replayed session", ARENA_TASK_BYTES_MAX);
    TRY(r->in->open(r->in->ctx, *life, ret_w, d));
    return loading_tables(*ret_w, r->o->in.def, *life, d);
}

static enum err replay_empty(struct replay *r, struct contents *ret_contents, struct diag *d)
{
    struct arena *life = NULL;
    struct warehouse *w;
    TRY(session_begin(r, &life, &w, d));
    for (size_t i = 0; i < 2 * r->count; i++) { /* and each once more */
        const struct raw_copy *object = &r->objects[i < r->count ? i : i - r->count];
        uint64_t draw = rng_u64(r->in->seed, ORDER_STREAM, 1, i);
        if (i < r->count && rng_below(draw, CRASH_IN) == 0) {
            TRY(object_load(r, w, object, true, d));
            TRY(session_begin(r, &life, &w, d));
        }
        enum err err = object_load(r, w, object, false, d);
        if (err != ERR_OK && err != ERR_CONFLICT) {
            return err;
        }
        if ((err == ERR_OK) != (i < r->count)) {
            finding_add(r->o, r->f, ROW_DUPLICATED, "raw object %.*s was %s in an empty warehouse",
                        STR_ARG(object->key), err == ERR_OK ? "loaded twice" : "there already");
        }
        diag_clear(d);
    }
    return contents_read(r, w, ret_contents, d);
}

static void objects_copy(struct replay *r)
{
    struct oracle *o = r->o;
    struct emulator_object object;
    struct str prefix = str_printf(o->scratch, "raw/%.*s/", STR_ARG(o->in.def->name));
    r->objects = NEW_ARRAY(o->scratch, struct raw_copy, map_count(o->raw));
    for (struct str after = prefix;
         r->count < map_count(o->raw) &&
         emulator_object_next(o->in.emulator, o->in.def->bucket, after, o->scratch, &object) &&
         str_starts(object.key, prefix);
         after = object.key) {
        r->objects[r->count++] = (struct raw_copy){.key = str_copy(o->scratch, object.key),
                                                   .etag = str_copy(o->scratch, object.etag),
                                                   .body = object.body};
    }
}

enum err oracle_check_replay(struct oracle *o, const struct oracle_replay *replay,
                             struct oracle_finding *f, struct diag *d)
{
    struct contents live, again;
    arena_reset(o->scratch);
    struct replay r = {.o = o, .in = replay, .f = f};
    r.scratch = arena_child(o->scratch, "replayed object", ARENA_TASK_BYTES_MAX);
    objects_copy(&r);
    if (r.count == 0) {
        return ERR_OK;
    }
    TRY(contents_read(&r, o->in.warehouse, &live, d));
    TRY(loading_tables(o->in.warehouse, o->in.def, r.scratch, d));
    TRY(replay_live(&r, o->in.warehouse, d));
    TRY(contents_read(&r, o->in.warehouse, &again, d));
    contents_compare(&r, &live, &again, "loaded again into the same warehouse");
    shuffle(&r);
    TRY(replay_empty(&r, &again, d));
    contents_compare(&r, &live, &again, "loaded into an empty warehouse");
    return ERR_OK;
}
