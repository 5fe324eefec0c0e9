/* reading.c -- Values by key out of a tree, and the words for what is wrong with them. */
#include "base/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/instant.h"
#include "base/limits.h"
#include "base/nearest.h"

enum err reading_fail(const struct reading *r, const struct json *node, struct diag *d,
                      const char *format, ...)
{
    char text[sizeof d->msg];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(d, ERR_INVALID, "%.*s:%u:%u: %.*s%s%s", STR_ARG(r->file), node->line, node->column,
                STR_ARG(node->key), node->key.len > 0 ? ": " : "", text);
}

enum err reading_fail_name(const struct reading *r, const struct json *node, const char *what,
                           struct str name, const struct str *names, size_t count, struct diag *d)
{
    struct str shown = str_slice(name, 0, 60);
    struct str near = nearest_name(name, names, count);
    if (near.len > 0) {
        return fail(d, ERR_INVALID, "%.*s:%u:%u: %s '%.*s'; did you mean '%.*s'?", STR_ARG(r->file),
                    node->line, node->column, what, STR_ARG(shown), STR_ARG(near));
    }
    struct buf known;
    buf_init(&known, r->arena, 64 * KIB);
    for (size_t i = 0; i < count; i++) {
        buf_addf(&known, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(names[i]));
    }
    return fail(d, ERR_INVALID, "%.*s:%u:%u: %s '%.*s'; known are %.*s", STR_ARG(r->file),
                node->line, node->column, what, STR_ARG(shown), STR_ARG(buf_str(&known)));
}

static bool among(struct str name, const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, names[i])) {
            return true;
        }
    }
    return false;
}

enum err reading_keys(const struct reading *r, const struct json *node, const struct str *names,
                      size_t count, struct diag *d)
{
    if (node->kind != JSON_IS_OBJECT) {
        return reading_fail(r, node, d, "expected a mapping, not %s", json_kind_name(node->kind));
    }
    for (const struct json *child = node->first; child != NULL; child = child->next) {
        if (!among(child->key, names, count)) {
            return reading_fail_name(r, child, "unknown key", child->key, names, count, d);
        }
    }
    return ERR_OK;
}

enum err reading_node(const struct reading *r, const struct json *parent, const char *key,
                      enum json_kind kind, bool required, struct json **ret_node, struct diag *d)
{
    struct json *node = json_get(parent, str_of(key));
    if (node == NULL && required) {
        return fail(d, ERR_INVALID, "%.*s:%u:%u: %s: missing", STR_ARG(r->file), parent->line,
                    parent->column, key);
    }
    if (node != NULL && node->kind != kind) {
        return reading_fail(r, node, d, "expected %s, not %s", json_kind_name(kind),
                            json_kind_name(node->kind));
    }
    *ret_node = node;
    return ERR_OK;
}

enum err reading_str(const struct reading *r, const struct json *parent, const char *key,
                     bool required, struct str *ret_value, struct diag *d)
{
    struct json *node = NULL;
    TRY(reading_node(r, parent, key, JSON_IS_STRING, required, &node, d));
    if (node == NULL) {
        return ERR_OK;
    }
    if (node->text.len == 0) {
        return reading_fail(r, node, d, "empty");
    }
    *ret_value = node->text;
    return ERR_OK;
}

enum err reading_bool(const struct reading *r, const struct json *parent, const char *key,
                      bool *ret_value, struct diag *d)
{
    const struct json *node = json_get(parent, str_of(key));
    if (node == NULL) {
        return ERR_OK;
    }
    if (node->kind != JSON_IS_TRUE && node->kind != JSON_IS_FALSE) {
        return reading_fail(r, node, d, "expected true or false");
    }
    *ret_value = node->kind == JSON_IS_TRUE;
    return ERR_OK;
}

enum err reading_count(const struct reading *r, const struct json *parent, const char *key,
                       int64_t min, int64_t max, size_t *ret_value, struct diag *d)
{
    struct json *node = json_get(parent, str_of(key));
    struct diag why = DIAG_INIT;
    int64_t value;
    if (node == NULL) {
        return ERR_OK;
    }
    if (node->kind != JSON_IS_NUMBER || json_i64(node, &value, &why) != ERR_OK || value < min ||
        value > max) {
        return reading_fail(r, node, d, "expected a whole number from %lld to %lld", (long long)min,
                            (long long)max);
    }
    *ret_value = (size_t)value;
    return ERR_OK;
}

enum err reading_bytes(const struct reading *r, const struct json *parent, const char *key,
                       size_t max, size_t *ret_value, struct diag *d)
{
    const struct json *node = json_get(parent, str_of(key));
    struct diag why = DIAG_INIT;
    if (node == NULL) {
        return ERR_OK;
    }
    struct str text = json_str(node);
    size_t unit = str_ends(text, STR("KiB")) ? KIB : str_ends(text, STR("MiB")) ? MIB : 1;
    struct str number = unit == 1 ? text : str_trim(str_slice(text, 0, text.len - 3));
    uint64_t value;
    if (str_u64(number, &value, &why) != ERR_OK || value == 0 || value > max / unit) {
        return reading_fail(r, node, d, "expected bytes, such as 4MiB or 65536, at most %zu", max);
    }
    *ret_value = (size_t)value * unit;
    return ERR_OK;
}

enum err reading_duration(const struct reading *r, const struct json *parent, const char *key,
                          int64_t min_us, int64_t max_us, int64_t *ret_value, struct diag *d)
{
    const struct json *node = json_get(parent, str_of(key));
    struct diag why = DIAG_INIT;
    int64_t value;
    if (node == NULL) {
        return ERR_OK;
    }
    if (duration_parse(json_str(node), &value, &why) != ERR_OK) {
        return reading_fail(r, node, d, "expected a duration, such as 30s or PT1H");
    }
    if (value < min_us || value > max_us) {
        struct buf bounds;
        buf_init(&bounds, r->arena, KIB);
        duration_text(&bounds, min_us);
        buf_add_z(&bounds, " to ");
        duration_text(&bounds, max_us);
        return reading_fail(r, node, d, "expected a duration from %.*s", STR_ARG(buf_str(&bounds)));
    }
    *ret_value = value;
    return ERR_OK;
}

enum err reading_choice(const struct reading *r, const struct json *parent, const char *key,
                        const struct str *names, size_t count, bool required, size_t *ret_index,
                        struct diag *d)
{
    struct json *node = NULL;
    TRY(reading_node(r, parent, key, JSON_IS_STRING, required, &node, d));
    if (node == NULL) {
        return ERR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(node->text, names[i])) {
            *ret_index = i;
            return ERR_OK;
        }
    }
    struct str what = str_printf(r->arena, "%s: unknown value", key);
    return reading_fail_name(r, node, str_z(r->arena, what), node->text, names, count, d);
}
