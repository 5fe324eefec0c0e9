#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "sim_program.h"

static const char faults[] =
    "- {name: lost, on: \"s3:PutObject\", phase: lose_response, probability: 1/4}\n"
    "- {name: gone, on: \"s3:*\", phase: lose_request, probability: 1/8}\n"
    "- {name: crash, kill: \"*\", probability: 1/10, restart_after: [1s, 5s]}\n";

/* One actor of its own, for what a task may do. */
struct world {
    struct arena *arena;
    struct sim *sim;
    struct sim_actor *actor;
};
static struct world world_new(sim_entry_fn *entry, void *arg)
{
    struct world w = {.arena = arena_new("test", GIB)};
    struct sim_options options = {.seed = 5, .start_us = US_PER_DAY};
    w.sim = sim_new(w.arena, &options);
    w.actor = sim_actor_add(w.sim, STR("only"), entry, arg);
    return w;
}
static void world_free(struct world *w)
{
    sim_free(w->sim);
    arena_free(w->arena);
}

/* ---- clocks ---- */

struct clock_look {
    struct sim *sim;
    int64_t wall_us[4], mono_us[4];
};

static void clock_watch(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor, (void)a;
    struct clock_look *look = arg;
    for (int i = 0; i < 4; i++) {
        look->wall_us[i] = rt_wall_us(rt) - sim_wall_us(look->sim);
        look->mono_us[i] = rt_mono_us(rt) - sim_now_us(look->sim);
        cr_assert_eq(rt_sleep(rt, US_PER_HOUR), ERR_OK);
        if (i == 2) {
            sim_clocks_right(look->sim);
        }
    }
}

Test(sim, a_clock_that_is_off_drifts_and_steps_but_only_on_the_wall)
{
    /* Skew at once, drift with time, the step from its moment on, nothing once it is set right; the
     * monotonic clock never hears of it. */
    struct clock_look look;
    struct world w = world_new(clock_watch, &look);
    look.sim = w.sim;
    struct sim_clock clock = {.offset_us = -7 * US_PER_S,
                              .drift_num = 100,
                              .drift_den = 1000000,
                              .step_us = US_PER_MINUTE,
                              .step_at_us = 90 * US_PER_MINUTE};
    sim_actor_clock(w.sim, w.actor, &clock);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_ALL_DONE);
    int64_t hour_us = 360 * US_PER_MS; /* of drift */
    cr_expect_eq(look.wall_us[0], clock.offset_us);
    cr_expect_eq(look.wall_us[1], clock.offset_us + hour_us);
    cr_expect_eq(look.wall_us[2], clock.offset_us + 2 * hour_us + US_PER_MINUTE);
    cr_expect_eq(look.wall_us[3], 0);
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(look.mono_us[i], 0);
    }
    world_free(&w);
}

/* ---- time ---- */

#define SLEEPERS 40
struct sleeper {
    int64_t until_us, woke_us;
    unsigned *order, place;
};

static void sleep_once(struct rt *rt, void *arg)
{
    struct sleeper *s = arg;
    enum err result = rt_sleep_until(rt, s->until_us);
    s->woke_us = result == ERR_OK ? rt_mono_us(rt) : -1;
    s->place = ++*s->order;
}

static void sleepers_run(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor, (void)a;
    struct sleeper *sleepers = arg;
    struct rt_task *tasks[SLEEPERS];
    for (unsigned i = 0; i < SLEEPERS; i++) {
        tasks[i] = rt_spawn(rt, "sleeper", sleep_once, &sleepers[i]);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        rt_join(rt, tasks[i]);
    }
}

