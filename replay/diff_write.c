#include "base/decimal.h"
#include "base/limits.h"
#include "replay/diff.h"
#include "table.h"

static struct str difference_text(struct arena *a, int64_t value, int scale)
{
    struct buf out;
    buf_init(&out, a, 64);
    buf_add_z(&out, value > 0 ? "+" : "");
    decimal_text_short(&out, value, scale);
    return buf_str(&out);
}

static void write_windows(struct buf *out, const struct definition *def,
                          const struct diff_result *r, size_t lines_max)
{
    struct arena *a = out->arena;
    size_t sums = def->sum_count < TABLE_COLUMNS_MAX - 4 ? def->sum_count : TABLE_COLUMNS_MAX - 4;
    struct str cells[TABLE_COLUMNS_MAX] = {STR("window"), STR("missing"), STR("extra"),
                                           STR("altered")};
    struct table *t = table_new(a, "lrrrrrrr");
    for (size_t i = 4; i < TABLE_COLUMNS_MAX; i++) {
        cells[i] = i - 4 < sums ? str_printf(a, "sum(%.*s)",
                                             STR_ARG(def->columns[def->sum_columns[i - 4]].name))
                                : STR_EMPTY;
    }
    table_add(t, cells);
    for (size_t i = 0; i < r->window_count && i < lines_max; i++) {
        const struct diff_part *w = &r->windows[i];
        cells[0] = w->name;
        for (size_t k = 0; k < DIFF_KIND_COUNT; k++) {
            cells[k + 1] = table_number(a, w->counts[k]);
        }
        for (size_t k = 0; k < sums; k++) {
            const struct column *c = &def->columns[def->sum_columns[k]];
            cells[k + 4] = difference_text(a, w->sums[k], c->type == COLUMN_DECIMAL ? c->scale : 0);
        }
        table_add(t, cells);
    }
    buf_add_char(out, '\n');
    table_write(out, t);
}

static void write_objects(struct buf *out, const struct diff_result *r, size_t lines_max)
{
    struct arena *a = out->arena;
    struct table *t = table_new(a, "lrrr");
    struct str cells[] = {STR("object"), STR("missing"), STR("extra"), STR("altered")};
    table_add(t, cells);
    for (size_t i = 0; i < r->part_count && i < lines_max; i++) {
        cells[0] = r->parts[i].name;
        for (size_t k = 0; k < DIFF_KIND_COUNT; k++) {
            cells[k + 1] = table_number(a, r->parts[i].counts[k]);
        }
        table_add(t, cells);
    }
    buf_add_char(out, '\n');
    table_write(out, t);
}

static void write_lines(struct buf *out, const struct diff_result *r, size_t lines_max)
{
    static const struct str kinds[] = {STR_INIT("missing"), STR_INIT("extra"), STR_INIT("altered")};
    struct arena *a = out->arena;
    struct table *t = table_new(a, "lllrrlll");
    const struct str head[] = {STR("record"), STR("id"),     STR("object"), STR("frame"),
                               STR("at"),     STR("column"), STR("left"),   STR("right")};
    table_add(t, head);
    for (size_t i = 0; i < r->line_count && i < lines_max; i++) {
        const struct diff_line *l = &r->lines[i];
        const struct str cells[] = {kinds[l->kind],
                                    l->id,
                                    l->object,
                                    l->frame == DIFF_NO_FRAME
                                        ? STR_EMPTY
                                        : str_printf(a, "%llu", (unsigned long long)l->frame),
                                    str_printf(a, "%llu", (unsigned long long)l->ordinal),
                                    l->column,
                                    l->left,
                                    l->right};
        table_add(t, cells);
    }
    buf_add_char(out, '\n');
    table_write(out, t);
}

static void write_problems(struct buf *out, const struct diff_result *r, size_t lines_max)
{
    struct table *t = table_new(out->arena, "lll");
    if (r->problem_count == 0) {
        return;
    }
    buf_addf(out, "%zu object%s cannot be read:\n", r->problem_count,
             r->problem_count == 1 ? "" : "s");
    for (size_t i = 0; i < r->problem_count && i < lines_max; i++) {
        const struct diff_problem *p = &r->problems[i];
        const struct str cells[] = {p->right ? STR("right") : STR("left"), p->object, p->text};
        table_add(t, cells);
    }
    table_write(out, t);
}

void diff_write(struct buf *out, const struct definition *def, const struct diff_result *r,
                size_t lines_max)
{
    struct arena *a = out->arena;
    uint64_t all = r->counts[DIFF_MISSING] + r->counts[DIFF_EXTRA] + r->counts[DIFF_ALTERED];
    buf_addf(out, "%.*s objects, %.*s with the same bytes; in the others %.*s and %.*s records\n",
             STR_ARG(table_number(a, r->objects)), STR_ARG(table_number(a, r->objects_equal)),
             STR_ARG(table_number(a, r->records[0])), STR_ARG(table_number(a, r->records[1])));
    if (r->only_left.len > 0 || r->only_right.len > 0) {
        buf_addf(out, "columns of one side alone, not compared: %.*s%s%.*s\n",
                 STR_ARG(r->only_left), r->only_left.len > 0 && r->only_right.len > 0 ? ", " : "",
                 STR_ARG(r->only_right));
    }
    write_problems(out, r, lines_max);
    if (all == 0) {
        buf_add_z(out, "no record differs\n");
        return;
    }
    buf_addf(out, "%.*s missing on the right, %.*s extra, %.*s altered\n",
             STR_ARG(table_number(a, r->counts[DIFF_MISSING])),
             STR_ARG(table_number(a, r->counts[DIFF_EXTRA])),
             STR_ARG(table_number(a, r->counts[DIFF_ALTERED])));
    write_windows(out, def, r, lines_max);
    write_objects(out, r, lines_max);
    write_lines(out, r, lines_max);
}
