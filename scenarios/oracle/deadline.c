/* deadline.c -- Reports leave in time: a day's first version neither before the day is closed (its
 * end and the grace) nor long after. When an object was written is the store's word for it. */
#include "oracle_parts.h"

/* When the first version was written; INSTANT_NEVER: there is none. */
static int64_t first_written_us(struct oracle *o, struct str day)
{
    struct str key = str_printf(o->scratch, "reports/%.*s/dt=%.*s/v=1/report.json",
                                STR_ARG(o->in.def->report_name), STR_ARG(day));
    struct str before = str_slice(key, 0, key.len - 1); /* what follows it is the key itself */
    struct emulator_object object;
    if (emulator_object_next(o->in.emulator, o->in.def->bucket, before, o->scratch, &object) &&
        str_eq(object.key, key)) {
        return object.modified_us;
    }
    return INSTANT_NEVER;
}

static void day_check(struct oracle *o, struct str day, int64_t closed_us,
                      const struct oracle_deadline *deadline, struct oracle_finding *f)
{
    int64_t from_us = closed_us > deadline->healed_us ? closed_us : deadline->healed_us;
    int64_t latest_us = from_us + deadline->within_us, now_us = deadline->now_us;
    int64_t written_us = first_written_us(o, day);
    if (written_us == INSTANT_NEVER && now_us > latest_us) {
        finding_add(o, f, ROW_LOST, "the report of %.*s has not left %lld s after its close",
                    STR_ARG(day), (long long)((now_us - closed_us) / US_PER_S));
    } else if (written_us != INSTANT_NEVER && written_us < closed_us - deadline->ahead_us) {
        finding_add(o, f, ROW_STALE, "the report of %.*s left %lld s before the day was closed",
                    STR_ARG(day), (long long)((closed_us - written_us) / US_PER_S));
    } else if (written_us != INSTANT_NEVER && written_us > latest_us) {
        finding_add(o, f, ROW_LOST, "the report of %.*s left %lld s after its close", STR_ARG(day),
                    (long long)((written_us - closed_us) / US_PER_S));
    }
}

enum err oracle_check_deadline(struct oracle *o, const struct oracle_deadline *deadline,
                               struct oracle_finding *f, struct diag *d)
{
    (void)d;
    arena_reset(o->scratch);
    struct map *days = map_new(o->scratch);
    for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
        if (!event_is_row(e) || e->landed == 0) {
            continue;
        }
        struct str day = day_text(o->scratch, e->row.event_us);
        if (map_get(days, day) == NULL) {
            int64_t closed_us = instant_floor(e->row.event_us, US_PER_DAY) + US_PER_DAY +
                                o->in.def->report_grace_us;
            map_put(days, day, o);
            day_check(o, day, closed_us, deadline, f);
        }
    }
    return ERR_OK;
}
