/* tally.c -- Groups in a tree by name, each with a count and exact aggregates. What fails changes
 * nothing. */
#include "pipeline/tally.h"

#include <inttypes.h>
#include "base/decimal.h"
#include "base/instant.h"
#include "base/tree.h"

struct tally {
    struct arena *arena;
    struct arena *scratch; /* names, for the length of a call */
    const struct definition *def;
    struct tree *groups; /* of struct tally_group, whose arrays are ours to change */
};

struct tally *tally_new(struct arena *a, const struct definition *def)
{
    struct tally *t = NEW(a, struct tally);
    *t = (struct tally){.arena = a, .def = def, .groups = tree_new(a)};
    t->scratch = arena_child(a, "tally names", ARENA_TASK_BYTES_MAX);
    return t;
}

static struct tally_group *group_named(struct tally *t, struct str name)
{
    struct tally_group *g = tree_get(t->groups, name);
    if (g != NULL) {
        return g;
    }
    size_t count = t->def->sum_count;
    int64_t *numbers = NEW_ARRAY(t->arena, int64_t, 3 * count);
    for (size_t i = 0; i < count; i++) {
        numbers[count + i] = INT64_MAX;
        numbers[2 * count + i] = INT64_MIN;
    }
    g = NEW(t->arena, struct tally_group);
    *g = (struct tally_group){.name = str_copy(t->arena, name),
                              .sums = numbers,
                              .mins = numbers + count,
                              .maxs = numbers + 2 * count};
    tree_put(t->groups, g->name, g);
    return g;
}

/* Adds all of `more` to `g`, or nothing. The arrays of a group are one block, which group_named
 * made. */
static enum err group_add(const struct tally *t, struct tally_group *g,
                          const struct tally_group *more, struct diag *d)
{
    size_t count = t->def->sum_count;
    int64_t *numbers = (int64_t *)g->sums;
    int64_t unused;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(g->sums[i], more->sums[i], &unused)) {
            return fail(d, ERR_LIMIT, "group %.*s: the sum of %.*s is too large", STR_ARG(g->name),
                        STR_ARG(t->def->columns[t->def->sum_columns[i]].name));
        }
    }
    g->count += more->count;
    for (size_t i = 0; i < count; i++) {
        numbers[i] += more->sums[i];
        numbers[count + i] = more->mins[i] < g->mins[i] ? more->mins[i] : g->mins[i];
        numbers[2 * count + i] = more->maxs[i] > g->maxs[i] ? more->maxs[i] : g->maxs[i];
    }
    return ERR_OK;
}

static struct str row_group(const struct tally *t, const struct row *row, struct buf *name)
{
    instant_date(name, row->event_us);
    if (t->def->has_dimension) {
        const struct warehouse_value *v = &row->values[t->def->dimension_column];
        buf_add_char(name, '/');
        buf_add(name, v->type == WAREHOUSE_TEXT ? v->text : STR_EMPTY);
    }
    return buf_str(name);
}

enum err tally_add(struct tally *t, const struct row *row, struct diag *d)
{
    int64_t sums[COLUMNS_MAX], mins[COLUMNS_MAX], maxs[COLUMNS_MAX];
    ASSERT(row->fate == RECORD_ROW);
    for (size_t i = 0; i < t->def->sum_count; i++) {
        const struct warehouse_value *v = &row->values[t->def->sum_columns[i]];
        bool null = v->type == WAREHOUSE_NULL;
        sums[i] = null ? 0 : v->i64;
        mins[i] = null ? INT64_MAX : v->i64;
        maxs[i] = null ? INT64_MIN : v->i64;
    }
    struct tally_group one = {.count = 1, .sums = sums, .mins = mins, .maxs = maxs};
    struct buf name;
    arena_reset(t->scratch);
    buf_init(&name, t->scratch, 128 * KIB);
    return group_add(t, group_named(t, row_group(t, row, &name)), &one, d);
}

enum err tally_add_count(struct tally *t, struct str group, uint64_t count, struct diag *d)
{
    struct tally_group *g = group_named(t, group);
    if (__builtin_add_overflow(g->count, count, &count)) {
        return fail(d, ERR_LIMIT, "group %.*s: the count is too large", STR_ARG(group));
    }
    g->count = count;
    return ERR_OK;
}

bool tally_next(const struct tally *t, struct str after, struct tally_group *ret_group)
{
    const struct tree_entry *entry = tree_seek(t->groups, after, true);
    if (entry == NULL) {
        return false;
    }
    *ret_group = *(const struct tally_group *)entry->value;
    return true;
}

enum err tally_merge(struct tally *t, const struct tally *other, struct diag *d)
{
    struct tally_group more;
    ASSERT(t->def->sum_count == other->def->sum_count);
    for (struct str after = STR_EMPTY; tally_next(other, after, &more); after = more.name) {
        TRY(group_add(t, group_named(t, more.name), &more, d));
    }
    return ERR_OK;
}

/* ---- control totals ---- */

static const char *const MEASURES[] = {"sum", "min", "max"};

static const struct column *sum_column(const struct tally *t, size_t i)
{
    return &t->def->columns[t->def->sum_columns[i]];
}

static void write_measure(const struct tally *t, struct json_out *w, struct str key, size_t i,
                          int64_t value)
{
    struct buf text;
    buf_init(&text, t->scratch, 64);
    decimal_text(&text, value, sum_column(t, i)->scale);
    json_out_key_str(w, key);
    json_out_str(w, buf_str(&text));
}

