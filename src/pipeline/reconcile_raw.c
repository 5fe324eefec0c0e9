/* reconcile_raw.c -- Raw, decoded again: which objects, and what is in them. An event counts once,
 * by its first record in the order of keys. */
#include "reconcile_parts.h"

#include "aws/s3.h"
#include "base/instant.h"
#include "pipeline/aggregated.h"
#include "pipeline/capture_codec.h"
#include "pipeline/record.h"

#define DAYS_BEFORE 1
#define DAYS_AFTER 2

/* Whether an object that arrived then may, without being late, have events of our days. */
static bool is_near(const struct reconciliation *r, int64_t arrival_day_us)
{
    for (int64_t back = -DAYS_BEFORE; back <= DAYS_AFTER; back++) {
        if (reconcile_day_find(r, arrival_day_us - back * US_PER_DAY) != NO_DAY) {
            return true;
        }
    }
    return false;
}

enum err reconcile_raw_list(struct reconciliation *r, struct diag *d)
{
    struct str root = str_printf(r->arena, "raw/%.*s/", STR_ARG(r->def->name));
    struct s3_listing listing;
    TRY(s3_list(&r->p->aws, r->def->bucket, root, 0, STR_EMPTY, r->memory, &listing, d));
    for (size_t i = 0; i < listing.count; i++) {
        if (!str_ends(listing.objects[i].key, STR(".ndjson.zst"))) {
            continue;
        }
        struct raw_object *o = reconcile_object(r, listing.objects[i].key);
        o->listed = true;
        o->landed_us = listing.objects[i].modified_us;
    }
    return ERR_OK;
}

static int64_t arrival_day(struct str key)
{
    struct diag ignored = DIAG_INIT;
    size_t at = str_find_str(key, STR("/dt="));
    int64_t us = INSTANT_NEVER;
    if (at == STR_NONE || instant_parse(str_slice(key, at + 4, at + 14), &us, &ignored) != ERR_OK) {
        return INSTANT_NEVER;
    }
    return us;
}

static void see_record(struct reconciliation *r, struct raw_object *o, const struct row *row)
{
    o->records++;
    o->rejected += row->fate == RECORD_REJECTED;
    o->filtered += row->fate == RECORD_FILTERED;
    size_t day = row->fate == RECORD_FILTERED ? NO_DAY : reconcile_day_find(r, row->event_us);
    if (day == NO_DAY) {
        return;
    }
    o->day = o->day == NO_DAY ? day : o->day;
    struct day_state *state = &r->days[day];
    if (state->landed_us == INSTANT_NEVER || o->landed_us > state->landed_us) {
        state->landed_us = o->landed_us;
    }
    if (!o->loaded && o->landed_us < r->days[day].unloaded_since_us) {
        r->days[day].unloaded_since_us = o->landed_us;
    }
}

static enum err object_decode(struct reconciliation *r, struct raw_object *o,
                              const struct record_decoder *decoder, struct str body, struct diag *d)
{
    struct capture_record *stored;
    size_t count;
    TRY(capture_codec_read(r->captures, r->scratch, body, &stored, &count, d));
    const struct capture_record *records = stored;
    aggregated_expand(r->scratch, &records, &count);
    o->readable = true;
    for (size_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(r->scratch);
        struct row row =
            record_decode(decoder, records[i].data, (struct record_origin){o->key, i}, r->scratch);
        see_record(r, o, &row);
        enum err err = ERR_OK;
        if (row.fate == RECORD_ROW && reconcile_day_find(r, row.event_us) != NO_DAY &&
            id_set_add(r->seen, row.event_id)) {
            err = tally_add(r->raw, &row, d);
        }
        arena_rewind(r->scratch, mark);
        TRY(err);
    }
    return ERR_OK;
}

/* An object that is gone or damaged is what reconciliation is there to tell: it becomes a line. */
static enum err object_read(struct reconciliation *r, struct raw_object *o,
                            const struct record_decoder *decoder, struct diag *d)
{
    struct s3_object object;
    enum err err = s3_get(&r->p->aws, r->def->bucket, o->key, r->scratch, &object, d);
    if (err == ERR_OK) {
        err = object_decode(r, o, decoder, object.body, d);
    }
    if (err == ERR_CORRUPT || (err == ERR_NOT_FOUND && !diag_is_named(d, "NoSuchBucket"))) {
        pipeline_log(r->p, LOG_ERROR, "reconcile", "unreadable", "key=%.*s why=%s", STR_ARG(o->key),
                     d->msg);
        diag_clear(d);
        return ERR_OK;
    }
    return err;
}

bool reconcile_object_is_read(const struct raw_object *o)
{
    bool moved = o->loaded &&
                 (o->rows != o->noted_rows ||
                  o->rows + o->duplicates + o->quarantined + o->noted_filtered != o->noted_records);
    return o->near || o->named || !o->loaded || moved;
}

enum err reconcile_raw(struct reconciliation *r, struct diag *d)
{
    struct record_decoder *decoder = record_decoder_new(r->memory, r->def);
    const struct tree_entry *e = tree_seek(r->objects, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(r->objects, e->key, true)) {
        struct raw_object *o = e->value;
        int64_t day_us = arrival_day(o->key);
        o->near = day_us != INSTANT_NEVER && is_near(r, day_us);
        o->arrival_day = reconcile_day_find(r, day_us);
        if (!reconcile_object_is_read(o)) {
            continue;
        }
        struct arena_mark mark = arena_mark(r->scratch);
        enum err err = object_read(r, o, decoder, d);
        arena_rewind(r->scratch, mark);
        if (err != ERR_OK) {
            return diag_context(d, "raw object %.*s", STR_ARG(o->key));
        }
    }
    return ERR_OK;
}
