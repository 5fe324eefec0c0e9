/* demo_command.c -- `aforo demo`: real data through a failing pipeline, simulated, and whether
 * every figure that was published for it comes out exact. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/instant.h"
#include "base/limits.h"

/* Sources of the figures: fixtures/captures/flights-2001-q1/README.md; UCI's Online Retail. */
static const struct demo_figure flights_figures[] = {
    {"rows", "select count(*) from flights", 20000, 0},
    {"sum of delay, minutes", "select sum(delay) from flights", 154078, 0},
    {"sum of distance, miles", "select sum(distance) from flights", 14476934, 0},
    {"flights late by 60 or more", "select count(*) from flights where delay >= 60", 1108, 0},
    {"origins", "select count(distinct origin) from flights", 220, 0},
};
static const struct demo_figure retail_figures[] = {
    {"rows", "select count(*) from retail", 541909, 0},
    {"sum of quantity", "select sum(quantity) from retail", 5176450, 0},
    {"sum of value, pounds", "select sum(value) from retail", 9747747934, 3},
};
static const struct demo demos[] = {
    {.name = "flights",
     .title = "three months of US flights, event by event",
     .file = "scenarios/demo/flights.yaml",
     .figures = flights_figures,
     .figure_count = sizeof(flights_figures) / sizeof(flights_figures[0])},
    {.name = "retail",
     .title = "a shop's year, invoice line by invoice line",
     .file = "scenarios/demo/retail.yaml",
     .data = "retail-orders-2011",
     .figures = retail_figures,
     .figure_count = sizeof(retail_figures) / sizeof(retail_figures[0])},
};
#define DEMO_COUNT (sizeof(demos) / sizeof(demos[0]))

static const char help[] =
    "usage: aforo demo [OPTIONS] [NAME...]\n\n"
    "Sends real data through a whole pipeline that fails and crashes all the time, simulated, and "
    "shows\n"
    "that every published total comes out exact. Run it in the source folder.\n\n"
    "  flights   20,000 flights of three months (in the source folder)\n"
    "  retail    541,909 invoice lines of a year (where AFORO_DATA names the folder with "
    "retail-orders-2011)\n\n"
    "  --seed N      another draw of the faults (1)\n"
    "  --output DIR  where the reports go (build/demo)\n\n"
    "Exit code: 0 every total is exact, 1 one is not, 2 bad usage.\n\n"
    "examples:\n"
    "  aforo demo flights\n"
    "  aforo demo --seed 7\n";

struct demo_run { /* what is known while one runs */
    const struct demo *demo;
    const char *output;
    struct arena *arena;
    int64_t began_us, horizon_us;
    bool exact;
};

static int64_t clock_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void progress_show(void *ctx, int64_t since_us)
{
    const struct demo_run *run = ctx;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%s: day %lld of %lld, %lld s ", run->demo->name,
                (long long)(since_us / US_PER_DAY), (long long)(run->horizon_us / US_PER_DAY),
                (long long)((clock_now_us() - run->began_us) / US_PER_S));
    }
}

static enum err demo_inspect(void *ctx, const struct run_view *view, struct diag *d)
{
    struct demo_run *run = ctx;
    struct str last_report = STR_EMPTY;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K");
    }
    TRY(demo_reports_write(run->arena, view, run->output, run->demo->name, &last_report, d));
    struct demo_page page = {.demo = run->demo,
                             .view = view,
                             .real_us = clock_now_us() - run->began_us,
                             .report = last_report};
    return demo_page_print(run->arena, &page, &run->exact, d);
}

/* *ret_there: its data is there. */
static enum err scenario_open(struct arena *a, const struct demo *demo, bool *ret_there,
                              struct scenario **ret_scenario, struct diag *d)
{
    const char *data = getenv("AFORO_DATA");
    *ret_there = demo->data == NULL || (data != NULL && data[0] != '\0');
    if (!*ret_there) {
        return ERR_OK;
    }
    TRY(scenario_read(a, demo->file, ret_scenario, d));
    if (demo->data != NULL) {
        (*ret_scenario)->source.capture = str_printf(a, "%s/%s", data, demo->data);
    }
    return ERR_OK;
}

static int demo_play(const struct demo *demo, uint64_t seed, const char *output)
{
    struct diag d = DIAG_INIT;
    struct arena *a = arena_new("demo", ARENA_PROCESS_BYTES_MAX);
    struct scenario *scenario = NULL;
    struct run_result result = {.verdict = VERDICT_UNKNOWN};
    struct demo_run run = {.demo = demo, .output = output, .arena = a, .began_us = clock_now_us()};
    struct run_options options = {.inspect = demo_inspect, .progress = progress_show, .ctx = &run};
    bool there = false;
    enum err err = scenario_open(a, demo, &there, &scenario, &d);
    if (err == ERR_OK && there) {
        run.horizon_us = scenario->horizon_us;
        err = run_simulated(a, scenario, seed, &options, &result, &d);
    }
    int code = CLI_OK;
    if (err != ERR_OK) {
        code = cli_failed(&cli_demo, &d);
    } else if (!there) {
        printf("%s: its data is not here: set AFORO_DATA to the folder that has it.\n", demo->name);
    } else if (!run.exact || result.verdict != VERDICT_PASS) {
        code = CLI_FAILED;
    }
    arena_free(a);
    return code;
}

static const struct demo *demo_find(const char *name)
{
    for (size_t i = 0; i < DEMO_COUNT; i++) {
        if (strcmp(demos[i].name, name) == 0) {
            return &demos[i];
        }
    }
    return NULL;
}

static int demo_run(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"output", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    uint64_t seed = 1;
    const char *output = "build/demo";
    struct diag d = DIAG_INIT;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == 's' && cli_number("seed", optarg, UINT64_MAX, &seed, &d) != ERR_OK) {
            return cli_usage(&cli_demo, "%s", d.msg);
        }
        if (option == 'o') {
            output = optarg;
        } else if (option != 's') {
            return cli_bad_option(&cli_demo, argc, argv, option);
        }
    }
    for (int i = optind; i < argc; i++) {
        if (demo_find(argv[i]) == NULL) {
            return cli_usage(&cli_demo, "there is no demo \"%s\": flights or retail", argv[i]);
        }
    }
    int code = CLI_OK;
    for (size_t i = 0; i < DEMO_COUNT && optind == argc; i++) {
        code = demo_play(&demos[i], seed, output) == CLI_OK ? code : CLI_FAILED;
    }
    for (int i = optind; i < argc; i++) {
        code = demo_play(demo_find(argv[i]), seed, output) == CLI_OK ? code : CLI_FAILED;
    }
    return code;
}

const struct cli_command cli_demo = {
    .name = "demo",
    .summary = "real data through a failing pipeline: every published total comes out exact",
    .help = help,
    .run = demo_run,
};
