/* codec_rest_xml.c -- REST-XML: members spread over path, query, headers and body (S3).
 *
 * AWS s3-metadata-1: the names of user metadata (x-amz-meta-*) come back in lower case.
 * AWS s3-location-1: GetBucketLocation answers <LocationConstraint>region</LocationConstraint>,
 * text in the root. Which operation a request is (fixed query parameters, methods) is the router's
 * business; here the path and the parameters are read by the operation that was found. */
#include "codec_parts.h"

#include "base/encode.h"
#include "base/limits.h"

#define XML_BROKEN                                                                                 \
    "The XML you provided was not well-formed or did not validate against our published schema"

static const struct value_style text_style = {.timestamp = TIMESTAMP_ISO8601};
static const struct value_style header_style = {.timestamp = TIMESTAMP_HTTP};
static const struct value_style body_style = {.timestamp = TIMESTAMP_ISO8601, .iso_ms = true};

struct rest_reader {
    const struct operation_model *op;
    const struct http_request *request;
    struct arena *arena;
    struct json *input;
    struct diag *diag;
};

static void put(struct rest_reader *r, const struct shape_member *member, struct json *value)
{
    json_add(r->input, str_of(member->name), value);
}

/* ---- path ---- */

static struct str decoded(struct arena *a, struct str text)
{
    struct buf out;
    buf_init(&out, a, text.len + 1);
    decode_percent(&out, text, false);
    return buf_str(&out);
}

static const struct shape_member *label_member(const struct shape *input, struct str label)
{
    for (size_t i = 0; input != NULL && i < input->member_count; i++) {
        if (input->members[i].place == PLACE_URI &&
            str_eq(codec_wire_name(&input->members[i]), label)) {
            return &input->members[i];
        }
    }
    return NULL;
}

static enum err fail_path(struct rest_reader *r)
{
    return fail(r->diag, ERR_INVALID, "Couldn't parse the specified URI.");
}

static enum err read_label(struct rest_reader *r, struct str label, struct str text)
{
    const struct shape_member *member = label_member(r->op->input, label);
    if (member == NULL || text.len == 0) {
        return fail_path(r);
    }
    struct json *value;
    TRY(codec_value_read(r->arena, member, text_style, decoded(r->arena, text), &value, r->diag));
    put(r, member, value);
    return ERR_OK;
}

/* Walks the pattern's segments along the path; a greedy label ("{Key+}") takes all but what must
 * follow it. */
static enum err read_path(struct rest_reader *r)
{
    struct str pattern, query, path = str_from(r->request->path, 1);
    if (r->request->path.len == 0 || r->request->path.ptr[0] != '/') {
        return fail_path(r);
    }
    (void)str_split(str_of(r->op->uri + 1), '?', &pattern, &query);
    for (struct str part; str_cut(&pattern, '/', &part);) {
        bool greedy = str_ends(part, STR("+}"));
        size_t end = str_find(path, '/');
        end = end == STR_NONE ? path.len : end;
        if (greedy) {
            size_t tail = pattern.len == 0 ? 0 : pattern.len + 1;
            end = path.len >= tail ? path.len - tail : 0;
        }
        struct str text = str_slice(path, 0, end);
        path = str_from(path, end + 1);
        if (str_starts(part, STR("{"))) {
            TRY(read_label(r, str_slice(part, 1, part.len - (greedy ? 2 : 1)), text));
        } else if (!str_eq(part, text)) {
            return fail_path(r);
        }
    }
    return path.len == 0 ? ERR_OK : fail_path(r);
}

/* ---- query ---- */

static enum err read_query_list(struct rest_reader *r, const struct shape_member *member)
{
    struct json *array = json_new(r->arena, JSON_IS_ARRAY);
    for (struct str rest = r->request->query, name, text;
         http_query_next(&rest, r->arena, &name, &text);) {
        if (str_eq(name, codec_wire_name(member))) {
            struct json *value;
            TRY(codec_value_read(r->arena, &member->shape->members[0], text_style, text, &value,
                                 r->diag));
            json_add(array, STR_EMPTY, value);
        }
    }
    if (array->first != NULL) {
        put(r, member, array);
    }
    return ERR_OK;
}

static bool is_bound(const struct operation_model *op, struct str name)
{
    struct str path, fixed;
    if (str_split(str_of(op->uri), '?', &path, &fixed) && http_query_has(fixed, name)) {
        return true;
    }
    for (size_t i = 0; i < op->input->member_count; i++) {
        const struct shape_member *member = &op->input->members[i];
        if (member->place == PLACE_QUERY && member->shape->kind != SHAPE_MAP &&
            str_eq(codec_wire_name(member), name)) {
            return true;
        }
    }
    return false;
}

