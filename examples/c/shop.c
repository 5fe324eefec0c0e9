/* shop.c -- A small pipeline of one's own under aforo's simulator: a till puts orders into a
 * stream, a keeper lands them in S3 and moves its checkpoint. Answers get lost, the keeper dies,
 * and every order that was acknowledged must be in S3 all the same.
 *
 * The actors are plain blocking code over a runtime and AWS clients. A crash drops an actor where
 * it stands; what must survive it is in S3, or for the till in `struct world`, its disk. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws/kinesis.h"
#include "aws/s3.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/yaml.h"
#include "scenarios/sim/sim.h"

#define ORDERS 60
#define SEEDS 200
#define STREAM STR("orders")
#define BUCKET STR("shop")
#define CHECKPOINT STR("checkpoint")

static const char FAULTS[] =
    "- {on: \"kinesis:PutRecords\", phase: lose_response, probability: 1/8}\n"
    "- {on: \"s3:PutObject\", phase: lose_response, probability: 1/8}\n"
    "- {on: \"kinesis:GetRecords\", phase: reject, probability: 1/10}\n"
    "- {kill: keeper, probability: 1/60, restart_after: [1s, 20s]}\n";

struct world {
    bool checkpoint_first;     /* the bug */
    int sent;                  /* orders that were acknowledged: the till's disk */
    struct fault_plan *faults; /* to heal once the till is done */
    struct aws_config till, keeper;
};

static struct aws_config config_of(const char *name)
{
    return (struct aws_config){
        .region = STR("us-east-1"),
        .endpoint = STR("http://aws.simulated"),
        .credentials = {.access_key = str_of(name), .secret_key = STR("test")},
        .user_agent = STR("shop")};
}

static enum err client_open(struct sim_actor *actor, struct rt *rt, struct arena *a,
                            const struct aws_config *config, struct aws_client *ret_client,
                            struct diag *d)
{
    struct transport *transport;
    TRY(sim_transport_open(actor, a, &transport, d));
    aws_client_init(ret_client, rt, transport, config);
    return ERR_OK;
}

/* ---- the till ---- */

static enum err stream_make(struct aws_client *aws, struct rt *rt, struct arena *a, struct diag *d)
{
    struct str status = STR_EMPTY;
    TRY(s3_create_bucket(aws, BUCKET, a, d));
    TRY(kinesis_create_stream(aws, STREAM, 1, a, d));
    while (!str_eq(status, STR("ACTIVE"))) {
        TRY(rt_sleep(rt, US_PER_S));
        TRY(kinesis_stream_status(aws, STREAM, a, &status, d));
    }
    return ERR_OK;
}

static void till_life(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct world *w = arg;
    struct aws_client aws;
    struct diag d = DIAG_INIT;
    if (client_open(actor, rt, a, &w->till, &aws, &d) != ERR_OK ||
        stream_make(&aws, rt, a, &d) != ERR_OK) {
        return;
    }
    while (w->sent < ORDERS) {
        struct kinesis_entry entry = {.partition_key = STR("till"),
                                      .data = str_printf(a, "order %d", w->sent)};
        diag_clear(&d);
        if (kinesis_put(&aws, STREAM, &entry, 1, 3, a, &d) == ERR_OK) {
            w->sent++; /* else the same again: at least once */
        }
        if (rt_sleep(rt, US_PER_S) != ERR_OK) {
            return;
        }
    }
    w->faults->healed = true;
}

/* ---- the keeper ---- */

static enum err iterator_find(struct aws_client *aws, struct arena *a, struct str *ret_iterator,
                              struct diag *d)
{
    struct kinesis_shard *shards;
    struct s3_object at;
    size_t count;
    TRY(kinesis_list_shards(aws, STREAM, a, &shards, &count, d));
    enum err err = s3_get(aws, BUCKET, CHECKPOINT, a, &at, d);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    diag_clear(d);
    bool begins = err == ERR_NOT_FOUND;
    return kinesis_iterator(aws, STREAM, shards[0].id,
                            begins ? KINESIS_TRIM_HORIZON : KINESIS_AFTER_SEQUENCE,
                            begins ? STR_EMPTY : at.body, 0, a, ret_iterator, d);
}

static enum err land(struct aws_client *aws, const struct kinesis_batch *batch, struct arena *a,
                     struct diag *d)
{
    struct buf lines;
    struct s3_object stored;
    struct s3_put_options options = {.content_type = STR("text/plain")};
    buf_init(&lines, a, MIB);
    for (size_t i = 0; i < batch->count; i++) {
        buf_add(&lines, batch->records[i].data);
        buf_add_char(&lines, '\n');
    }
    struct str key = str_printf(a, "landed/%.*s", STR_ARG(batch->records[0].sequence_number));
    return s3_put(aws, BUCKET, key, buf_str(&lines), &options, a, &stored, d);
}

