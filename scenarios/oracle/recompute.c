/* recompute.c -- A report equals its recomputation from raw: the figures of its reconciliation, and
 * whatever its queries count or sum, added up over their rows. The naive way: one pass over the
 * events that have landed, a day at a time. */
#include "oracle_parts.h"

#include "base/decimal.h"

struct day {
    int64_t from_us;
    struct str name;
};
struct current {
    struct str prefix; /* reports/<name>/dt=.../v= */
    struct str json;   /* of the largest version; empty: there is no report */
    uint64_t version;
};

/* ---- the naive count ---- */

static bool figure_of_day(struct oracle *o, const struct day *day, const struct figure *figure,
                          int64_t *ret_value)
{
    bool first = true;
    *ret_value = 0;
    for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
        bool is_in = event_is_row(e) && e->landed > 0 &&
                     instant_floor(e->row.event_us, US_PER_DAY) == day->from_us;
        uint32_t times = !is_in ? 0 : o->in.def->id_by_position ? e->landed : 1;
        for (uint32_t i = 0; i < times; i++, first = false) {
            figure_add(figure, &e->row, first, ret_value);
        }
    }
    return !first;
}

static int figure_scale(const struct oracle *o, const struct figure *figure)
{
    return figure->kind == FIGURE_COUNT ? 0 : o->in.def->columns[figure->column].scale;
}

/* ---- the report ---- */

static void report_find(struct oracle *o, const struct day *day, struct current *ret_current)
{
    struct emulator_object object;
    struct current c = {.prefix = str_printf(o->scratch, "reports/%.*s/dt=%.*s/v=",
                                             STR_ARG(o->in.def->report_name), STR_ARG(day->name))};
    for (struct str after = c.prefix;
         emulator_object_next(o->in.emulator, o->in.def->bucket, after, o->scratch, &object) &&
         str_starts(object.key, c.prefix);
         after = object.key) {
        struct str version, file;
        uint64_t number = 0;
        struct diag ignored = DIAG_INIT;
        if (str_split(str_from(object.key, c.prefix.len), '/', &version, &file) &&
            str_eq(file, STR("report.json")) && str_u64(version, &number, &ignored) == ERR_OK &&
            number > c.version) {
            c.version = number;
            c.json = object.body;
        }
    }
    *ret_current = c;
}

/* A figure of the report, as text with all its digits, against the naive one. */
static void figure_check(struct oracle *o, const struct day *day, const struct figure *figure,
                         struct str said, const char *where, struct oracle_finding *f)
{
    int64_t value;
    bool any = figure_of_day(o, day, figure, &value);
    int64_t found = 0;
    struct diag ignored = DIAG_INIT;
    if (!any && (said.len == 0 || str_eq(said, STR("-")))) {
        return;
    }
    if (decimal_parse(said, figure_scale(o, figure), &found, &ignored) == ERR_OK &&
        found == value) {
        return;
    }
    struct buf expected;
    buf_init(&expected, o->scratch, KIB);
    decimal_text(&expected, value, figure_scale(o, figure));
    finding_add(o, f, ROW_STALE, "the report of %.*s says %.*s for %s, raw says %.*s",
                STR_ARG(day->name), STR_ARG(said), where, STR_ARG(buf_str(&expected)));
}

/* Acknowledged records of the day are gone for good: its report must say that something is missing.
 */
static bool has_lost(const struct oracle *o, const struct day *day)
{
    for (const struct oracle_event *e = o->expired > 0 ? o->first : NULL; e != NULL; e = e->next) {
        if (event_is_row(e) && e->expired > 0 && e->landed == 0 && e->acknowledged > 0 &&
            instant_floor(e->row.event_us, US_PER_DAY) == day->from_us) {
            return true;
        }
    }
    return false;
}

/* Only the source's own count is wrong: which side it is must be right on every line, those of the
 * dimension too. */
static void side_check(struct oracle *o, const struct day *day, const struct json *line,
                       struct oracle_finding *f)
{
    struct str hop = json_str(json_get(line, STR("hop")));
    if (o->miscounted && hop.len > 0 && !str_eq(hop, STR("source-raw"))) {
        finding_add(o, f, ROW_STALE,
                    "the report of %.*s says that %.*s parts at %.*s, and only the source's own "
                    "count is wrong",
                    STR_ARG(day->name), STR_ARG(json_str(json_get(line, STR("measure")))),
                    STR_ARG(hop));
    }
}

static void line_check(struct oracle *o, const struct day *day, const struct json *line,
                       struct oracle_finding *f)
{
    static const char *const sides[] = {"source", "raw", "warehouse"};
    struct figure figure;
    struct diag ignored = DIAG_INIT;
    struct str measure = json_str(json_get(line, STR("measure")));
    side_check(o, day, line, f);
    if (!str_eq(json_str(json_get(line, STR("window"))), day->name) ||
        figure_parse(o->in.def, measure, &figure, &ignored) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        struct str said = json_str(json_get(line, str_of(sides[i])));
        if (i == 0 && (str_eq(said, STR("-")) || o->miscounted || has_lost(o, day))) {
            continue; /* control totals need not have every measure, and count what is lost too */
        }
        figure_check(
            o, day, &figure, said,
            str_z(o->scratch, str_printf(o->scratch, "%.*s of %s", STR_ARG(measure), sides[i])), f);
    }
}

