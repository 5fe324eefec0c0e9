/* judge.c -- When what is checked, and what follows from it.
 *
 * Every tick: the raw objects, since a lost record is known the moment that something behind it has
 * landed. Every tenth: the warehouse (values of rows that are new) and the alerts. After the heal,
 * once nothing is on its way any more: whatever must come true eventually; when all of it has, the
 * run is over. At the end, with every actor dead and the warehouse at rest: everything once more. A
 * failure beats everything; what has not come by the horizon, with nothing wrong so far, is a
 * matter of liveness. */
#include "world.h"

#include "base/instant.h"

#define WAREHOUSE_EVERY 10
#define REST_US (10 * US_PER_MINUTE)

/* ---- one expectation ---- */

static enum err alert_check(struct world *w, const struct expectation *e, bool complete,
                            struct oracle_finding *f, struct diag *d)
{
    struct oracle_alerts asked = {.criticality = e->any_criticality ? NULL : &e->criticality,
                                  .at_least = e->at_least,
                                  .at_most = e->when == EXPECT_NEVER ? 0 : e->at_most,
                                  .copies = e->copies,
                                  .complete = complete};
    return oracle_check_alerts(w->oracle, &asked, f, d);
}

static enum err deadline_check(struct world *w, const struct expectation *e,
                               struct oracle_finding *f, struct diag *d)
{
    const struct scenario *s = w->scenario;
    struct oracle_deadline deadline = {.now_us = stage_wall_us(w->stage),
                                       .healed_us = s->start_us + s->heal_after_us,
                                       .within_us = e->within_us,
                                       .ahead_us = w->ahead_us};
    return oracle_check_deadline(w->oracle, &deadline, f, d);
}

/* complete: nothing is on its way any more. */
static enum err expectation_check(struct world *w, const struct expectation *e, bool complete,
                                  struct oracle_finding *f, struct diag *d)
{
    switch (e->kind) {
    case EXPECT_CONSERVATION:
        return complete
                   ? oracle_check_complete(w->oracle, f, d)
                   : oracle_check_warehouse(w->oracle, w->over ? ORACLE_ALL : ORACLE_NEWS, f, d);
    case EXPECT_UNIQUE:
        return oracle_check_unique(w->oracle, e->table, e->key, f, d);
    case EXPECT_ROW_COUNT_MATCH:
        return oracle_check_counts(w->oracle, str_eq(e->by, STR("hour")) ? US_PER_HOUR : US_PER_DAY,
                                   f, d);
    case EXPECT_AGGREGATE_MATCH:
        return oracle_check_aggregates(w->oracle, e->columns, e->column_count, e->group,
                                       e->group_count, f, d);
    case EXPECT_ALERT:
        return alert_check(w, e, complete, f, d);
    case EXPECT_SQL:
        return oracle_check_sql(w->oracle, e->sql, e->equals, f, d);
    case EXPECT_REPORT_EQUALS_RECOMPUTATION:
        return oracle_check_reports(w->oracle, stage_wall_us(w->stage), f, d);
    case EXPECT_REPORT_ON_TIME:
        return deadline_check(w, e, f, d);
    case EXPECT_REPLAY_IDEMPOTENT:
        return w->over ? world_replay(w, f, d) : ERR_OK;
    case EXPECT_DURABLE:
        return oracle_check_durable(w->oracle, f, d);
    case EXPECT_RETRIES:
        oracle_check_retries(w->oracle, w->retries[e - w->scenario->expectations], f);
        break;
    case EXPECT_OCCURS:
        break;
    }
    return ERR_OK;
}

static bool expects_conservation(const struct world *w)
{
    for (size_t i = 0; i < w->scenario->expectation_count; i++) {
        if (w->scenario->expectations[i].kind == EXPECT_CONSERVATION) {
            return true;
        }
    }
    return false;
}

/* ---- the verdict ---- */

/* Which way a check failed: the first class that is a failure; empty: figures alone. */
static const char *class_of(const struct oracle_finding *f)
{
    for (int c = 0; f != NULL && c < ROW_CLASS_COUNT; c++) {
        if (f->rows[c] > 0 && c != ROW_RECOVERED) {
            return row_class_name((enum row_class)c);
        }
    }
    return "";
}

