/* process.c -- Starting, watching and killing a process. Its number is kept until it is reaped, and
 * it is reaped under the lock under which it is killed, so that no other process can be meant. */
#include "scenarios/real/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "real_parts.h"

#define WATCH_US (10 * US_PER_MS) /* of the wall */

struct process {
    struct real_actor *actor;
    pthread_mutex_t lock;
    pid_t pid; /* and its group; 0: reaped */
};

/* ---- in the child: only what is safe between fork and exec ---- */

struct child {
    char *const *arguments, *const *environment;
    const char *log;
    pid_t parent;
};

static __attribute__((noreturn)) void child_main(const struct child *c)
{
    sigset_t none;
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != c->parent) {
        _exit(127); /* it died in between */
    }
    int log = open(c->log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) {
        _exit(127);
    }
    (void)close_range(3, ~0U, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execve("/bin/sh", c->arguments, c->environment);
    _exit(127);
}

/* ---- its environment ---- */

/* Nobody's own credentials or endpoints: what is under test must not reach the real AWS. */
static bool is_inherited(const char *entry)
{
    return strncmp(entry, "AWS_", 4) != 0 && strncmp(entry, "AFORO_", 6) != 0;
}

static char **environment_of(const struct process_options *o, struct arena *a)
{
    size_t count = 0, n = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **all = NEW_ARRAY(a, char *, count + o->environment_count + 1);
    for (size_t i = 0; i < count; i++) {
        if (is_inherited(environ[i])) {
            all[n++] = environ[i];
        }
    }
    for (size_t i = 0; i < o->environment_count; i++) {
        all[n++] = (char *)(uintptr_t)o->environment[i];
    }
    return all;
}

/* ---- killing ---- */

static void process_kill(void *process)
{
    struct process *p = process;
    pthread_mutex_lock(&p->lock);
    if (p->pid > 0) {
        (void)kill(-p->pid, SIGKILL);
    }
    pthread_mutex_unlock(&p->lock);
}

/* Ended? Then whatever it left behind in its group goes too, while its number is still its own. */
static bool process_reap(struct process *p, int options, int *ret_status)
{
    siginfo_t info = {.si_pid = 0};
    pthread_mutex_lock(&p->lock);
    bool ended = waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT | options) == 0 &&
                 info.si_pid == p->pid;
    if (ended) {
        (void)kill(-p->pid, SIGKILL);
        (void)waitpid(p->pid, ret_status, 0);
        p->pid = 0;
    }
    pthread_mutex_unlock(&p->lock);
    return ended;
}

/* The end of the life, under the world's lock. */
static void process_end(void *process)
{
    struct process *p = process;
    int status;
    if (p->actor->on_doom != NULL) { /* it was killed: else process_run has taken it away */
        p->actor->on_doom = NULL;
    }
    process_kill(p);
    if (p->pid > 0) {
        (void)process_reap(p, 0, &status);
    }
    (void)pthread_mutex_destroy(&p->lock);
}

/* ---- a life ---- */

static enum err process_start(struct process *p, const struct process_options *o, struct arena *a,
                              struct diag *d)
{
    char *arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                         (char *)(uintptr_t)o->command, NULL};
    struct child child = {.arguments = arguments,
                          .environment = environment_of(o, a),
                          .log = o->log,
                          .parent = getpid()};
    struct real *w = p->actor->world;
    pthread_mutex_lock(&w->lock); /* a kill comes before, or finds it */
    pid_t pid = atomic_load(&p->actor->doomed) ? 0 : fork();
    int error = errno;
    if (pid == 0 && !atomic_load(&p->actor->doomed)) {
        child_main(&child);
    }
    if (pid > 0) {
        (void)setpgid(pid, pid); /* whoever comes first */
        p->pid = pid;
        p->actor->on_doom = process_kill;
        p->actor->doom_ctx = p;
    }
    pthread_mutex_unlock(&w->lock);
    return pid < 0 ? fail(d, ERR_INTERNAL, "fork: %s", strerror(error)) : ERR_OK;
}

enum err process_run(struct real_actor *actor, struct rt *rt, struct arena *life,
                     const struct process_options *options, int *ret_status, struct diag *d)
{
    struct real *w = actor->world;
    struct process *p = NEW(life, struct process);
    p->actor = actor;
    ASSERT(pthread_mutex_init(&p->lock, NULL) == 0);
    arena_defer(life, process_end, p);
    TRY(process_start(p, options, life, d));
    enum err err = ERR_OK;
    while (err == ERR_OK && p->pid > 0 && !process_reap(p, WNOHANG, ret_status)) {
        err = rt_sleep(rt, WATCH_US * w->options.clock.speed);
    }
    pthread_mutex_lock(&w->lock);
    actor->on_doom = NULL;
    pthread_mutex_unlock(&w->lock);
    return err == ERR_OK ? ERR_OK : fail(d, err, "told to end");
}
