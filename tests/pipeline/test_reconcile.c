#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/capture.h"
#include "pipeline/reconcile.h"
#include "pipeline_world.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define ORDERS 700

static struct reconcile_result reconcile(struct world *w)
{
    struct diag d = DIAG_INIT;
    struct pipeline *p = world_open(w, NULL);
    struct reconcile_result r;
    OK(reconcile_run(p, WORLD_START_US, WORLD_START_US + US_PER_DAY, w->arena, &r, &d));
    return r;
}

static const struct reconcile_line *line_of(const struct reconcile_result *r, const char *window,
                                            const char *measure)
{
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->lines[i].window, str_of(window)) &&
            str_eq(r->lines[i].measure, str_of(measure))) {
            return &r->lines[i];
        }
    }
    return NULL;
}

static void check_line(const struct reconcile_result *r, const char *window, const char *measure,
                       const char *want)
{
    const struct reconcile_line *line = line_of(r, window, measure);
    cr_assert(line != NULL, "%s %s", window, measure);
    cr_assert(str_eq(line->source, str_of(want)) && str_eq(line->raw, str_of(want)) &&
                  str_eq(line->warehouse, str_of(want)) && line->hop.len == 0,
              "%s %s: %.*s %.*s %.*s, not %s", window, measure, STR_ARG(line->source),
              STR_ARG(line->raw), STR_ARG(line->warehouse), want);
}

/* A day with repeats and one refused record, landed, loaded, and told of by two producers. */
static struct world *day_new(void)
{
    struct world *w = world_new(2);
    world_put_orders(w, 0, ORDERS);
    world_put_orders(w, 30, 60);
    world_put(w, "{\"order_id\":\"bad\",\"placed\":\"2026-03-28T01:00:00Z\",\"shop\":\"nowhere\"}");
    world_settle(w);
    world_control(w, "a", 0, 300, 0);
    world_control(w, "b", 300, ORDERS, 0);
    return w;
}

Test(reconcile, finds_three_equal_sides)
{
    /* Every window and measure against plain arithmetic over what was sent. */
    struct world *w = day_new();
    struct reconcile_result r = reconcile(w);
    char text[64], window[64];
    cr_assert_eq(r.verdict, RECONCILE_MATCH);
    cr_assert_eq(r.differing, 0);
    for (int shop = -1; shop < SHOP_COUNT; shop++) {
        struct totals t = totals_of(0, ORDERS, shop);
        snprintf(window, sizeof(window), "%s%s%s", WORLD_DAY, shop < 0 ? "" : "/",
                 shop < 0 ? "" : SHOPS[shop]);
        snprintf(text, sizeof(text), "%" PRId64, t.count);
        check_line(&r, window, "count", text);
        snprintf(text, sizeof(text), "%" PRId64 ".%02" PRId64, t.cents / 100, t.cents % 100);
        check_line(&r, window, "sum(amount)", text);
        snprintf(text, sizeof(text), "%" PRId64, t.pieces);
        check_line(&r, window, "sum(quantity)", text);
    }
    const struct reconcile_line *min = line_of(&r, WORLD_DAY, "min(quantity)");
    cr_assert(str_eq(min->raw, STR("1")) && str_eq(min->warehouse, STR("1")));
    cr_assert(str_eq(min->source, STR("-")), "the source told no minimum");
    cr_assert_eq(r.raw_records, ORDERS + 30 + 1);
    cr_assert_eq(r.rows, ORDERS);
    cr_assert_eq(r.duplicates, 30);
    cr_assert_eq(r.quarantined, 1);
    cr_assert_eq(r.raw_objects, world_objects(w, "raw/"));
    world_free(w);
}

