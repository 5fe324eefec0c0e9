/* vector_model.c -- Shapes are made once a name and filled when first seen, so recursive shapes
 * close. */
#include "vector_model.h"

#include <criterion/criterion.h>
#include <string.h>
#include "base/decimal.h"
#include "base/map.h"

struct builder {
    struct arena *arena;
    const struct json *shapes;
    struct map *made; /* name -> struct shape */
};

static const char *text_of(struct builder *b, const struct json *object, const char *key)
{
    const struct json *node = json_get(object, str_of(key));
    return json_is(node, JSON_IS_STRING) ? str_z(b->arena, node->text) : NULL;
}

static bool flag_of(const struct json *object, const char *key)
{
    return json_bool(json_get(object, str_of(key)), false);
}

static int int_of(const struct json *object, const char *path, int otherwise)
{
    const struct json *node = json_at(object, path);
    int64_t value = otherwise;
    struct diag d = DIAG_INIT;
    if (node != NULL) {
        cr_assert_eq(json_i64(node, &value, &d), ERR_OK, "%s", d.msg);
    }
    return (int)value;
}

static enum shape_kind kind_of(struct str type)
{
    static const struct {
        const char *name;
        enum shape_kind kind;
    } kinds[] = {{"structure", SHAPE_STRUCTURE},
                 {"list", SHAPE_LIST},
                 {"map", SHAPE_MAP},
                 {"string", SHAPE_STRING},
                 {"character", SHAPE_STRING},
                 {"blob", SHAPE_BLOB},
                 {"integer", SHAPE_INTEGER},
                 {"long", SHAPE_LONG},
                 {"float", SHAPE_FLOAT},
                 {"double", SHAPE_DOUBLE},
                 {"boolean", SHAPE_BOOLEAN},
                 {"timestamp", SHAPE_TIMESTAMP}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (str_eq(type, str_of(kinds[i].name))) {
            return kinds[i].kind;
        }
    }
    cr_assert_fail("unknown kind %.*s", STR_ARG(type));
    return SHAPE_STRING;
}

static enum timestamp_format format_of(const struct json *ref)
{
    struct str name = json_str(json_get(ref, STR("timestampFormat")));
    if (str_eq(name, STR("iso8601"))) {
        return TIMESTAMP_ISO8601;
    }
    if (str_eq(name, STR("unixTimestamp"))) {
        return TIMESTAMP_UNIX;
    }
    return str_eq(name, STR("rfc822")) ? TIMESTAMP_HTTP : TIMESTAMP_DEFAULT;
}

static enum member_place place_of(const struct json *ref)
{
    static const char *const names[] = {
        [PLACE_HEADER] = "header", [PLACE_HEADERS] = "headers",   [PLACE_QUERY] = "querystring",
        [PLACE_URI] = "uri",       [PLACE_STATUS] = "statusCode",
    };
    struct str name = json_str(json_get(ref, STR("location")));
    for (size_t i = 1; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return (enum member_place)i;
        }
    }
    return PLACE_BODY;
}

/* xmlNamespace is a text, or {prefix, uri}. */
static void read_namespace(struct builder *b, const struct json *ref, const char **ret_uri,
                           const char **ret_prefix)
{
    const struct json *node = json_get(ref, STR("xmlNamespace"));
    if (json_is(node, JSON_IS_STRING)) {
        *ret_uri = text_of(b, ref, "xmlNamespace");
    } else if (node != NULL) {
        *ret_uri = text_of(b, node, "uri");
        *ret_prefix = text_of(b, node, "prefix");
    }
}

static const struct shape *shape_of(struct builder *b, struct str name);

static struct shape_member member_of(struct builder *b, const char *name, const struct json *ref,
                                     const struct json *owner)
{
    const struct json *target = json_get(b->shapes, json_str(json_get(ref, STR("shape"))));
    struct shape_member m = {.name = name};
    cr_assert(target != NULL, "member %s has no shape", name);
    m.payload = str_eq(json_str(json_get(owner, STR("payload"))), str_of(name));
    m.wire_name = text_of(b, ref, "locationName");
    if (m.payload && (m.wire_name == NULL || strcmp(m.wire_name, name) == 0)) {
        m.wire_name = text_of(b, target, "locationName"); /* else its root is the shape's name */
    }
    m.shape = shape_of(b, json_str(json_get(ref, STR("shape"))));
    m.place = place_of(ref);
    m.timestamp = format_of(ref);
    m.flattened = flag_of(ref, "flattened");
    m.attribute = flag_of(ref, "xmlAttribute");
    read_namespace(b, target, &m.xml_namespace, &m.xml_prefix);
    read_namespace(b, ref, &m.xml_namespace, &m.xml_prefix);
    return m;
}

