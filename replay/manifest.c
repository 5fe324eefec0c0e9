/* manifest.c -- A list of objects and what they should be, as TSV or JSON. Strict: a wrong number
 * is an error with its line, since a manifest that is misread would let a changed object pass. */
#include "source_parts.h"

#include "base/json.h"
#include "base/limits.h"

bool manifest_is(struct str name)
{
    return str_ends(name, STR(".tsv")) || str_ends(name, STR("manifest.json"));
}

bool manifest_names_objects(const struct object_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_starts(list->items[i].key, STR("objects/"))) {
            return true;
        }
    }
    return false;
}

/* ---- one fact of one object ---- */

static bool is_sha256(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return text.len == 64;
}

static enum err take_count(struct str name, struct str text, int64_t *ret_value, struct diag *d)
{
    int64_t value;
    if (text.len == 0) {
        return ERR_OK; /* not known */
    }
    TRY(str_i64(text, &value, d));
    if (value < 0) {
        return fail(d, ERR_INVALID, "%.*s: %lld is no count", STR_ARG(name), (long long)value);
    }
    *ret_value = value;
    return ERR_OK;
}

static enum err take_fact(struct source_object *object, struct str name, struct str text,
                          struct diag *d)
{
    if (str_eq(name, STR("key"))) {
        object->key = text;
    } else if (str_eq(name, STR("records"))) {
        return take_count(name, text, &object->records, d);
    } else if (str_eq(name, STR("raw_bytes"))) {
        return take_count(name, text, &object->raw_bytes, d);
    } else if (str_eq(name, STR("sha256_of_raw")) && text.len > 0) {
        object->sha256_of_raw = text;
        return is_sha256(text)
                   ? ERR_OK
                   : fail(d, ERR_INVALID, "sha256_of_raw: \"%.*s\" is not 64 hex digits",
                          STR_ARG(text));
    }
    return ERR_OK;
}

static bool is_inside(struct str key)
{
    for (struct str rest = key, part; str_cut(&rest, '/', &part);) {
        if (str_eq(part, STR("..")) || part.len == 0) {
            return false;
        }
    }
    return key.len > 0;
}

static enum err add_object(struct object_list *list, const struct source_object *object,
                           struct diag *d)
{
    if (!is_inside(object->key)) {
        return fail(d, ERR_INVALID, "key: \"%.*s\" is not a path below the manifest",
                    STR_ARG(object->key));
    }
    return object_list_add(list, object, d);
}

#define NOTHING_KNOWN ((struct source_object){.size = -1, .records = -1, .raw_bytes = -1})

/* ---- TSV ---- */

static struct str line_of(struct str line)
{
    return str_ends(line, STR("\r")) ? str_slice(line, 0, line.len - 1) : line;
}

static enum err tsv_row(struct str header, struct str line, struct object_list *list,
                        struct diag *d)
{
    struct source_object object = NOTHING_KNOWN;
    struct str name, field;
    while (str_cut(&header, '\t', &name)) {
        if (!str_cut(&line, '\t', &field)) {
            return fail(d, ERR_INVALID, "fewer fields than the header has");
        }
        TRY(take_fact(&object, name, field, d));
    }
    if (line.len > 0) {
        return fail(d, ERR_INVALID, "more fields than the header has");
    }
    return add_object(list, &object, d);
}

static bool has_key(struct str header)
{
    for (struct str name; str_cut(&header, '\t', &name);) {
        if (str_eq(name, STR("key"))) {
            return true;
        }
    }
    return false;
}

static enum err tsv_read(struct str text, struct str name, struct object_list *list, struct diag *d)
{
    struct str header = STR_EMPTY, line;
    for (unsigned long number = 1; str_cut(&text, '\n', &line); number++) {
        line = line_of(line);
        if (number == 1) {
            header = line;
        } else if (line.len > 0 && tsv_row(header, line, list, d) != ERR_OK) {
            return diag_context(d, "%.*s:%lu", STR_ARG(name), number);
        }
        if (!has_key(header)) {
            return fail(d, ERR_INVALID, "%.*s:1: a header with the column key must come first",
                        STR_ARG(name));
        }
    }
    return ERR_OK;
}

/* ---- JSON ---- */

static enum err json_row(const struct json *node, struct object_list *list, struct diag *d)
{
    struct source_object object = NOTHING_KNOWN;
    if (!json_is(node, JSON_IS_OBJECT)) {
        return fail(d, ERR_INVALID, "an object with a key must stand here");
    }
    for (const struct json *fact = node->first; fact != NULL; fact = fact->next) {
        TRY(take_fact(&object, fact->key, json_str(fact), d));
    }
    return add_object(list, &object, d);
}

static enum err manifest_json(struct str text, struct str name, struct object_list *list,
                              struct diag *d)
{
    struct json *tree;
    if (json_parse(list->arena, text, &tree, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(name));
    }
    const struct json *objects = json_get(tree, STR("objects"));
    if (!json_is(objects, JSON_IS_ARRAY) ||
        !str_eq(json_str(json_get(tree, STR("schema"))), STR("1"))) {
        return fail(d, ERR_INVALID, "%.*s: not {\"schema\":1, \"objects\":[...]}", STR_ARG(name));
    }
    for (const struct json *node = objects->first; node != NULL; node = node->next) {
        if (json_row(node, list, d) != ERR_OK) {
            return diag_context(d, "%.*s:%u:%u", STR_ARG(name), node->line, node->column);
        }
    }
    return ERR_OK;
}

enum err manifest_read(struct str text, struct str name, struct object_list *list, struct diag *d)
{
    return str_ends(name, STR(".json")) ? manifest_json(text, name, list, d)
                                        : tsv_read(text, name, list, d);
}

enum err source_manifest_row(struct buf *out, const struct source_object *object, struct diag *d)
{
    struct str key = object->key;
    if (str_find(key, '\t') != STR_NONE || str_find(key, '\n') != STR_NONE) {
        return fail(d, ERR_UNSUPPORTED, "%.*s: a key with a tab or newline", STR_ARG(key));
    }
    buf_addf(out, "%.*s\t%lld\t%lld\t%.*s\n", STR_ARG(key), (long long)object->records,
             (long long)object->raw_bytes, STR_ARG(object->sha256_of_raw));
    return ERR_OK;
}
