/* process.h -- A user's process as the life of an actor: started through a shell, in a process
 * group of its own, and gone with the life: killed (SIGKILL, the whole group) the moment that the
 * fault plan says so, when the world ends, and when this process itself dies. */
#ifndef AFORO_SCENARIOS_REAL_PROCESS_H
#define AFORO_SCENARIOS_REAL_PROCESS_H

#include "scenarios/real/real.h"

struct process_options {
    const char *command; /* for /bin/sh -c */
    /* NAME=value; beside them it has this process's own environment, without AWS_* and AFORO_* */
    const char *const *environment;
    size_t environment_count;
    const char *log; /* where its stdout and stderr are appended */
};
/* Until it has ended by itself. ret_status: as of waitpid. Lives in `life`; one at a time of an
 * actor. ERR_INTERNAL: cannot be started. */
MUST_USE enum err process_run(struct real_actor *actor, struct rt *rt, struct arena *life,
                              const struct process_options *options, int *ret_status,
                              struct diag *d);

#endif
