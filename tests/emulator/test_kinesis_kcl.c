/* What the Kinesis Client Library relies on, rule by rule, and a worker of its kind that reads a
 * stream to its end over splits and merges, its leases stolen on the way. KCL itself is not at
 * hand: the rules are those that its ShardSyncer, its hash range auditor and its record fetchers
 * check. */
#include <stdio.h>
#include <stdlib.h>
#include <criterion/criterion.h>
#include "base/limits.h"
#include "base/rng.h"
#include "kinesis_bench.h"

#define LEASES_MAX 64
#define KEYS 40
typedef unsigned __int128 key128;

static void settle(struct bench *b)
{
    b->now_us = emulator_next_timer(b->e);
    emulator_tick(b->e, b->now_us);
}

static key128 number(struct str text)
{
    key128 n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n = n * 10 + (key128)(unsigned)(text.ptr[i] - '0');
    }
    return n;
}

static struct str text(const struct json *object, const char *path)
{
    return json_str(json_at(object, path));
}

static int by_start(const void *a, const void *b)
{
    key128 x = *(const key128 *)a, y = *(const key128 *)b;
    return (x > y) - (x < y);
}

/* KCL's auditor: the shards that it begins with cover all hash keys, without gap or overlap. */
static bool covers_all(struct bench *b, const char *filter)
{
    key128 ranges[LEASES_MAX][2];
    size_t count = 0;
    cr_assert(bench_call(b, "ListShards",
                         "{\"StreamName\":\"s\",\"ShardFilter\":{\"Type\":\"%s\"}}",
                         filter) == 200);
    for (const struct json *s = json_at(b->out, "Shards")->first; s != NULL; s = s->next) {
        ranges[count][0] = number(text(s, "HashKeyRange.StartingHashKey"));
        ranges[count++][1] = number(text(s, "HashKeyRange.EndingHashKey"));
    }
    qsort(ranges, count, sizeof(ranges[0]), by_start);
    for (size_t i = 0; i + 1 < count; i++) {
        if (ranges[i][1] + 1 != ranges[i + 1][0]) {
            return false;
        }
    }
    return count > 0 && ranges[0][0] == 0 && ranges[count - 1][1] == ~(key128)0;
}

/* Splits or merges somewhere, as the dice fall. */
static void reshard(struct bench *b, uint64_t dice)
{
    cr_assert(bench_call(b, "ListShards",
                         "{\"StreamName\":\"s\",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}}") == 200);
    const struct json *shards = json_at(b->out, "Shards"), *s = shards->first;
    for (uint64_t i = dice % shards->count; i > 0; i--) {
        s = s->next;
    }
    struct str id = str_copy(b->arena, text(s, "ShardId"));
    key128 low = number(text(s, "HashKeyRange.StartingHashKey"));
    key128 high = number(text(s, "HashKeyRange.EndingHashKey"));
    for (const struct json *o = shards->first; dice % 3 == 0 && o != NULL; o = o->next) {
        if (number(text(o, "HashKeyRange.StartingHashKey")) == high + 1 && high + 1 != 0) {
            struct str other = str_copy(b->arena, text(o, "ShardId"));
            cr_assert(bench_call(b, "MergeShards",
                                 "{\"StreamName\":\"s\",\"ShardToMerge\":\"%.*s\","
                                 "\"AdjacentShardToMerge\":\"%.*s\"}",
                                 STR_ARG(id), STR_ARG(other)) == 200);
            return;
        }
    }
    char digits[48];
    size_t at = sizeof(digits);
    for (key128 n = low + (high - low) / 2 + 1; n > 0; n /= 10) {
        digits[--at] = (char)('0' + (int)(n % 10));
    }
    cr_assert(bench_call(b, "SplitShard",
                         "{\"StreamName\":\"s\",\"ShardToSplit\":\"%.*s\","
                         "\"NewStartingHashKey\":\"%.*s\"}",
                         STR_ARG(id), (int)(sizeof(digits) - at), digits + at) == 200);
}

/* ---- a worker ---- */

