/* dispatch.c -- One request on its way through the core: whose it is, what it asks, what the plan
 * says, what is done. core_open, core_feed, core_ready and core_render read nothing that another
 * request changes, so they run beside others; core_apply is the one step under the lock.
 * Invariants:
 * 1. Every request that is not for /_aforo gets one ledger line and one request id, whatever
 * becomes of it.
 * 2. A fault is decided before the handler runs and counts only calls that a handler exists for.
 * 3. The client's headers and body are never written to: the passage has its own copy of the header
 * table. */
#include "base/limits.h"
#include "dispatch_parts.h"

#define EXPOSED_KILL_FACTOR 10

/* ---- the way in: each step is false when it has refused ---- */

static void find_service(struct passage *p)
{
    p->has_claim = sigv4_claim_of(&p->request, p->arena, &p->claim);
    route_service(p->core, &p->request, p->has_claim ? &p->claim : NULL, p->arena, &p->route);
    struct str key = p->has_claim ? p->claim.access_key : STR_EMPTY;
    if (p->about.actor.len == 0) {
        p->about.actor = key.len > 0 ? key : STR("anonymous");
    }
    p->account = core_account_of(p->core, key);
    p->region = p->has_claim && p->claim.region.len > 0 ? p->claim.region : p->core->options.region;
    p->about.service = p->route.service_name;
    p->about.operation = p->route.asked;
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
    } else if (result == ROUTE_NO_OPERATION && protocol == PROTOCOL_JSON) {
        message = STR_EMPTY; /* AWS json-unknown-1: nothing is said of it */
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

/* Of Kinesis: JSON 1.1 and CBOR; Smithy's protocols say so elsewhere. DIFFERS core-content-type-1:
 * a known operation is answered whatever the type. */
static bool speaks(const struct passage *p)
{
    static const char *const types[] = {"application/x-amz-json-1.1", "application/json",
                                        "application/x-amz-cbor-1.1", "application/cbor"};
    struct str type = http_header(&p->head->headers, "content-type");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_starts_nocase(type, str_of(types[i]))) {
            return true;
        }
    }
    return http_has_header(&p->head->headers, "smithy-protocol");
}

/* DIFFERS core-smithy-protocol-1: of Smithy's protocols only rpc-v2-cbor is spoken here. */
static bool smithy_is_known(struct passage *p)
{
    struct str asked = http_header(&p->request.headers, "smithy-protocol");
    if (asked.len == 0 || str_eq(asked, STR("rpc-v2-cbor"))) {
        return true;
    }
    passage_refuse(
        p, STR("NotImplementedException"), 501,
        str_printf(p->arena, "The protocol %.*s is not spoken by this emulator", STR_ARG(asked)));
    return false;
}

static bool find_operation(struct passage *p)
{
    if (p->route.service != NULL && p->route.service->rewrite != NULL) {
        p->route.service->rewrite(&p->request, p->arena);
    }
    p->route.envelope = codec_spoken(p->route.envelope, &p->request, p->arena);
    if (browser_asks_first(p)) {
        p->refused = true;
        p->plain = PLAIN_PREFLIGHT;
        return false;
    }
    if (!smithy_is_known(p)) {
        return false;
    }
    enum route_result result = route_operation(&p->request, p->arena, &p->route);
    if (p->route.op != NULL) {
        p->about.operation = str_of(p->route.op->name);
    }
    if (result == ROUTE_NO_OPERATION && p->route.envelope->protocol == PROTOCOL_JSON &&
        !speaks(p)) {
        p->plain = PLAIN_UNDETERMINED;
    }
    return result == ROUTE_FOUND || refuse_unknown(p, result);
}

/* The tree; a raw handler reads the body by itself. */
static enum err decode_input(struct passage *p, struct diag *d)
{
    struct json *input;
    if (p->route.handler->raw) {
        return ERR_OK;
    }
    TRY(codec_read_request(p->route.envelope, p->route.op, &p->request, p->arena, &input, d));
    p->call.input = input;
    return ERR_OK;
}

static bool read_input(struct passage *p)
{
    struct diag d = DIAG_INIT;
    if (decode_input(p, &d) == ERR_OK) {
        return true;
    }
    struct str code =
        d.name[0] != '\0' ? str_copy(p->arena, str_of(d.name)) : STR("SerializationException");
    passage_refuse(p, code, error_status(p->route.op, code), str_copy(p->arena, str_of(d.msg)));
    return false;
}

/* ---- what the plan says ---- */

/* Does the operation change anything, by its name? */
static bool operation_mutates(struct str name)
{
    static const char *const reads[] = {"Get", "List", "Describe", "Head", "BatchGet", "Receive"};
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        if (str_starts(name, str_of(reads[i]))) {
            return false;
        }
    }
    return true;
}

/* Something was done of which nothing else knows yet. */
static void expose_actor(struct passage *p)
{
    if (p->core->options.bias_kills && p->applied && operation_mutates(p->about.operation)) {
        map_put(p->core->exposed, p->about.actor, p->core);
    }
}

