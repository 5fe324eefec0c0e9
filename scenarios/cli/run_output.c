#include "run_output.h"

#include <stdlib.h>
#include <time.h>
#include "base/instant.h"
#include "scenarios/runner/seed_files.h"

#define ANNOTATIONS_MAX 10 /* GitHub shows as many of one step */

int64_t run_output_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

void run_progress(void *ctx, uint64_t done, uint64_t failed)
{
    const struct run_output *o = ctx;
    int64_t ms = (run_output_now_us() - o->began_us) / 1000 + 1;
    uint64_t left = o->seeds > done ? o->seeds - done : 0;
    uint64_t left_s = done == 0 ? 0 : left * (uint64_t)ms / done / 1000;
    fprintf(stderr,
            "\r\033[K%.*s: %llu of %llu seeds, %llu failed, %llu seeds/s, %llum%02llus left ",
            STR_ARG(o->scenario->name), (unsigned long long)done, (unsigned long long)o->seeds,
            (unsigned long long)failed, (unsigned long long)(done * 1000 / (uint64_t)ms),
            (unsigned long long)(left_s / 60), (unsigned long long)(left_s % 60));
}

void run_jsonl(void *ctx, const struct sweep_seed *seed)
{
    const struct run_output *o = ctx;
    seed_log_write(o->jsonl, o->scenario, seed, o->rule_count);
}

/* The workflow command's own escapes; a property's has two more. */
static void escaped_print(struct str text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            printf("%%%02X", (unsigned)c);
        } else {
            putchar(c);
        }
    }
}

void run_annotate(const struct scenario *scenario, const struct sweep_result *result)
{
    for (size_t i = 0; i < result->failure_count && i < ANNOTATIONS_MAX; i++) {
        const struct sweep_failure *f = &result->failures[i];
        printf("::error file=");
        escaped_print(scenario->file, true);
        printf(",title=");
        escaped_print(scenario->name, true);
        printf(" seed %llu %s::", (unsigned long long)f->seed, verdict_name(f->verdict));
        escaped_print(f->story, false);
        printf("\n");
    }
}

bool run_is_in_github(void)
{
    return getenv("GITHUB_ACTIONS") != NULL;
}
