/* keep.c -- A failing seed as files. */
#include "scenarios/runner/keep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/limits.h"
#include "plan.h"

#define PLAN_BYTES_MAX (64 * MIB)

/* ---- files ---- */

enum err keep_folder(const char *path, struct diag *d)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    return ERR_OK;
}

static enum err text_write(const char *path, struct str text, struct diag *d)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(text.ptr, 1, text.len, file) != text.len) {
        (void)fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    if (file != NULL && fclose(file) != 0) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    return d->code;
}

static enum err file_write(struct arena *a, struct str dir, const char *name, struct str text,
                           struct diag *d)
{
    return text_write(str_z(a, str_printf(a, "%.*s/%s", STR_ARG(dir), name)), text, d);
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

static enum err plan_write(struct arena *a, struct str dir, const char *name,
                           const struct scenario *s, uint64_t seed, struct diag *d)
{
    struct buf text;
    buf_init(&text, a, PLAN_BYTES_MAX);
    json_write_indented(&text, plan_file(a, s, seed)); /* JSON is YAML */
    return file_write(a, dir, name, buf_str(&text), d);
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
        .keep_plan = true,
        .trace_file = str_z(a, str_printf(a, "%.*s/trace.txt", STR_ARG(dir))),
        .page_file = str_z(a, str_printf(a, "%.*s/report.html", STR_ARG(dir)))};
    struct run_result r;
    TRY(run_simulated(a, s, seed, &options, &r, d));
    struct scenario full = *s;
    full.faults = r.plan;
    TRY(plan_write(a, dir, "plan.full.yaml", &full, seed, d));
    return report_write(a, dir, &r, d);
}

/* In a process of its own, since the run may crash. */
static enum err in_a_process(enum err (*work)(struct arena *a, const struct scenario *s,
                                              uint64_t seed, struct str place, struct diag *d),
                             struct arena *a, const struct scenario *s, uint64_t seed,
                             struct str place, struct diag *d)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        return fail(d, ERR_INTERNAL, "fork: %s", strerror(errno));
    }
    if (pid == 0) {
        enum err err = work(a, s, seed, place, d);
        if (err != ERR_OK) {
            (void)fprintf(stderr, "aforo run: %s\n", d->msg);
        }
        _exit(err == ERR_OK ? 0 : 1);
    }
    int status;
    return waitpid(pid, &status, 0) == pid ? ERR_OK
                                           : fail(d, ERR_INTERNAL, "waitpid: %s", strerror(errno));
}

enum err keep_failure(struct arena *a, const struct scenario *scenario, uint64_t seed,
                      const char *dir, struct diag *d)
{
    struct str folder =
        str_printf(a, "%s/%.*s-%llu", dir, STR_ARG(scenario->name), (unsigned long long)seed);
    TRY(keep_folder(dir, d));
    TRY(keep_folder(str_z(a, folder), d));
    TRY(repro_write(a, folder, scenario, seed, d));
    return in_a_process(seed_keep, a, scenario, seed, folder, d);
}

static enum err page_write(struct arena *a, const struct scenario *s, uint64_t seed,
                           struct str path, struct diag *d)
{
    struct run_options options = {.page_file = str_z(a, path)};
    struct run_result r;
    return run_simulated(a, s, seed, &options, &r, d);
}

enum err keep_page(struct arena *a, const struct scenario *scenario, uint64_t seed, const char *dir,
                   struct diag *d)
{
    struct str path =
        str_printf(a, "%s/%.*s-%llu.html", dir, STR_ARG(scenario->name), (unsigned long long)seed);
    TRY(keep_folder(dir, d));
    return in_a_process(page_write, a, scenario, seed, path, d);
}

enum err keep_shrunk(struct arena *a, const struct shrink_result *shrunk, const char *dir,
                     struct str *ret_plan, struct diag *d)
{
    const struct scenario *s = shrunk->scenario;
    struct str folder =
        str_printf(a, "%s/%.*s-%llu", dir, STR_ARG(s->name), (unsigned long long)shrunk->seed);
    TRY(keep_folder(dir, d));
    TRY(keep_folder(str_z(a, folder), d));
    TRY(plan_write(a, folder, "plan.min.yaml", s, shrunk->seed, d));
    struct str text = str_printf(a, "%.*s\n%.*s\n\n%.*s", STR_ARG(shrunk->happened),
                                 STR_ARG(shrunk->followed), STR_ARG(shrunk->difference));
    TRY(file_write(a, folder, "story.txt", text, d));
    *ret_plan = str_printf(a, "%.*s/plan.min.yaml", STR_ARG(folder));
    return ERR_OK;
}

static void comment_add(struct buf *out, struct str text)
{
    for (struct str line; str_cut(&text, '\n', &line);) {
        buf_addf(out, "# %.*s\n", STR_ARG(line));
    }
}

enum err keep_scenario(struct arena *a, const struct shrink_result *shrunk, const char *path,
                       struct diag *d)
{
    struct buf text;
    buf_init(&text, a, PLAN_BYTES_MAX);
    comment_add(&text, shrunk->happened);
    comment_add(&text, shrunk->followed);
    json_write_indented(&text, plan_file(a, shrunk->scenario, shrunk->seed));
    return text_write(path, buf_str(&text), d);
}
