/* generator.h -- Events out of nothing but a definition: values of each column's type within its
 * constraints. An event is a function of (seed, producer, number, time): the same in every run,
 * whatever else happens. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_GENERATOR_H
#define AFORO_SCENARIOS_RUNNER_GENERATOR_H

#include "scenarios/runner/scenario.h"

struct generator {
    const struct definition *def;
    const struct scenario_source *source;
    uint64_t seed, producer;
    struct str producer_name; /* the event id is <name>-<number> */
};
struct generated {
    struct str payload, partition_key;
    bool malformed, late, copied; /* copied: the source will send it twice */
};
/* The event's time is now_us, minus its lateness. Lives in `a`. */
struct generated generator_make(const struct generator *g, uint64_t number, int64_t now_us,
                                struct arena *a);

#endif
