/* fiber.h -- Stacks that can be switched: hand-written on x86-64 and aarch64, ucontext elsewhere;
 * known to ASan and TSan. A fiber that is abandoned (its actor crashed) is reused without
 * unwinding. */
#ifndef AFORO_SCENARIOS_SIM_FIBER_H
#define AFORO_SCENARIOS_SIM_FIBER_H

struct fiber;
struct fiber_pool;
typedef void fiber_fn(void *arg);

/* stacks of 1 MiB (paid for as touched) above a guard page, reused */
struct fiber_pool *fiber_pool_new(void);
void fiber_pool_free(struct fiber_pool *pool); /* no fiber may be running; NULL is fine */
/* ready to be switched to */
struct fiber *fiber_get(struct fiber_pool *pool, fiber_fn *fn, void *arg);
/* finished or abandoned: its stack is clean for the next */
void fiber_put(struct fiber_pool *pool, struct fiber *f);
/* Runs f until it yields or its function returns. true: it has returned. Only from outside of any
 * fiber. */
int fiber_resume(struct fiber *f);
void fiber_yield(struct fiber *f); /* from inside f: back to its resumer */

#endif
