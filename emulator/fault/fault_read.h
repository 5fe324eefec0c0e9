/* fault_read.h -- What the files that read rules share: the rule as far as it is read, and one
 * reader for each kind of value. Every error says where it stands. Private. */
#ifndef AFORO_EMULATOR_FAULT_FAULT_READ_H
#define AFORO_EMULATOR_FAULT_FAULT_READ_H

#include "fault_parts.h"

struct rule_reader {
    struct arena *arena;
    struct fault_rule rule;
    bool has_on, has_phase, has_at, has_kill, has_entries, has_delay, has_restart, has_sqlstate,
        has_error, has_lasts, has_pause, has_per, has_wire;
};
typedef enum err read_key_fn(struct rule_reader *r, const struct json *value, struct diag *d);

/* ---- fault_values.c ---- */
MUST_USE enum err fault_text_read(const struct json *value, struct str *ret_text, struct diag *d);
MUST_USE enum err fault_count_read(const struct json *value, uint64_t *ret_count, struct diag *d);
MUST_USE enum err fault_duration_read(const struct json *value, int64_t *ret_us, struct diag *d);
/* One duration, or [least, most]. */
MUST_USE enum err fault_durations_read(const struct json *value, int64_t *ret_min, int64_t *ret_max,
                                       struct diag *d);
MUST_USE enum err fault_ratio_read(const struct json *value, struct ratio *ret_ratio,
                                   struct diag *d);

/* ---- fault_read_when.c: keys ---- */
read_key_fn fault_read_nth, fault_read_first, fault_read_after, fault_read_every, fault_read_limit,
    fault_read_from, fault_read_until, fault_read_actor, fault_read_where, fault_read_at,
    fault_read_draw, fault_read_lasts, fault_read_pause, fault_read_per, fault_read_probability;

#endif
