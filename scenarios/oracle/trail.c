/* trail.c -- Where each copy of a record went: the stream's record, the raw object that it landed
 * in, and what the warehouse made of it there. Told of the records that the story names, then of
 * those that are wrong by their numbers, then of those that took a detour. */
#include "oracle_parts.h"

#define NAMED_ID_BYTES_MIN 3 /* shorter ids are found in any text */

enum interest { OF_NO_INTEREST, TOOK_A_DETOUR, IS_WRONG, IS_NAMED };

static bool is_named(const struct oracle_event *event, struct str story)
{
    struct str name = event_name(event);
    return name.len >= NAMED_ID_BYTES_MIN && str_contains(story, name);
}

/* By the last look at raw and warehouse. What is only on its way is not wrong. */
static enum interest interest_of(const struct oracle *o, const struct oracle_event *e,
                                 struct str story)
{
    uint32_t rows_max = o->in.def->id_by_position ? e->landed : 1;
    if (is_named(e, story)) {
        return IS_NAMED;
    }
    if ((e->acknowledged > 0 && e->stored == 0) || e->rows > rows_max ||
        (e->rows > 0 && !event_is_row(e))) {
        return IS_WRONG;
    }
    bool detour = e->stored > e->intended || e->row.fate != RECORD_ROW || e->landed > 1;
    return detour ? TOOK_A_DETOUR : OF_NO_INTEREST;
}

/* ---- fates ---- */

static struct str place_key(struct oracle *o, struct str object, struct str ordinal)
{
    return str_printf(o->scratch, "%.*s#%.*s", STR_ARG(object), STR_ARG(ordinal));
}

static struct str cell_text(struct oracle *o, const struct warehouse_value *v)
{
    return v->type == WAREHOUSE_TEXT   ? v->text
           : v->type == WAREHOUSE_NULL ? STR_EMPTY
                                       : str_printf(o->scratch, "%lld", (long long)v->i64);
}

static enum err fates_of(struct oracle *o, const char *fate, struct str sql, struct map *fates,
                         struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(o, sql, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str key =
            place_key(o, warehouse_at(&rows, i, 0)->text, cell_text(o, warehouse_at(&rows, i, 1)));
        struct str *before = map_get(fates, key), *now = NEW(o->scratch, struct str);
        struct str more =
            rows.column_count > 2 ? cell_text(o, warehouse_at(&rows, i, 2)) : STR_EMPTY;
        *now = str_printf(
            o->scratch, "%.*s%s%s%s%.*s", STR_ARG(before == NULL ? STR_EMPTY : *before),
            before == NULL ? "" : " and ", fate, more.len > 0 ? ": " : "", STR_ARG(more));
        map_put(fates, key, now);
    }
    return ERR_OK;
}

static enum err fates_read(struct oracle *o, struct map **ret_fates, struct diag *d)
{
    struct map *fates = map_new(o->scratch);
    TRY(fates_of(o, "row",
                 str_printf(o->scratch,
                            "select aforo_object, aforo_ordinal from %.*s order by 1, 2",
                            STR_ARG(o->in.def->table)),
                 fates, d));
    TRY(fates_of(o, "duplicate",
                 STR("select object_key, ordinal from aforo_duplicate order by 1, 2"), fates, d));
    TRY(fates_of(o, "quarantine",
                 STR("select object_key, ordinal, reason from aforo_quarantine order by 1, 2"),
                 fates, d));
    *ret_fates = fates;
    return ERR_OK;
}

/* ---- copies ---- */

/* Of an object the copy that no earlier record of the stream has taken. */
static size_t ordinal_of(const struct raw_object *object, const struct oracle_event *event,
                         const struct oracle_trail *trail)
{
    size_t taken = 0;
    for (size_t i = 0; i < trail->copy_count; i++) {
        taken += str_eq(trail->copies[i].object, object->key) ? 1 : 0;
    }
    for (size_t i = 0; i < object->count; i++) {
        if (object->events[i] == event && taken-- == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void copy_add(struct oracle *o, struct arena *a, const struct emulator_record *r,
                     const struct oracle_event *event, const struct map *fates,
                     struct oracle_trail *trail)
{
    if (trail->copy_count == ORACLE_COPIES_MAX) {
        trail->copies_left_out++;
        return;
    }
    struct oracle_copy copy = {.shard = str_copy(a, r->shard_id),
                               .sequence = str_copy(a, r->sequence_number),
                               .arrived_us = r->arrived_us};
    struct str key =
        str_printf(o->scratch, "%.*s/%.*s", STR_ARG(r->shard_id), STR_ARG(r->sequence_number));
    const struct stored_record *stored = map_get(o->stored, key);
    if (stored != NULL && stored->raw != NULL) {
        copy.object = stored->raw->key;
        copy.ordinal = ordinal_of(stored->raw, event, trail);
        struct str place = str_printf(o->scratch, "%.*s#%zu", STR_ARG(copy.object), copy.ordinal);
        const struct str *fate = map_get(fates, place);
        copy.loaded = stored->raw->loaded;
        copy.fate = fate == NULL ? STR_EMPTY : str_copy(a, *fate);
    }
    trail->copies[trail->copy_count++] = copy;
}

static void copies_find(struct oracle *o, struct arena *a, const struct map *chosen,
                        const struct map *fates)
{
    struct emulator_record r;
    for (uint64_t cursor = 0; emulator_record_next(o->in.emulator, &cursor, &r);) {
        const struct oracle_event *event =
            str_eq(r.stream, o->in.def->stream) ? map_get(o->by_payload, r.data) : NULL;
        struct oracle_trail *trail = event == NULL ? NULL : map_get(chosen, event->payload);
        if (trail != NULL) {
            copy_add(o, a, &r, event, fates, trail);
        }
    }
}

/* ---- which ---- */

static void trail_begin(struct arena *a, const struct oracle_event *e, enum interest interest,
                        struct oracle_trail *trail)
{
    *trail = (struct oracle_trail){.name = str_copy(a, event_name(e)),
                                   .payload = str_copy(a, str_slice(e->payload, 0, 400)),
                                   .is_wrong = interest >= IS_WRONG,
                                   .malformed = e->malformed,
                                   .late = e->late,
                                   .intended = e->intended,
                                   .acknowledged = e->acknowledged};
}

enum err oracle_trails(struct oracle *o, struct str story, struct arena *a,
                       struct oracle_trail **ret_trails, size_t *ret_count, uint64_t *ret_left_out,
                       struct diag *d)
{
    struct map *fates;
    arena_reset(o->scratch);
    TRY(fates_read(o, &fates, d));
    struct map *chosen = map_new(o->scratch);
    struct oracle_trail *trails = NEW_ARRAY(a, struct oracle_trail, ORACLE_TRAILS_MAX);
    size_t count = 0;
    uint64_t left_out = 0;
    for (int want = IS_NAMED; want > OF_NO_INTEREST; want--) {
        for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
            if (interest_of(o, e, story) != (enum interest)want) {
                continue;
            }
            if (count == ORACLE_TRAILS_MAX) {
                left_out++;
                continue;
            }
            trail_begin(a, e, (enum interest)want, &trails[count]);
            map_put(chosen, e->payload, &trails[count++]);
        }
    }
    copies_find(o, a, chosen, fates);
    *ret_trails = trails;
    *ret_count = count;
    *ret_left_out = left_out;
    return ERR_OK;
}
