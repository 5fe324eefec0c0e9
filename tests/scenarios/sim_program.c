#include "sim_program.h"

#include "base/instant.h"
#include "base/limits.h"

#define START_US (1000 * US_PER_S)

struct step {
    struct program *program;
    struct transport *transport;
    struct rt *rt;
    struct arena *arena;
};

static void handle_close(void *handle)
{
    (*(unsigned *)handle)++;
}

static void maybe_die(struct program *p)
{
    if (++p->step == p->kill_at_step) {
        sim_actor_kill(p->sim, p->writer, 5 * US_PER_S);
    }
}

/* Tries until an answer comes; 0 when told to stop. */
static struct http_response call(struct step *s, const char *method, struct str path)
{
    for (uint64_t attempt = 1;; attempt++) {
        struct diag d = DIAG_INIT;
        struct http_request request;
        struct http_response response;
        http_request_init(&request, s->arena, method, STR("s3.local"), path);
        enum err result = transport_call(s->transport, &request, rt_mono_us(s->rt) + US_PER_S,
                                         s->arena, &response, &d);
        if (result == ERR_OK && response.status != 503) {
            return response;
        }
        if (result == ERR_CANCELLED) {
            return (struct http_response){.status = 0};
        }
        int64_t jitter_us = (int64_t)(rt_rand(s->rt, "retry", attempt) % 100000);
        if (rt_sleep(s->rt, jitter_us) != ERR_OK) {
            return (struct http_response){.status = 0};
        }
    }
}

static uint64_t read_count(struct step *s)
{
    struct diag d = DIAG_INIT;
    uint64_t count = 0;
    struct http_response response = call(s, "GET", STR("/count"));
    ASSERT(response.status == 0 || str_u64(response.body, &count, &d) == ERR_OK);
    return count;
}

static void step_open(struct step *s, struct sim_actor *actor, struct rt *rt, struct arena *a,
                      struct program *p)
{
    struct diag d = DIAG_INIT;
    *s = (struct step){.program = p, .rt = rt};
    s->arena = arena_child(a, "program", MIB);
    p->opened++;
    arena_defer(s->arena, handle_close, &p->closed);
    ASSERT(sim_transport_open(actor, a, &s->transport, &d) == ERR_OK);
}

/* What a task of its own does: wakes its parent ten times. */
struct ticker {
    struct rt_event *event;
};

static void ticker_run(struct rt *rt, void *arg)
{
    struct ticker *t = arg;
    for (unsigned i = 0; i < 10; i++) {
        if (rt_sleep(rt, 3 * US_PER_MS) != ERR_OK) {
            return;
        }
        rt_event_signal(rt, t->event);
    }
}

static void writer_run(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct step s;
    struct program *p = arg;
    step_open(&s, actor, rt, a, p);
    struct ticker t = {.event = rt_event_new(rt, a)};
    struct rt_task *task = rt_spawn(rt, "ticker", ticker_run, &t);
    uint64_t ticks = 0;
    maybe_die(p);
    for (uint64_t i = read_count(&s); i < PROGRAM_KEYS; i++) {
        maybe_die(p);
        struct str path = str_printf(s.arena, "/key/%02u", (unsigned)i);
        if (call(&s, "PUT", path).status == 0) {
            break;
        }
        maybe_die(p);
        rt_trace(rt, "wrote", path, (int64_t)i);
        if (rt_event_wait(rt, t.event, ticks, rt_mono_us(rt) + 20 * US_PER_MS) == ERR_OK) {
            ticks = rt_event_count(rt, t.event);
        }
    }
    maybe_die(p);
    rt_join(rt, task);
}

static void reader_run(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct step s;
    step_open(&s, actor, rt, a, arg);
    while (read_count(&s) < PROGRAM_KEYS && rt_sleep(rt, 50 * US_PER_MS) == ERR_OK) {
    }
}

struct program *program_new(struct arena *a, uint64_t seed, const char *rules)
{
    struct program *p = NEW(a, struct program);
    p->arena = a;
    p->emulator = fake_emulator_new(a, seed, START_US);
    if (rules != NULL) {
        fake_emulator_rules(p->emulator, rules);
    }
    struct sim_options options = {
        .seed = seed, .start_us = START_US, .emulator = p->emulator, .faults = &p->emulator->plan};
    p->sim = sim_new(a, &options);
    p->writer = sim_actor_add(p->sim, STR("writer"), writer_run, p);
    p->reader = sim_actor_add(p->sim, STR("reader"), reader_run, p);
    return p;
}

bool program_holds(const struct program *p)
{
    return map_count(p->emulator->keys) == PROGRAM_KEYS && sim_actor_done(p->writer) &&
           sim_actor_done(p->reader) && p->opened == p->closed;
}
