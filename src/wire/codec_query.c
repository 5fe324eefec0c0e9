/* codec_query.c -- The query protocol: a flat form in, XML out (SNS, STS).
 *
 * "A.member.2.B=x" is split at its dots into a tree of segments first; the shape then walks that
 * tree, so a parameter costs its own length and nothing is searched by prefix. The number of
 * parameters and of dots is capped. */
#include "codec_parts.h"

#include <stdlib.h>
#include "base/encode.h"
#include "base/limits.h"

#define QUERY_DEPTH_MAX 32

static const struct value_style query_style = {.timestamp = TIMESTAMP_ISO8601};

/* One segment of the parameters' names; the root has none. */
struct segment {
    struct str name, value;
    bool has_value;
    struct segment *first, *last, *next;
};

static struct segment *segment_child(const struct segment *parent, struct str name)
{
    struct segment *child = parent->first;
    while (child != NULL && !str_eq(child->name, name)) {
        child = child->next;
    }
    return child;
}

static struct segment *segment_add(struct arena *a, struct segment *parent, struct str name)
{
    struct segment *child = NEW(a, struct segment);
    child->name = name;
    if (parent->last != NULL) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
    return child;
}

static enum err add_parameter(struct arena *a, struct segment *root, struct str name,
                              struct str value, struct diag *d)
{
    struct segment *at = root;
    int depth = 0;
    for (struct str rest = name, part; str_cut(&rest, '.', &part);) {
        if (++depth > QUERY_DEPTH_MAX) {
            return fail(d, ERR_INVALID, "the parameter %.60s nests too deep", str_z(a, name));
        }
        struct segment *child = segment_child(at, part);
        at = child != NULL ? child : segment_add(a, at, part);
    }
    if (!at->has_value) { /* the first wins */
        at->has_value = true;
        at->value = value;
    }
    return ERR_OK;
}

static enum err add_parameters(struct arena *a, struct segment *root, struct str form,
                               size_t *count, struct diag *d)
{
    for (struct str rest = form, name, value; http_query_next(&rest, a, &name, &value);) {
        if (++*count > QUERY_PARAMETERS_MAX) {
            return fail(d, ERR_INVALID, "more than %d parameters", QUERY_PARAMETERS_MAX);
        }
        if (name.len > 0) {
            TRY(add_parameter(a, root, name, value, d));
        }
    }
    return ERR_OK;
}

/* ---- reading ---- */

static enum err read_segment(struct arena *a, const struct segment *at,
                             const struct shape_member *member, struct json **ret_value,
                             struct diag *d);

struct numbered {
    int64_t number;
    const struct segment *segment;
};

static int numbered_cmp(const void *left, const void *right)
{
    const struct numbered *l = left, *r = right;
    return (l->number > r->number) - (l->number < r->number);
}

/* The children that are numbers, in their order; two spellings of one number ("1", "01") are
 * refused. */
static enum err sort_numbered(struct arena *a, const struct segment *parent,
                              struct numbered **ret_items, size_t *ret_count, struct diag *d)
{
    size_t count = 0;
    for (const struct segment *child = parent->first; child != NULL; child = child->next) {
        count++;
    }
    struct numbered *items = NEW_ARRAY(a, struct numbered, count);
    count = 0;
    for (const struct segment *child = parent->first; child != NULL; child = child->next) {
        struct diag quiet = DIAG_INIT;
        items[count].segment = child;
        count += str_i64(child->name, &items[count].number, &quiet) == ERR_OK;
    }
    if (count > 0) {
        qsort(items, count, sizeof(*items), numbered_cmp);
    }
    for (size_t i = 1; i < count; i++) {
        if (items[i].number == items[i - 1].number) {
            return fail(d, ERR_INVALID, "two items have the number %.*s",
                        STR_ARG(items[i].segment->name));
        }
    }
    *ret_items = items;
    *ret_count = count;
    return ERR_OK;
}

static enum err read_list(struct arena *a, const struct segment *numbers, const struct shape *list,
                          struct json **ret_value, struct diag *d)
{
    struct numbered *items;
    size_t count;
    TRY(sort_numbered(a, numbers, &items, &count, d));
    struct json *array = json_new(a, JSON_IS_ARRAY);
    for (size_t i = 0; i < count; i++) {
        struct json *value = NULL;
        TRY(read_segment(a, items[i].segment, &list->members[0], &value, d));
        json_add(array, STR_EMPTY, value);
    }
    *ret_value = array;
    return ERR_OK;
}

static enum err read_map(struct arena *a, const struct segment *numbers, const struct shape *map,
                         struct json **ret_value, struct diag *d)
{
    struct numbered *items;
    size_t count;
    TRY(sort_numbered(a, numbers, &items, &count, d));
    struct json *object = json_new(a, JSON_IS_OBJECT);
    for (size_t i = 0; i < count; i++) {
        const struct segment *entry = items[i].segment;
        const struct segment *key = segment_child(entry, codec_wire_name(&map->members[0]));
        const struct segment *item = segment_child(entry, codec_wire_name(&map->members[1]));
        if (key == NULL || item == NULL) {
            return fail(d, ERR_INVALID, "entry %.*s has no key or no value", STR_ARG(entry->name));
        }
        struct json *value = NULL;
        TRY(read_segment(a, item, &map->members[1], &value, d));
        json_add(object, key->value, value);
    }
    *ret_value = object;
    return ERR_OK;
}

