#include "real_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "adapter/warehouse_sqlite.h"
#include "aws/s3.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/yaml.h"

#define SPEED INT64_C(200)
#define BUCKET STR("lake")

struct step {
    struct program_writer *writer;
    struct real_actor *actor;
    struct rt *rt;
    struct arena *arena;
    struct aws_client s3;
    struct aws_config config;
    struct warehouse *warehouse;
};

static void handle_close(void *handle)
{
    (*(unsigned *)handle)++;
}

static void maybe_die(struct step *s)
{
    struct program_writer *w = s->writer;
    if (++w->steps == w->kill_at_step) {
        real_actor_kill(w->program->world, s->actor, 5 * US_PER_S);
    }
}

/* ---- the warehouse: a failure is tried again from the transaction's beginning ---- */

static enum err row_write(struct step *s, int64_t number, struct diag *d)
{
    struct warehouse_value values[] = {warehouse_text(s->writer->name), warehouse_i64(number)};
    TRY(warehouse_begin(s->warehouse, d));
    TRY(warehouse_exec(s->warehouse, STR("INSERT OR IGNORE INTO done VALUES ($1, $2)"), values, 2,
                       NULL, d));
    return warehouse_commit(s->warehouse, d);
}

static enum err rows_count(struct step *s, int64_t *ret_count, struct diag *d)
{
    struct warehouse_result result;
    struct warehouse_value name = warehouse_text(s->writer->name);
    TRY(warehouse_query(s->warehouse, STR("SELECT count(*) FROM done WHERE name = $1"), &name, 1,
                        s->arena, &result, d));
    *ret_count = warehouse_at(&result, 0, 0)->i64;
    return ERR_OK;
}

/* ---- a life ---- */

static void step_open(struct step *s)
{
    struct program *p = s->writer->program;
    struct diag d = DIAG_INIT;
    struct transport *transport;
    struct warehouse *inner;
    struct warehouse_sqlite_options sqlite = {.path = p->path, .busy_ms = 10000};
    s->writer->opened++;
    arena_defer(s->arena, handle_close, &s->writer->closed);
    s->config.region = STR("us-east-1");
    s->config.endpoint = str_printf(s->arena, "http://127.0.0.1:%u", front_port(p->front));
    s->config.credentials =
        (struct credentials){.access_key = s->writer->name, .secret_key = STR("test")};
    s->config.attempt_timeout_us = 10 * SPEED * US_PER_S;
    ASSERT(real_transport_open(s->actor, s->arena, &transport, &d) == ERR_OK);
    aws_client_init(&s->s3, s->rt, transport, &s->config);
    ASSERT(warehouse_sqlite_open(s->arena, &sqlite, &inner, &d) == ERR_OK);
    s->warehouse = real_warehouse_wrap(s->actor, s->arena, inner);
}

/* A key that is there already is a PUT of ours whose answer was lost. */
static bool key_write(struct step *s, int64_t number)
{
    struct str key = str_printf(s->arena, "%.*s/%02d", STR_ARG(s->writer->name), (int)number);
    struct s3_put_options options = {.if_none_match = true};
    struct s3_object object;
    for (;;) {
        struct diag d = DIAG_INIT;
        enum err err = s3_put(&s->s3, BUCKET, key, key, &options, s->arena, &object, &d);
        if (err == ERR_OK || err == ERR_CONFLICT) {
            return true;
        }
        if (err == ERR_CANCELLED || rt_sleep(s->rt, US_PER_S) != ERR_OK) {
            return false;
        }
    }
}

struct ticker {
    struct rt_event *event;
};

static void ticker_run(struct rt *rt, void *arg)
{
    struct ticker *t = arg;
    while (rt_sleep(rt, US_PER_S) == ERR_OK) {
        rt_event_signal(rt, t->event);
    }
}

static bool number_write(struct step *s, int64_t number)
{
    struct diag d = DIAG_INIT;
    maybe_die(s);
    if (!key_write(s, number)) {
        return false;
    }
    maybe_die(s);
    while (row_write(s, number, &d) != ERR_OK) {
        warehouse_rollback(s->warehouse);
        diag_clear(&d);
        if (rt_sleep(s->rt, US_PER_S) != ERR_OK) {
            return false;
        }
    }
    maybe_die(s);
    return true;
}

