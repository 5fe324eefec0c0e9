/* sim_world.c -- Runs the small world of sim_program.h with one seed and prints its hash: two
 * processes must agree. A plain program, so that the thread sanitizer can look at the fibers too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/limits.h"
#include "sim_program.h"

static const char rules[] =
    "- {name: lost, on: \"s3:PutObject\", phase: lose_response, probability: 1/4}\n"
    "- {name: gone, on: \"s3:*\", phase: lose_request, probability: 1/8}\n"
    "- {name: crash, kill: \"writer\", probability: 1/10, restart_after: [1s, 5s]}\n";

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    struct arena *a = arena_new("world", GIB);
    struct program *p = program_new(a, seed, rules);
    bool ended = sim_run(p->sim, US_PER_DAY) == SIM_ALL_DONE;
    struct str trace = sim_trace(p->sim, a);
    bool holds = ended && program_holds(p);
    printf("%.*s %" PRIu64 " events, %u lives\n", STR_ARG(trace), sim_events(p->sim),
           sim_actor_lives(p->writer));
    sim_free(p->sim);
    arena_free(a);
    return holds ? 0 : 1;
}
