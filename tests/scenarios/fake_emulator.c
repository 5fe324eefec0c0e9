#include "fake_emulator.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/yaml.h"

struct emulator *fake_emulator_new(struct arena *a, uint64_t seed, int64_t start_us)
{
    struct emulator *e = NEW(a, struct emulator);
    e->arena = a;
    e->ordinals = fault_ordinals_new(a);
    e->keys = map_new(a);
    e->start_us = start_us;
    e->timer_us = INSTANT_NEVER;
    fault_plan_init(&e->plan, a, seed);
    return e;
}

void fake_emulator_rules(struct emulator *e, const char *yaml)
{
    struct diag d = DIAG_INIT;
    struct json *rules = NULL;
    ASSERT(yaml_parse(e->arena, str_of(yaml), &rules, &d) == ERR_OK);
    ASSERT(fault_plan_read(&e->plan, rules, &d) == ERR_OK);
}

static void handle(struct emulator *e, const struct http_request *request,
                   struct http_response *response)
{
    response->status = 200;
    if (!str_eq(request->method, STR("PUT"))) {
        struct str count = str_printf(response->headers.arena, "%zu", map_count(e->keys));
        response->body = count;
        return;
    }
    e->put_count++;
    if (map_get(e->keys, request->path) != NULL) {
        response->status = 412;
        return;
    }
    map_put(e->keys, request->path, e);
}

struct emulator_outcome emulator_dispatch(struct emulator *e, const struct http_request *request,
                                          struct str actor, int64_t now_us, struct arena *a)
{
    struct emulator_outcome o = {.lost = false};
    struct fault_call call = {
        .actor = actor, .service = STR("s3"), .since_us = now_us - e->start_us};
    call.operation = str_eq(request->method, STR("PUT")) ? STR("PutObject") : STR("GetObject");
    call.ordinal = fault_ordinals_next(e->ordinals, actor, call.service, call.operation);
    struct fault_decision decision = fault_plan_decide(&e->plan, &call);
    enum fault_phase phase = decision.phase;
    http_response_init(&o.response, a, 503);
    e->seen_count++;
    o.fault = phase;
    o.lost = phase == FAULT_LOSE_REQUEST || phase == FAULT_LOSE_RESPONSE || phase == FAULT_KILL ||
             phase == FAULT_LATE;
    o.late_us = phase == FAULT_LATE ? decision.delay_us : 0;
    o.kill = phase == FAULT_KILL;
    o.restart_us = decision.delay_us;
    o.delay_us = phase == FAULT_DELAY ? decision.delay_us : 0;
    bool coin = (decision.random & 1) != 0;
    if (phase != FAULT_REJECT && phase != FAULT_LOSE_REQUEST && phase != FAULT_LATE &&
        (phase != FAULT_KILL || coin)) {
        handle(e, request, &o.response);
    }
    if (phase == FAULT_DUPLICATE) {
        handle(e, request, &o.response);
    }
    if (phase == FAULT_APPLY_REJECT) {
        o.response.status = 503;
    }
    return o;
}

int64_t emulator_next_timer(const struct emulator *e)
{
    return e->timer_us;
}

void emulator_tick(struct emulator *e, int64_t now_us)
{
    if (e->timer_us <= now_us) {
        e->timer_us = INSTANT_NEVER;
        e->fired_us = now_us;
        e->outbound_waiting++;
    }
}

bool emulator_outbound_take(struct emulator *e, int64_t now_us, struct arena *a,
                            struct emulator_outbound *ret_call)
{
    (void)now_us;
    if (e->outbound_waiting == 0) {
        return false;
    }
    e->outbound_waiting--;
    *ret_call = (struct emulator_outbound){.id = 7, .url = STR("http://example.test/hook")};
    http_request_init(&ret_call->request, a, "POST", STR("example.test"), STR("/hook"));
    return true;
}

void emulator_outbound_done(struct emulator *e, uint64_t id, int status, struct str body,
                            int64_t now_us)
{
    (void)body;
    (void)now_us;
    e->outbound_done_count += id == 7 && status == 200 ? 1 : 0;
}

bool emulator_ledger_next(const struct emulator *e, uint64_t after, struct ledger_entry *ret_entry)
{
    (void)e;
    (void)after;
    (void)ret_entry;
    return false; /* keeps none */
}
