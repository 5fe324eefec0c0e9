/* apply.c -- Preparing the call before the lock, running the handler as the fault plan says under
 * it, and making the answer of what it left in its call. */
#include "base/limits.h"
#include "dispatch_parts.h"
#include "validate.h"

#define BODY_AT_ONCE_BYTES (64 * KIB)

/* ---- validation, in the words of the protocol ---- */

/* S3 has its own words for everything; only what an operation cannot be without is looked at here.
 */
static void check_required(struct call *c)
{
    const struct shape *input = c->op->input;
    for (size_t i = 0; input != NULL && i < input->member_count; i++) {
        const struct shape_member *m = &input->members[i];
        bool text = m->payload && m->shape->kind == SHAPE_STRING; /* its handler judges it */
        if (!m->required || m->shape->streaming || text || call_has(c, m->name)) {
            continue;
        }
        if (m->place == PLACE_BODY && c->request->body.len == 0) {
            call_fail(c, AWS_MISSING_REQUEST_BODY_ERROR, "Request Body is empty");
        } else if (m->place == PLACE_BODY) {
            call_fail(c, AWS_MALFORMED_XML,
                      "The XML you provided was not well-formed or did not validate against our "
                      "published schema");
        } else {
            call_fail(c, AWS_INVALID_REQUEST, "Missing required %s for this request: %s",
                      m->place == PLACE_HEADER ? "header" : "parameter",
                      m->wire_name != NULL ? m->wire_name : m->name);
        }
        return;
    }
}

static void validate(struct call *c, enum protocol protocol)
{
    struct str message;
    if (protocol == PROTOCOL_REST_XML) {
        check_required(c);
    } else if (!validate_input(c->op->input, c->input, c->arena, &message)) {
        call_fail(c, protocol == PROTOCOL_JSON ? AWS_VALIDATION_EXCEPTION : AWS_VALIDATION_ERROR,
                  "%.*s", STR_ARG(message));
    }
}

void passage_prepare(struct passage *p)
{
    struct call *c = &p->call;
    const struct operation_handler *handler = p->route.handler;
    if (!handler->raw && !call_failed(c)) {
        validate(c, p->route.envelope->protocol);
    }
    if (handler->prepare != NULL && !call_failed(c)) {
        handler->prepare(c);
    }
}

/* ---- answers ---- */

static void add_headers(struct http_response *response, const struct http_headers *more)
{
    for (size_t i = 0; i < more->count; i++) {
        http_headers_set(&response->headers, more->items[i].name, more->items[i].value);
    }
}

static struct http_response answer_error(const struct passage *p, const struct call *c)
{
    struct str name = str_of(aws_error_get(c->error)->name);
    int status = error_status(c->op, name);
    struct codec_error error = {.code = name,
                                .message = c->message,
                                .status = status,
                                .sender = status < 500,
                                .extra = c->error_extra};
    struct http_response response;
    codec_write_error(p->route.envelope, &p->request, &error, p->request_id, p->arena, &response);
    add_headers(&response, &c->response.headers);
    if (status == 304) {
        response.body = STR_EMPTY;
    }
    return response;
}

/* A raw handler's JSON as the client spells it; a source has spelt it so itself. */
static void respell(const struct passage *p, const struct call *c, struct http_response *response)
{
    const struct service_model *model = p->route.service->model;
    struct http_response written;
    struct diag d = DIAG_INIT;
    enum err e = c->source != NULL ? ERR_OK
                                   : codec_respell(model, p->route.envelope, c->op->output,
                                                   response->body, p->arena, &response->body, &d);
    ASSERT(e == ERR_OK); /* a handler's own answer */
    codec_write_response(p->route.envelope, c->op, NULL, p->request_id, p->arena, &written);
    add_headers(response, &written.headers);
}

static struct http_response answer_raw(const struct passage *p, const struct call *c)
{
    struct http_response response = c->response;
    if (response.status == 0) {
        response.status = c->op->success_status != 0 ? c->op->success_status : 200;
    }
    codec_set_request_id(p->route.service->model, &response, p->request_id);
    if (p->route.envelope->form != FORM_MODEL) {
        respell(p, c, &response);
    }
    return response;
}

static struct http_response answer(const struct passage *p, const struct call *c)
{
    if (call_failed(c)) {
        return answer_error(p, c);
    }
    if (p->route.handler->raw) {
        return answer_raw(p, c);
    }
    struct http_response response;
    codec_write_response(p->route.envelope, c->op, c->output, p->request_id, p->arena, &response);
    add_headers(&response, &c->response.headers);
    if (c->response.status != 0) {
        response.status = c->response.status;
    }
    if (c->response.body.len > 0) {
        response.body = c->response.body;
    }
    return response;
}

void passage_gather_source(struct passage *p, struct core_outcome *outcome)
{
    const struct body_source *source = outcome->source;
    struct buf body;
    if (source == NULL) {
        return;
    }
    buf_init(&body, p->arena, HTTP_BODY_BYTES_MAX);
    size_t count = source->read(source->self, buf_reserve(&body, source->bytes), source->bytes);
    ASSERT(count == source->bytes);
    buf_commit(&body, count);
    outcome->response.body = buf_str(&body);
    outcome->source = NULL;
}

