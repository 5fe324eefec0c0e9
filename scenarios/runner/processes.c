/* processes.c -- Actors that are a user's own processes: what they find in their environment, and
 * what supervises them. */
#include "world.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/instant.h"
#include "base/limits.h"
#include "temp_folder.h"

#define RESTART_US (10 * US_PER_S) /* what supervises it starts it again after so long */
#define VARIABLES_MAX 24
/* Of the wall: an interpreter on a busy machine takes seconds to begin. */
#define IDLE_WALL_US (5 * US_PER_S) /* without work, and the faults end */
#define REST_WALL_US (8 * US_PER_S) /* without work after that, and what is missing is lost */
#define LOOKS_MIN 3 /* but not before each has looked so often what there is to do */
#define LOOKS_WALL_US US_PER_MINUTE /* for which it is waited so long, on a busier machine */
#define STARTS_MAX 4                /* without a call: then it never makes one */
#define TAIL_BYTES 2000             /* of its words, in a failure */

/* ---- where its words go ---- */

static struct str log_path(const struct world *w, const struct world_actor *actor)
{
    struct str name = str_copy(w->arena, stage_actor_name(actor->on_stage));
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/') {
            ((char *)(uintptr_t)name.ptr)[i] = '-';
        }
    }
    return str_printf(w->arena, "%s/%.*s.log", w->log_folder, STR_ARG(name));
}

enum err processes_open(struct world *w, struct diag *d)
{
    if (w->scenario->process_count == 0) {
        return ERR_OK;
    }
    return temp_folder_make(w->arena, "aforo-exec", &w->log_folder, d);
}

/* The last lines of what it said. */
static void tail_print(const char *path, struct str name)
{
    char text[TAIL_BYTES + 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return;
    }
    (void)fseek(file, 0, SEEK_END);
    long size = ftell(file);
    (void)fseek(file, size > TAIL_BYTES ? size - TAIL_BYTES : 0, SEEK_SET);
    size_t got = fread(text, 1, TAIL_BYTES, file);
    (void)fclose(file);
    struct str rest = str_n(text, got), line;
    if (size > TAIL_BYTES) {
        (void)str_cut(&rest, '\n', &line); /* not whole */
    }
    while (str_cut(&rest, '\n', &line)) {
        (void)fprintf(stderr, "  %.*s | %.*s\n", STR_ARG(name), STR_ARG(line));
    }
}

void processes_close(struct world *w, bool failed)
{
    if (w->log_folder == NULL) {
        return;
    }
    for (size_t i = 0; i < w->actor_count; i++) {
        if (w->actors[i].log == NULL) {
            continue;
        }
        if (failed) {
            tail_print(w->actors[i].log, w->actors[i].name);
        }
        (void)unlink(w->actors[i].log);
    }
    temp_folder_remove(w->log_folder);
}

/* ---- what it finds ---- */

static const char *const *environment_of(const struct world_actor *actor, struct arena *a,
                                         size_t *ret_count)
{
    const struct world *w = actor->world;
    const struct scenario *s = w->scenario;
    struct str name = actor->name, endpoint = stage_endpoint(w->stage);
    const struct {
        const char *name;
        struct str value;
    } all[] = {
        {"AWS_ENDPOINT_URL", endpoint},
        {"AWS_ACCESS_KEY_ID", name},
        {"AWS_SECRET_ACCESS_KEY", STR("test")},
        {"AWS_REGION", STR("us-east-1")},
        {"AWS_DEFAULT_REGION", STR("us-east-1")},
        {"AWS_EC2_METADATA_DISABLED", STR("true")},
        {"AWS_CONFIG_FILE", STR("/dev/null")},
        {"AWS_SHARED_CREDENTIALS_FILE", STR("/dev/null")},
        {"NO_PROXY", STR("127.0.0.1")},
        {"AFORO_ACTOR", name},
        {"AFORO_LIFE", str_printf(a, "%u", stage_actor_lives(actor->on_stage))},
        {"AFORO_SEED", str_printf(a, "%llu", (unsigned long long)w->seed)},
        {"AFORO_SPEED", str_printf(a, "%lld", (long long)w->speed)},
        {"AFORO_PIPELINE", s->pipeline->name},
        {"AFORO_STREAM", s->stream},
        {"AFORO_BUCKET", s->pipeline->bucket},
        {"AFORO_TABLE", s->pipeline->table},
        {"AFORO_WAREHOUSE", database_url(w->database, a)},
    };
    static_assert(sizeof(all) / sizeof(all[0]) <= VARIABLES_MAX, "room for all of them");
    const char **variables = NEW_ARRAY(a, const char *, VARIABLES_MAX);
    *ret_count = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < *ret_count; i++) {
        variables[i] = str_z(a, str_printf(a, "%s=%.*s", all[i].name, STR_ARG(all[i].value)));
    }
    return variables;
}

/* ---- lives ---- */

static void trouble_note(struct world_actor *actor, struct str trouble)
{
    struct world *w = actor->world;
    stage_lock(w->stage);
    actor->trouble = str_copy(w->arena, trouble);
    stage_unlock(w->stage);
}

static void start_note(struct world_actor *actor)
{
    struct world *w = actor->world;
    stage_lock(w->stage);
    actor->starts++;
    stage_unlock(w->stage);
}

static struct str end_of(int status, struct arena *a)
{
    return WIFSIGNALED(status) ? str_printf(a, "signal %d", WTERMSIG(status))
                               : str_printf(a, "exit status %d", WEXITSTATUS(status));
}