/* What a query's column is by its SQL: "count(*) as orders", "{sum(amount)} as amount". */
static bool column_figure(struct oracle *o, struct str sql, struct str name,
                          struct figure *ret_figure)
{
    struct str alias = str_printf(o->scratch, " as %.*s", STR_ARG(name));
    size_t at = str_find_str(sql, alias);
    if (at == STR_NONE) {
        return false;
    }
    struct str before = str_slice(sql, 0, at);
    if (str_ends(before, STR("}"))) {
        before = str_slice(before, 0, before.len - 1);
    }
    static const struct str functions[] = {STR_INIT("sum("), STR_INIT("count(*")};
    size_t begin = STR_NONE;
    for (size_t i = 0; i < 2; i++) {
        for (size_t from = 0, hit;
             (hit = str_find_str(str_from(before, from), functions[i])) != STR_NONE;
             from += hit + 1) {
            begin = begin == STR_NONE || from + hit > begin ? from + hit : begin;
        }
    }
    struct diag ignored = DIAG_INIT;
    return begin != STR_NONE &&
           figure_parse(o->in.def, str_from(before, begin), ret_figure, &ignored) == ERR_OK;
}

/* Added up over the rows; a query with a limit or a condition of its own does not show every row.
 */
static bool shows_every_row(struct str sql)
{
    size_t where = str_find_str(sql, STR("{where}"));
    return where != STR_NONE && str_find_str(sql, STR(" limit ")) == STR_NONE &&
           str_find_str(str_from(sql, where), STR(" and ")) == STR_NONE;
}

static void query_check(struct oracle *o, const struct day *day, const struct report_query *query,
                        const struct json *table, struct oracle_finding *f)
{
    const struct json *columns = json_get(table, STR("columns")),
                      *rows = json_get(table, STR("rows"));
    size_t index = 0;
    for (const struct json *column = columns == NULL ? NULL : columns->first; column != NULL;
         column = column->next, index++) {
        struct figure figure;
        if (!column_figure(o, query->sql, json_str(column), &figure)) {
            continue;
        }
        int64_t sum = 0;
        for (const struct json *row = rows == NULL ? NULL : rows->first; row != NULL;
             row = row->next) {
            const struct json *cell = row->first;
            for (size_t i = 0; i < index && cell != NULL; i++) {
                cell = cell->next;
            }
            int64_t value = 0;
            struct diag ignored = DIAG_INIT;
            if (decimal_parse(json_str(cell), figure_scale(o, &figure), &value, &ignored) ==
                ERR_OK) {
                sum += value;
            }
        }
        struct buf said;
        buf_init(&said, o->scratch, KIB);
        decimal_text(&said, sum, figure_scale(o, &figure));
        figure_check(o, day, &figure, buf_str(&said),
                     str_z(o->scratch, str_printf(o->scratch, "%.*s.%.*s", STR_ARG(query->name),
                                                  STR_ARG(json_str(column)))),
                     f);
    }
}

static void report_check(struct oracle *o, const struct day *day, const struct current *c,
                         struct oracle_finding *f)
{
    struct json *report;
    struct diag why = DIAG_INIT;
    if (json_parse(o->scratch, c->json, &report, &why) != ERR_OK) {
        finding_add(o, f, ROW_CORRUPTED, "the report of %.*s is no JSON: %s", STR_ARG(day->name),
                    why.msg);
        return;
    }
    struct str verdict = json_str(json_at(report, "reconciliation.verdict"));
    const struct json *lines = json_at(report, "reconciliation.lines"),
                      *tables = json_get(report, STR("queries"));
    for (const struct json *line = lines == NULL ? NULL : lines->first; line != NULL;
         line = line->next) {
        line_check(o, day, line, f);
    }
    for (const struct json *table = tables == NULL ? NULL : tables->first; table != NULL;
         table = table->next) {
        for (size_t i = 0; i < o->in.def->query_count; i++) {
            const struct report_query *query = &o->in.def->queries[i];
            if (str_eq(query->name, json_str(json_get(table, STR("name")))) &&
                shows_every_row(query->sql)) {
                query_check(o, day, query, table, f);
            }
        }
    }
    struct str due = o->miscounted || has_lost(o, day) ? STR("differs") : STR("match");
    if (!str_eq(verdict, due)) {
        finding_add(o, f, ROW_STALE,
                    "the report of %.*s, version %llu, says that its reconciliation is '%.*s', and "
                    "not '%.*s'",
                    STR_ARG(day->name), (unsigned long long)c->version, STR_ARG(verdict),
                    STR_ARG(due));
    }
}

enum err oracle_check_reports(struct oracle *o, int64_t now_us, struct oracle_finding *f,
                              struct diag *d)
{
    (void)d;
    arena_reset(o->scratch);
    int64_t open_us = instant_floor(now_us - o->in.def->report_grace_us, US_PER_DAY);
    struct map *days = map_new(o->scratch);
    for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
        if (!event_is_row(e) || e->landed == 0 || e->row.event_us >= open_us) {
            continue;
        }
        struct day day = {.from_us = instant_floor(e->row.event_us, US_PER_DAY),
                          .name = day_text(o->scratch, e->row.event_us)};
        if (map_get(days, day.name) != NULL) {
            continue;
        }
        map_put(days, day.name, o);
        struct current current;
        report_find(o, &day, &current);
        if (current.version == 0) {
            finding_add(o, f, ROW_LOST, "there is no report of %.*s", STR_ARG(day.name));
        } else {
            report_check(o, &day, &current, f);
        }
    }
    return ERR_OK;
}