struct lease {
    struct str shard, checkpoint; /* empty: TRIM_HORIZON */
    struct str parents[2];
    struct str iterator; /* of the worker that holds it; empty: to be asked for */
    bool ended;
};
struct worker {
    struct bench *b;
    struct lease leases[LEASES_MAX];
    size_t count;
    int next[KEYS]; /* of each key: what its next record must say */
    int read;
};

static struct lease *lease_of(struct worker *w, struct str shard)
{
    for (size_t i = 0; i < w->count; i++) {
        if (str_eq(w->leases[i].shard, shard)) {
            return &w->leases[i];
        }
    }
    cr_assert(w->count < LEASES_MAX);
    w->leases[w->count] = (struct lease){.shard = str_copy(w->b->arena, shard)};
    return &w->leases[w->count++];
}

/* Children are read once all their parents are. */
static bool may_read(struct worker *w, const struct lease *l)
{
    for (size_t i = 0; i < 2; i++) {
        if (l->parents[i].len > 0 && !lease_of(w, l->parents[i])->ended) {
            return false;
        }
    }
    return !l->ended;
}

static void begin(struct worker *w, struct lease *l)
{
    bool fresh = l->checkpoint.len == 0;
    struct str more = fresh ? STR_EMPTY
                            : str_printf(w->b->arena, ",\"StartingSequenceNumber\":\"%.*s\"",
                                         STR_ARG(l->checkpoint));
    cr_assert(bench_call(w->b, "GetShardIterator",
                         "{\"StreamName\":\"s\",\"ShardId\":\"%.*s\",\"ShardIteratorType\":\"%s\""
                         "%.*s}",
                         STR_ARG(l->shard), fresh ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER",
                         STR_ARG(more)) == 200);
    l->iterator = str_copy(w->b->arena, bench_text(w->b, "ShardIterator"));
}

static void process(struct worker *w, const struct json *record)
{
    int key = (int)number(text(record, "PartitionKey"));
    char expected[16];
    int len = snprintf(expected, sizeof(expected), "%d", w->next[key]++);
    cr_assert(str_eq(text(record, "Data"), bench_base64(w->b, str_n(expected, (size_t)len))),
              "key %d", key);
    w->read++;
}

/* One GetRecords; KCL's rule: no next iterator <=> children, each with its parents. */
static void fetch(struct worker *w, struct lease *l, uint64_t limit)
{
    struct bench *b = w->b;
    if (l->iterator.len == 0) {
        begin(w, l);
    }
    cr_assert(bench_call(b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":%d}",
                         STR_ARG(l->iterator), (int)limit) == 200);
    struct str next = str_copy(b->arena, bench_text(b, "NextShardIterator"));
    for (const struct json *r = json_at(b->out, "Records")->first; r != NULL; r = r->next) {
        process(w, r);
        l->checkpoint = str_copy(b->arena, text(r, "SequenceNumber"));
    }
    const struct json *children = json_at(b->out, "ChildShards");
    cr_assert((next.len == 0) == (children != NULL && children->count > 0));
    l->iterator = next;
    l->ended = next.len == 0;
    for (const struct json *c = l->ended ? children->first : NULL; c != NULL; c = c->next) {
        struct lease *child = lease_of(w, text(c, "ShardId"));
        const struct json *parents = json_at(c, "ParentShards");
        cr_assert(parents->count == 1 || parents->count == 2);
        size_t i = 0;
        for (const struct json *p = parents->first; p != NULL; p = p->next) {
            child->parents[i++] = str_copy(b->arena, json_str(p));
        }
    }
}

