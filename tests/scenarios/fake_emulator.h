/* fake_emulator.h -- The emulator's functions over a table of keys, for tests of the simulator
 * alone: PUT writes a key once (412 after that), GET reads the number of keys. Faults are the real
 * plan's. */
#ifndef AFORO_TESTS_SCENARIOS_FAKE_EMULATOR_H
#define AFORO_TESTS_SCENARIOS_FAKE_EMULATOR_H

#include "base/map.h"
#include "emulator/emulator.h"

struct emulator {
    struct arena *arena;
    struct fault_plan plan;
    struct fault_ordinals *ordinals;
    struct map *keys;
    int64_t start_us, timer_us; /* timer_us: by the wall clock; INSTANT_NEVER: none */
    int64_t fired_us;
    uint64_t seen_count, put_count; /* requests; PUTs that got to the handler */
    unsigned outbound_waiting, outbound_done_count;
};
struct emulator *fake_emulator_new(struct arena *a, uint64_t seed, int64_t start_us);
/* Adds rules, written as YAML; asserts that they can be read. */
void fake_emulator_rules(struct emulator *e, const char *yaml);

#endif
