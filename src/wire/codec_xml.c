/* codec_xml.c -- Trees as XML elements, and back, by the shape: bodies of REST-XML, answers of
 * query.
 *
 * A list <L><member>..</member></L> or, flattened, one <L> an element; a map
 * <M><entry><key/><value/></entry></M> or, flattened, one <M> an entry; attributes belong to the
 * structure that has them. Recursion is bounded by the reader (xml.h caps depth) and, when writing,
 * by what the handler built. */
#include "codec_parts.h"

#include "base/encode.h"

static const struct value_style body_style = {.timestamp = TIMESTAMP_ISO8601};

static bool is_flattened(const struct shape_member *member)
{
    return member->flattened || member->shape->flattened;
}

static const char *wire_z(const struct shape_member *member)
{
    return member->wire_name != NULL ? member->wire_name : member->name;
}

bool codec_in_body(const struct shape_member *member)
{
    return member->place == PLACE_BODY || member->place == PLACE_URI ||
           member->place == PLACE_QUERY;
}

/* ---- reading ---- */

static enum err read_element(struct arena *a, const struct xml *element,
                             const struct shape_member *member, struct json **ret_value,
                             struct diag *d);

/* By the whole name, else by what stands behind the prefix: clients choose prefixes themselves. */
static const struct xml_attribute *find_attribute(const struct xml *element, struct str name)
{
    size_t colon = str_find_last(name, ':');
    struct str local = colon == STR_NONE ? name : str_from(name, colon + 1);
    const struct xml_attribute *found = NULL;
    for (const struct xml_attribute *at = element->attributes; at != NULL; at = at->next) {
        size_t prefix = str_find_last(at->name, ':');
        if (str_eq(at->name, name)) {
            return at;
        }
        if (prefix != STR_NONE && str_eq(str_from(at->name, prefix + 1), local)) {
            found = at;
        }
    }
    return found;
}

static enum err read_list(struct arena *a, const struct xml *first, const char *name,
                          const struct shape *list, struct json **ret_value, struct diag *d)
{
    struct json *array = json_new(a, JSON_IS_ARRAY);
    for (const struct xml *item = first; item != NULL; item = xml_next(item, name)) {
        struct json *value;
        TRY(read_element(a, item, &list->members[0], &value, d));
        json_add(array, STR_EMPTY, value);
    }
    *ret_value = array;
    return ERR_OK;
}

static enum err read_map(struct arena *a, const struct xml *first, const char *name,
                         const struct shape *map, struct json **ret_value, struct diag *d)
{
    struct json *object = json_new(a, JSON_IS_OBJECT);
    for (const struct xml *entry = first; entry != NULL; entry = xml_next(entry, name)) {
        const struct xml *key = xml_child(entry, wire_z(&map->members[0]));
        const struct xml *item = xml_child(entry, wire_z(&map->members[1]));
        if (key == NULL || item == NULL) {
            return fail(d, ERR_INVALID, "<%s> has no <%s> or no <%s>", name,
                        wire_z(&map->members[0]), wire_z(&map->members[1]));
        }
        struct json *value;
        TRY(read_element(a, item, &map->members[1], &value, d));
        json_add(object, key->text, value);
    }
    *ret_value = object;
    return ERR_OK;
}

static enum err read_element(struct arena *a, const struct xml *element,
                             const struct shape_member *member, struct json **ret_value,
                             struct diag *d)
{
    const struct shape *shape = member->shape;
    if (shape->kind == SHAPE_STRUCTURE) {
        return codec_xml_read(a, element, shape, ret_value, d);
    }
    if (shape->kind == SHAPE_LIST) {
        const char *name = wire_z(&shape->members[0]);
        return read_list(a, xml_child(element, name), name, shape, ret_value, d);
    }
    if (shape->kind == SHAPE_MAP) {
        return read_map(a, xml_child(element, "entry"), "entry", shape, ret_value, d);
    }
    if (codec_value_read(a, member, body_style, element->text, ret_value, d) != ERR_OK) {
        return diag_context(d, "<%.*s>", STR_ARG(element->name));
    }
    return ERR_OK;
}

/* Leaves *ret_value NULL when the member is not there. */
static enum err read_member(struct arena *a, const struct xml *parent,
                            const struct shape_member *member, struct json **ret_value,
                            struct diag *d)
{
    *ret_value = NULL;
    if (member->attribute) {
        const struct xml_attribute *at = find_attribute(parent, codec_wire_name(member));
        return at == NULL ? ERR_OK
                          : codec_value_read(a, member, body_style, at->value, ret_value, d);
    }
    const char *name = wire_z(member);
    const struct xml *child = xml_child(parent, name);
    if (child == NULL) {
        return ERR_OK;
    }
    if (member->shape->kind == SHAPE_LIST && is_flattened(member)) {
        return read_list(a, child, name, member->shape, ret_value, d);
    }
    if (member->shape->kind == SHAPE_MAP && is_flattened(member)) {
        return read_map(a, child, name, member->shape, ret_value, d);
    }
    return read_element(a, child, member, ret_value, d);
}

enum err codec_xml_read(struct arena *a, const struct xml *element, const struct shape *structure,
                        struct json **ret_value, struct diag *d)
{
    struct json *object = json_new(a, JSON_IS_OBJECT);
    for (size_t i = 0; i < structure->member_count; i++) {
        const struct shape_member *member = &structure->members[i];
        if (member->place != PLACE_BODY) {
            continue;
        }
        struct json *value;
        TRY(read_member(a, element, member, &value, d));
        if (value != NULL) {
            json_add(object, str_of(member->name), value);
        }
    }
    *ret_value = object;
    return ERR_OK;
}

