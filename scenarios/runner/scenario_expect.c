/* scenario_expect.c -- The `expect:` of a scenario file. One entry is {when: what}, where what is a
 * word or a mapping of one kind with its options, and for `eventually` a `within` beside it. */
#include "base/instant.h"
#include "scenario_parts.h"

#define WITHIN_US_DEFAULT (10 * US_PER_MINUTE)

static const struct str WHENS[] = {STR_INIT("always"), STR_INIT("eventually"), STR_INIT("finally"),
                                   STR_INIT("sometimes"), STR_INIT("never")};
static const struct str KINDS[] = {STR_INIT("conservation"),
                                   STR_INIT("unique"),
                                   STR_INIT("row_count_match"),
                                   STR_INIT("aggregate_match"),
                                   STR_INIT("alert"),
                                   STR_INIT("sql"),
                                   STR_INIT("report_equals_recomputation"),
                                   STR_INIT("report_on_time"),
                                   STR_INIT("durable"),
                                   STR_INIT("replay_idempotent"),
                                   STR_INIT("retries")};
static const struct str OCCURRENCES[] = {
    STR_INIT("duplicate_delivery"), STR_INIT("fault"),    STR_INIT("crash"),
    STR_INIT("quarantine"),         STR_INIT("conflict"), STR_INIT("late"),
    STR_INIT("new_version"),        STR_INIT("throttle"), STR_INIT("reshard"),
    STR_INIT("power_loss"),         STR_INIT("expired")};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static enum err texts_read(const struct reading *r, const struct json *node, struct str **ret_texts,
                           size_t *ret_count, struct diag *d)
{
    if (node->kind != JSON_IS_ARRAY || node->count == 0) {
        return reading_fail(r, node, d, "expected a list of names");
    }
    struct str *texts = NEW_ARRAY(r->arena, struct str, node->count);
    size_t count = 0;
    for (const struct json *item = node->first; item != NULL; item = item->next) {
        if (item->kind != JSON_IS_STRING) {
            return reading_fail(r, item, d, "expected a name");
        }
        texts[count++] = item->text;
    }
    *ret_texts = texts;
    *ret_count = count;
    return ERR_OK;
}

static enum err unique_read(const struct reading *r, const struct json *what, struct expectation *e,
                            struct diag *d)
{
    static const struct str keys[] = {STR_INIT("table"), STR_INIT("key")};
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    TRY(reading_str(r, what, "table", true, &e->table, d));
    return reading_str(r, what, "key", true, &e->key, d);
}

static enum err row_count_read(const struct reading *r, const struct json *what,
                               struct expectation *e, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("by")};
    static const struct str bys[] = {STR_INIT("hour"), STR_INIT("day")};
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    size_t by = 1;
    TRY(reading_choice(r, what, "by", bys, COUNT(bys), false, &by, d));
    e->by = bys[by];
    return ERR_OK;
}

static enum err aggregate_read(const struct reading *r, const struct json *what,
                               struct expectation *e, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("columns"), STR_INIT("by")};
    struct json *columns, *by;
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    TRY(reading_node(r, what, "columns", JSON_IS_ARRAY, true, &columns, d));
    TRY(texts_read(r, columns, &e->columns, &e->column_count, d));
    TRY(reading_node(r, what, "by", JSON_IS_ARRAY, false, &by, d));
    return by == NULL ? ERR_OK : texts_read(r, by, &e->group, &e->group_count, d);
}

