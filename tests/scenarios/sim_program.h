/* sim_program.h -- A small world to break: a writer that puts keys in order, resuming from their
 * count, and a reader that waits until it sees them all. Each of the writer's lives opens foreign
 * handles that its arena must close. */
#ifndef AFORO_TESTS_SCENARIOS_SIM_PROGRAM_H
#define AFORO_TESTS_SCENARIOS_SIM_PROGRAM_H

#include "fake_emulator.h"
#include "scenarios/sim/sim.h"

#define PROGRAM_KEYS 12

struct program {
    struct arena *arena;
    struct emulator *emulator;
    struct sim *sim;
    struct sim_actor *writer, *reader;
    unsigned opened, closed;
    uint64_t step, kill_at_step; /* the writer kills itself at this step; 0: never */
};
/* Starts at start_us 1000 s. `rules` NULL: no faults. */
struct program *program_new(struct arena *a, uint64_t seed, const char *rules);
/* Whether all is as it must be once both have ended. */
bool program_holds(const struct program *p);

#endif
