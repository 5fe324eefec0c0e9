#include <criterion/criterion.h>

#include "adapter/warehouse_sqlite.h"
#include "base/instant.h"
#include "base/limits.h"
#include "sim_program.h"

/* A world of one actor, "loader", that does one thing in its first life and looks in the next. */
struct trial {
    struct arena *arena;
    struct emulator *emulator;
    struct sim *sim;
    struct sim_actor *actor;
    int64_t deadline_us;      /* of a call, from its start; 0: a minute */
    struct str body;          /* of a call */
    uint64_t kill_at, checks; /* kills the actor at this check; 0: never */
    /* what came of it */
    enum err result;
    int status;
    int64_t took_us;
    char name[64];
    int64_t rows;
    unsigned lives;
    bool did;
};

static bool trial_check(void *ctx, int64_t now_us)
{
    (void)now_us;
    struct trial *t = ctx;
    if (++t->checks == t->kill_at) {
        sim_actor_kill(t->sim, t->actor, US_PER_S);
    }
    return true;
}

static void trial_run(struct trial *t, sim_entry_fn *entry, uint64_t seed, const char *rules)
{
    t->arena = arena_new("test", GIB);
    t->emulator = fake_emulator_new(t->arena, seed, US_PER_DAY);
    if (rules != NULL) {
        fake_emulator_rules(t->emulator, rules);
    }
    struct sim_options options = {.seed = seed,
                                  .start_us = US_PER_DAY,
                                  .emulator = t->emulator,
                                  .faults = &t->emulator->plan};
    t->sim = sim_new(t->arena, &options);
    t->actor = sim_actor_add(t->sim, STR("loader"), entry, t);
    sim_on_tick(t->sim, 1, trial_check, t);
    cr_assert_eq(sim_run(t->sim, US_PER_DAY), SIM_ALL_DONE);
    t->lives = sim_actor_lives(t->actor);
    cr_assert(sim_actor_done(t->actor));
}
static void trial_end(struct trial *t)
{
    sim_free(t->sim);
    arena_free(t->arena);
}

/* ---- the transport ---- */

static void put_once(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct trial *t = arg;
    struct diag d = DIAG_INIT;
    struct transport *transport;
    struct http_request request;
    struct http_response response = {.status = 0};
    if (sim_actor_lives(actor) > 1) {
        return;
    }
    cr_assert_eq(sim_transport_open(actor, a, &transport, &d), ERR_OK);
    http_request_init(&request, a, "PUT", STR("s3.local"), STR("/key"));
    request.body = t->body;
    int64_t deadline_us = t->deadline_us > 0 ? t->deadline_us : US_PER_MINUTE;
    t->result = transport_call(transport, &request, rt_mono_us(rt) + deadline_us, a, &response, &d);
    t->status = response.status;
    t->took_us = rt_mono_us(rt);
}

