/* aggregate.c -- Rows into groups, and parts into one. */
#include "aggregate_parts.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/limits.h"

#define KEY_BYTES_MAX (8 * MIB)
#define GROUPS_SEED 0x67726f757073u
#define PLACES_FIRST 256

struct aggregate *aggregate_new(struct arena *a, const struct aggregate_plan *plan,
                                const struct definition *def,
                                const struct aggregate_options *options)
{
    struct aggregate *g = NEW(a, struct aggregate);
    struct diag d = DIAG_INIT;
    enum err err = ERR_OK;
    *g = (struct aggregate){.arena = a, .plan = plan, .def = def, .place_count = PLACES_FIRST};
    g->places = NEW_ARRAY(a, uint32_t, g->place_count);
    buf_init(&g->key, a, KEY_BYTES_MAX);
    for (size_t i = 0; def != NULL && i < plan->by_count; i++) {
        err = err == ERR_OK ? by_named(def, plan->by[i], &g->by[i], &d) : err;
    }
    if (plan->distinct.len > 0) {
        g->distinct = distinct_new(a, options->distinct_bytes_max, options->folder);
        err = err == ERR_OK && def != NULL
                  ? column_named(def, plan->distinct, &g->distinct_column, &d)
                  : err;
    }
    if (plan->once) {
        g->once = once_new(a, plan->measure_count, options->distinct_bytes_max, options->folder);
    }
    ASSERT(err == ERR_OK); /* the plan was read by this definition */
    return g;
}

struct aggregate_counts *aggregate_counts(struct aggregate *g)
{
    return &g->counts;
}

/* ---- groups ---- */

static uint32_t *place_of(struct aggregate *g, struct str key, uint64_t hash)
{
    size_t at = (size_t)hash & (g->place_count - 1);
    while (g->places[at] != 0) {
        const struct group *group = &g->groups[g->places[at] - 1];
        if (group->hash == hash && str_eq(group->key, key)) {
            break;
        }
        at = (at + 1) & (g->place_count - 1);
    }
    return &g->places[at];
}

static void places_grow(struct aggregate *g)
{
    g->place_count *= 2;
    g->places = NEW_ARRAY(g->arena, uint32_t, g->place_count);
    for (size_t i = 0; i < g->group_count; i++) {
        *place_of(g, g->groups[i].key, g->groups[i].hash) = (uint32_t)i + 1;
    }
}

static void group_new(struct aggregate *g, struct str key, uint64_t hash)
{
    size_t count = g->plan->measure_count;
    if (g->group_count == g->group_cap) {
        size_t cap = g->group_cap == 0 ? 64 : 2 * g->group_cap;
        g->groups = arena_grow(g->arena, g->groups, g->group_cap * sizeof(g->groups[0]),
                               cap * sizeof(g->groups[0]));
        g->group_cap = cap;
    }
    struct group *group = &g->groups[g->group_count++];
    *group = (struct group){.key = str_copy(g->arena, key), .hash = hash};
    group->numbers = NEW_ARRAY(g->arena, int64_t, 3 * count);
    for (size_t i = 0; i < count; i++) {
        group->numbers[count + i] = INT64_MAX;
        group->numbers[2 * count + i] = INT64_MIN;
    }
}

enum err group_of(struct aggregate *g, struct str key, uint32_t *ret_number, struct diag *d)
{
    uint64_t hash = hash64(GROUPS_SEED, key);
    uint32_t *place = place_of(g, key, hash);
    if (*place == 0) {
        if (g->group_count == AGGREGATE_GROUPS_MAX) {
            return fail(d, ERR_LIMIT, "more than %d groups", AGGREGATE_GROUPS_MAX);
        }
        group_new(g, key, hash);
        *place = (uint32_t)g->group_count;
        *ret_number = *place - 1;
        if (g->group_count * 2 > g->place_count) {
            places_grow(g);
        }
        return ERR_OK;
    }
    *ret_number = *place - 1;
    return ERR_OK;
}

