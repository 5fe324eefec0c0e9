/* Listings, against a naive oracle: roll up, sort by bytes, drop what is not greater than the
 * start, cut. */
#include <criterion/criterion.h>
#include <string.h>
#include <stdlib.h>
#include "base/encode.h"
#include "base/rng.h"
#include "emulator_client.h"

#define KEYS 5000

struct names {
    struct str *items;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Keys of 1 to 14 of few letters, slashes, a byte that needs escapes and a two-byte letter: many
 * shared prefixes. */
static struct str random_key(struct arena *a, uint64_t i)
{
    static const char *const letters[] = {"a", "b", "c",        "/", "/", "-",
                                          "+", " ", "\xc3\xa9", "&", "z", "0"};
    struct buf key;
    buf_init(&key, a, 64);
    uint64_t len = 1 + rng_below(rng_u64(7, 1, i, 0), 14);
    for (uint64_t k = 0; k < len; k++) {
        buf_add_z(&key, letters[rng_below(rng_u64(7, 2, i, k), 12)]);
    }
    return buf_str(&key);
}

/* What a listing must tell, by definition. */
static struct names oracle(struct arena *a, struct names keys, struct str prefix,
                           struct str delimiter, struct str after)
{
    struct names all = {.items = NEW_ARRAY(a, struct str, keys.count)};
    for (size_t i = 0; i < keys.count; i++) {
        struct str key = keys.items[i];
        if (!str_starts(key, prefix)) {
            continue;
        }
        size_t at =
            delimiter.len == 0 ? STR_NONE : str_find_str(str_from(key, prefix.len), delimiter);
        all.items[all.count++] =
            at == STR_NONE ? key : str_slice(key, 0, prefix.len + at + delimiter.len);
    }
    qsort(all.items, all.count, sizeof all.items[0], compare);
    struct names kept = {.items = all.items};
    for (size_t i = 0; i < all.count; i++) {
        bool again = kept.count > 0 && str_eq(kept.items[kept.count - 1], all.items[i]);
        if (!again && str_cmp(all.items[i], after) > 0) {
            kept.items[kept.count++] = all.items[i];
        }
    }
    return kept;
}

static struct str decoded(struct arena *a, const char *text)
{
    struct buf out;
    buf_init(&out, a, 4096);
    decode_percent(&out, str_of(text), false);
    return buf_str(&out);
}

/* Keys and common prefixes of one page, merged and decoded. */
static void take_page(struct emulator_client *c, struct names *told)
{
    size_t from = told->count;
    static const char *const elements[][2] = {{"Contents", "Key"}, {"CommonPrefixes", "Prefix"}};
    for (int e = 0; e < 2; e++) {
        size_t count = client_count(c, elements[e][0]);
        for (size_t i = 0; i < count; i++) {
            told->items[told->count++] =
                decoded(c->arena, client_nth(c, elements[e][0], i, elements[e][1]));
        }
    }
    qsort(told->items + from, told->count - from, sizeof told->items[0], compare);
}

/* Lists all pages by version 2, or by version 1 with the marker that a client would take. */
static struct names list_all(struct emulator_client *c, int version, struct str prefix,
                             struct str delimiter, struct str after, const char *max)
{
    struct names told = {.items = NEW_ARRAY(c->arena, struct str, KEYS + 1000)};
    struct str token = STR_EMPTY;
    for (int pages = 0;; pages++) {
        struct buf q;
        buf_init(&q, c->arena, 10000);
        buf_add_z(&q,
                  version == 2 ? "/bkt?list-type=2&encoding-type=url" : "/bkt?encoding-type=url");
        http_query_add(&q, STR("prefix"), prefix);
        http_query_add(&q, STR("delimiter"), delimiter);
        http_query_add(&q, STR("max-keys"), str_of(max));
        http_query_add(&q, version == 2 ? STR("start-after") : STR("marker"), after);
        if (token.len > 0) {
            http_query_add(&q, STR("continuation-token"), token);
        }
        cr_assert_eq(client_s3(c, "GET", str_z(c->arena, buf_str(&q)), NULL, STR_EMPTY), 200, "%s",
                     client_body(c));
        size_t before = told.count;
        take_page(c, &told);
        if (version == 2) {
            cr_assert_eq((int)strtol(client_text(c, "KeyCount"), NULL, 10),
                         (int)(told.count - before));
        }
        cr_assert(told.count - before <= strtoul(max, NULL, 10));
        cr_assert(pages < KEYS);
        if (strcmp(client_text(c, "IsTruncated"), "true") != 0) {
            return told;
        }
        cr_assert_eq(told.count - before, strtoul(max, NULL, 10),
                     "a page that has a next one is full");
        token = str_of(client_text(c, "NextContinuationToken"));
        if (version == 1) {
            after = delimiter.len > 0 ? decoded(c->arena, client_text(c, "NextMarker"))
                                      : told.items[told.count - 1];
        }
        cr_assert(version == 1 || token.len > 0);
    }
}

static struct names with_keys(struct emulator_client *c, size_t count)
{
    struct names keys = {.items = NEW_ARRAY(c->arena, struct str, count)};
    cr_assert_eq(client_s3(c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    for (size_t i = 0; i < count; i++) {
        struct str key = random_key(c->arena, i);
        struct buf target;
        buf_init(&target, c->arena, 1000);
        buf_add_z(&target, "/bkt/");
        encode_percent(&target, key, true);
        cr_assert_eq(client_s3(c, "PUT", str_z(c->arena, buf_str(&target)), NULL, STR("x")), 200);
        keys.items[keys.count++] = key;
    }
    return keys;
}

static void expect_same(struct names told, struct names want, const char *what)
{
    cr_expect_eq(told.count, want.count, "%s: %zu told, %zu wanted", what, told.count, want.count);
    for (size_t i = 0; i < told.count && i < want.count; i++) {
        cr_assert(str_eq(told.items[i], want.items[i]), "%s: [%zu] %.*s, wanted %.*s", what, i,
                  STR_ARG(told.items[i]), STR_ARG(want.items[i]));
    }
}

Test(s3_list, agrees_with_a_naive_sort_of_5000_keys)
{
    /* Proves: for prefixes, delimiters, starts and page sizes, both versions tell exactly the
     * oracle's names, in order. */
    static const struct {
        const char *prefix, *delimiter, *after, *max;
    } rows[] = {
        {"", "", "", "1000"},   {"", "/", "", "1000"},      {"", "/", "", "7"},
        {"a", "/", "", "3"},    {"a/", "/", "", "10"},      {"", "-", "b", "50"},
        {"", "b+", "", "100"},  {"/", "/", "", "2"},        {"", "/", "a/b", "100"},
        {"", "/", "a/", "100"}, {"\xc3\xa9", "", "", "40"}, {"b", "", "bz", "40"},
        {"c", "/", "a", "40"},  {"a", "/", "c", "40"},      {"nothing", "/", "", "40"},
        {"", " ", "", "90"},    {"", "\xc3\xa9", "", "90"}, {"", "", "zzz", "90"},
        {"a/", "", "", "1000"},
    };
    struct emulator_client c = client_new();
    struct names keys = with_keys(&c, KEYS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str prefix = str_of(rows[i].prefix), delimiter = str_of(rows[i].delimiter),
                   after = str_of(rows[i].after);
        struct names want = oracle(c.arena, keys, prefix, delimiter, after);
        for (int version = 1; version <= 2; version++) {
            const char *what = str_z(c.arena, str_printf(c.arena, "row %zu v%d", i, version));
            expect_same(list_all(&c, version, prefix, delimiter, after, rows[i].max), want, what);
        }
    }
    client_free(&c);
}

Test(s3_list, tells_what_the_api_reference_shows)
{
    /* Proves: the members of a listing: key, ETag, size, date, class; owner on request; nothing for
     * max-keys 0. */
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/bkt/a%20b", NULL, STR("abc"));
    client_s3(&c, "PUT", "/bkt/d/e", NULL, STR("abc"));
    cr_assert_eq(client_s3(&c, "GET", "/bkt?list-type=2", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "Key"), "a b");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "Size"), "3");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "LastModified"), "2026-03-28T00:00:00.000Z");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "StorageClass"), "STANDARD");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "ChecksumAlgorithm"), "CRC64NVME");
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "Owner.ID"), "");
    cr_expect_str_eq(client_text(&c, "MaxKeys"), "1000");
    cr_expect_str_eq(client_text(&c, "IsTruncated"), "false");
    client_s3(&c, "GET", "/bkt?list-type=2&encoding-type=url&fetch-owner=true", NULL, STR_EMPTY);
    cr_expect_str_eq(client_nth(&c, "Contents", 0, "Key"), "a%20b");
    cr_expect_eq(strlen(client_nth(&c, "Contents", 0, "Owner.ID")), 64);
    client_s3(&c, "GET", "/bkt?list-type=2&max-keys=0", NULL, STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "KeyCount"), "0");
    cr_expect_str_eq(client_text(&c, "IsTruncated"), "false");
    client_s3(&c, "GET", "/bkt?list-type=2&max-keys=5000", NULL, STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "MaxKeys"), "1000");
    client_free(&c);
}

Test(s3_list, bad_parameters_are_named)
{
    /* Proves: tokens that we did not give, negative counts and unknown encodings are
     * InvalidArgument with the name. */
    static const struct {
        const char *query, *argument;
    } rows[] = {
        {"list-type=2&continuation-token=abc", "continuation-token"},
        {"list-type=2&continuation-token=", "continuation-token"},
        {"list-type=2&max-keys=-1", "max-keys"},
        {"list-type=2&encoding-type=xml", "encoding-type"},
    };
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *target = str_z(c.arena, str_printf(c.arena, "/bkt?%s", rows[i].query));
        cr_expect_eq(client_s3(&c, "GET", target, NULL, STR_EMPTY), 400, "%s", rows[i].query);
        cr_expect_str_eq(client_text(&c, "Code"), "InvalidArgument", "%s", rows[i].query);
        cr_expect_str_eq(client_text(&c, "ArgumentName"), rows[i].argument);
    }
    cr_expect_eq(client_s3(&c, "GET", "/bkt?max-keys=abc", NULL, STR_EMPTY), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidArgument");
    cr_expect(strstr(client_text(&c, "Message"), "max-keys") != NULL, "%s", client_body(&c));
    client_free(&c);
}
