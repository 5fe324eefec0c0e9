/* producer.c -- The outbox and the loop around it.
 *
 * 1. An event enters the outbox and the oracle's ledger together, before it is first sent.
 * 2. It leaves the outbox when it is acknowledged; a crash between the two sends it again: at least
 * once.
 * 3. A day's control totals count what was acknowledged, each event once; they are written when the
 * day is over and nothing of it waits in the outbox, and again when something late was
 * acknowledged.
 * 4. A source whose own count is wrong counts the first event of a day too often: its totals alone
 * are off, by that event. */
#include "producer.h"

#include "aws/kinesis.h"
#include "aws/s3.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/tree.h"
#include "feed.h"
#include "pipeline/tally.h"

#define PUT_ROUNDS 4
#define IDLE_US (5 * US_PER_S)

struct outbox_entry {
    struct str payload, partition_key;
    struct oracle_event *event;
    struct outbox_entry *next;
};
struct control_day {
    struct str name;
    struct tally *tally;
    int64_t end_us;   /* wall */
    uint64_t waiting; /* events in the outbox */
    bool dirty;       /* changed since it was written */
    bool counted;     /* has an event */
};
struct producer {
    struct producer_options in;
    struct arena *arena; /* the durable one */
    struct str name;
    struct feed *feed;
    struct outbox_entry *first, **end;
    size_t count;      /* in the outbox */
    struct tree *days; /* of control_day */
    bool exhausted, done;
};

struct producer *producer_new(struct arena *durable, const struct producer_options *options)
{
    struct producer *p = NEW(durable, struct producer);
    *p = (struct producer){.in = *options, .arena = durable};
    p->name = str_printf(durable, "producer-%u", options->index);
    struct feed_options feed = {.scenario = options->scenario,
                                .capture = options->capture,
                                .trouble = options->trouble,
                                .seed = options->seed,
                                .producer = options->index,
                                .start_us = options->start_us};
    p->feed = feed_new(durable, &feed);
    p->end = &p->first;
    p->days = tree_new(durable);
    return p;
}

bool producer_is_done(const struct producer *p)
{
    return p->done;
}

/* ---- days ---- */

static struct control_day *day_of(struct producer *p, const struct row *row)
{
    if (row->fate != RECORD_ROW) {
        return NULL;
    }
    struct buf name;
    buf_init(&name, p->arena, 32);
    instant_date(&name, row->event_us);
    struct control_day *day = tree_get(p->days, buf_str(&name));
    if (day == NULL) {
        day = NEW(p->arena, struct control_day);
        *day = (struct control_day){.name = buf_str(&name)};
        day->tally = tally_new(p->arena, p->in.scenario->pipeline);
        day->end_us = instant_floor(row->event_us, US_PER_DAY) + US_PER_DAY;
        tree_put(p->days, day->name, day);
    }
    return day;
}

static enum err control_put(struct producer *p, struct aws_client *aws, struct control_day *day,
                            struct arena *life, struct diag *d)
{
    struct arena_mark mark = arena_mark(life);
    const struct definition *def = p->in.scenario->pipeline;
    struct buf text;
    buf_init(&text, life, HTTP_BODY_BYTES_MAX);
    tally_write(&text, day->tally);
    struct str key = str_printf(life, "control/%.*s/dt=%.*s/%.*s.json", STR_ARG(def->name),
                                STR_ARG(day->name), STR_ARG(p->name));
    struct s3_put_options options = {.content_type = STR("application/json")};
    struct s3_object stored;
    enum err err = s3_put(aws, def->bucket, key, buf_str(&text), &options, life, &stored, d);
    day->dirty = day->dirty && err != ERR_OK;
    arena_rewind(life, mark);
    return err;
}

/* at_end: whatever day it is, nothing more will come. */
static enum err controls_put(struct producer *p, struct rt *rt, struct aws_client *aws, bool at_end,
                             struct arena *life, struct diag *d)
{
    int64_t now_us = rt_wall_us(rt);
    const struct tree_entry *e;
    for (struct str at = STR_EMPTY; (e = tree_seek(p->days, at, true)) != NULL; at = e->key) {
        struct control_day *day = e->value;
        if (day->dirty && day->waiting == 0 && (now_us >= day->end_us || at_end)) {
            TRY(control_put(p, aws, day, life, d));
        }
    }
    return ERR_OK;
}

/* ---- the outbox ---- */

static void outbox_add(struct producer *p, const struct feed_event *from)
{
    struct outbox_entry *entry = NEW(p->arena, struct outbox_entry);
    *entry = (struct outbox_entry){.payload = str_copy(p->arena, from->payload),
                                   .partition_key = str_copy(p->arena, from->partition_key)};
    entry->event = oracle_intend(p->in.oracle, entry->payload, from->malformed, from->late);
    *p->end = entry;
    p->end = &entry->next;
    p->count++;
    struct control_day *day = day_of(p, oracle_event_row(entry->event));
    if (day != NULL) {
        day->waiting++;
    }
}

