/* reached.c -- An expectation that held where nothing could have broken it says nothing: what each
 * kind must have seen in a run to count as held there. */
#include "world.h"

#include "scenarios/sim/sim.h"

const char *expectation_needs(const struct expectation *e)
{
    switch (e->kind) {
    case EXPECT_CONSERVATION:
    case EXPECT_UNIQUE:
    case EXPECT_ROW_COUNT_MATCH:
    case EXPECT_AGGREGATE_MATCH:
        return "no row was loaded";
    case EXPECT_ALERT:
        return "no event was acknowledged";
    case EXPECT_REPORT_EQUALS_RECOMPUTATION:
    case EXPECT_REPORT_ON_TIME:
        return "no report was written";
    case EXPECT_RETRIES:
        return "no fault fired";
    case EXPECT_DURABLE:
        return "nothing was loaded, or the disk's power never went";
    case EXPECT_REPLAY_IDEMPOTENT:
        return "fewer than two objects were landed";
    case EXPECT_SQL:
    case EXPECT_OCCURS:
        break;
    }
    return "no run came to its end";
}

bool world_reached(const struct world *w, const struct expectation *e,
                   const struct run_counts *counts)
{
    const struct sim *sim = stage_sim(w->stage);
    switch (e->kind) {
    case EXPECT_CONSERVATION:
    case EXPECT_UNIQUE:
    case EXPECT_ROW_COUNT_MATCH:
    case EXPECT_AGGREGATE_MATCH:
        return counts->rows > 0;
    case EXPECT_ALERT:
        return counts->acknowledged > 0;
    case EXPECT_REPORT_EQUALS_RECOMPUTATION:
    case EXPECT_REPORT_ON_TIME:
        return counts->reports > 0;
    case EXPECT_RETRIES:
        return counts->faults_fired > 0;
    case EXPECT_DURABLE:
        return counts->rows > 0 &&
               (!w->scenario->disk || (sim != NULL && sim_machine_losses(sim) > 0));
    case EXPECT_REPLAY_IDEMPOTENT:
        return counts->raw_objects > 1;
    case EXPECT_SQL:
    case EXPECT_OCCURS:
        break;
    }
    return true;
}
