/* real_world.c -- The small world of real_program.h under faults and kills from outside, for the
 * thread sanitizer: a plain program, since Criterion cannot start there. Exit 0: all holds. */
#include <stdio.h>

#include "base/instant.h"
#include "base/limits.h"
#include "real_program.h"

static const char rules[] =
    "- {name: lost, on: \"s3:PutObject\", phase: lose_response, probability: 1/6}\n"
    "- {name: gone, on: \"warehouse:commit\", phase: lose_response, probability: 1/6}\n"
    "- {name: crash, kill: \"writer/*\", probability: 1/10, restart_after: [1s, 5s]}\n";

struct killer {
    struct program *program;
    unsigned turn;
};
static bool kill_in_turn(void *ctx, int64_t now_us)
{
    struct killer *k = ctx;
    (void)now_us;
    if (++k->turn < 6) {
        struct real_actor *actor = k->program->writers[k->turn % PROGRAM_WRITERS].actor;
        real_actor_kill(k->program->world, actor, US_PER_S);
    }
    return true;
}

int main(void)
{
    unsigned lives = 0;
    bool holds = true;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct arena *a = arena_new("world", 4 * GIB);
        struct program *p = program_new(a, seed, rules);
        struct killer killer = {.program = p};
        real_on_tick(p->world, 3 * US_PER_S, kill_in_turn, &killer);
        holds = real_run(p->world, US_PER_DAY) == REAL_ALL_DONE && program_holds(p) && holds;
        for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
            lives += real_actor_lives(p->writers[i].actor);
        }
        program_free(p);
        arena_free(a);
    }
    printf("%u lives, %s\n", lives, holds ? "all holds" : "something is wrong");
    return holds ? 0 : 1;
}
