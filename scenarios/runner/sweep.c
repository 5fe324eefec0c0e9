/* sweep.c -- Seeds over processes. Job j of n takes the seeds first + j, first + j + n ...; each
 * sends one record a seed through its pipe. A process that ends in the middle of a seed makes that
 * seed a crash, and another goes on behind it. */
#include "scenarios/runner/sweep.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"
#include "twice.h"

#define JOBS_MAX 64
#define POLL_US_MAX 1000000
#define STORY_BYTES_MAX 1500
#define EXPECTATIONS_MAX 64
#define RULES_MAX FAULT_RULES_MAX /* a plan has one for each fault that fired */

/* What a process tells of one seed. */
struct seed_record {
    uint64_t seed, place;
    int32_t verdict;
    uint32_t story_len;
    struct run_counts counts;
    uint64_t rule_fired[RULES_MAX];
    bool occurred[EXPECTATIONS_MAX];
    uint8_t standings[EXPECTATIONS_MAX];
    int64_t virtual_us, cpu_us;
    char story[STORY_BYTES_MAX];
};
struct job {
    pid_t pid; /* 0: none runs */
    int fd;
    uint64_t next;             /* the place in the sweep that it is at */
    struct seed_record record; /* as far as it has come */
    size_t received;
};
struct sweep {
    struct arena *arena;
    const struct scenario *scenario;
    const struct sweep_options *options;
    struct sweep_result *result;
    struct job jobs[JOBS_MAX];
    unsigned job_count;
    size_t rule_count;
    uint64_t places;         /* the corpus, then the range */
    struct run_reuse *reuse; /* in a job's process: from seed to seed */
    bool stop;
    int64_t began_us;
};

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- which seeds ---- */

static uint64_t seed_at(const struct sweep *s, uint64_t place)
{
    const struct sweep_options *o = s->options;
    return place < o->corpus_count ? o->corpus[place] : o->seed_first + (place - o->corpus_count);
}

static bool is_done(const struct sweep *s, uint64_t seed)
{
    size_t low = 0, high = s->options->done_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->options->done[middle].seed < seed) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < s->options->done_count && s->options->done[low].seed == seed;
}

static bool is_left_out(const struct sweep *s, uint64_t place)
{
    uint64_t seed = seed_at(s, place);
    for (size_t i = 0; place >= s->options->corpus_count && i < s->options->corpus_count; i++) {
        if (s->options->corpus[i] == seed) {
            return true; /* it came first */
        }
    }
    return is_done(s, seed);
}

/* The first place of a job from `place` on that runs. */
static uint64_t place_next(const struct sweep *s, uint64_t place)
{
    while (place < s->places && is_left_out(s, place)) {
        place += s->job_count;
    }
    return place;
}

/* ---- in the process ---- */

static void story_set(struct seed_record *r, enum verdict verdict, struct str story)
{
    r->verdict = (int32_t)verdict;
    r->story_len = (uint32_t)(story.len < STORY_BYTES_MAX ? story.len : STORY_BYTES_MAX);
    memcpy(r->story, story.ptr == NULL ? "" : story.ptr, r->story_len);
}

static enum err seed_run(struct sweep *s, uint64_t seed, struct arena *a,
                         struct run_result *ret_result, struct diag *d)
{
    struct run_options options = {
        .reuse = s->reuse, .speed = s->options->speed, .conninfo = s->options->conninfo};
    if (!s->options->real) {
        return run_simulated(a, s->scenario, seed, &options, ret_result, d);
    }
    if (s->options->pages != NULL) { /* of this very run: there is no other like it */
        options.page_file =
            str_z(a, str_printf(a, "%s/%.*s-%llu.html", s->options->pages,
                                STR_ARG(s->scenario->name), (unsigned long long)seed));
    }
    TRY(run_real(a, s->scenario, seed, &options, ret_result, d));
    if (options.page_file != NULL && ret_result->verdict == VERDICT_PASS &&
        seed != s->options->seed_first) {
        (void)unlink(options.page_file);
    }
    return ERR_OK;
}

