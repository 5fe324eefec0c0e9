/* record_value.c -- Conversion and constraints of one value. The reason of a refusal is counted and
 * compared by people, so it says the rule and never the value. */
#include "record_value.h"

#include "base/decimal.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"

#define TEXT_BYTES_MAX ((size_t)65535)

/* A member at a time: a struct that is built elsewhere and copied in wider pieces than it was
 * written in stalls the processor, which was a third of a record's time here. */
static inline void set(struct warehouse_value *to, enum warehouse_type type, int scale, int64_t i64)
{
    to->type = type;
    to->scale = scale;
    to->i64 = i64;
    to->text.ptr = NULL;
    to->text.len = 0;
}

static inline void set_text(struct warehouse_value *to, struct str text)
{
    to->type = WAREHOUSE_TEXT;
    to->scale = 0;
    to->i64 = 0;
    to->text.ptr = text.ptr;
    to->text.len = text.len;
}

/* ---- by type ---- */

static bool is_whole(struct str text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-';
    bool digits = at < text.len;
    for (; at < text.len; at++) {
        digits = digits && text.ptr[at] >= '0' && text.ptr[at] <= '9';
    }
    return digits;
}

static struct str to_integer(const struct column *c, struct str text, struct warehouse_value *ret)
{
    int64_t value;
    enum err err;
    if (decimal_parse_plain(text, 0, &value)) {
        set(ret, WAREHOUSE_I64, 0, value);
        return STR_EMPTY;
    }
    struct diag why = DIAG_INIT;
    if (is_whole(text)) {
        err = str_i64(text, &value, &why);
        if (err != ERR_OK) {
            return STR("out of range");
        }
    } else {
        err = c->lenient ? decimal_parse(text, 0, &value, &why) : ERR_INVALID;
    }
    if (err != ERR_OK) {
        return err == ERR_LIMIT ? STR("out of range") : STR("not a whole number");
    }
    set(ret, WAREHOUSE_I64, 0, value);
    return STR_EMPTY;
}

static struct str to_decimal(struct arena *a, const struct column *c, struct str text,
                             struct warehouse_value *ret)
{
    int64_t value;
    if (decimal_parse_plain(text, c->scale, &value)) {
        set(ret, WAREHOUSE_DECIMAL, c->scale, value);
        return STR_EMPTY;
    }
    struct diag why = DIAG_INIT;
    enum err err = decimal_parse(text, c->scale, &value, &why);
    if (err == ERR_OK) {
        set(ret, WAREHOUSE_DECIMAL, c->scale, value);
        return STR_EMPTY;
    }
    if (err == ERR_LIMIT) {
        return STR("out of range");
    }
    struct json_scan s;
    json_scan_init(&s, text);
    bool number = json_scan_next(&s) == JSON_NUMBER && s.at == text.len;
    return number ? str_printf(a, "over %d decimals", c->scale) : STR("not a number");
}

/* false: no format for numbers. scale: the number counts microseconds with so many decimals. */
static bool epoch_scale(struct str format, int *ret_scale)
{
    static const struct {
        struct str name;
        int scale;
    } epochs[] = {{STR_INIT("epoch_s"), 6}, {STR_INIT("epoch_ms"), 3}, {STR_INIT("epoch_us"), 0}};
    for (size_t i = 0; i < 3; i++) {
        if (str_eq(format, epochs[i].name)) {
            *ret_scale = epochs[i].scale;
            return true;
        }
    }
    return false;
}

/* Years 1 to 9999, as instant.h has them. */
static bool is_in_calendar(int64_t us)
{
    return us >= instant_of(1, 1, 1, 0, 0, 0) && us <= instant_of(9999, 12, 31, 23, 59, 59);
}

static struct str to_timestamp(const struct column *c, const struct input *input,
                               struct warehouse_value *ret)
{
    int64_t us;
    int scale;
    enum err err;
    if (input->kind == INPUT_TEXT && c->format.len == 0 && instant_parse_plain(input->text, &us)) {
        set(ret, WAREHOUSE_TIMESTAMP, 0, us);
        return STR_EMPTY;
    }
    struct diag why = DIAG_INIT;
    if (epoch_scale(c->format, &scale)) {
        bool taken = input->kind == INPUT_NUMBER || input->flat || c->lenient;
        err = taken ? decimal_parse(input->text, scale, &us, &why) : ERR_INVALID;
        err = err == ERR_OK && !is_in_calendar(us) ? ERR_LIMIT : err;
    } else if (input->kind != INPUT_TEXT) {
        err = ERR_INVALID;
    } else if (c->format.len > 0) {
        err = instant_parse_as(input->text, c->format, &us, &why);
    } else {
        err = instant_parse(input->text, &us, &why);
    }
    if (err != ERR_OK) {
        return STR("not a timestamp");
    }
    set(ret, WAREHOUSE_TIMESTAMP, 0, us);
    return STR_EMPTY;
}

