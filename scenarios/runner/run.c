/* run.c -- One scenario, one seed, simulated: safety with faults, then they heal, then liveness
 * until all has come true. */
#include "scenarios/runner/run.h"

#include <stdio.h>
#include "base/instant.h"
#include "base/limits.h"
#include "plan.h"
#include "real_story.h"
#include "reuse.h"
#include "scenarios/sim/sim.h"
#include "world.h"

#define TICK_US_MIN (30 * US_PER_S)
#define TICKS_MAX 500 /* of a run: a long one is looked at more seldom */

/* ---- what a result tells ---- */

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {
        "pass", "fail", "bad input", "liveness", "not deterministic", "crash", "unknown"};
    return names[v];
}

static void calls_count(const struct world *w, struct run_counts *c, uint64_t *ret_conflicts)
{
    struct ledger_entry entry;
    *ret_conflicts = 0;
    for (uint64_t after = 0; emulator_ledger_next(w->emulator, after, &entry);
         after = entry.number) {
        c->calls++;
        *ret_conflicts += entry.status == 412 ? 1 : 0;
    }
}

static bool has_occurred(const struct world *w, struct str what, const struct run_counts *c,
                         const struct oracle_counts *o, uint64_t conflicts)
{
    const struct {
        struct str name;
        bool occurred;
    } all[] = {
        {STR("duplicate_delivery"), o->deliveries_twice > 0},
        {STR("fault"), c->faults_fired > 0},
        {STR("crash"), c->crashes > 0},
        {STR("quarantine"), o->quarantined > 0},
        {STR("conflict"), conflicts > 0},
        {STR("late"), o->late > 0},
        {STR("new_version"), o->report_versions > 0},
        {STR("throttle"), w->throttles > 0},
        {STR("reshard"), w->actions_done > 0},
        {STR("power_loss"),
         stage_sim(w->stage) != NULL && sim_machine_losses(stage_sim(w->stage)) > 0},
        {STR("expired"), o->expired > 0},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (str_eq(all[i].name, what)) {
            return all[i].occurred;
        }
    }
    return false;
}

static void cells_copy(const struct world *w, struct arena *a, struct run_result *r)
{
    size_t count = 0;
    for (size_t i = 0; i < w->faults->count; i++) {
        for (const struct fault_cell *c = w->faults->rules[i].cells; c != NULL; c = c->next) {
            count++;
        }
    }
    r->cells = NEW_ARRAY(a, struct run_cell, count);
    for (size_t i = 0; i < w->faults->count; i++) {
        const struct fault_rule *rule = &w->faults->rules[i];
        for (const struct fault_cell *c = rule->cells; c != NULL; c = c->next) {
            r->cells[r->cell_count++] = (struct run_cell){.rule = str_copy(a, rule->name),
                                                          .service = str_copy(a, c->service),
                                                          .operation = str_copy(a, c->operation),
                                                          .error = str_copy(a, rule->error),
                                                          .phase = rule->phase,
                                                          .matched = c->matched,
                                                          .fired = c->fired};
        }
    }
}

static void faults_count(const struct world *w, struct arena *a, struct run_result *r)
{
    r->rule_fired = NEW_ARRAY(a, uint64_t, w->faults->count);
    for (size_t i = 0; i < w->faults->count; i++) {
        const struct fault_rule *rule = &w->faults->rules[i];
        r->rule_fired[i] = rule->fired;
        r->counts.faults_by_phase[rule->phase] += rule->fired;
        r->counts.faults_fired += rule->fired;
    }
    for (size_t i = 0; i < w->actor_count; i++) {
        unsigned lives = stage_actor_lives(w->actors[i].on_stage);
        r->counts.crashes += lives > 0 ? lives - 1 : 0;
    }
}