/* A map takes every parameter that nobody else has: strings, or lists of strings. */
static enum err read_query_map(struct rest_reader *r, const struct shape_member *member)
{
    const struct shape_member *item = &member->shape->members[1];
    bool lists = item->shape->kind == SHAPE_LIST;
    struct json *object = json_new(r->arena, JSON_IS_OBJECT);
    for (struct str rest = r->request->query, name, text;
         http_query_next(&rest, r->arena, &name, &text);) {
        if (is_bound(r->op, name)) {
            continue;
        }
        struct json *value, *array = json_get(object, name);
        TRY(codec_value_read(r->arena, lists ? &item->shape->members[0] : item, text_style, text,
                             &value, r->diag));
        if (!lists) {
            json_add(object, name, value);
            continue;
        }
        if (array == NULL) {
            array = json_add(object, name, json_new(r->arena, JSON_IS_ARRAY));
        }
        json_add(array, STR_EMPTY, value);
    }
    if (object->first != NULL) {
        put(r, member, object);
    }
    return ERR_OK;
}

static enum err read_query(struct rest_reader *r, const struct shape_member *member)
{
    struct str text;
    struct json *value;
    if (member->shape->kind == SHAPE_LIST) {
        return read_query_list(r, member);
    }
    if (member->shape->kind == SHAPE_MAP) {
        return read_query_map(r, member);
    }
    if (!http_query_get(r->request->query, codec_wire_name(member), r->arena, &text) ||
        (text.len == 0 && member->shape->kind != SHAPE_STRING)) {
        return ERR_OK;
    }
    TRY(codec_value_read(r->arena, member, text_style, text, &value, r->diag));
    put(r, member, value);
    return ERR_OK;
}

/* ---- headers ---- */

/* Takes the next item off a list in a header; an HTTP date holds a comma itself. */
static struct str next_item(struct str *rest, bool dates)
{
    struct str from = *rest, item, more;
    (void)str_cut(rest, ',', &item);
    if (dates && str_cut(rest, ',', &more)) {
        item = str_slice(from, 0, item.len + 1 + more.len);
    }
    return str_trim(item);
}

static enum err read_header_list(struct rest_reader *r, const struct shape_member *member,
                                 struct str text)
{
    const struct shape_member *item = &member->shape->members[0];
    bool dates = item->shape->kind == SHAPE_TIMESTAMP &&
                 codec_timestamp_format(item, TIMESTAMP_HTTP) == TIMESTAMP_HTTP;
    struct json *array = json_new(r->arena, JSON_IS_ARRAY);
    for (struct str rest = text; rest.len > 0;) {
        struct json *value;
        TRY(codec_value_read(r->arena, item, header_style, next_item(&rest, dates), &value,
                             r->diag));
        json_add(array, STR_EMPTY, value);
    }
    put(r, member, array);
    return ERR_OK;
}

static enum err read_header(struct rest_reader *r, const struct shape_member *member)
{
    const char *name = member->wire_name != NULL ? member->wire_name : member->name;
    if (!http_has_header(&r->request->headers, name)) {
        return ERR_OK;
    }
    struct str text = http_header(&r->request->headers, name);
    if (member->shape->kind == SHAPE_LIST) {
        return read_header_list(r, member, text);
    }
    if (text.len == 0 && member->shape->kind != SHAPE_STRING) {
        return ERR_OK;
    }
    struct json *value;
    TRY(codec_value_read(r->arena, member, header_style, text, &value, r->diag));
    put(r, member, value);
    return ERR_OK;
}

static void read_header_map(struct rest_reader *r, const struct shape_member *member)
{
    struct str prefix = codec_wire_name(member);
    struct json *object = json_new(r->arena, JSON_IS_OBJECT);
    for (size_t i = 0; i < r->request->headers.count; i++) {
        const struct http_header *header = &r->request->headers.items[i];
        if (header->name.len > prefix.len && str_starts_nocase(header->name, prefix)) {
            struct str key = str_lower(r->arena, str_from(header->name, prefix.len));
            json_add(object, key, json_new_str(r->arena, str_trim(header->value)));
        }
    }
    if (object->first != NULL) {
        put(r, member, object);
    }
}

/* ---- body ---- */