Test(sim_calls, every_phase_reaches_the_caller_as_it_would)
{
    /* Proves, for each phase, what the caller is told and how often the emulator applied the call.
     */
    static const struct {
        const char *rules;
        enum err result;
        int status;
        uint64_t put_count;
    } rows[] = {
        {NULL, ERR_OK, 200, 1},
        {"- {on: \"s3:PutObject\", phase: reject}", ERR_OK, 503, 0},
        {"- {on: \"s3:PutObject\", phase: lose_request}", ERR_UNKNOWN, 0, 0},
        {"- {on: \"s3:PutObject\", phase: apply_reject}", ERR_OK, 503, 1},
        {"- {on: \"s3:PutObject\", phase: lose_response}", ERR_UNKNOWN, 0, 1},
        {"- {on: \"s3:PutObject\", phase: duplicate}", ERR_OK, 412, 2},
        {"- {on: \"s3:PutObject\", phase: delay, delay: [5s, 6s]}", ERR_OK, 200, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trial t = {.result = ERR_INTERNAL};
        trial_run(&t, put_once, 1, rows[i].rules);
        cr_assert_eq(t.result, rows[i].result, "row %zu", i);
        cr_assert_eq(t.status, rows[i].status, "row %zu", i);
        cr_assert_eq(t.emulator->put_count, rows[i].put_count, "row %zu", i);
        cr_assert_gt(t.took_us, 0);
        bool delayed = t.took_us >= 5 * US_PER_S && t.took_us <= 7 * US_PER_S;
        cr_assert_eq(delayed, i == 6, "row %zu", i);
        trial_end(&t);
    }
}

static void put_and_stay(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct trial *t = arg;
    put_once(actor, rt, a, arg);
    t->rows = (int64_t)t->emulator->put_count; /* while the call is still on its way */
    cr_assert_eq(rt_sleep(rt, US_PER_HOUR), ERR_OK);
}

Test(sim_calls, what_is_late_arrives_after_its_caller_has_given_up)
{
    /* No answer comes and nothing is done by then; later it is done, once, though the rule would
     * fire again and the plan goes on as it was. */
    struct trial t = {.result = ERR_OK, .rows = -1};
    trial_run(&t, put_and_stay, 1, "- {on: \"s3:PutObject\", phase: late, delay: 10m}");
    cr_expect_eq(t.result, ERR_UNKNOWN);
    cr_expect_eq(t.rows, 0);
    cr_expect_eq(t.emulator->put_count, 1);
    cr_expect_eq(t.emulator->plan.fired_count, 1);
    cr_expect(!t.emulator->plan.healed);
    trial_end(&t);
}

Test(sim_calls, a_kill_at_a_call_is_applied_by_a_coin)
{
    /* Proves that a kill rule ends the life at the call, with both outcomes over the seeds, and
     * starts another. */
    unsigned applied = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct trial t = {.result = ERR_INTERNAL};
        trial_run(&t, put_once, seed, "- {kill: \"loader*\", nth: [1], restart_after: [2s, 3s]}");
        cr_assert_eq(t.result, ERR_INTERNAL); /* the line after the call was never reached */
        cr_assert_eq(t.lives, 2);
        cr_assert_geq(sim_now_us(t.sim), 2 * US_PER_S);
        cr_assert_leq(t.emulator->put_count, 1);
        applied += (unsigned)t.emulator->put_count;
        trial_end(&t);
    }
    cr_assert_geq(applied, 5);
    cr_assert_leq(applied, 35);
}

Test(sim_calls, a_deadline_ends_the_wait_and_not_the_call)
{
    /* Proves that a caller out of time hears ERR_UNKNOWN exactly at its deadline, and that the call
     * is applied in some seeds and not in others; a deadline that has passed sends nothing. */
    unsigned applied = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct trial t = {.deadline_us = 150}; /* less than any way out */
        trial_run(&t, put_once, seed, NULL);
        cr_assert_eq(t.result, ERR_UNKNOWN);
        cr_assert_eq(t.took_us, 150);
        applied += (unsigned)t.emulator->put_count;
        trial_end(&t);
    }
    cr_assert_geq(applied, 5);
    cr_assert_leq(applied, 35);
    struct trial late = {.deadline_us = US_PER_S};
    trial_run(&late, put_once, 1, "- {on: \"s3:PutObject\", phase: delay, delay: 5s}");
    cr_assert_eq(late.result, ERR_UNKNOWN);
    cr_assert_eq(late.took_us, US_PER_S);
    cr_assert_eq(late.emulator->put_count, 1);
    trial_end(&late);
}

/* ---- crashes are likelier where they hurt ---- */

#define PUTS 4000
static void put_and_get(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)arg;
    struct diag d = DIAG_INIT;
    struct transport *transport;
    cr_assert_eq(sim_transport_open(actor, a, &transport, &d), ERR_OK);
    for (unsigned i = 0; i < PUTS; i++) {
        struct arena_mark mark = arena_mark(a);
        struct http_request request;
        struct http_response response;
        bool put = i % 2 == 0;
        struct str path = str_printf(a, "/%u/%u", sim_actor_lives(actor), i);
        http_request_init(&request, a, put ? "PUT" : "GET", STR("s3.local"), path);
        enum err result =
            transport_call(transport, &request, rt_mono_us(rt) + US_PER_MINUTE, a, &response, &d);
        arena_rewind(a, mark);
        cr_assert_eq(result, ERR_OK);
    }
}