/* Where something failed, the others were not looked at to the end. */
static void standings_fill(const struct world *w, struct arena *a, struct run_result *r)
{
    size_t count = w->scenario->expectation_count;
    r->standings = NEW_ARRAY(a, enum run_standing, count);
    for (size_t i = 0; i < count; i++) {
        const struct expectation *e = &w->scenario->expectations[i];
        bool held = w->verdict == VERDICT_PASS && world_reached(w, e, &r->counts);
        r->standings[i] = e == w->broken ? STANDING_BROKEN
                          : held         ? STANDING_HELD
                                         : STANDING_NOT_REACHED;
    }
}

static enum err result_fill(const struct world *w, struct arena *a, struct run_result *r,
                            struct diag *d)
{
    struct oracle_counts o;
    uint64_t conflicts;
    TRY(oracle_count(w->oracle, &o, d));
    r->counts = (struct run_counts){.produced = o.produced,
                                    .acknowledged = o.acknowledged,
                                    .raw_objects = o.raw_objects,
                                    .raw_records = o.raw_records,
                                    .rows = o.rows,
                                    .duplicates = o.duplicates,
                                    .quarantined = o.quarantined,
                                    .filtered = o.filtered,
                                    .alerts = o.alerts,
                                    .reports = o.reports + o.report_versions};
    faults_count(w, a, r);
    cells_copy(w, a, r);
    calls_count(w, &r->counts, &conflicts);
    standings_fill(w, a, r);
    r->occurred = NEW_ARRAY(a, bool, w->scenario->expectation_count);
    for (size_t i = 0; i < w->scenario->expectation_count; i++) {
        const struct expectation *e = &w->scenario->expectations[i];
        r->occurred[i] =
            e->when == EXPECT_SOMETIMES && has_occurred(w, e->occurs, &r->counts, &o, conflicts);
    }
    return ERR_OK;
}

static void trace_copy(char *to, size_t size, struct str trace)
{
    size_t len = trace.len < size - 1 ? trace.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        to[i] = trace.ptr[i];
    }
    to[len] = '\0';
}

static void trace_take(const struct sim *sim, struct arena *a, struct run_result *r)
{
    const uint64_t *checkpoints = sim_checkpoints(sim, &r->checkpoint_count);
    uint64_t *kept = NEW_ARRAY(a, uint64_t, r->checkpoint_count);
    for (size_t i = 0; i < r->checkpoint_count; i++) {
        kept[i] = checkpoints[i];
    }
    r->checkpoints = kept;
    r->decisions = sim_decisions(sim);
    trace_copy(r->trace, sizeof(r->trace), sim_trace(sim, a));
}

/* ---- the run ---- */

static void trace_write(void *ctx, struct str line)
{
    (void)fwrite(line.ptr, 1, line.len, ctx);
    if (line.len == 0 || line.ptr[line.len - 1] != '\n') {
        (void)fputc('\n', ctx);
    }
}

static enum stage_end phases_run(struct world *w)
{
    const struct scenario *s = w->scenario;
    int64_t tick_us = s->horizon_us / TICKS_MAX;
    stage_on_tick(w->stage, tick_us > TICK_US_MIN ? tick_us : TICK_US_MIN, judge_tick, w);
    world_start(w);
    bool by_work = s->process_count > 0; /* they decide when the faults end */
    enum stage_end end = stage_run(w->stage, by_work ? s->horizon_us : s->heal_after_us);
    if (end != STAGE_UNTIL) {
        return end;
    }
    stage_lock(w->stage);
    fault_plan_heal(w->faults);
    if (stage_sim(w->stage) != NULL) {
        sim_clocks_right(stage_sim(w->stage));
    }
    w->healed = true;
    stage_unlock(w->stage);
    return stage_run(w->stage, s->horizon_us);
}