Test(sim, time_jumps_from_timer_to_timer_in_order)
{
    /* Proves that each sleeper wakes exactly at its time, in the order of times, hours apart,
     * without waiting. */
    struct sleeper sleepers[SLEEPERS];
    unsigned order = 0;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        unsigned at = (i * 17) % SLEEPERS; /* a permutation: 17 and 40 have no common factor */
        sleepers[i] = (struct sleeper){.until_us = at * US_PER_HOUR, .order = &order};
    }
    struct world w = world_new(sleepers_run, sleepers);
    cr_assert_eq(sim_run(w.sim, 2 * US_PER_DAY), SIM_ALL_DONE);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        cr_assert_eq(sleepers[i].woke_us, sleepers[i].until_us);
        cr_assert_eq(sleepers[i].place, (i * 17) % SLEEPERS + 1);
    }
    cr_assert_eq(sim_now_us(w.sim), (SLEEPERS - 1) * US_PER_HOUR);
    cr_assert_eq(sim_wall_us(w.sim), US_PER_DAY + sim_now_us(w.sim));
    world_free(&w);
}

/* ---- waits ---- */

struct waits {
    enum err slept, waited, late, spun;
    int64_t cancelled_us;
    struct rt_event *event;
    uint64_t draws[3];
};

static void wait_long(struct rt *rt, void *arg)
{
    struct waits *w = arg;
    w->slept = rt_sleep(rt, US_PER_DAY);
    w->cancelled_us = rt_mono_us(rt);
    w->waited = rt_event_wait(rt, w->event, 0, INSTANT_NEVER);
}

static void waits_run(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor;
    struct waits *w = arg;
    w->event = rt_event_new(rt, a);
    struct rt_task *task = rt_spawn(rt, "waiter", wait_long, w);
    cr_assert_eq(rt_sleep(rt, US_PER_HOUR), ERR_OK);
    rt_cancel(rt, task);
    rt_join(rt, task);
    w->late = rt_event_wait(rt, w->event, 0, rt_mono_us(rt) + US_PER_MINUTE);
    rt_event_signal(rt, w->event);
    w->spun = rt_event_wait(rt, w->event, 0, INSTANT_NEVER);
    w->draws[0] = rt_rand(rt, "one", 1);
    w->draws[1] = rt_rand(rt, "one", 2);
    w->draws[2] = rt_rand(rt, "two", 1);
}

Test(sim, cancel_wakes_and_deadlines_end_waits)
{
    /* Proves seam/rt.h's contract of blocking calls: cancelled where it sleeps, at once; timed out;
     * passed counts. */
    struct waits waits = {.cancelled_us = 0};
    struct world w = world_new(waits_run, &waits);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(waits.slept, ERR_CANCELLED);
    cr_assert_eq(waits.waited, ERR_CANCELLED);
    cr_assert_eq(waits.late, ERR_UNAVAILABLE);
    cr_assert_eq(waits.spun, ERR_OK);
    cr_assert_eq(waits.cancelled_us, US_PER_HOUR);
    cr_assert_eq(sim_now_us(w.sim), US_PER_HOUR + US_PER_MINUTE);
    cr_assert_neq(waits.draws[0], waits.draws[1]);
    cr_assert_neq(waits.draws[0], waits.draws[2]);
    world_free(&w);
}

#define ITEMS 200
struct relay {
    struct rt_queue *queue;
    uint64_t sum;
    unsigned taken;
};
static void relay_take(struct rt *rt, void *arg)
{
    struct relay *r = arg;
    void *item;
    while (rt_queue_take(rt, r->queue, INSTANT_NEVER, &item) == ERR_OK) {
        r->sum += *(uint64_t *)item;
        r->taken++;
        cr_assert_eq(rt_sleep(rt, (int64_t)(rt_rand(rt, "pace", r->taken) % 900)), ERR_OK);
    }
}
static void relay_run(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor;
    struct relay *r = arg;
    r->queue = rt_queue_new(rt, a, 3);
    struct rt_task *takers[2];
    for (unsigned i = 0; i < 2; i++) {
        takers[i] = rt_spawn(rt, "taker", relay_take, r);
    }
    for (uint64_t i = 1; i <= ITEMS; i++) {
        uint64_t *item = NEW(a, uint64_t);
        *item = i;
        cr_assert_eq(rt_queue_put(rt, r->queue, item), ERR_OK);
    }
    rt_queue_close(rt, r->queue);
    rt_join(rt, takers[0]);
    rt_join(rt, takers[1]);
}

