#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "real_program.h"

static const char faults[] =
    "- {name: lost, on: \"s3:PutObject\", phase: lose_response, probability: 1/4}\n"
    "- {name: refused, on: \"s3:*\", phase: reject, error: SlowDown, probability: 1/8}\n"
    "- {name: late, on: \"s3:*\", phase: delay, delay: [1s, 3s], probability: 1/8}\n"
    "- {name: gone, on: \"warehouse:commit\", phase: lose_response, probability: 1/5}\n"
    "- {name: rolled, on: \"warehouse:exec\", phase: reject, sqlstate: \"40001\", probability: "
    "1/8}\n"
    "- {name: crash, kill: \"writer/*\", probability: 1/12, restart_after: [1s, 5s]}\n";

static struct fault_fired *fired_of(struct program *p, enum fault_phase phase, const char *service)
{
    struct fault_plan *plan = emulator_faults(p->emulator);
    for (size_t i = 0; i < plan->fired_count; i++) {
        if (plan->fired[i].phase == phase && str_eq(plan->fired[i].service, str_of(service))) {
            return &plan->fired[i];
        }
    }
    return NULL;
}

Test(real, writers_end_and_time_runs_faster)
{
    /* Proves that actors reach the emulator and the database, end, and that the world's clock is
     * faster than the wall and agrees with the emulator's. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 1, NULL);
    cr_assert_eq(real_run(p->world, US_PER_HOUR), REAL_ALL_DONE);
    cr_assert(program_holds(p));
    struct ledger_entry entry = {.number = 0};
    front_lock(p->front);
    while (emulator_ledger_next(p->emulator, entry.number, &entry)) {
    }
    front_unlock(p->front);
    cr_assert_geq(entry.at_us, p->clock.start_us);
    cr_assert_leq(entry.at_us, real_wall_us(p->world));
    cr_assert_gt(real_wall_us(p->world) - p->clock.start_us, US_PER_S);
    program_free(p);
    arena_free(a);
}

Test(real, access_keys_with_a_slash_name_the_actor)
{
    /* Proves that the emulator tells two writers apart by the key that they sign with, although
     * the credential's scope is split at slashes. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 1, NULL);
    cr_assert_eq(real_run(p->world, US_PER_HOUR), REAL_ALL_DONE);
    unsigned puts[PROGRAM_WRITERS] = {0};
    struct ledger_entry entry = {.number = 0};
    front_lock(p->front);
    while (emulator_ledger_next(p->emulator, entry.number, &entry)) {
        for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
            puts[i] += str_eq(entry.actor, p->writers[i].name);
        }
    }
    front_unlock(p->front);
    cr_assert_eq(puts[0], PROGRAM_KEYS);
    cr_assert_eq(puts[1], PROGRAM_KEYS);
    program_free(p);
    arena_free(a);
}

Test(real, kills_at_every_step_leak_nothing)
{
    /* Proves that a crash at any of the writer's steps loses no key and no row, and closes every
     * handle of the life that it ended. */
    for (uint64_t step = 1; step <= (uint64_t)3 * PROGRAM_KEYS; step += 3) {
        struct arena *a = arena_new("test", 4 * GIB);
        struct program *p = program_new(a, step, NULL);
        p->writers[0].kill_at_step = step;
        p->writers[1].kill_at_step = step + 1;
        cr_assert_eq(real_run(p->world, US_PER_HOUR), REAL_ALL_DONE);
        cr_assert(program_holds(p), "killed at step %u", (unsigned)step);
        cr_assert_eq(real_actor_lives(p->writers[0].actor), 2);
        program_free(p);
        arena_free(a);
    }
}

Test(real, faults_of_every_kind_reach_the_actor_that_they_name)
{
    /* Proves that answers get lost, late and refused, that commits get lost, and that a kill which
     * the emulator decided ends the actor that made the call; and all holds nevertheless. */
    bool killed = false, lost = false, uncertain = false, late = false;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct arena *a = arena_new("test", 4 * GIB);
        struct program *p = program_new(a, seed, faults);
        cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_ALL_DONE);
        cr_assert(program_holds(p), "seed %u", (unsigned)seed);
        unsigned lives = 0;
        for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
            lives += real_actor_lives(p->writers[i].actor);
        }
        bool by_emulator = fired_of(p, FAULT_KILL, "s3") != NULL;
        cr_assert(!by_emulator || lives > PROGRAM_WRITERS);
        killed = killed || by_emulator;
        lost = lost || fired_of(p, FAULT_LOSE_RESPONSE, "s3") != NULL;
        uncertain = uncertain || fired_of(p, FAULT_LOSE_RESPONSE, "warehouse") != NULL;
        late = late || fired_of(p, FAULT_DELAY, "s3") != NULL;
        program_free(p);
        arena_free(a);
    }
    cr_assert(killed && lost && uncertain && late);
}

struct checks {
    struct program *program;
    unsigned count;
};
static bool count_and_kill(void *ctx, int64_t now_us)
{
    struct checks *c = ctx;
    (void)now_us;
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        real_actor_kill(c->program->world, c->program->writers[i].actor, US_PER_S);
    }
    return ++c->count < 5;
}

Test(real, the_check_stops_the_run_and_kills_come_from_outside)
{
    /* Proves that the check runs in the loop, that it can kill whoever runs and end the run, and
     * that what then still lives is ended by the world's end without a leak. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 3, NULL);
    struct checks checks = {.program = p};
    real_on_tick(p->world, US_PER_S, count_and_kill, &checks);
    cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_STOPPED);
    cr_assert_eq(checks.count, 5);
    cr_assert_eq(real_run(p->world, real_now_us(p->world) + 10), REAL_UNTIL);
    program_free(p);
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        cr_assert_eq(p->writers[i].opened, p->writers[i].closed);
    }
    arena_free(a);
}

Test(real, a_stop_lets_actors_end_by_themselves)
{
    /* Proves that a stopped actor sees its waits cancelled, ends, and counts as done. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct program *p = program_new(a, 3, NULL);
    cr_assert_eq(real_run(p->world, real_now_us(p->world) + US_PER_S), REAL_UNTIL);
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        real_actor_stop(p->world, p->writers[i].actor);
    }
    cr_assert_eq(real_run(p->world, US_PER_DAY), REAL_ALL_DONE);
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        cr_assert(real_actor_done(p->writers[i].actor));
        cr_assert_eq(p->writers[i].opened, 1);
        cr_assert_eq(p->writers[i].closed, 1);
    }
    program_free(p);
    arena_free(a);
}
