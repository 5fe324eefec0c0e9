/* make_sales.c -- A seeded capture for measuring: sales events in our capture format, in objects of
 * 64 MiB before compression, and what they come to, counted while they are made.
 *   make_sales FOLDER MIB SEED    writes FOLDER/objects/NNN.ndjson.zst and FOLDER/totals.tsv
 * One event in 256 is one of the 1,000 events before it a second time, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/instant.h"
#include "base/rng.h"
#include "pipeline/capture.h"

#define OBJECT_BYTES (64 * MIB)
#define EVENTS_MAX 400000
#define CATEGORIES 12
#define CURRENCIES 5
#define FIRST_US INT64_C(1772323200000000) /* 2026-03-01 */
#define STEP_US 40000
#define BACK 1000

static const char *const categories[CATEGORIES] = {"books",   "garden", "music",   "toys",
                                                   "grocery", "sports", "shoes",   "office",
                                                   "travel",  "pets",   "kitchen", "light"};
static const char *const currencies[CURRENCIES] = {"EUR", "SEK", "GBP", "CHF", "PLN"};
static const char *const agents[4] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari",
    "shop-app/8.1 (Android 14; Pixel 8)", "shop-app/8.0 (iOS 17.4; iPhone15,2)"};

struct totals {
    uint64_t count, repeats;
    uint64_t counts[CATEGORIES][CURRENCIES];
    int64_t sums[CATEGORIES][CURRENCIES], mins[CATEGORIES][CURRENCIES],
        maxs[CATEGORIES][CURRENCIES];
};

/* Which event stands at place n: itself, or one before it again. */
static uint64_t event_at(uint64_t seed, uint64_t n)
{
    bool again = n > BACK && rng_below(rng_u64(seed, 1, n, 0), 256) == 0;
    return again ? event_at(seed, n - 1 - rng_below(rng_u64(seed, 1, n, 1), BACK)) : n;
}

static void event_write(struct buf *out, struct totals *t, uint64_t seed, uint64_t place)
{
    uint64_t n = event_at(seed, place);
    uint64_t one = rng_u64(seed, 2, n, 0), two = rng_u64(seed, 2, n, 1);
    size_t category = (size_t)(one % CATEGORIES), currency = (size_t)(two % CURRENCIES);
    int64_t amount = (int64_t)(rng_u64(seed, 2, n, 2) % 5000000) + 1;
    uint64_t three = rng_u64(seed, 2, n, 3);
    buf_addf(out, "{\"id\":\"%08x-%04x-4%03x-a%03x-%012llx\",\"at\":\"", (unsigned)(one >> 32),
             (unsigned)(one & 0xffff), (unsigned)(two >> 52), (unsigned)(two & 0xfff),
             (unsigned long long)n);
    instant_iso_ms(out, FIRST_US + (int64_t)n * STEP_US);
    buf_addf(out,
             "\",\"category\":\"%s\",\"currency\":\"%s\",\"amount\":%lld.%02lld,\"quantity\":%u,"
             "\"customer\":%u,\"shop\":\"s%03u\",",
             categories[category], currencies[currency], (long long)(amount / 100),
             (long long)(amount % 100), 1 + (unsigned)(three & 7), (unsigned)(three >> 40),
             (unsigned)(three >> 8 & 0xff));
    buf_addf(out,
             "\"session\":{\"agent\":\"%s\",\"ip\":\"10.%u.%u.%u\",\"pages\":[%u,%u,%u],"
             "\"returning\":%s},\"note\":null}",
             agents[three >> 16 & 3], (unsigned)(three >> 18 & 0xff),
             (unsigned)(three >> 26 & 0xff), (unsigned)(one >> 8 & 0xff),
             (unsigned)(two >> 16 & 0xff), (unsigned)(two >> 24 & 0xff),
             (unsigned)(two >> 32 & 0xff), (three & 0x80) != 0 ? "true" : "false");
    t->count++;
    t->repeats += n != place;
    int64_t *min = &t->mins[category][currency], *max = &t->maxs[category][currency];
    *min = t->counts[category][currency] == 0 || amount < *min ? amount : *min;
    *max = t->counts[category][currency] == 0 || amount > *max ? amount : *max;
    t->counts[category][currency]++;
    t->sums[category][currency] += amount;
}

static void file_write(const char *path, struct str bytes)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len || fclose(f) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
}

static void object_make(const char *folder, unsigned number, uint64_t seed, struct totals *t)
{
    struct arena *a = arena_new("object", 2 * GIB);
    struct buf raw;
    struct capture_record *records = NEW_ARRAY(a, struct capture_record, EVENTS_MAX);
    size_t count = 0;
    buf_init(&raw, a, 2 * OBJECT_BYTES);
    (void)buf_reserve(&raw, OBJECT_BYTES + MIB); /* records point into it */
    while (raw.len < OBJECT_BYTES && count < EVENTS_MAX) {
        size_t from = raw.len;
        uint64_t place = t->count;
        event_write(&raw, t, seed, place);
        records[count++] = (struct capture_record){
            .sequence_number = str_printf(a, "496%017llu", (unsigned long long)place),
            .partition_key = str_printf(a, "s%03u", (unsigned)(place & 0xff)),
            .arrived_us = FIRST_US + (int64_t)place * STEP_US + US_PER_S,
            .data = {raw.ptr + from, raw.len - from}};
    }
    struct str path = str_printf(a, "%s/objects/%03u.ndjson.zst", folder, number);
    file_write(str_z(a, path), capture_write(a, records, count));
    arena_free(a);
}

static void totals_write(const char *folder, const struct totals *t)
{
    struct arena *a = arena_new("totals", MIB);
    struct buf out;
    buf_init(&out, a, MIB);
    buf_addf(&out, "all\t\t%llu\t%llu\n", (unsigned long long)t->count,
             (unsigned long long)(t->count - t->repeats));
    for (size_t i = 0; i < CATEGORIES; i++) {
        for (size_t j = 0; j < CURRENCIES; j++) {
            buf_addf(&out, "%s\t%s\t%llu\t%lld\t%lld\t%lld\n", categories[i], currencies[j],
                     (unsigned long long)t->counts[i][j], (long long)t->sums[i][j],
                     (long long)t->mins[i][j], (long long)t->maxs[i][j]);
        }
    }
    file_write(str_z(a, str_printf(a, "%s/totals.tsv", folder)), buf_str(&out));
    arena_free(a);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: make_sales FOLDER MIB SEED\n");
        return 2;
    }
    struct totals t = {0};
    unsigned objects = (unsigned)((strtoul(argv[2], NULL, 10) + 63) / 64);
    struct arena *a = arena_new("paths", MIB);
    mkdir(argv[1], 0777);
    mkdir(str_z(a, str_printf(a, "%s/objects", argv[1])), 0777);
    for (unsigned i = 0; i < objects; i++) {
        object_make(argv[1], i, strtoull(argv[3], NULL, 10), &t);
    }
    totals_write(argv[1], &t);
    arena_free(a);
    return 0;
}