Test(kinesis_kcl, a_worker_reads_all_in_order_over_splits_merges_and_stolen_leases)
{
    /* Each record is processed once, those of one partition key in the order they were put, though
     * shards come and go, and leases change hands at any record and at shard ends: whoever takes
     * one goes on after its checkpoint. */
    struct bench b;
    struct worker w = {.b = &b};
    int put = 0, said[KEYS] = {0};
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    (void)lease_of(&w, STR("shardId-000000000000"));
    (void)lease_of(&w, STR("shardId-000000000001"));
    for (uint64_t step = 0; step < 900; step++) {
        uint64_t dice = rng_u64(5, 6, 7, step), which = dice >> 8;
        if (dice % 60 == 0 && w.count < LEASES_MAX - 4) {
            reshard(&b, which);
            settle(&b);
            cr_assert(covers_all(&b, "AT_LATEST") && covers_all(&b, "AT_TRIM_HORIZON"));
        } else if (dice % 2 == 0) {
            unsigned key = (unsigned)(which % KEYS);
            char data[16], name[16];
            int len = snprintf(data, sizeof(data), "%d", said[key]++);
            snprintf(name, sizeof(name), "%u", key);
            cr_assert(bench_put(&b, "s", name, str_n(data, (size_t)len)).len > 0);
            put++;
        } else {
            struct lease *l = &w.leases[which % w.count];
            if (dice % 7 == 0) {
                l->iterator = STR_EMPTY; /* stolen: another worker begins at the checkpoint */
            }
            if (may_read(&w, l)) {
                fetch(&w, l, 1 + (which >> 8) % 5);
            }
        }
        b.now_us += US_PER_MS;
    }
    for (int round = 0; w.read < put; round++) {
        cr_assert(round < 1000, "%d of %d", w.read, put);
        for (size_t i = 0; i < w.count; i++) {
            if (may_read(&w, &w.leases[i])) {
                fetch(&w, &w.leases[i], 100);
            }
        }
    }
    cr_assert(w.read == put && w.count > 8, "%zu leases", w.count);
    /* A lease of a shard that was read to its end, stolen then: it ends again, at once. */
    struct lease *ended = &w.leases[0];
    cr_assert(ended->ended);
    ended->iterator = STR_EMPTY;
    fetch(&w, ended, 10);
    cr_assert(ended->ended && w.read == put);
    bench_done(&b);
}

Test(kinesis_kcl, list_shards_pages_go_on_by_token_alone)
{
    /* Pages of two by NextToken without a name give each shard once, in the order of their ids,
     * children with their parents; DescribeStreamSummary counts the open ones. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 5);
    reshard(&b, 1);
    settle(&b);
    int count = 0, children = 0;
    struct str token = STR_EMPTY;
    do {
        cr_assert((token.len == 0
                       ? bench_call(&b, "ListShards", "{\"StreamName\":\"s\",\"MaxResults\":2}")
                       : bench_call(&b, "ListShards", "{\"NextToken\":\"%.*s\",\"MaxResults\":2}",
                                    STR_ARG(token))) == 200);
        for (const struct json *s = json_at(b.out, "Shards")->first; s != NULL; s = s->next) {
            char id[32];
            snprintf(id, sizeof(id), "shardId-%012d", count++);
            cr_assert(str_eq(text(s, "ShardId"), str_of(id)));
            children += text(s, "ParentShardId").len > 0;
        }
        token = str_copy(b.arena, bench_text(&b, "NextToken"));
    } while (token.len > 0);
    cr_assert(count == 7 && children == 2);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 6);
    bench_done(&b);
}

Test(kinesis_kcl, millis_behind_latest_is_zero_only_at_the_tip)
{
    /* With something left to read it is the age of the last record returned; at the tip it is 0,
     * however old that record is. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    for (int i = 0; i < 3; i++) {
        cr_assert(bench_put(&b, "s", "k", STR("x")).len > 0);
        b.now_us += 60 * US_PER_S;
    }
    struct str iterator = str_copy(b.arena, bench_iterator(&b, "s", 0, "TRIM_HORIZON", ""));
    static const int expected[] = {180000, 120000, 0, 0};
    for (int i = 0; i < 4; i++) {
        cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":1}",
                             STR_ARG(iterator)) == 200);
        cr_assert(bench_number(&b, "MillisBehindLatest") == expected[i], "%d", i);
        iterator = str_copy(b.arena, bench_text(&b, "NextShardIterator"));
    }
    bench_done(&b);
}