Test(sim_calls, a_crash_is_likelier_after_something_was_applied)
{
    /* Proves that the call after an applied PUT (here each GET) dies about ten times as often as
     * the one after a GET. */
    struct trial t = {.did = false};
    t.arena = arena_new("test", GIB);
    t.emulator = fake_emulator_new(t.arena, 9, US_PER_DAY);
    fake_emulator_rules(t.emulator, "- {kill: loader, probability: 1/2000, restart_after: 1s}");
    struct sim_options options = {
        .seed = 9, .start_us = US_PER_DAY, .emulator = t.emulator, .faults = &t.emulator->plan};
    t.sim = sim_new(t.arena, &options);
    t.actor = sim_actor_add(t.sim, STR("loader"), put_and_get, &t);
    (void)sim_run(t.sim, US_PER_HOUR);
    unsigned gets = 0, puts = 0;
    for (size_t i = 0; i < t.emulator->plan.fired_count; i++) {
        bool get = str_eq(t.emulator->plan.fired[i].operation, STR("GetObject"));
        gets += get ? 1 : 0;
        puts += get ? 0 : 1;
    }
    cr_assert_geq(gets, 50);
    cr_assert_geq(gets, puts * 4);
    trial_end(&t);
}

/* ---- the warehouse ---- */

static struct warehouse *session(struct trial *t, struct arena *a, bool wrapped)
{
    struct diag d = DIAG_INIT;
    struct warehouse *w = NULL;
    struct warehouse_sqlite_options options = {.path = "file:/sim_calls?vfs=memdb"};
    enum err opened = warehouse_sqlite_open(a, &options, &w, &d);
    ASSERT(opened == ERR_OK);
    return wrapped ? sim_warehouse_wrap(t->actor, a, w) : w;
}

static void note(struct trial *t, enum err result, const struct diag *d)
{
    t->result = result;
    for (size_t i = 0; i < sizeof(t->name); i++) {
        t->name[i] = d->name[i];
    }
}

/* One transaction of a row by exec and two by bulk; the first failure ends it. */
static enum err transact(struct warehouse *w, struct diag *d)
{
    struct warehouse_column column = {.name = STR("n"), .type = WAREHOUSE_I64};
    TRY(warehouse_begin(w, d));
    TRY(warehouse_exec(w, STR("INSERT INTO t(n) VALUES (1)"), NULL, 0, NULL, d));
    TRY(warehouse_bulk_begin(w, STR("t"), &column, 1, d));
    for (int64_t n = 2; n <= 3; n++) {
        struct warehouse_value value = warehouse_i64(n);
        TRY(warehouse_bulk_row(w, &value, d));
    }
    TRY(warehouse_bulk_end(w, d));
    return warehouse_commit(w, d);
}

static void load_once(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct trial *t = arg;
    struct diag d = DIAG_INIT;
    if (sim_actor_lives(actor) > 1) {
        return;
    }
    struct warehouse *w = session(t, a, true);
    note(t, transact(w, &d), &d);
    struct warehouse_result result;
    diag_clear(&d);
    /* the session goes on, whatever happened */
    t->did = warehouse_query(w, STR("SELECT count(*) FROM t"), NULL, 0, a, &result, &d) == ERR_OK;
    t->took_us = rt_mono_us(rt);
}

static struct trial load_trial(uint64_t seed, const char *rules, uint64_t kill_at)
{
    struct trial t = {.result = ERR_INTERNAL, .kill_at = kill_at};
    struct diag d = DIAG_INIT;
    struct arena *a = arena_new("looker", 64 * MIB);
    struct warehouse_result result;
    struct warehouse *look = session(&t, a, false);
    enum err made = warehouse_exec(look, STR("CREATE TABLE t (n INTEGER)"), NULL, 0, NULL, &d);
    cr_assert_eq(made, ERR_OK);
    trial_run(&t, load_once, seed, rules);
    enum err read = warehouse_query(look, STR("SELECT count(*) FROM t"), NULL, 0, a, &result, &d);
    cr_assert_eq(read, ERR_OK);
    t.rows = warehouse_at(&result, 0, 0)->i64;
    arena_free(a);
    return t;
}