static void client_add(struct passage *p, const char *name, struct str value)
{
    ASSERT(p->about.client_count < FAULT_CLIENT_MAX);
    p->about.client[p->about.client_count++] =
        (struct fault_where){.name = str_of(name), .pattern = value};
}

/* Who calls: amz-sdk-request is "attempt=2; max=3". */
static void describe_client(struct passage *p)
{
    struct str sdk = http_header(&p->head->headers, "amz-sdk-request"), word = STR("attempt=");
    size_t at = str_find_str(sdk, word);
    struct str rest = at == STR_NONE ? STR_EMPTY : str_from(sdk, at + word.len);
    client_add(p, "access_key", p->has_claim ? p->claim.access_key : STR_EMPTY);
    client_add(p, "user_agent", http_header(&p->head->headers, "user-agent"));
    client_add(p, "attempt", str_trim(str_slice(rest, 0, str_find(rest, ';'))));
}

static void decide_fault(struct passage *p)
{
    struct core *core = p->core;
    describe_client(p);
    if (p->route.service->describe != NULL) {
        p->route.service->describe(&p->call, &p->about);
    }
    p->about.ordinal =
        fault_ordinals_next(core->ordinals, p->about.actor, p->about.service, p->about.operation);
    p->about.since_us = core->now_us - core->start_us;
    if (core->options.bias_kills) {
        bool exposed = map_remove(core->exposed, p->about.actor) != NULL;
        core->faults.kill_factor = exposed ? EXPOSED_KILL_FACTOR : 1;
    }
    p->fault = fault_plan_decide(&core->faults, &p->about);
    p->out.fault = p->fault.phase;
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
    expose_actor(p);
}

/* AWS s3-presigned-headers-1: whoever signs a URL moves the x-amz- headers of the request into its
 * query; there they are what they were. Checksums are not: those who sign have no body yet. */
static bool is_moved_header(struct str name)
{
    static const char *const heads[] = {"x-amz-meta-",        "x-amz-acl",
                                        "x-amz-grant-",       "x-amz-storage-class",
                                        "x-amz-tagging",      "x-amz-server-side-encryption",
                                        "x-amz-object-lock-", "x-amz-website-redirect-location",
                                        "x-amz-copy-source",  "x-amz-metadata-directive"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (str_starts_nocase(name, str_of(heads[i]))) {
            return true;
        }
    }
    return false;
}

static void add_moved_headers(struct passage *p)
{
    struct str query = p->head->query, name, value;
    if (!str_contains(query, STR("x-amz-")) || !http_query_has(query, STR("X-Amz-Signature"))) {
        return;
    }
    for (struct str rest = query; http_query_next(&rest, p->arena, &name, &value);) {
        if (is_moved_header(name) && !http_has_header(&p->request.headers, str_z(p->arena, name))) {
            http_headers_add(&p->request.headers, name, value);
        }
    }
}

static void copy_head(struct passage *p)
{
    p->request = *p->head;
    p->request.body = STR_EMPTY;
    http_headers_init(&p->request.headers, p->arena);
    for (size_t i = 0; i < p->head->headers.count; i++) {
        http_headers_add(&p->request.headers, p->head->headers.items[i].name,
                         p->head->headers.items[i].value);
    }
    add_moved_headers(p);
}

/* ---- the steps ---- */

/* A form may say in its body what it asks, and of which service (the query protocol's Action). */
static bool is_form(const struct passage *p)
{
    return str_starts_nocase(http_header(&p->head->headers, "content-type"),
                             STR("application/x-www-form-urlencoded"));
}

/* By another version of the signature, or with one that cannot be read. */
static bool signed_otherwise(const struct http_request *request)
{
    return http_has_header(&request->headers, "Authorization") ||
           http_query_has(request->query, STR("AWSAccessKeyId"));
}

static void open_call(struct passage *p)
{
    p->call = (struct call){
        .core = p->core,
        .op = p->route.op,
        .spoken = p->route.envelope,
        .request = &p->request,
        .begun = p->begun,
        .arena = p->arena,
        .account = p->account,
        .region = p->region,
        .anonymous = !p->has_claim && !signed_otherwise(&p->request),
    };
    http_response_init(&p->call.response, p->arena, 0);
}

static void route_passage(struct passage *p)
{
    find_service(p);
    (void)find_operation(p);
    open_call(p);
}

struct passage *core_open(struct core *core, const struct http_request *head, struct str actor,
                          struct arena *a)
{
    struct passage *p = NEW(a, struct passage);
    *p = (struct passage){.core = core, .arena = a, .head = head, .about = {.actor = actor}};
    p->begun = atomic_load_explicit(&core->turn, memory_order_relaxed);
    p->control = control_is(head);
    copy_head(p);
    p->form = !p->control && is_form(p);
    if (!p->control && !p->form) {
        route_passage(p);
    }
    body_open(p);
    return p;
}

