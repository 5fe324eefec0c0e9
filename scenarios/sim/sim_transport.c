/* sim_transport.c -- The network between an actor and the emulator: latency, the emulator's
 * function, what the fault plan makes of it, latency.
 *
 * A call is in the air until it arrives. Whoever goes away meanwhile (cancelled, out of time,
 * crashed) does not know whether it will: a coin does. */
#include <string.h>

#include "sim_parts.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"

#define SILENCE_US (30 * US_PER_S) /* how long a client waits for an answer that was lost */

struct sim_transport {
    struct transport transport; /* first: a struct transport * is one of these */
    struct sim_actor *actor;
};

struct transport_flight {
    struct sim_flight flight; /* first */
    struct sim_actor *actor;
    const struct http_request *request;
};

static int64_t latency(const struct sim_actor *actor, enum sim_stream way, uint64_t number)
{
    const struct sim_options *o = &actor->sim->options;
    return rng_between(sim_draw(actor, way, number), o->latency_min_us, o->latency_max_us);
}

/* ---- what an answer means for the caller's state ---- */

/* The operation's name, where the protocol says it. */
static struct str operation_name(const struct http_request *request)
{
    struct str target = http_header(&request->headers, "x-amz-target");
    struct str left, name;
    if (str_split(target, '.', &left, &name)) {
        return name;
    }
    size_t at = str_find_str(request->body, STR("Action="));
    return at == STR_NONE ? STR_EMPTY : str_from(request->body, at + strlen("Action="));
}

static bool call_mutates(const struct http_request *request)
{
    static const char *const reads[] = {"Get", "List", "Describe", "BatchGet", "Receive"};
    if (str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"))) {
        return false;
    }
    struct str name = operation_name(request);
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        if (str_starts(name, str_of(reads[i]))) {
            return false;
        }
    }
    return true;
}

static bool was_applied(const struct emulator_outcome *o)
{
    return o->fault == FAULT_LOSE_RESPONSE || o->fault == FAULT_APPLY_REJECT ||
           (!o->lost && o->response.status >= 200 && o->response.status < 300);
}

/* ---- arrival ---- */

/* The outcome lives in the world's scratch arena until its reset. */
static struct emulator_outcome dispatch(struct sim_actor *actor, const struct http_request *request)
{
    struct sim *s = actor->sim;
    actor_decision_begin(actor);
    struct emulator_outcome o =
        emulator_dispatch(s->options.emulator, request, actor->name, sim_wall_us(s), s->scratch);
    actor_decision_end(actor);
    trace_note(s, actor->name, "fault", str_of(fault_phase_name(o.fault)), o.delay_us);
    trace_answer(actor, &o.response);
    event_called(s, o.delay_us);
    if (was_applied(&o) && call_mutates(request)) {
        actor_expose(actor);
    }
    sim_outbound(s);
    return o;
}

/* Without its caller: nobody gets the answer. */
static void arrive_alone(struct sim_flight *flight)
{
    struct transport_flight *f = (struct transport_flight *)flight;
    (void)dispatch(f->actor, f->request);
    arena_reset(f->actor->sim->scratch);
}

static void response_copy(struct arena *a, const struct http_response *from,
                          struct http_response *ret_to)
{
    http_response_init(ret_to, a, from->status);
    for (size_t i = 0; i < from->headers.count; i++) {
        const struct http_header *h = &from->headers.items[i];
        http_headers_add(&ret_to->headers, str_copy(a, h->name), str_copy(a, h->value));
    }
    ret_to->body = str_copy(a, from->body);
}

/* Whatever serves HTTP puts its time on each answer (RFC 9110, 6.6.1): clients set their clocks by
 * it. */
static void date_add(const struct sim *s, struct arena *a, struct http_response *response)
{
    struct buf date;
    buf_init(&date, a, 64);
    instant_http(&date, sim_wall_us(s));
    if (!http_has_header(&response->headers, "Date")) {
        http_headers_add(&response->headers, STR("Date"), buf_str(&date));
    }
}

/* ---- the call ---- */

/* The caller leaves before its call has arrived. */
static void leave_in_flight(struct rt_task *task, struct transport_flight *f)
{
    task->flight = NULL;
    if (sim_coin(task->actor, SIM_STREAM_ARRIVES, f->flight.number)) {
        arrive_alone(&f->flight);
    }
}