static enum err alert_read(const struct reading *r, const struct json *what, struct expectation *e,
                           struct diag *d)
{
    static const struct str keys[] = {STR_INIT("criticality"), STR_INIT("at_least"),
                                      STR_INIT("at_most"), STR_INIT("copies")};
    static const struct str levels[] = {STR_INIT("low"), STR_INIT("high"), STR_INIT("critical")};
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    size_t level = CRITICALITY_COUNT, at_least = SIZE_MAX, at_most = SIZE_MAX;
    size_t copies = SIZE_MAX;
    TRY(reading_choice(r, what, "criticality", levels, COUNT(levels), false, &level, d));
    TRY(reading_count(r, what, "at_least", 0, 1000000, &at_least, d));
    TRY(reading_count(r, what, "at_most", 0, 1000000, &at_most, d));
    TRY(reading_count(r, what, "copies", 1, 1000000, &copies, d));
    e->any_criticality = level == CRITICALITY_COUNT;
    e->criticality = e->any_criticality ? CRITICALITY_LOW : (enum criticality)level;
    e->at_least = at_least == SIZE_MAX ? -1 : (int64_t)at_least;
    e->at_most = at_most == SIZE_MAX ? -1 : (int64_t)at_most;
    e->copies = copies == SIZE_MAX ? -1 : (int64_t)copies;
    return ERR_OK;
}

/* {at_most: 40, within: 10s}: here `within` is the length of any stretch of time. */
static enum err retries_read(const struct reading *r, const struct json *what,
                             struct expectation *e, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("at_most"), STR_INIT("within")};
    size_t at_most = 0;
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    TRY(reading_count(r, what, "at_most", 1, 100000, &at_most, d));
    if (at_most == 0 || json_get(what, STR("within")) == NULL) {
        return reading_fail(r, what, d, "retries: expected {at_most: 40, within: 10s}");
    }
    e->at_most = (int64_t)at_most;
    return reading_duration(r, what, "within", US_PER_MS, US_PER_DAY, &e->within_us, d);
}

/* {within: 1h}: after the day is closed, or after the heal. */
static enum err on_time_read(const struct reading *r, const struct json *what,
                             struct expectation *e, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("within")};
    TRY(reading_keys(r, what, keys, COUNT(keys), d));
    return reading_duration(r, what, "within", US_PER_S, 30 * US_PER_DAY, &e->within_us, d);
}

static enum err options_read(const struct reading *r, const struct json *what,
                             struct expectation *e, struct diag *d)
{
    switch (e->kind) {
    case EXPECT_UNIQUE:
        return unique_read(r, what, e, d);
    case EXPECT_ROW_COUNT_MATCH:
        return row_count_read(r, what, e, d);
    case EXPECT_AGGREGATE_MATCH:
        return aggregate_read(r, what, e, d);
    case EXPECT_ALERT:
        return alert_read(r, what, e, d);
    case EXPECT_REPORT_ON_TIME:
        return on_time_read(r, what, e, d);
    case EXPECT_RETRIES:
        return retries_read(r, what, e, d);
    case EXPECT_CONSERVATION:
    case EXPECT_DURABLE:
    case EXPECT_REPLAY_IDEMPOTENT:
    case EXPECT_SQL:
    case EXPECT_REPORT_EQUALS_RECOMPUTATION:
    case EXPECT_OCCURS:
        break;
    }
    return ERR_OK;
}

/* {sql: "select ...", equals: 0}: the value is compared as text. */
static enum err sql_read(const struct reading *r, const struct json *body, struct expectation *e,
                         struct diag *d)
{
    static const struct str keys[] = {STR_INIT("sql"), STR_INIT("equals"), STR_INIT("within")};
    TRY(reading_keys(r, body, keys, COUNT(keys), d));
    TRY(reading_str(r, body, "sql", true, &e->sql, d));
    const struct json *equals = json_get(body, STR("equals"));
    if (equals == NULL || (equals->kind != JSON_IS_NUMBER && equals->kind != JSON_IS_STRING)) {
        return reading_fail(r, body, d,
                            "sql: expected `equals:` with a number or a text beside it");
    }
    e->equals = equals->text;
    e->kind = EXPECT_SQL;
    e->name = str_printf(r->arena, "sql %.*s", STR_ARG(str_slice(e->sql, 0, 40)));
    return ERR_OK;
}

