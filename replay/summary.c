#include "replay/summary.h"

#include "base/instant.h"
#include "replay/expect.h"
#include "table.h"

static void add_row(struct table *t, struct str name, struct str value, struct str note)
{
    const struct str cells[] = {name, value, note};
    table_add(t, cells);
}

static void add_count(struct table *t, struct arena *a, struct str name, uint64_t count)
{
    add_row(t, name, table_number(a, count), STR_EMPTY);
}

static enum err add_reasons(struct table *t, struct arena *a, const struct definition *def,
                            struct warehouse *w, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(def->name)};
    struct warehouse_result reasons;
    TRY(warehouse_query(
        w,
        STR("select reason, count(*) from aforo_quarantine where pipeline = $1 group by reason "
            "order by 2 desc, 1"),
        params, 1, a, &reasons, d));
    for (size_t i = 0; i < reasons.row_count; i++) {
        uint64_t count = (uint64_t)warehouse_at(&reasons, i, 1)->i64;
        add_row(t, STR_EMPTY, table_number(a, count), warehouse_at(&reasons, i, 0)->text);
    }
    return ERR_OK;
}

static void add_time(struct table *t, struct arena *a, const struct player_result *played)
{
    struct buf text;
    int64_t us = played->elapsed_us > 0 ? played->elapsed_us : 1;
    uint64_t read = played->counts.records;
    buf_init(&text, a, 64);
    duration_text(&text, us / US_PER_MS * US_PER_MS);
    add_row(t, STR("time"), buf_str(&text), STR_EMPTY);
    if (played->loaded_before == 0) {
        uint64_t per_s = (uint64_t)((__int128)read * US_PER_S / us);
        add_row(t, STR("records/s"), table_number(a, per_s), STR_EMPTY);
    }
}

enum err summary_write(struct buf *out, struct arena *a, const struct definition *def,
                       struct warehouse *w, const struct player_result *played, struct diag *d)
{
    struct table *t = table_new(a, "lrl");
    const struct loaded_counts *c = &played->counts;
    struct str before = played->loaded_before == 0
                            ? STR_EMPTY
                            : str_printf(a, "%llu of them loaded before",
                                         (unsigned long long)played->loaded_before);
    add_row(t, STR("objects"), table_number(a, played->objects), before);
    if (played->objects_passed > 0) {
        add_row(t, STR("not asked for"), table_number(a, played->objects_passed), STR("objects"));
    }
    add_count(t, a, STR("bytes"), played->bytes);
    add_count(t, a, STR("bytes unpacked"), played->raw_bytes);
    add_count(t, a, STR("records"), c->records);
    if (played->records_passed > 0) {
        add_row(t, STR("not asked for"), table_number(a, played->records_passed), STR("records"));
    }
    add_count(t, a, STR("rows"), c->rows);
    add_count(t, a, STR("duplicates"), c->duplicates);
    add_count(t, a, STR("filtered out"), c->filtered);
    add_count(t, a, STR("quarantined"), c->quarantined);
    if (c->quarantined > 0) {
        TRY(add_reasons(t, a, def, w, d));
    }
    add_time(t, a, played);
    table_write(out, t);
    return ERR_OK;
}

void summary_problems(struct buf *out, struct arena *a, const struct player_result *played,
                      size_t lines_max)
{
    if (played->problem_count == 0) {
        return;
    }
    size_t shown = played->problem_count < lines_max ? played->problem_count : lines_max;
    struct table *t = table_new(a, "ll");
    for (size_t i = 0; i < shown; i++) {
        const struct str cells[] = {played->problems[i].object, played->problems[i].text};
        table_add(t, cells);
    }
    buf_addf(out, "\n%zu %s:\n", played->problem_count,
             played->problem_count == 1 ? "problem" : "problems");
    table_write(out, t);
    if (shown < played->problem_count) {
        buf_addf(out, "  and %zu more\n", played->problem_count - shown);
    }
}

void expect_table(struct buf *out, const struct expect_result *r, size_t lines_max)
{
    struct arena *a = out->arena;
    if (r->count == 0) {
        buf_addf(out, "%.*s figures checked, all equal\n", STR_ARG(table_number(a, r->checked)));
        return;
    }
    size_t shown = r->count < lines_max ? r->count : lines_max;
    struct table *t = table_new(a, "llrrr");
    const struct str head[] = {STR("what"), STR("group"), STR("expected"), STR("found"),
                               STR("difference")};
    table_add(t, head);
    for (size_t i = 0; i < shown; i++) {
        const struct expect_line *line = &r->lines[i];
        const struct str cells[] = {line->what, line->group, line->expected, line->found,
                                    line->difference};
        table_add(t, cells);
    }
    buf_addf(out, "%.*s figures checked, %zu %s:\n", STR_ARG(table_number(a, r->checked)), r->count,
             r->count == 1 ? "differs" : "differ");
    table_write(out, t);
    if (shown < r->count) {
        buf_addf(out, "  and %zu more\n", r->count - shown);
    }
}