/* The second run, which must be the first again. */
static void seed_again(struct sweep *s, struct seed_record *r, struct arena *a,
                       const struct run_result *first)
{
    struct diag d = DIAG_INIT;
    struct str parted;
    if (s->options->once) {
        return;
    }
    if (twice_run(a, s->scenario, first, s->options->fresh, s->reuse, &parted, &d) != ERR_OK) {
        story_set(r, VERDICT_BAD_INPUT, str_of(d.msg));
    } else if (parted.len > 0) {
        story_set(r, VERDICT_NOT_DETERMINISTIC, parted);
    }
}

static void seed_judge(struct sweep *s, struct seed_record *r)
{
    struct arena *a = arena_new("seed", ARENA_PROCESS_BYTES_MAX);
    struct run_result first;
    struct diag d = DIAG_INIT;
    if (seed_run(s, r->seed, a, &first, &d) != ERR_OK) {
        story_set(r, VERDICT_BAD_INPUT, str_of(d.msg));
    } else {
        story_set(r, first.verdict, first.story);
        r->counts = first.counts;
        r->virtual_us = first.virtual_us;
        memcpy(r->rule_fired, first.rule_fired, s->rule_count * sizeof(uint64_t));
        memcpy(r->occurred, first.occurred, s->scenario->expectation_count * sizeof(bool));
        for (size_t i = 0; i < s->scenario->expectation_count; i++) {
            r->standings[i] = (uint8_t)first.standings[i];
        }
        if (s->options->coverage != NULL) {
            unsigned job = (unsigned)(r->place % s->job_count);
            coverage_add(s->options->coverage, job, first.cells, first.cell_count);
        }
        seed_again(s, r, a, &first);
    }
    arena_free(a);
}

static void job_main(struct sweep *s, uint64_t from, int fd)
{
    s->reuse = run_reuse_new(s->arena, s->scenario);
    for (uint64_t place = place_next(s, from); place < s->places;
         place = place_next(s, place + s->job_count)) {
        struct seed_record r = {.seed = seed_at(s, place), .place = place};
        int64_t before_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
        seed_judge(s, &r);
        r.cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - before_us;
        if (write(fd, &r, sizeof(r)) != (ssize_t)sizeof(r)) {
            _exit(1);
        }
    }
    _exit(0);
}

/* ---- in the parent ---- */

static enum err job_start(struct sweep *s, struct job *job, struct diag *d)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return fail(d, ERR_INTERNAL, "pipe: %s", strerror(errno));
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        job_main(s, job->next, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail(d, ERR_INTERNAL, "fork: %s", strerror(errno));
    }
    job->pid = pid;
    job->fd = ends[0];
    job->received = 0;
    return ERR_OK;
}

static void failure_note(struct sweep *s, uint64_t seed, enum verdict verdict, struct str story)
{
    struct sweep_result *r = s->result;
    r->failed += verdict != VERDICT_UNKNOWN;
    r->undecided += verdict == VERDICT_UNKNOWN;
    if (r->failure_count < SWEEP_FAILURES_MAX) {
        r->failures[r->failure_count++] = (struct sweep_failure){
            .seed = seed, .verdict = verdict, .story = str_copy(s->arena, story)};
    }
    bool worse = r->verdict == VERDICT_PASS || verdict == VERDICT_FAIL ||
                 (r->verdict != VERDICT_FAIL && verdict < r->verdict);
    r->verdict = worse ? verdict : r->verdict;
    s->stop = s->stop || (s->options->fail_fast && verdict != VERDICT_UNKNOWN);
}

static void counts_add(struct run_counts *to, const struct run_counts *from)
{
    static_assert(sizeof(struct run_counts) % sizeof(uint64_t) == 0, "counts are all of one type");
    uint64_t *a = (uint64_t *)(void *)to;
    const uint64_t *b = (const uint64_t *)(const void *)from;
    for (size_t i = 0; i < sizeof(struct run_counts) / sizeof(uint64_t); i++) {
        a[i] += b[i];
    }
}

