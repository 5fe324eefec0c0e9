/* keep.c -- A failing seed as files. */
#include "scenarios/runner/keep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"

#define PLAN_BYTES_MAX (64 * MIB)

/* ---- the plan ---- */

static void durations_set(struct arena *a, struct json *fault, const char *key, int64_t least_us,
                          int64_t most_us)
{
    struct json *list = json_set(a, fault, key, JSON_IS_ARRAY);
    json_add(list, STR_EMPTY, json_new_str(a, str_printf(a, "%lldus", (long long)least_us)));
    json_add(list, STR_EMPTY, json_new_str(a, str_printf(a, "%lldus", (long long)most_us)));
}

static struct json *fault_of(struct arena *a, const struct fault_plan *plan,
                             const struct fault_fired *fired)
{
    const struct fault_rule *rule = &plan->rules[fired->rule];
    struct json *fault = json_new(a, JSON_IS_OBJECT);
    struct buf at;
    buf_init(&at, a, 4 * KIB);
    fault_coordinate(&at, fired);
    json_set_str(a, fault, "at", buf_str(&at));
    json_set_str(a, fault, "phase", str_of(fault_phase_name(fired->phase)));
    if (rule->error.len > 0) {
        json_set_str(a, fault, str_eq(fired->service, STR("warehouse")) ? "sqlstate" : "error",
                     str_copy(a, rule->error));
    }
    if (fired->phase == FAULT_PARTIAL && rule->entries.den > 0) {
        json_set_str(a, fault, "entries",
                     str_printf(a, "%u/%u", rule->entries.num, rule->entries.den));
    }
    if (fired->phase == FAULT_DELAY) {
        durations_set(a, fault, "delay", rule->delay_min_us, rule->delay_max_us);
    }
    if (fired->phase == FAULT_KILL) {
        durations_set(a, fault, "restart_after", rule->restart_min_us, rule->restart_max_us);
    }
    return fault;
}

struct json *keep_plan(struct arena *a, const struct fault_plan *plan)
{
    struct json *list = json_new(a, JSON_IS_ARRAY);
    for (size_t i = 0; i < plan->fired_count && i < FAULT_RULES_MAX; i++) {
        json_add(list, STR_EMPTY, fault_of(a, plan, &plan->fired[i]));
    }
    return list;
}

/* ---- files ---- */

static enum err folder_make(const char *path, struct diag *d)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    return ERR_OK;
}

static enum err file_write(struct arena *a, struct str dir, const char *name, struct str text,
                           struct diag *d)
{
    const char *path = str_z(a, str_printf(a, "%.*s/%s", STR_ARG(dir), name));
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(text.ptr, 1, text.len, file) != text.len) {
        (void)fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    if (file != NULL && fclose(file) != 0) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    return d->code;
}

static enum err repro_write(struct arena *a, struct str dir, const struct scenario *s,
                            uint64_t seed, struct diag *d)
{
    struct str text = str_printf(
        a,
        "#!/bin/sh\n# Fails again, as seed %llu. From the folder in which the sweep ran.\n"
        "exec aforo run '%.*s' --seed %llu --once\n",
        (unsigned long long)seed, STR_ARG(s->file), (unsigned long long)seed);
    TRY(file_write(a, dir, "repro.sh", text, d));
    (void)chmod(str_z(a, str_printf(a, "%.*s/repro.sh", STR_ARG(dir))), 0755);
    return ERR_OK;
}

/* With the same children, for another parent. */
static struct json *copy_of(struct arena *a, const struct json *node)
{
    struct json *copy = NEW(a, struct json);
    *copy = *node;
    copy->next = NULL;
    return copy;
}

