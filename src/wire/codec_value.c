/* codec_value.c -- One scalar of the tree as text, and back: for XML, query parameters and headers.
 * No float is computed: numbers pass as text, and moments are decimals of scale 6. */
#include "codec_parts.h"

#include <string.h>
#include "base/decimal.h"
#include "base/encode.h"
#include "base/instant.h"

#define MICRO_SCALE 6

struct str codec_wire_name(const struct shape_member *member)
{
    return str_of(member->wire_name != NULL ? member->wire_name : member->name);
}

const struct shape_member *codec_wire_member(const struct shape *structure, struct str wire_name)
{
    for (size_t i = 0; i < structure->member_count; i++) {
        const struct shape_member *member = &structure->members[i];
        if (str_eq(codec_wire_name(member), wire_name)) {
            return member;
        }
    }
    return NULL;
}

bool codec_is_scalar(const struct shape *shape)
{
    return shape->kind != SHAPE_STRUCTURE && shape->kind != SHAPE_LIST && shape->kind != SHAPE_MAP;
}

const struct json *codec_child(const struct json *object, const char *name)
{
    const struct json *child = object == NULL ? NULL : json_get(object, str_of(name));
    return json_is(child, JSON_IS_NULL) ? NULL : child;
}

enum err codec_fail_as(struct diag *d, const char *name, const char *message)
{
    size_t len = strlen(name);
    ASSERT(len < sizeof(d->name));
    if (d->name[0] == '\0') {
        memcpy(d->name, name, len + 1);
    }
    d->code = ERR_INVALID;
    if (message != NULL) {
        diag_context(d, "%s", message);
    }
    return ERR_INVALID;
}

bool codec_is_special_float(struct str text)
{
    return str_eq(text, STR("NaN")) || str_eq(text, STR("Infinity")) ||
           str_eq(text, STR("-Infinity"));
}

enum timestamp_format codec_timestamp_format(const struct shape_member *member,
                                             enum timestamp_format otherwise)
{
    if (member->timestamp != TIMESTAMP_DEFAULT) {
        return member->timestamp;
    }
    return member->shape->timestamp != TIMESTAMP_DEFAULT ? member->shape->timestamp : otherwise;
}

/* Seconds with a fraction. Digits past the microsecond are cut: clients send a double's digits. */
static enum err read_unix(struct str text, int64_t *ret_us, struct diag *d)
{
    size_t dot = str_find(text, '.');
    bool exponent = str_find(text, 'e') != STR_NONE || str_find(text, 'E') != STR_NONE;
    if (dot != STR_NONE && !exponent) {
        text = str_slice(text, 0, dot + 1 + MICRO_SCALE);
    }
    if (!exponent) {
        return decimal_parse(text, MICRO_SCALE, ret_us, d);
    }
    struct diag quiet = DIAG_INIT;
    if (decimal_parse(text, MICRO_SCALE, ret_us, &quiet) == ERR_OK) {
        return ERR_OK;
    }
    int64_t nano;
    TRY(decimal_parse(text, DECIMAL_SCALE_MAX, &nano, d));
    *ret_us = nano / 1000;
    return ERR_OK;
}

enum err codec_timestamp_read(enum timestamp_format format, struct str text, int64_t *ret_us,
                              struct diag *d)
{
    switch (format) {
    case TIMESTAMP_UNIX:
        return read_unix(text, ret_us, d);
    case TIMESTAMP_HTTP:
        return instant_parse_http(text, ret_us, d);
    case TIMESTAMP_DEFAULT:
    case TIMESTAMP_ISO8601:
        break;
    }
    return instant_parse(text, ret_us, d);
}

void codec_timestamp_write(struct buf *out, enum timestamp_format format, bool iso_ms, int64_t us)
{
    if (format == TIMESTAMP_UNIX) {
        decimal_text_short(out, us, MICRO_SCALE);
    } else if (format == TIMESTAMP_HTTP) {
        instant_http(out, us);
    } else if (iso_ms) {
        instant_iso_ms(out, us);
    } else {
        instant_iso(out, us);
    }
}

