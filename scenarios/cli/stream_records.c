#include "stream_records.h"

#include "adapter/http_curl.h"
#include "adapter/rt_threads.h"
#include "recording.h"

static enum err record_one(struct arena *a, struct aws_client *client, struct str stream,
                           const char *folder, struct diag *d)
{
    struct recording_result result;
    const char *own = str_z(a, str_printf(a, "%s/%.*s", folder, STR_ARG(stream)));
    struct recording_options o = {
        .client = client, .stream = stream, .folder = own, .position = KINESIS_TRIM_HORIZON};
    return recording_run(a, &o, &result, d) == ERR_OK
               ? ERR_OK
               : diag_context(d, "stream %.*s", STR_ARG(stream));
}

/* The emulator takes these credentials, whatever the environment has. */
static enum err client_open(struct arena *a, struct str endpoint, struct str region,
                            struct aws_client *client, struct diag *d)
{
    struct rt *rt = rt_threads_new(a, 0);
    struct transport *transport;
    struct http_curl_options http = {0};
    struct aws_config *config = NEW(a, struct aws_config);
    *config =
        (struct aws_config){.region = region.len > 0 ? region : STR("us-east-1"),
                            .endpoint = endpoint,
                            .credentials = {.access_key = STR("test"), .secret_key = STR("test")},
                            .user_agent = STR("aforo-record/" AFORO_VERSION)};
    TRY(http_curl_new(a, rt, &http, &transport, d));
    aws_client_init(client, rt, transport, config);
    return ERR_OK;
}

enum err streams_record(struct arena *a, struct str endpoint, struct str region, const char *folder,
                        struct diag *d)
{
    struct aws_client opened, *client = &opened;
    struct str *streams;
    size_t count;
    TRY(client_open(a, endpoint, region, client, d));
    TRY(kinesis_list_streams(client, a, &streams, &count, d));
    for (size_t i = 0; i < count; i++) {
        TRY(record_one(a, client, streams[i], folder, d));
    }
    return ERR_OK;
}
