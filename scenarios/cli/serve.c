/* serve.c -- `aforo serve`: the emulator on a port, until somebody asks it to stop. */
#include "cli.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/instant.h"
#include "base/limits.h"
#include "emulator/front/front.h"
#include "stream_records.h"
#include "emulator/store/store.h"
#include "tls_folder.h"

struct serve_options {
    struct front_options front;
    struct emulator_options emulator;
    const char *record;         /* NULL: nowhere */
    struct store_options store; /* without a folder: memory only */
};

static const char help[] =
    "usage: aforo serve [OPTIONS]\n\n"
    "Serves Kinesis, S3, SNS and STS to every AWS client on one port until SIGINT or SIGTERM: in "
    "memory, or in\na folder (--data-dir) from which the next start goes on, also after kill -9."
    "\n\n"
    "  --port N              TCP port; 0: any free one, which is printed (4566)\n"
    "  --address IP          where to listen (127.0.0.1: this machine alone)\n"
    "  --public-url URL      how clients reach it, for URLs in answers (http://ADDRESS:PORT)\n"
    "  --account N           12 digits: the account of callers that name none (000000000000)\n"
    "  --region NAME         the region of requests that name none (us-east-1)\n"
    "  --seed N              the same seed gives the same ids (0)\n"
    "  --no-limits           no throughput and account limits\n"
    "  --small-parts         multipart uploads take parts under 5 MiB, too\n"
    "  --verify-signatures   refuse requests that are not signed with the secret key \"test\"\n"
    "  --threads N           threads that serve connections (2)\n"
    "  --idle-timeout S      seconds until a connection on which nothing moves is closed (180)\n"
    "  --max-connections N   more are told to come later (4096)\n"
    "  --max-body-memory MB  of request bodies on their way, together (1024)\n"
    "  --record DIR          what stands in each stream at the end, as captures in DIR/STREAM;\n"
    "                        of other regions and accounts in DIR/STREAM@REGION[@ACCOUNT]\n"
    "  --data-dir DIR        keeps everything there; a copy (cp -r) of it, also while it runs, is "
    "a "
    "snapshot\n"
    "  --durability HOW      what is answered is: none: kept soon; os: given to the kernel, "
    "outlives "
    "kill -9;\n"
    "                        fsync: on the disk, outlives the machine (os)\n"
    "  --tls-dir DIR         where the certificate authority is kept (~/.local/share/aforo)\n\n"
    "The port takes HTTP/1.1, HTTP/2 (by prior knowledge, or ALPN) and TLS; `aforo ca` prints the "
    "certificate\nto verify https with.\n\n"
    "examples:\n"
    "  aforo serve\n"
    "  aforo serve --port 0 --no-limits\n"
    "  aforo serve --data-dir ~/aforo-data --durability fsync\n"
    "  AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
    "\\\n"
    "    AWS_DEFAULT_REGION=us-east-1 aws kinesis create-stream --stream-name orders --shard-count "
    "2\n"
    "  curl http://127.0.0.1:4566/_aforo/health\n";

enum serve_option {
    PORT = 1,
    ADDRESS,
    PUBLIC_URL,
    ACCOUNT,
    REGION,
    SEED,
    NO_LIMITS,
    SMALL_PARTS,
    VERIFY,
    THREADS,
    IDLE_TIMEOUT,
    MAX_CONNECTIONS,
    MAX_BODY_MEMORY,
    RECORD,
    TLS_DIR,
    DATA_DIR,
    DURABILITY
};
static const struct option option_table[] = {
    {"port", required_argument, NULL, PORT},
    {"address", required_argument, NULL, ADDRESS},
    {"public-url", required_argument, NULL, PUBLIC_URL},
    {"account", required_argument, NULL, ACCOUNT},
    {"region", required_argument, NULL, REGION},
    {"seed", required_argument, NULL, SEED},
    {"no-limits", no_argument, NULL, NO_LIMITS},
    {"small-parts", no_argument, NULL, SMALL_PARTS},
    {"verify-signatures", no_argument, NULL, VERIFY},
    {"threads", required_argument, NULL, THREADS},
    {"idle-timeout", required_argument, NULL, IDLE_TIMEOUT},
    {"max-connections", required_argument, NULL, MAX_CONNECTIONS},
    {"max-body-memory", required_argument, NULL, MAX_BODY_MEMORY},
    {"record", required_argument, NULL, RECORD},
    {"tls-dir", required_argument, NULL, TLS_DIR},
    {"data-dir", required_argument, NULL, DATA_DIR},
    {"durability", required_argument, NULL, DURABILITY},
    {NULL, 0, NULL, 0},
};