/* The scenario's own file with other faults: one seed, no swarm. JSON is YAML. */
static enum err plan_write(struct arena *a, struct str dir, const struct scenario *s,
                           const struct run_result *r, struct diag *d)
{
    struct json *root = json_new(a, JSON_IS_OBJECT);
    for (const struct json *child = s->root->first; child != NULL; child = child->next) {
        if (!str_eq(child->key, STR("faults"))) {
            json_add(root, child->key, copy_of(a, child));
        }
    }
    json_add(root, STR("faults"), r->plan);
    struct json *run = json_new(a, JSON_IS_OBJECT);
    const struct json *old = json_get(root, STR("run"));
    for (const struct json *child = old == NULL ? NULL : old->first; child != NULL;
         child = child->next) {
        if (!str_eq(child->key, STR("swarm")) && !str_eq(child->key, STR("seeds"))) {
            json_add(run, child->key, copy_of(a, child));
        }
    }
    json_set_str(a, run, "seeds", str_printf(a, "%llu", (unsigned long long)r->seed));
    for (struct json *child = root->first; child != NULL; child = child->next) {
        if (str_eq(child->key, STR("run"))) {
            child->first = run->first;
            child->last = run->last;
            child->count = run->count;
        }
    }
    struct buf text;
    buf_init(&text, a, PLAN_BYTES_MAX);
    json_write_indented(&text, root);
    return file_write(a, dir, "plan.full.yaml", buf_str(&text), d);
}

static enum err report_write(struct arena *a, struct str dir, const struct run_result *r,
                             struct diag *d)
{
    struct json *report = json_new(a, JSON_IS_OBJECT);
    json_set_i64(a, report, "seed", (int64_t)r->seed);
    json_set_str(a, report, "verdict", str_of(verdict_name(r->verdict)));
    json_set_str(a, report, "story", r->story);
    json_set_str(a, report, "trace", str_of(r->trace));
    struct json *counts = json_set(a, report, "counts", JSON_IS_OBJECT);
    const struct run_counts *c = &r->counts;
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"produced", c->produced},
               {"acknowledged", c->acknowledged},
               {"raw_objects", c->raw_objects},
               {"raw_records", c->raw_records},
               {"rows", c->rows},
               {"duplicates", c->duplicates},
               {"quarantined", c->quarantined},
               {"filtered", c->filtered},
               {"alerts", c->alerts},
               {"reports", c->reports},
               {"calls", c->calls},
               {"crashes", c->crashes},
               {"faults", c->faults_fired}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        json_set_i64(a, counts, all[i].name, (int64_t)all[i].value);
    }
    struct buf text;
    buf_init(&text, a, 1 * MIB);
    json_write_indented(&text, report);
    return file_write(a, dir, "report.json", buf_str(&text), d);
}

static enum err seed_keep(struct arena *a, const struct scenario *s, uint64_t seed, struct str dir,
                          struct diag *d)
{
    struct run_options options = {
        .keep_plan = true, .trace_file = str_z(a, str_printf(a, "%.*s/trace.txt", STR_ARG(dir)))};
    struct run_result r;
    TRY(run_simulated(a, s, seed, &options, &r, d));
    TRY(plan_write(a, dir, s, &r, d));
    return report_write(a, dir, &r, d);
}

enum err keep_failure(struct arena *a, const struct scenario *scenario, uint64_t seed,
                      const char *dir, struct diag *d)
{
    struct str folder =
        str_printf(a, "%s/%.*s-%llu", dir, STR_ARG(scenario->name), (unsigned long long)seed);
    TRY(folder_make(dir, d));
    TRY(folder_make(str_z(a, folder), d));
    TRY(repro_write(a, folder, scenario, seed, d));
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        return fail(d, ERR_INTERNAL, "fork: %s", strerror(errno));
    }
    if (pid == 0) {
        enum err err = seed_keep(a, scenario, seed, folder, d);
        if (err != ERR_OK) {
            (void)fprintf(stderr, "aforo run: %s\n", d->msg);
        }
        _exit(err == ERR_OK ? 0 : 1);
    }
    int status;
    return waitpid(pid, &status, 0) == pid ? ERR_OK
                                           : fail(d, ERR_INTERNAL, "waitpid: %s", strerror(errno));
}
