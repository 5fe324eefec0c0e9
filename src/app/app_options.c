#include "app_options.h"

#include <getopt.h>
#include "base/instant.h"
#include "pipeline/worker.h"

#define LINES_MAX_DEFAULT 40

static const char HELP[] =
    "aforo-pipeline lands a stream in S3, loads it into a warehouse, proves by counts that nothing "
    "was lost,\n"
    "and reports every day.\n\n"
    "usage: aforo-pipeline COMMAND --definition FILE [OPTIONS]\n\n"
    "  run        the workers: land, load, report, until told to stop\n"
    "  reconcile  compares source, raw and warehouse; exit 1 where they differ\n"
    "  report     makes one day's report now\n"
    "  status     how far everything has come\n\n"
    "  --definition FILE      what the pipeline is (docs/definition.md)\n"
    "  --warehouse WHERE      sqlite:PATH or postgresql://... (AFORO_WAREHOUSE)\n"
    "  --config FILE          YAML: warehouse, log_level, region, endpoint_url, profile\n"
    "  --log-level LEVEL      debug info warn error off; the log goes to stderr (info)\n"
    "  --help, --version\n\n"
    "AWS settings come from the environment and ~/.aws, as for the AWS CLI: AWS_ENDPOINT_URL, "
    "AWS_REGION,\n"
    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE.\n\n"
    "exit: 0 well; 1 something differs; 2 wrong usage or definition; 3 something needed is not "
    "there\n\n"
    "examples:\n"
    "  aforo-pipeline run --definition orders.yaml --warehouse sqlite:/tmp/orders.db --create\n"
    "  aforo-pipeline reconcile --definition orders.yaml --from 2026-03-01 --to 2026-04-01\n"
    "  aforo-pipeline run --help\n";

static const char RUN_HELP[] =
    "usage: aforo-pipeline run --definition FILE [OPTIONS]\n\n"
    "Lands, loads and reports until SIGINT or SIGTERM. Killed at any moment, it goes on from S3 "
    "and the\n"
    "warehouse; started twice, it does everything once.\n\n"
    "  --warehouse WHERE      sqlite:PATH or postgresql://...\n"
    "  --role LIST            of lander,loader,reporter (all)\n"
    "  --worker I/N           this process is I of N (from 0): its share of shards and objects "
    "(0/1)\n"
    "  --drain DURATION       end once nothing new has come for so long, such as 30s\n"
    "  --create               create stream and bucket where they are missing\n"
    "  --shards N             of a stream that --create creates (1)\n\n"
    "examples:\n"
    "  aforo-pipeline run --definition orders.yaml --warehouse postgresql://localhost/shop\n"
    "  aforo-pipeline run --definition orders.yaml --role lander --worker 1/4\n"
    "  aforo-pipeline run --definition orders.yaml --warehouse sqlite:/tmp/o.db --create --drain "
    "30s\n";

static const char RECONCILE_HELP[] =
    "usage: aforo-pipeline reconcile --definition FILE [--from DAY] [--to DAY] [--day DAY]\n\n"
    "Counts, sums, minima and maxima by day and dimension: the source's control totals, raw in S3 "
    "decoded\n"
    "again, and the warehouse. Exit 0 where they agree, 1 where they differ.\n\n"
    "  --from DAY --to DAY    event days, UTC; --to is the day after the last (all days in the "
    "warehouse)\n"
    "  --day DAY              one day\n"
    "  --lines N              figures to print; those that differ come first (40)\n\n"
    "examples:\n"
    "  aforo-pipeline reconcile --definition flights.yaml --from 2001-01-01 --to 2001-04-01\n"
    "  aforo-pipeline reconcile --definition flights.yaml --day 2001-01-31 --lines 200\n";

static const char REPORT_HELP[] =
    "usage: aforo-pipeline report --definition FILE --day DAY [--html FILE]\n\n"
    "Reconciles and reports a day now, closed or not: a new version where the content is new. Exit "
    "1 where\n"
    "the day does not reconcile.\n\n"
    "  --day DAY              event day, UTC\n"
    "  --html FILE            also writes a new version's page here\n\n"
    "examples:\n"
    "  aforo-pipeline report --definition flights.yaml --day 2001-01-31 --html /tmp/report.html\n";

static const char STATUS_HELP[] =
    "usage: aforo-pipeline status --definition FILE\n\n"
    "How far each shard has landed, what is loaded, what is in quarantine and why, alerts that "
    "wait, reports.\n\n"
    "examples:\n"
    "  aforo-pipeline status --definition orders.yaml --warehouse sqlite:/tmp/orders.db\n";

const char *app_help(struct str command)
{
    static const struct {
        const char *name, *help;
    } helps[] = {{"run", RUN_HELP},
                 {"reconcile", RECONCILE_HELP},
                 {"report", REPORT_HELP},
                 {"status", STATUS_HELP}};
    for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
        if (str_eq(command, str_of(helps[i].name))) {
            return helps[i].help;
        }
    }
    return HELP;
}

enum option_id {
    DEFINITION = 1,
    WAREHOUSE,
    CONFIG,
    LOG_LEVEL,
    ROLE,
    WORKER,
    DRAIN,
    CREATE,
    SHARDS,
    FROM,
    TO,
    DAY,
    LINES,
    HTML,
    HELP_WANTED,
    VERSION
};
static const struct option TABLE[] = {{"definition", required_argument, NULL, DEFINITION},
                                      {"warehouse", required_argument, NULL, WAREHOUSE},
                                      {"config", required_argument, NULL, CONFIG},
                                      {"log-level", required_argument, NULL, LOG_LEVEL},
                                      {"role", required_argument, NULL, ROLE},
                                      {"worker", required_argument, NULL, WORKER},
                                      {"drain", required_argument, NULL, DRAIN},
                                      {"create", no_argument, NULL, CREATE},
                                      {"shards", required_argument, NULL, SHARDS},
                                      {"from", required_argument, NULL, FROM},
                                      {"to", required_argument, NULL, TO},
                                      {"day", required_argument, NULL, DAY},
                                      {"lines", required_argument, NULL, LINES},
                                      {"html", required_argument, NULL, HTML},
                                      {"help", no_argument, NULL, HELP_WANTED},
                                      {"version", no_argument, NULL, VERSION},
                                      {NULL, 0, NULL, 0}};

