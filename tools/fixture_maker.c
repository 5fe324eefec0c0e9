/* fixture_maker.c -- aforo-fixtures: the captures under fixtures/captures, made from two files of
 * npm's vega-datasets 3.2.1 as a lander would have written them: one object a day (flights) or a
 * year (birdstrikes), keyed by its first record, with a manifest and a README beside them.
 *
 * Everything follows from the source: a sequence number is the event's second and its ordinal in
 * the file, an arrival is one to two seconds after the event. Run twice, it writes the same bytes
 * (one version of zstd). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/csv.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/json.h"
#include "pipeline/capture.h"

#define CSV_FIELDS_MAX 32

struct event {
    int64_t at_us;
    uint32_t ordinal; /* in the source, from 1 */
    struct str partition_key, json;
};
struct set {
    const char *name, *file, *sha256, *what, *licence;
    enum err (*read)(struct arena *a, struct str text, struct event *ret_events, size_t *ret_count,
                     struct diag *d);
    struct str (*group)(struct arena *a, int64_t at_us); /* events of one name are one object */
};

/* ---- the sources ---- */

static void add_ordinal(struct json_out *w, struct arena *a, char letter, uint32_t ordinal)
{
    json_out_key(w, "id");
    json_out_str(w, str_printf(a, "%c-%05u", letter, ordinal));
}

static enum err read_flights(struct arena *a, struct str text, struct event *ret_events,
                             size_t *ret_count, struct diag *d)
{
    struct json *tree;
    TRY(json_parse(a, text, &tree, d));
    for (const struct json *node = tree->first; node != NULL; node = node->next) {
        struct event *e = &ret_events[*ret_count];
        struct buf json;
        struct json_out w;
        e->ordinal = (uint32_t)++ * ret_count;
        buf_init(&json, a, 4 * KIB);
        json_out_init(&w, &json);
        json_out_object(&w);
        add_ordinal(&w, a, 'f', e->ordinal);
        for (const struct json *field = node->first; field != NULL; field = field->next) {
            json_out_key_str(&w, field->key);
            if (field->kind == JSON_IS_NUMBER) {
                json_out_raw(&w, field->text);
            } else {
                json_out_str(&w, field->text);
            }
        }
        json_out_object_end(&w);
        e->json = buf_str(&json);
        e->partition_key = json_str(json_get(node, STR("origin")));
        TRY(instant_parse_as(json_str(json_get(node, STR("date"))), STR("%Y/%m/%d %H:%M"),
                             &e->at_us, d));
    }
    return ERR_OK;
}

/* Costs and speeds are numbers in the source's sense; a speed that is not given is left out. */
static bool is_number_column(struct str name)
{
    return str_starts(name, STR("Cost ")) || str_starts(name, STR("Speed "));
}

static enum err read_birdstrike(struct arena *a, const struct str *names, const struct str *fields,
                                size_t count, struct event *e, struct diag *d)
{
    struct buf json;
    struct json_out w;
    buf_init(&json, a, 4 * KIB);
    json_out_init(&w, &json);
    json_out_object(&w);
    add_ordinal(&w, a, 'b', e->ordinal);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].len == 0) {
            continue;
        }
        json_out_key_str(&w, names[i]);
        if (is_number_column(names[i])) {
            json_out_raw(&w, fields[i]);
        } else {
            json_out_str(&w, fields[i]);
        }
        if (str_eq(names[i], STR("Flight Date"))) {
            TRY(instant_parse(fields[i], &e->at_us, d));
        } else if (str_eq(names[i], STR("Origin State"))) {
            e->partition_key = fields[i];
        }
    }
    json_out_object_end(&w);
    e->json = buf_str(&json);
    return ERR_OK;
}