static void seed_tell(struct sweep *s, const struct seed_record *r, struct str story)
{
    enum run_standing standings[EXPECTATIONS_MAX];
    for (size_t i = 0; i < s->scenario->expectation_count; i++) {
        standings[i] = (enum run_standing)r->standings[i];
    }
    struct sweep_seed seed = {.seed = r->seed,
                              .verdict = (enum verdict)r->verdict,
                              .story = story,
                              .faults = r->counts.faults_fired,
                              .crashes = r->counts.crashes,
                              .acknowledged = r->counts.acknowledged,
                              .virtual_us = r->virtual_us,
                              .cpu_us = r->cpu_us,
                              .rule_fired = r->rule_fired,
                              .occurred = r->occurred,
                              .standings = standings};
    if (s->options->on_seed != NULL) {
        s->options->on_seed(s->options->on_seed_ctx, &seed);
    }
}

static void standing_add(struct sweep_standing *to, enum run_standing standing)
{
    to->held += standing == STANDING_HELD;
    to->broken += standing == STANDING_BROKEN;
    to->not_reached += standing == STANDING_NOT_REACHED;
}

static void record_take(struct sweep *s, const struct seed_record *r)
{
    seed_tell(s, r, str_n(r->story, r->story_len));
    struct sweep_result *to = s->result;
    to->seeds++;
    to->cpu_us += r->cpu_us;
    to->virtual_us += r->virtual_us;
    counts_add(&to->counts, &r->counts);
    for (size_t i = 0; i < s->rule_count; i++) {
        to->rule_fired[i] += r->rule_fired[i];
    }
    for (size_t i = 0; i < s->scenario->expectation_count; i++) {
        to->occurred[i] = to->occurred[i] || r->occurred[i];
        standing_add(&to->standings[i], (enum run_standing)r->standings[i]);
    }
    if (r->verdict == VERDICT_PASS) {
        to->passed++;
    } else {
        failure_note(s, r->seed, (enum verdict)r->verdict, str_n(r->story, r->story_len));
    }
    if (s->options->progress != NULL) {
        s->options->progress(s->options->progress_ctx, to->seeds, to->failed);
    }
}

/* One of an earlier sweep. */
static void seed_take(struct sweep *s, const struct sweep_seed *seed)
{
    struct sweep_result *to = s->result;
    to->seeds++;
    to->cpu_us += seed->cpu_us;
    to->virtual_us += seed->virtual_us;
    to->counts.faults_fired += seed->faults;
    to->counts.crashes += seed->crashes;
    to->counts.acknowledged += seed->acknowledged;
    for (size_t i = 0; i < s->rule_count && seed->rule_fired != NULL; i++) {
        to->rule_fired[i] += seed->rule_fired[i];
    }
    for (size_t i = 0; i < s->scenario->expectation_count && seed->standings != NULL; i++) {
        to->occurred[i] = to->occurred[i] || seed->occurred[i];
        standing_add(&to->standings[i], seed->standings[i]);
    }
    if (seed->verdict == VERDICT_PASS) {
        to->passed++;
    } else {
        failure_note(s, seed->seed, seed->verdict, seed->story);
    }
}

/* The process is gone. In the middle of its seeds: that seed crashed it, and another process takes
 * the rest. */
static enum err job_end(struct sweep *s, struct job *job, struct diag *d)
{
    int status = 0;
    close(job->fd);
    (void)waitpid(job->pid, &status, 0);
    job->pid = 0;
    if (job->next >= s->places || s->stop) {
        return ERR_OK;
    }
    struct str how =
        WIFSIGNALED(status)
            ? str_printf(s->arena, "the process was ended by signal %d (%s)", WTERMSIG(status),
                         strsignal(WTERMSIG(status)))
            : str_printf(s->arena, "the process ended with status %d", WEXITSTATUS(status));
    s->result->seeds++;
    struct seed_record crashed = {
        .seed = seed_at(s, job->next), .place = job->next, .verdict = VERDICT_CRASH};
    seed_tell(s, &crashed, how);
    failure_note(s, crashed.seed, VERDICT_CRASH, how);
    job->next = place_next(s, job->next + s->job_count);
    return job->next < s->places && !s->stop ? job_start(s, job, d) : ERR_OK;
}

