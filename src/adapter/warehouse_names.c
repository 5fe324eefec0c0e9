#include "warehouse_names.h"

#include <string.h>

#include "base/decimal.h"
#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"

#define NAME_BYTES_MAX 63

static bool name_is_plain(struct str name)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        if (!letter && !(digit && i > 0)) {
            return false;
        }
    }
    return true;
}

bool warehouse_names_are_plain(struct str table, const struct warehouse_column *columns,
                               size_t count)
{
    if (!name_is_plain(table) || count == 0 || count > COLUMNS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!name_is_plain(columns[i].name)) {
            return false;
        }
    }
    return true;
}

void warehouse_names_list(struct buf *out, const struct warehouse_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(columns[i].name));
    }
}

static bool text_is_storable(struct str text)
{
    return text.len == 0 || (memchr(text.ptr, '\0', text.len) == NULL && utf8_is_valid(text));
}

const char *warehouse_value_refused(const struct warehouse_value *value)
{
    if (value->type == WAREHOUSE_TEXT && !text_is_storable(value->text)) {
        return "22021";
    }
    if (value->type == WAREHOUSE_TIMESTAMP && (value->i64 < instant_of(1, 1, 1, 0, 0, 0) ||
                                               value->i64 >= instant_of(9999, 12, 31, 24, 0, 0))) {
        return "22008";
    }
    if (value->type == WAREHOUSE_DECIMAL &&
        (value->scale < 0 || value->scale > DECIMAL_SCALE_MAX)) {
        return "22003";
    }
    return NULL;
}