enum err codec_blob_read(struct arena *a, struct str base64, struct json **ret_value,
                         struct diag *d)
{
    struct buf bytes;
    buf_init(&bytes, a, decode_base64_size(base64) + 1);
    TRY(decode_base64(&bytes, base64, d));
    *ret_value = json_new_str(a, buf_str(&bytes));
    return ERR_OK;
}

static enum err read_integer(struct arena *a, const struct shape *shape, struct str text,
                             struct json **ret_value, struct diag *d)
{
    int64_t value;
    TRY(str_i64(text, &value, d));
    if (shape->kind == SHAPE_INTEGER && (value < INT32_MIN || value > INT32_MAX)) {
        return fail(d, ERR_INVALID, "%.*s is no 32-bit integer", STR_ARG(text));
    }
    *ret_value = json_new_i64(a, value);
    return ERR_OK;
}

static enum err read_float(struct arena *a, struct str text, struct json **ret_value,
                           struct diag *d)
{
    if (codec_is_special_float(text)) {
        *ret_value = json_new_str(a, text);
        return ERR_OK;
    }
    struct json_scan scan;
    json_scan_init(&scan, text);
    if (json_scan_next(&scan) != JSON_NUMBER || json_scan_next(&scan) != JSON_END) {
        return fail(d, ERR_INVALID, "a number was expected, not '%.*s'", STR_ARG(text));
    }
    *ret_value = json_new_number(a, text);
    return ERR_OK;
}

static enum err read_boolean(struct arena *a, struct str text, struct json **ret_value,
                             struct diag *d)
{
    bool yes = str_eq_nocase(text, STR("true"));
    if (!yes && !str_eq_nocase(text, STR("false"))) {
        return fail(d, ERR_INVALID, "true or false was expected, not '%.*s'", STR_ARG(text));
    }
    *ret_value = json_new_bool(a, yes);
    return ERR_OK;
}

enum err codec_value_read(struct arena *a, const struct shape_member *member,
                          struct value_style style, struct str text, struct json **ret_value,
                          struct diag *d)
{
    int64_t us;
    switch (member->shape->kind) {
    case SHAPE_STRING:
        *ret_value = json_new_str(a, text);
        return ERR_OK;
    case SHAPE_BLOB:
        return codec_blob_read(a, str_trim(text), ret_value, d);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return read_integer(a, member->shape, str_trim(text), ret_value, d);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return read_float(a, str_trim(text), ret_value, d);
    case SHAPE_BOOLEAN:
        return read_boolean(a, str_trim(text), ret_value, d);
    case SHAPE_TIMESTAMP:
        TRY(codec_timestamp_read(codec_timestamp_format(member, style.timestamp), str_trim(text),
                                 &us, d));
        *ret_value = json_new_i64(a, us);
        return ERR_OK;
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    return fail(d, ERR_INVALID, "%s has no spelling as text", member->name);
}

static void write_timestamp(struct buf *out, const struct shape_member *member,
                            struct value_style style, const struct json *value)
{
    int64_t us;
    struct diag d = DIAG_INIT;
    enum err e = json_i64(value, &us, &d);
    ASSERT(e == ERR_OK); /* the tree's convention: whole microseconds */
    codec_timestamp_write(out, codec_timestamp_format(member, style.timestamp), style.iso_ms, us);
}

void codec_value_write(struct buf *out, const struct shape_member *member, struct value_style style,
                       const struct json *value)
{
    switch (member->shape->kind) {
    case SHAPE_BLOB:
        encode_base64(out, json_str(value));
        return;
    case SHAPE_BOOLEAN:
        buf_add_z(out, json_bool(value, false) ? "true" : "false");
        return;
    case SHAPE_TIMESTAMP:
        write_timestamp(out, member, style, value);
        return;
    case SHAPE_STRING:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        buf_add(out, json_str(value));
        return;
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    ASSERT(codec_is_scalar(member->shape));
}
