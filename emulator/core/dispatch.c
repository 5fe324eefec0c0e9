/* dispatch.c -- One request on its way through the core: whose it is, what it asks, what the plan
 * says, what is done. Invariants:
 * 1. Every request that is not for /_aforo gets one ledger line and one request id, whatever
 * becomes of it.
 * 2. A fault is decided before the handler runs and counts only calls that a handler exists for.
 * 3. The client's headers and body are never written to: the passage has its own copy of the header
 * table. */
#include "dispatch_parts.h"

/* ---- refusals ---- */

int error_status(const struct operation_model *op, struct str name)
{
    for (size_t i = 0; op != NULL && op->errors != NULL && op->errors[i] != NULL; i++) {
        const struct shape *e = op->errors[i];
        bool same = str_eq(name, str_of(e->error_code != NULL ? e->error_code : e->name));
        if (same && e->http_status != 0) {
            return e->http_status;
        }
    }
    enum aws_error_id id = aws_error_find(name);
    return id == AWS_OK ? 400 : aws_error_get(id)->status;
}

const char *error_internal(const struct service_model *model)
{
    /* AWS core-internal-error-1: S3 and SNS say InternalError, the others InternalFailure */
    bool plain = model->protocol == PROTOCOL_REST_XML || str_eq(str_of(model->id), STR("sns"));
    return plain ? "InternalError" : "InternalFailure";
}

void passage_refuse(struct passage *p, struct str code, int status, struct str message)
{
    struct codec_error error = {.code = code,
                                .message = message,
                                .status = status,
                                .sender = status < 500,
                                .resource = p->request.path};
    codec_write_error(p->route.envelope, &p->request, &error, p->request_id, p->arena,
                      &p->out.response);
}

/* ---- the way in: each step is false when it has refused ---- */

static bool find_service(struct passage *p)
{
    p->has_claim = sigv4_claim_of(&p->request, p->arena, &p->claim);
    route_service(p->core, &p->request, p->has_claim ? &p->claim : NULL, p->arena, &p->route);
    struct str key = p->has_claim ? p->claim.access_key : STR_EMPTY;
    if (p->about.actor.len == 0) {
        p->about.actor = key.len > 0 ? key : STR("anonymous");
    }
    p->account = p->core->options.account;
    if (key.len == 12) {
        bool digits = true;
        for (size_t i = 0; i < key.len; i++) {
            digits = digits && key.ptr[i] >= '0' && key.ptr[i] <= '9';
        }
        p->account = digits ? key : p->account;
    }
    p->region = p->has_claim && p->claim.region.len > 0 ? p->claim.region : p->core->options.region;
    p->about.service = p->route.service_name;
    p->about.operation = p->route.asked;
    return true;
}

static bool undo_chunks(struct passage *p)
{
    if (!chunked_is(&p->request)) {
        return true;
    }
    struct diag d = DIAG_INIT;
    if (chunked_undo(&p->request, p->arena, &d) == ERR_OK) {
        return true;
    }
    struct str code = str_copy(p->arena, str_of(d.name));
    passage_refuse(p, code, error_status(NULL, code), str_copy(p->arena, str_of(d.msg)));
    return false;
}

static bool refuse_unknown(struct passage *p, enum route_result result)
{
    static const char *const codes[PROTOCOL_COUNT] = {"UnknownOperationException", "InvalidAction",
                                                      "MethodNotAllowed"};
    static const char *const unbuilt[PROTOCOL_COUNT] = {"NotImplementedException", "NotImplemented",
                                                        "NotImplemented"};
    enum protocol protocol = p->route.envelope->protocol;
    struct str service = p->route.service_name;
    struct str asked = p->route.asked;
    struct str message;
    if (result == ROUTE_NO_SERVICE) {
        message =
            str_printf(p->arena, "The service \"%.*s\" (operation \"%.*s\") is not emulated here",
                       STR_ARG(service), STR_ARG(asked));
    } else if (result == ROUTE_NO_OPERATION && protocol == PROTOCOL_REST_XML) {
        message =
            str_printf(p->arena, "The specified method is not allowed against this resource: %.*s",
                       STR_ARG(asked));
    } else if (result == ROUTE_NO_OPERATION) {
        message = str_printf(p->arena, "The service %.*s has no operation \"%.*s\"",
                             STR_ARG(service), STR_ARG(asked));
    } else {
        ASSERT(p->route.op != NULL);
        message = str_printf(p->arena, "The operation %s of %.*s is not built in this emulator",
                             p->route.op->name, STR_ARG(service));
    }
    bool missing = result == ROUTE_NO_HANDLER;
    struct str code = str_of(missing ? unbuilt[protocol] : codes[protocol]);
    passage_refuse(p, code, missing ? 501 : error_status(NULL, code), message);
    return false;
}

