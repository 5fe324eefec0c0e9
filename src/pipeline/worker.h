/* worker.h -- The roles of a process: lander, loader, reporter. Runs until cancelled; every role is
 * a task of its own. */
#ifndef AFORO_PIPELINE_WORKER_H
#define AFORO_PIPELINE_WORKER_H

#include "pipeline/pipeline.h"

enum worker_role { WORKER_LANDER = 1, WORKER_LOADER = 2, WORKER_REPORTER = 4, WORKER_ALL = 7 };
struct worker_options {
    unsigned roles;         /* of worker_role */
    unsigned index, count;  /* share of the shards and objects: index of count; 0 of 1: all */
    int64_t drain_after_us; /* 0: run until cancelled; else: a role ends once nothing new came for
                             * so long after the roles before it in this process have ended: lander,
                             * loader, reporter */
};
/* Waits for the stream to be there. Returns ERR_OK when drained or cancelled; else what needs a
 * person. */
MUST_USE enum err worker_run(const struct pipeline_env *env, const struct definition *def,
                             const struct worker_options *options, struct diag *d);

#endif
