/* reporting.c -- The reporter's turn: which days are closed and have changed since their report.
 * Nothing is remembered but the control totals that were listed last; a day is pending when the
 * warehouse says so (aforo_day.changes against aforo_report.changes), or when its control totals
 * are others than those that its report was reconciled with. */
#include "report_parts.h"

#include <string.h>
#include "aws/s3.h"
#include "base/instant.h"
#include "base/tree.h"
#include "pipeline/alert.h"

#define CONTROL_EVERY 30 /* turns from one listing of the control totals to the next */
#define DAYS_A_TURN 100
#define HELD_POLLS 30 /* so long is a day left alone whose differences may be on their way */

struct pending {
    struct str name;
    struct report_day day;
    bool reported;
};
struct held { /* a day that was looked at and left for later, as it was then */
    int64_t changes, until_mono_us;
    int64_t since_mono_us; /* first time in a row; INSTANT_NEVER: it was reported since */
    char control[16];
    size_t control_len;
};
struct reporting {
    struct pipeline *pipeline;
    struct arena *arena;
    struct arena *scratch; /* ends with each turn */
    struct tree *held;     /* a day's name to its struct held */
    struct arena *days;    /* ends with each listing of control totals */
    struct tree *control;  /* a day's name to the struct str of its hash */
    uint64_t turns;
    bool finishing; /* nothing is held back any more */
};

struct reporting *reporting_new(struct arena *a, struct pipeline *p)
{
    struct reporting *r = NEW(a, struct reporting);
    *r = (struct reporting){.pipeline = p, .arena = a, .held = tree_new(a)};
    r->scratch = arena_child(a, "reporting turn", ARENA_PROCESS_BYTES_MAX);
    r->days = arena_child(a, "control totals", ARENA_TASK_BYTES_MAX);
    r->control = tree_new(r->days);
    return r;
}

/* ---- what is pending ---- */

static enum err control_list(struct reporting *r, struct diag *d)
{
    struct pipeline *p = r->pipeline;
    struct str root = str_printf(r->scratch, "control/%.*s/dt=", STR_ARG(p->def->name));
    struct s3_listing listing;
    TRY(s3_list(&p->aws, p->def->bucket, root, 0, STR_EMPTY, r->scratch, &listing, d));
    arena_reset(r->days);
    r->control = tree_new(r->days);
    for (size_t i = 0; i < listing.count; i++) {
        struct str key = listing.objects[i].key;
        struct str day = str_slice(key, root.len, root.len + STR("2001-01-31").len);
        struct str *hash = tree_get(r->control, day);
        if (hash == NULL) {
            hash = NEW(r->days, struct str);
            tree_put(r->control, day, hash);
        }
        struct str next = report_control_hash(r->scratch, *hash, key, listing.objects[i].etag);
        *hash = str_copy(r->days, next);
    }
    return ERR_OK;
}

static struct pending *pending_get(struct reporting *r, struct tree *days, struct str name)
{
    struct pending *day = tree_get(days, name);
    struct diag ignored = DIAG_INIT;
    int64_t day_us;
    if (day != NULL || instant_parse(name, &day_us, &ignored) != ERR_OK) {
        return day;
    }
    const struct str *control = tree_get(r->control, name);
    day = NEW(r->scratch, struct pending);
    *day = (struct pending){.name = str_copy(r->scratch, name), .day = {.day_us = day_us}};
    day->day.control = control == NULL ? STR_EMPTY : str_copy(r->scratch, *control);
    tree_put(days, day->name, day);
    return day;
}

