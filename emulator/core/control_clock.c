/* control_clock.c -- /_aforo/clock: freeze, set, advance, run until idle, resume. All is read
 * before any of it is done, and done in that order, whatever order the body has. */
#include "control_parts.h"

#define RUN_TIMERS_MAX 100000 /* timers that set timers could go on for ever */

struct clock_orders {
    bool freeze, set, advance, run, resume;
    int64_t set_us, advance_us;
};

static void instant_member(struct control *c, struct json_out *out, const char *key, int64_t us)
{
    struct buf text;
    buf_init(&text, c->arena, 64);
    instant_iso(&text, us);
    json_out_kstr(out, key, buf_str(&text));
}

static void clock_write(struct control *c, size_t fired)
{
    const struct core *core = c->core;
    struct json_out out;
    struct heap_item next;
    control_begin(c, &out);
    instant_member(c, &out, "now", core_now(core, c->clock_us));
    json_out_ki64(&out, "now_us", core_now(core, c->clock_us));
    json_out_kbool(&out, "frozen", core->clock.frozen);
    json_out_ki64(&out, "timers", (int64_t)core->timers.count);
    if (heap_peek(&core->timers, &next)) {
        instant_member(c, &out, "next_timer", next.at_us);
    }
    json_out_ki64(&out, "outbound", (int64_t)outbound_count(core));
    json_out_ki64(&out, "fired", (int64_t)fired);
    control_end(c, &out);
}

void control_clock_get(struct control *c)
{
    clock_write(c, 0);
}

static enum err order_read(struct clock_orders *o, const struct json *item, struct diag *d)
{
    if (str_eq(item->key, STR("set"))) {
        o->set = true;
        TRY(instant_parse(json_str(item), &o->set_us, d));
    } else if (str_eq(item->key, STR("advance"))) {
        o->advance = true;
        TRY(duration_parse(json_str(item), &o->advance_us, d));
    } else if (str_eq(item->key, STR("freeze")) && json_is(item, JSON_IS_TRUE)) {
        o->freeze = true;
    } else if (str_eq(item->key, STR("resume")) && json_is(item, JSON_IS_TRUE)) {
        o->resume = true;
    } else if (str_eq(item->key, STR("run")) && str_eq(json_str(item), STR("until_idle"))) {
        o->run = true;
    } else {
        return fail(d, ERR_INVALID,
                    "not {\"freeze\": true}, {\"set\": an instant}, {\"advance\": a duration}, "
                    "{\"run\": \"until_idle\"} or {\"resume\": true}");
    }
    return ERR_OK;
}

/* The latest instant that can be written down: 9999-12-31T23:59:59Z. */
static bool instant_fits(int64_t us)
{
    return us >= instant_of(1970, 1, 1, 0, 0, 0) && us < instant_of(9999, 12, 31, 23, 59, 59);
}

static bool orders_read(struct control *c, struct clock_orders *o)
{
    const struct json *tree;
    if (!control_body(c, &tree)) {
        return false;
    }
    struct diag d = DIAG_INIT;
    const struct json *item = tree->first;
    if (!json_is(tree, JSON_IS_OBJECT)) {
        (void)fail(&d, ERR_INVALID, "%u:%u: the clock takes an object", tree->line, tree->column);
        item = NULL;
    }
    for (; item != NULL && d.code == ERR_OK; item = item->next) {
        if (order_read(o, item, &d) != ERR_OK) {
            (void)diag_context(&d, "%u:%u: %.*s", item->line, item->column, STR_ARG(item->key));
        }
    }
    int64_t from = o->set ? o->set_us : core_now(c->core, c->clock_us);
    if (d.code == ERR_OK &&
        (o->advance_us < 0 || !instant_fits(from) || o->advance_us > INSTANT_NEVER - from ||
         !instant_fits(from + o->advance_us))) {
        (void)fail(&d, ERR_INVALID, "the clock goes from 1970 to 9999, and advances forward");
    }
    if (d.code != ERR_OK) {
        control_refuse(c, 400, str_copy(c->arena, str_of(d.msg)));
        return false;
    }
    return true;
}

/* From here on it is `now_us`, whatever the caller's clock says. */
static void clock_put(struct control *c, int64_t now_us)
{
    struct core_clock *clock = &c->core->clock;
    clock->frozen_us = now_us;
    clock->offset_us = now_us - c->clock_us;
}

void control_clock_post(struct control *c)
{
    struct clock_orders o = {.freeze = false};
    if (!orders_read(c, &o)) {
        return;
    }
    struct core *core = c->core;
    int64_t now = core_now(core, c->clock_us);
    size_t fired = 0;
    core->clock.frozen = core->clock.frozen || o.freeze;
    now = (o.set ? o.set_us : now) + o.advance_us;
    clock_put(c, now);
    fired += clock_run_timers(core, now, SIZE_MAX);
    core->now_us = now;
    if (o.run) {
        fired += clock_run_timers(core, INSTANT_NEVER - 1, RUN_TIMERS_MAX);
        clock_put(c, core->now_us);
    }
    if (o.resume) {
        core->clock.frozen = false;
    }
    clock_write(c, fired);
}
