#include "twice.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"
#include "scenarios/runner/fingerprint.h"
#include "trace_diff.h"

#define CONTEXT_DECISIONS 4 /* of the window before, which both runs share */
#define ADDED_ARGUMENTS 8

struct twice {
    struct arena *a;
    const struct scenario *scenario;
    uint64_t seed;
    const char *const *fresh;
    struct run_reuse *reuse;
};
struct window { /* of a trace that is written to a file; last 0: none is */
    uint64_t first, last;
    const char *path;
};

/* ---- the other process ---- */

static const char **arguments_of(const struct twice *t, const char *fingerprint,
                                 const struct window *window)
{
    const char **all = NEW_ARRAY(t->a, const char *, TWICE_ARGUMENTS_MAX + ADDED_ARGUMENTS + 1);
    size_t count = 0;
    for (; t->fresh[count] != NULL; count++) {
        ASSERT(count < TWICE_ARGUMENTS_MAX);
        all[count] = t->fresh[count];
    }
    struct str seed = str_printf(t->a, "%llu", (unsigned long long)t->seed);
    all[count++] = "--seed";
    all[count++] = str_z(t->a, seed);
    all[count++] = "--fingerprint";
    all[count++] = fingerprint;
    if (window->last > 0) {
        struct str range = str_printf(t->a, "%llu..%llu", (unsigned long long)window->first,
                                      (unsigned long long)window->last);
        all[count++] = "--trace";
        all[count++] = window->path;
        all[count++] = "--trace-window";
        all[count++] = str_z(t->a, range);
    }
    all[count] = NULL;
    return all;
}

/* The environment of the other process: none of ours, and a clock of another place. */
static enum err process_run(const struct twice *t, const char *const *arguments, struct diag *d)
{
    char zone[] = "TZ=Asia/Kathmandu", locale[] = "LC_ALL=C.UTF-8";
    char *environment[] = {zone, locale, NULL};
    pid_t pid;
    int status = 0;
    int error = posix_spawn(&pid, t->fresh[0], NULL, NULL, (char *const *)(uintptr_t)arguments,
                            environment);
    if (error != 0) {
        return fail(d, ERR_INTERNAL, "%s: %s", t->fresh[0], strerror(error));
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0 ? ERR_OK
                       : fail(d, ERR_INTERNAL, "the other process ended with status %d", status);
}

static enum err line_read(struct arena *a, const char *path, struct str *ret_line, struct diag *d)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(d, ERR_INTERNAL, "%s: %s", path, strerror(errno));
    }
    struct buf text;
    buf_init(&text, a, 2 * FINGERPRINT_BYTES_MAX);
    for (size_t got = 1; got > 0 && text.len < FINGERPRINT_BYTES_MAX;) {
        char *room = buf_reserve(&text, 64 * KIB);
        got = fread(room, 1, 64 * KIB, file);
        buf_commit(&text, got);
    }
    fclose(file);
    *ret_line = str_trim(buf_str(&text));
    return ERR_OK;
}

static enum err fresh_run(const struct twice *t, const struct window *window,
                          struct fingerprint *ret_f, struct diag *d)
{
    char path[] = "/tmp/aforo-seed-XXXXXX";
    struct str line = STR_EMPTY;
    int fd = mkstemp(path);
    if (fd < 0) {
        return fail(d, ERR_INTERNAL, "%s: %s", path, strerror(errno));
    }
    close(fd);
    enum err err = process_run(t, arguments_of(t, path, window), d);
    err = err == ERR_OK ? line_read(t->a, path, &line, d) : err;
    (void)unlink(path);
    return err == ERR_OK ? fingerprint_parse(t->a, line, ret_f, d) : err;
}

/* ---- this one ---- */

static enum err warm_run(const struct twice *t, const struct window *window,
                         struct fingerprint *ret_f, struct diag *d)
{
    struct run_options options = {.reuse = t->reuse,
                                  .trace_file = window->last > 0 ? window->path : NULL,
                                  .trace_first = window->first,
                                  .trace_last = window->last};
    struct run_result *r = NEW(t->a, struct run_result);
    TRY(run_simulated(t->a, t->scenario, t->seed, &options, r, d));
    *ret_f = fingerprint_of(r);
    return ERR_OK;
}

static enum err second_run(const struct twice *t, const struct window *window,
                           struct fingerprint *ret_f, struct diag *d)
{
    return t->fresh != NULL ? fresh_run(t, window, ret_f, d) : warm_run(t, window, ret_f, d);
}

/* ---- where they part ---- */

static struct str difference(const struct twice *t, uint64_t first, uint64_t last)
{
    char one[] = "/tmp/aforo-trace-XXXXXX", other[] = "/tmp/aforo-trace-XXXXXX";
    int fds[] = {mkstemp(one), mkstemp(other)};
    struct window mine = {.first = first, .last = last, .path = one}, its = mine;
    struct fingerprint ignored;
    struct diag d = DIAG_INIT;
    its.path = other;
    bool both = fds[0] >= 0 && fds[1] >= 0 && warm_run(t, &mine, &ignored, &d) == ERR_OK &&
                second_run(t, &its, &ignored, &d) == ERR_OK;
    struct str where = both ? trace_diff(t->a, one, other) : str_of(d.msg);
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
            (void)unlink(i == 0 ? one : other);
        }
    }
    return where;
}

enum err twice_run(struct arena *a, const struct scenario *scenario, const struct run_result *first,
                   const char *const *fresh, struct run_reuse *reuse, struct str *ret_parted,
                   struct diag *d)
{
    struct twice t = {
        .a = a, .scenario = scenario, .seed = first->seed, .fresh = fresh, .reuse = reuse};
    struct fingerprint one = fingerprint_of(first), other;
    uint64_t from, to;
    *ret_parted = STR_EMPTY;
    TRY(second_run(&t, &(struct window){.last = 0}, &other, d));
    if (!fingerprint_window(&one, &other, &from, &to)) {
        return ERR_OK;
    }
    uint64_t context = from > CONTEXT_DECISIONS ? from - CONTEXT_DECISIONS : 1;
    struct str where = difference(&t, context, to);
    *ret_parted = str_printf(
        a,
        "two runs of one seed parted%s: traces %.*s and %.*s, among decisions %llu to %llu; %s%.*s",
        fresh != NULL ? ", this process and a new one" : "", STR_ARG(one.trace),
        STR_ARG(other.trace), (unsigned long long)from, (unsigned long long)to,
        where.len > 0 ? "first difference of two more:\n" : "two more are equal there",
        STR_ARG(where));
    return ERR_OK;
}
