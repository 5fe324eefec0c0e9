#include "real_story.h"

#include "base/limits.h"

#define LIVES_MAX 100000

struct real_story {
    struct arena *arena; /* its own: notes come from several threads, one at a time */
    struct buf events;   /* of struct run_event */
};

struct real_story *real_story_new(struct arena *a)
{
    struct real_story *s = NEW(a, struct real_story);
    s->arena = arena_child(a, "lives of a real run", ARENA_TASK_BYTES_MAX);
    buf_init(&s->events, s->arena, LIVES_MAX * sizeof(struct run_event));
    return s;
}

static size_t event_count(const struct real_story *s)
{
    return s->events.len / sizeof(struct run_event);
}

static const struct run_event *event_at(const struct real_story *s, size_t i)
{
    return (const struct run_event *)(const void *)s->events.ptr + i;
}

void real_story_note(void *story, const struct run_event *event)
{
    struct real_story *s = story;
    if (event_count(s) < LIVES_MAX) {
        struct run_event kept = *event;
        kept.actor = str_copy(s->arena, event->actor);
        buf_add_bytes(&s->events, &kept, sizeof(kept));
    }
}

/* The ledger keeps the order in which calls took effect; a life that began before one comes first.
 */
void real_story_tell(const struct real_story *s, const struct emulator *emulator, int64_t start_us,
                     struct timeline *timeline)
{
    size_t next = 0;
    struct ledger_entry entry;
    for (uint64_t after = 0; emulator_ledger_next(emulator, after, &entry); after = entry.number) {
        int64_t at_us = entry.at_us - start_us;
        for (; next < event_count(s) && event_at(s, next)->at_us <= at_us; next++) {
            timeline_note(timeline, event_at(s, next));
        }
        struct run_event call = {.kind = RUN_EVENT_CALL,
                                 .at_us = at_us,
                                 .until_us = at_us,
                                 .actor = entry.actor,
                                 .service = entry.service,
                                 .operation = entry.operation,
                                 .resource = entry.resource,
                                 .status = entry.status,
                                 .fault = entry.fault,
                                 .applied = entry.applied};
        timeline_note(timeline, &call);
    }
    for (; next < event_count(s); next++) {
        timeline_note(timeline, event_at(s, next));
    }
}
