/* test_published.c -- Data sets whose totals others published, through the record decoder: every
 * row good, every figure met exactly. The sets are not in the repository: AFORO_DATA names their
 * folder, and without it the tests are skipped. */
#include "fixture.h"

#include "base/csv.h"
#include "base/decimal.h"
#include "base/map.h"
#include "pipeline/tally.h"

static struct arena *memory, *object_memory;
static const char *folder;

static void setup(void)
{
    folder = getenv("AFORO_DATA");
    if (folder == NULL) {
        cr_skip_test("AFORO_DATA is not set");
    }
    memory = arena_new("test", 2 * GIB);
    object_memory = arena_new("object", GIB);
}

static void teardown(void)
{
    arena_free(object_memory);
    arena_free(memory);
}

TestSuite(published, .init = setup, .fini = teardown);

static struct str gunzip(const char *set, const char *below, struct str key)
{
    FILE *f = popen(str_z(object_memory, str_printf(object_memory, "gzip -dc '%s/%s/%s%.*s'",
                                                    folder, set, below, STR_ARG(key))),
                    "r");
    cr_assert(f != NULL);
    struct buf out;
    buf_init(&out, object_memory, 64 * MIB);
    for (size_t got = 1; got > 0;) {
        got = fread(buf_reserve(&out, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&out, got);
    }
    cr_assert_eq(pclose(f), 0, "%.*s", STR_ARG(key));
    return buf_str(&out);
}

struct played {
    struct definition *def;
    struct record_decoder *decoder;
    struct tally *tally;
    struct map *ids;
    uint64_t records, duplicates;
};

static struct played played_new(const char *definition)
{
    struct played p = {.def = definition_file(memory, definition)};
    p.decoder = record_decoder_new(memory, p.def);
    p.tally = tally_new(memory, p.def);
    p.ids = map_new(memory);
    return p;
}

/* Counts a row once by its id, as loading does. */
static void take(struct played *p, const struct row *row)
{
    struct diag d = DIAG_INIT;
    cr_assert_eq(row->fate, RECORD_ROW, "%.*s", STR_ARG(row->reason));
    p->records++;
    if (map_get(p->ids, row->event_id) != NULL) {
        p->duplicates++;
        return;
    }
    map_put(p->ids, row->event_id, p);
    cr_assert(tally_add(p->tally, row, &d) == ERR_OK, "%s", d.msg);
}

static void play_csv(struct played *p, struct str key, struct str text)
{
    struct csv_reader r;
    struct str names[16], fields[16];
    size_t name_count, count;
    struct diag d = DIAG_INIT;
    csv_reader_init(&r, text, ',');
    cr_assert(csv_read(&r, object_memory, names, 16, &name_count, &d) == ERR_OK);
    for (uint64_t i = 0; csv_read(&r, object_memory, fields, 16, &count, &d) == ERR_OK; i++) {
        struct record_origin origin = {key, i};
        struct row row =
            record_decode_fields(p->decoder, names, fields, count, origin, object_memory);
        take(p, &row);
    }
}

static void play_cloudtrail(struct played *p, struct str key, struct str text)
{
    struct json_scan s;
    uint64_t ordinal = 0;
    struct str value;
    json_scan_init(&s, text);
    cr_assert(json_scan_next(&s) == JSON_OBJECT && json_scan_next(&s) == JSON_KEY);
    cr_assert_eq(json_scan_next(&s), JSON_ARRAY);
    while (json_scan_next(&s) == JSON_OBJECT && json_scan_skip(&s, &value) == JSON_OBJECT) {
        struct record_origin origin = {key, ordinal++};
        struct row row = record_decode(p->decoder, value, origin, object_memory);
        take(p, &row);
    }
}

static void play_set(struct played *p, const char *set, const char *below,
                     void (*play)(struct played *p, struct str key, struct str text))
{
    struct csv_reader r;
    struct str line[16];
    size_t count;
    struct diag d = DIAG_INIT;
    struct str path = str_printf(memory, "%s/%s/manifest.tsv", folder, set);
    csv_reader_init(&r, file_read(memory, str_z(memory, path)), '\t');
    cr_assert(csv_read(&r, memory, line, 16, &count, &d) == ERR_OK);
    while (csv_read(&r, memory, line, 16, &count, &d) == ERR_OK) {
        play(p, line[0], gunzip(set, below, line[0]));
        arena_reset(object_memory);
    }
}

/* The tally against the expectation's counts and its rows by day. */
static void expect_figures(const struct played *p, const char *path, size_t sum_count)
{
    struct diag d = DIAG_INIT;
    struct json *tree;
    struct tally_group g;
    size_t days = 0;
    uint64_t rows = 0;
    cr_assert(json_parse(memory, source_read(memory, path), &tree, &d) == ERR_OK, "%s", d.msg);
    const struct json *by_day = json_at(tree, "groups.0.rows");
    for (bool more = tally_next(p->tally, STR_EMPTY, &g); more; days++) {
        struct str day = str_slice(g.name, 0, 10);
        const struct json *figure = json_get(by_day, day);
        cr_assert(figure != NULL, "%.*s", STR_ARG(day));
        uint64_t count = 0;
        int64_t sums[2] = {0, 0};
        cr_assert(sum_count <= 2);
        for (; more && str_starts(g.name, day); more = tally_next(p->tally, g.name, &g)) {
            count += g.count;
            sums[0] += g.sums[0];
            sums[1] += g.sums[1];
        }
        figure = figure->first;
        cr_expect(str_eq(figure->text, str_printf(memory, "%llu", (unsigned long long)count)));
        for (size_t i = 0; i < sum_count; i++) {
            int64_t expected;
            int scale = p->def->columns[p->def->sum_columns[i]].scale;
            figure = figure->next;
            cr_assert(decimal_parse(figure->text, scale, &expected, &d) == ERR_OK, "%s", d.msg);
            cr_expect_eq(sums[i], expected, "%.*s", STR_ARG(day));
        }
        rows += count;
    }
    cr_expect_eq(days, by_day->count);
    int64_t figure;
    cr_assert(json_i64(json_get(tree, STR("records")), &figure, &d) == ERR_OK);
    cr_expect_eq(p->records, (uint64_t)figure);
    cr_assert(json_i64(json_get(tree, STR("rows")), &figure, &d) == ERR_OK);
    cr_expect_eq(rows, (uint64_t)figure);
    cr_assert(json_i64(json_get(tree, STR("duplicates")), &figure, &d) == ERR_OK);
    cr_expect_eq(p->duplicates, (uint64_t)figure);
}

static int64_t total(const struct played *p, size_t sum)
{
    struct tally_group g;
    int64_t all = 0;
    for (struct str after = STR_EMPTY; tally_next(p->tally, after, &g); after = g.name) {
        all += g.sums[sum];
    }
    return all;
}

/* A year of a shop: 541,909 invoice lines, 305 days, the value exact to the tenth of a penny, each
 * day as counted by others. */
Test(published, the_retail_year_adds_up)
{
    struct played p = played_new("fixtures/pipelines/retail.yaml");
    play_set(&p, "retail-orders-2011", "", play_csv);
    expect_figures(&p, "fixtures/expect/retail-orders-2011.json", 2);
    cr_expect(p.records == 541909 && total(&p, 0) == 5176450 && total(&p, 1) == 9747747934);
}

/* Two accounts' CloudTrail: one without duplicates, one in which 2,400 records are second copies.
 */
Test(published, the_cloudtrail_sets_add_up)
{
    struct played p = played_new("fixtures/pipelines/cloudtrail.yaml");
    play_set(&p, "cloudtrail-stratus", "objects/", play_cloudtrail);
    expect_figures(&p, "fixtures/expect/cloudtrail-stratus.json", 0);
    cr_expect(total(&p, 0) == 2348 && total(&p, 1) == 97112);
    p = played_new("fixtures/pipelines/cloudtrail.yaml");
    play_set(&p, "cloudtrail-ransomware", "objects/", play_cloudtrail);
    expect_figures(&p, "fixtures/expect/cloudtrail-ransomware.json", 0);
    cr_expect(total(&p, 0) == 2928070 && total(&p, 1) == 4179148 && p.duplicates == 2400);
}
