/* trial.c -- One process a trial. It sends a fixed record and then the faults that fired; the
 * parent reads one after the other, since a pipe that is full only makes its writer wait. */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"

#define FAULTS_BYTES_MAX (4 * MIB)

struct trial_record {
    int64_t ended_us;
    int32_t verdict;
    uint32_t cause_len, story_len, faults_len;
    char cause[TRIAL_CAUSE_BYTES_MAX], story[TRIAL_STORY_BYTES_MAX];
};

static uint32_t text_put(char *to, size_t room, struct str text)
{
    size_t len = text.len < room ? text.len : room;
    memcpy(to, text.ptr == NULL ? "" : text.ptr, len);
    return (uint32_t)len;
}

static bool all_written(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void trial_main(const struct trial *t, uint64_t seed, int fd)
{
    struct arena *a = arena_new("trial", ARENA_PROCESS_BYTES_MAX);
    struct run_options options = {.keep_plan = true, .trace_file = t->trace_file};
    struct run_result r = {.story = STR_EMPTY};
    struct trial_record record = {.verdict = VERDICT_BAD_INPUT};
    struct diag d = DIAG_INIT;
    struct buf faults;
    buf_init(&faults, a, FAULTS_BYTES_MAX);
    if (run_simulated(a, t->scenario, seed, &options, &r, &d) != ERR_OK) {
        record.story_len = text_put(record.story, sizeof(record.story), str_of(d.msg));
    } else {
        record.verdict = (int32_t)r.verdict;
        record.ended_us = r.virtual_us;
        record.cause_len = text_put(record.cause, sizeof(record.cause), r.cause);
        record.story_len = text_put(record.story, sizeof(record.story), r.story);
        json_write(&faults, r.plan);
    }
    record.faults_len = (uint32_t)faults.len;
    bool told = all_written(fd, (const char *)&record, sizeof(record)) &&
                all_written(fd, faults.ptr, faults.len);
    _exit(told ? 0 : 1);
}

static bool all_read(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, to, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        to += n;
        len -= (size_t)n;
    }
    return true;
}

static void trial_take(struct arena *a, struct trial *t, int fd)
{
    struct trial_record record;
    t->verdict = VERDICT_CRASH;
    t->cause = t->story = t->faults = STR_EMPTY;
    if (!all_read(fd, (char *)&record, sizeof(record))) {
        return;
    }
    char *faults = arena_alloc(a, record.faults_len + 1);
    if (all_read(fd, faults, record.faults_len)) {
        t->verdict = (enum verdict)record.verdict;
        t->cause = str_copy(a, str_n(record.cause, record.cause_len));
        t->story = str_copy(a, str_n(record.story, record.story_len));
        t->faults = str_n(faults, record.faults_len);
        t->ended_us = record.ended_us;
    }
}

static enum err trial_start(const struct trial *t, uint64_t seed, pid_t *ret_pid, int *ret_fd,
                            struct diag *d)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return fail(d, ERR_INTERNAL, "pipe: %s", strerror(errno));
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        trial_main(t, seed, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail(d, ERR_INTERNAL, "fork: %s", strerror(errno));
    }
    *ret_pid = pid;
    *ret_fd = ends[0];
    return ERR_OK;
}

enum err trials_run(struct arena *a, struct trial *trials, size_t count, uint64_t seed,
                    struct diag *d)
{
    pid_t pids[TRIALS_AT_A_TIME_MAX];
    int fds[TRIALS_AT_A_TIME_MAX];
    size_t started = 0;
    enum err err = ERR_OK;
    ASSERT(count <= TRIALS_AT_A_TIME_MAX);
    while (started < count && err == ERR_OK) {
        err = trial_start(&trials[started], seed, &pids[started], &fds[started], d);
        started += err == ERR_OK ? 1 : 0;
    }
    for (size_t i = 0; i < started; i++) {
        trial_take(a, &trials[i], fds[i]);
        close(fds[i]);
        (void)waitpid(pids[i], NULL, 0);
    }
    return err;
}