enum err core_feed(struct passage *p, struct str bytes, struct diag *d)
{
    return body_feed(p, bytes, d);
}

/* AWS core-slow-down-1: S3 says SlowDown, the others ServiceUnavailable; both are 503. */
static void refuse_for_now(struct passage *p)
{
    bool s3 = p->route.envelope->protocol == PROTOCOL_REST_XML;
    passage_refuse(p, s3 ? STR("SlowDown") : STR("ServiceUnavailable"), 503,
                   s3 ? STR("Please reduce your request rate.")
                      : STR("The service is unavailable. Please try again later."));
}

void core_slow_down(struct passage *p)
{
    if (!p->control) {
        p->slow_down = true;
        p->way = BODY_IGNORED;
    }
}

void core_ready(struct passage *p)
{
    body_end(p);
    if (p->form) {
        route_passage(p);
        body_retake(p);
    }
    if (!p->control && !p->refused && read_input(p)) {
        passage_prepare(p);
        record_prepare(p);
    }
    if (p->slow_down) {
        refuse_for_now(p);
    }
}

void core_unsaved(struct passage *p, struct core_outcome *outcome)
{
    const struct emulator_service *service = p->route.service;
    struct str code = str_of(service == NULL ? "InternalFailure" : error_internal(service->model));
    passage_refuse(p, code, 500,
                   STR("The journal cannot be written: whether this is done is not known"));
    p->rendering = false;
    p->out.blob = NULL;
    p->out.source = NULL;
    passage_write_refusal(p);
    outcome->response = p->out.response;
    outcome->blob = NULL;
    outcome->source = NULL;
}

static void outcome_forget(struct core_outcome *o, struct arena *a)
{
    http_response_init(&o->response, a, 0);
    o->response.body = STR_EMPTY;
    o->blob = NULL;
    o->source = NULL;
}

static void outcome_finish(struct passage *p)
{
    struct core_outcome *o = &p->out;
    if (o->lost) {
        outcome_forget(o, p->arena);
    }
    if (str_eq(p->request.method, STR("HEAD"))) {
        o->response.body = STR_EMPTY;
        o->blob = NULL;
        o->source = NULL;
    }
    if (p->stream != NULL && (o->lost || o->response.status != 200)) {
        core_stream_close(p);
        p->stream = NULL;
    }
    o->stream = p->stream != NULL;
}

struct core_outcome core_apply(struct passage *p, int64_t clock_us)
{
    struct core *core = p->core;
    clock_advance(core, core_now(core, clock_us));
    if (p->control) {
        p->out.response = control_handle(core, &p->request, clock_us, p->arena);
        record_control(p, clock_us);
        p->out.journal_end = record_end(core);
        return p->out;
    }
    p->request_id = core_request_id(core, p->arena);
    if (passage_verify(p) && !p->refused && record_may_change(p)) {
        p->call.state = core->states[p->route.index];
        p->call.request_id = p->request_id;
        p->call.now_us = core->now_us;
        p->call.turn = atomic_fetch_add_explicit(&core->turn, 1, memory_order_relaxed) + 1;
        struct record_ids ids = record_begin(p);
        if (!core->replaying) {
            decide_fault(p);
        }
        passage_apply(p);
        record_call(p, clock_us, &ids);
    } else {
        passage_write_refusal(p);
    }
    outcome_finish(p);
    p->out.actor = p->about.actor;
    p->out.journal_end = record_end(core);
    note_in_ledger(p);
    return p->out;
}

/* The whole of a request's answer as one text: for callers that want no pieces. */
static void answer_gather(struct passage *p, struct core_outcome *o, int64_t clock_us)
{
    passage_gather_source(p, o);
    if (o->blob != NULL) {
        o->response.body = blob_slice(o->blob, o->blob_first, o->blob_count, p->arena);
        o->blob = NULL;
    }
    if (o->stream) {
        struct buf out;
        buf_init(&out, p->arena, HTTP_BODY_BYTES_MAX);
        (void)core_stream_pull(p, clock_us, &out);
        core_stream_close(p);
        o->response.body = buf_str(&out);
        o->stream = false;
    }
}

struct core_outcome core_dispatch(struct core *core, const struct http_request *request,
                                  struct str actor, int64_t clock_us, struct arena *a)
{
    struct passage *p = core_open(core, request, actor, a);
    struct diag d = DIAG_INIT;
    if (core_feed(p, request->body, &d) != ERR_OK) {
        passage_refuse(p, STR("RequestEntityTooLarge"), 413, str_copy(a, str_of(d.msg)));
    }
    core_ready(p);
    struct core_outcome o = core_apply(p, clock_us);
    core_render(p, &o);
    if (damage_ends_answer(o.wire)) { /* there is no connection: half an answer is none */
        o.lost = true;
        outcome_forget(&o, a);
    }
    answer_gather(p, &o, clock_us);
    return o;
}