Test(sim, the_seams_queue_runs_on_fibers)
{
    /* Proves that rt_queue, written for threads, loses and doubles nothing between fibers. */
    struct relay relay = {.sum = 0};
    struct world w = world_new(relay_run, &relay);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(relay.taken, ITEMS);
    cr_assert_eq(relay.sum, ITEMS * (ITEMS + 1) / 2);
    world_free(&w);
}

/* ---- how runs end ---- */

static void wait_for_ever(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor;
    enum err *result = arg;
    *result = rt_event_wait(rt, rt_event_new(rt, a), 0, INSTANT_NEVER);
}
static void spin_for_ever(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor, (void)a, (void)arg;
    while (rt_sleep(rt, 0) == ERR_OK) {
    }
}
static bool stop_third(void *ctx, int64_t now_us)
{
    (void)now_us;
    return ++*(unsigned *)ctx < 3;
}

Test(sim, a_run_says_how_it_ended)
{
    /* Proves that a deadlock, a livelock, a check's no and a horizon are told apart, and that a
     * stop wakes. */
    enum err result = ERR_OK;
    struct world w = world_new(wait_for_ever, &result);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_DEADLOCK);
    sim_actor_stop(w.sim, w.actor);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(result, ERR_CANCELLED);
    cr_assert(sim_actor_done(w.actor));
    world_free(&w);

    w = world_new(spin_for_ever, NULL);
    cr_assert_eq(sim_run(w.sim, US_PER_DAY), SIM_LIVELOCK);
    cr_assert_eq(sim_now_us(w.sim), 0);
    world_free(&w);

    struct arena *a = arena_new("test", GIB);
    struct program *p = program_new(a, 1, NULL);
    unsigned checks = 0;
    cr_assert_eq(sim_run(p->sim, 10 * US_PER_MS), SIM_UNTIL);
    cr_assert_eq(sim_now_us(p->sim), 10 * US_PER_MS);
    sim_on_tick(p->sim, US_PER_MS, stop_third, &checks);
    cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_STOPPED);
    cr_assert_eq(checks, 3);
    cr_assert_geq(sim_now_us(p->sim), 13 * US_PER_MS);
    sim_free(p->sim);
    arena_free(a);
}

Test(sim, the_emulators_timers_and_calls_out_are_events)
{
    /* Proves that a timer of the emulator fires at its own time and that what it sends is answered.
     */
    struct arena *a = arena_new("test", GIB);
    struct program *p = program_new(a, 1, NULL);
    p->emulator->timer_us = p->emulator->start_us + 33 * US_PER_MS + 3;
    cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(p->emulator->fired_us, p->emulator->start_us + 33 * US_PER_MS + 3);
    cr_assert_eq(p->emulator->outbound_done_count, 1);
    sim_free(p->sim);
    arena_free(a);
}

/* ---- crashes ---- */

struct killer {
    struct program *program;
    uint64_t at, seen;
    bool reader;
};

static bool kill_at_check(void *ctx, int64_t now_us)
{
    (void)now_us;
    struct killer *k = ctx;
    struct program *p = k->program;
    if (++k->seen == k->at) {
        sim_actor_kill(p->sim, k->reader ? p->reader : p->writer, US_PER_S);
    }
    return true;
}

/* Runs the program with a kill at the n-th event of `reader` or writer; false once the run is
 * shorter than that. */
static bool run_with_kill(uint64_t at, bool reader, const char *rules)
{
    struct arena *a = arena_new("test", GIB);
    struct program *p = program_new(a, 3, rules);
    struct killer k = {.program = p, .at = at, .reader = reader};
    sim_on_tick(p->sim, 1, kill_at_check, &k);
    cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert(program_holds(p), "killed at event %llu", (unsigned long long)at);
    sim_free(p->sim);
    arena_free(a);
    return k.seen >= at;
}

