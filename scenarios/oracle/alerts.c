/* alerts.c -- Alerts: committed before they are published (watch.c knows when), once an episode,
 * and none forgotten. */
#include "oracle_parts.h"

static struct str attribute(const struct emulator_message *m, const char *name)
{
    for (size_t i = 0; i < m->attribute_count; i++) {
        if (str_eq(m->attributes[i].name, str_of(name))) {
            return m->attributes[i].value;
        }
    }
    return STR_EMPTY;
}

static void message_check(struct oracle *o, const struct emulator_message *m,
                          struct oracle_finding *f)
{
    struct str id = attribute(m, "id");
    const int64_t *committed_us = map_get(o->alerts, id);
    if (committed_us == NULL) {
        finding_add(o, f, ROW_UNEXPECTED, "alert %.*s was published and never committed",
                    STR_ARG(id));
    } else if (m->at_us < *committed_us) {
        finding_add(o, f, ROW_UNEXPECTED,
                    "alert %.*s was published %lld ms before it was committed", STR_ARG(id),
                    (long long)((*committed_us - m->at_us) / US_PER_MS));
    }
}

/* One message an episode, where nothing on the way explains another. */
static void copies_check(struct oracle *o, struct map *copies, struct str id, int64_t at_most,
                         struct oracle_finding *f)
{
    int64_t *count = map_get(copies, id);
    if (count == NULL) {
        count = NEW(o->scratch, int64_t);
        *count = 0;
        map_put(copies, id, count);
    }
    if (++*count > at_most && at_most >= 0) {
        finding_add(o, f, ROW_DUPLICATED,
                    "alert %.*s was published %lld times, at most %lld are allowed", STR_ARG(id),
                    (long long)*count, (long long)at_most);
    }
}

/* Who has records in quarantine was told so. */
static enum err quarantine_check(struct oracle *o, const struct map *ids, struct oracle_finding *f,
                                 struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(o, STR("select distinct event_day from aforo_quarantine order by event_day"),
                     &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str id = str_printf(o->scratch, "%.*s/quarantine/%.*s", STR_ARG(o->in.def->name),
                                   STR_ARG(warehouse_at(&rows, i, 0)->text));
        if (map_get(ids, id) == NULL && o->in.def->topics[CRITICALITY_LOW].len > 0) {
            finding_add(o, f, ROW_LOST, "nobody was told of a quarantine: alert %.*s is missing",
                        STR_ARG(id));
        }
    }
    return ERR_OK;
}

enum err oracle_check_alerts(struct oracle *o, const struct oracle_alerts *asked,
                             struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct map *ids = map_new(o->scratch), *counted = map_new(o->scratch);
    struct map *copies = map_new(o->scratch);
    struct emulator_message message;
    for (uint64_t cursor = 0; emulator_message_next(o->in.emulator, &cursor, &message);) {
        message_check(o, &message, f);
        struct str id = attribute(&message, "id");
        map_put(ids, id, o);
        copies_check(o, copies, id, asked->copies, f);
        if (asked->criticality == NULL ||
            str_eq(attribute(&message, "criticality"), criticality_name(*asked->criticality))) {
            map_put(counted, id, o);
        }
    }
    int64_t count = (int64_t)map_count(counted);
    if (asked->at_most >= 0 && count > asked->at_most) {
        finding_add(o, f, ROW_UNEXPECTED, "%lld alerts, at most %lld are allowed", (long long)count,
                    (long long)asked->at_most);
    }
    if (!asked->complete) {
        return ERR_OK;
    }
    if (count < asked->at_least) {
        finding_add(o, f, ROW_LOST, "%lld alerts, at least %lld are expected", (long long)count,
                    (long long)asked->at_least);
    }
    return quarantine_check(o, ids, f, d);
}
