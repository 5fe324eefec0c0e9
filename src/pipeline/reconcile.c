/* reconcile.c -- The three sides put together, window by window.
 *
 * Order: S3 is listed, then the warehouse is read in one snapshot, then raw is decoded. So an
 * object that was listed and is not in the snapshot is one that is truly not loaded yet, and what
 * was loaded meanwhile is on neither side.
 * 1. A window has a side only where that side can have an opinion: no control totals, no source.
 * 2. A day is the sum of its dimension's windows: what a dimension hides shows in the day.
 * 3. Amounts are int64 in the column's scale from end to end. */
#include "reconcile_parts.h"

#include "aws/s3.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "pipeline/capture_codec.h"

/* ---- days ---- */

static struct str day_text(struct arena *a, int64_t us)
{
    struct buf text;
    buf_init(&text, a, 64);
    instant_date(&text, us);
    return buf_str(&text);
}

size_t reconcile_day_find(const struct reconciliation *r, int64_t at_us)
{
    if (at_us == INSTANT_NEVER) {
        return NO_DAY;
    }
    int64_t day_us = instant_floor(at_us, US_PER_DAY);
    size_t low = 0, high = r->day_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->days[middle].us < day_us) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < r->day_count && r->days[low].us == day_us ? low : NO_DAY;
}

size_t reconcile_day_named(const struct reconciliation *r, struct str name)
{
    struct diag ignored = DIAG_INIT;
    struct str day = str_slice(name, 0, STR("2001-01-31").len);
    int64_t us;
    bool is_window = name.len == day.len || name.ptr[day.len] == '/';
    if (!is_window || instant_parse(day, &us, &ignored) != ERR_OK) {
        return NO_DAY;
    }
    return reconcile_day_find(r, us);
}

/* ---- windows ---- */

static struct figures figures_new(struct arena *a, size_t columns)
{
    struct figures f = {.sums = NEW_ARRAY(a, int64_t, columns)};
    f.mins = NEW_ARRAY(a, int64_t, columns);
    f.maxs = NEW_ARRAY(a, int64_t, columns);
    for (size_t i = 0; i < columns; i++) {
        f.mins[i] = INT64_MAX;
        f.maxs[i] = INT64_MIN;
    }
    return f;
}

struct window *reconcile_window(struct reconciliation *r, struct str name, size_t day,
                                bool whole_day)
{
    struct window *w = tree_get(r->windows, name);
    if (w == NULL) {
        w = NEW(r->arena, struct window);
        *w = (struct window){.name = str_copy(r->arena, name), .day = day, .whole_day = whole_day};
        for (size_t i = 0; i < SIDE_COUNT; i++) {
            w->sides[i] = figures_new(r->arena, r->def->sum_count);
        }
        tree_put(r->windows, w->name, w);
    }
    return w;
}

static enum err figures_add(struct figures *f, const struct tally_group *group, size_t columns,
                            struct diag *d)
{
    f->count += group->count;
    for (size_t i = 0; i < columns; i++) {
        TRY(decimal_add(f->sums[i], group->sums[i], &f->sums[i], d));
        if (group->mins[i] <= group->maxs[i]) {
            f->mins[i] = group->mins[i] < f->mins[i] ? group->mins[i] : f->mins[i];
            f->maxs[i] = group->maxs[i] > f->maxs[i] ? group->maxs[i] : f->maxs[i];
        }
    }
    return ERR_OK;
}

enum err reconcile_add(struct reconciliation *r, enum side side, const struct tally_group *group,
                       struct diag *d)
{
    size_t day = reconcile_day_named(r, group->name);
    if (day == NO_DAY) {
        return ERR_OK;
    }
    struct day_state *state = &r->days[day];
    bool whole_day = group->name.len == state->name.len;
    if (side == SIDE_SOURCE) {
        state->has_source = true;
        state->has_source_dimensions = state->has_source_dimensions || !whole_day;
    }
    if (!whole_day) {
        struct window *part = reconcile_window(r, group->name, day, false);
        TRY(figures_add(&part->sides[side], group, r->def->sum_count, d));
    }
    struct window *whole = reconcile_window(r, state->name, day, true);
    enum err err = figures_add(&whole->sides[side], group, r->def->sum_count, d);
    return err == ERR_OK ? ERR_OK : diag_context(d, "window %.*s", STR_ARG(group->name));
}

static enum err tally_take(struct reconciliation *r, enum side side, const struct tally *t,
                           struct diag *d)
{
    struct tally_group group = {.name = STR_EMPTY};
    while (tally_next(t, group.name, &group)) {
        TRY(reconcile_add(r, side, &group, d));
    }
    return ERR_OK;
}

/* ---- the source ---- */

/* Control totals that nobody can read are a difference, not a reason to keep a day's report back.
 */
static enum err control_read(struct reconciliation *r, struct str key, struct day_state *day,
                             struct tally *source, struct diag *d)
{
    struct s3_object object;
    enum err err = s3_get(&r->p->aws, r->def->bucket, key, r->scratch, &object, d);
    if (err == ERR_OK) {
        err = tally_read(source, object.body, d);
    }
    if (err != ERR_INVALID && err != ERR_CORRUPT && err != ERR_LIMIT) {
        return err;
    }
    pipeline_log(r->p, LOG_ERROR, "reconcile", "unreadable", "key=%.*s why=%s", STR_ARG(key),
                 d->msg);
    diag_clear(d);
    day->bad_control = str_copy(r->arena, key);
    return ERR_OK;
}

