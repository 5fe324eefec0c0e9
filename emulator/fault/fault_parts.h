/* fault_parts.h -- What the files of this folder share. Private. */
#ifndef AFORO_EMULATOR_FAULT_FAULT_PARTS_H
#define AFORO_EMULATOR_FAULT_FAULT_PARTS_H

#include "fault_plan.h"

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
