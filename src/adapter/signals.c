/* signals.c -- A thread of its own takes the signals by sigwait: no handler, nothing
 * that a handler may not do. SIGUSR2, blocked as well, is how signals_stop ends the wait. */
#include "adapter/signals.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "adapter/rt_threads.h"

struct signals {
    pthread_t thread;
    struct rt *rt;
};

static sigset_t watched(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR2);
    return set;
}

void signals_block(void)
{
    sigset_t set = watched();
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void *watch(void *arg)
{
    struct signals *s = arg;
    sigset_t set = watched();
    int found = 0;
    while (found != SIGUSR2) {
        if (sigwait(&set, &found) == 0 && found != SIGUSR2) {
            rt_threads_cancel_all(s->rt);
        }
    }
    return NULL;
}

enum err signals_watch(struct arena *a, struct rt *rt, struct signals **ret_signals, struct diag *d)
{
    struct signals *s = NEW(a, struct signals);
    s->rt = rt;
    int failed = pthread_create(&s->thread, NULL, watch, s);
    if (failed != 0) {
        return fail(d, ERR_INTERNAL, "no thread for signals: %s", strerror(failed));
    }
    *ret_signals = s;
    return ERR_OK;
}

void signals_stop(struct signals *s)
{
    (void)pthread_kill(s->thread, SIGUSR2);
    (void)pthread_join(s->thread, NULL);
}
