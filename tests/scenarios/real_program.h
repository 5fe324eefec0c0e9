/* real_program.h -- A small world on threads to break: writers that put keys into S3 in order and a
 * row for each into SQLite, resuming from their rows. Each life opens foreign handles that its
 * arena must close. */
#ifndef AFORO_TESTS_SCENARIOS_REAL_PROGRAM_H
#define AFORO_TESTS_SCENARIOS_REAL_PROGRAM_H

#include "scenarios/real/real.h"

#define PROGRAM_KEYS 12
#define PROGRAM_WRITERS 2

struct program_writer {
    struct program *program;
    struct real_actor *actor;
    struct str name;
    uint64_t steps, kill_at_step; /* of all lives; it kills itself at this one; 0: never */
    unsigned opened, closed;
};
struct program {
    struct arena *arena;
    struct emulator *emulator;
    struct front *front;
    struct front_clock clock;
    struct real *world;
    struct program_writer writers[PROGRAM_WRITERS];
    char path[64]; /* of the database */
};
/* `rules` NULL: no faults. Asserts that it can start. */
struct program *program_new(struct arena *a, uint64_t seed, const char *rules);
/* Whether all is as it must be once the writers have ended: every key once, every row once, every
 * handle closed. */
bool program_holds(struct program *p);
void program_free(struct program *p);

#endif
