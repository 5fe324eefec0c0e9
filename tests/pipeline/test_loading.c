#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/loading.h"
#include "pipeline_world.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)

static void check_totals(struct world *w, size_t orders)
{
    struct totals t = totals_of(0, orders, -1);
    cr_assert_eq(world_number(w, "select count(*) from orders"), t.count);
    cr_assert_eq(world_number(w, "select sum(amount) from orders"), t.cents);
    cr_assert_eq(world_number(w, "select sum(quantity) from orders"), t.pieces);
}

static int64_t accounted(struct world *w)
{
    return world_number(w, "select (select count(*) from orders) + (select count(*) from "
                           "aforo_duplicate) + (select count(*) from aforo_quarantine)");
}

Test(loading, accounts_for_every_record)
{
    /* Rows, repeats inside and across objects, and refused records add up to what was sent. */
    struct world *w = world_new(2);
    world_put_orders(w, 0, 150);
    world_put_orders(w, 20, 60);
    world_settle(w);
    world_put_orders(w, 100, 130);
    world_put(w, "{\"order_id\":\"bad\",\"placed\":\"2026-03-28T01:00:00Z\",\"shop\":\"nowhere\","
                 "\"amount\":1,\"quantity\":1}");
    world_put(w, "no order");
    world_settle(w);
    check_totals(w, 150);
    cr_assert_eq(world_number(w, "select count(*) from aforo_duplicate"), 70);
    cr_assert_eq(world_number(w, "select count(*) from aforo_quarantine"), 2);
    cr_assert_eq(accounted(w), 222);
    cr_assert_eq(world_number(w, "select sum(records) from aforo_loaded_object"), 222);
    cr_assert_eq(world_number(w, "select count(*) from aforo_quarantine where event_id = 'bad' and "
                                 "event_day = '" WORLD_DAY "'"),
                 1);
    cr_assert_eq(
        world_objects(w, "quarantine/orders/dt=" WORLD_DAY "/"),
        (size_t)world_number(w, "select count(distinct object_key) from aforo_quarantine"));
    world_free(w);
}

Test(loading, loads_an_object_once)
{
    /* Other lives, another loader, and one that remembers nothing: nothing changes. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 230);
    world_settle(w);
    struct str before = world_text(w, "select * from aforo_day order by day");
    for (int i = 0; i < 3; i++) {
        world_settle(w);
    }
    check_totals(w, 230);
    cr_assert_eq(world_number(w, "select count(*) from aforo_duplicate"), 0);
    cr_assert(str_eq(before, world_text(w, "select * from aforo_day order by day")));
    world_free(w);
}

Test(loading, looks_an_unknown_commit_up)
{
    /* Whether it had happened or not, the object is in once. */
    for (int way = COMMIT_LOST_BEFORE; way <= COMMIT_LOST_AFTER; way++) {
        for (size_t skip = 0; skip < 2; skip++) {
            struct world *w = world_new(1);
            struct diag d = DIAG_INIT;
            struct pipeline *p = world_open(w, NULL);
            world_put_orders(w, 0, skip * 100);
            world_settle(w);
            world_put_orders(w, skip * 100, 330);
            struct loading *loading = loading_new(p->arena, p, 0, 1);
            int64_t idle_us;
            OK(loading_turn(loading, &idle_us, &d));
            w->commit = (enum commit_way)way;
            w->commit_skip = 1 + skip; /* the first makes the tables */
            world_settle(w);
            OK(loading_turn(loading, &idle_us, &d));
            check_totals(w, 330);
            cr_assert_eq(w->commit, COMMIT_WELL, "no commit was lost");
            cr_assert_eq(accounted(w), 330, "way %d", way);
            cr_assert_eq(world_number(w, "select count(*) from aforo_duplicate"), 0);
            world_free(w);
        }
    }
}

Test(loading, tells_people_of_an_object_that_cannot_be_read)
{
    /* The others go in; it stays out while it is damaged, and one critical alert names it. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 100);
    world_settle(w);
    struct str key, body = world_object(w, "raw/orders/", 0, &key);
    struct buf damaged;
    buf_init(&damaged, w->arena, 1 * MIB);
    buf_add(&damaged, body);
    damaged.ptr[damaged.len / 2] ^= 0x20;
    struct world *other = world_new(1);
    world_put_orders(other, 100, 150);
    test_clock_advance(&other->clock, US_PER_HOUR);
    world_settle(other);
    struct str twin = str_printf(w->arena, "raw/orders/dt=" WORLD_DAY "/hh=00/shardId-000000000009-"
                                           "1.ndjson.zst");
    world_replace(other, twin, buf_str(&damaged));
    world_settle(other);
    world_settle(other);
    cr_assert_eq(world_number(other, "select count(*) from orders"), 50);
    cr_assert_eq(world_number(other, "select count(*) from aforo_alert where kind = "
                                     "'corrupt-object' and criticality = 'critical'"),
                 1);
    cr_assert_eq(world_number(other, "select count(*) from aforo_loaded_object where object_key "
                                     "like '%shardId-000000000009%'"),
                 0);
    world_replace(other, twin, body); /* mended: it is read again */
    world_settle(other);
    cr_assert_eq(world_number(other, "select count(*) from orders"), 150);
    world_free(other);
    world_free(w);
}