static void writer_run(struct real_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct step *s = NEW(a, struct step);
    *s = (struct step){.writer = arg, .actor = actor, .rt = rt};
    s->arena = arena_child(a, "program", 64 * MIB);
    step_open(s);
    struct ticker *t = NEW(a, struct ticker);
    t->event = rt_event_new(rt, a);
    struct rt_task *task = rt_spawn(rt, "ticker", ticker_run, t);
    int64_t number = 0;
    uint64_t ticks = 0;
    struct diag d = DIAG_INIT;
    while (rows_count(s, &number, &d) != ERR_OK && rt_sleep(rt, US_PER_S) == ERR_OK) {
        diag_clear(&d);
    }
    while (number < PROGRAM_KEYS && number_write(s, number)) {
        number++;
        if (rt_event_wait(rt, t->event, ticks, rt_mono_us(rt) + 3 * US_PER_S) == ERR_OK) {
            ticks = rt_event_count(rt, t->event);
        }
    }
    rt_cancel(rt, task);
    rt_join(rt, task);
}

/* ---- the world ---- */

static int64_t wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void database_make(struct program *p)
{
    struct diag d = DIAG_INIT;
    struct warehouse *w;
    strcpy(p->path, "/tmp/aforo-real-XXXXXX");
    int fd = mkstemp(p->path);
    ASSERT(fd >= 0);
    close(fd);
    struct warehouse_sqlite_options sqlite = {.path = p->path};
    struct arena *a = arena_new("setup", 64 * MIB);
    ASSERT(warehouse_sqlite_open(a, &sqlite, &w, &d) == ERR_OK);
    ASSERT(warehouse_exec(
               w, STR("CREATE TABLE done (name TEXT, number INTEGER, UNIQUE (name, number))"), NULL,
               0, NULL, &d) == ERR_OK);
    arena_free(a);
}

static void bucket_make(struct program *p, struct arena *a)
{
    struct http_request request;
    http_request_init(&request, a, "PUT", STR("127.0.0.1"), STR("/lake"));
    struct emulator_outcome o =
        emulator_dispatch(p->emulator, &request, STR("setup"), p->clock.start_us, a);
    ASSERT(o.response.status == 200);
}

struct program *program_new(struct arena *a, uint64_t seed, const char *rules)
{
    struct program *p = NEW(a, struct program);
    struct diag d = DIAG_INIT;
    p->arena = a;
    p->clock =
        (struct front_clock){.origin_us = wall_us(), .start_us = 3650 * US_PER_DAY, .speed = SPEED};
    struct emulator_options options = {.seed = seed, .start_us = p->clock.start_us};
    p->emulator = emulator_new(a, &options);
    bucket_make(p, a);
    database_make(p);
    if (rules != NULL) {
        struct json *list;
        ASSERT(yaml_parse(a, str_of(rules), &list, &d) == ERR_OK);
        ASSERT(fault_plan_read(emulator_faults(p->emulator), list, &d) == ERR_OK);
    }
    struct front_options front = {.clock = p->clock};
    ASSERT(front_start(a, p->emulator, &front, &p->front, &d) == ERR_OK);
    struct real_options world = {
        .seed = seed, .front = p->front, .clock = p->clock, .faults = emulator_faults(p->emulator)};
    p->world = real_new(a, &world);
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        struct program_writer *w = &p->writers[i];
        w->program = p;
        w->name = str_printf(a, "writer/%u", i);
        w->actor = real_actor_add(p->world, w->name, writer_run, w);
    }
    return p;
}

static int64_t rows_in(struct program *p)
{
    struct diag d = DIAG_INIT;
    struct warehouse *w;
    struct warehouse_result result;
    struct warehouse_sqlite_options sqlite = {.path = p->path};
    ASSERT(warehouse_sqlite_open(p->arena, &sqlite, &w, &d) == ERR_OK);
    ASSERT(warehouse_query(w, STR("SELECT count(*) FROM done"), NULL, 0, p->arena, &result, &d) ==
           ERR_OK);
    int64_t count = warehouse_at(&result, 0, 0)->i64;
    warehouse_close(w);
    return count;
}

bool program_holds(struct program *p)
{
    struct emulator_object object = {.key = STR_EMPTY};
    unsigned keys = 0;
    bool holds = rows_in(p) == (int64_t)PROGRAM_WRITERS * PROGRAM_KEYS;
    front_lock(p->front);
    while (emulator_object_next(p->emulator, BUCKET, object.key, p->arena, &object)) {
        keys++;
        holds = holds && str_eq(object.key, object.body);
    }
    front_unlock(p->front);
    for (unsigned i = 0; i < PROGRAM_WRITERS; i++) {
        struct program_writer *w = &p->writers[i];
        /* A life that is killed before its first step has opened nothing. */
        holds = holds && real_actor_done(w->actor) && w->opened == w->closed &&
                w->opened <= real_actor_lives(w->actor);
    }
    return holds && keys == PROGRAM_WRITERS * PROGRAM_KEYS;
}

void program_free(struct program *p)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    real_free(p->world);
    front_stop(p->front);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct str path = str_printf(p->arena, "%s%s", p->path, endings[i]);
        (void)unlink(str_z(p->arena, path));
    }
}
