/* route.c -- Whose request this is, and which operation it asks for.
 * Order: the path where Smithy-Protocol stands, X-Amz-Target, what a service claims, the service of
 * the credential scope, query's Action, else the REST service (S3). */
#include "route_tables.h"

#include <string.h>

#include "core_parts.h"

static const struct emulator_service *service_at(const struct core *core, size_t i)
{
    return core->services[i];
}

static void route_to(const struct core *core, size_t i, struct route *route)
{
    route->service = service_at(core, i);
    route->index = i;
    route->envelope = route->service->model;
    route->service_name = str_of(route->envelope->id);
}

static void to_prefix(const struct core *core, struct str prefix, struct route *route)
{
    route->envelope = &route_unknown_json;
    route->service_name = prefix;
    for (size_t i = 0; i < core->service_count; i++) {
        const char *known = service_at(core, i)->model->target_prefix;
        if (known != NULL && str_eq(prefix, str_of(known))) {
            route_to(core, i, route);
        }
    }
}

/* AWS core-smithy-path-1: "/service/GraniteServiceVersion20100801/operation/PutMetricData"; the
 * service has the name that X-Amz-Target gives it. */
static bool by_smithy_path(const struct core *core, const struct http_request *request,
                           struct route *route)
{
    if (!http_has_header(&request->headers, "smithy-protocol")) {
        return false;
    }
    struct str service = STR("/service/"), operation = STR("/operation/"), path = request->path;
    size_t at = str_find_str(path, operation);
    bool whole = str_starts(path, service) && at != STR_NONE && at >= service.len;
    route->asked = whole ? str_from(path, at + operation.len) : path;
    to_prefix(core, whole ? str_slice(path, service.len, at) : STR_EMPTY, route);
    return true;
}

/* "Kinesis_20131202.PutRecords" */
static bool by_target(const struct core *core, const struct http_request *request,
                      struct route *route)
{
    struct str target = http_header(&request->headers, "x-amz-target");
    if (target.len == 0) {
        return false;
    }
    size_t dot = str_find_last(target, '.');
    route->asked = dot == STR_NONE ? target : str_from(target, dot + 1);
    to_prefix(core, str_slice(target, 0, dot == STR_NONE ? 0 : dot), route);
    return true;
}

/* Action stands in the URL or in a form. */
static struct str action_of(const struct http_request *request, struct arena *a)
{
    struct str action = STR_EMPTY;
    if (http_query_get(request->query, STR("Action"), a, &action)) {
        return action;
    }
    if (str_starts_nocase(http_header(&request->headers, "content-type"),
                          STR("application/x-www-form-urlencoded"))) {
        (void)http_query_get(request->body, STR("Action"), a, &action);
    }
    return action;
}

static bool by_claim(const struct core *core, const struct http_request *request,
                     struct route *route)
{
    for (size_t i = 0; i < core->service_count; i++) {
        if (service_at(core, i)->claims != NULL && service_at(core, i)->claims(request)) {
            route_to(core, i, route);
            return true;
        }
    }
    return false;
}

static bool by_scope(const struct core *core, const struct sigv4_claim *claim, struct route *route)
{
    if (claim == NULL || claim->service.len == 0) {
        return false;
    }
    route->service_name = claim->service;
    for (size_t i = 0; i < core->service_count; i++) {
        if (str_eq(claim->service, str_of(service_at(core, i)->model->signing_name))) {
            route_to(core, i, route);
            return true;
        }
    }
    route->envelope = route->asked.len > 0 ? &route_unknown_query : &route_unknown_json;
    return true;
}

static bool by_action(const struct core *core, struct route *route)
{
    if (route->asked.len == 0) {
        return false;
    }
    route->envelope = &route_unknown_query;
    for (size_t i = 0; i < core->service_count; i++) {
        const struct service_model *model = service_at(core, i)->model;
        if ((model->protocol == PROTOCOL_QUERY || model->query_compatible) &&
            service_operation(model, route->asked.ptr, route->asked.len) != NULL) {
            route_to(core, i, route);
            return true;
        }
    }
    return true;
}

void route_service(const struct core *core, const struct http_request *request,
                   const struct sigv4_claim *claim, struct arena *a, struct route *route)
{
    *route = (struct route){
        .envelope = &route_unknown_rest, .service_name = STR_EMPTY, .asked = STR_EMPTY};
    if (by_smithy_path(core, request, route) || by_target(core, request, route)) {
        return;
    }
    route->asked = action_of(request, a);
    if (by_claim(core, request, route) || by_scope(core, claim, route) || by_action(core, route)) {
        return;
    }
    for (size_t i = 0; i < core->service_count; i++) {
        if (service_at(core, i)->model->protocol == PROTOCOL_REST_XML) {
            route_to(core, i, route);
            return;
        }
    }
}

static const struct operation_handler *handler_of(const struct emulator_service *service,
                                                  const char *name)
{
    for (size_t i = 0; i < service->handler_count; i++) {
        if (strcmp(service->handlers[i].name, name) == 0) {
            return &service->handlers[i];
        }
    }
    return NULL;
}

enum route_result route_operation(const struct http_request *request, struct arena *a,
                                  struct route *route)
{
    const struct emulator_service *service = route->service;
    if (service == NULL) {
        return ROUTE_NO_SERVICE;
    }
    if (service->model->protocol == PROTOCOL_REST_XML) {
        route->op = service->route != NULL ? service->route(request)
                                           : route_rest(service->model, request, a);
    } else {
        route->op = service_operation(service->model, route->asked.ptr, route->asked.len);
    }
    if (route->op == NULL && service->model->protocol == PROTOCOL_REST_XML) {
        route->asked =
            str_printf(a, "%.*s %.*s%s%.*s", STR_ARG(request->method), STR_ARG(request->path),
                       request->query.len > 0 ? "?" : "", STR_ARG(request->query));
    }
    if (route->op == NULL) {
        return ROUTE_NO_OPERATION;
    }
    route->handler = handler_of(service, route->op->name);
    return route->handler == NULL ? ROUTE_NO_HANDLER : ROUTE_FOUND;
}
