/* definition_reading.c -- Values by key out of the tree of a definition, and the words for what is
 * wrong with them. */
#include "definition_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/instant.h"
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
    struct json *node;
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
    struct json *node;
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

enum err reading_column(const struct reading *r, const struct json *node, struct str name,
                        size_t *ret_index, struct diag *d)
{
    const struct definition *def = r->def;
    struct str names[COLUMNS_MAX];
    for (size_t i = 0; i < def->column_count; i++) {
        names[i] = def->columns[i].name;
        if (str_eq(names[i], name)) {
            *ret_index = i;
            return ERR_OK;
        }
    }
    return reading_fail_name(r, node, "no such column", name, names, def->column_count, d);
}

/* What PostgreSQL or SQLite keep for themselves where a column or a table is named, and the words
 * of expressions. */
static const char RESERVED[] =
    " abort action add all alter analyse analyze and any array as asc asymmetric authorization "
    "autoincrement between binary both by case cast check collate collation column commit "
    "concurrently constraint create cross current_catalog current_date current_role current_schema "
    "current_time current_timestamp current_user default deferrable deferred delete desc distinct "
    "do drop else end escape except exists false fetch for foreign freeze from full grant group "
    "having if ilike in index indexed initially inner insert intersect into is isnull join lateral "
    "leading left like limit localtime localtimestamp natural not nothing notnull null offset on "
    "only or order outer over overlaps placing primary references returning right select "
    "session_user set similar some symmetric table tablesample then to trailing transaction true "
    "union unique update user using values variadic verbose when where window with ";

enum err reading_identifier(const struct reading *r, const struct json *node, struct str name,
                            struct diag *d)
{
    bool plain = name.len > 0 && name.len <= 48;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        plain = plain && ((c >= 'a' && c <= 'z') || c == '_' || (i > 0 && c >= '0' && c <= '9'));
    }
    struct str shown = str_slice(name, 0, 60);
    if (!plain) {
        return reading_fail(r, node, d, "'%.*s' is no name: expected a-z, 0-9 and _, at most 48",
                            STR_ARG(shown));
    }
    if (str_starts(name, STR("aforo_"))) {
        return reading_fail(r, node, d, "'%.*s': names that begin with aforo_ are kept",
                            STR_ARG(shown));
    }
    if (str_contains(str_of(RESERVED), str_printf(r->arena, " %.*s ", STR_ARG(name)))) {
        return reading_fail(r, node, d, "'%.*s' is a word of SQL: choose another name",
                            STR_ARG(shown));
    }
    return ERR_OK;
}
