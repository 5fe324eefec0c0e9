/* fence.c -- libc's doors to the operating system, closed while an actor runs.
 *
 * A definition in the program comes before a library's for every library of the process, so SQLite,
 * zstd or OpenSSL reach these too. libc's own is the next one in the order of search; where it lies
 * is kept once it was looked up, which is the same address for every thread.
 *
 * Left out: reading and writing of files (a capture is read by the actors that play it), memory,
 * and what libc calls inside of itself. */
#include "fence.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 32

/* Who runs on this thread; nothing: the fence is open. */
static _Thread_local struct str fenced;

void fence_arm(struct str who)
{
    fenced = who;
}

void fence_disarm(void)
{
    fenced = STR_EMPTY;
}

static void fence_check(const char *symbol)
{
    if (fenced.len == 0) {
        return;
    }
    struct str who = fenced;
    void *frames[FRAMES_MAX];
    fenced = STR_EMPTY;
    (void)fprintf(stderr, "simulation: %.*s called %s(), which no seed decides\n", STR_ARG(who),
                  symbol);
    (void)fflush(stderr);
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), STDERR_FILENO);
    abort();
}

/* What comes behind this program's own. */
static void *next_of(_Atomic(void *) *kept, const char *symbol)
{
    void *next = atomic_load_explicit(kept, memory_order_relaxed);
    if (next == NULL) {
        next = dlsym(RTLD_NEXT, symbol);
        if (next == NULL) {
            (void)fprintf(stderr, "simulation: no %s() in libc\n", symbol);
            abort();
        }
        atomic_store_explicit(kept, next, memory_order_relaxed);
    }
    return next;
}

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses, readability-inconsistent-declaration-parameter-name): a type
 * takes no parentheses, and glibc's own names of parameters are reserved */
#define FENCED(type, name, params, args)                                                           \
    __attribute__((visibility("default"))) type name params                                        \
    {                                                                                              \
        static _Atomic(void *) kept;                                                               \
        type(*next) params;                                                                        \
        fence_check(#name);                                                                        \
        void *found = next_of(&kept, #name);                                                       \
        memcpy(&next, &found, sizeof(next));                                                       \
        return next args;                                                                          \
    }

FENCED(time_t, time, (time_t *t), (t))
FENCED(int, gettimeofday, (struct timeval *restrict t, void *restrict zone), (t, zone))
FENCED(int, clock_gettime, (clockid_t clock, struct timespec *t), (clock, t))
FENCED(int, rand, (void), ())
FENCED(long, random, (void), ())
FENCED(ssize_t, getrandom, (void *to, size_t len, unsigned flags), (to, len, flags))
FENCED(int, getentropy, (void *to, size_t len), (to, len))
FENCED(uint32_t, arc4random, (void), ())
FENCED(unsigned, sleep, (unsigned seconds), (seconds))
FENCED(int, usleep, (useconds_t us), (us))
FENCED(int, nanosleep, (const struct timespec *wait, struct timespec *left), (wait, left))
FENCED(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *wait, struct timespec *left),
       (clock, flags, wait, left))
FENCED(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
FENCED(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
FENCED(int, poll, (struct pollfd *fds, nfds_t count, int ms), (fds, count, ms))
FENCED(int, select, (int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict bad, struct timeval *restrict wait),
       (count, in, out, bad, wait))
FENCED(pid_t, fork, (void), ())
FENCED(int, pthread_create, (pthread_t *restrict thread, const pthread_attr_t *restrict how, void *(*fn)(void *), void *restrict arg),
       (thread, how, fn, arg))
/* NOLINTEND(bugprone-macro-parentheses, readability-inconsistent-declaration-parameter-name) */
/* clang-format on */
