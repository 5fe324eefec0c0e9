/* oracle_day.h -- A day of the orders pipeline that went well, with the source's ledger of it, and
 * what is planted in it: a violation, the check that must see it, and what that says. */
#ifndef AFORO_TESTS_SCENARIOS_ORACLE_DAY_H
#define AFORO_TESTS_SCENARIOS_ORACLE_DAY_H

#include <criterion/criterion.h>

#include "base/instant.h"
#include "pipeline_world.h"
#include "scenarios/oracle/oracle.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define ORDERS 40
#define BAD "{\"order_id\":\"bad\",\"placed\":\"2026-03-28T01:00:00Z\",\"shop\":\"nowhere\"}"

struct world *day_new(struct oracle **ret_oracle); /* landed and loaded; world_free ends it */
/* Noted as sent and acknowledged, and nothing else. */
void day_intend(struct oracle *o, const char *payload, bool malformed);

typedef enum err check_fn(struct world *w, struct oracle *o, struct oracle_finding *f,
                          struct diag *d);
typedef void plant_fn(struct world *w, struct oracle *o);
check_fn check_raw;
plant_fn nothing;

struct plant {
    const char *name;
    plant_fn *plant;
    check_fn *check;
    enum row_class class;
    const char *words; /* of the story; NULL: all is well */
};
void plants_check(const struct plant *plants, size_t count); /* each in a day of its own */

#endif