static void outbox_fill(struct producer *p, int64_t now_us, struct arena *life)
{
    struct feed_event event;
    while (p->count < KINESIS_PUT_ENTRIES_MAX) {
        struct arena_mark mark = arena_mark(life);
        if (!feed_next(p->feed, now_us, life, &event)) {
            arena_rewind(life, mark);
            return;
        }
        for (int i = 0; i < (event.copied ? 2 : 1); i++) {
            outbox_add(p, &event);
        }
        arena_rewind(life, mark);
    }
}

static void acknowledged(struct producer *p, const struct outbox_entry *entry)
{
    bool first = oracle_acknowledge(p->in.oracle, entry->event);
    const struct row *row = oracle_event_row(entry->event);
    struct control_day *day = day_of(p, row);
    if (day == NULL) {
        return;
    }
    day->waiting--;
    if (!first) {
        return;
    }
    unsigned times = day->counted ? 1 : 1 + p->in.scenario->source.miscount;
    day->dirty = day->counted = true;
    for (unsigned i = 0; i < times; i++) {
        struct diag ignored = DIAG_INIT;
        enum err err = tally_add(day->tally, row, &ignored);
        ASSERT(err == ERR_OK); /* sums of made-up events stay far below the limit */
    }
}

static void outbox_settle(struct producer *p, const struct kinesis_entry *entries, size_t count)
{
    struct outbox_entry **at = &p->first;
    for (size_t i = 0; i < count; i++) {
        struct outbox_entry *entry = *at;
        if (entries[i].acknowledged) {
            *at = entry->next;
            p->count--;
            acknowledged(p, entry);
        } else {
            at = &entry->next;
        }
    }
    for (p->end = at; *p->end != NULL; p->end = &(*p->end)->next) {
    }
}

/* One PutRecords of what waits longest. */
static enum err outbox_send(struct producer *p, struct aws_client *aws, struct arena *life,
                            struct diag *d)
{
    struct arena_mark mark = arena_mark(life);
    size_t batch = p->in.scenario->source.batch > 0 ? p->in.scenario->source.batch : 25;
    size_t count = p->count < batch ? p->count : batch;
    struct kinesis_entry *entries = NEW_ARRAY(life, struct kinesis_entry, count);
    struct outbox_entry *entry = p->first;
    for (size_t i = 0; i < count; i++, entry = entry->next) {
        entries[i] =
            (struct kinesis_entry){.partition_key = entry->partition_key, .data = entry->payload};
    }
    enum err err = kinesis_put(aws, p->in.scenario->stream, entries, count, PUT_ROUNDS, life, d);
    stage_lock(p->in.stage);
    outbox_settle(p, entries, count);
    stage_unlock(p->in.stage);
    arena_rewind(life, mark);
    return err;
}

/* ---- a life ---- */

static enum err turn(struct producer *p, struct rt *rt, struct aws_client *aws, struct arena *life,
                     struct diag *d)
{
    int64_t now_us = rt_wall_us(rt);
    stage_lock(p->in.stage);
    outbox_fill(p, now_us, life);
    stage_unlock(p->in.stage);
    if (p->count > 0) {
        return outbox_send(p, aws, life, d);
    }
    bool at_end = feed_is_over(p->feed);
    TRY(controls_put(p, rt, aws, at_end, life, d));
    if (at_end) {
        stage_lock(p->in.stage);
        p->done = true;
        stage_unlock(p->in.stage);
        return ERR_OK;
    }
    now_us = rt_wall_us(rt);
    int64_t next_us = feed_due_us(p->feed);
    int64_t wait_us = next_us - now_us < IDLE_US * 12 ? next_us - now_us : IDLE_US * 12;
    return rt_sleep(rt, wait_us > US_PER_MS ? wait_us : US_PER_MS);
}

void producer_run(struct producer *p, struct rt *rt, struct transport *transport,
                  const struct aws_config *config, struct arena *life)
{
    struct aws_client aws;
    aws_client_init(&aws, rt, transport, config);
    struct arena *scratch = arena_child(life, "producer's turn", ARENA_TASK_BYTES_MAX);
    int failures = 0;
    while (!p->done && !rt_cancelled(rt)) {
        struct diag d = DIAG_INIT;
        arena_reset(scratch);
        enum err err = turn(p, rt, &aws, scratch, &d);
        failures = err == ERR_OK ? 0 : failures + 1;
        if (err == ERR_CANCELLED ||
            (failures > 0 &&
             aws_backoff(&aws, "producer", failures < 6 ? failures : 6) != ERR_OK)) {
            return;
        }
    }
}
