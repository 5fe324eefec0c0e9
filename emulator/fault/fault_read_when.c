/* fault_read_when.c -- The keys that select calls: whose, which of them, when, in which stretches,
 * and by which odds. */
#include <string.h>

#include "fault_read.h"

enum err fault_read_nth(struct rule_reader *r, const struct json *value, struct diag *d)
{
    const struct json *item = json_is(value, JSON_IS_ARRAY) ? value->first : value;
    size_t count = json_is(value, JSON_IS_ARRAY) ? value->count : 1;
    if (count == 0 || count > FAULT_NTH_MAX) {
        return fail(d, ERR_INVALID, AT "nth takes 1 to %d numbers, not %zu", AT_ARGS(value),
                    FAULT_NTH_MAX, count);
    }
    for (size_t i = 0; i < count; i++, item = item->next) {
        TRY(fault_count_read(item, &r->rule.nth[i], d));
    }
    r->rule.nth_count = count;
    return ERR_OK;
}

enum err fault_read_first(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_count_read(value, &r->rule.first, d);
}

enum err fault_read_after(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_count_read(value, &r->rule.after, d);
}

enum err fault_read_every(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_count_read(value, &r->rule.every, d);
}

enum err fault_read_limit(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_count_read(value, &r->rule.limit, d);
}

enum err fault_read_from(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_duration_read(value, &r->rule.from_us, d);
}

enum err fault_read_until(struct rule_reader *r, const struct json *value, struct diag *d)
{
    TRY(fault_duration_read(value, &r->rule.until_us, d));
    if (r->rule.until_us == 0) {
        return fail(d, ERR_INVALID, AT "until is after the run's start", AT_ARGS(value));
    }
    return ERR_OK;
}

enum err fault_read_actor(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_text_read(value, &r->rule.actor, d);
}

enum err fault_read_where(struct rule_reader *r, const struct json *value, struct diag *d)
{
    if (!json_is(value, JSON_IS_OBJECT) || value->count == 0 || value->count > FAULT_WHERE_MAX) {
        return fail(d, ERR_INVALID, AT "where takes 1 to %d names with globs such as {key: raw/*}",
                    AT_ARGS(value), FAULT_WHERE_MAX);
    }
    for (const struct json *item = value->first; item != NULL; item = item->next) {
        struct fault_where *where = &r->rule.where[r->rule.where_count];
        where->name = item->key;
        TRY(fault_text_read(item, &where->pattern, d));
        r->rule.where_count++;
    }
    return ERR_OK;
}

enum err fault_read_at(struct rule_reader *r, const struct json *value, struct diag *d)
{
    struct str text;
    TRY(fault_text_read(value, &text, d));
    r->has_at = true;
    enum err e = fault_coordinate_parse(text, &r->rule, d);
    return e == ERR_OK ? ERR_OK : diag_context(d, "%u:%u", AT_ARGS(value));
}

#define DRAW_DIGITS 16
static const char hex_digits[] = "0123456789abcdef";

enum err fault_read_draw(struct rule_reader *r, const struct json *value, struct diag *d)
{
    struct str text;
    TRY(fault_text_read(value, &text, d));
    r->rule.has_draw = true;
    r->rule.draw = 0;
    bool digits = text.len == DRAW_DIGITS;
    for (size_t i = 0; i < text.len && digits; i++) {
        const char *at = strchr(hex_digits, text.ptr[i]);
        digits = text.ptr[i] != '\0' && at != NULL;
        r->rule.draw = digits ? r->rule.draw << 4 | (uint64_t)(at - hex_digits) : 0;
    }
    return digits
               ? ERR_OK
               : fail(d, ERR_INVALID, AT "expected %d lower-case hexadecimal digits, not \"%.*s\"",
                      AT_ARGS(value), DRAW_DIGITS, STR_ARG(text));
}

/* The clock's longest run over its shortest stretch is how many are gone through for one call. */
#define STRETCH_US_MIN US_PER_S

enum err fault_read_lasts(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_lasts = true;
    TRY(fault_durations_read(value, &r->rule.lasts_min_us, &r->rule.lasts_max_us, d));
    if (r->rule.lasts_min_us < STRETCH_US_MIN) {
        return fail(d, ERR_INVALID, AT "lasts is a second at least", AT_ARGS(value));
    }
    return ERR_OK;
}

enum err fault_read_pause(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_pause = true;
    TRY(fault_durations_read(value, &r->rule.pause_min_us, &r->rule.pause_max_us, d));
    if (r->rule.pause_min_us < STRETCH_US_MIN) {
        return fail(d, ERR_INVALID, AT "pause is a second at least", AT_ARGS(value));
    }
    return ERR_OK;
}

enum err fault_read_per(struct rule_reader *r, const struct json *value, struct diag *d)
{
    struct str whose;
    TRY(fault_text_read(value, &whose, d));
    r->has_per = true;
    r->rule.per_link = str_eq(whose, STR("link"));
    return r->rule.per_link || str_eq(whose, STR("actor"))
               ? ERR_OK
               : fail(d, ERR_INVALID, AT "per is actor or link (an actor and a service)",
                      AT_ARGS(value));
}

enum err fault_read_probability(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_ratio_read(value, &r->rule.probability, d);
}
