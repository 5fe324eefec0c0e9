/* json_tree.c -- JSON as a tree in an arena: reading, asking, building. The writer of trees is
 * json_write.c. */
#include "base/json.h"
#include "base/decimal.h"
#include <string.h>

/* Where a byte stands. Columns are bytes from 1. Only goes forward, so a whole text costs one pass.
 */
struct place {
    uint32_t line;
    size_t line_at; /* where the line begins */
    size_t seen;
};

static void place_go(struct place *p, struct str text, size_t at)
{
    while (p->seen < at) {
        const char *end = memchr(text.ptr + p->seen, '\n', at - p->seen);
        if (end == NULL) {
            p->seen = at;
            return;
        }
        p->seen = p->line_at = (size_t)(end - text.ptr) + 1;
        p->line++;
    }
}

static uint32_t place_column(const struct place *p, size_t at)
{
    return (uint32_t)(at - p->line_at + 1);
}

static enum json_kind kind_of(enum json_token token)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_IS_OBJECT, [JSON_ARRAY] = JSON_IS_ARRAY,
        [JSON_STRING] = JSON_IS_STRING, [JSON_NUMBER] = JSON_IS_NUMBER,
        [JSON_TRUE] = JSON_IS_TRUE,     [JSON_FALSE] = JSON_IS_FALSE,
        [JSON_NULL] = JSON_IS_NULL,
    };
    return kinds[token];
}

static void tree_append(struct json *parent, struct json *child)
{
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
    parent->count++;
}

static struct json *tree_node(struct arena *a, const struct json_scan *s, enum json_token token,
                              struct place *place)
{
    struct json *node = json_new(a, kind_of(token));
    place_go(place, s->text, s->token_at);
    node->line = place->line;
    node->column = place_column(place, s->token_at);
    if (token == JSON_STRING) {
        node->text = json_scan_text(s, a);
    } else if (token == JSON_NUMBER) {
        node->text = s->raw;
    }
    return node;
}

static enum err tree_fail(const struct json_scan *s, struct place *place, struct diag *d)
{
    place_go(place, s->text, s->at);
    return fail(d, ERR_INVALID, "%u:%u: %s", place->line, place_column(place, s->at), s->error);
}

enum err json_parse(struct arena *a, struct str text, struct json **ret_tree, struct diag *d)
{
    struct json_scan s;
    struct place place = {.line = 1};
    struct json *open[JSON_DEPTH_MAX + 1] = {
        NULL}; /* open[0] stays NULL: above the root is nothing */
    struct json *root = NULL;
    struct str key = STR_EMPTY;
    json_scan_init(&s, text);
    for (;;) {
        enum json_token token = json_scan_next(&s);
        if (token == JSON_ERROR) {
            return tree_fail(&s, &place, d);
        }
        if (token == JSON_END) {
            *ret_tree = root;
            return ERR_OK;
        }
        if (token == JSON_KEY) {
            key = json_scan_text(&s, a);
            continue;
        }
        if (token == JSON_OBJECT_END || token == JSON_ARRAY_END) {
            continue;
        }
        struct json *node = tree_node(a, &s, token, &place);
        bool opens = token == JSON_OBJECT || token == JSON_ARRAY;
        struct json *parent = open[s.depth - opens];
        if (parent == NULL) {
            root = node;
        } else {
            node->key = parent->kind == JSON_IS_OBJECT ? key : STR_EMPTY;
            tree_append(parent, node);
        }
        if (opens) {
            open[s.depth] = node;
        }
    }
}

struct json *json_get(const struct json *object, struct str key)
{
    if (!json_is(object, JSON_IS_OBJECT)) {
        return NULL;
    }
    for (struct json *child = object->first; child != NULL; child = child->next) {
        if (str_eq(child->key, key)) {
            return child;
        }
    }
    return NULL;
}

static struct json *tree_item(const struct json *array, struct str index)
{
    uint64_t at = 0;
    struct diag ignored = DIAG_INIT;
    if (str_u64(index, &at, &ignored) != ERR_OK) {
        return NULL;
    }
    struct json *child = array->first;
    while (child != NULL && at > 0) {
        child = child->next;
        at--;
    }
    return child;
}

