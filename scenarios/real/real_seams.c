/* real_seams.c -- Transport and warehouse of an actor: libcurl and a real session, which a killed
 * actor does not return from. libcurl itself runs on the threads' runtime: its callbacks ask there
 * whether the task was cancelled, which a kill does, and so never leave by a jump. */
#include "real_parts.h"

#include "adapter/http_curl.h"
#include "scenarios/world/faulty_warehouse.h"

struct real_transport {
    struct transport transport; /* first: a struct transport * is one of these */
    struct real *world;
    struct transport *inner;
};

static enum err real_call(struct transport *t, const struct http_request *request,
                          int64_t deadline_mono_us, struct arena *a,
                          struct http_response *ret_response, struct diag *d)
{
    struct real_transport *self = (struct real_transport *)t;
    struct real *w = self->world;
    real_task_check(w);
    enum err result =
        transport_call(self->inner, request, real_mono_of(w, deadline_mono_us), a, ret_response, d);
    real_task_check(w);
    return result;
}

static const struct transport_ops real_transport_ops = {.call = real_call};

enum err real_transport_open(struct real_actor *actor, struct arena *a,
                             struct transport **ret_transport, struct diag *d)
{
    struct real_transport *t = NEW(a, struct real_transport);
    struct http_curl_options options = {.connect_timeout_us = 0};
    t->transport.ops = &real_transport_ops;
    t->world = actor->world;
    TRY(http_curl_new(a, actor->world->threads, &options, &t->inner, d));
    *ret_transport = &t->transport;
    return ERR_OK;
}

/* ---- warehouse ---- */

static uint64_t depart(void *ctx, struct warehouse *commits)
{
    struct real_actor *actor = ctx;
    (void)commits;
    real_task_check(actor->world);
    return 0;
}

static struct fault_decision decide(void *ctx, const char *operation, struct str table)
{
    struct real_actor *actor = ctx;
    struct real *w = actor->world;
    struct fault_call call = {
        .actor = actor->name,
        .service = STR("warehouse"),
        .operation = str_of(operation),
        .since_us = real_now_us(w),
        .attributes = {{.name = STR("table"), .pattern = table}},
        .attribute_count = table.len > 0 ? 1 : 0,
    };
    struct fault_decision decision = {.phase = FAULT_NONE};
    if (w->options.faults != NULL) {
        front_lock(w->options.front);
        call.ordinal = fault_ordinals_next(w->ordinals, call.actor, call.service, call.operation);
        decision = fault_plan_decide(w->options.faults, &call);
        front_unlock(w->options.front);
    }
    return decision;
}

static void applied(void *ctx)
{
    (void)ctx;
}

static void note(void *ctx, const char *what, struct str text, int64_t value)
{
    (void)ctx;
    (void)what;
    (void)text;
    (void)value;
}

static void come_back(void *ctx, uint64_t number, int64_t delay_us)
{
    struct real_actor *actor = ctx;
    (void)number;
    if (delay_us > 0 && rt_sleep(&actor->rt, delay_us) != ERR_OK) {
        return; /* told to end: it need not wait for the answer */
    }
    real_task_check(actor->world);
}

static __attribute__((noreturn)) void die(void *ctx, int64_t restart_us)
{
    struct real_actor *actor = ctx;
    real_actor_kill(actor->world, actor, restart_us);
    real_task_check(actor->world);
    __builtin_unreachable();
}

struct warehouse *real_warehouse_wrap(struct real_actor *actor, struct arena *a,
                                      struct warehouse *inner)
{
    static const struct warehouse_world world = {
        .depart = depart,
        .decide = decide,
        .applied = applied,
        .note = note,
        .come_back = come_back,
        .die = die,
    };
    return faulty_warehouse_wrap(&world, actor, a, inner);
}