static enum err parse_body(struct rest_reader *r, const char *root_name, struct xml **ret_root)
{
    TRY(xml_parse(r->arena, r->request->body, ret_root, r->diag));
    if (root_name != NULL && !str_eq((*ret_root)->name, str_of(root_name))) {
        return fail(r->diag, ERR_INVALID, "the root is <%.*s>, not <%s>",
                    STR_ARG((*ret_root)->name), root_name);
    }
    return ERR_OK;
}

static enum err read_payload(struct rest_reader *r, const struct shape_member *member)
{
    const struct shape *shape = member->shape;
    struct json *value;
    if (shape->streaming || shape->event_stream || r->request->body.len == 0) {
        return ERR_OK;
    }
    if (shape->kind != SHAPE_STRUCTURE) {
        put(r, member, json_new_str(r->arena, r->request->body));
        return ERR_OK;
    }
    struct xml *root;
    TRY(parse_body(r, member->wire_name, &root));
    TRY(codec_xml_read(r->arena, root, shape, &value, r->diag));
    put(r, member, value);
    return ERR_OK;
}

static enum err read_body_members(struct rest_reader *r)
{
    if (str_trim(r->request->body).len == 0) {
        return ERR_OK;
    }
    struct xml *root;
    struct json *value;
    TRY(parse_body(r, r->op->input_root, &root));
    TRY(codec_xml_read(r->arena, root, r->op->input, &value, r->diag));
    for (struct json *child = value->first, *next; child != NULL; child = next) {
        next = child->next;
        child->next = NULL;
        json_add(r->input, child->key, child);
    }
    return ERR_OK;
}

static const struct shape_member *payload_of(const struct shape *structure)
{
    for (size_t i = 0; i < structure->member_count; i++) {
        if (structure->members[i].payload) {
            return &structure->members[i];
        }
    }
    return NULL;
}

static bool has_body_members(const struct shape *structure)
{
    for (size_t i = 0; i < structure->member_count; i++) {
        if (codec_in_body(&structure->members[i])) {
            return true;
        }
    }
    return false;
}

static enum err read_body(struct rest_reader *r)
{
    const struct shape_member *payload = payload_of(r->op->input);
    if (payload != NULL) {
        return read_payload(r, payload);
    }
    for (size_t i = 0; i < r->op->input->member_count; i++) {
        if (r->op->input->members[i].place == PLACE_BODY) {
            return read_body_members(r);
        }
    }
    return ERR_OK;
}

static enum err read_member(struct rest_reader *r, const struct shape_member *member)
{
    switch (member->place) {
    case PLACE_QUERY:
        return read_query(r, member);
    case PLACE_HEADER:
        return read_header(r, member);
    case PLACE_HEADERS:
        read_header_map(r, member);
        return ERR_OK;
    case PLACE_URI:
    case PLACE_BODY:
    case PLACE_STATUS:
        break;
    }
    return ERR_OK;
}

/* S3's own words for a number of the query that is none ("max-keys"). */
static enum err fail_member(const struct shape_member *member, struct diag *d)
{
    if (member->place == PLACE_QUERY && member->shape->kind == SHAPE_INTEGER) {
        *d = DIAG_INIT;
        (void)fail(d, ERR_INVALID, "Provided %.*s not an integer or within integer range",
                   STR_ARG(codec_wire_name(member)));
    } else {
        diag_context(d, "%.*s", STR_ARG(codec_wire_name(member)));
    }
    return codec_fail_as(d, "InvalidArgument", NULL);
}

enum err codec_rest_xml_read(const struct operation_model *op, const struct http_request *request,
                             struct arena *a, struct json **ret_input, struct diag *d)
{
    struct rest_reader r = {.op = op, .request = request, .arena = a, .diag = d};
    r.input = json_new(a, JSON_IS_OBJECT);
    if (read_path(&r) != ERR_OK) {
        return codec_fail_as(d, "InvalidURI", NULL);
    }
    for (size_t i = 0; op->input != NULL && i < op->input->member_count; i++) {
        const struct shape_member *member = &op->input->members[i];
        if (read_member(&r, member) != ERR_OK) {
            return fail_member(member, d);
        }
    }
    if (op->input != NULL && read_body(&r) != ERR_OK) {
        return codec_fail_as(d, "MalformedXML", XML_BROKEN);
    }
    *ret_input = r.input;
    return ERR_OK;
}

/* ---- writing ---- */