/* ---- writing ---- */

static void write_members(struct buf *out, const struct shape *structure, const struct json *value,
                          struct value_style style);

static void write_attribute(struct buf *out, struct str name, struct str value)
{
    buf_add_char(out, ' ');
    buf_add(out, name);
    buf_add_z(out, "=\"");
    encode_xml(out, value);
    buf_add_char(out, '"');
}

static void open_element(struct buf *out, struct xml_root tag, const struct shape *shape,
                         const struct json *value)
{
    buf_add_char(out, '<');
    buf_add(out, tag.name);
    if (tag.xml_namespace != NULL) {
        struct str prefix = str_of(tag.xml_prefix);
        struct str name =
            prefix.len == 0 ? STR("xmlns") : str_join(out->arena, STR("xmlns:"), prefix);
        write_attribute(out, name, str_of(tag.xml_namespace));
    }
    for (size_t i = 0; shape->kind == SHAPE_STRUCTURE && i < shape->member_count; i++) {
        const struct json *child = codec_child(value, shape->members[i].name);
        if (shape->members[i].attribute && child != NULL) {
            write_attribute(out, codec_wire_name(&shape->members[i]), json_str(child));
        }
    }
    buf_add_char(out, '>');
}

static void close_element(struct buf *out, struct str name)
{
    buf_add_z(out, "</");
    buf_add(out, name);
    buf_add_char(out, '>');
}

static struct xml_root tag_of(const struct shape_member *member)
{
    return (struct xml_root){.name = codec_wire_name(member),
                             .xml_namespace = member->xml_namespace,
                             .xml_prefix = member->xml_prefix};
}

static void write_element(struct buf *out, struct xml_root tag, const struct shape_member *member,
                          const struct json *value, struct value_style style);

/* What stands inside of an entry of a map. */
static void write_entry(struct buf *out, const struct shape *map, const struct json *value,
                        struct value_style style)
{
    const struct shape_member *key = &map->members[0];
    open_element(out, tag_of(key), key->shape, NULL);
    encode_xml(out, value->key);
    close_element(out, codec_wire_name(key));
    write_element(out, tag_of(&map->members[1]), &map->members[1], value, style);
}

static void write_content(struct buf *out, const struct shape_member *member,
                          const struct json *value, struct value_style style)
{
    const struct shape *shape = member->shape;
    if (value->kind == JSON_IS_NULL) {
        return;
    }
    if (shape->kind == SHAPE_STRUCTURE) {
        write_members(out, shape, value, style);
    } else if (shape->kind == SHAPE_LIST) {
        for (const struct json *child = value->first; child != NULL; child = child->next) {
            write_element(out, tag_of(&shape->members[0]), &shape->members[0], child, style);
        }
    } else if (shape->kind == SHAPE_MAP) {
        for (const struct json *child = value->first; child != NULL; child = child->next) {
            buf_add_z(out, "<entry>");
            write_entry(out, shape, child, style);
            buf_add_z(out, "</entry>");
        }
    } else if (shape->kind == SHAPE_STRING) {
        encode_xml(out, json_str(value));
    } else {
        codec_value_write(out, member, style, value);
    }
}

static void write_element(struct buf *out, struct xml_root tag, const struct shape_member *member,
                          const struct json *value, struct value_style style)
{
    open_element(out, tag, member->shape, value);
    write_content(out, member, value, style);
    close_element(out, tag.name);
}

/* A list's elements carry the namespace of its element, a map's entries that of the map. */
static void write_flattened(struct buf *out, const struct shape_member *member,
                            const struct json *value, struct value_style style)
{
    const struct shape_member *item = &member->shape->members[0];
    struct xml_root tag = tag_of(member), item_tag = tag_of(item);
    item_tag.name = tag.name;
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        if (member->shape->kind == SHAPE_LIST) {
            write_element(out, item_tag, item, child, style);
        } else {
            open_element(out, tag, member->shape, NULL);
            write_entry(out, member->shape, child, style);
            close_element(out, tag.name);
        }
    }
}

static void write_members(struct buf *out, const struct shape *structure, const struct json *value,
                          struct value_style style)
{
    for (size_t i = 0; i < structure->member_count; i++) {
        const struct shape_member *member = &structure->members[i];
        const struct json *child = codec_child(value, member->name);
        if (child == NULL || member->attribute || !codec_in_body(member)) {
            continue;
        }
        bool many = member->shape->kind == SHAPE_LIST || member->shape->kind == SHAPE_MAP;
        if (many && is_flattened(member)) {
            write_flattened(out, member, child, style);
        } else {
            write_element(out, tag_of(member), member, child, style);
        }
    }
}

void codec_xml_write(struct buf *out, struct xml_root root, const struct shape *structure,
                     const struct json *value, struct value_style style)
{
    open_element(out, root, structure, value);
    write_members(out, structure, value, style);
    close_element(out, root.name);
}

void codec_xml_write_plain(struct buf *out, const struct json *object)
{
    for (const struct json *child = object->first; child != NULL; child = child->next) {
        buf_add_char(out, '<');
        buf_add(out, child->key);
        buf_add_char(out, '>');
        if (child->kind == JSON_IS_OBJECT) {
            codec_xml_write_plain(out, child);
        } else {
            encode_xml(out, json_str(child));
        }
        close_element(out, child->key);
    }
}