/* DIFFERS core-cbor-1: AWS reads CBOR for Kinesis; here it is refused by name. */
static bool refuse_cbor(struct passage *p)
{
    passage_refuse(p, STR("NotImplementedException"), 501,
                   STR("CBOR bodies are not read by this emulator: ask the client for JSON "
                       "(AWS_CBOR_DISABLE=true, aws.cborEnabled=false)"));
    return false;
}

static bool find_operation(struct passage *p)
{
    if (p->route.service != NULL && p->route.service->rewrite != NULL) {
        p->route.service->rewrite(&p->request, p->arena);
    }
    bool cbor = str_starts_nocase(http_header(&p->request.headers, "content-type"),
                                  STR("application/x-amz-cbor")) ||
                http_has_header(&p->request.headers, "smithy-protocol");
    if (cbor && p->route.envelope->protocol == PROTOCOL_JSON) {
        return refuse_cbor(p);
    }
    enum route_result result = route_operation(&p->request, p->arena, &p->route);
    if (p->route.op != NULL) {
        p->about.operation = str_of(p->route.op->name);
    }
    return result == ROUTE_FOUND || refuse_unknown(p, result);
}

static bool read_input(struct passage *p)
{
    if (p->route.handler->raw) {
        return true;
    }
    struct diag d = DIAG_INIT;
    if (codec_read_request(p->route.service->model, p->route.op, &p->request, p->arena, &p->input,
                           &d) == ERR_OK) {
        return true;
    }
    struct str code =
        d.name[0] != '\0' ? str_copy(p->arena, str_of(d.name)) : STR("SerializationException");
    passage_refuse(p, code, error_status(p->route.op, code), str_copy(p->arena, str_of(d.msg)));
    return false;
}

/* ---- what the plan says ---- */

static bool decide_fault(struct passage *p)
{
    struct core *core = p->core;
    if (p->route.service->describe != NULL) {
        struct call c = passage_call(p);
        p->route.service->describe(&c, &p->about);
    }
    p->about.ordinal =
        fault_ordinals_next(core->ordinals, p->about.actor, p->about.service, p->about.operation);
    p->about.since_us = core->now_us - core->start_us;
    p->fault = fault_plan_decide(&core->faults, &p->about);
    p->out.fault = p->fault.phase;
    return true;
}

/* ---- the end of it ---- */

/* "bucket/key": what the call was about. */
static struct str resource_of(const struct passage *p)
{
    struct buf out;
    size_t len = FAULT_WHERE_MAX;
    for (size_t i = 0; i < p->about.attribute_count; i++) {
        len += p->about.attributes[i].pattern.len;
    }
    buf_init(&out, p->arena, len);
    for (size_t i = 0; i < p->about.attribute_count; i++) {
        buf_add_z(&out, out.len > 0 && p->about.attributes[i].pattern.len > 0 ? "/" : "");
        buf_add(&out, p->about.attributes[i].pattern);
    }
    return buf_str(&out);
}

static void note_in_ledger(struct passage *p)
{
    struct ledger_line line = {
        .at_us = p->core->now_us,
        .actor = p->about.actor,
        .service = p->about.service,
        .operation = p->about.operation,
        .resource = resource_of(p),
        .status = p->out.lost ? 0 : p->out.response.status,
        .fault = p->fault.phase,
        .applied = p->applied,
    };
    ledger_add(p->core, &line);
}

static void copy_request(struct passage *p, const struct http_request *request)
{
    p->request = *request;
    http_headers_init(&p->request.headers, p->arena);
    for (size_t i = 0; i < request->headers.count; i++) {
        http_headers_add(&p->request.headers, request->headers.items[i].name,
                         request->headers.items[i].value);
    }
}

struct core_outcome core_dispatch(struct core *core, const struct http_request *request,
                                  struct str actor, int64_t clock_us, struct arena *a)
{
    clock_advance(core, core_now(core, clock_us));
    struct passage p = {.core = core, .arena = a, .about = {.actor = actor}};
    if (control_is(request)) {
        p.out.response = control_handle(core, request, clock_us, a);
        return p.out;
    }
    p.request_id = core_uuid(core, a);
    copy_request(&p, request);
    if (find_service(&p) && passage_verify(&p) && undo_chunks(&p) && find_operation(&p) &&
        read_input(&p) && decide_fault(&p)) {
        passage_apply(&p);
    }
    if (p.out.lost) {
        http_response_init(&p.out.response, a, 0);
    } else if (str_eq(p.request.method, STR("HEAD"))) {
        p.out.response.body = STR_EMPTY;
    }
    p.out.actor = p.about.actor;
    note_in_ledger(&p);
    return p.out;
}