/* Every file under a day that was asked for; a file alone makes the day's source known, so that a
 * producer who sent nothing can say so. */
static enum err source_read(struct reconciliation *r, struct diag *d)
{
    struct str root = str_printf(r->arena, "control/%.*s/dt=", STR_ARG(r->def->name));
    struct s3_listing listing;
    TRY(s3_list(&r->p->aws, r->def->bucket, root, 0, str_join(r->arena, root, r->days[0].name),
                r->arena, &listing, d));
    struct tally *source = tally_new(r->memory, r->def);
    for (size_t i = 0; i < listing.count; i++) {
        struct str key = listing.objects[i].key;
        struct str dated = str_slice(key, root.len, root.len + r->days[0].name.len);
        size_t day = reconcile_day_named(r, dated);
        if (day == NO_DAY || !str_ends(key, STR(".json"))) {
            continue;
        }
        r->days[day].has_source = true;
        int64_t told_us = r->days[day].told_us;
        if (told_us == INSTANT_NEVER || listing.objects[i].modified_us > told_us) {
            r->days[day].told_us = listing.objects[i].modified_us;
        }
        struct arena_mark mark = arena_mark(r->scratch);
        enum err err = control_read(r, key, &r->days[day], source, d);
        arena_rewind(r->scratch, mark);
        TRY(err);
    }
    return tally_take(r, SIDE_SOURCE, source, d);
}

/* ---- the run ---- */

struct raw_object *reconcile_object(struct reconciliation *r, struct str key)
{
    struct raw_object *o = tree_get(r->objects, key);
    if (o == NULL) {
        o = NEW(r->arena, struct raw_object);
        *o = (struct raw_object){.key = str_copy(r->arena, key), .day = NO_DAY};
        tree_put(r->objects, o->key, o);
    }
    return o;
}

static void days_init(struct reconciliation *r, const int64_t *days, size_t count)
{
    r->days = NEW_ARRAY(r->arena, struct day_state, count);
    r->day_count = count;
    for (size_t i = 0; i < count; i++) {
        r->days[i] = (struct day_state){.us = days[i],
                                        .name = day_text(r->arena, days[i]),
                                        .unloaded_since_us = INSTANT_NEVER,
                                        .told_us = INSTANT_NEVER,
                                        .landed_us = INSTANT_NEVER};
        (void)reconcile_window(r, r->days[i].name, i, true);
    }
}

static enum err run(struct reconciliation *r, struct reconcile_result *ret_result, struct diag *d)
{
    TRY(source_read(r, d));
    TRY(reconcile_raw_list(r, d));
    TRY(reconcile_warehouse(r, d));
    TRY(reconcile_raw(r, d));
    TRY(tally_take(r, SIDE_RAW, r->raw, d));
    reconcile_lines(r, ret_result);
    return ERR_OK;
}

enum err reconcile_days(struct pipeline *p, const int64_t *days, size_t count, struct arena *a,
                        struct reconcile_result *ret_result, struct diag *d)
{
    if (count > RECONCILE_DAYS_MAX) {
        return fail(d, ERR_LIMIT, "%zu days at once; at most %d can be reconciled", count,
                    RECONCILE_DAYS_MAX);
    }
    *ret_result = (struct reconcile_result){.verdict = RECONCILE_MATCH};
    if (count == 0) {
        return ERR_OK;
    }
    struct reconciliation r = {.p = p, .def = p->def, .arena = a};
    r.scratch = arena_child(a, "reconcile scratch", 2 * ARENA_TASK_BYTES_MAX);
    r.memory = arena_child(a, "reconcile ids", ARENA_PROCESS_BYTES_MAX);
    r.captures = capture_codec_new(r.memory);
    r.windows = tree_new(a);
    r.objects = tree_new(a);
    r.seen = id_set_new(r.memory);
    r.raw = tally_new(r.memory, p->def);
    days_init(&r, days, count);
    enum err err = run(&r, ret_result, d);
    arena_free(r.scratch);
    arena_free(r.memory);
    return err == ERR_OK ? ERR_OK : diag_context(d, "reconcile");
}

enum err reconcile_run(struct pipeline *p, int64_t from_us, int64_t to_us, struct arena *a,
                       struct reconcile_result *ret_result, struct diag *d)
{
    int64_t first_us = instant_floor(from_us, US_PER_DAY);
    int64_t span = to_us > first_us ? (to_us - first_us + US_PER_DAY - 1) / US_PER_DAY : 0;
    size_t count = (size_t)span;
    if (count > RECONCILE_DAYS_MAX) {
        return fail(d, ERR_LIMIT, "%zu days at once; at most %d can be reconciled", count,
                    RECONCILE_DAYS_MAX);
    }
    int64_t *days = NEW_ARRAY(a, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        days[i] = first_us + (int64_t)i * US_PER_DAY;
    }
    return reconcile_days(p, days, count, a, ret_result, d);
}
