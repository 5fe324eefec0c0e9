/* record_command.c -- `aforo record`: what stands in a stream, as captures in a folder. */
#include "cli.h"
#include "inputs.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"
#include "recording.h"

static const char help[] =
    "usage: aforo record --stream NAME --out FOLDER [OPTIONS]\n\n"
    "Reads a Kinesis stream, of AWS or of any endpoint, into a folder of captures: every shard "
    "from its oldest record to\n"
    "the present, with sequence numbers, partition keys and times of arrival, and a manifest. "
    "`aforo inspect` and\n"
    "`aforo replay` read it back.\n\n"
    "  --stream NAME        the stream\n"
    "  --out FOLDER         where captures are written; a recording of this stream that is there "
    "is gone on "
    "with\n"
    "  --from T             records that arrived from T on, or \"latest\": those to come (oldest)\n"
    "  --follow             go on until SIGINT or SIGTERM, or for --for; what stands there by then "
    "is read yet,\n"
    "                       and a second signal cuts that off\n"
    "  --for DURATION       stop after so long (10m)\n"
    "  --endpoint URL       of Kinesis; default: AWS_ENDPOINT_URL, or AWS itself\n\n"
    "Region and credentials come from the environment and ~/.aws, as for the AWS CLI.\n"
    "Exit code: 0 recorded, 1 it failed on the way, 2 bad input.\n\n"
    "example:\n"
    "  aforo record --stream orders --out incident --from 2026-03-28T03:00:00Z\n";

struct record_arguments {
    const char *stream, *folder, *from, *endpoint;
    int64_t for_us;
    bool follow;
};
struct stopping {
    struct rt *rt;
    sigset_t signals;
    int64_t until_us; /* monotonic; INSTANT_NEVER */
};

enum { OPTION_STREAM = 256, OPTION_OUT, OPTION_FROM, OPTION_FOLLOW, OPTION_FOR, OPTION_ENDPOINT };
static const struct option options[] = {{"stream", required_argument, NULL, OPTION_STREAM},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"from", required_argument, NULL, OPTION_FROM},
                                        {"follow", no_argument, NULL, OPTION_FOLLOW},
                                        {"for", required_argument, NULL, OPTION_FOR},
                                        {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
                                        {NULL, 0, NULL, 0}};

static enum err option_take(struct record_arguments *args, int option, const char *value,
                            struct diag *d)
{
    switch (option) {
    case OPTION_STREAM:
        args->stream = value;
        break;
    case OPTION_OUT:
        args->folder = value;
        break;
    case OPTION_FROM:
        args->from = value;
        break;
    case OPTION_FOR:
        return duration_parse(str_of(value), &args->for_us, d);
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    default:
        args->follow = true;
        break;
    }
    return ERR_OK;
}

static int arguments_read(int argc, char **argv, struct record_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_record, argc, argv, found);
        }
        if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_record, "%s", d.msg);
        }
    }
    if (optind < argc) {
        return cli_usage(&cli_record, "what is \"%s\" for?", argv[optind]);
    }
    return args->stream != NULL && args->folder != NULL
               ? CLI_OK
               : cli_usage(&cli_record, "--stream and --out are needed");
}

/* Signals are blocked, and asked for between calls; each, and the time, is told once. */
static bool is_over(void *ctx)
{
    struct stopping *s = ctx;
    const struct timespec now = {0, 0};
    if (rt_mono_us(s->rt) >= s->until_us) {
        s->until_us = INSTANT_NEVER;
        return true;
    }
    return sigtimedwait(&s->signals, NULL, &now) > 0;
}

static enum err record(struct arena *a, const struct record_arguments *args, struct diag *d)
{
    struct stopping stopping = {.rt = rt_threads_new(a, 0), .until_us = INSTANT_NEVER};
    struct recording_result result = {0};
    struct recording_options o = {.stream = str_of(args->stream),
                                  .folder = args->folder,
                                  .position = KINESIS_TRIM_HORIZON,
                                  .resume = true,
                                  .follow = args->follow,
                                  .stop = is_over,
                                  .stop_ctx = &stopping};
    bool latest = args->from != NULL && str_eq(str_of(args->from), STR("latest"));
    if (args->from != NULL && !latest) {
        o.position = KINESIS_AT_TIMESTAMP;
        TRY(instant_parse(str_of(args->from), &o.from_us, d));
    }
    o.position = latest ? KINESIS_LATEST : o.position;
    sigemptyset(&stopping.signals);
    sigaddset(&stopping.signals, SIGINT);
    sigaddset(&stopping.signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &stopping.signals, NULL);
    if (args->for_us > 0) {
        stopping.until_us = rt_mono_us(stopping.rt) + args->for_us;
        o.follow = true;
    }
    TRY(inputs_client(a, stopping.rt, args->endpoint, &o.client, d));
    enum err err = recording_run(a, &o, &result, d);
    if (result.shards == 0 && err != ERR_OK) {
        return err;
    }
    printf("%llu records of %llu shards in %llu objects\n", (unsigned long long)result.records,
           (unsigned long long)result.shards, (unsigned long long)result.objects);
    return err;
}

static int record_run(int argc, char **argv)
{
    struct record_arguments args = {0};
    struct diag d = DIAG_INIT;
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    struct arena *a = arena_new("record", ARENA_PROCESS_BYTES_MAX);
    if (record(a, &args, &d) != ERR_OK) {
        (void)cli_failed(&cli_record, &d);
        code = inputs_exit(&d);
    }
    arena_free(a);
    return code;
}

const struct cli_command cli_record = {
    .name = "record",
    .summary = "a stream, into a folder of captures",
    .help = help,
    .run = record_run,
};
