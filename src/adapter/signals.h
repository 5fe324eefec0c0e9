/* signals.h -- SIGINT and SIGTERM as what they mean to a worker: every task is told to stop. */
#ifndef AFORO_ADAPTER_SIGNALS_H
#define AFORO_ADAPTER_SIGNALS_H

#include "seam/rt.h"

struct signals;
/* Blocks both in the calling thread and all threads that it starts: call it before there are any.
 * SIGPIPE is ignored. */
void signals_block(void);
/* Starts a thread that waits for them and then cancels all tasks of `rt` (rt_threads.h). */
MUST_USE enum err signals_watch(struct arena *a, struct rt *rt, struct signals **ret_signals,
                                struct diag *d);
void signals_stop(struct signals *s); /* ends and joins the thread */

#endif
