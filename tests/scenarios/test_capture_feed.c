#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "capture_feed.h"
#include "pipeline/record.h"
#include "replay/source.h"

struct bench {
    struct arena *arena;
    struct scenario *scenario;
    struct source capture;
    struct diag trouble;
};

/* `capture` NULL: as the demo's file says. */
static struct bench bench_new(const char *capture)
{
    struct bench b = {.arena = arena_new("test", 4 * GIB), .trouble = DIAG_INIT};
    struct diag d = DIAG_INIT;
    const char *source = getenv("AFORO_SOURCE");
    cr_assert(source != NULL && chdir(source) == 0);
    cr_assert_eq(scenario_read(b.arena, "scenarios/demo/flights.yaml", &b.scenario, &d), ERR_OK);
    struct str where = capture != NULL ? str_of(capture) : b.scenario->source.capture;
    cr_assert_eq(source_open(b.arena, where, NULL, &b.capture, &d), ERR_OK);
    return b;
}

static struct capture_feed *feed_of(struct bench *b, unsigned producer)
{
    struct feed_options options = {.scenario = b->scenario,
                                   .capture = &b->capture,
                                   .trouble = &b->trouble,
                                   .seed = 3,
                                   .producer = producer,
                                   .start_us = b->scenario->start_us};
    return capture_feed_new(b->arena, &options);
}

Test(capture_feed, producers_share_the_capture_and_add_what_is_malformed)
{
    /* Proves that two producers together send each captured record once (20,000 by the capture's
     * README, 14,476,934 miles), in the order of time and never early, and that every extra one is
     * refused by the pipeline's own decoder and told apart by its bytes. */
    struct bench b = bench_new(NULL);
    struct record_decoder *decoder = record_decoder_new(b.arena, b.scenario->pipeline);
    struct map *seen = map_new(b.arena);
    unsigned whole = 0, extra = 0, copied = 0;
    int64_t miles = 0;
    for (unsigned producer = 0; producer < 2; producer++) {
        struct capture_feed *f = feed_of(&b, producer);
        int64_t due_us, last_us = 0;
        while ((due_us = capture_feed_due_us(f)) != INSTANT_NEVER) {
            struct feed_event event;
            cr_assert_geq(due_us, last_us);
            cr_assert_not(capture_feed_next(f, due_us - 1, b.arena, &event));
            cr_assert(capture_feed_next(f, due_us, b.arena, &event));
            last_us = due_us;
            cr_assert_null(map_get(seen, event.payload));
            map_put(seen, event.payload, f);
            struct row row = record_decode(decoder, event.payload,
                                           (struct record_origin){.object = STR("o")}, b.arena);
            cr_assert_eq(row.fate, event.malformed ? RECORD_REJECTED : RECORD_ROW);
            cr_assert(event.malformed || row.event_us <= due_us);
            miles += event.malformed ? 0 : row.values[3].i64;
            whole += !event.malformed;
            extra += event.malformed;
            copied += event.copied;
        }
    }
    cr_assert_eq(b.trouble.code, ERR_OK, "%s", b.trouble.msg);
    cr_assert_eq(whole, 20000);
    cr_assert_eq(miles, 14476934);
    cr_assert(extra > 2 && extra < 60);     /* 1 in 1000 of 20,000 */
    cr_assert(copied > 20 && copied < 100); /* 1 in 400 */
    arena_free(b.arena);
}

static void file_put(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

Test(capture_feed, rows_of_csv_become_json_and_trouble_is_told)
{
    /* Proves that a CSV row becomes a JSON object with an id of object and row, in the field that
     * the definition reads its id from, without the empty ones; and that an object which cannot be
     * read ends the feed with its name. */
    char folder[] = "/tmp/aforo-feed-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    file_put(folder, "a.csv",
             "date,delay,distance,origin,destination\n"
             "2001/01/01 00:47,66,1750,DTW,\"L\"\"S\"\n2001/01/01 01:10,,2399,HNL,SFO\n");
    file_put(folder, "b.zst", "\x28\xb5\x2f\xfd rest");
    struct bench b = bench_new(folder);
    b.scenario->actors.producers = 1;
    b.scenario->source.malformed = (struct ratio){0, 1};
    struct capture_feed *f = feed_of(&b, 0);
    struct feed_event first, second;
    cr_assert(capture_feed_next(f, INSTANT_NEVER - 1, b.arena, &first));
    cr_assert(str_eq(first.payload,
                     STR("{\"id\":\"a.csv#0\",\"date\":\"2001/01/01 00:47\",\"delay\":\"66\","
                         "\"distance\":\"1750\",\"origin\":\"DTW\",\"destination\":\"L\\\"S\"}")));
    cr_assert(str_eq(first.partition_key, STR("DTW")));
    cr_assert(capture_feed_next(f, INSTANT_NEVER - 1, b.arena, &second));
    cr_assert(str_eq(second.payload,
                     STR("{\"id\":\"a.csv#1\",\"date\":\"2001/01/01 01:10\","
                         "\"distance\":\"2399\",\"origin\":\"HNL\",\"destination\":\"SFO\"}")));
    cr_assert_eq(capture_feed_due_us(f), INSTANT_NEVER);
    cr_assert_neq(b.trouble.code, ERR_OK);
    cr_assert(str_contains(str_of(b.trouble.msg), STR("b.zst")), "%s", b.trouble.msg);
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
    arena_free(b.arena);
}