/* ---- the command line ---- */

static enum err account_read(const char *text, struct str *ret_account, struct diag *d)
{
    if (strlen(text) != 12 || strspn(text, "0123456789") != 12) {
        return fail(d, ERR_INVALID, "--account takes 12 digits, not \"%s\"", text);
    }
    *ret_account = str_of(text);
    return ERR_OK;
}

#define IDLE_S_MAX 86400
#define CONNECTIONS_MAX 60000

/* What clients may cost. */
static enum err cap_take(struct front_options *front, enum serve_option option, const char *text,
                         struct diag *d)
{
    uint64_t number;
    if (option == IDLE_TIMEOUT) {
        TRY(cli_number("idle-timeout", text, IDLE_S_MAX, &number, d));
        front->idle_s = (unsigned)number;
    } else if (option == MAX_CONNECTIONS) {
        TRY(cli_number("max-connections", text, CONNECTIONS_MAX, &number, d));
        front->connections_max = (unsigned)number;
    } else {
        TRY(cli_number("max-body-memory", text, SIZE_MAX / MIB, &number, d));
        front->bodies_bytes_max = (size_t)number * MIB;
    }
    return ERR_OK;
}

static enum err durability_read(const char *text, enum store_durability *ret, struct diag *d)
{
    static const char *const names[] = {
        [STORE_NONE] = "none", [STORE_OS] = "os", [STORE_FSYNC] = "fsync"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum store_durability)i;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "--durability takes none, os or fsync, not \"%s\"", text);
}

static enum err option_take(struct serve_options *o, enum serve_option option, const char *text,
                            struct diag *d)
{
    uint64_t number = 0;
    switch (option) {
    case PORT:
        TRY(cli_number("port", text, UINT16_MAX, &number, d));
        o->front.port = (uint16_t)number;
        break;
    case THREADS:
        TRY(cli_number("threads", text, 64, &number, d));
        o->front.threads = (unsigned)number;
        break;
    case IDLE_TIMEOUT:
    case MAX_CONNECTIONS:
    case MAX_BODY_MEMORY:
        return cap_take(&o->front, option, text, d);
    case SEED:
        TRY(cli_number("seed", text, UINT64_MAX, &o->emulator.seed, d));
        break;
    case ACCOUNT:
        TRY(account_read(text, &o->emulator.account, d));
        break;
    case ADDRESS:
        o->front.address = str_of(text);
        break;
    case PUBLIC_URL:
        o->emulator.public_url = str_of(text);
        break;
    case REGION:
        o->emulator.region = str_of(text);
        break;
    case NO_LIMITS:
        o->emulator.limits_off = true;
        break;
    case SMALL_PARTS:
        o->emulator.small_parts = true;
        break;
    case RECORD:
        o->record = text;
        break;
    case TLS_DIR:
        o->front.tls_folder = str_of(text);
        break;
    case DATA_DIR:
        o->store.folder = str_of(text);
        break;
    case DURABILITY:
        TRY(durability_read(text, &o->store.durability, d));
        break;
    case VERIFY:
        o->emulator.verify_signatures = true;
        break;
    }
    return ERR_OK;
}

/* CLI_OK: *o is filled. */
static int options_read(int argc, char **argv, struct serve_options *o)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "+:", option_table, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_serve, argc, argv, found);
        }
        if (option_take(o, (enum serve_option)found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_serve, "%s", d.msg);
        }
    }
    return optind < argc ? cli_usage(&cli_serve, "what is \"%s\" for?", argv[optind]) : CLI_OK;
}

