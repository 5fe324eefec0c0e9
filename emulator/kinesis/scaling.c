#include "scaling.h"

/* A shard of the plan: open now, or a child that an earlier step will have made. */
struct planned {
    uint32_t number;
    struct hash_key first;
};
struct plan {
    struct kinesis_store *k;
    struct stream *stream;
    uint32_t next; /* number of the next child */
    size_t target, range;
    uint32_t gathered; /* what the steps have made of this range so far; SHARD_NONE: nothing */
};

static void plan_gather(struct plan *p, uint32_t number)
{
    if (p->gathered != SHARD_NONE) {
        stream_step_add(p->k, p->stream, (struct reshard_step){p->gathered, number, HASH_KEY_MAX});
        number = p->next++;
    }
    p->gathered = number;
}

static void plan_range_next(struct plan *p)
{
    p->range++;
    p->gathered = SHARD_NONE;
}

/* AWS kinesis-update-shard-count-1: equal ranges by splits and merges of single shards, some of
 * which live for no time. Walks the open shards by hash key: cuts each where a range begins,
 * merges what lies in one range. */
static void plan_make(struct plan *p)
{
    for (size_t i = 0; i < p->stream->open_count; i++) {
        const struct shard *shard = p->stream->open[i];
        struct planned rest = {shard->number, shard->first_key};
        while (p->range + 1 < p->target) {
            struct hash_key at = hash_key_range_start(p->range + 1, p->target);
            if (hash_key_cmp(at, shard->last_key) > 0) {
                break;
            }
            if (hash_key_cmp(at, rest.first) > 0) {
                stream_step_add(p->k, p->stream,
                                (struct reshard_step){rest.number, SHARD_NONE, at});
                uint32_t lower = p->next++;
                rest = (struct planned){p->next++, at};
                plan_gather(p, lower);
            }
            plan_range_next(p);
        }
        plan_gather(p, rest.number);
    }
}

size_t scaling_plan(struct kinesis_store *k, struct stream *s, size_t target)
{
    struct plan p = {.k = k,
                     .stream = s,
                     .next = (uint32_t)s->shard_count,
                     .target = target,
                     .gathered = SHARD_NONE};
    plan_make(&p);
    return p.next - s->shard_count;
}

void scaling_on_demand(struct kinesis_store *k, struct stream *s, size_t mib_per_s)
{
    size_t target = mib_per_s > KINESIS_ON_DEMAND_SHARDS ? mib_per_s : KINESIS_ON_DEMAND_SHARDS;
    if (target != s->open_count &&
        s->shard_count + scaling_plan(k, s, target) > STREAM_SHARDS_EVER_MAX) {
        s->step_count = 0;
    }
}

/* How many shards take a second's load, by the limits of one shard. */
static size_t shards_of(const struct stream_load *load)
{
    size_t by_bytes =
        (load->bytes + (size_t)KINESIS_WRITE_BYTES_PER_S - 1) / (size_t)KINESIS_WRITE_BYTES_PER_S;
    size_t by_records = (load->records + (size_t)KINESIS_WRITE_RECORDS_PER_S - 1) /
                        (size_t)KINESIS_WRITE_RECORDS_PER_S;
    return by_bytes > by_records ? by_bytes : by_records;
}

size_t scaling_note(struct kinesis_store *k, struct stream *s, size_t bytes, int64_t now_us)
{
    int64_t second = now_us / US_PER_S;
    if (s->load.second != second) {
        s->load = (struct stream_load){.second = second};
    }
    s->load.bytes += bytes;
    s->load.records++;
    size_t wanted = 2 * shards_of(&s->load);
    if (wanted > s->open_count && wanted <= KINESIS_WARM_MIB_PER_S_MAX &&
        stream_status(s, now_us) == STREAM_ACTIVE) {
        scaling_on_demand(k, s, wanted);
        stream_update(k, s, now_us);
        return wanted;
    }
    return 0;
}
