#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/alert.h"
#include "pipeline_world.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)

static void raise_one(struct world *w, struct pipeline *p, enum criticality c, const char *window,
                      bool commit)
{
    struct diag d = DIAG_INIT;
    OK(warehouse_begin(p->warehouse, &d));
    OK(alert_raise(p->warehouse, w->def, c, STR("test"), str_of(window), STR("look"),
                   WORLD_START_US, w->arena, &d));
    if (commit) {
        OK(warehouse_commit(p->warehouse, &d));
    } else {
        warehouse_rollback(p->warehouse);
    }
}

static size_t published(struct world *w, const char *topic)
{
    struct emulator_message message;
    size_t count = 0;
    for (uint64_t cursor = 0; emulator_message_next(w->emulator, &cursor, &message);) {
        count += str_ends(message.topic_arn, str_of(topic));
    }
    return count;
}

static size_t send(struct world *w, struct pipeline *p)
{
    struct diag d = DIAG_INIT;
    size_t sent;
    OK(alert_send_pending(p, w->arena, &sent, &d));
    return sent;
}

Test(alert, goes_to_the_topic_of_its_criticality_once)
{
    /* Three criticalities, three topics; a second raise of the same episode says nothing. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    for (int again = 0; again < 2; again++) {
        raise_one(w, p, CRITICALITY_LOW, "a", true);
        raise_one(w, p, CRITICALITY_HIGH, "b", true);
        raise_one(w, p, CRITICALITY_CRITICAL, "c", true);
        cr_assert_eq(send(w, p), again == 0 ? 3 : 0);
    }
    cr_assert_eq(published(w, ":orders-low"), 1);
    cr_assert_eq(published(w, ":orders-high"), 1);
    cr_assert_eq(published(w, ":orders-critical"), 1);
    struct emulator_message message;
    uint64_t cursor = 0;
    cr_assert(emulator_message_next(w->emulator, &cursor, &message));
    struct str id = STR_EMPTY;
    for (size_t i = 0; i < message.attribute_count; i++) {
        id = str_eq(message.attributes[i].name, STR("id")) ? message.attributes[i].value : id;
    }
    cr_assert(str_eq(id, STR("orders/test/a")), "%.*s", STR_ARG(id));
    world_free(w);
}

Test(alert, is_not_told_when_its_reason_was_rolled_back)
{
    /* Nobody hears of what never happened. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    raise_one(w, p, CRITICALITY_CRITICAL, "a", false);
    cr_assert_eq(send(w, p), 0);
    cr_assert_eq(published(w, ""), 0);
    world_free(w);
}

Test(alert, is_not_forgotten_when_a_call_fails)
{
    /* Each call on the way fails in each way: the alert is published at least once, always with its
     * id. */
    for (int way = 0; way < WAY_COUNT; way++) {
        for (size_t k = 1; k <= 2; k++) {
            struct world *w = world_new(1);
            struct diag d = DIAG_INIT;
            struct pipeline *p = world_open(w, NULL);
            size_t sent;
            raise_one(w, p, CRITICALITY_CRITICAL, "a", true);
            w->pipes.way = (enum way)way;
            w->pipes.fault_at = w->pipes.calls + k;
            w->pipes.fault_count = 3; /* as often as the client tries */
            enum err err = alert_send_pending(p, w->arena, &sent, &d);
            cr_assert(err == ERR_OK || err == ERR_CANCELLED || err_is_transient(err), "%s", d.msg);
            w->pipes.fault_at = 0;
            w->pipes.crashed = false;
            (void)send(w, world_open(w, NULL));
            cr_assert_geq(published(w, ":orders-critical"), 1, "%s at %zu", way_name((enum way)way),
                          k);
            cr_assert_eq(world_number(w, "select count(*) from aforo_alert where sent_us is null"),
                         0);
            cr_assert_eq(send(w, world_open(w, NULL)), 0);
            world_free(w);
        }
    }
}
