/* definition_report.c -- The report: its name, when a day is closed, its queries. The SQL is the
 * warehouse's own; checked here is that it is one SELECT over the table and the window, and that
 * every name in braces is known. */
#include "definition_reading.h"

#include "base/instant.h"

#define QUERIES_MAX 32
#define GRACE_US_DEFAULT US_PER_HOUR

static const struct str REPORT_KEYS[] = {STR_INIT("name"), STR_INIT("grace"), STR_INIT("queries")};
static const struct str QUERY_KEYS[] = {STR_INIT("name"), STR_INIT("title"), STR_INIT("chart"),
                                        STR_INIT("sql")};
static const struct str CHARTS[] = {STR_INIT("bar"), STR_INIT("line")};

/* {sum(amount)}: an aggregate of a column that is a number. */
static enum err check_aggregate(const struct definition_reading *r, const struct json *sql,
                                struct str inside, struct diag *d)
{
    static const struct str aggregates[] = {STR_INIT("sum"), STR_INIT("min"), STR_INIT("max")};
    struct str function, column;
    size_t index;
    bool known = false;
    str_split(inside, '(', &function, &column);
    for (size_t i = 0; i < 3; i++) {
        known = known || str_eq(function, aggregates[i]);
    }
    if (!known || !str_ends(column, STR(")"))) {
        return reading_fail_name(&r->in, sql, "sql: unknown aggregate", function, aggregates, 3, d);
    }
    column = str_slice(column, 0, column.len - 1);
    TRY(reading_column(r, sql, column, &index, d));
    enum column_type type = r->def->columns[index].type;
    if (type != COLUMN_INTEGER && type != COLUMN_DECIMAL) {
        return reading_fail(&r->in, sql, d, "{%.*s}: column %.*s is no number", STR_ARG(inside),
                            STR_ARG(column));
    }
    return ERR_OK;
}

static enum err check_name(const struct definition_reading *r, const struct json *sql,
                           struct str inside, struct diag *d)
{
    static const struct str words[] = {STR_INIT("table"), STR_INIT("where"), STR_INIT("hour"),
                                       STR_INIT("day")};
    size_t index;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(inside, words[i])) {
            return ERR_OK;
        }
    }
    if (str_find(inside, '(') != STR_NONE) {
        return check_aggregate(r, sql, inside, d);
    }
    return reading_column(r, sql, inside, &index, d);
}

static enum err check_braces(const struct definition_reading *r, const struct json *sql,
                             struct diag *d)
{
    struct str rest = sql->text;
    for (size_t open = str_find(rest, '{'); open != STR_NONE; open = str_find(rest, '{')) {
        rest = str_from(rest, open + 1);
        size_t close = str_find(rest, '}');
        if (close == STR_NONE) {
            return reading_fail(&r->in, sql, d, "a brace is not closed");
        }
        TRY(check_name(r, sql, str_slice(rest, 0, close), d));
        rest = str_from(rest, close + 1);
    }
    return ERR_OK;
}

static enum err check_sql(const struct definition_reading *r, const struct json *sql,
                          struct diag *d)
{
    struct str text = str_trim(sql->text);
    if (!str_starts_nocase(text, STR("select ")) && !str_starts_nocase(text, STR("with "))) {
        return reading_fail(&r->in, sql, d, "expected one SELECT");
    }
    if (str_find(text, ';') != STR_NONE) {
        return reading_fail(&r->in, sql, d, "expected one SELECT, without a semicolon");
    }
    TRY(check_braces(r, sql, d));
    if (!str_contains(text, STR("{table}")) || !str_contains(text, STR("{where}"))) {
        return reading_fail(&r->in, sql, d, "expected {table} and {where} in it");
    }
    return ERR_OK;
}

static enum err read_query(const struct definition_reading *r, const struct json *node,
                           struct diag *d)
{
    struct definition *def = r->def;
    struct report_query query = {.chart = STR_EMPTY};
    struct json *name, *sql;
    size_t chart = 0;
    TRY(reading_keys(&r->in, node, QUERY_KEYS, sizeof(QUERY_KEYS) / sizeof(QUERY_KEYS[0]), d));
    TRY(reading_node(&r->in, node, "name", JSON_IS_STRING, true, &name, d));
    TRY(reading_identifier(r, name, name->text, d));
    query.name = query.title = name->text;
    TRY(reading_str(&r->in, node, "title", false, &query.title, d));
    if (json_get(node, STR("chart")) != NULL) {
        TRY(reading_choice(&r->in, node, "chart", CHARTS, 2, true, &chart, d));
        query.chart = CHARTS[chart];
    }
    TRY(reading_node(&r->in, node, "sql", JSON_IS_STRING, true, &sql, d));
    TRY(check_sql(r, sql, d));
    query.sql = str_trim(sql->text);
    for (size_t i = 0; i < def->query_count; i++) {
        if (str_eq(def->queries[i].name, query.name)) {
            return reading_fail(&r->in, name, d, "there is a query '%.*s' already",
                                STR_ARG(query.name));
        }
    }
    def->queries[def->query_count++] = query;
    return ERR_OK;
}

enum err definition_report_read(const struct definition_reading *r, const struct json *root,
                                struct diag *d)
{
    struct definition *def = r->def;
    struct json *report, *queries = NULL;
    def->report_name = STR("daily");
    def->report_grace_us = GRACE_US_DEFAULT;
    TRY(reading_node(&r->in, root, "report", JSON_IS_OBJECT, false, &report, d));
    if (report == NULL) {
        return ERR_OK;
    }
    TRY(reading_keys(&r->in, report, REPORT_KEYS, sizeof(REPORT_KEYS) / sizeof(REPORT_KEYS[0]), d));
    TRY(reading_str(&r->in, report, "name", false, &def->report_name, d));
    const struct json *name = json_get(report, STR("name"));
    if (name != NULL) {
        TRY(reading_identifier(r, name, name->text, d));
    }
    TRY(reading_duration(&r->in, report, "grace", 0, 30 * US_PER_DAY, &def->report_grace_us, d));
    TRY(reading_node(&r->in, report, "queries", JSON_IS_ARRAY, false, &queries, d));
    if (queries == NULL) {
        return ERR_OK;
    }
    if (queries->count > QUERIES_MAX) {
        return reading_fail(&r->in, queries, d, "more than %d queries", QUERIES_MAX);
    }
    def->queries = NEW_ARRAY(r->in.arena, struct report_query, queries->count);
    for (const struct json *node = queries->first; node != NULL; node = node->next) {
        TRY(read_query(r, node, d));
    }
    return ERR_OK;
}