static enum err job_read(struct sweep *s, struct job *job, struct diag *d)
{
    char *to = (char *)&job->record + job->received;
    ssize_t got = read(job->fd, to, sizeof(job->record) - job->received);
    if (got < 0 && errno == EINTR) {
        return ERR_OK;
    }
    if (got <= 0) {
        return job_end(s, job, d);
    }
    job->received += (size_t)got;
    if (job->received == sizeof(job->record)) {
        job->received = 0;
        job->next = place_next(s, job->record.place + s->job_count);
        record_take(s, &job->record);
    }
    return ERR_OK;
}

static void jobs_stop(struct sweep *s)
{
    for (unsigned i = 0; i < s->job_count; i++) {
        if (s->jobs[i].pid > 0) {
            (void)kill(s->jobs[i].pid, SIGKILL);
            (void)waitpid(s->jobs[i].pid, NULL, 0);
            close(s->jobs[i].fd);
            s->jobs[i].pid = 0;
        }
    }
}

/* Milliseconds until the budget is spent; -1: there is none, or the first seed has not ended: a
 * sweep of no seed would say nothing, however short its budget. */
static int budget_left_ms(struct sweep *s)
{
    if (s->options->budget_us == 0 || s->result->seeds == 0) {
        return -1;
    }
    int64_t left_us = s->began_us + s->options->budget_us - clock_us(CLOCK_MONOTONIC);
    s->stop = s->stop || left_us <= 0;
    return left_us <= 0            ? 0
           : left_us > POLL_US_MAX ? POLL_US_MAX / 1000
                                   : (int)(left_us / 1000) + 1;
}

static enum err jobs_watch(struct sweep *s, struct diag *d)
{
    for (;;) {
        int wait_ms = budget_left_ms(s);
        struct pollfd fds[JOBS_MAX];
        unsigned which[JOBS_MAX];
        nfds_t count = 0;
        for (unsigned i = 0; i < s->job_count; i++) {
            if (s->jobs[i].pid > 0) {
                which[count] = i;
                fds[count++] = (struct pollfd){.fd = s->jobs[i].fd, .events = POLLIN};
            }
        }
        if (count == 0 || s->stop) {
            return ERR_OK;
        }
        if (poll(fds, count, wait_ms) < 0 && errno != EINTR) {
            return fail(d, ERR_INTERNAL, "poll: %s", strerror(errno));
        }
        for (nfds_t i = 0; i < count; i++) {
            if (fds[i].revents != 0) {
                TRY(job_read(s, &s->jobs[which[i]], d));
            }
        }
    }
}

/* ---- the verdict ---- */

/* A fault that never fired and an occurrence that never came prove nothing. */
static void unknown_find(struct sweep *s)
{
    struct sweep_result *r = s->result;
    struct buf text;
    buf_init(&text, s->arena, 64 * KIB);
    for (size_t i = 0; i < s->rule_count; i++) {
        if (r->rule_fired[i] == 0) {
            buf_addf(&text, "%sfault %s never fired", text.len > 0 ? "; " : "", r->rule_names[i]);
        }
    }
    for (size_t i = 0; i < s->scenario->expectation_count; i++) {
        const struct expectation *e = &s->scenario->expectations[i];
        if (e->when == EXPECT_SOMETIMES && !r->occurred[i]) {
            buf_addf(&text, "%s%.*s never occurred", text.len > 0 ? "; " : "", STR_ARG(e->occurs));
        } else if (r->failed + r->undecided == 0 && r->standings[i].held == 0) {
            buf_addf(&text, "%s%.*s was not put to the test: %s", text.len > 0 ? "; " : "",
                     STR_ARG(e->name), expectation_needs(e));
        }
    }
    r->unknown = buf_str(&text);
    if (text.len > 0 && r->verdict == VERDICT_PASS) {
        r->verdict = VERDICT_UNKNOWN;
    }
}