Test(reconcile, says_when_there_is_no_source)
{
    /* Two sides that agree are no match of three. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 50);
    world_settle(w);
    struct reconcile_result r = reconcile(w);
    cr_assert_eq(r.verdict, RECONCILE_NO_SOURCE);
    cr_assert(str_eq(line_of(&r, WORLD_DAY, "count")->source, STR("-")));
    world_free(w);
}

/* ---- what is planted ---- */

static void lose_at_source(struct world *w)
{
    world_control(w, "a", 0, 300, 1);
}

static void source_says_less(struct world *w)
{
    world_control(w, "b", 300, ORDERS - 1, 0);
}

static void source_is_garbled(struct world *w)
{
    world_replace(w, STR("control/orders/dt=" WORLD_DAY "/a.json"), STR("{\"schema\":1,"));
}

static void lose_raw_object(struct world *w)
{
    struct str key;
    (void)world_object(w, "raw/orders/", 2, &key);
    world_delete(w, key);
}

static void damage_raw_object(struct world *w)
{
    struct str key, body = world_object(w, "raw/orders/", 1, &key);
    char *bytes = arena_copy(w->arena, body.ptr, body.len);
    bytes[body.len / 3] ^= 4;
    world_replace(w, key, str_n(bytes, body.len));
}

/* Writes one raw object again with its n-th record changed: by a function, or left out. */
static void rewrite(struct world *w, bool drop)
{
    struct diag d = DIAG_INIT;
    struct str key, body = world_object(w, "raw/orders/", 3, &key);
    struct capture_record *records;
    size_t count;
    OK(capture_read(w->arena, body, &records, &count, &d));
    size_t at = str_find_str(records[5].data, STR("\"amount\":")) + 9;
    char *bytes = arena_copy(w->arena, records[5].data.ptr, records[5].data.len);
    bytes[at] = bytes[at] == '9' ? '8' : '9';
    records[5].data = str_n(bytes, records[5].data.len);
    world_replace(w, key,
                  capture_write(w->arena, drop ? records + 1 : records, drop ? count - 1 : count));
}

static void alter_raw(struct world *w)
{
    rewrite(w, false);
}

static void drop_from_raw(struct world *w)
{
    rewrite(w, true);
}

static void not_loaded(struct world *w)
{
    struct order o = order_of(ORDERS + 1);
    struct capture_record record = {.sequence_number = STR("7"), .data = str_of(o.json)};
    record.arrived_us = WORLD_START_US + 40 * US_PER_DAY;
    world_replace(w, STR("raw/orders/dt=2026-05-07/hh=00/shardId-000000000009-7.ndjson.zst"),
                  capture_write(w->arena, &record, 1));
}

static void lose_row(struct world *w)
{
    world_exec(w, "delete from orders where order_id = 'o-000123'");
}

static void double_row(struct world *w)
{
    world_exec(w, "insert into orders select order_id || 'x', placed, shop, amount, quantity, "
                  "kind, aforo_object, aforo_ordinal + 100000 from orders where order_id = "
                  "'o-000123'");
}

static void alter_by_a_cent(struct world *w)
{
    world_exec(w, "update orders set amount = amount + 1 where order_id = 'o-000123'");
}

static void alter_and_even_out(struct world *w)
{
    world_exec(w, "update orders set quantity = quantity + 1 where order_id = 'o-000099'");
    world_exec(w, "update orders set quantity = quantity - 1 where order_id = 'o-000049'");
}

static void swap_shops(struct world *w)
{
    world_exec(w, "update orders set shop = 'lyon' where order_id = 'o-000000'");
}

static void move_to_another_day(struct world *w)
{
    world_exec(w, "update orders set placed = placed + 86400000000 where order_id = 'o-000010'");
}

static void lose_quarantine(struct world *w)
{
    world_exec(w, "delete from aforo_quarantine");
}

static void lose_duplicate(struct world *w)
{
    world_exec(w, "delete from aforo_duplicate where event_id = 'o-000031'");
}

static const struct plant {
    const char *what;
    void (*plant)(struct world *w);
    const char *window, *measure, *hop; /* a line that must be among those that differ */
    bool count_is_off;                  /* of the day */
} PLANTS[] = {
    {"lost at the source", lose_at_source, WORLD_DAY, "count", "source-raw", true},
    {"source says less", source_says_less, WORLD_DAY, "sum(amount)", "source-raw", true},
    {"source is garbled", source_is_garbled, WORLD_DAY,
     "control totals in control/orders/dt=" WORLD_DAY "/a.json", "source-raw", true},
    {"raw object lost", lose_raw_object, WORLD_DAY, "count", "source-raw, raw-warehouse", true},
    {"raw object damaged", damage_raw_object, WORLD_DAY, "count", "source-raw, raw-warehouse",
     true},
    {"raw altered", alter_raw, WORLD_DAY, "sum(amount)", "source-raw, raw-warehouse", false},
    {"raw record dropped", drop_from_raw, WORLD_DAY, "count", "source-raw, raw-warehouse", true},
    {"late and not loaded", not_loaded, WORLD_DAY, "count", "source-raw, raw-warehouse", true},
    {"row lost", lose_row, WORLD_DAY, "count", "raw-warehouse", true},
    {"row doubled", double_row, WORLD_DAY, "count", "raw-warehouse", true},
    {"a cent more", alter_by_a_cent, WORLD_DAY, "sum(amount)", "raw-warehouse", false},
    {"evened out", alter_and_even_out, WORLD_DAY, "max(quantity)", "raw-warehouse", false},
    {"shops swapped", swap_shops, WORLD_DAY "/lyon", "count", "raw-warehouse", false},
    {"moved to another day", move_to_another_day, WORLD_DAY, "count", "raw-warehouse", true},
    {"quarantine swallowed", lose_quarantine, "all", "records", "raw-warehouse", false},
    {"duplicate not noted", lose_duplicate, "all", "records", "raw-warehouse", false},
};

Test(reconcile, finds_what_is_planted_and_says_where)
{
    /* A loss, a double, a change at each hop, however small: never a false green. */
    for (size_t i = 0; i < sizeof(PLANTS) / sizeof(PLANTS[0]); i++) {
        const struct plant *plant = &PLANTS[i];
        struct world *w = day_new();
        plant->plant(w);
        struct reconcile_result r = reconcile(w);
        cr_assert_eq(r.verdict, RECONCILE_DIFFERS, "%s", plant->what);
        const struct reconcile_line *line = line_of(&r, plant->window, plant->measure);
        cr_assert(line != NULL, "%s: no line %s %s", plant->what, plant->window, plant->measure);
        cr_assert(str_eq(line->hop, str_of(plant->hop)), "%s: %.*s", plant->what,
                  STR_ARG(line->hop));
        cr_assert(line < r.lines + r.differing, "%s: those that differ come first", plant->what);
        line = line_of(&r, WORLD_DAY, "count");
        cr_assert_eq(line->hop.len > 0, plant->count_is_off, "%s: count %.*s", plant->what,
                     STR_ARG(line->hop));
        cr_assert_eq(r.days[0].verdict, RECONCILE_DIFFERS, "%s", plant->what);
        world_free(w);
    }
}

Test(reconcile, finds_a_late_rows_loss)
{
    /* The row came by an object of a much later day; the object's own count gives it away. */
    struct world *w = day_new();
    test_clock_advance(&w->clock, 20 * US_PER_DAY);
    world_put_orders(w, ORDERS, ORDERS + 1);
    world_settle(w);
    world_control(w, "c", ORDERS, ORDERS + 1, 0);
    cr_assert_eq(reconcile(w).verdict, RECONCILE_MATCH);
    world_exec(w, "delete from orders where order_id = 'o-000700'");
    struct reconcile_result r = reconcile(w);
    cr_assert_eq(r.verdict, RECONCILE_DIFFERS);
    cr_assert(str_eq(line_of(&r, WORLD_DAY, "count")->hop, STR("raw-warehouse")));
    world_free(w);
}

Test(reconcile, keeps_other_days_out)
{
    /* An object of another day that waits to be loaded is not this day's trouble. */
    struct world *w = day_new();
    struct order o = order_of(1200);
    struct capture_record record = {.sequence_number = STR("7"), .data = str_of(o.json)};
    char *later = arena_copy(w->arena, o.json, sizeof(o.json));
    size_t at = str_find_str(str_of(later), STR("2026-03-28"));
    later[at + 9] = '9';
    record.data = str_of(later);
    world_replace(w, STR("raw/orders/dt=2026-03-29/hh=00/shardId-000000000009-7.ndjson.zst"),
                  capture_write(w->arena, &record, 1));
    cr_assert_eq(reconcile(w).verdict, RECONCILE_MATCH);
    struct diag d = DIAG_INIT;
    struct pipeline *p = world_open(w, NULL);
    struct reconcile_result r;
    OK(reconcile_run(p, WORLD_START_US, WORLD_START_US + 2 * US_PER_DAY, w->arena, &r, &d));
    cr_assert_eq(r.verdict, RECONCILE_DIFFERS);
    cr_assert_eq(r.days[0].verdict, RECONCILE_MATCH);
    cr_assert_eq(r.days[1].verdict, RECONCILE_DIFFERS);
    cr_assert_eq(r.days[0].unloaded_since_us, INSTANT_NEVER);
    cr_assert_lt(r.days[1].unloaded_since_us, INSTANT_NEVER);
    world_free(w);
}

Test(reconcile, draws_a_table)
{
    /* Numbers stand to the right, and what differs comes first. */
    struct world *w = day_new();
    lose_row(w);
    struct reconcile_result r = reconcile(w);
    struct buf table;
    buf_init(&table, w->arena, 1 * MIB);
    reconcile_table(&table, &r, 3);
    struct str rest = buf_str(&table), line;
    cr_assert(str_cut(&rest, '\n', &line) && str_starts(line, STR("window")));
    cr_assert(str_cut(&rest, '\n', &line) && str_starts(line, STR(WORLD_DAY "  count")));
    cr_assert(str_contains(line, STR(" 700      700        699  raw-warehouse")) ||
                  str_ends(line, STR("  699  raw-warehouse")),
              "%.*s", STR_ARG(line));
    cr_assert(str_contains(rest, STR("... and ")) && str_contains(rest, STR("differs: ")));
    world_free(w);
}