static enum err read_birdstrikes(struct arena *a, struct str text, struct event *ret_events,
                                 size_t *ret_count, struct diag *d)
{
    struct csv_reader r;
    struct str names[CSV_FIELDS_MAX], fields[CSV_FIELDS_MAX];
    size_t name_count, count;
    csv_reader_init(&r, text, ',');
    TRY(csv_read(&r, a, names, CSV_FIELDS_MAX, &name_count, d));
    for (;;) {
        enum err err = csv_read(&r, a, fields, CSV_FIELDS_MAX, &count, d);
        if (err == ERR_NOT_FOUND) {
            return ERR_OK;
        }
        TRY(err);
        struct event *e = &ret_events[*ret_count];
        e->ordinal = (uint32_t)++ * ret_count;
        TRY(read_birdstrike(a, names, fields, count < name_count ? count : name_count, e, d));
    }
}

static struct str day_of(struct arena *a, int64_t at_us)
{
    struct buf day;
    buf_init(&day, a, 32);
    instant_date(&day, at_us);
    return buf_str(&day);
}

static struct str year_of(struct arena *a, int64_t at_us)
{
    return str_slice(day_of(a, at_us), 0, 4);
}

static const struct set SETS[] = {
    {.name = "flights",
     .file = "flights-20k.json",
     .sha256 = "52f0ddd892d4569284b845e17323abc9afb7d303ec8f63251634a20327a610bb",
     .what = "20,000 flights of January to March 2001, by the U.S. Bureau of Transportation "
             "Statistics\n"
             "(https://www.transtats.bts.gov): one object a day, one JSON object a flight, with an "
             "`id` added that is the\n"
             "flight's place in the source.",
     .licence = "The figures are public data that airlines report under 14 CFR Part 234.",
     .read = read_flights,
     .group = day_of},
    {.name = "birdstrikes",
     .file = "birdstrikes.csv",
     .sha256 = "45777edf69984b37599e73dbfb34dbc976055243547407214261a4fcb9466462",
     .what = "10,000 reports of wildlife strikes, 1990 to 2002, from the U.S. FAA's Wildlife "
             "Strike Database\n"
             "(http://wildlife.faa.gov): one object a year, one JSON object a report under the "
             "CSV's own column names, with an\n"
             "`id` added that is the report's place in the source. A speed that the source leaves "
             "empty is left out.",
     .licence = "The reports are a U.S. government data set, in the public domain.",
     .read = read_birdstrikes,
     .group = year_of},
};

/* ---- files ---- */