static void failures_sort(struct sweep_result *r)
{
    for (size_t i = 1; i < r->failure_count; i++) {
        struct sweep_failure f = r->failures[i];
        size_t at = i;
        for (; at > 0 && r->failures[at - 1].seed > f.seed; at--) {
            r->failures[at] = r->failures[at - 1];
        }
        r->failures[at] = f;
    }
}

static enum err rules_name(struct sweep *s, struct diag *d)
{
    struct fault_plan plan;
    fault_plan_init(&plan, s->arena, 0);
    TRY(fault_plan_read(&plan, s->scenario->faults, d));
    if (plan.count > RULES_MAX || s->scenario->expectation_count > EXPECTATIONS_MAX) {
        return fail(d, ERR_LIMIT, "%.*s: over %d faults or %d expectations",
                    STR_ARG(s->scenario->file), RULES_MAX, EXPECTATIONS_MAX);
    }
    s->rule_count = s->result->rule_count = plan.count;
    s->result->rule_fired = NEW_ARRAY(s->arena, uint64_t, plan.count);
    s->result->rule_names = NEW_ARRAY(s->arena, const char *, plan.count);
    for (size_t i = 0; i < plan.count; i++) {
        s->result->rule_names[i] = str_z(s->arena, plan.rules[i].name);
    }
    return ERR_OK;
}

enum err sweep_run(struct arena *a, const struct scenario *scenario,
                   const struct sweep_options *options, struct sweep_result *ret_result,
                   struct diag *d)
{
    struct sweep_result result = {.verdict = VERDICT_PASS, .unknown = STR_EMPTY};
    struct sweep *s = NEW(a, struct sweep);
    *s = (struct sweep){.arena = a, .scenario = scenario, .options = options, .result = &result};
    uint64_t seeds = options->seed_last - options->seed_first + 1 + options->corpus_count;
    s->places = seeds;
    unsigned jobs = options->jobs == 0 ? 1 : options->jobs > JOBS_MAX ? JOBS_MAX : options->jobs;
    s->job_count = jobs > seeds ? (unsigned)seeds : jobs;
    result.failures = NEW_ARRAY(a, struct sweep_failure, SWEEP_FAILURES_MAX);
    result.standings = NEW_ARRAY(a, struct sweep_standing, scenario->expectation_count);
    result.occurred = NEW_ARRAY(a, bool, scenario->expectation_count);
    TRY(rules_name(s, d));
    s->began_us = clock_us(CLOCK_MONOTONIC);
    enum err err = ERR_OK;
    for (size_t i = 0; i < options->done_count; i++) {
        seed_take(s, &options->done[i]);
    }
    for (unsigned i = 0; i < s->job_count && err == ERR_OK; i++) {
        s->jobs[i].next = place_next(s, i);
        err = s->jobs[i].next < s->places ? job_start(s, &s->jobs[i], d) : ERR_OK;
    }
    err = err == ERR_OK ? jobs_watch(s, d) : err;
    jobs_stop(s);
    TRY(err);
    result.elapsed_us = clock_us(CLOCK_MONOTONIC) - s->began_us;
    for (size_t i = 0; i < options->corpus_count;
         i++) { /* what is in the range as well runs once */
        uint64_t seed = options->corpus[i];
        seeds -= seed >= options->seed_first && seed <= options->seed_last ? 1 : 0;
    }
    result.not_run = seeds > result.seeds ? seeds - result.seeds : 0;
    failures_sort(&result);
    unknown_find(s);
    *ret_result = result;
    return ERR_OK;
}
