/* fiber_context.h -- Where a thread of control stands, and the switch from one to another. Private.
 * By hand on x86-64 and aarch64 (fiber_switch_*.S); ucontext elsewhere, at two system calls a
 * switch. */
#ifndef AFORO_SCENARIOS_SIM_FIBER_CONTEXT_H
#define AFORO_SCENARIOS_SIM_FIBER_CONTEXT_H

#include <stddef.h>

#if !defined(AFORO_FIBER_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define AFORO_FIBER_UCONTEXT 1
#endif

#ifdef AFORO_FIBER_UCONTEXT
#include <ucontext.h>
struct fiber_context {
    ucontext_t at;
};
#else
struct fiber_context {
    void *sp; /* the registers that a callee keeps are below it */
};
#endif

/* What runs on the new stack; never returns. */
typedef void fiber_context_fn(void *arg);

/* `stack` is the lowest address, aligned to 16, as is `size`. */
void fiber_context_init(struct fiber_context *c, void *stack, size_t size, fiber_context_fn *entry,
                        void *arg);
void fiber_context_switch(struct fiber_context *from, struct fiber_context *to);

#endif
