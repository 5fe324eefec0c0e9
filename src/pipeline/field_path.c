/* field_path.c -- Dotted paths, and what renames make of them. */
#include "field_path.h"

static enum err add_key(struct arena *a, struct field_path *p, struct str key, struct diag *d)
{
    if (key.len == 0) {
        return fail(d, ERR_INVALID, "a key of the path is empty");
    }
    if (p->count == FIELD_PATH_KEYS_MAX) {
        return fail(d, ERR_INVALID, "more than %d keys in the path", FIELD_PATH_KEYS_MAX);
    }
    p->keys[p->count++] = str_copy(a, key);
    return ERR_OK;
}

enum err field_path_parse(struct arena *a, struct str text, struct field_path *ret_path,
                          struct diag *d)
{
    struct field_path path = {.count = 0};
    struct buf key, flat;
    buf_init(&key, a, text.len + 1);
    buf_init(&flat, a, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.') {
            TRY(add_key(a, &path, buf_str(&key), d));
            buf_truncate(&key, 0);
            buf_add_char(&flat, '.');
            continue;
        }
        if (c == '\\') {
            i++;
            if (i == text.len || (text.ptr[i] != '.' && text.ptr[i] != '\\')) {
                return fail(d, ERR_INVALID, "a backslash stands only before a dot or a backslash");
            }
            c = text.ptr[i];
        }
        buf_add_char(&key, c);
        buf_add_char(&flat, c);
    }
    TRY(add_key(a, &path, buf_str(&key), d));
    path.flat = buf_str(&flat);
    *ret_path = path;
    return ERR_OK;
}

/* Whether `path` is `parent` or stands below it. */
static bool is_below(struct str path, struct str parent)
{
    return str_starts(path, parent) && (path.len == parent.len || path.ptr[parent.len] == '.');
}

enum err field_path_before_renames(struct arena *a, const struct definition *def, struct str from,
                                   struct str *ret_path, struct diag *d)
{
    struct str path = from;
    for (size_t i = def->rename_count; i-- > 0;) {
        const struct rename *rename = &def->renames[i];
        if (is_below(path, rename->to)) {
            path = str_join(a, rename->from, str_from(path, rename->to.len));
        } else if (is_below(path, rename->from)) {
            return fail(d, ERR_INVALID, "the field '%.*s' was renamed to '%.*s'", STR_ARG(path),
                        STR_ARG(rename->to));
        }
    }
    *ret_path = path;
    return ERR_OK;
}
