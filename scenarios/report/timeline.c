#include "timeline.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"

#define NEIGHBOURS 10 /* calls of an actor shown before and after what is marked */

struct timeline {
    struct arena *arena;
    struct timeline_event *events;
    size_t count, cap;
    uint64_t not_noted;
    struct map *texts; /* each once */
    struct map *actors;
    struct str *names;
    size_t actor_count, actor_cap;
};

struct timeline *timeline_new(struct arena *a)
{
    struct timeline *t = NEW(a, struct timeline);
    *t = (struct timeline){.arena = a, .texts = map_new(a), .actors = map_new(a)};
    return t;
}

/* ---- noting ---- */

static struct str text_kept(struct timeline *t, struct str text)
{
    struct str *kept = text.len == 0 ? NULL : map_get(t->texts, text);
    if (text.len > 0 && kept == NULL) {
        kept = NEW(t->arena, struct str);
        *kept = str_copy(t->arena, text);
        map_put(t->texts, text, kept);
    }
    return kept == NULL ? STR_EMPTY : *kept;
}

static size_t actor_index(struct timeline *t, struct str name)
{
    size_t *index = map_get(t->actors, name);
    if (index == NULL) {
        if (t->actor_count == t->actor_cap) {
            size_t cap = t->actor_cap == 0 ? 16 : 2 * t->actor_cap;
            t->names = arena_grow(t->arena, t->names, t->actor_cap * sizeof(struct str),
                                  cap * sizeof(struct str));
            t->actor_cap = cap;
        }
        index = NEW(t->arena, size_t);
        *index = t->actor_count;
        t->names[t->actor_count++] = text_kept(t, name);
        map_put(t->actors, name, index);
    }
    return *index;
}

static enum timeline_mark mark_of(const struct run_event *e)
{
    switch (e->kind) {
    case RUN_EVENT_JOINS: /* is never asked for */
    case RUN_EVENT_STARTS:
        return TIMELINE_STARTS;
    case RUN_EVENT_ENDS:
        return TIMELINE_ENDS;
    case RUN_EVENT_CRASHES:
        return TIMELINE_CRASHES;
    case RUN_EVENT_CALL:
        break;
    }
    if (e->fault != FAULT_NONE) {
        return TIMELINE_FAULT;
    }
    if (str_eq(e->service, STR("sns")) && str_starts(e->operation, STR("Publish"))) {
        return e->applied ? TIMELINE_ALERT : TIMELINE_ERROR;
    }
    if (e->status >= 400) {
        return TIMELINE_ERROR;
    }
    bool report =
        str_eq(e->operation, STR("PutObject")) && str_contains(e->resource, STR("/reports/"));
    return report ? TIMELINE_REPORT : TIMELINE_CALL;
}

void timeline_note(void *timeline, const struct run_event *event)
{
    struct timeline *t = timeline;
    size_t actor = actor_index(t, event->actor);
    if (event->kind == RUN_EVENT_JOINS) {
        return; /* lanes are in the order of joining */
    }
    if (t->count == TIMELINE_EVENTS_MAX) {
        t->not_noted++;
        return;
    }
    if (t->count == t->cap) {
        size_t cap = t->cap == 0 ? 1024 : 2 * t->cap;
        size_t item = sizeof(struct timeline_event);
        t->events = arena_grow(t->arena, t->events, t->cap * item, cap * item);
        t->cap = cap;
    }
    struct timeline_event *to = &t->events[t->count++];
    *to = (struct timeline_event){.event = *event, .mark = mark_of(event), .actor = actor};
    to->event.actor = t->names[actor];
    to->event.service = text_kept(t, event->service);
    to->event.operation = text_kept(t, event->operation);
    to->event.resource = text_kept(t, event->resource);
}

const char *timeline_mark_name(enum timeline_mark mark)
{
    static const char *const names[TIMELINE_MARK_COUNT] = {"call",  "starts",  "ends",  "crashes",
                                                           "fault", "refused", "alert", "report"};
    return names[mark];
}

/* ---- the view ---- */

/* Marks the calls near to what is marked, going one way. */
static void neighbours_find(const struct timeline *t, bool backwards, bool *near, struct arena *a)
{
    unsigned *left = NEW_ARRAY(a, unsigned, t->actor_count);
    for (size_t n = 0; n < t->count; n++) {
        size_t i = backwards ? t->count - 1 - n : n;
        const struct timeline_event *e = &t->events[i];
        if (e->mark != TIMELINE_CALL) {
            left[e->actor] = NEIGHBOURS;
        } else if (left[e->actor] > 0) {
            left[e->actor]--;
            near[i] = true;
        }
    }
}

/* Which are shown one by one: what is marked, then its neighbours, the latest first. */
static size_t shown_find(const struct timeline *t, bool *shown, uint64_t *ret_left_out,
                         struct arena *a)
{
    bool *near = NEW_ARRAY(a, bool, t->count);
    size_t count = 0;
    neighbours_find(t, false, near, a);
    neighbours_find(t, true, near, a);
    for (int marked = 1; marked >= 0; marked--) {
        for (size_t i = t->count; i-- > 0;) {
            bool is_marked = t->events[i].mark != TIMELINE_CALL;
            if (is_marked != (marked == 1) || (!is_marked && !near[i])) {
                continue;
            }
            if (count < TIMELINE_SHOWN_MAX) {
                shown[i] = true;
                count++;
            } else {
                *ret_left_out += is_marked ? 1 : 0;
            }
        }
    }
    return count;
}

static void sums_fill(const struct timeline *t, const bool *shown, struct timeline_view *v,
                      struct arena *a)
{
    uint64_t *counts = NEW_ARRAY(a, uint64_t, t->actor_count * TIMELINE_BUCKETS);
    for (size_t i = 0; i < t->count; i++) {
        int64_t bucket = t->events[i].event.at_us / v->bucket_us;
        bucket = bucket < TIMELINE_BUCKETS ? bucket : TIMELINE_BUCKETS - 1;
        if (!shown[i]) {
            size_t at = t->events[i].actor * TIMELINE_BUCKETS + (size_t)bucket;
            v->sum_count += counts[at]++ == 0 ? 1 : 0;
            v->summed++;
        }
    }
    struct timeline_sum *sums = NEW_ARRAY(a, struct timeline_sum, v->sum_count);
    size_t n = 0;
    for (size_t at = 0; at < t->actor_count * TIMELINE_BUCKETS; at++) {
        if (counts[at] > 0) {
            sums[n++] = (struct timeline_sum){.actor = at / TIMELINE_BUCKETS,
                                              .bucket = at % TIMELINE_BUCKETS,
                                              .count = counts[at]};
        }
    }
    v->sums = sums;
}

struct timeline_view timeline_view(const struct timeline *t, int64_t end_us, struct arena *a)
{
    struct timeline_view v = {.actors = t->names,
                              .actor_count = t->actor_count,
                              .end_us = end_us > 0 ? end_us : 1,
                              .not_noted = t->not_noted};
    v.bucket_us = v.end_us / TIMELINE_BUCKETS + 1;
    bool *shown = NEW_ARRAY(a, bool, t->count);
    v.event_count = shown_find(t, shown, &v.left_out, a);
    struct timeline_event *events = NEW_ARRAY(a, struct timeline_event, v.event_count);
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (shown[i]) {
            events[n++] = t->events[i];
        }
    }
    v.events = events;
    sums_fill(t, shown, &v, a);
    return v;
}