/* ---- serving ---- */

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* http://ADDRESS:PORT as a client on this machine can use it. */
static struct str url_of(struct arena *a, struct str address, uint16_t port)
{
    if (address.len == 0 || str_eq(address, STR("0.0.0.0")) || str_eq(address, STR("localhost"))) {
        address = STR("127.0.0.1");
    } else if (str_eq(address, STR("::"))) {
        address = STR("::1");
    }
    bool v6 = str_find(address, ':') != STR_NONE;
    return str_printf(a, "http://%s%.*s%s:%u", v6 ? "[" : "", STR_ARG(address), v6 ? "]" : "",
                      port);
}

static void signal_await(const sigset_t *signals)
{
    int signal = 0;
    while (sigwait(signals, &signal) != 0) {
    }
}

/* ---- the folder ---- */

static enum err entry_again(void *emulator, struct str entry, struct diag *d)
{
    return emulator_replay(emulator, entry, d);
}

static enum err state_restore(struct store *store, struct emulator *e, struct diag *d)
{
    TRY(store_read(store, entry_again, e, d));
    struct store_read_counts counts = store_counts(store);
    if (counts.cut_bytes > 0) {
        (void)fprintf(stderr,
                      "aforo: the last %llu bytes of the journal were half written when the server "
                      "before ended, and are cut off\n",
                      (unsigned long long)counts.cut_bytes);
    }
    emulator_replayed(e, now_us());
    return ERR_OK;
}

/* The state as it was, or an empty one. */
static enum err emulator_start(struct serve_options *o, struct arena *a,
                               struct emulator **ret_emulator, struct diag *d)
{
    struct store *store = NULL;
    if (o->store.folder.len > 0) {
        TRY(store_open(a, &o->store, &store, d));
        o->emulator.journal = store_journal(store);
    }
    o->emulator.start_us = now_us();
    *ret_emulator = emulator_new(a, &o->emulator);
    return store == NULL ? ERR_OK : state_restore(store, *ret_emulator, d);
}

static enum err serve(struct serve_options *o, struct arena *a, const sigset_t *signals,
                      struct diag *d)
{
    struct front *front;
    if (o->front.tls_folder.len == 0) {
        o->front.tls_folder = tls_folder(a);
    }
    TRY(front_listen(a, &o->front, &front, d));
    struct str url = url_of(a, o->front.address, front_port(front));
    if (o->emulator.public_url.len == 0) {
        o->emulator.public_url = url;
    }
    struct emulator *e;
    enum err code = emulator_start(o, a, &e, d);
    if (code == ERR_OK) {
        code = front_serve(front, e, d);
    }
    if (code == ERR_OK) {
        printf("aforo: listening on %.*s\n", STR_ARG(url));
        (void)fflush(stdout);
        signal_await(signals);
        if (o->record != NULL) {
            struct streams_options streams = {.emulator = e,
                                              .front = front,
                                              .endpoint = url,
                                              .account = o->emulator.account,
                                              .region = o->emulator.region,
                                              .folder = o->record};
            code = streams_record(a, &streams, d);
        }
    }
    front_stop(front);
    return code;
}

/* Requests come and go by the megabyte. glibc gives such blocks back to the system at once, and
 * fresh pages cost more than what is done with them: keep up to so much for the next request.
 */
static void memory_keep(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, (int)(32 * MIB));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(64 * MIB));
}

static int serve_run(int argc, char **argv)
{
    struct serve_options options = {.front = {.port = 4566}, .store = {.durability = STORE_OS}};
    struct diag d = DIAG_INIT;
    sigset_t signals;
    int code = options_read(argc, argv, &options);
    if (code != CLI_OK) {
        return code;
    }
    /* Blocked before there are threads, so that all of them leave the signals to signal_await.
     */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    memory_keep();
    struct arena *a = arena_new("emulator", ARENA_PROCESS_BYTES_MAX);
    enum err served = serve(&options, a, &signals, &d);
    arena_free(a);
    return served == ERR_OK ? CLI_OK : cli_failed(&cli_serve, &d);
}

const struct cli_command cli_serve = {
    .name = "serve",
    .summary = "the emulator on a port, for any AWS client",
    .help = help,
    .run = serve_run,
};