/* ---- values ---- */

static enum err day_read(const char *option, struct str text, int64_t *ret_us, struct diag *d)
{
    int64_t us;
    if (instant_parse(text, &us, d) != ERR_OK || us != instant_floor(us, US_PER_DAY)) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "--%s: expected a day such as 2026-03-28, not '%.*s'", option,
                    STR_ARG(text));
    }
    *ret_us = us;
    return ERR_OK;
}

static enum err number_read(const char *option, struct str text, uint64_t min, uint64_t max,
                            uint64_t *ret_value, struct diag *d)
{
    uint64_t value;
    if (str_u64(text, &value, d) != ERR_OK || value < min || value > max) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "--%s: expected %llu to %llu, not '%.*s'", option,
                    (unsigned long long)min, (unsigned long long)max, STR_ARG(text));
    }
    *ret_value = value;
    return ERR_OK;
}

static enum err worker_read(struct app_options *o, struct str text, struct diag *d)
{
    struct str left, right;
    uint64_t index = 0, count = 0;
    bool parts = str_split(text, '/', &left, &right);
    if (!parts || str_u64(left, &index, d) != ERR_OK || str_u64(right, &count, d) != ERR_OK ||
        index >= count || count > 100000) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "--worker: expected I/N with I from 0 to N-1, not '%.*s'",
                    STR_ARG(text));
    }
    o->worker_index = (unsigned)index;
    o->worker_count = (unsigned)count;
    return ERR_OK;
}

static enum err roles_read(struct app_options *o, struct str text, struct diag *d)
{
    static const struct {
        const char *name;
        unsigned role;
    } roles[] = {{"lander", WORKER_LANDER},
                 {"loader", WORKER_LOADER},
                 {"reporter", WORKER_REPORTER},
                 {"all", WORKER_ALL}};
    o->roles = 0;
    for (struct str rest = text, name; str_cut(&rest, ',', &name);) {
        unsigned before = o->roles;
        for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
            o->roles |= str_eq(name, str_of(roles[i].name)) ? roles[i].role : 0;
        }
        if (o->roles == before) {
            return fail(d, ERR_INVALID,
                        "--role: expected some of lander,loader,reporter, not '%.*s'",
                        STR_ARG(text));
        }
    }
    return o->roles != 0 ? ERR_OK : fail(d, ERR_INVALID, "--role: which?");
}

static enum err drain_read(struct app_options *o, struct str text, struct diag *d)
{
    if (duration_parse(text, &o->drain_us, d) != ERR_OK || o->drain_us <= 0) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "--drain: expected a duration such as 30s, not '%.*s'",
                    STR_ARG(text));
    }
    return ERR_OK;
}

static enum err option_take(struct app_options *o, enum option_id option, struct str text,
                            struct diag *d)
{
    uint64_t number = 0;
    switch (option) {
    case DEFINITION:
        o->definition = text;
        return ERR_OK;
    case WAREHOUSE:
        o->warehouse = text;
        return ERR_OK;
    case CONFIG:
        o->config_file = text;
        return ERR_OK;
    case LOG_LEVEL:
        o->log_level = text;
        return ERR_OK;
    case HTML:
        o->html = text;
        return ERR_OK;
    case ROLE:
        return roles_read(o, text, d);
    case WORKER:
        return worker_read(o, text, d);
    case DRAIN:
        return drain_read(o, text, d);
    case FROM:
        return day_read("from", text, &o->from_us, d);
    case TO:
        return day_read("to", text, &o->to_us, d);
    case DAY:
        return day_read("day", text, &o->day_us, d);
    case SHARDS:
        TRY(number_read("shards", text, 1, 10000, &number, d));
        o->shards = (int)number;
        return ERR_OK;
    case LINES:
        TRY(number_read("lines", text, 0, 100000000, &number, d));
        o->lines_max = (size_t)number;
        return ERR_OK;
    case CREATE:
        o->create = true;
        return ERR_OK;
    case HELP_WANTED:
        o->help = true;
        return ERR_OK;
    case VERSION:
        o->version = true;
        return ERR_OK;
    }
    return fail(d, ERR_INTERNAL, "option %d", (int)option);
}

enum err app_options_read(int argc, char **argv, struct app_options *ret_options, struct diag *d)
{
    struct app_options o = {.worker_count = 1,
                            .roles = WORKER_ALL,
                            .from_us = INSTANT_NEVER,
                            .to_us = INSTANT_NEVER,
                            .day_us = INSTANT_NEVER,
                            .shards = 1,
                            .lines_max = LINES_MAX_DEFAULT};
    int found;
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":h", TABLE, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return fail(d, ERR_INVALID, found == ':' ? "%s needs a value" : "there is no option %s",
                        argv[optind - 1]);
        }
        TRY(option_take(&o, found == 'h' ? HELP_WANTED : (enum option_id)found,
                        optarg == NULL ? STR_EMPTY : str_of(optarg), d));
    }
    if (optind < argc) {
        o.command = str_of(argv[optind++]);
    }
    if (optind < argc) {
        return fail(d, ERR_INVALID, "what is \"%s\" for?", argv[optind]);
    }
    *ret_options = o;
    return ERR_OK;
}