/* A blob in one piece is a body as any other; in more, the caller reads it piece by piece. What a
 * source encodes is worth it when it is long. */
static void answer_body(struct passage *p, const struct call *c)
{
    p->out.blob = NULL;
    p->out.source = call_failed(c) ? NULL : c->source;
    if (p->out.source != NULL && p->out.source->bytes <= BODY_AT_ONCE_BYTES) {
        passage_gather_source(p, &p->out);
    }
    if (c->body == NULL || call_failed(c)) {
        return;
    }
    struct str run = blob_at(c->body, c->body_first);
    if (run.len >= c->body_count) {
        p->out.response.body = str_slice(run, 0, (size_t)c->body_count);
    } else {
        p->out.blob = c->body;
        p->out.blob_first = c->body_first;
        p->out.blob_count = c->body_count;
    }
}

static int status_of(const struct call *c)
{
    return c->response.status != 0      ? c->response.status
           : c->op->success_status != 0 ? c->op->success_status
                                        : 200;
}

/* Runs the handler once, on a copy of the call as it was prepared. The answer is made at once, or
 * is left for core_render. */
static void run(struct passage *p)
{
    struct call c = p->call;
    if (p->fault.phase == FAULT_PARTIAL || p->fault.phase == FAULT_STALE) {
        c.fault = p->fault;
    }
    if (!p->route.handler->raw) {
        c.output = json_new(p->arena, JSON_IS_OBJECT);
    }
    core_stream_close(p);
    if (!call_failed(&c)) {
        p->route.handler->handle(&c);
        p->runs++;
        p->changed = p->changed || !call_failed(&c);
    }
    p->stream = c.stream;
    p->rendering = p->route.handler->render != NULL && !call_failed(&c);
    if (p->rendering) {
        http_response_init(&p->out.response, p->arena, status_of(&c));
        p->rendered = c;
    } else {
        p->out.response = answer(p, &c);
        answer_body(p, &c);
    }
    p->applied = p->applied || (p->out.response.status >= 200 && p->out.response.status < 300);
}

static void render(struct passage *p, struct core_outcome *outcome)
{
    p->route.handler->render(&p->rendered);
    p->out.response = answer(p, &p->rendered);
    answer_body(p, &p->rendered);
    if (str_eq(p->request.method, STR("HEAD"))) {
        p->out.response.body = STR_EMPTY;
        p->out.blob = NULL;
        p->out.source = NULL;
    }
    outcome->response = p->out.response;
    outcome->blob = p->out.blob;
    outcome->source = p->out.source;
    outcome->blob_first = p->out.blob_first;
    outcome->blob_count = p->out.blob_count;
}

void core_render(struct passage *p, struct core_outcome *outcome)
{
    if (p->rendering && !outcome->lost) {
        render(p, outcome);
    }
    if (!p->control && !outcome->lost) {
        browser_mark(p, &outcome->response.headers);
    }
    damage_answer(p, outcome);
}

/* The error that the rule names, or the service's own 500. */
static void answer_fault(struct passage *p)
{
    struct str name = p->fault.rule->error;
    if (name.len == 0) {
        name = str_of(error_internal(p->route.service->model));
    }
    passage_refuse(
        p, name, error_status(p->route.op, name),
        str_printf(p->arena, "Injected by the fault plan: %.*s", STR_ARG(p->fault.rule->name)));
    p->rendering = false;
    p->out.blob = NULL;
    p->out.source = NULL;
    passage_write_refusal(p);
}

static void run_damaged(struct passage *p)
{
    if (p->fault.rule->wire == FAULT_WIRE_ERROR_IN_200) {
        damage_error_in_200(p);
        return;
    }
    run(p);
    damage_mark(p);
}

void passage_apply(struct passage *p)
{
    switch (p->fault.phase) {
    case FAULT_NONE:
    case FAULT_PARTIAL:
    case FAULT_STALE:
        run(p);
        break;
    case FAULT_DELAY:
        run(p);
        p->out.delay_us = p->fault.delay_us;
        break;
    case FAULT_REJECT:
        answer_fault(p);
        break;
    case FAULT_LOSE_REQUEST:
        p->out.lost = true;
        break;
    case FAULT_LATE:
        p->out.lost = true;
        p->out.late_us = p->fault.delay_us;
        break;
    case FAULT_APPLY_REJECT:
        run(p);
        answer_fault(p);
        break;
    case FAULT_LOSE_RESPONSE:
        run(p);
        p->out.lost = true;
        break;
    case FAULT_DUPLICATE:
        run(p);
        run(p);
        break;
    case FAULT_WIRE:
        run_damaged(p);
        break;
    case FAULT_KILL:
        if ((p->fault.random & 1) != 0) {
            run(p);
        }
        p->out.kill = true;
        p->out.lost = true;
        p->out.restart_us = p->fault.delay_us;
        break;
    case FAULT_PHASE_COUNT:
        ASSERT(p->fault.phase != FAULT_PHASE_COUNT);
    }
}