static void judged(struct world *w, enum verdict verdict, struct str what,
                   const struct oracle_finding *f)
{
    for (size_t i = 0; i < w->scenario->expectation_count && verdict == VERDICT_FAIL; i++) {
        if (w->broken == NULL && str_eq(w->scenario->expectations[i].name, what)) {
            w->broken = &w->scenario->expectations[i];
        }
    }
    w->cause = str_printf(w->arena, "%.*s %s", STR_ARG(what), class_of(f));
    struct buf story;
    buf_init(&story, w->arena, 8 * KIB);
    buf_addf(&story, "%.*s", STR_ARG(what));
    for (int c = 0; f != NULL && c < ROW_CLASS_COUNT; c++) {
        if (f->rows[c] > 0) {
            buf_addf(&story, " %s=%llu", row_class_name((enum row_class)c),
                     (unsigned long long)f->rows[c]);
        }
    }
    if (f != NULL) {
        buf_addf(&story, ": %.*s", STR_ARG(f->story));
    }
    w->verdict = verdict;
    w->story = buf_str(&story);
}

/* Something has not come. Where that is because a program was not heard of, nothing is known. */
static void missed(struct world *w, enum verdict verdict, struct str what,
                   const struct oracle_finding *f)
{
    struct str unheard = processes_unheard(w);
    judged(w, unheard.len > 0 ? VERDICT_UNKNOWN : verdict, what, f);
    if (unheard.len > 0) {
        w->story = str_printf(w->arena, "%.*s; what is missing meanwhile: %.*s", STR_ARG(unheard),
                              STR_ARG(w->story));
    }
}

/* true: go on. A warehouse that is busy is asked again at the next tick. */
static bool checked(struct world *w, enum err err, struct diag *d, struct str what,
                    const struct oracle_finding *f)
{
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        w->trouble = *d;
        judged(w, VERDICT_BAD_INPUT, str_of(d->msg), NULL);
        return false;
    }
    diag_clear(d);
    if (err == ERR_OK && !oracle_is_well(f)) {
        judged(w, VERDICT_FAIL, what, f);
        return false;
    }
    return true;
}

static bool raw_check(struct world *w)
{
    struct diag d = DIAG_INIT;
    struct oracle_finding f = {.story = STR_EMPTY};
    enum err err = oracle_check_raw(w->oracle, &f, &d);
    if (!expects_conservation(w)) {
        return true; /* read all the same: the other checks go by what has landed */
    }
    return checked(w, err, &d, STR("conservation"), &f);
}

static bool always_check(struct world *w)
{
    for (size_t i = 0; i < w->scenario->expectation_count; i++) {
        const struct expectation *e = &w->scenario->expectations[i];
        struct oracle_finding f = {.story = STR_EMPTY};
        struct diag d = DIAG_INIT;
        bool now = e->when == EXPECT_ALWAYS || e->when == EXPECT_NEVER || e->kind == EXPECT_ALERT;
        if (now && !checked(w, expectation_check(w, e, false, &f, &d), &d, e->name, &f)) {
            return false;
        }
    }
    return true;
}

/* ---- after the heal ---- */

static bool is_quiet(struct world *w, struct oracle_lag *ret_lag)
{
    struct diag d = DIAG_INIT;
    for (size_t i = 0; i < w->producer_count; i++) {
        if (!producer_is_done(w->actors[i].producer)) {
            return false;
        }
    }
    return w->actions_done == w->scenario->action_count &&
           oracle_lag(w->oracle, ret_lag, &d) == ERR_OK && oracle_lag_is_zero(ret_lag);
}

static bool is_missing(struct world *w, const struct expectation *e,
                       struct oracle_finding *ret_finding)
{
    struct oracle_finding f = {.story = STR_EMPTY};
    struct diag d = DIAG_INIT;
    if (e->when == EXPECT_SOMETIMES) {
        return false;
    }
    enum err err = expectation_check(w, e, true, &f, &d);
    if (err == ERR_OK && oracle_is_well(&f)) {
        return false;
    }
    (void)checked(w, err, &d, e->name, &(struct oracle_finding){.story = STR_EMPTY});
    *ret_finding = f;
    return true;
}

/* The first that is not true yet; NULL: all are. What was missing last time is asked first. */
static const struct expectation *first_missing(struct world *w, struct oracle_finding *ret_finding)
{
    if (w->waits_for != NULL && is_missing(w, w->waits_for, ret_finding)) {
        return w->waits_for;
    }
    for (size_t i = 0; i < w->scenario->expectation_count; i++) {
        if (is_missing(w, &w->scenario->expectations[i], ret_finding)) {
            return &w->scenario->expectations[i];
        }
    }
    return NULL;
}

/* When it must be true: counted from the heal, and not before all has been at rest for a while. */
static int64_t deadline_of(const struct world *w, const struct expectation *e)
{
    if (w->scenario->process_count > 0) {
        return processes_deadline(w);
    }
    int64_t within_us = w->scenario->heal_after_us + e->within_us;
    int64_t rest_us = w->quiet_us + REST_US;
    return within_us > rest_us ? within_us : rest_us;
}