/* Waits on the caller's side. ERR_UNKNOWN: the deadline came first. */
static enum err wait_until(struct rt_task *task, int64_t until_us, int64_t deadline_us,
                           const struct http_request *request, struct diag *d)
{
    bool late = until_us > deadline_us;
    int64_t end_us = late ? deadline_us : until_us;
    if (end_us > task->actor->sim->now_us) {
        task_wait(task, end_us, true);
    }
    if (task_is_cancelled(task)) {
        return fail(d, ERR_CANCELLED, "%.*s: cancelled", STR_ARG(request->host));
    }
    if (late) {
        return fail(d, ERR_UNKNOWN, "%.*s: no answer by the deadline", STR_ARG(request->host));
    }
    return ERR_OK;
}

/* A reset is seen at once; otherwise there is silence until the caller gives up. */
static enum err answer_lost(struct rt_task *task, uint64_t number, int64_t deadline_us,
                            const struct http_request *request, struct diag *d)
{
    bool reset = sim_coin(task->actor, SIM_STREAM_LOST, number);
    int64_t after_us = reset ? latency(task->actor, SIM_STREAM_WAY_BACK, number) : SILENCE_US;
    TRY(wait_until(task, task->actor->sim->now_us + after_us, deadline_us, request, d));
    return fail(d, ERR_UNKNOWN, "%.*s: %s", STR_ARG(request->host),
                reset ? "the connection was reset" : "no answer came");
}

static enum err travel_out(struct rt_task *task, uint64_t number, int64_t deadline_us,
                           const struct http_request *request, struct diag *d)
{
    struct transport_flight f = {.flight = {.arrive = arrive_alone, .number = number},
                                 .actor = task->actor,
                                 .request = request};
    int64_t arrival_us =
        task->actor->sim->now_us + latency(task->actor, SIM_STREAM_WAY_OUT, number);
    task->flight = &f.flight;
    enum err result = wait_until(task, arrival_us, deadline_us, request, d);
    if (result != ERR_OK) {
        leave_in_flight(task, &f);
    }
    task->flight = NULL;
    return result;
}

static enum err sim_call(struct transport *t, const struct http_request *request,
                         int64_t deadline_us, struct arena *a, struct http_response *ret_response,
                         struct diag *d)
{
    struct sim_actor *actor = ((struct sim_transport *)t)->actor;
    struct sim *s = actor->sim;
    struct rt_task *task = task_running(s);
    ASSERT(task->actor == actor);
    if (task_is_cancelled(task)) {
        return fail(d, ERR_CANCELLED, "%.*s: cancelled", STR_ARG(request->host));
    }
    if (s->options.emulator == NULL || s->now_us >= deadline_us) {
        return fail(d, ERR_UNAVAILABLE, "%.*s: %s", STR_ARG(request->host),
                    s->options.emulator == NULL ? "no such host" : "the deadline has passed");
    }
    uint64_t number = ++actor->call_count;
    trace_call(actor, request);
    TRY(travel_out(task, number, deadline_us, request, d));
    struct emulator_outcome o = dispatch(actor, request);
    if (o.kill) {
        arena_reset(s->scratch);
        actor_die(task, o.restart_us);
    }
    struct http_response response;
    response_copy(a, &o.response, &response);
    if (response.status >= 400) {
        date_add(s, a, &response);
    }
    bool lost = o.lost;
    if (o.fault == FAULT_LATE) {
        mail_send(actor, request, o.late_us);
    }
    int64_t back_us = o.delay_us + latency(actor, SIM_STREAM_WAY_BACK, number);
    arena_reset(s->scratch);
    if (lost) {
        return answer_lost(task, number, deadline_us, request, d);
    }
    TRY(wait_until(task, s->now_us + back_us, deadline_us, request, d));
    if (response.body.len > HTTP_BODY_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%.*s: the answer is too large", STR_ARG(request->host));
    }
    *ret_response = response;
    return ERR_OK;
}

static const struct transport_ops sim_transport_ops = {.call = sim_call};

enum err sim_transport_open(struct sim_actor *actor, struct arena *a,
                            struct transport **ret_transport, struct diag *d)
{
    if (actor->life != SIM_LIVES) {
        return fail(d, ERR_UNAVAILABLE, "%.*s does not live", STR_ARG(actor->name));
    }
    struct sim_transport *t = NEW(a, struct sim_transport);
    *t = (struct sim_transport){.transport = {.ops = &sim_transport_ops}, .actor = actor};
    *ret_transport = &t->transport;
    return ERR_OK;
}
