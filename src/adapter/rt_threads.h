/* rt_threads.h -- The runtime on pthreads: wall clock, monotonic clock, getrandom. */
#ifndef AFORO_ADAPTER_RT_THREADS_H
#define AFORO_ADAPTER_RT_THREADS_H

#include "seam/rt.h"

/* One for the process. seed 0: from getrandom. The calling thread is the main task. */
struct rt *rt_threads_new(struct arena *a, uint64_t seed);
/* Cancels every task: what a signal handler's pipe, or the end of a test, leads to. Safe from any
 * thread. */
void rt_threads_cancel_all(struct rt *rt);

#endif
