/* Proves that nothing which no seed decides gets into a simulation: whoever asks libc for time,
 * randomness, sleep, threads or sockets while an actor runs, be it a library, ends the process with
 * the name of the function and of the actor; and that the same functions work everywhere else. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/limits.h"
#include "scenarios/sim/sim.h"

static bool ask_time(void)
{
    return time(NULL) > 0;
}
static bool ask_gettimeofday(void)
{
    struct timeval t;
    return gettimeofday(&t, NULL) == 0;
}
static bool ask_clock(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0;
}
static bool ask_rand(void)
{
    return rand() >= 0;
}
static bool ask_random(void)
{
    return random() >= 0;
}
static bool ask_getrandom(void)
{
    char byte;
    return getrandom(&byte, 1, 0) == 1;
}
static bool ask_entropy(void)
{
    char byte;
    return getentropy(&byte, 1) == 0;
}
static bool ask_arc4random(void)
{
    return arc4random() != arc4random() || arc4random() != 0;
}
static bool ask_nanosleep(void)
{
    return nanosleep(&(struct timespec){.tv_nsec = 1}, NULL) == 0;
}
static bool ask_usleep(void)
{
    return usleep(1) == 0;
}
static bool ask_sleep(void)
{
    return sleep(0) == 0;
}
static bool ask_clock_nanosleep(void)
{
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 1}, NULL) == 0;
}
static bool ask_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd >= 0 && close(fd) == 0;
}
static bool ask_connect(void)
{
    struct sockaddr nowhere = {.sa_family = AF_UNIX};
    return connect(-1, &nowhere, sizeof(nowhere)) == -1;
}
static bool ask_poll(void)
{
    return poll(NULL, 0, 0) == 0;
}
static bool ask_select(void)
{
    struct timeval none = {.tv_sec = 0};
    return select(0, NULL, NULL, NULL, &none) == 0;
}
static bool ask_fork(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid > 0 && waitpid(pid, NULL, 0) == pid;
}
static void *nothing(void *arg)
{
    return arg;
}
static bool ask_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}
/* By a library that nobody here wrote. */
static bool ask_sqlite(void)
{
    sqlite3 *db;
    bool asked = sqlite3_open(":memory:", &db) == SQLITE_OK &&
                 sqlite3_exec(db, "select datetime('now')", NULL, NULL, NULL) == SQLITE_OK;
    return sqlite3_close(db) == SQLITE_OK && asked;
}

static const struct row {
    const char *symbol;
    bool (*ask)(void);
} rows[] = {
    {"time", ask_time},           {"gettimeofday", ask_gettimeofday},
    {"clock_gettime", ask_clock}, {"rand", ask_rand},
    {"random", ask_random},       {"getrandom", ask_getrandom},
    {"getentropy", ask_entropy},  {"arc4random", ask_arc4random},
    {"nanosleep", ask_nanosleep}, {"usleep", ask_usleep},
    {"sleep", ask_sleep},         {"clock_nanosleep", ask_clock_nanosleep},
    {"socket", ask_socket},       {"connect", ask_connect},
    {"poll", ask_poll},           {"select", ask_select},
    {"fork", ask_fork},           {"pthread_create", ask_thread},
    {"gettimeofday", ask_sqlite},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void actor_asks(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor, (void)rt, (void)a;
    const struct row *row = arg;
    (void)row->ask();
}

/* Runs an actor that asks, in a process of its own; returns what it said on stderr. */
static void asking_run(const struct row *row, int *ret_status, char *to, size_t size)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0});
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        struct arena *arena = arena_new("test", GIB);
        struct sim_options options = {.seed = 1, .start_us = US_PER_DAY};
        struct sim *s = sim_new(arena, &options);
        (void)sim_actor_add(s, STR("asker/7"), actor_asks, (void *)(uintptr_t)row);
        (void)sim_run(s, US_PER_HOUR);
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t got; len < size - 1 && (got = read(ends[0], to + len, size - 1 - len)) > 0;) {
        len += (size_t)got;
    }
    to[len] = '\0';
    close(ends[0]);
    cr_assert_eq(waitpid(pid, ret_status, 0), pid);
}

Test(fence, ends_a_run_that_asks_the_system_by_name)
{
    char said[16384], expected[128];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        int status = 0;
        asking_run(&rows[i], &status, said, sizeof(said));
        (void)snprintf(expected, sizeof(expected), "asker/7 called %s()", rows[i].symbol);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: status %d",
                  rows[i].symbol, status);
        cr_expect(strstr(said, expected) != NULL, "%s: %s", rows[i].symbol, said);
    }
}

/* ---- where it is open ---- */

static void actor_sleeps(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    (void)actor, (void)a, (void)arg;
    while (rt_sleep(rt, US_PER_MINUTE) == ERR_OK) {
    }
}

static bool outside_asks(void *ctx, int64_t now_us)
{
    size_t *asked = ctx;
    (void)now_us;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        *asked += rows[i].ask() ? 1 : 0;
    }
    return false;
}

Test(fence, is_open_outside_of_actors)
{
    /* Before a run, between two events of it, and after it. */
    size_t asked = 0;
    (void)outside_asks(&asked, 0);
    cr_expect_eq(asked, ROW_COUNT);
    struct arena *arena = arena_new("test", GIB);
    struct sim_options options = {.seed = 1, .start_us = US_PER_DAY};
    struct sim *s = sim_new(arena, &options);
    (void)sim_actor_add(s, STR("sleeper"), actor_sleeps, NULL);
    sim_on_tick(s, 10 * US_PER_MINUTE, outside_asks, &asked);
    cr_expect_eq(sim_run(s, US_PER_HOUR), SIM_STOPPED);
    cr_expect_eq(asked, 2 * ROW_COUNT);
    sim_free(s);
    arena_free(arena);
    (void)outside_asks(&asked, 0);
    cr_expect_eq(asked, 3 * ROW_COUNT);
}

/* ---- SQLite's generator ---- */

static uint64_t sqlite_draw(uint64_t seed)
{
    uint64_t drawn;
    struct arena *arena = arena_new("test", GIB);
    struct sim_options options = {.seed = seed, .start_us = US_PER_DAY};
    struct sim *s = sim_new(arena, &options);
    sqlite3_randomness(sizeof(drawn), &drawn);
    sim_free(s);
    arena_free(arena);
    return drawn;
}

Test(fence, sqlite_draws_by_the_seed)
{
    /* Whatever the runs before have drawn. */
    uint64_t first = sqlite_draw(1);
    cr_expect_neq(sqlite_draw(2), first);
    cr_expect_eq(sqlite_draw(1), first);
}
