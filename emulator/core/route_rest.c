/* route_rest.c -- The operation of a REST service by its model's URIs: method, path template,
 * literal query items. Several fit where only parameters tell them apart (PutObject, UploadPart,
 * CopyObject share PUT /{Bucket}/{Key+}): an operation whose required parameters are there wins
 * over one that asks for less. */
#include <string.h>

#include "base/json.h"
#include "core_parts.h"
#include "route_tables.h"

const struct service_model route_unknown_json = {.id = "unknown",
                                                 .signing_name = "",
                                                 .service_id = "",
                                                 .api_version = "",
                                                 .json_version = "1.1",
                                                 .protocol = PROTOCOL_JSON};
const struct service_model route_unknown_query = {.id = "unknown",
                                                  .signing_name = "",
                                                  .service_id = "",
                                                  .api_version = "",
                                                  .protocol = PROTOCOL_QUERY};
const struct service_model route_unknown_rest = {.id = "unknown",
                                                 .signing_name = "",
                                                 .service_id = "",
                                                 .api_version = "",
                                                 .protocol = PROTOCOL_REST_XML};

/* "/{Bucket}/{Key+}" against "/b/a/c": a label takes one segment that is not empty, a greedy one
 * the rest. */
static bool path_fits(struct str template, struct str path)
{
    template = str_from(template, 1);
    path = str_from(path, path.len > 0 ? 1 : 0);
    if (template.len == 0) {
        return path.len == 0;
    }
    for (struct str part; str_cut(&template, '/', &part);) {
        if (str_ends(part, STR("+}"))) {
            return path.len > 0;
        }
        struct str segment = STR_EMPTY;
        bool there = str_cut(&path, '/', &segment);
        bool label = str_starts(part, STR("{"));
        if (!there || segment.len == 0 || (!label && !str_eq(part, segment))) {
            return false;
        }
    }
    return path.len == 0;
}

/* How many of the template's query items the request has; -1 when one is missing. */
static int query_fits(struct str items, struct str query, struct arena *a)
{
    int count = 0;
    for (struct str item; str_cut(&items, '&', &item); count++) {
        struct str name;
        struct str wanted;
        bool has_value = str_split(item, '=', &name, &wanted);
        struct str value;
        if (!http_query_get(query, has_value ? name : item, a, &value) ||
            (has_value && !str_eq(value, wanted))) {
            return -1;
        }
    }
    return count;
}

/* How many required parameters there are in query and headers; -1 when one is missing. */
static int required_fits(const struct shape *input, const struct http_request *request)
{
    int count = 0;
    for (size_t i = 0; input != NULL && i < input->member_count; i++) {
        const struct shape_member *m = &input->members[i];
        const char *name = m->wire_name != NULL ? m->wire_name : m->name;
        if (!m->required || (m->place != PLACE_QUERY && m->place != PLACE_HEADER)) {
            continue;
        }
        bool there = m->place == PLACE_QUERY ? http_query_has(request->query, str_of(name))
                                             : http_has_header(&request->headers, name);
        if (!there) {
            return -1;
        }
        count++;
    }
    return count;
}

static int operation_fits(const struct operation_model *op, const struct http_request *request,
                          struct arena *a)
{
    struct str path = str_of(op->uri);
    struct str items = STR_EMPTY;
    if (str_find(path, '?') != STR_NONE) {
        (void)str_split(str_of(op->uri), '?', &path, &items);
    }
    if (!str_eq(str_of(op->method), request->method) || !path_fits(path, request->path)) {
        return -1;
    }
    int literals = query_fits(items, request->query, a);
    int required = required_fits(op->input, request);
    return literals < 0 || required < 0 ? -1 : literals * 16 + required;
}

const struct operation_model *route_rest(const struct service_model *model,
                                         const struct http_request *request, struct arena *a)
{
    const struct operation_model *best = NULL;
    int best_fit = -1;
    for (size_t i = 0; i < model->operation_count; i++) {
        int fit = operation_fits(&model->operations[i], request, a);
        if (fit > best_fit) {
            best = &model->operations[i];
            best_fit = fit;
        }
    }
    return best;
}