static struct str to_boolean(const struct column *c, const struct input *input,
                             struct warehouse_value *ret)
{
    bool is_true = input->kind == INPUT_TRUE;
    bool known = is_true || input->kind == INPUT_FALSE;
    if (!known && (input->flat || c->lenient)) {
        struct str text = input->text;
        is_true = str_eq_nocase(text, STR("true")) || (c->lenient && str_eq(text, STR("1")));
        known =
            is_true || str_eq_nocase(text, STR("false")) || (c->lenient && str_eq(text, STR("0")));
    }
    if (!known) {
        return STR("not true or false");
    }
    set(ret, WAREHOUSE_BOOL, 0, is_true);
    return STR_EMPTY;
}

/* Every byte from 0x01 to 0x7F: neither UTF-8 nor a NUL need be looked for. */
static bool is_plain_ascii(struct str text)
{
    bool plain = true;
    for (size_t i = 0; i < text.len; i++) {
        plain = plain && (signed char)text.ptr[i] > 0;
    }
    return plain;
}

static struct str to_text(const struct column *c, const struct input *input,
                          struct warehouse_value *ret)
{
    struct str text = input->text;
    if (input->kind == INPUT_TRUE || input->kind == INPUT_FALSE) {
        text = input->kind == INPUT_TRUE ? STR("true") : STR("false");
    }
    if (input->kind != INPUT_TEXT && !c->lenient) {
        return STR("not text");
    }
    if ((input->kind == INPUT_TEXT && input->ascii) || is_plain_ascii(text)) {
        set_text(ret, text);
        return STR_EMPTY;
    }
    if (!utf8_is_valid(text)) {
        return STR("not UTF-8");
    }
    if (str_find(text, '\0') != STR_NONE) {
        return STR("a NUL in the text");
    }
    set_text(ret, text);
    return STR_EMPTY;
}

/* ---- constraints ---- */

static struct str check_bounds(const struct column *c, int64_t value)
{
    if (c->has_min && value < c->min) {
        return STR("below the minimum");
    }
    return c->has_max && value > c->max ? STR("above the maximum") : STR_EMPTY;
}

static struct str check_text(struct arena *a, const struct column *c, struct str text)
{
    size_t max = c->max_length == 0 ? TEXT_BYTES_MAX : c->max_length;
    if (text.len > max) {
        return str_printf(a, "over %zu bytes", max);
    }
    if (c->pattern.len > 0 && !str_glob(c->pattern, text)) {
        return STR("not of the pattern");
    }
    if (c->value_count == 0) {
        return STR_EMPTY;
    }
    for (size_t i = 0; i < c->value_count; i++) {
        if (str_eq(c->values[i], text)) {
            return STR_EMPTY;
        }
    }
    return STR("not one of the values");
}

struct str record_value_check(struct arena *a, const struct column *c,
                              const struct warehouse_value *value)
{
    switch (value->type) {
    case WAREHOUSE_NULL:
        return c->required ? STR("missing") : STR_EMPTY;
    case WAREHOUSE_I64:
    case WAREHOUSE_DECIMAL:
        return check_bounds(c, value->i64);
    case WAREHOUSE_TEXT:
        return check_text(a, c, value->text);
    case WAREHOUSE_TIMESTAMP:
    case WAREHOUSE_BOOL:
        break;
    }
    return STR_EMPTY;
}

/* ---- one value ---- */

static struct str convert(struct arena *a, const struct column *c, const struct input *input,
                          struct warehouse_value *ret)
{
    bool number =
        input->kind == INPUT_NUMBER || (input->kind == INPUT_TEXT && (input->flat || c->lenient));
    if (input->kind == INPUT_OTHER) {
        number = false;
    }
    switch (c->type) {
    case COLUMN_INTEGER:
        return number ? to_integer(c, input->text, ret) : STR("not a whole number");
    case COLUMN_DECIMAL:
        return number ? to_decimal(a, c, input->text, ret) : STR("not a number");
    case COLUMN_TIMESTAMP:
        return to_timestamp(c, input, ret);
    case COLUMN_BOOLEAN:
        return to_boolean(c, input, ret);
    case COLUMN_TEXT:
        break;
    }
    return input->kind == INPUT_OTHER ? STR("not text") : to_text(c, input, ret);
}

struct str record_value(struct arena *a, const struct column *c, const struct input *input,
                        struct warehouse_value *ret_value)
{
    bool empty = input->kind == INPUT_TEXT && input->text.len == 0;
    if (input->kind == INPUT_MISSING || (empty && (c->lenient || input->flat))) {
        set(ret_value, WAREHOUSE_NULL, 0, 0);
        return c->required ? STR("missing") : STR_EMPTY;
    }
    struct str reason = convert(a, c, input, ret_value);
    return reason.len > 0 ? reason : record_value_check(a, c, ret_value);
}

struct str record_mask(struct arena *a, enum mask mask, struct str text)
{
    switch (mask) {
    case MASK_HASH:
        return str_slice(hash_sha256_hex(a, text), 0, 16);
    case MASK_LAST4: {
        size_t from = text.len;
        for (int characters = 0; from > 0 && characters < 4;) {
            from--;
            characters += ((unsigned char)text.ptr[from] & 0xC0) != 0x80;
        }
        return text.len - from == text.len ? STR("****")
                                           : str_join(a, STR("****"), str_from(text, from));
    }
    case MASK_REDACT:
        return STR("***");
    case MASK_NONE:
        break;
    }
    return text;
}