static bool tick(struct world *w, int64_t now_us)
{
    w->checks++;
    if (w->progress != NULL) {
        w->progress(w->progress_ctx, now_us);
    }
    if (w->trouble.code != ERR_OK) {
        return false;
    }
    if (!raw_check(w) || (w->checks % WAREHOUSE_EVERY == 0 && !always_check(w))) {
        return false;
    }
    struct oracle_lag lag;
    struct oracle_finding f;
    processes_watch(w, now_us);
    struct str unstarted = processes_unstarted(w);
    if (unstarted.len > 0) {
        judged(w, VERDICT_UNKNOWN, unstarted, NULL);
        return false;
    }
    bool may_end = w->healed || w->scenario->process_count > 0; /* the sooner, the more seeds */
    if (may_end && now_us > w->scenario->heal_after_us && is_quiet(w, &lag)) {
        w->quiet_us = w->quiet_us == 0 ? now_us : w->quiet_us;
        const struct expectation *missing = first_missing(w, &f);
        w->waits_for = missing;
        w->settled = missing == NULL;
        if (missing != NULL && now_us >= deadline_of(w, missing) && w->verdict == VERDICT_PASS) {
            missed(w, VERDICT_FAIL, missing->name, &f);
        }
    }
    return !w->settled && w->verdict == VERDICT_PASS;
}

bool judge_tick(void *world, int64_t now_us)
{
    struct world *w = world;
    stage_lock(w->stage);
    bool goes_on = tick(w, now_us);
    stage_unlock(w->stage);
    return goes_on;
}

/* ---- the end ---- */

static struct str trouble_of_actors(const struct world *w)
{
    struct buf text;
    buf_init(&text, w->arena, 64 * KIB);
    for (size_t i = 0; i < w->actor_count; i++) {
        if (w->actors[i].trouble.len > 0) {
            buf_addf(&text, "; %.*s ended with: %.*s",
                     STR_ARG(stage_actor_name(w->actors[i].on_stage)),
                     STR_ARG(w->actors[i].trouble));
        }
    }
    return buf_str(&text);
}

static void liveness_failed(struct world *w, const char *why)
{
    struct oracle_lag lag = {.unacknowledged = 0};
    struct diag d = DIAG_INIT;
    struct str text = STR("the warehouse does not answer");
    if (oracle_lag(w->oracle, &lag, &d) == ERR_OK) {
        text = oracle_lag_text(&lag, w->arena);
    }
    struct str trouble = trouble_of_actors(w);
    missed(w, VERDICT_LIVENESS,
           str_printf(w->arena, "liveness: %s: %.*s%.*s", why, STR_ARG(text), STR_ARG(trouble)),
           NULL);
    w->cause = str_printf(w->arena, "liveness %s%s%s%s%s", why,
                          lag.unacknowledged > 0 ? " unacknowledged" : "",
                          lag.unlanded > 0 ? " unlanded" : "", lag.unloaded > 0 ? " unloaded" : "",
                          lag.unsent > 0 ? " unsent" : "");
}

/* With every actor dead. */
static void last_look(struct world *w, enum stage_end end, bool quiet)
{
    struct oracle_finding f = {.story = STR_EMPTY};
    if (!raw_check(w) || !always_check(w)) {
        return;
    }
    if (end == STAGE_DEADLOCK || end == STAGE_LIVELOCK) {
        liveness_failed(w, end == STAGE_DEADLOCK ? "nothing can happen any more"
                                                 : "endless work without time passing");
        return;
    }
    if (!quiet && !w->settled) {
        liveness_failed(w, "not done by the horizon");
        return;
    }
    const struct expectation *missing = first_missing(w, &f);
    if (missing != NULL && w->verdict == VERDICT_PASS) {
        missed(w, VERDICT_FAIL, missing->name, &f);
    }
}

void judge_end(struct world *w, enum stage_end end)
{
    struct oracle_lag lag;
    stage_lock(w->stage);
    bool quiet = w->verdict == VERDICT_PASS && is_quiet(w, &lag);
    stage_unlock(w->stage);
    stage_silence(w->stage);
    stage_lock(w->stage);
    w->over = true;
    if (w->verdict == VERDICT_PASS) {
        last_look(w, end, quiet);
    } else if (w->verdict == VERDICT_UNKNOWN && raw_check(w)) {
        (void)always_check(w); /* what is wrong for good beats what is not known */
    }
    stage_unlock(w->stage);
}