struct json *json_at(const struct json *tree, const char *path)
{
    const struct json *node = tree;
    for (struct str rest = str_of(path), name; node != NULL && str_cut(&rest, '.', &name);) {
        node = json_is(node, JSON_IS_ARRAY) ? tree_item(node, name) : json_get(node, name);
    }
    return (struct json *)(uintptr_t)node;
}

bool json_is(const struct json *node, enum json_kind kind)
{
    return node != NULL && node->kind == kind;
}

struct str json_str(const struct json *node)
{
    if (json_is(node, JSON_IS_STRING) || json_is(node, JSON_IS_NUMBER)) {
        return node->text;
    }
    return STR_EMPTY;
}

bool json_bool(const struct json *node, bool otherwise)
{
    if (json_is(node, JSON_IS_TRUE) || json_is(node, JSON_IS_FALSE)) {
        return node->kind == JSON_IS_TRUE;
    }
    return otherwise;
}

enum err json_i64(const struct json *node, int64_t *ret_value, struct diag *d)
{
    if (node == NULL) {
        return fail(d, ERR_INVALID, "a whole number is missing");
    }
    if (node->kind != JSON_IS_NUMBER) {
        return fail(d, ERR_INVALID, "%u:%u: a whole number must stand here, not %s", node->line,
                    node->column, json_kind_name(node->kind));
    }
    struct diag why = DIAG_INIT;
    if (decimal_parse(node->text, 0, ret_value, &why) != ERR_OK) {
        return fail(d, ERR_INVALID, "%u:%u: a whole number must stand here: %s", node->line,
                    node->column, why.msg);
    }
    return ERR_OK;
}

const char *json_kind_name(enum json_kind kind)
{
    switch (kind) {
    case JSON_IS_NULL:
        return "null";
    case JSON_IS_FALSE:
        return "false";
    case JSON_IS_TRUE:
        return "true";
    case JSON_IS_NUMBER:
        return "a number";
    case JSON_IS_STRING:
        return "a string";
    case JSON_IS_ARRAY:
        return "an array";
    case JSON_IS_OBJECT:
        return "an object";
    }
    return "?";
}

struct json *json_new(struct arena *a, enum json_kind kind)
{
    struct json *node = NEW(a, struct json);
    node->kind = kind;
    return node;
}

struct json *json_new_str(struct arena *a, struct str text)
{
    struct json *node = json_new(a, JSON_IS_STRING);
    node->text = text;
    return node;
}

struct json *json_new_i64(struct arena *a, int64_t value)
{
    struct buf digits;
    buf_init(&digits, a, 20);
    buf_add_i64(&digits, value);
    return json_new_number(a, buf_str(&digits));
}

struct json *json_new_number(struct arena *a, struct str text)
{
    struct json *node = json_new(a, JSON_IS_NUMBER);
    node->text = text;
    return node;
}

struct json *json_new_bool(struct arena *a, bool value)
{
    return json_new(a, value ? JSON_IS_TRUE : JSON_IS_FALSE);
}

struct json *json_add(struct json *parent, struct str key, struct json *child)
{
    ASSERT(parent->kind == JSON_IS_OBJECT || parent->kind == JSON_IS_ARRAY);
    ASSERT(child->next == NULL);
    child->key = key;
    tree_append(parent, child);
    return child;
}

struct json *json_set_str(struct arena *a, struct json *object, const char *key, struct str text)
{
    return json_add(object, str_of(key), json_new_str(a, text));
}

struct json *json_set_i64(struct arena *a, struct json *object, const char *key, int64_t value)
{
    return json_add(object, str_of(key), json_new_i64(a, value));
}

struct json *json_set_bool(struct arena *a, struct json *object, const char *key, bool value)
{
    return json_add(object, str_of(key), json_new_bool(a, value));
}

struct json *json_set(struct arena *a, struct json *object, const char *key, enum json_kind kind)
{
    return json_add(object, str_of(key), json_new(a, kind));
}
