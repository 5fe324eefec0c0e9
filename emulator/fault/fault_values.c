/* fault_values.c -- What a key's value can be: a text, a count, one duration or two, a ratio. */
#include "fault_read.h"

enum err fault_text_read(const struct json *value, struct str *ret_text, struct diag *d)
{
    if (!json_is(value, JSON_IS_STRING) || value->text.len == 0) {
        return fail(d, ERR_INVALID, AT "%.*s is a text, not %s", AT_ARGS(value),
                    STR_ARG(value->key),
                    json_is(value, JSON_IS_STRING) ? "empty" : json_kind_name(value->kind));
    }
    *ret_text = value->text;
    return ERR_OK;
}

enum err fault_count_read(const struct json *value, uint64_t *ret_count, struct diag *d)
{
    struct diag why = DIAG_INIT;
    if (!json_is(value, JSON_IS_NUMBER) || str_u64(value->text, ret_count, &why) != ERR_OK ||
        *ret_count == 0) {
        return fail(d, ERR_INVALID, AT "expected a whole number from 1, not \"%.*s\"",
                    AT_ARGS(value), STR_ARG(json_str(value)));
    }
    return ERR_OK;
}

enum err fault_duration_read(const struct json *value, int64_t *ret_us, struct diag *d)
{
    struct diag why = DIAG_INIT;
    if (!json_is(value, JSON_IS_STRING) || duration_parse(value->text, ret_us, &why) != ERR_OK ||
        *ret_us < 0) {
        return fail(d, ERR_INVALID, AT "expected a duration such as PT5M, 90s or 24h, not \"%.*s\"",
                    AT_ARGS(value), STR_ARG(json_str(value)));
    }
    return ERR_OK;
}

/* One duration, or [least, most]. */
enum err fault_durations_read(const struct json *value, int64_t *ret_min, int64_t *ret_max,
                              struct diag *d)
{
    if (!json_is(value, JSON_IS_ARRAY)) {
        TRY(fault_duration_read(value, ret_min, d));
        *ret_max = *ret_min;
        return ERR_OK;
    }
    if (value->count != 2) {
        return fail(d, ERR_INVALID, AT "expected one duration or [least, most], not %zu of them",
                    AT_ARGS(value), value->count);
    }
    TRY(fault_duration_read(value->first, ret_min, d));
    TRY(fault_duration_read(value->last, ret_max, d));
    if (*ret_min > *ret_max) {
        return fail(d, ERR_INVALID, AT "the least is longer than the most", AT_ARGS(value));
    }
    return ERR_OK;
}

enum err fault_ratio_read(const struct json *value, struct ratio *ret_ratio, struct diag *d)
{
    struct diag why = DIAG_INIT;
    if (ratio_parse(json_str(value), ret_ratio, &why) != ERR_OK ||
        ret_ratio->num > ret_ratio->den) {
        return fail(d, ERR_INVALID,
                    AT "expected a ratio from 0 to 1 such as 1/50 or 5%%, not \"%.*s\"",
                    AT_ARGS(value), STR_ARG(json_str(value)));
    }
    return ERR_OK;
}