Test(sim, a_crash_at_any_event_breaks_nothing)
{
    /* Proves, killing the writer, then the reader, at the first, second, ... event of a run until
     * there is none left, that the program still ends right, that handles are closed once each, and
     * (under ASan) that nothing leaks. */
    for (unsigned reader = 0; reader < 2; reader++) {
        uint64_t at = 1;
        while (run_with_kill(at, reader == 1, NULL)) {
            at++;
        }
        cr_assert_gt(at, 50);
        for (at = 1; run_with_kill(at, reader == 1, faults); at += 7) {
        }
    }
}

Test(sim, an_actor_can_kill_itself_anywhere)
{
    /* Proves that a kill from inside never returns, and that the next life starts after the given
     * time. */
    for (uint64_t step = 1;; step++) {
        struct arena *a = arena_new("test", GIB);
        struct program *p = program_new(a, 3, NULL);
        p->kill_at_step = step;
        cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_ALL_DONE);
        cr_assert(program_holds(p));
        bool killed = p->step >= step;
        cr_assert_eq(sim_actor_lives(p->writer), killed ? 2 : 1);
        cr_assert_eq(sim_now_us(p->sim) >= 5 * US_PER_S, killed);
        sim_free(p->sim);
        arena_free(a);
        if (!killed) {
            cr_assert_gt(step, 20);
            break;
        }
    }
}

Test(sim, a_kill_for_ever_ends_an_actor)
{
    /* Proves that an actor without a restart counts as ended, not as done, also where it was
     * waiting to start. */
    struct arena *a = arena_new("test", GIB);
    struct program *p = program_new(a, 3, NULL);
    sim_actor_kill(p->sim, p->reader, INSTANT_NEVER);
    cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert(sim_actor_done(p->writer));
    cr_assert_not(sim_actor_done(p->reader));
    cr_assert_eq(sim_actor_lives(p->reader), 0);
    sim_free(p->sim);
    arena_free(a);
}

/* ---- determinism ---- */

struct run {
    char trace[33];
    uint64_t events;
    struct hash128 lines;
};
static void add_line(void *ctx, struct str line)
{
    hash128_add(ctx, line);
}
static struct run run_seed(uint64_t seed)
{
    struct run run = {.events = 0};
    struct arena *a = arena_new("test", GIB);
    struct program *p = program_new(a, seed, faults);
    hash128_init(&run.lines, 0);
    sim_trace_sink(p->sim, add_line, &run.lines);
    sim_trace_add(p->sim, STR("begin"));
    cr_assert_eq(sim_run(p->sim, US_PER_DAY), SIM_ALL_DONE);
    cr_assert(program_holds(p), "seed %llu", (unsigned long long)seed);
    struct str trace = sim_trace(p->sim, a);
    cr_assert_eq(trace.len, 32);
    for (size_t i = 0; i < trace.len; i++) {
        run.trace[i] = trace.ptr[i];
    }
    run.events = sim_events(p->sim);
    sim_free(p->sim);
    arena_free(a);
    return run;
}

Test(sim, a_seed_is_a_run)
{
    /* Proves, over 60 seeds with faults and crashes, that the same seed gives the same hash and the
     * same lines, and another seed another; every seed ends right. */
    enum { SEEDS = 60 };
    struct run runs[SEEDS];
    for (unsigned i = 0; i < SEEDS; i++) {
        runs[i] = run_seed(i + 1);
        for (unsigned j = 0; j < i; j++) {
            cr_assert_str_neq(runs[i].trace, runs[j].trace);
        }
    }
    for (unsigned i = 0; i < SEEDS; i++) {
        struct run again = run_seed(i + 1);
        cr_assert_str_eq(again.trace, runs[i].trace);
        cr_assert_eq(again.events, runs[i].events);
        cr_assert_eq(again.lines.a, runs[i].lines.a);
        cr_assert_eq(again.lines.b, runs[i].lines.b);
    }
}
