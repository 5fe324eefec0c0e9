/* fault_parts.h -- What the files of this folder share. Private. */
#ifndef AFORO_EMULATOR_FAULT_FAULT_PARTS_H
#define AFORO_EMULATOR_FAULT_FAULT_PARTS_H

#include "fault_plan.h"

/* where in a file an error is: "line:column: " */
#define AT "%u:%u: "
#define AT_ARGS(node) (node)->line, (node)->column

/* fault_read_wire.c: keys of phase wire */
MUST_USE enum err fault_read_wire(const struct json *value, struct fault_rule *rule,
                                  struct diag *d);
MUST_USE enum err fault_read_bytes(const struct json *value, struct fault_manner *m,
                                   struct diag *d);
MUST_USE enum err fault_read_code(const struct json *value, struct fault_manner *m, struct diag *d);
MUST_USE enum err fault_read_disowned(const struct json *value, struct fault_manner *m,
                                      struct diag *d);
/* What only some damage, of only some answers, can have. `tree`: the whole rule. */
MUST_USE enum err fault_check_wire(const struct fault_rule *rule, const struct json *tree,
                                   struct diag *d);
/* What a rule is about: `on`, else the coordinate's; operation NULL: any of the service. */
bool fault_is_about(const struct fault_rule *rule, const char *service, const char *operation);

/* Who a rule is to the dice: its content without its strength, its selectors' counts and its place
 * in the list. */
uint64_t fault_rule_key(const struct fault_rule *rule);

/* Each draw has a place of its own, so that one more draw here never shifts another. */
enum fault_site {
    FAULT_SITE_PROBABILITY,
    FAULT_SITE_APPLIER,
    FAULT_SITE_DURATION,
    FAULT_SITE_ENTRY,
    FAULT_SITE_LASTS,
    FAULT_SITE_PAUSE,
    FAULT_SITE_COUNT
};
#define FAULT_SITE_SWARM UINT64_C(0x737761726d)

#endif
