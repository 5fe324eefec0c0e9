/* yaml.c -- libyaml's events, made into the tree of json.h.
 * libyaml decides what YAML is; what this file adds is what it refuses: anchors, aliases, tags, a
 * second document, duplicate keys, keys that are not scalars. A definition has one way to be read.
 */
#include "base/yaml.h"
#include "base/limits.h"
#include "base/map.h"
#include <yaml.h>

struct level {
    struct json *node;
    struct map *keys; /* of an object, made with the first key */
    struct str key;   /* the key that waits for its value */
    bool has_key;
};

struct reader {
    struct arena *arena;
    yaml_parser_t parser;
    struct level levels[JSON_DEPTH_MAX];
    int depth;
    struct json *root;
};

static enum err fail_at(yaml_mark_t mark, struct diag *d, const char *why, struct str what)
{
    int len = what.len > 80 ? 80 : (int)what.len;
    return fail(d, ERR_INVALID, "%zu:%zu: %s%s%.*s", mark.line + 1, mark.column + 1, why,
                len > 0 ? " " : "", len, len > 0 ? what.ptr : "");
}

static enum json_kind plain_kind(struct str text)
{
    if (text.len == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null"))) {
        return JSON_IS_NULL;
    }
    if (str_eq(text, STR("true"))) {
        return JSON_IS_TRUE;
    }
    if (str_eq(text, STR("false"))) {
        return JSON_IS_FALSE;
    }
    struct json_scan s;
    json_scan_init(&s, text);
    bool number = json_scan_next(&s) == JSON_NUMBER && s.raw.len == text.len;
    return number ? JSON_IS_NUMBER : JSON_IS_STRING;
}

static struct json *node_new(struct reader *r, enum json_kind kind, yaml_mark_t mark)
{
    struct json *node = json_new(r->arena, kind);
    node->line = (uint32_t)mark.line + 1;
    node->column = (uint32_t)mark.column + 1;
    return node;
}

/* Hangs a finished or opened node where it belongs. */
static void place_node(struct reader *r, struct json *node)
{
    if (r->depth == 0) {
        r->root = node;
        return;
    }
    struct level *top = &r->levels[r->depth - 1];
    json_add(top->node, top->has_key ? top->key : STR_EMPTY, node);
    top->has_key = false;
}

/* Whether the next node would be a key. */
static bool wants_key(const struct reader *r)
{
    return r->depth > 0 && r->levels[r->depth - 1].node->kind == JSON_IS_OBJECT &&
           !r->levels[r->depth - 1].has_key;
}

static enum err read_key(struct reader *r, struct str text, yaml_mark_t mark, struct diag *d)
{
    struct level *top = &r->levels[r->depth - 1];
    if (top->keys == NULL) {
        top->keys = map_new(r->arena);
    }
    if (map_get(top->keys, text) != NULL) {
        return fail_at(mark, d, "there is a second key", text);
    }
    map_put(top->keys, text, top->node);
    top->key = text;
    top->has_key = true;
    return ERR_OK;
}

static enum err refuse_decorated(const yaml_event_t *e, const yaml_char_t *anchor,
                                 const yaml_char_t *tag, struct diag *d)
{
    if (anchor != NULL) {
        return fail_at(e->start_mark, d, "anchors are not read:", str_of((const char *)anchor));
    }
    if (tag != NULL) {
        return fail_at(e->start_mark, d, "tags are not read:", str_of((const char *)tag));
    }
    return ERR_OK;
}

static enum err read_scalar(struct reader *r, const yaml_event_t *e, struct diag *d)
{
    TRY(refuse_decorated(e, e->data.scalar.anchor, e->data.scalar.tag, d));
    struct str text =
        str_copy(r->arena, str_n((const char *)e->data.scalar.value, e->data.scalar.length));
    if (wants_key(r)) {
        return read_key(r, text, e->start_mark, d);
    }
    bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct json *node = node_new(r, plain ? plain_kind(text) : JSON_IS_STRING, e->start_mark);
    if (node->kind == JSON_IS_STRING || node->kind == JSON_IS_NUMBER) {
        node->text = text;
    }
    place_node(r, node);
    return ERR_OK;
}

static enum err read_open(struct reader *r, const yaml_event_t *e, struct diag *d)
{
    bool object = e->type == YAML_MAPPING_START_EVENT;
    if (object) {
        TRY(refuse_decorated(e, e->data.mapping_start.anchor, e->data.mapping_start.tag, d));
    } else {
        TRY(refuse_decorated(e, e->data.sequence_start.anchor, e->data.sequence_start.tag, d));
    }
    if (wants_key(r)) {
        return fail_at(e->start_mark, d, "a key must be a scalar", STR_EMPTY);
    }
    if (r->depth >= JSON_DEPTH_MAX) {
        return fail_at(e->start_mark, d, "nested too deeply", STR_EMPTY);
    }
    struct json *node = node_new(r, object ? JSON_IS_OBJECT : JSON_IS_ARRAY, e->start_mark);
    place_node(r, node);
    r->levels[r->depth++] = (struct level){.node = node};
    return ERR_OK;
}

static enum err read_document(struct reader *r, const yaml_event_t *e, struct diag *d)
{
    if (r->root != NULL) {
        return fail_at(e->start_mark, d, "a second document is not read", STR_EMPTY);
    }
    if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end) {
        return fail_at(e->start_mark, d, "tags are not read: %TAG", STR_EMPTY);
    }
    return ERR_OK;
}

static enum err read_event(struct reader *r, const yaml_event_t *e, struct diag *d)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return read_document(r, e, d);
    case YAML_ALIAS_EVENT:
        return fail_at(e->start_mark, d,
                       "aliases are not read:", str_of((const char *)e->data.alias.anchor));
    case YAML_SCALAR_EVENT:
        return read_scalar(r, e, d);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return read_open(r, e, d);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return ERR_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return ERR_OK;
}

static enum err parser_fail(const yaml_parser_t *p, struct diag *d)
{
    if (p->error == YAML_MEMORY_ERROR) {
        return fail(d, ERR_LIMIT, "libyaml is out of memory");
    }
    /* the reader (encoding) leaves no mark, but stands where it failed */
    yaml_mark_t mark = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;
    return fail_at(mark, d, p->problem != NULL ? p->problem : "not YAML", STR_EMPTY);
}

static enum err read_all(struct reader *r, struct diag *d)
{
    enum err code = ERR_OK;
    for (bool more = true; more && code == ERR_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) {
            return parser_fail(&r->parser, d);
        }
        more = event.type != YAML_STREAM_END_EVENT;
        code = read_event(r, &event, d);
        yaml_event_delete(&event);
    }
    return code;
}

enum err yaml_parse(struct arena *a, struct str text, struct json **ret_tree, struct diag *d)
{
    if (text.len > DEFINITION_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%zu bytes of YAML; at most %zu are read", text.len,
                    DEFINITION_BYTES_MAX);
    }
    struct reader *r = NEW(a, struct reader);
    r->arena = a;
    if (!yaml_parser_initialize(&r->parser)) {
        return fail(d, ERR_LIMIT, "libyaml is out of memory");
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.len == 0 ? "" : text.ptr),
                                 text.len);
    enum err code = read_all(r, d);
    yaml_parser_delete(&r->parser);
    if (code == ERR_OK && r->root == NULL) {
        code = fail(d, ERR_INVALID, "1:1: there is no document");
    }
    if (code == ERR_OK) {
        *ret_tree = r->root;
    }
    return code;
}
