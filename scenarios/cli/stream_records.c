#include "stream_records.h"

#include "adapter/http_curl.h"
#include "adapter/rt_threads.h"
#include "recording.h"

#define STREAMS_MAX 65536

/* ---- which there are ---- */

static bool is_same(struct str given, struct str usual, struct str found)
{
    return str_eq(given.len > 0 ? given : usual, found);
}

static const char *folder_of(struct arena *a, const struct streams_options *o,
                             const struct emulator_stream *s)
{
    struct str name = s->name;
    bool home = is_same(o->account, STR("000000000000"), s->account);
    if (!home || !is_same(o->region, STR("us-east-1"), s->region)) {
        name = str_printf(a, "%.*s@%.*s", STR_ARG(name), STR_ARG(s->region));
    }
    if (!home) {
        name = str_printf(a, "%.*s@%.*s", STR_ARG(name), STR_ARG(s->account));
    }
    return str_z(a, str_printf(a, "%s/%.*s", o->folder, STR_ARG(name)));
}

static struct emulator_stream *streams_of(struct arena *a, const struct streams_options *o,
                                          int64_t now_us, size_t *ret_count)
{
    struct emulator_stream *all = NEW_ARRAY(a, struct emulator_stream, STREAMS_MAX);
    uint64_t cursor = 0;
    size_t count = 0;
    front_lock(o->front);
    while (count < STREAMS_MAX && emulator_stream_next(o->emulator, &cursor, now_us, &all[count])) {
        struct emulator_stream *s = &all[count++];
        *s = (struct emulator_stream){.account = str_copy(a, s->account),
                                      .region = str_copy(a, s->region),
                                      .name = str_copy(a, s->name)};
    }
    front_unlock(o->front);
    *ret_count = count;
    return all;
}

/* ---- one ---- */

/* The emulator takes these credentials, whatever the environment has; an access key of twelve
 * digits is the account's. */
static struct aws_client client_of(struct arena *a, struct rt *rt, struct transport *transport,
                                   struct str endpoint, const struct emulator_stream *s)
{
    struct aws_client client;
    struct aws_config *config = NEW(a, struct aws_config);
    *config =
        (struct aws_config){.region = s->region,
                            .endpoint = endpoint,
                            .credentials = {.access_key = s->account, .secret_key = STR("test")},
                            .user_agent = STR("aforo-record/" AFORO_VERSION)};
    aws_client_init(&client, rt, transport, config);
    return client;
}

static enum err record_one(struct arena *a, struct aws_client *client, struct str stream,
                           const char *folder, struct diag *d)
{
    struct recording_result result;
    struct recording_options o = {
        .client = client, .stream = stream, .folder = folder, .position = KINESIS_TRIM_HORIZON};
    return recording_run(a, &o, &result, d) == ERR_OK
               ? ERR_OK
               : diag_context(d, "stream %.*s", STR_ARG(stream));
}

enum err streams_record(struct arena *a, const struct streams_options *options, struct diag *d)
{
    struct rt *rt = rt_threads_new(a, 0);
    struct transport *transport;
    struct http_curl_options http = {0};
    size_t count;
    TRY(http_curl_new(a, rt, &http, &transport, d));
    struct emulator_stream *all = streams_of(a, options, rt_wall_us(rt), &count);
    for (size_t i = 0; i < count; i++) {
        struct aws_client client = client_of(a, rt, transport, options->endpoint, &all[i]);
        TRY(record_one(a, &client, all[i].name, folder_of(a, options, &all[i]), d));
    }
    return ERR_OK;
}
