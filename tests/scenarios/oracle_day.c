#include "oracle_day.h"

void day_intend(struct oracle *o, const char *payload, bool malformed)
{
    oracle_acknowledge(o, oracle_intend(o, str_of(payload), malformed, false));
}

struct world *day_new(struct oracle **ret_oracle)
{
    struct world *w = world_new(1);
    struct oracle_options options = {
        .emulator = w->emulator, .def = w->def, .warehouse = w->warehouse};
    struct oracle *o = oracle_new(w->arena, &options);
    for (size_t i = 0; i < ORDERS; i++) {
        struct order order = order_of(i);
        day_intend(o, order.json, false);
    }
    day_intend(o, BAD, true);
    world_put_orders(w, 0, ORDERS);
    world_put_orders(w, 0, 3); /* sent twice: duplicates of those that are there */
    world_put(w, BAD);
    world_settle(w);
    *ret_oracle = o;
    return w;
}

enum err check_raw(struct world *w, struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    (void)w;
    return oracle_check_raw(o, f, d);
}

void nothing(struct world *w, struct oracle *o)
{
    (void)w, (void)o;
}

static void plant_check(const struct plant *p)
{
    struct oracle *o;
    struct diag d = DIAG_INIT;
    struct oracle_finding f = {.story = STR_EMPTY};
    struct world *w = day_new(&o);
    p->plant(w, o);
    enum err err = p->check(w, o, &f, &d);
    cr_expect_eq(err, ERR_OK, "%s: %s", p->name, d.msg);
    if (p->words == NULL) {
        cr_expect(oracle_is_well(&f), "%s: %.*s", p->name, STR_ARG(f.story));
    } else {
        cr_expect(f.rows[p->class] > 0, "%s: none is %s: %.*s", p->name, row_class_name(p->class),
                  STR_ARG(f.story));
        cr_expect(str_contains(f.story, str_of(p->words)), "%s: %.*s", p->name, STR_ARG(f.story));
    }
    world_free(w);
}

void plants_check(const struct plant *plants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        plant_check(&plants[i]);
    }
}
