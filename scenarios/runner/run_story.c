/* run_story.c -- The page of a run, gathered at its end: the timeline as far as it got, the plan,
 * and where the records of the failure went. */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "scenarios/report/run_page.h"

static const struct run_page_count *counts_of(const struct run_counts *c, struct arena *a,
                                              size_t *ret_count)
{
    const struct run_page_count all[] = {{"events of the source", c->produced},
                                         {"acknowledged", c->acknowledged},
                                         {"raw objects", c->raw_objects},
                                         {"records landed", c->raw_records},
                                         {"rows", c->rows},
                                         {"duplicates", c->duplicates},
                                         {"in quarantine", c->quarantined},
                                         {"filtered", c->filtered},
                                         {"alerts", c->alerts},
                                         {"reports", c->reports},
                                         {"calls", c->calls},
                                         {"crashes", c->crashes},
                                         {"faults", c->faults_fired}};
    *ret_count = sizeof(all) / sizeof(all[0]);
    return arena_copy(a, all, sizeof(all));
}

static enum err page_save(const char *path, struct str page, struct diag *d)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    bool written = fwrite(page.ptr, 1, page.len, file) == page.len;
    return fclose(file) == 0 && written ? ERR_OK
                                        : fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
}

enum err world_story(struct world *w, const struct timeline *timeline, const struct run_result *r,
                     const char *path, struct diag *d)
{
    const struct scenario *s = w->scenario;
    struct arena *a = arena_child(w->arena, "page of the run", ARENA_TASK_BYTES_MAX);
    struct timeline_view view = timeline_view(timeline, r->virtual_us, a);
    struct oracle_trail *trails;
    struct run_page page = {
        .scenario = s->name,
        .doc = s->doc,
        .repro = str_printf(a, "aforo run %.*s --seed %llu %s", STR_ARG(s->file),
                            (unsigned long long)r->seed, w->speed > 0 ? "--real" : "--once"),
        .seed = r->seed,
        .verdict = verdict_name(r->verdict),
        .is_well = r->verdict == VERDICT_PASS,
        .story = r->story,
        .start_us = s->start_us,
        .heal_us = w->healed ? s->heal_after_us : INT64_MAX,
        .timeline = &view,
        .faults = w->faults,
    };
    page.counts = counts_of(&r->counts, a, &page.count_count);
    TRY(oracle_trails(w->oracle, r->story, a, &trails, &page.trail_count, &page.trails_left_out,
                      d));
    page.trails = trails;
    struct buf out;
    buf_init(&out, a, 2 * RUN_PAGE_BYTES_MAX);
    run_page_write(&out, &page, a);
    TRY(page_save(path, buf_str(&out), d));
    arena_free(a);
    return ERR_OK;
}