/* Days that have rows, refused records or control totals, up to the last closed one. */
static enum err days_read(struct reporting *r, struct str open_day, struct tree *days,
                          struct diag *d)
{
    struct pipeline *p = r->pipeline;
    struct warehouse_value params[] = {warehouse_text(p->def->name), warehouse_text(open_day)};
    struct warehouse_result rows;
    TRY(warehouse_query(
        p->warehouse,
        STR("select day, changes from aforo_day where pipeline = $1 and day < $2 order by day"),
        params, 2, r->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct pending *day = pending_get(r, days, warehouse_at(&rows, i, 0)->text);
        if (day != NULL) {
            day->day.changes = warehouse_at(&rows, i, 1)->i64;
        }
    }
    const struct tree_entry *e = tree_seek(r->control, STR_EMPTY, false);
    for (; e != NULL && str_cmp(e->key, open_day) < 0; e = tree_seek(r->control, e->key, true)) {
        (void)pending_get(r, days, e->key);
    }
    return ERR_OK;
}

static enum err reports_read(struct reporting *r, struct str open_day, struct tree *days,
                             struct diag *d)
{
    struct pipeline *p = r->pipeline;
    struct warehouse_value params[] = {warehouse_text(p->def->name),
                                       warehouse_text(p->def->report_name),
                                       warehouse_text(open_day)};
    struct warehouse_result rows;
    TRY(warehouse_query(p->warehouse,
                        STR("select day, changes, control from aforo_report where pipeline = $1 "
                            "and report = $2 and day < $3 order by day"),
                        params, 3, r->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct pending *day = tree_get(days, warehouse_at(&rows, i, 0)->text);
        if (day != NULL) {
            day->reported = day->day.changes == warehouse_at(&rows, i, 1)->i64 &&
                            str_eq(day->day.control, warehouse_at(&rows, i, 2)->text);
        }
    }
    return ERR_OK;
}

/* Nothing has come for it since it was left, and its time is not up. */
static bool is_held(const struct reporting *r, const struct pending *day)
{
    const struct held *held = tree_get(r->held, day->name);
    return held != NULL && held->changes == day->day.changes &&
           str_eq(str_n(held->control, held->control_len), day->day.control) &&
           rt_mono_us(r->pipeline->env->rt) < held->until_mono_us;
}

static void hold(struct reporting *r, const struct report_day *day)
{
    struct str name = report_day_text(r->scratch, day->day_us);
    struct held *held = tree_get(r->held, name);
    int64_t now_us = rt_mono_us(r->pipeline->env->rt);
    if (held == NULL) {
        held = NEW(r->arena, struct held);
        held->since_mono_us = INSTANT_NEVER;
        tree_put(r->held, name, held);
    }
    int64_t since_us = held->since_mono_us == INSTANT_NEVER ? now_us : held->since_mono_us;
    ASSERT(day->control.len <= sizeof(held->control));
    *held = (struct held){
        .changes = day->changes, .control_len = day->control.len, .since_mono_us = since_us};
    if (day->control.len > 0) {
        memcpy(held->control, day->control.ptr, day->control.len);
    }
    held->until_mono_us = now_us + HELD_POLLS * r->pipeline->def->poll_us;
    pipeline_log(r->pipeline, LOG_INFO, "reporting", "held", "day=%.*s", STR_ARG(name));
}

static enum err pending_find(struct reporting *r, struct report_day **ret_days, size_t *ret_count,
                             struct diag *d)
{
    int64_t now_us = rt_wall_us(r->pipeline->env->rt);
    struct str open_day = report_day_text(r->scratch, now_us - r->pipeline->def->report_grace_us);
    struct tree *days = tree_new(r->scratch);
    TRY(days_read(r, open_day, days, d));
    TRY(reports_read(r, open_day, days, d));
    struct report_day *pending = NEW_ARRAY(r->scratch, struct report_day, DAYS_A_TURN);
    size_t count = 0;
    const struct tree_entry *e = tree_seek(days, STR_EMPTY, false);
    for (; e != NULL && count < DAYS_A_TURN; e = tree_seek(days, e->key, true)) {
        const struct pending *day = e->value;
        if (!day->reported && (r->finishing || !is_held(r, day))) {
            pending[count++] = day->day;
        }
    }
    *ret_days = pending;
    *ret_count = count;
    return ERR_OK;
}

/* ---- reporting them ---- */

/* A source that goes on telling of a day must not hide for ever that it differs. */
static bool is_held_long(const struct reporting *r, int64_t day_us)
{
    const struct held *held = tree_get(r->held, report_day_text(r->scratch, day_us));
    return held != NULL && held->since_mono_us != INSTANT_NEVER &&
           rt_mono_us(r->pipeline->env->rt) - held->since_mono_us >=
               r->pipeline->def->report_grace_us;
}

static bool is_after(int64_t us, int64_t since_us)
{
    return us != INSTANT_NEVER && us > since_us;
}

/* Everything that differs has a cause which came a moment ago: the source has told of what has not
 * landed, it has not told yet of what has, or it is not loaded. After the grace it is a difference,
 * whatever the reason. */
static bool is_on_its_way(const struct reporting *r, const struct reconcile_day *day)
{
    int64_t since_us = rt_wall_us(r->pipeline->env->rt) - r->pipeline->def->report_grace_us;
    bool told = is_after(day->told_us, since_us) || is_after(day->landed_us, since_us);
    bool landed = is_after(day->unloaded_since_us, since_us);
    return day->verdict == RECONCILE_DIFFERS && !is_held_long(r, day->day_us) &&
           (!day->source_parts || told) && (!day->warehouse_parts || landed);
}

static void reported(const struct reporting *r, int64_t day_us)
{
    struct held *held = tree_get(r->held, report_day_text(r->scratch, day_us));
    if (held != NULL) {
        held->since_mono_us = INSTANT_NEVER;
    }
}

/* What could not be read may have been damaged on its way alone: such a day is reported as it
 * looks, and looked at again later, until it is read or its report is the last. */
static enum err day_publish(struct reporting *r, const struct report_day *day,
                            const struct reconcile_result *reconciled, struct diag *d)
{
    bool unread = reconciled->unread > 0 && !r->finishing;
    struct report_day noted = *day;
    noted.changes = unread ? REPORT_UNFINISHED : day->changes;
    struct arena_mark mark = arena_mark(r->scratch);
    struct report_result result;
    TRY(report_publish(r->pipeline, &noted, reconciled, r->scratch, &result, d));
    arena_rewind(r->scratch, mark);
    reported(r, day->day_us);
    if (unread) {
        hold(r, day);
    }
    return ERR_OK;
}

static enum err days_report(struct reporting *r, const struct report_day *days, size_t count,
                            size_t *ret_reported, struct diag *d)
{
    int64_t *moments = NEW_ARRAY(r->scratch, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        moments[i] = days[i].day_us;
    }
    struct reconcile_result reconciled;
    TRY(reconcile_days(r->pipeline, moments, count, r->scratch, &reconciled, d));
    for (size_t i = 0; i < count; i++) {
        const struct reconcile_day *day = &reconciled.days[i];
        if (!r->finishing && is_on_its_way(r, day)) {
            hold(r, &days[i]);
            continue;
        }
        if (day->verdict == RECONCILE_DIFFERS) {
            TRY(report_alert(r->pipeline, day, &reconciled, r->scratch, d));
        }
        TRY(day_publish(r, &days[i], &reconciled, d));
        (*ret_reported)++;
    }
    return ERR_OK;
}

/* Whoever publishes alerts may be away: reports leave all the same, and the alerts wait in their
 * table. */
static enum err alerts_send(struct reporting *r, size_t *ret_done, struct diag *d)
{
    size_t sent = 0;
    enum err err = alert_send_pending(r->pipeline, r->scratch, &sent, d);
    *ret_done += sent;
    if (!err_is_transient(err)) {
        return err;
    }
    pipeline_log(r->pipeline, LOG_WARN, "reporting", "alerts wait", "why=%s", d->msg);
    diag_clear(d);
    return ERR_OK;
}

static enum err turn(struct reporting *r, size_t *ret_done, struct diag *d)
{
    size_t count = 0;
    struct report_day *days;
    TRY(alerts_send(r, ret_done, d));
    if (r->turns % CONTROL_EVERY == 0) {
        TRY(control_list(r, d));
    }
    r->turns++;
    TRY(pending_find(r, &days, &count, d));
    if (count > 0) {
        TRY(days_report(r, days, count, ret_done, d));
        TRY(alerts_send(r, ret_done, d));
    }
    return ERR_OK;
}

enum err reporting_turn(struct reporting *r, int64_t *ret_idle_us, struct diag *d)
{
    arena_reset(r->scratch);
    size_t done = 0;
    enum err err = turn(r, &done, d);
    *ret_idle_us = err == ERR_OK && done > 0 ? 0 : r->pipeline->def->poll_us;
    if (err == ERR_OK || !err_is_transient(err)) {
        return err;
    }
    pipeline_log(r->pipeline, LOG_WARN, "reporting", "retry", "why=%s", d->msg);
    diag_clear(d);
    return ERR_OK;
}

enum err reporting_finish(struct reporting *r, struct diag *d)
{
    r->finishing = true;
    size_t done = 1;
    while (done > 0) {
        arena_reset(r->scratch);
        r->turns = 0; /* lists the control totals again */
        done = 0;
        TRY(turn(r, &done, d));
    }
    return ERR_OK;
}