static void fill_members(struct builder *b, struct shape *shape, const struct json *node)
{
    static const char *const names[] = {"member", "key", "value"};
    const struct json *members = json_get(node, STR("members"));
    struct shape_member *list =
        NEW_ARRAY(b->arena, struct shape_member, (members == NULL ? 0 : members->count) + 2);
    shape->members = list;
    if (shape->kind == SHAPE_STRUCTURE && members != NULL) {
        for (const struct json *ref = members->first; ref != NULL; ref = ref->next) {
            list[shape->member_count++] = member_of(b, str_z(b->arena, ref->key), ref, node);
        }
    }
    for (size_t i = 0; shape->kind != SHAPE_STRUCTURE && i < 3; i++) {
        const struct json *ref = json_get(node, str_of(names[i]));
        if (ref != NULL) {
            list[shape->member_count++] = member_of(b, names[i], ref, node);
        }
    }
}

static const struct shape *shape_of(struct builder *b, struct str name)
{
    struct shape *shape = map_get(b->made, name);
    const struct json *node = json_get(b->shapes, name);
    const char *prefix = NULL;
    if (shape != NULL) {
        return shape;
    }
    cr_assert(node != NULL, "no shape %.*s", STR_ARG(name));
    shape = NEW(b->arena, struct shape);
    map_put(b->made, name, shape);
    shape->name = str_z(b->arena, name);
    shape->kind = kind_of(json_str(json_get(node, STR("type"))));
    shape->min = shape->max = SHAPE_NO_BOUND;
    shape->flattened = flag_of(node, "flattened");
    shape->timestamp = format_of(node);
    read_namespace(b, node, &shape->xml_namespace, &prefix);
    fill_members(b, shape, node);
    return shape;
}

static const struct shape *referred(struct builder *b, const struct json *given, const char *key)
{
    const struct json *ref = json_get(given, str_of(key));
    return ref == NULL ? NULL : shape_of(b, json_str(json_get(ref, STR("shape"))));
}

/* The name that the shape itself gives to a root element. */
static const char *root_of(struct builder *b, const struct shape *shape)
{
    return shape == NULL ? NULL
                         : text_of(b, json_get(b->shapes, str_of(shape->name)), "locationName");
}

static enum protocol protocol_of(struct str name)
{
    if (str_eq(name, STR("json")) || str_eq(name, STR("smithy-rpc-v2-cbor"))) {
        return PROTOCOL_JSON;
    }
    return str_eq(name, STR("query")) ? PROTOCOL_QUERY : PROTOCOL_REST_XML;
}

struct vector_model *vector_model_new(struct arena *a, const struct json *suite,
                                      const struct json *given)
{
    struct builder b = {a, json_get(suite, STR("shapes")), map_new(a)};
    const struct json *meta = json_get(suite, STR("metadata"));
    struct vector_model *m = NEW(a, struct vector_model);
    struct operation_model *op = &m->operation;
    op->name = text_of(&b, given, "name");
    op->method = str_z(a, json_str(json_at(given, "http.method")));
    op->uri = str_z(a, json_str(json_at(given, "http.requestUri")));
    op->input = referred(&b, given, "input");
    op->output = referred(&b, given, "output");
    op->input_root = root_of(&b, op->input);
    if (op->input_root == NULL) {
        op->input_root = text_of(&b, json_get(given, STR("input")), "locationName");
    }
    op->output_root = root_of(&b, op->output);
    op->result_wrapper = str_z(a, str_printf(a, "%sResult", op->name));
    op->success_status = int_of(given, "http.responseCode", 200);
    m->service.id = "vectors";
    m->service.json_version = text_of(&b, meta, "jsonVersion");
    m->service.target_prefix = text_of(&b, meta, "targetPrefix");
    m->service.xml_namespace = text_of(&b, meta, "xmlNamespace");
    m->service.protocol = protocol_of(json_str(json_get(meta, STR("protocol"))));
    m->service.form = str_eq(json_str(json_get(meta, STR("protocol"))), STR("smithy-rpc-v2-cbor"))
                          ? FORM_RPC_CBOR
                          : FORM_MODEL;
    m->service.query_compatible = json_get(meta, STR("awsQueryCompatible")) != NULL;
    m->service.operations = op;
    m->service.operation_count = 1;
    return m;
}

static struct json *value_of(struct arena *a, const struct shape *shape, const struct json *value)
{
    int64_t us;
    struct diag d = DIAG_INIT;
    if (shape->kind == SHAPE_TIMESTAMP) {
        cr_assert_eq(decimal_parse(value->text, 6, &us, &d), ERR_OK, "%s", d.msg);
        return json_new_i64(a, us);
    }
    struct json *copy = json_new(a, value->kind);
    copy->text = value->text;
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        const struct shape_member *m = &shape->members[shape->kind == SHAPE_MAP ? 1 : 0];
        if (shape->kind == SHAPE_STRUCTURE) {
            m = shape_find_member(shape, child->key.ptr, child->key.len);
            cr_assert(m != NULL, "%s has no member %.*s", shape->name, STR_ARG(child->key));
        }
        if (child->kind != JSON_IS_NULL) {
            json_add(copy, child->key, value_of(a, m->shape, child));
        }
    }
    return copy;
}

struct json *vector_value(struct arena *a, const struct shape *shape, const struct json *value)
{
    return shape == NULL ? json_new(a, JSON_IS_OBJECT) : value_of(a, shape, value);
}