static enum err file_read(struct arena *a, const char *path, struct str *ret_bytes, struct diag *d)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return fail(d, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    struct buf bytes;
    buf_init(&bytes, a, 256 * MIB);
    for (size_t got = 1; got > 0;) {
        got = fread(buf_reserve(&bytes, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&bytes, got);
    }
    fclose(f);
    *ret_bytes = buf_str(&bytes);
    return ERR_OK;
}

/* Makes the folders that are missing on the way. */
static enum err file_write(struct arena *a, const char *folder, struct str name, struct str bytes,
                           struct diag *d)
{
    struct str path = str_printf(a, "%s/%.*s", folder, STR_ARG(name));
    for (size_t i = 1; i < path.len; i++) {
        if (path.ptr[i] == '/' && mkdir(str_z(a, str_slice(path, 0, i)), 0777) != 0 &&
            errno != EEXIST) {
            return fail(d, ERR_DENIED, "%.*s: %s", (int)i, path.ptr, strerror(errno));
        }
    }
    FILE *f = fopen(str_z(a, path), "wb");
    if (f == NULL) {
        return fail(d, ERR_DENIED, "%.*s: %s", STR_ARG(path), strerror(errno));
    }
    bool whole = fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
    whole = fclose(f) == 0 && whole;
    return whole ? ERR_OK : fail(d, ERR_LIMIT, "%.*s: %s", STR_ARG(path), strerror(errno));
}

/* ---- the objects ---- */

static int by_time(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->at_us != b->at_us) {
        return a->at_us < b->at_us ? -1 : 1;
    }
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

static struct capture_record record_of(struct arena *a, const struct event *e)
{
    return (struct capture_record){
        .sequence_number = str_printf(a, "%" PRId64 "%05u", e->at_us / US_PER_S, e->ordinal),
        .partition_key = e->partition_key,
        .arrived_us = e->at_us + US_PER_S + e->ordinal % 1000 * US_PER_MS,
        .data = e->json};
}

static enum err write_object(struct arena *a, const char *folder, const struct event *events,
                             size_t count, struct buf *manifest, struct diag *d)
{
    struct capture_record *records = NEW_ARRAY(a, struct capture_record, count);
    struct buf raw;
    buf_init(&raw, a, CAPTURE_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        records[i] = record_of(a, &events[i]);
        buf_add(&raw, records[i].data);
        buf_add_char(&raw, '\n');
    }
    struct str key =
        str_printf(a, "dt=%.*s/hh=00/shardId-000000000000-%.*s.ndjson.zst",
                   STR_ARG(day_of(a, records[0].arrived_us)), STR_ARG(records[0].sequence_number));
    struct str object = capture_write(a, records, count);
    struct str sha256 = hash_sha256_hex(a, buf_str(&raw));
    buf_addf(manifest, "%.*s\t%zu\t%zu\t%zu\t%.*s\n", STR_ARG(key), object.len, raw.len, count,
             STR_ARG(sha256));
    return file_write(a, folder, key, object, d);
}

static enum err write_all(struct arena *a, const struct set *set, const char *folder,
                          const struct event *events, size_t count, struct diag *d)
{
    struct buf manifest;
    buf_init(&manifest, a, MIB);
    buf_add_z(&manifest, "key\tbytes\traw_bytes\trecords\tsha256_of_raw\n");
    for (size_t from = 0, to; from < count; from = to) {
        struct str group = set->group(a, events[from].at_us);
        for (to = from; to < count && str_eq(set->group(a, events[to].at_us), group);) {
            to++;
        }
        TRY(write_object(a, folder, events + from, to - from, &manifest, d));
    }
    TRY(file_write(a, folder, STR("manifest.tsv"), buf_str(&manifest), d));
    struct str readme =
        str_printf(a,
                   "# %s\n\n%s\n\nMade by `aforo-fixtures %s PACKAGE_DIR OUT_DIR` "
                   "(tools/fixture_maker.c) from `data/%s` of the npm package\n"
                   "vega-datasets 3.2.1 (https://github.com/vega/vega-datasets), sha256\n%s.\n%s\n"
                   "The package itself is under the BSD-3-Clause licence.\n\n"
                   "The objects are as the lander writes them (docs/capture-format.md); sequence "
                   "numbers and arrival times are made from\n"
                   "the events. `manifest.tsv` lists them with the sha256 of what is in them.\n",
                   set->name, set->what, set->name, set->file, set->sha256, set->licence);
    return file_write(a, folder, STR("README.md"), readme, d);
}

static enum err make(struct arena *a, const struct set *set, const char *package,
                     const char *folder, struct diag *d)
{
    struct str text;
    size_t count = 0;
    struct str path = str_printf(a, "%s/data/%s", package, set->file);
    TRY(file_read(a, str_z(a, path), &text, d));
    struct str sha256 = hash_sha256_hex(a, text);
    if (!str_eq(sha256, str_of(set->sha256))) {
        return fail(d, ERR_CORRUPT, "%.*s: its sha256 is %.*s, not %s", STR_ARG(path),
                    STR_ARG(sha256), set->sha256);
    }
    struct event *events =
        NEW_ARRAY(a, struct event, text.len / 64 + 1); /* every event is longer */
    TRY(set->read(a, text, events, &count, d));
    qsort(events, count, sizeof events[0], by_time);
    TRY(write_all(a, set, folder, events, count, d));
    printf("%zu events\n", count);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    struct diag d = DIAG_INIT;
    for (size_t i = 0; argc == 4 && i < sizeof SETS / sizeof SETS[0]; i++) {
        if (strcmp(argv[1], SETS[i].name) == 0) {
            struct arena *a = arena_new("fixtures", 2 * GIB);
            enum err err = make(a, &SETS[i], argv[2], argv[3], &d);
            arena_free(a);
            if (err != ERR_OK) {
                fprintf(stderr, "aforo-fixtures: %s\n", d.msg);
            }
            return err == ERR_OK ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: aforo-fixtures flights|birdstrikes PACKAGE_DIR OUT_DIR\n");
    return 2;
}