static enum err world_judge(struct world *w, struct arena *a, const struct run_options *options,
                            FILE *trace, struct run_result *r, struct diag *d)
{
    struct world_trace sink = {.write = trace_write,
                               .ctx = trace,
                               .first = options->trace_last > 0 ? options->trace_first : 1,
                               .last = options->trace_last > 0 ? options->trace_last : UINT64_MAX};
    w->trace = trace != NULL ? &sink : NULL;
    TRY(world_open(w, d));
    struct timeline *timeline = NULL;
    struct real_story *lives = NULL;
    if (options->page_file != NULL) {
        timeline = timeline_new(w->arena);
        if (stage_sim(w->stage) != NULL) {
            sim_event_sink(stage_sim(w->stage), timeline_note, timeline);
        } else {
            lives = real_story_new(w->arena);
            stage_lives_sink(w->stage, real_story_note, lives);
        }
    }
    enum stage_end end = phases_run(w);
    r->virtual_us = stage_now_us(w->stage);
    judge_end(w, end);
    if (w->trouble.code != ERR_OK) {
        *d = w->trouble;
        return d->code;
    }
    r->verdict = w->verdict;
    r->story = str_copy(a, w->story);
    r->cause = str_copy(a, w->cause);
    if (stage_sim(w->stage) != NULL) {
        trace_take(stage_sim(w->stage), a, r);
    }
    stage_lock(w->stage);
    enum err err = result_fill(w, a, r, d);
    stage_unlock(w->stage);
    TRY(err);
    if (lives != NULL) {
        real_story_tell(lives, w->emulator, w->scenario->start_us, timeline);
    }
    if (timeline != NULL) {
        TRY(world_story(w, timeline, r, options->page_file, d));
    }
    return options->inspect != NULL ? world_inspect(w, options, r, d) : ERR_OK;
}

static enum err world_run(struct world *w, struct arena *a, const struct run_options *options,
                          struct run_result *ret_result, struct diag *d)
{
    struct run_result result = {.seed = w->seed, .story = STR_EMPTY, .cause = STR_EMPTY};
    FILE *trace = NULL;
    if (options->trace_file != NULL && (trace = fopen(options->trace_file, "wb")) == NULL) {
        return fail(d, ERR_INVALID, "%s: cannot be written", options->trace_file);
    }
    w->progress = options->progress;
    w->progress_ctx = options->ctx;
    w->arena = arena_child(a, "run", ARENA_PROCESS_BYTES_MAX);
    enum err err = world_judge(w, a, options, trace, &result, d);
    if (err == ERR_OK && options->keep_plan) {
        result.plan = plan_faults(a, w->scenario->faults, w->faults);
    }
    world_close(w);
    arena_free(w->arena);
    if (trace != NULL) {
        fclose(trace);
    }
    TRY(err);
    *ret_result = result;
    return ERR_OK;
}

enum err run_simulated(struct arena *a, const struct scenario *scenario, uint64_t seed,
                       const struct run_options *options, struct run_result *ret_result,
                       struct diag *d)
{
    struct world w = {
        .scenario = scenario, .seed = seed, .reuse = options->reuse, .trouble = DIAG_INIT};
    ASSERT(w.reuse == NULL || w.reuse->scenario == scenario);
    if (scenario->process_count > 0) {
        return fail(d, ERR_UNSUPPORTED, "%.*s: processes need a real run (--real)",
                    STR_ARG(scenario->file));
    }
    return world_run(&w, a, options, ret_result, d);
}

enum err run_real(struct arena *a, const struct scenario *scenario, uint64_t seed,
                  const struct run_options *options, struct run_result *ret_result, struct diag *d)
{
    struct world w = {.scenario = scenario,
                      .seed = seed,
                      .speed = options->speed > 0 ? options->speed : RUN_SPEED_DEFAULT,
                      .conninfo = options->conninfo,
                      .trouble = DIAG_INIT};
    if (scenario->clock_count > 0) {
        return fail(d, ERR_UNSUPPORTED, "clocks: the actors of a real run share one clock");
    }
    if (scenario->disk) {
        return fail(d, ERR_UNSUPPORTED,
                    "warehouse: {disk: true} is simulated: a real disk keeps"
                    " its power");
    }
    if (options->trace_file != NULL) {
        return fail(d, ERR_UNSUPPORTED, "a real run has no trace: nothing orders its threads");
    }
    return world_run(&w, a, options, ret_result, d);
}