static struct str header_text(struct arena *a, const struct shape_member *member,
                              const struct json *value)
{
    struct buf text;
    buf_init(&text, a, HTTP_HEADER_BYTES_MAX);
    if (member->shape->kind != SHAPE_LIST) {
        codec_value_write(&text, member, header_style, value);
        return buf_str(&text);
    }
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        buf_add_z(&text, child == value->first ? "" : ", ");
        codec_value_write(&text, &member->shape->members[0], header_style, child);
    }
    return buf_str(&text);
}

static void write_header_map(struct arena *a, const struct shape_member *member,
                             const struct json *value, struct http_response *response)
{
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        struct str name = str_join(a, codec_wire_name(member), child->key);
        http_headers_set(&response->headers, name, json_str(child));
    }
}

static void write_status(const struct json *value, struct http_response *response)
{
    int64_t status;
    struct diag d = DIAG_INIT;
    if (json_i64(value, &status, &d) == ERR_OK && status >= 100 && status <= 999) {
        response->status = (int)status;
    }
}

static void write_outside(const struct shape *shape, const struct json *output, struct arena *a,
                          struct http_response *response)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const struct json *value = codec_child(output, member->name);
        if (value == NULL) {
            continue;
        }
        if (member->place == PLACE_HEADER) {
            http_headers_set(&response->headers, codec_wire_name(member),
                             header_text(a, member, value));
        } else if (member->place == PLACE_HEADERS) {
            write_header_map(a, member, value, response);
        } else if (member->place == PLACE_STATUS) {
            write_status(value, response);
        }
    }
}

static void set_body(struct http_response *response, const char *type, struct str body)
{
    response->body = body;
    if (!http_has_header(&response->headers, "Content-Type")) {
        http_headers_set(&response->headers, STR("Content-Type"), str_of(type));
    }
}

static void write_payload(const struct service_model *service, const struct shape_member *member,
                          const struct json *value, struct arena *a, struct http_response *response)
{
    const struct shape *shape = member->shape;
    if (value == NULL || shape->streaming || shape->event_stream) {
        return;
    }
    if (shape->kind != SHAPE_STRUCTURE) {
        set_body(response, shape->kind == SHAPE_BLOB ? "application/octet-stream" : "text/plain",
                 json_str(value));
        return;
    }
    const char *name = member->wire_name != NULL ? member->wire_name : shape->name;
    const char *xmlns =
        member->xml_namespace != NULL ? member->xml_namespace : service->xml_namespace;
    struct xml_root root = {str_of(name), xmlns, member->xml_prefix};
    struct buf body;
    codec_buf_init(&body, a);
    xml_declaration(&body);
    codec_xml_write(&body, root, shape, value, body_style);
    set_body(response, "application/xml", buf_str(&body));
}

/* The member whose text is the whole document: the root bears its name (shape.h, output_root). */
static const struct shape_member *unwrapped_member(const struct operation_model *op)
{
    const struct shape *shape = op->output;
    bool one = shape->member_count == 1 && codec_is_scalar(shape->members[0].shape);
    bool same = one && op->output_root != NULL &&
                str_eq(codec_wire_name(&shape->members[0]), str_of(op->output_root));
    return same ? &shape->members[0] : NULL;
}

static void write_document(const struct service_model *service, const struct operation_model *op,
                           const struct json *output, struct arena *a,
                           struct http_response *response)
{
    const char *name = op->output_root != NULL ? op->output_root : op->output->name;
    const char *xmlns =
        op->output->xml_namespace != NULL ? op->output->xml_namespace : service->xml_namespace;
    const struct shape_member *only = unwrapped_member(op);
    struct buf body;
    codec_buf_init(&body, a);
    xml_declaration(&body);
    if (only != NULL) {
        const struct json *value = codec_child(output, only->name);
        xml_open_ns(&body, name, xmlns != NULL ? xmlns : "");
        encode_xml(&body, value == NULL ? STR_EMPTY : json_str(value));
        xml_close(&body, name);
    } else {
        struct xml_root root = {.name = str_of(name), .xml_namespace = xmlns};
        codec_xml_write(&body, root, op->output, output, body_style);
    }
    set_body(response, "application/xml", buf_str(&body));
}

void codec_rest_xml_write(const struct service_model *service, const struct operation_model *op,
                          const struct json *output, struct arena *a,
                          struct http_response *response)
{
    if (op->output == NULL) {
        return;
    }
    write_outside(op->output, output, a, response);
    const struct shape_member *payload = payload_of(op->output);
    if (payload != NULL) {
        write_payload(service, payload, codec_child(output, payload->name), a, response);
    } else if (has_body_members(op->output)) {
        write_document(service, op, output, a, response);
    }
}
