/* definition_reading.c -- Names of columns and identifiers in a definition. */
#include "definition_reading.h"

enum err reading_column(const struct definition_reading *r, const struct json *node,
                        struct str name, size_t *ret_index, struct diag *d)
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
    return reading_fail_name(&r->in, node, "no such column", name, names, def->column_count, d);
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

enum err reading_identifier(const struct definition_reading *r, const struct json *node,
                            struct str name, struct diag *d)
{
    bool plain = name.len > 0 && name.len <= 48;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        plain = plain && ((c >= 'a' && c <= 'z') || c == '_' || (i > 0 && c >= '0' && c <= '9'));
    }
    struct str shown = str_slice(name, 0, 60);
    if (!plain) {
        return reading_fail(&r->in, node, d,
                            "'%.*s' is no name: expected a-z, 0-9 and _, at most 48",
                            STR_ARG(shown));
    }
    if (str_starts(name, STR("aforo_"))) {
        return reading_fail(&r->in, node, d, "'%.*s': names that begin with aforo_ are kept",
                            STR_ARG(shown));
    }
    if (str_contains(str_of(RESERVED), str_printf(r->in.arena, " %.*s ", STR_ARG(name)))) {
        return reading_fail(&r->in, node, d, "'%.*s' is a word of SQL: choose another name",
                            STR_ARG(shown));
    }
    return ERR_OK;
}
