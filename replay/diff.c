/* diff.c -- Twice over what may differ: first a digest a record, sorted on both sides and merged,
 * so that equal ones cancel; then only the objects that hold the others, for their values.
 *
 * 1. What is not listed is equal: a record leaves the lists only against one with the same id and
 *    the same texts (128 + 64 bits of hash).
 * 2. Memory is 40 bytes a record of the objects that differ, and the lines asked for. */
#include "diff_parts.h"

#include <stdlib.h>
#include "base/decimal.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"

struct difference {
    enum diff_kind kind;
    struct str id;
    struct str *texts[2]; /* of each side; NULL: not there */
    bool kept;            /* it has lines */
};
struct kept { /* a record that is shown */
    struct diff_line line;
    const struct difference *of;
};
struct comparison {
    struct arena *arena, *marking;
    struct side_reader readers[2];
    bool *equal[2]; /* of each object */
    struct marks marks[2];
    struct difference *differences;
    size_t difference_count, records_max;
    struct kept *kept;
    size_t kept_count, problem_cap;
    struct map *windows, *parts;
    struct diff_result *result;
};
struct reading { /* one object of one side */
    struct comparison *c;
    int side;
    uint32_t object;
    size_t at; /* second reading: in the side's marks, by place */
};

/* ---- what is compared ---- */

static size_t column_find(const struct definition *def, struct str name)
{
    size_t i = 0;
    while (i < def->column_count && !str_eq(def->columns[i].name, name)) {
        i++;
    }
    return i;
}

static struct str only_in(struct arena *a, const struct definition *one,
                          const struct definition *other)
{
    struct buf names;
    buf_init(&names, a, 64 * KIB);
    for (size_t i = 0; i < one->column_count; i++) {
        if (column_find(other, one->columns[i].name) == other->column_count) {
            buf_addf(&names, "%s%.*s", names.len == 0 ? "" : ", ", STR_ARG(one->columns[i].name));
        }
    }
    return buf_str(&names);
}

static void readers_open(struct comparison *c, const struct diff_side sides[2])
{
    const struct definition *left = sides[0].def, *right = sides[1].def;
    size_t *columns[2], count = 0;
    columns[0] = NEW_ARRAY(c->arena, size_t, left->column_count);
    columns[1] = NEW_ARRAY(c->arena, size_t, left->column_count);
    for (size_t i = 0; i < left->column_count; i++) {
        size_t k = column_find(right, left->columns[i].name);
        if (k < right->column_count) {
            columns[0][count] = i;
            columns[1][count++] = k;
        }
    }
    for (int s = 0; s < 2; s++) {
        c->readers[s] =
            (struct side_reader){.side = &sides[s],
                                 .decoder = record_decoder_new(c->arena, sides[s].def),
                                 .columns = columns[s],
                                 .column_count = count,
                                 .rows_only = sides[0].source == NULL || sides[1].source == NULL};
    }
    c->result->only_left = only_in(c->arena, left, right);
    c->result->only_right = only_in(c->arena, right, left);
}

/* ---- objects that cannot be read ---- */

/* A failure of the whole side: no other object would fare better. */
static bool is_general(enum err err)
{
    return err_is_transient(err) || err == ERR_CANCELLED || err == ERR_INTERNAL;
}

static void note_problem(struct comparison *c, int side, size_t object, struct diag *d)
{
    struct diff_result *r = c->result;
    if (r->problem_count == c->problem_cap) {
        size_t cap = c->problem_cap == 0 ? 16 : 2 * c->problem_cap;
        r->problems = arena_grow(c->arena, r->problems, c->problem_cap * sizeof(r->problems[0]),
                                 cap * sizeof(r->problems[0]));
        c->problem_cap = cap;
    }
    r->problems[r->problem_count++] =
        (struct diff_problem){.right = side == 1,
                              .object = side_object_name(c->readers[side].side, object),
                              .text = str_copy(c->arena, str_of(d->msg))};
    diag_clear(d);
}

/* ---- objects with the same bytes ---- */