/* A process that ends in trouble is started again a while later; one that exits with 0 is done. */
static void process_entry(struct stage_actor *self, struct rt *rt, struct arena *a, void *arg)
{
    struct world_actor *actor = arg;
    while (!rt_cancelled(rt)) {
        struct diag d = DIAG_INIT;
        struct arena *one = arena_child(a, "process", ARENA_TASK_BYTES_MAX);
        struct process_options options = {.command = str_z(one, actor->command), .log = actor->log};
        int status = 0;
        start_note(actor);
        options.environment = environment_of(actor, one, &options.environment_count);
        enum err err = stage_process_run(self, rt, one, &options, &status, &d);
        if (err == ERR_OK && status == 0) {
            return;
        }
        trouble_note(actor, err == ERR_OK ? end_of(status, one) : str_of(d.msg));
        arena_free(one);
        if (rt_sleep(rt, RESTART_US) != ERR_OK) {
            return;
        }
    }
}

/* ---- how far they are ---- */

static void look_note(struct world *w, struct str actor)
{
    for (size_t i = 0; i < w->actor_count; i++) {
        if (str_eq(w->actors[i].name, actor)) {
            w->actors[i].calls++;
            w->actors[i].looks++;
            w->actors[i].silent = false;
        }
    }
}

/* A process that lives and may not know of what there is to do. */
static bool is_unheard(const struct world_actor *a)
{
    return a->log != NULL && a->looks < LOOKS_MIN && !stage_actor_done(a->on_stage);
}

/* Each process knows of what there is to do, or has had its time. */
static bool have_looked(const struct world *w, int64_t now_us)
{
    bool waits = now_us - w->worked_us < LOOKS_WALL_US * w->speed;
    for (size_t i = 0; i < w->actor_count && waits; i++) {
        if (is_unheard(&w->actors[i]) && !w->actors[i].silent) {
            return false;
        }
    }
    return true;
}

static void looks_forget(struct world *w)
{
    for (size_t i = 0; i < w->actor_count; i++) {
        w->actors[i].looks = 0;
    }
}

static bool has_worked(struct world *w)
{
    struct ledger_entry entry;
    unsigned lives = 0;
    bool worked = false;
    for (; emulator_ledger_next(w->emulator, w->ledger_seen, &entry);
         w->ledger_seen = entry.number) {
        bool reads = str_starts(entry.operation, STR("Get")) ||
                     str_starts(entry.operation, STR("List")) ||
                     str_starts(entry.operation, STR("Describe"));
        worked = worked || (entry.applied && !reads);
        look_note(w, entry.actor);
    }
    for (size_t i = 0; i < w->actor_count; i++) {
        lives += stage_actor_lives(w->actors[i].on_stage);
    }
    worked = worked || lives != w->lives_seen;
    w->lives_seen = lives;
    return worked;
}

void processes_watch(struct world *w, int64_t now_us)
{
    if (w->scenario->process_count == 0) {
        return;
    }
    if (has_worked(w)) {
        w->worked_us = now_us;
        looks_forget(w);
    }
    bool idle = now_us - w->worked_us > IDLE_WALL_US * w->speed && have_looked(w, now_us);
    if (!w->healed && idle && now_us > w->scenario->heal_after_us) {
        fault_plan_heal(w->faults);
        w->healed = true;
        w->worked_us = now_us;
        for (size_t i = 0; i < w->actor_count; i++) {
            w->actors[i].silent = w->actors[i].looks < LOOKS_MIN;
        }
        looks_forget(w);
    }
}

int64_t processes_deadline(const struct world *w)
{
    bool may_end = w->healed && have_looked(w, stage_now_us(w->stage));
    return may_end ? w->worked_us + REST_WALL_US * w->speed : INSTANT_NEVER;
}

struct str processes_unheard(const struct world *w)
{
    struct buf text;
    buf_init(&text, w->arena, 8 * KIB);
    for (size_t i = 0; i < w->actor_count; i++) {
        const struct world_actor *a = &w->actors[i];
        if (is_unheard(a)) {
            buf_addf(&text, "%s%.*s made %u calls in the minute that it had (%llu in all, life %u)",
                     text.len > 0 ? ", " : "", STR_ARG(a->name), a->looks,
                     (unsigned long long)a->calls, stage_actor_lives(a->on_stage));
        }
    }
    if (text.len > 0) {
        buf_add_z(&text, ": it hangs, or this machine had no time for it");
    }
    return buf_str(&text);
}

struct str processes_unstarted(const struct world *w)
{
    for (size_t i = 0; i < w->actor_count; i++) {
        const struct world_actor *a = &w->actors[i];
        if (a->log != NULL && a->calls == 0 && a->starts >= STARTS_MAX) {
            return str_printf(w->arena, "%.*s ended %u times before its first call: %.*s",
                              STR_ARG(a->name), a->starts - 1, STR_ARG(a->trouble));
        }
    }
    return STR_EMPTY;
}

void processes_add(struct world *w)
{
    for (size_t i = 0; i < w->scenario->process_count; i++) {
        const struct scenario_process *process = &w->scenario->processes[i];
        for (unsigned n = 0; n < process->count; n++) {
            struct world_actor *actor = &w->actors[w->actor_count++];
            actor->world = w;
            actor->command = process->command;
            actor->name = str_printf(w->arena, "%.*s/%u", STR_ARG(process->name), n);
            actor->on_stage = stage_actor_add(w->stage, actor->name, process_entry, actor);
            actor->log = str_z(w->arena, log_path(w, actor));
        }
    }
}