enum err group_add(const struct aggregate *g, struct group *to, uint64_t count,
                   const int64_t *numbers, struct diag *d)
{
    size_t measures = g->plan->measure_count;
    int64_t unused;
    for (size_t i = 0; i < measures; i++) {
        if (__builtin_add_overflow(to->numbers[i], numbers[i], &unused)) {
            return fail(d, ERR_LIMIT, "the sum of %.*s is too large",
                        STR_ARG(g->plan->measures[i].column));
        }
    }
    to->count += count;
    for (size_t i = 0; i < measures; i++) {
        int64_t min = numbers[measures + i], max = numbers[2 * measures + i];
        to->numbers[i] += numbers[i];
        int64_t *least = &to->numbers[measures + i], *most = &to->numbers[2 * measures + i];
        *least = min < *least ? min : *least;
        *most = max > *most ? max : *most;
    }
    return ERR_OK;
}

/* ---- rows ---- */

static enum err add_distinct(struct aggregate *g, uint32_t group, const struct row *row,
                             const int64_t *numbers, struct diag *d)
{
    const struct warehouse_value *v = &row->values[g->distinct_column];
    if (v->type == WAREHOUSE_NULL) {
        return ERR_OK; /* as count(distinct) of SQL */
    }
    struct str text = v->text;
    if (v->type != WAREHOUSE_TEXT) {
        buf_truncate(&g->key, 0);
        value_name(&g->key, v);
        text = buf_str(&g->key);
    }
    TRY(distinct_add(g->distinct, group, text, d));
    return g->once == NULL ? ERR_OK : once_add(g->once, group, text, g->place, numbers, d);
}

void aggregate_object(struct aggregate *g, size_t place)
{
    g->place = (uint64_t)place << 32;
}

enum err aggregate_add(struct aggregate *g, const struct row *row, struct diag *d)
{
    int64_t numbers[3 * COLUMNS_MAX];
    uint32_t number;
    size_t count = g->plan->measure_count;
    g->counts.records++;
    g->place++;
    if (row->fate != RECORD_ROW) {
        g->counts.filtered += row->fate == RECORD_FILTERED;
        g->counts.quarantined += row->fate == RECORD_REJECTED;
        return ERR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        const struct aggregate_measure *m = &g->plan->measures[i];
        const struct warehouse_value *v = &row->values[m->at];
        bool null = v->type == WAREHOUSE_NULL;
        numbers[i] = null || m->no_sum ? 0 : v->i64;
        numbers[count + i] = null ? INT64_MAX : v->i64;
        numbers[2 * count + i] = null ? INT64_MIN : v->i64;
    }
    TRY(group_of(g, row_key(g, row), &number, d));
    TRY(group_add(g, &g->groups[number], 1, numbers, d));
    g->counts.rows++;
    return g->distinct == NULL ? ERR_OK : add_distinct(g, number, row, numbers, d);
}

/* ---- parts into one ---- */

static void counts_add(struct aggregate_counts *to, const struct aggregate_counts *more)
{
    to->objects += more->objects;
    to->problems += more->problems;
    to->records += more->records;
    to->rows += more->rows;
    to->filtered += more->filtered;
    to->quarantined += more->quarantined;
}

struct ranked {
    struct str key;
    uint32_t number;
};

