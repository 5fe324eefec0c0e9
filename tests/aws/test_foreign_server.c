#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "adapter/http_curl.h"
#include "adapter/rt_threads.h"
#include "aws/kinesis.h"
#include "aws/s3.h"
#include "aws/sns.h"
#include "base/instant.h"
#include "base/limits.h"

/* The typed clients over libcurl against moto, which others wrote: what we send must be understood
 * there. */

struct foreign {
    struct arena *arena;
    struct rt *rt;
    struct aws_config config;
    struct aws_client client;
    pid_t server;
};

/* A port that was free a moment ago. */
static int free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
    cr_assert(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

static pid_t start_moto(int port)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        cr_assert(freopen("/dev/null", "w", stdout) != NULL &&
                  freopen("/dev/null", "w", stderr) != NULL);
        execlp("python3", "python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", text,
               (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Until the server answers, or a minute has gone. */
static void wait_ready(struct foreign *f)
{
    int64_t end_us = rt_mono_us(f->rt) + 60 * US_PER_S;
    for (;;) {
        struct diag d = DIAG_INIT;
        if (s3_create_bucket(&f->client, STR("first"), f->arena, &d) == ERR_OK) {
            return;
        }
        cr_assert(waitpid(f->server, NULL, WNOHANG) == 0 && rt_mono_us(f->rt) < end_us,
                  "moto does not answer: %s", d.msg);
        cr_assert_eq(rt_sleep(f->rt, 50 * US_PER_MS), ERR_OK);
    }
}

static bool foreign_start(struct foreign *f)
{
    struct diag d = DIAG_INIT;
    struct transport *transport = NULL;
    const struct http_curl_options options = {.ca_file = NULL};
    if (system("python3 -c 'import moto.server' >/dev/null 2>&1") != 0) {
        return false;
    }
    int port = free_port();
    f->arena = arena_new("foreign", GIB);
    f->rt = rt_threads_new(f->arena, 1);
    cr_assert_eq(http_curl_new(f->arena, f->rt, &options, &transport, &d), ERR_OK, "%s", d.msg);
    f->config = (struct aws_config){.region = STR("us-east-1"),
                                    .endpoint = str_printf(f->arena, "http://127.0.0.1:%d", port),
                                    .credentials = {.access_key = STR("test"),
                                                    .secret_key = STR("test"),
                                                    .session_token = STR_EMPTY},
                                    .max_attempts = 1};
    aws_client_init(&f->client, f->rt, transport, &f->config);
    f->server = start_moto(port);
    wait_ready(f);
    return true;
}

static void foreign_stop(struct foreign *f)
{
    kill(f->server, SIGKILL);
    waitpid(f->server, NULL, 0);
    arena_free(f->arena);
}

static const char *const KEYS[] = {"raw/a b", "raw/a+b", "raw/caf\xc3\xa9&=?#%", "raw/x/y",
                                   "raw/~z"};
#define KEY_COUNT 5

static void check_objects(struct foreign *f)
{
    struct aws_client *c = &f->client;
    struct arena *a = f->arena;
    struct diag d = DIAG_INIT;
    struct s3_object o;
    struct s3_listing l;
    const struct http_header metadata[] = {{STR("records"), STR("12")}};
    const struct s3_put_options options = {
        .if_none_match = true, .metadata = metadata, .metadata_count = 1};
    cr_assert_eq(s3_create_bucket(c, STR("bucket"), a, &d), ERR_OK, "%s", d.msg);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        cr_assert_eq(
            s3_put(c, STR("bucket"), str_of(KEYS[i]), STR("123456789"), &options, a, &o, &d),
            ERR_OK, "%s", d.msg);
        cr_assert(str_eq(o.etag, STR("25f9e794323b453885f5181f1b624d0b")), "%.*s", STR_ARG(o.etag));
        cr_assert_eq(s3_get(c, STR("bucket"), str_of(KEYS[i]), a, &o, &d), ERR_OK, "%s", d.msg);
        cr_assert(str_eq(o.body, STR("123456789")) &&
                  str_eq(http_header(&o.metadata, "records"), STR("12")));
    }
    cr_assert_eq(s3_put(c, STR("bucket"), str_of(KEYS[0]), STR("other"), &options, a, &o, &d),
                 ERR_CONFLICT);
    cr_assert(diag_is_named(&d, "PreconditionFailed"), "%s", d.name);
    diag_clear(&d);
    cr_assert_eq(s3_head(c, STR("bucket"), str_of(KEYS[2]), a, &o, &d), ERR_OK, "%s", d.msg);
    cr_assert(o.size == 9 && o.modified_us > 0);
    cr_assert_eq(s3_get_range(c, STR("bucket"), str_of(KEYS[1]), 2, 3, a, &o, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert(str_eq(o.body, STR("345")) && o.size == 9);
    cr_assert_eq(s3_list(c, STR("bucket"), STR("raw/"), '\0', STR_EMPTY, a, &l, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert_eq(l.count, KEY_COUNT);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        cr_assert(str_eq(l.objects[i].key, str_of(KEYS[i])), "%.*s", STR_ARG(l.objects[i].key));
    }
    cr_assert_eq(s3_list(c, STR("bucket"), STR("raw/"), '/', str_of(KEYS[0]), a, &l, &d), ERR_OK,
                 "%s", d.msg);
    cr_assert(l.count == 3 && l.prefix_count == 1 && str_eq(l.prefixes[0], STR("raw/x/")));
    cr_assert_eq(s3_delete(c, STR("bucket"), str_of(KEYS[0]), a, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(s3_get(c, STR("bucket"), str_of(KEYS[0]), a, &o, &d), ERR_NOT_FOUND);
    cr_assert(diag_is_named(&d, "NoSuchKey"), "%s", d.name);
}

static void check_stream(struct foreign *f)
{
    struct aws_client *c = &f->client;
    struct arena *a = f->arena;
    struct diag d = DIAG_INIT;
    struct kinesis_entry entries[3] = {{.partition_key = STR("a"), .data = STR("one")},
                                       {.partition_key = STR("\"b\""), .data = STR("\0\xff")},
                                       {.partition_key = STR("c"), .data = STR("three")}};
    struct kinesis_shard *shards;
    struct kinesis_batch batch;
    struct str text;
    size_t count = 0;
    cr_assert_eq(kinesis_create_stream(c, STR("events"), 1, a, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(kinesis_stream_status(c, STR("events"), a, &text, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(kinesis_put(c, STR("events"), entries, 3, 0, a, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(kinesis_list_shards(c, STR("events"), a, &shards, &count, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert(count == 1 && str_eq(shards[0].id, entries[0].shard_id) && !shards[0].closed);
    static const enum kinesis_position from[] = {KINESIS_TRIM_HORIZON, KINESIS_AFTER_SEQUENCE,
                                                 KINESIS_AT_TIMESTAMP};
    static const size_t skips[] = {0, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(kinesis_iterator(c, STR("events"), shards[0].id, from[i],
                                      entries[0].sequence_number, rt_wall_us(f->rt) - US_PER_HOUR,
                                      a, &text, &d),
                     ERR_OK, "%s", d.msg);
        cr_assert_eq(kinesis_get(c, text, 100, a, &batch, &d), ERR_OK, "%s", d.msg);
        cr_assert_eq(batch.count, 3 - skips[i], "position %d", (int)from[i]);
        for (size_t n = 0; n < batch.count; n++) {
            const struct kinesis_entry *e = &entries[n + skips[i]];
            cr_assert(str_eq(batch.records[n].data, e->data) &&
                      str_eq(batch.records[n].partition_key, e->partition_key));
            cr_assert(str_eq(batch.records[n].sequence_number, e->sequence_number));
            int64_t age_us = rt_wall_us(f->rt) - batch.records[n].arrived_us;
            cr_assert(age_us > -US_PER_S && age_us < US_PER_MINUTE, "%lld", (long long)age_us);
        }
        cr_assert(batch.next_iterator.len > 0);
    }
    cr_assert_eq(kinesis_stream_status(c, STR("nowhere"), a, &text, &d), ERR_NOT_FOUND);
    cr_assert(diag_is_named(&d, "ResourceNotFoundException"), "%s", d.name);
}

static void check_topic(struct foreign *f)
{
    struct diag d = DIAG_INIT;
    struct str arn, id;
    const struct http_header attributes[] = {{STR("criticality"), STR("HIGH & more")}};
    cr_assert_eq(sns_create_topic(&f->client, STR("alerts"), f->arena, &arn, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert(str_starts(arn, STR("arn:aws:sns:us-east-1:")) && str_ends(arn, STR(":alerts")));
    const struct sns_message message = {.topic_arn = arn,
                                        .subject = STR("late"),
                                        .text = STR("caf\xc3\xa9 + 5% & more"),
                                        .attributes = attributes,
                                        .attribute_count = 1};
    cr_assert_eq(sns_publish(&f->client, &message, f->arena, &id, &d), ERR_OK, "%s", d.msg);
    cr_assert(id.len == 36);
    const struct sns_message lost = {.topic_arn = str_join(f->arena, arn, STR("-not-there")),
                                     .text = STR("x")};
    cr_assert_eq(sns_publish(&f->client, &lost, f->arena, &id, &d), ERR_NOT_FOUND);
    cr_assert(diag_is_named(&d, "NotFound"), "%s", d.name);
}

Test(foreign_server, understands_every_typed_call)
{
    /* Objects with odd keys, conditions and ranges; records from three positions; a published
     * message. */
    struct foreign f = {.server = 0};
    if (!foreign_start(&f)) {
        cr_skip_test(
            "python3 with moto's server is not here: the clients were not tried against it");
    }
    check_objects(&f);
    check_stream(&f);
    check_topic(&f);
    foreign_stop(&f);
}
