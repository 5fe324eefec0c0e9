/* aggregate_file.c -- Results as JSON; a part to a file and back. */
#include "aggregate_parts.h"

#include "base/decimal.h"
#include "base/json.h"
#include "base/limits.h"

#define PART_HEAD_MAX (256 * MIB)

static struct str number_text(struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 64);
    decimal_text(&text, value, scale);
    return buf_str(&text);
}

/* ---- out ---- */

static void write_counts(struct json_out *w, const struct aggregate_result *r)
{
    const struct aggregate_counts *c = &r->counts;
    json_out_key(w, "counts");
    json_out_object(w);
    json_out_ki64(w, "objects", (int64_t)c->objects);
    json_out_ki64(w, "problems", (int64_t)c->problems);
    json_out_ki64(w, "records", (int64_t)c->records);
    json_out_ki64(w, "rows", (int64_t)c->rows);
    json_out_ki64(w, "filtered", (int64_t)c->filtered);
    json_out_ki64(w, "quarantined", (int64_t)c->quarantined);
    json_out_object_end(w);
}

static void write_plan(struct json_out *w, const struct aggregate_plan *plan)
{
    json_out_kstr(w, "pipeline", plan->pipeline);
    json_out_key(w, "by");
    json_out_array(w);
    for (size_t i = 0; i < plan->by_count; i++) {
        json_out_str(w, plan->by[i]);
    }
    json_out_array_end(w);
    json_out_kstr(w, "distinct", plan->distinct);
    if (plan->selected.len > 0) {
        json_out_kstr(w, "selected", plan->selected);
    }
    json_out_key(w, "measures");
    json_out_array(w);
    for (size_t i = 0; i < plan->measure_count; i++) {
        json_out_object(w);
        json_out_kstr(w, "column", plan->measures[i].column);
        json_out_ki64(w, "scale", plan->measures[i].scale);
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void write_numbers(struct json_out *w, struct arena *a, const struct aggregate_plan *plan,
                          const char *key, const int64_t *numbers, const struct aggregate_group *g)
{
    json_out_key(w, key);
    json_out_array(w);
    for (size_t i = 0; i < plan->measure_count; i++) {
        if (g->mins[i] > g->maxs[i]) {
            json_out_null(w);
        } else {
            json_out_str(w, number_text(a, numbers[i], plan->measures[i].scale));
        }
    }
    json_out_array_end(w);
}

static void write_groups(struct json_out *w, struct arena *a, const struct aggregate_result *r)
{
    json_out_key(w, "groups");
    json_out_array(w);
    for (size_t i = 0; i < r->group_count; i++) {
        const struct aggregate_group *g = &r->groups[i];
        json_out_object(w);
        json_out_key(w, "of");
        json_out_array(w);
        for (size_t j = 0; j < r->plan->by_count; j++) {
            json_out_str(w, g->names[j]);
        }
        json_out_array_end(w);
        json_out_ki64(w, "count", (int64_t)g->count);
        json_out_ki64(w, "distinct", (int64_t)g->distinct);
        write_numbers(w, a, r->plan, "sum", g->sums, g);
        write_numbers(w, a, r->plan, "min", g->mins, g);
        write_numbers(w, a, r->plan, "max", g->maxs, g);
        if (r->plan->once) {
            json_out_ki64(w, "once", (int64_t)g->once);
            write_numbers(w, a, r->plan, "sum_once", g->once_sums, g);
        }
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void write_result(struct buf *out, struct arena *a, const struct aggregate_result *r,
                         const char *kind)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_kstr(&w, "kind", str_of(kind));
    write_plan(&w, r->plan);
    write_counts(&w, r);
    json_out_ki64(&w, "distinct_in_all", (int64_t)r->distinct);
    if (r->plan->once) {
        json_out_ki64(&w, "once_in_all", (int64_t)r->once);
    }
    write_groups(&w, a, r);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}

void aggregate_json(struct buf *out, struct arena *a, const struct aggregate_result *r)
{
    write_result(out, a, r, "tally");
}

static void put_u64(struct buf *out, uint64_t value)
{
    char bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(unsigned char)(value >> (8 * i));
    }
    buf_add_bytes(out, bytes, sizeof(bytes));
}

static enum err save_entry(void *ctx, const struct distinct_entry *entry, bool is_first,
                           struct diag *d)
{
    struct buf *out = ctx;
    (void)is_first;
    if (out->len + 16 > out->max) {
        return fail(d, ERR_LIMIT, "the result is over %zu bytes: use more shards", out->max);
    }
    put_u64(out, entry->a);
    put_u64(out, entry->b);
    return ERR_OK;
}

struct saving {
    struct buf *out;
    size_t words;
};

static enum err save_first(void *ctx, const uint64_t *entry, struct diag *d)
{
    const struct saving *s = ctx;
    if (s->out->len + s->words * sizeof(uint64_t) > s->out->max) {
        return fail(d, ERR_LIMIT, "the result is over %zu bytes: use more shards", s->out->max);
    }
    for (size_t i = 0; i < s->words; i++) {
        put_u64(s->out, entry[i]);
    }
    return ERR_OK;
}

enum err aggregate_save(struct buf *out, struct arena *a, const struct aggregate_result *r,
                        struct diag *d)
{
    write_result(out, a, r, "tally-part");
    if (r->plan->distinct.len == 0) {
        return ERR_OK;
    }
    struct distinct **sets = NEW_ARRAY(a, struct distinct *, r->part_count);
    for (size_t i = 0; i < r->part_count; i++) {
        sets[i] = r->parts[i]->distinct;
    }
    TRY(distinct_each(sets, r->numbers, r->part_count, save_entry, out, d));
    if (!r->plan->once) {
        return ERR_OK;
    }
    struct saving saving = {out, ONCE_NUMBERS + r->plan->measure_count};
    return once_all(a, r, save_first, &saving, d);
}

/* ---- in ---- */

static uint64_t get_u64(const char *at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return value;
}

static enum err load_plan(struct arena *a, const struct json *root, struct aggregate_plan *ret_plan,
                          struct diag *d)
{
    struct aggregate_plan plan = {
        .pipeline = str_copy(a, json_str(json_get(root, STR("pipeline")))),
        .distinct = str_copy(a, json_str(json_get(root, STR("distinct")))),
        .once = json_get(root, STR("once_in_all")) != NULL,
        .selected = str_copy(a, json_str(json_get(root, STR("selected"))))};
    const struct json *by = json_get(root, STR("by")), *measures = json_get(root, STR("measures"));
    if (!json_is(by, JSON_IS_ARRAY) || by->count > AGGREGATE_BY_MAX ||
        !json_is(measures, JSON_IS_ARRAY) || measures->count > COLUMNS_MAX) {
        return fail(d, ERR_INVALID, "no by and measures");
    }
    for (const struct json *n = by->first; n != NULL; n = n->next) {
        plan.by[plan.by_count++] = str_copy(a, json_str(n));
    }
    for (const struct json *n = measures->first; n != NULL; n = n->next) {
        int64_t scale;
        TRY(json_i64(json_get(n, STR("scale")), &scale, d));
        if (scale < 0 || scale > DECIMAL_SCALE_MAX) {
            return fail(d, ERR_INVALID, "a scale of %lld", (long long)scale);
        }
        plan.measures[plan.measure_count++] = (struct aggregate_measure){
            .column = str_copy(a, json_str(json_get(n, STR("column")))), .scale = (int)scale};
    }
    *ret_plan = plan;
    return ERR_OK;
}

static bool plan_eq(const struct aggregate_plan *x, const struct aggregate_plan *y)
{
    bool eq = str_eq(x->pipeline, y->pipeline) && str_eq(x->distinct, y->distinct) &&
              str_eq(x->selected, y->selected) && x->once == y->once &&
              x->by_count == y->by_count && x->measure_count == y->measure_count;
    for (size_t i = 0; eq && i < x->by_count; i++) {
        eq = str_eq(x->by[i], y->by[i]);
    }
    for (size_t i = 0; eq && i < x->measure_count; i++) {
        eq = str_eq(x->measures[i].column, y->measures[i].column) &&
             x->measures[i].scale == y->measures[i].scale;
    }
    return eq;
}

static enum err load_count(const struct json *from, const char *key, uint64_t *ret_count,
                           struct diag *d)
{
    int64_t value = -1;
    TRY(json_i64(json_get(from, str_of(key)), &value, d));
    if (value < 0) {
        return fail(d, ERR_INVALID, "%s is negative", key);
    }
    *ret_count = (uint64_t)value;
    return ERR_OK;
}

static enum err load_numbers(const struct aggregate_plan *plan, const struct json *list,
                             int64_t *numbers, struct diag *d)
{
    if (!json_is(list, JSON_IS_ARRAY) || list->count != plan->measure_count) {
        return fail(d, ERR_INVALID, "a group without all of its numbers");
    }
    size_t i = 0;
    for (const struct json *n = list->first; n != NULL; n = n->next, i++) {
        if (n->kind != JSON_IS_NULL) {
            TRY(decimal_parse(json_str(n), plan->measures[i].scale, &numbers[i], d));
        }
    }
    return ERR_OK;
}

static enum err load_group(struct aggregate *g, struct arena *scratch, const struct json *node,
                           struct diag *d)
{
    int64_t numbers[3 * COLUMNS_MAX] = {0};
    size_t measures = g->plan->measure_count;
    uint64_t count;
    uint32_t number;
    struct buf key;
    const struct json *of = json_get(node, STR("of"));
    if (!json_is(of, JSON_IS_ARRAY) || of->count != g->plan->by_count) {
        return fail(d, ERR_INVALID, "a group without its names");
    }
    buf_init(&key, scratch, PART_HEAD_MAX);
    for (const struct json *n = of->first; n != NULL; n = n->next) {
        if (str_find(json_str(n), '\0') != STR_NONE) {
            return fail(d, ERR_INVALID, "a NUL in the name of a group");
        }
        buf_add(&key, json_str(n));
        buf_add_char(&key, '\0');
    }
    for (size_t i = 0; i < measures; i++) {
        numbers[measures + i] = INT64_MAX;
        numbers[2 * measures + i] = INT64_MIN;
    }
    TRY(load_count(node, "count", &count, d));
    TRY(load_numbers(g->plan, json_get(node, STR("sum")), numbers, d));
    TRY(load_numbers(g->plan, json_get(node, STR("min")), numbers + measures, d));
    TRY(load_numbers(g->plan, json_get(node, STR("max")), numbers + 2 * measures, d));
    TRY(group_of(g, buf_str(&key), &number, d));
    return group_add(g, &g->groups[number], count, numbers, d);
}

static enum err load_head(struct aggregate *g, struct arena *scratch, const struct json *root,
                          struct diag *d)
{
    const struct json *counts = json_get(root, STR("counts")),
                      *groups = json_get(root, STR("groups"));
    TRY(load_count(counts, "objects", &g->counts.objects, d));
    TRY(load_count(counts, "problems", &g->counts.problems, d));
    TRY(load_count(counts, "records", &g->counts.records, d));
    TRY(load_count(counts, "rows", &g->counts.rows, d));
    TRY(load_count(counts, "filtered", &g->counts.filtered, d));
    TRY(load_count(counts, "quarantined", &g->counts.quarantined, d));
    if (!json_is(groups, JSON_IS_ARRAY)) {
        return fail(d, ERR_INVALID, "no groups");
    }
    for (const struct json *n = groups->first; n != NULL; n = n->next) {
        TRY(load_group(g, scratch, n, d));
    }
    return ERR_OK;
}

static enum err check_entry(const struct aggregate *g, struct distinct_entry entry, size_t at,
                            struct diag *d)
{
    bool good = (entry.a & 1) != 0 && (entry.b & (DISTINCT_GROUPS_MAX - 1)) < g->group_count;
    return good ? ERR_OK : fail(d, ERR_INVALID, "the entry at byte %zu of the values is none", at);
}

static enum err load_distinct(struct aggregate *g, struct str bytes, struct diag *d)
{
    if (g->distinct == NULL ? bytes.len > 0 : bytes.len % 16 != 0) {
        return fail(d, ERR_INVALID, "cut: %zu bytes of distinct values", bytes.len);
    }
    for (size_t at = 0; at < bytes.len; at += 16) {
        struct distinct_entry entry = {get_u64(bytes.ptr + at), get_u64(bytes.ptr + at + 8)};
        TRY(check_entry(g, entry, at, d));
        TRY(distinct_add_entry(g->distinct, entry, d));
    }
    return ERR_OK;
}

static enum err load_first(struct aggregate *g, struct str bytes, struct diag *d)
{
    uint64_t entry[ONCE_NUMBERS + COLUMNS_MAX];
    size_t words = once_words(g->once), size = words * sizeof(uint64_t);
    ASSERT(words >= ONCE_NUMBERS);
    for (size_t at = 0; at < bytes.len; at += size) {
        for (size_t i = 0; i < words; i++) {
            entry[i] = get_u64(bytes.ptr + at + i * sizeof(uint64_t));
        }
        TRY(check_entry(g, (struct distinct_entry){entry[0], entry[1]}, at, d));
        TRY(once_add_entry(g->once, entry, d));
    }
    return ERR_OK;
}

/* The distinct values, and behind them as many first records as the head says. */
static enum err load_entries(struct aggregate *g, const struct json *root, struct str bytes,
                             struct diag *d)
{
    uint64_t firsts = 0;
    if (g->once == NULL) {
        return load_distinct(g, bytes, d);
    }
    TRY(load_count(root, "once_in_all", &firsts, d));
    size_t size = once_words(g->once) * sizeof(uint64_t);
    if (firsts > bytes.len / size) {
        return fail(d, ERR_INVALID, "cut: %zu bytes of values", bytes.len);
    }
    size_t behind = bytes.len - (size_t)firsts * size;
    TRY(load_distinct(g, str_slice(bytes, 0, behind), d));
    return load_first(g, str_from(bytes, behind), d);
}

static enum err load(struct arena *a, struct arena *scratch, struct str bytes,
                     struct aggregate_plan *plan, const struct aggregate_options *options,
                     struct aggregate **ret_aggregate, struct diag *d)
{
    struct json *root;
    struct aggregate_plan found;
    struct str head, entries;
    (void)str_split(bytes, '\n', &head, &entries);
    TRY(json_parse(scratch, head, &root, d));
    if (!str_eq(json_str(json_get(root, STR("kind"))), STR("tally-part")) ||
        !str_eq(json_str(json_get(root, STR("schema"))), STR("1"))) {
        return fail(d, ERR_INVALID, "not a part of a tally");
    }
    TRY(load_plan(a, root, &found, d));
    if (plan->pipeline.len == 0) {
        *plan = found;
    } else if (!plan_eq(plan, &found)) {
        return fail(d, ERR_INVALID,
                    "of another pipeline, by other columns or of other records than the others");
    }
    struct aggregate *g = aggregate_new(a, plan, NULL, options);
    TRY(load_head(g, scratch, root, d));
    TRY(load_entries(g, root, entries, d));
    *ret_aggregate = g;
    return ERR_OK;
}

enum err aggregate_load(struct arena *a, struct str bytes, struct str name,
                        struct aggregate_plan *plan, const struct aggregate_options *options,
                        struct aggregate **ret_aggregate, struct diag *d)
{
    struct arena *scratch = arena_new("tally part", ARENA_TASK_BYTES_MAX);
    enum err err = load(a, scratch, bytes, plan, options, ret_aggregate, d);
    arena_free(scratch);
    return err == ERR_OK ? ERR_OK : diag_context(d, "%.*s", STR_ARG(name));
}