void tally_write(struct buf *out, const struct tally *t)
{
    struct json_out w;
    struct tally_group g;
    arena_reset(t->scratch);
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_kstr(&w, "pipeline", t->def->name);
    json_out_key(&w, "groups");
    json_out_object(&w);
    for (struct str after = STR_EMPTY; tally_next(t, after, &g); after = g.name) {
        json_out_key_str(&w, g.name);
        json_out_object(&w);
        json_out_key(&w, "count");
        json_out_u64(&w, g.count);
        for (size_t i = 0; i < t->def->sum_count; i++) {
            const int64_t values[] = {g.sums[i], g.mins[i], g.maxs[i]};
            for (size_t m = 0; m < (g.mins[i] <= g.maxs[i] ? 3 : 1); m++) {
                struct str key = str_printf(t->scratch, "%s(%.*s)", MEASURES[m],
                                            STR_ARG(sum_column(t, i)->name));
                write_measure(t, &w, key, i, values[m]);
            }
        }
        json_out_object_end(&w);
    }
    json_out_object_end(&w);
    json_out_object_end(&w);
}

/* "sum(delay)": which measure of which column. */
static bool find_measure(const struct tally *t, struct str key, size_t *ret_measure, size_t *ret_i)
{
    for (size_t i = 0; i < t->def->sum_count; i++) {
        for (size_t m = 0; m < 3; m++) {
            struct str name =
                str_printf(t->scratch, "%s(%.*s)", MEASURES[m], STR_ARG(sum_column(t, i)->name));
            if (str_eq(name, key)) {
                *ret_measure = m;
                *ret_i = i;
                return true;
            }
        }
    }
    return false;
}

static enum err read_measure(struct tally *t, const struct json *node, int64_t *numbers,
                             bool *has_sum, struct diag *d)
{
    size_t measure, i;
    struct diag why = DIAG_INIT;
    if (!find_measure(t, node->key, &measure, &i)) {
        return fail(d, ERR_INVALID, "%u:%u: unknown measure '%.*s'", node->line, node->column,
                    STR_ARG(str_slice(node->key, 0, 80)));
    }
    bool text = node->kind == JSON_IS_STRING || node->kind == JSON_IS_NUMBER;
    int64_t *number = &numbers[measure * t->def->sum_count + i];
    if (!text || decimal_parse(node->text, sum_column(t, i)->scale, number, &why) != ERR_OK) {
        return fail(d, ERR_INVALID, "%u:%u: %.*s: expected a decimal of scale %d", node->line,
                    node->column, STR_ARG(node->key), sum_column(t, i)->scale);
    }
    has_sum[i] = has_sum[i] || measure == 0;
    return ERR_OK;
}

static enum err read_group(struct tally *t, const struct json *node, struct diag *d)
{
    size_t count = t->def->sum_count;
    bool has_sum[COLUMNS_MAX] = {false};
    int64_t *numbers = NEW_ARRAY(t->arena, int64_t, 3 * count);
    int64_t records = -1;
    for (size_t i = 0; i < count; i++) {
        numbers[count + i] = INT64_MAX;
        numbers[2 * count + i] = INT64_MIN;
    }
    for (const struct json *child = node->first; child != NULL; child = child->next) {
        if (str_eq(child->key, STR("count"))) {
            TRY(json_i64(child, &records, d));
        } else {
            TRY(read_measure(t, child, numbers, has_sum, d));
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_sum[i]) {
            return fail(d, ERR_INVALID, "%u:%u: group %.*s: sum(%.*s) is missing", node->line,
                        node->column, STR_ARG(node->key), STR_ARG(sum_column(t, i)->name));
        }
    }
    if (records < 0) {
        return fail(d, ERR_INVALID, "%u:%u: group %.*s: count is missing or negative", node->line,
                    node->column, STR_ARG(node->key));
    }
    struct tally_group more = {.count = (uint64_t)records,
                               .sums = numbers,
                               .mins = numbers + count,
                               .maxs = numbers + 2 * count};
    return group_add(t, group_named(t, node->key), &more, d);
}

enum err tally_read(struct tally *t, struct str text, struct diag *d)
{
    struct json *root;
    struct tally *more = tally_new(t->arena, t->def); /* so that a failure changes nothing */
    arena_reset(t->scratch);
    TRY(json_parse(t->scratch, text, &root, d));
    const struct json *schema = json_get(root, STR("schema"));
    if (!json_is(schema, JSON_IS_NUMBER) || !str_eq(schema->text, STR("1"))) {
        return fail(d, ERR_INVALID, "control totals: no \"schema\": 1");
    }
    const struct json *pipeline = json_get(root, STR("pipeline"));
    if (!str_eq(json_str(pipeline), t->def->name)) {
        return fail(d, ERR_INVALID, "control totals of pipeline '%.*s', not of %.*s",
                    STR_ARG(str_slice(json_str(pipeline), 0, 60)), STR_ARG(t->def->name));
    }
    const struct json *groups = json_get(root, STR("groups"));
    if (!json_is(groups, JSON_IS_OBJECT)) {
        return fail(d, ERR_INVALID, "control totals: no \"groups\"");
    }
    for (const struct json *node = groups->first; node != NULL; node = node->next) {
        if (node->kind != JSON_IS_OBJECT || node->key.len == 0) {
            return fail(d, ERR_INVALID, "%u:%u: expected a group with a name", node->line,
                        node->column);
        }
        TRY(read_group(more, node, d));
    }
    return tally_merge(t, more, d);
}
