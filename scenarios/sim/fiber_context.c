/* fiber_context.c -- The first frame of a stack, as the switch expects to find it.
 * The hand-written switch keeps what the ABI says a callee keeps, control words of the floating
 * point units included on x86-64; signal masks are left alone, which is what makes it fast. */
#include "fiber_context.h"

#include <stdint.h>

#include "base/err.h"

#ifdef AFORO_FIBER_UCONTEXT

/* makecontext passes ints alone: a pointer travels as its two halves. */
static void context_enter(unsigned entry_high, unsigned entry_low, unsigned arg_high,
                          unsigned arg_low)
{
    uintptr_t entry = (uintptr_t)((uint64_t)entry_high << 32 | entry_low);
    uintptr_t arg = (uintptr_t)((uint64_t)arg_high << 32 | arg_low);
    ((fiber_context_fn *)entry)((void *)arg);
}

void fiber_context_init(struct fiber_context *c, void *stack, size_t size, fiber_context_fn *entry,
                        void *arg)
{
    uint64_t entry_bits = (uintptr_t)entry;
    uint64_t arg_bits = (uintptr_t)arg;
    ASSERT(getcontext(&c->at) == 0);
    c->at.uc_stack.ss_sp = stack;
    c->at.uc_stack.ss_size = size;
    c->at.uc_link = NULL;
    makecontext(&c->at, (void (*)(void))context_enter, 4, (unsigned)(entry_bits >> 32),
                (unsigned)entry_bits, (unsigned)(arg_bits >> 32), (unsigned)arg_bits);
}

void fiber_context_switch(struct fiber_context *from, struct fiber_context *to)
{
    ASSERT(swapcontext(&from->at, &to->at) == 0);
}

#else

/* fiber_switch_*.S */
void fiber_switch(void **ret_sp, void *sp);
void fiber_start(void); /* calls entry(arg), which the frame below names */

#if defined(__x86_64__)
/* From the stack pointer up: control words, r15 r14 r13 r12 rbx rbp, the return address. */
enum { FRAME_WORDS = 8, FRAME_CONTROL = 0, FRAME_ENTRY = 3, FRAME_ARG = 4, FRAME_RETURN = 7 };
#define CONTROL_WORDS (UINT64_C(0x037f) << 32 | 0x1f80) /* x87's and SSE's defaults */
#else
/* From the stack pointer up: x19 .. x28, x29, x30, d8 .. d15. */
enum { FRAME_WORDS = 20, FRAME_ENTRY = 0, FRAME_ARG = 1, FRAME_RETURN = 11 };
#endif

void fiber_context_init(struct fiber_context *c, void *stack, size_t size, fiber_context_fn *entry,
                        void *arg)
{
    ASSERT(((uintptr_t)stack | size) % 16 == 0);
    uint64_t *frame = (uint64_t *)(void *)((char *)stack + size) - FRAME_WORDS;
    for (size_t i = 0; i < FRAME_WORDS; i++) {
        frame[i] = 0;
    }
#if defined(__x86_64__)
    frame[FRAME_CONTROL] = CONTROL_WORDS;
#endif
    frame[FRAME_ENTRY] = (uintptr_t)entry;
    frame[FRAME_ARG] = (uintptr_t)arg;
    frame[FRAME_RETURN] = (uintptr_t)fiber_start;
    c->sp = frame;
}

void fiber_context_switch(struct fiber_context *from, struct fiber_context *to)
{
    fiber_switch(&from->sp, to->sp);
}

#endif
