/* fuzz_aws_answers.c -- Any answer to any typed call: it is read, or refused with a reason; the
 * clock, the number of calls and the memory stay bounded. The first byte chooses the call, the
 * second the status, the rest is the body. */
#include "aws/kinesis.h"
#include "aws/s3.h"
#include "aws/sns.h"
#include "base/limits.h"
#include "fuzz_check.h"

struct world {
    struct transport transport;
    struct rt rt;
    struct str body;
    int status;
    int64_t now_us;
    int calls;
};

static struct world *of_rt(struct rt *rt)
{
    return (struct world *)(void *)((char *)rt - offsetof(struct world, rt));
}

static int64_t world_now(struct rt *rt)
{
    return of_rt(rt)->now_us;
}

static enum err world_sleep(struct rt *rt, int64_t mono_us)
{
    of_rt(rt)->now_us = mono_us;
    return ERR_OK;
}

static uint64_t world_rand(struct rt *rt, const char *stream, uint64_t key)
{
    (void)rt;
    (void)stream;
    return key;
}

static void world_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    (void)rt;
    (void)what;
    (void)text;
    (void)value;
}

static const struct rt_ops RT = {.wall_us = world_now,
                                 .mono_us = world_now,
                                 .sleep_until = world_sleep,
                                 .rand = world_rand,
                                 .trace = world_trace};

static enum err world_call(struct transport *t, const struct http_request *request,
                           int64_t deadline_mono_us, struct arena *a,
                           struct http_response *ret_response, struct diag *d)
{
    struct world *w = (struct world *)(void *)((char *)t - offsetof(struct world, transport));
    (void)request;
    (void)deadline_mono_us;
    (void)d;
    http_response_init(ret_response, a, w->status);
    ret_response->body = w->body;
    w->calls++;
    return ERR_OK;
}

static const struct transport_ops TRANSPORT = {.call = world_call};

static enum err run(struct aws_client *c, int which, struct arena *a, struct diag *d)
{
    struct kinesis_entry entries[2] = {{.partition_key = STR("a"), .data = STR("1")},
                                       {.partition_key = STR("b"), .data = STR("2")}};
    struct kinesis_shard *shards;
    struct kinesis_batch batch;
    struct s3_object object;
    struct s3_listing listing;
    struct str text;
    size_t count;
    switch (which % 8) {
    case 0:
        return kinesis_get(c, STR("i"), 0, a, &batch, d);
    case 1:
        return kinesis_put(c, STR("s"), entries, 2, 3, a, d);
    case 2:
        return kinesis_list_shards(c, STR("s"), a, &shards, &count, d);
    case 3:
        return kinesis_iterator(c, STR("s"), STR("0"), KINESIS_LATEST, STR_EMPTY, 0, a, &text, d);
    case 4:
        return kinesis_stream_status(c, STR("s"), a, &text, d);
    case 5:
        return s3_list(c, STR("b"), STR_EMPTY, '/', STR_EMPTY, a, &listing, d);
    case 6:
        return s3_get_range(c, STR("b"), STR("k"), 0, 5, a, &object, d);
    default:
        return sns_create_topic(c, STR("t"), a, &text, d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 206, 400, 404, 412, 500, 503};
    if (size < 2) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct world w = {.transport = {.ops = &TRANSPORT},
                      .rt = {.ops = &RT},
                      .body = str_n((const char *)data + 2, size - 2),
                      .status = statuses[data[1] % 7]};
    const struct aws_config config = {
        .region = STR("us-east-1"), .endpoint = STR("http://h"), .user_agent = STR_EMPTY};
    struct aws_client client;
    struct diag d = DIAG_INIT;
    aws_client_init(&client, &w.rt, &w.transport, &config);
    enum err code = run(&client, data[0], a, &d);
    CHECK(code == d.code);
    CHECK(code == ERR_OK || d.msg[0] != '\0');
    CHECK(w.calls >= 1 && w.calls <= 9);
    arena_free(a);
    return 0;
}