static enum err kind_of(const struct reading *r, const struct json *node, struct str name,
                        struct expectation *e, struct diag *d)
{
    if (str_eq(name, STR("contingency_report"))) {
        return reading_fail(r, node, d, "contingency_report: not built, there is no Athena here");
    }
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        if (str_eq(name, KINDS[i])) {
            if (i == EXPECT_REPLAY_IDEMPOTENT && e->when != EXPECT_FINALLY) {
                return reading_fail(r, node, d, "replay_idempotent is for finally: it loads anew");
            }
            e->kind = (enum expect_kind)i;
            e->name = KINDS[i];
            return ERR_OK;
        }
    }
    return reading_fail_name(r, node, "unknown expectation", name, KINDS, COUNT(KINDS), d);
}

/* The one key of a mapping that is not `within`. */
static const struct json *kind_node(const struct json *body)
{
    for (const struct json *child = body->first; child != NULL; child = child->next) {
        if (!str_eq(child->key, STR("within"))) {
            return child;
        }
    }
    return NULL;
}

static enum err mapping_read(const struct reading *r, const struct json *body,
                             struct expectation *e, struct diag *d)
{
    TRY(reading_duration(r, body, "within", 0, 400 * US_PER_DAY, &e->within_us, d));
    if (json_get(body, STR("sql")) != NULL) {
        return sql_read(r, body, e, d);
    }
    const struct json *what = kind_node(body);
    size_t kinds = body->count - (json_get(body, STR("within")) != NULL);
    if (what == NULL || kinds != 1) {
        return reading_fail(r, body, d, "expected one expectation");
    }
    TRY(kind_of(r, what, what->key, e, d));
    return options_read(r, what, e, d);
}

static enum err occurrence_read(const struct reading *r, const struct json *body,
                                struct expectation *e, struct diag *d)
{
    for (size_t i = 0; body->kind == JSON_IS_STRING && i < COUNT(OCCURRENCES); i++) {
        if (str_eq(body->text, OCCURRENCES[i])) {
            e->kind = EXPECT_OCCURS;
            e->name = e->occurs = OCCURRENCES[i];
            return ERR_OK;
        }
    }
    return reading_fail_name(r, body, "no such occurrence", json_str(body), OCCURRENCES,
                             COUNT(OCCURRENCES), d);
}

static enum err expectation_read(const struct reading *r, const struct json *item,
                                 struct expectation *e, struct diag *d)
{
    if (item->kind != JSON_IS_OBJECT || item->count != 1) {
        return reading_fail(r, item, d, "expected one entry such as `always: conservation`");
    }
    TRY(reading_keys(r, item, WHENS, COUNT(WHENS), d));
    const struct json *body = item->first;
    *e = (struct expectation){.within_us = WITHIN_US_DEFAULT,
                              .at_least = -1,
                              .at_most = -1,
                              .copies = -1,
                              .line = item->line};
    while (!str_eq(body->key, WHENS[e->when])) {
        e->when++;
    }
    if (e->when == EXPECT_SOMETIMES) {
        return occurrence_read(r, body, e, d);
    }
    if (body->kind == JSON_IS_STRING) {
        TRY(kind_of(r, body, body->text, e, d));
        if (e->kind == EXPECT_UNIQUE || e->kind == EXPECT_AGGREGATE_MATCH ||
            e->kind == EXPECT_SQL || e->kind == EXPECT_RETRIES) {
            return reading_fail(r, body, d, "%.*s needs its options: a mapping", STR_ARG(e->name));
        }
        return options_read(r, json_new(r->arena, JSON_IS_OBJECT), e, d);
    }
    if (body->kind != JSON_IS_OBJECT) {
        return reading_fail(r, body, d, "expected a word or a mapping");
    }
    return mapping_read(r, body, e, d);
}

enum err scenario_expectations_read(const struct reading *r, const struct json *root,
                                    struct scenario *s, struct diag *d)
{
    struct json *list;
    TRY(reading_node(r, root, "expect", JSON_IS_ARRAY, true, &list, d));
    if (list->count == 0) {
        return reading_fail(r, list, d, "a scenario that expects nothing proves nothing");
    }
    s->expectations = NEW_ARRAY(r->arena, struct expectation, list->count);
    for (const struct json *item = list->first; item != NULL; item = item->next) {
        TRY(expectation_read(r, item, &s->expectations[s->expectation_count++], d));
    }
    return ERR_OK;
}
