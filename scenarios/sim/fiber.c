/* fiber.c -- Fibers: their stacks, their states, and what the sanitizers must be told.
 *
 * Invariants:
 * 1. A fiber that is put back leaves nothing behind for the next user of its stack: ASan's poison
 * is taken off, its fake stack is given back, TSan's call stack is made anew.
 * 2. An abandoned fiber runs no line of its owner's code again. Under ASan it is switched to once
 * more, into fiber_yield alone: only from there can its fake stack be given back.
 *
 * Left out: telling valgrind about the stacks (it warns about a switch, and finds nothing less). */
#include "fiber.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "fiber_context.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define STACK_BYTES MIB
#define GUARD_BYTES (64 * KIB) /* a multiple of every page size in use */
#define POOL_BYTES_MAX (64 * MIB)

enum fiber_state { FIBER_FREE, FIBER_READY, FIBER_RUNNING, FIBER_WAITING, FIBER_RETURNED };

struct fiber {
    struct fiber_context context, resumer;
    char *mapping; /* the guard, then the stack */
    fiber_fn *fn;
    void *arg;
    enum fiber_state state;
    bool leaving; /* for good, at the next switch */
    struct fiber *next_free, *next_all;
    void *fake, *resumer_fake; /* ASan's */
    const void *resumer_stack;
    size_t resumer_stack_bytes;
    void *tsan, *tsan_resumer;
};

struct fiber_pool {
    struct arena *arena;
    struct fiber *free, *all;
};

static char *fiber_stack(const struct fiber *f)
{
    return f->mapping + GUARD_BYTES;
}

/* ---- what the sanitizers are told ---- */

static void leave_resumer(struct fiber *f)
{
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(&f->resumer_fake, fiber_stack(f), STACK_BYTES);
#elif defined(FIBER_TSAN)
    f->tsan_resumer = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan, 0);
#else
    (void)f;
#endif
}

static void reach_resumer(struct fiber *f)
{
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(f->resumer_fake, NULL, NULL);
#else
    (void)f;
#endif
}

static void leave_fiber(struct fiber *f)
{
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(f->leaving ? NULL : &f->fake, f->resumer_stack,
                                   f->resumer_stack_bytes);
#elif defined(FIBER_TSAN)
    __tsan_switch_to_fiber(f->tsan_resumer, 0);
#else
    (void)f;
#endif
}

static void reach_fiber(struct fiber *f)
{
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(f->fake, &f->resumer_stack, &f->resumer_stack_bytes);
#else
    (void)f;
#endif
}

/* Before a stack is used again. */
static void stack_clean(struct fiber *f)
{
#ifdef FIBER_ASAN
    f->fake = NULL;
    ASAN_UNPOISON_MEMORY_REGION(fiber_stack(f), STACK_BYTES);
#elif defined(FIBER_TSAN)
    if (f->tsan == NULL) {
        f->tsan = __tsan_create_fiber(0);
    }
#else
    (void)f;
#endif
}

/* ---- switching ---- */

static void switch_away(struct fiber *f)
{
    leave_fiber(f);
    fiber_context_switch(&f->context, &f->resumer);
}

static void fiber_main(void *arg)
{
    struct fiber *f = arg;
    reach_fiber(f);
    f->fn(f->arg);
    f->state = FIBER_RETURNED;
    f->leaving = true;
    switch_away(f);
    __builtin_unreachable();
}

int fiber_resume(struct fiber *f)
{
    ASSERT(f->state == FIBER_READY || f->state == FIBER_WAITING);
    f->state = FIBER_RUNNING;
    leave_resumer(f);
    fiber_context_switch(&f->resumer, &f->context);
    reach_resumer(f);
    return f->state == FIBER_RETURNED;
}

void fiber_yield(struct fiber *f)
{
    ASSERT(f->state == FIBER_RUNNING);
    f->state = FIBER_WAITING;
    switch_away(f);
    reach_fiber(f);
    if (f->leaving) {
        switch_away(f);
        __builtin_unreachable();
    }
}

/* Ends a fiber where it stands. */
static void fiber_abandon(struct fiber *f)
{
#ifdef FIBER_ASAN
    f->leaving = true;
    leave_resumer(f);
    fiber_context_switch(&f->resumer, &f->context);
    reach_resumer(f);
#elif defined(FIBER_TSAN)
    __tsan_destroy_fiber(f->tsan); /* the calls that it was in would stay on TSan's stack of it */
    f->tsan = NULL;
#else
    (void)f;
#endif
}

/* ---- the pool ---- */

struct fiber_pool *fiber_pool_new(void)
{
    struct arena *a = arena_new("fibers", POOL_BYTES_MAX);
    struct fiber_pool *pool = NEW(a, struct fiber_pool);
    pool->arena = a;
    return pool;
}

static struct fiber *fiber_new(struct fiber_pool *pool)
{
    struct fiber *f = NEW(pool->arena, struct fiber);
    f->mapping = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    ASSERT(f->mapping != MAP_FAILED);
    ASSERT(mprotect(f->mapping, GUARD_BYTES, PROT_NONE) == 0);
    f->next_all = pool->all;
    pool->all = f;
    return f;
}

struct fiber *fiber_get(struct fiber_pool *pool, fiber_fn *fn, void *arg)
{
    struct fiber *f = pool->free;
    if (f == NULL) {
        f = fiber_new(pool);
    } else {
        pool->free = f->next_free;
    }
    stack_clean(f);
    f->fn = fn;
    f->arg = arg;
    f->state = FIBER_READY;
    f->leaving = false;
    fiber_context_init(&f->context, fiber_stack(f), STACK_BYTES, fiber_main, f);
    return f;
}

void fiber_put(struct fiber_pool *pool, struct fiber *f)
{
    ASSERT(f->state != FIBER_FREE && f->state != FIBER_RUNNING);
    if (f->state == FIBER_WAITING) {
        fiber_abandon(f);
    }
    f->state = FIBER_FREE;
    f->next_free = pool->free;
    pool->free = f;
}

static void fiber_unmap(struct fiber *f)
{
    ASSERT(f->state != FIBER_RUNNING);
    if (f->state == FIBER_WAITING) {
        fiber_abandon(f);
    }
    stack_clean(f);
#ifdef FIBER_TSAN
    __tsan_destroy_fiber(f->tsan);
#endif
    ASSERT(munmap(f->mapping, GUARD_BYTES + STACK_BYTES) == 0);
}

void fiber_pool_free(struct fiber_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (struct fiber *f = pool->all; f != NULL; f = f->next_all) {
        fiber_unmap(f);
    }
    arena_free(pool->arena);
}