static enum err read_structure(struct arena *a, const struct segment *at,
                               const struct shape *structure, struct json **ret_value,
                               struct diag *d)
{
    struct json *object = json_new(a, JSON_IS_OBJECT);
    for (size_t i = 0; i < structure->member_count; i++) {
        const struct shape_member *member = &structure->members[i];
        const struct segment *child = segment_child(at, codec_wire_name(member));
        if (child == NULL) {
            continue;
        }
        struct json *value = NULL;
        if (read_segment(a, child, member, &value, d) != ERR_OK) {
            return diag_context(d, "%s", member->name);
        }
        json_add(object, str_of(member->name), value);
    }
    *ret_value = object;
    return ERR_OK;
}

/* Where the numbers are: under "member" or "entry", or, flattened, right here. */
static const struct segment *numbers_of(const struct segment *at, const struct shape_member *member,
                                        struct str between)
{
    const struct segment *inner = segment_child(at, between);
    bool flattened = member->flattened || member->shape->flattened;
    return flattened || inner == NULL ? at : inner;
}

static enum err read_segment(struct arena *a, const struct segment *at,
                             const struct shape_member *member, struct json **ret_value,
                             struct diag *d)
{
    const struct shape *shape = member->shape;
    if (shape->kind == SHAPE_STRUCTURE) {
        return read_structure(a, at, shape, ret_value, d);
    }
    if (shape->kind == SHAPE_LIST) {
        struct str between = codec_wire_name(&shape->members[0]);
        return read_list(a, numbers_of(at, member, between), shape, ret_value, d);
    }
    if (shape->kind == SHAPE_MAP) {
        return read_map(a, numbers_of(at, member, STR("entry")), shape, ret_value, d);
    }
    return codec_value_read(a, member, query_style, at->value, ret_value, d);
}

/* Parameters come in the body (POST) or in the URL (GET); some clients send both. */
enum err codec_query_read(const struct operation_model *op, const struct http_request *request,
                          struct arena *a, struct json **ret_input, struct diag *d)
{
    static const struct shape no_input = {.name = "", .kind = SHAPE_STRUCTURE};
    struct segment root = {.has_value = false};
    size_t count = 0;
    enum err e = add_parameters(a, &root, request->body, &count, d);
    if (e == ERR_OK) {
        e = add_parameters(a, &root, request->query, &count, d);
    }
    if (e == ERR_OK) {
        e = read_structure(a, &root, op->input != NULL ? op->input : &no_input, ret_input, d);
    }
    if (e != ERR_OK) {
        return codec_fail_as(d, "MalformedQueryString", "The query string contains a syntax error");
    }
    return ERR_OK;
}

/* ---- writing ---- */

void codec_query_write(const struct service_model *service, const struct operation_model *op,
                       const struct json *output, struct str request_id, struct arena *a,
                       struct http_response *response)
{
    const char *root = str_z(a, str_join(a, str_of(op->name), STR("Response")));
    struct buf body;
    codec_buf_init(&body, a);
    if (service->xml_namespace != NULL) {
        xml_open_ns(&body, root, service->xml_namespace);
    } else {
        xml_open(&body, root);
    }
    if (op->output != NULL && op->result_wrapper != NULL) {
        struct xml_root result = {.name = str_of(op->result_wrapper)};
        codec_xml_write(&body, result, op->output, output, query_style);
    }
    xml_open(&body, "ResponseMetadata");
    xml_element(&body, "RequestId", request_id);
    xml_close(&body, "ResponseMetadata");
    xml_close(&body, root);
    http_headers_set(&response->headers, STR("Content-Type"), STR("text/xml"));
    response->body = buf_str(&body);
}

/* ---- the client's side ---- */

static struct str join_name(struct arena *a, struct str prefix, struct str name)
{
    return prefix.len == 0 ? name : str_printf(a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(name));
}

static void add_value(struct buf *form, struct str prefix, const struct json *value);

/* A list's items are Name.member.N; under the key "entry" (a map's items) they are Name.entry.N. */
static void add_items(struct buf *form, struct str prefix, const struct json *array)
{
    size_t number = 1;
    bool entries = str_eq(prefix, STR("entry")) || str_ends(prefix, STR(".entry"));
    struct str base = entries ? prefix : join_name(form->arena, prefix, STR("member"));
    for (const struct json *item = array->first; item != NULL; item = item->next) {
        add_value(form, str_printf(form->arena, "%.*s.%zu", STR_ARG(base), number++), item);
    }
}

static void add_value(struct buf *form, struct str prefix, const struct json *value)
{
    switch (value->kind) {
    case JSON_IS_NULL:
        return;
    case JSON_IS_FALSE:
    case JSON_IS_TRUE:
        http_query_add(form, prefix, value->kind == JSON_IS_TRUE ? STR("true") : STR("false"));
        return;
    case JSON_IS_NUMBER:
    case JSON_IS_STRING:
        http_query_add(form, prefix, value->text);
        return;
    case JSON_IS_ARRAY:
        add_items(form, prefix, value);
        return;
    case JSON_IS_OBJECT:
        break;
    }
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        add_value(form, join_name(form->arena, prefix, child->key), child);
    }
}

void codec_query_add(struct buf *form, const char *prefix, const struct json *value)
{
    add_value(form, str_of(prefix), value);
}