static enum err checkpoint(struct aws_client *aws, const struct kinesis_batch *batch,
                           struct arena *a, struct diag *d)
{
    struct s3_object stored;
    struct s3_put_options options = {.content_type = STR("text/plain")};
    return s3_put(aws, BUCKET, CHECKPOINT, batch->records[batch->count - 1].sequence_number,
                  &options, a, &stored, d);
}

static enum err keep(const struct world *w, struct aws_client *aws, struct str *iterator,
                     struct arena *a, struct diag *d)
{
    struct kinesis_batch batch;
    TRY(kinesis_get(aws, *iterator, 10, a, &batch, d));
    if (batch.count > 0) {
        TRY(w->checkpoint_first ? checkpoint(aws, &batch, a, d) : land(aws, &batch, a, d));
        TRY(w->checkpoint_first ? land(aws, &batch, a, d) : checkpoint(aws, &batch, a, d));
    }
    *iterator = batch.next_iterator;
    return ERR_OK;
}

static void keeper_life(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    const struct world *w = arg;
    struct aws_client aws;
    struct diag d = DIAG_INIT;
    struct str iterator = STR_EMPTY;
    if (client_open(actor, rt, a, &w->keeper, &aws, &d) != ERR_OK) {
        return;
    }
    while (!rt_cancelled(rt)) {
        diag_clear(&d);
        enum err err = iterator.len == 0 ? iterator_find(&aws, a, &iterator, &d)
                                         : keep(w, &aws, &iterator, a, &d);
        if (err != ERR_OK) {
            iterator = STR_EMPTY; /* from the checkpoint again */
        }
        if (rt_sleep(rt, 2 * US_PER_S) != ERR_OK) {
            return;
        }
    }
}

/* ---- a seed ---- */

/* How many acknowledged orders are in no object. */
static int lost_count(const struct emulator *e, int sent, struct arena *a)
{
    struct map *landed = map_new(a);
    struct emulator_object object;
    struct str after = STR("landed/");
    int lost = 0;
    while (emulator_object_next(e, BUCKET, after, a, &object) &&
           str_starts(object.key, STR("landed/"))) {
        after = object.key;
        struct str rest = object.body, line;
        while (str_cut(&rest, '\n', &line)) {
            map_put(landed, line, landed);
        }
    }
    for (int i = 0; i < sent; i++) {
        lost += map_get(landed, str_printf(a, "order %d", i)) == NULL ? 1 : 0;
    }
    return lost;
}

static int seed_run(uint64_t seed, bool checkpoint_first, char trace[33])
{
    struct arena *a = arena_new("seed", GIB);
    struct emulator_options emulator = {.seed = seed};
    struct emulator *e = emulator_new(a, &emulator);
    struct json *rules;
    struct diag d = DIAG_INIT;
    struct world w = {.checkpoint_first = checkpoint_first,
                      .faults = emulator_faults(e),
                      .till = config_of("till"),
                      .keeper = config_of("keeper")};
    if (yaml_parse(a, str_of(FAULTS), &rules, &d) != ERR_OK ||
        fault_plan_read(w.faults, rules, &d) != ERR_OK) {
        fprintf(stderr, "shop: %s\n", d.msg);
        arena_free(a);
        return -1;
    }
    struct sim_options options = {.seed = seed, .emulator = e, .faults = w.faults};
    struct sim *sim = sim_new(a, &options);
    (void)sim_actor_add(sim, STR("till"), till_life, &w);
    (void)sim_actor_add(sim, STR("keeper"), keeper_life, &w);
    (void)sim_run(sim, US_PER_HOUR);
    struct str hash = sim_trace(sim, a);
    memcpy(trace, hash.ptr, 32);
    trace[32] = '\0';
    int lost = w.sent < ORDERS ? -1 : lost_count(e, w.sent, a);
    sim_free(sim);
    arena_free(a);
    return lost;
}

int main(int argc, char **argv)
{
    bool checkpoint_first = argc > 1 && strcmp(argv[1], "--checkpoint-first") == 0;
    char trace[33], again[33];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        int lost = seed_run(seed, checkpoint_first, trace);
        if (lost != 0) {
            printf("seed %" PRIu64 ": %d orders lost, trace %s\n", seed, lost, trace);
            return 1;
        }
    }
    (void)seed_run(SEEDS, checkpoint_first, again);
    printf("%d seeds, %d orders each, none lost; the last is the same again: %s\n", SEEDS, ORDERS,
           strcmp(trace, again) == 0 ? "yes" : "NO");
    return strcmp(trace, again) == 0 ? 0 : 1;
}