Test(sim_calls, a_warehouse_fails_in_every_phase)
{
    /* Proves, operation by operation, the class, the SQLSTATE and what is in the table: a commit
     * lost either way says the same; anything before it leaves nothing and says so. */
    static const struct {
        const char *rules;
        enum err result;
        const char *name;
        int64_t rows;
    } rows[] = {
        {NULL, ERR_OK, "", 3},
        {"- {on: \"warehouse:commit\", phase: lose_response, limit: 1}", ERR_UNKNOWN, "08006", 3},
        {"- {on: \"warehouse:commit\", phase: lose_request, limit: 1}", ERR_UNKNOWN, "08006", 0},
        {"- {on: \"warehouse:commit\", phase: apply_reject, sqlstate: \"57P01\"}", ERR_UNKNOWN,
         "57P01", 3},
        {"- {on: \"warehouse:commit\", phase: reject, sqlstate: \"40001\"}", ERR_UNAVAILABLE,
         "40001", 0},
        {"- {on: \"warehouse:commit\", phase: reject, sqlstate: \"08007\"}", ERR_UNKNOWN, "08007",
         0},
        {"- {on: \"warehouse:commit\", phase: delay, delay: 90s}", ERR_OK, "", 3},
        {"- {on: \"warehouse:begin\", phase: reject, sqlstate: \"08001\"}", ERR_UNAVAILABLE,
         "08001", 0},
        {"- {on: \"warehouse:exec\", phase: lose_response}", ERR_UNAVAILABLE, "08006", 0},
        {"- {on: \"warehouse:exec\", phase: reject, sqlstate: \"53100\"}", ERR_LIMIT, "53100", 0},
        {"- {on: \"warehouse:bulk\", where: {table: t}, phase: reject, sqlstate: \"22003\"}",
         ERR_INVALID, "22003", 0},
        {"- {on: \"warehouse:bulk\", phase: lose_request}", ERR_UNAVAILABLE, "08006", 0},
        {"- {on: \"warehouse:bulk\", where: {table: other}, phase: reject}", ERR_OK, "", 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trial t = load_trial(1, rows[i].rules, 0);
        cr_assert_eq(t.result, rows[i].result, "row %zu", i);
        cr_assert_str_eq(t.name, rows[i].name, "row %zu", i);
        cr_assert_eq(t.rows, rows[i].rows, "row %zu", i);
        cr_assert(t.did, "row %zu", i);
        cr_assert_eq(t.took_us >= 90 * US_PER_S, i == 6, "row %zu", i);
        trial_end(&t);
    }
}

Test(sim_calls, a_crash_at_a_commit_leaves_all_or_nothing)
{
    /* Proves that a killed loader's transaction is whole or absent, both over the seeds, and that
     * its session closes. */
    unsigned committed = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct trial t = load_trial(seed, "- {on: \"warehouse:commit\", phase: kill, nth: [1]}", 0);
        cr_assert_eq(t.result, ERR_INTERNAL);
        cr_assert_eq(t.lives, 2);
        cr_assert(t.rows == 0 || t.rows == 3);
        committed += t.rows == 3 ? 1 : 0;
        trial_end(&t);
    }
    cr_assert_geq(committed, 5);
    cr_assert_leq(committed, 35);
}

Test(sim_calls, a_crash_anywhere_in_a_transaction_leaves_all_or_nothing)
{
    /* Proves, killing the loader at each event of its transaction over a few seeds, that a commit
     * on its way when its sender dies is applied in some runs and not in others, and that
     * everything earlier leaves nothing. */
    unsigned committed = 0, absent = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        bool killed = true;
        for (uint64_t at = 1; killed; at++) {
            struct trial t = load_trial(seed, NULL, at);
            killed = t.lives == 2;
            cr_assert(t.rows == 0 || t.rows == 3);
            bool answered = t.result == ERR_OK;
            cr_assert(t.rows == 3 || !answered);
            committed += killed && !answered && t.rows == 3 ? 1 : 0;
            absent += killed && t.rows == 0 ? 1 : 0;
            trial_end(&t);
        }
    }
    cr_assert_geq(
        committed,
        6); /* each seed has at least one event at which the commit is done and not answered */
    cr_assert_geq(absent, 12 * 6);
}

/* ---- the trace ---- */

static struct str trace_of(struct arena *a, struct str body)
{
    struct trial t = {.body = body};
    trial_run(&t, put_once, 1, NULL);
    struct str trace = sim_trace(t.sim, a);
    trial_end(&t);
    return trace;
}

Test(sim_calls, the_trace_knows_bodies_but_not_zstds)
{
    /* Proves that a byte of a body is part of the hash, unless it is zstd's: another version of it
     * writes others. */
    struct arena *a = arena_new("test", MIB);
    cr_assert(str_eq(trace_of(a, STR("one")), trace_of(a, STR("one"))));
    cr_assert(!str_eq(trace_of(a, STR("one")), trace_of(a, STR("two"))));
    struct str first = trace_of(a, STR("\x28\xb5\x2f\xfd one"));
    cr_assert(str_eq(first, trace_of(a, STR("\x28\xb5\x2f\xfd another"))));
    arena_free(a);
}