static int ranked_cmp(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

static struct aggregate_group shown(struct arena *a, const struct aggregate *all,
                                    const struct group *group)
{
    size_t count = all->plan->measure_count;
    struct str *names = NEW_ARRAY(a, struct str, all->plan->by_count);
    struct str rest = group->key;
    for (size_t i = 0; i < all->plan->by_count; i++) {
        bool whole = str_split(rest, '\0', &names[i], &rest);
        ASSERT(whole);
    }
    return (struct aggregate_group){.names = names,
                                    .count = group->count,
                                    .distinct = group->distinct,
                                    .sums = group->numbers,
                                    .mins = group->numbers + count,
                                    .maxs = group->numbers + 2 * count,
                                    .once_sums = NEW_ARRAY(a, int64_t, count)};
}

/* How the groups of `all` stand in the order of their names. */
static uint32_t *rank(struct arena *a, const struct aggregate *all)
{
    struct ranked *order = NEW_ARRAY(a, struct ranked, all->group_count);
    uint32_t *ranks = NEW_ARRAY(a, uint32_t, all->group_count);
    for (size_t i = 0; i < all->group_count; i++) {
        order[i] = (struct ranked){all->groups[i].key, (uint32_t)i};
    }
    if (all->group_count > 0) {
        qsort(order, all->group_count, sizeof(order[0]), ranked_cmp);
    }
    for (size_t i = 0; i < all->group_count; i++) {
        ranks[order[i].number] = (uint32_t)i;
    }
    return ranks;
}

static enum err count_distinct(void *ctx, const struct distinct_entry *entry, bool is_first,
                               struct diag *d)
{
    struct aggregate_result *r = ctx;
    size_t group = (size_t)(entry->b & (DISTINCT_GROUPS_MAX - 1));
    if (group >= r->group_count) {
        return fail(d, ERR_INVALID, "a distinct value of a group that is not there");
    }
    r->groups[group].distinct++;
    r->distinct += is_first;
    return ERR_OK;
}

static enum err count_once(void *ctx, const uint64_t *entry, struct diag *d)
{
    struct aggregate_result *r = ctx;
    size_t group = (size_t)(entry[1] & (DISTINCT_GROUPS_MAX - 1));
    if (group >= r->group_count) {
        return fail(d, ERR_INVALID, "a value of a group that is not there");
    }
    struct aggregate_group *g = &r->groups[group];
    for (size_t i = 0; i < r->plan->measure_count; i++) {
        int64_t number = (int64_t)entry[ONCE_NUMBERS + i];
        if (__builtin_add_overflow(g->once_sums[i], number, &g->once_sums[i])) {
            return fail(d, ERR_LIMIT, "the sum of %.*s is too large",
                        STR_ARG(r->plan->measures[i].column));
        }
    }
    g->once++;
    r->once++;
    return ERR_OK;
}

enum err once_all(struct arena *a, const struct aggregate_result *r, once_each_fn *each, void *ctx,
                  struct diag *d)
{
    struct once **sets = NEW_ARRAY(a, struct once *, r->part_count);
    for (size_t i = 0; i < r->part_count; i++) {
        sets[i] = r->parts[i]->once;
    }
    return once_each(sets, r->numbers, r->part_count, each, ctx, d);
}

static enum err part_add(struct aggregate *all, const struct aggregate *part, uint32_t *numbers,
                         struct diag *d)
{
    counts_add(&all->counts, &part->counts);
    for (size_t i = 0; i < part->group_count; i++) {
        TRY(group_of(all, part->groups[i].key, &numbers[i], d));
        TRY(group_add(all, &all->groups[numbers[i]], part->groups[i].count, part->groups[i].numbers,
                      d));
    }
    return ERR_OK;
}

enum err aggregate_end(struct arena *a, struct aggregate *const *parts, size_t count,
                       struct aggregate_result *ret_result, struct diag *d)
{
    ASSERT(count > 0);
    struct aggregate_plan *plan = NEW(a, struct aggregate_plan);
    struct aggregate_options unused = {.folder = STR_EMPTY};
    *plan = *parts[0]->plan;
    plan->distinct = STR_EMPTY; /* `all` has only the groups */
    plan->once = false;
    struct aggregate *all = aggregate_new(a, plan, NULL, &unused);
    uint32_t **numbers = NEW_ARRAY(a, uint32_t *, count);
    struct distinct **sets = NEW_ARRAY(a, struct distinct *, count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = NEW_ARRAY(a, uint32_t, DISTINCT_GROUPS_MAX);
        memset(numbers[i], 0xff, DISTINCT_GROUPS_MAX * sizeof(uint32_t));
        sets[i] = parts[i]->distinct;
        TRY(part_add(all, parts[i], numbers[i], d));
    }
    const uint32_t *ranks = rank(a, all);
    struct aggregate_result r = {.plan = parts[0]->plan, .counts = all->counts};
    r.group_count = all->group_count;
    r.groups = NEW_ARRAY(a, struct aggregate_group, r.group_count);
    for (size_t i = 0; i < r.group_count; i++) {
        r.groups[ranks[i]] = shown(a, all, &all->groups[i]);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < parts[i]->group_count; j++) {
            numbers[i][j] = ranks[numbers[i][j]];
        }
    }
    r.parts = parts;
    r.numbers = (const uint32_t *const *)numbers;
    r.part_count = count;
    if (parts[0]->distinct != NULL) {
        TRY(distinct_each(sets, r.numbers, count, count_distinct, &r, d));
    }
    if (r.plan->once) {
        TRY(once_all(a, &r, count_once, &r, d));
    }
    *ret_result = r;
    return ERR_OK;
}