static enum err hash_of(const struct source *s, const struct source_object *o, uint64_t *ret_hash,
                        struct diag *d)
{
    struct arena *a = arena_new("diff bytes", ARENA_TASK_BYTES_MAX);
    struct str bytes;
    enum err err = source_fetch(s, o, a, &bytes, d);
    *ret_hash = err == ERR_OK ? hash64(bytes.len, bytes) : 0;
    arena_free(a);
    return err;
}

/* Of what cannot be read something is said when its records are. */
static enum err same_bytes(const struct source *x, const struct source_object *left,
                           const struct source *y, const struct source_object *right,
                           bool *ret_equal, struct diag *d)
{
    uint64_t hashes[2];
    enum err err = hash_of(x, left, &hashes[0], d);
    err = err == ERR_OK ? hash_of(y, right, &hashes[1], d) : err;
    *ret_equal = err == ERR_OK && hashes[0] == hashes[1];
    if (err != ERR_OK && !is_general(err)) {
        diag_clear(d);
        return ERR_OK;
    }
    return err;
}

/* A manifest does not tell the size. */
static bool may_be_equal(const struct source_object *x, const struct source_object *y)
{
    return x->size < 0 || y->size < 0 || x->size == y->size;
}

/* Both lists are in byte order of their keys. */
static enum err find_equal(struct comparison *c, struct diag *d)
{
    const struct source *x = c->readers[0].side->source, *y = c->readers[1].side->source;
    c->equal[0] = NEW_ARRAY(c->arena, bool, side_objects(c->readers[0].side));
    c->equal[1] = NEW_ARRAY(c->arena, bool, side_objects(c->readers[1].side));
    if (x == NULL || y == NULL || c->readers[0].side->def != c->readers[1].side->def) {
        return ERR_OK;
    }
    for (size_t i = 0, k = 0; i < x->count && k < y->count;) {
        int order = str_cmp(x->objects[i].key, y->objects[k].key);
        if (order == 0 && may_be_equal(&x->objects[i], &y->objects[k])) {
            bool equal;
            TRY(same_bytes(x, &x->objects[i], y, &y->objects[k], &equal, d));
            c->equal[0][i] = c->equal[1][k] = equal;
            c->result->objects_equal += equal;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return ERR_OK;
}

/* ---- first reading: marks ---- */

static enum err mark_row(void *ctx, const struct diff_row *row, struct diag *d)
{
    struct reading *r = ctx;
    (void)d;
    uint64_t content = 0;
    for (size_t i = 0; i <= r->c->readers[r->side].column_count; i++) {
        content = hash64(content + row->texts[i].len, row->texts[i]);
    }
    const struct mark mark = {.id = {hash64(1, row->id), hash64(2, row->id)},
                              .content = content,
                              .ordinal = row->ordinal,
                              .object = r->object};
    marks_add(&r->c->marks[r->side], r->c->marking, &mark);
    return ERR_OK;
}

static enum err read_marks(struct comparison *c, int side, struct diag *d)
{
    size_t count = side_objects(c->readers[side].side);
    for (size_t i = 0; i < count; i++) {
        struct reading r = {.c = c, .side = side, .object = (uint32_t)i};
        size_t before = c->marks[side].count;
        enum err err =
            c->equal[side][i] ? ERR_OK : side_read(&c->readers[side], i, mark_row, &r, d);
        if (err != ERR_OK && (c->readers[side].side->source == NULL || is_general(err))) {
            struct str name = side_object_name(c->readers[side].side, i);
            return diag_context(d, "%.*s", STR_ARG(name));
        }
        if (err != ERR_OK) {
            c->marks[side].count = before;
            note_problem(c, side, i, d);
        }
    }
    c->result->records[side] = c->marks[side].count;
    return ERR_OK;
}

/* ---- second reading: what they hold ---- */

static struct diff_part *part_of(struct comparison *c, struct map *parts, struct str name)
{
    struct diff_part *part = map_get(parts, name);
    if (part == NULL) {
        part = NEW(c->arena, struct diff_part);
        part->name = str_copy(c->arena, name);
        part->sums = NEW_ARRAY(c->arena, int64_t, c->readers[0].side->def->sum_count);
        map_put(parts, name, part);
    }
    return part;
}

static enum err add_sums(struct comparison *c, int side, struct diff_part *window,
                         const struct diff_row *row, struct diag *d)
{
    const struct definition *left = c->readers[0].side->def;
    for (size_t i = 0; i < left->sum_count; i++) {
        struct str name = left->columns[left->sum_columns[i]].name;
        int64_t number;
        if (side_number(c->readers[side].side->def, row, name, &number)) {
            TRY(decimal_add(window->sums[i], side == 0 ? -number : number, &window->sums[i], d));
        }
    }
    return ERR_OK;
}

static void keep_lines(struct comparison *c, int side, struct difference *difference,
                       struct str object, const struct diff_row *row)
{
    size_t count = c->readers[side].column_count + 1;
    struct str *texts = NEW_ARRAY(c->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        texts[i] = str_copy(c->arena, row->texts[i]);
    }
    difference->texts[side] = texts;
    if (difference->kept) {
        return; /* the left has named it */
    }
    difference->kept = true;
    difference->id = str_copy(c->arena, row->id);
    c->kept[c->kept_count++] = (struct kept){.line = {.kind = difference->kind,
                                                      .id = difference->id,
                                                      .object = object,
                                                      .ordinal = row->ordinal,
                                                      .frame = DIFF_NO_FRAME,
                                                      .column = STR_EMPTY,
                                                      .left = STR_EMPTY,
                                                      .right = STR_EMPTY},
                                             .of = difference};
}

static enum err look(struct reading *r, const struct mark *mark, const struct diff_row *row,
                     struct diag *d)
{
    struct comparison *c = r->c;
    struct difference *difference = &c->differences[mark->pair - 1];
    struct str object = side_object_name(c->readers[r->side].side, r->object);
    struct buf day;
    buf_init(&day, c->arena, 64);
    if (row->event_us == INSTANT_NEVER) {
        buf_add_z(&day, "-");
    } else {
        instant_date(&day, row->event_us);
    }
    struct diff_part *window = part_of(c, c->windows, buf_str(&day));
    if (r->side == 0 || difference->kind == DIFF_EXTRA) {
        window->counts[difference->kind]++;
        part_of(c, c->parts, object)->counts[difference->kind]++;
    }
    if (difference->kept || c->kept_count < c->records_max) {
        keep_lines(c, r->side, difference, object, row);
    }
    return add_sums(c, r->side, window, row, d);
}

static enum err look_row(void *ctx, const struct diff_row *row, struct diag *d)
{
    struct reading *r = ctx;
    const struct marks *m = &r->c->marks[r->side];
    while (r->at < m->count && m->items[r->at].object == r->object &&
           m->items[r->at].ordinal < row->ordinal) {
        r->at++;
    }
    if (r->at < m->count && m->items[r->at].object == r->object &&
        m->items[r->at].ordinal == row->ordinal) {
        TRY(look(r, &m->items[r->at++], row, d));
    }
    return ERR_OK;
}

static enum err read_different(struct comparison *c, int side, struct diag *d)
{
    struct marks *m = &c->marks[side];
    struct reading r = {.c = c, .side = side};
    while (r.at < m->count) {
        r.object = m->items[r.at].object;
        TRY(side_read(&c->readers[side], r.object, look_row, &r, d));
        while (r.at < m->count && m->items[r.at].object == r.object) {
            r.at++; /* an object that is shorter than it was: it is being written */
        }
    }
    return ERR_OK;
}

static void note_kinds(struct comparison *c)
{
    c->differences = NEW_ARRAY(c->arena, struct difference, c->difference_count);
    for (size_t i = 0; i < c->difference_count; i++) {
        c->differences[i].kind = DIFF_EXTRA;
    }
    for (size_t i = 0; i < c->marks[0].count; i++) {
        c->differences[c->marks[0].items[i].pair - 1].kind = DIFF_MISSING;
    }
    for (size_t i = 0; i < c->marks[1].count; i++) {
        struct difference *x = &c->differences[c->marks[1].items[i].pair - 1];
        x->kind = x->kind == DIFF_MISSING ? DIFF_ALTERED : DIFF_EXTRA;
    }
}

/* ---- the result ---- */

static struct str column_name(const struct comparison *c, size_t i)
{
    const struct side_reader *r = &c->readers[0];
    return i == r->column_count ? STR("(fate)") : r->side->def->columns[r->columns[i]].name;
}

static void add_columns(struct comparison *c, const struct kept *kept)
{
    struct diff_result *r = c->result;
    struct str *const *texts = kept->of->texts;
    if (texts[0] == NULL || texts[1] == NULL) {
        r->lines[r->line_count++] = kept->line;
        return;
    }
    for (size_t k = 0; k <= c->readers[0].column_count; k++) {
        if (!str_eq(texts[0][k], texts[1][k])) {
            struct diff_line *line = &r->lines[r->line_count++];
            *line = kept->line;
            line->column = column_name(c, k);
            line->left = texts[0][k];
            line->right = texts[1][k];
        }
    }
}

/* A line a record, and one a column where it was altered. */
static void add_lines(struct comparison *c)
{
    size_t columns = c->readers[0].column_count + 1;
    c->result->lines = NEW_ARRAY(c->arena, struct diff_line, c->kept_count * columns);
    for (size_t i = 0; i < c->kept_count; i++) {
        add_columns(c, &c->kept[i]);
    }
}

static int part_order(const void *a, const void *b)
{
    return str_cmp(((const struct diff_part *)a)->name, ((const struct diff_part *)b)->name);
}

static struct diff_part *parts_of(struct comparison *c, const struct map *from, size_t *ret_count)
{
    struct diff_part *parts = NEW_ARRAY(c->arena, struct diff_part, map_count(from));
    struct str name;
    void *part;
    *ret_count = 0;
    for (size_t at = 0; map_next(from, &at, &name, &part);) {
        parts[(*ret_count)++] = *(struct diff_part *)part;
    }
    if (*ret_count > 1) {
        qsort(parts, *ret_count, sizeof(*parts), part_order);
    }
    return parts;
}

static enum err run(struct comparison *c, struct diag *d)
{
    TRY(find_equal(c, d));
    for (int s = 0; s < 2; s++) {
        TRY(read_marks(c, s, d));
        if (c->readers[s].rows_only) {
            marks_keep_first(&c->marks[s]);
        }
    }
    c->difference_count = marks_merge(&c->marks[0], &c->marks[1], c->marking, c->result->counts);
    marks_keep_different(&c->marks[0]);
    marks_keep_different(&c->marks[1]);
    note_kinds(c);
    size_t kept_max = c->difference_count < c->records_max ? c->difference_count : c->records_max;
    c->kept = NEW_ARRAY(c->arena, struct kept, kept_max);
    TRY(read_different(c, 0, d));
    TRY(read_different(c, 1, d));
    add_lines(c);
    c->result->windows = parts_of(c, c->windows, &c->result->window_count);
    c->result->parts = parts_of(c, c->parts, &c->result->part_count);
    return ERR_OK;
}

enum err diff_run(struct arena *a, const struct diff_side sides[2], size_t records_max,
                  struct diff_result *ret_result, struct diag *d)
{
    struct diff_result result = {.objects = side_objects(&sides[0])};
    struct comparison c = {.arena = a,
                           .records_max = records_max,
                           .result = &result,
                           .windows = map_new(a),
                           .parts = map_new(a)};
    c.marking = arena_new("diff marks", ARENA_PROCESS_BYTES_MAX);
    readers_open(&c, sides);
    enum err err = run(&c, d);
    arena_free(c.marking);
    TRY(err);
    TRY(diff_frames(sides, &result, d));
    *ret_result = result;
    return ERR_OK;
}
