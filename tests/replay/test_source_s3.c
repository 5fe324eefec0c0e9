/* test_source_s3.c -- An s3:// prefix as a source, against the emulator in process: which keys,
 * whose content, and a connection that fails now and then. */
#include <criterion/criterion.h>

#include "aws/s3.h"
#include "base/limits.h"
#include "emulator_transport.h"
#include "replay/source.h"
#include "replay_bench.h"

#define START_US INT64_C(1774656000000000)

struct s3_scene {
    struct test_clock clock;
    struct emulator_transport transport;
    struct aws_config config;
    struct aws_client client;
};
static struct s3_scene scene;

static void put(const char *key, const char *body)
{
    struct diag d = DIAG_INIT;
    struct s3_put_options options = {0};
    struct s3_object stored;
    enum err err = s3_put(&scene.client, STR("data"), str_of(key), str_of(body), &options,
                          bench_arena(), &stored, &d);
    cr_assert(err == ERR_OK, "%s", d.msg);
}

static void setup(void)
{
    struct diag d = DIAG_INIT;
    bench_setup();
    struct emulator_options options = {.start_us = START_US};
    test_clock_init(&scene.clock, START_US);
    emulator_transport_init(&scene.transport, emulator_new(bench_arena(), &options), &scene.clock,
                            STR("replay"));
    scene.config = (struct aws_config){.region = STR("us-east-1"),
                                       .endpoint = STR("http://127.0.0.1:4566"),
                                       .credentials = {STR("test"), STR("test"), STR_EMPTY}};
    aws_client_init(&scene.client, &scene.clock.rt, &scene.transport.transport, &scene.config);
    cr_assert(s3_create_bucket(&scene.client, STR("data"), bench_arena(), &d) == ERR_OK, "%s",
              d.msg);
    put("raw/x/dt=1/a", "one");
    put("raw/x/dt=1/b", "two");
    put("raw/x/dt=2/a", "three");
    put("raw/x/_tmp/a", "hidden");
    put("raw/xy", "another");
    put("m/manifest.tsv", "key\trecords\nb\t2\na\t1\ngone\t3\n");
    put("m/objects/a", "A");
    put("m/objects/b", "B");
    put("m/c", "not in the manifest");
}

TestSuite(source_s3, .init = setup, .fini = bench_teardown);

static enum err opened(const char *where, struct source *ret_source, struct diag *d)
{
    return source_open(bench_arena(), str_of(where), &scene.client, ret_source, d);
}

/* "key=content key=content ..." */
static void expect_objects(const char *where, const char *objects)
{
    struct source s;
    struct diag d = DIAG_INIT;
    struct buf found;
    buf_init(&found, bench_arena(), 1 << 16);
    cr_assert(opened(where, &s, &d) == ERR_OK, "%s: %s", where, d.msg);
    for (size_t i = 0; i < s.count; i++) {
        struct str bytes;
        enum err err = source_fetch(&s, &s.objects[i], bench_arena(), &bytes, &d);
        buf_addf(&found, "%s%.*s=%.*s", i == 0 ? "" : " ", STR_ARG(s.objects[i].key),
                 STR_ARG(err == ERR_OK ? bytes : str_of(err_name(err))));
        diag_clear(&d);
    }
    cr_expect(str_eq(buf_str(&found), str_of(objects)), "%s: %.*s", where,
              STR_ARG(buf_str(&found)));
}

Test(source_s3, reads_what_stands_below_a_prefix)
{
    /* Keys are relative to the last '/', a prefix need not end in one, hidden parts are passed
     * over, a manifest is followed. */
    expect_objects("s3://data/raw/x/", "dt=1/a=one dt=1/b=two dt=2/a=three");
    expect_objects("s3://data/raw/x/dt=1", "dt=1/a=one dt=1/b=two");
    expect_objects("s3://data/raw/x/dt=2/a", "a=three");
    expect_objects("s3://data/m/", "a=A b=B gone=not_found");
    expect_objects("s3://data/m/objects/", "a=A b=B");
}

Test(source_s3, names_what_is_not_there)
{
    /* No such bucket, no objects, no bucket's name. */
    struct source s;
    struct diag d = DIAG_INIT;
    cr_expect_eq(opened("s3://data/nothing/", &s, &d), ERR_NOT_FOUND);
    cr_expect(str_contains(str_of(d.msg), STR("s3://data/nothing/")), "%s", d.msg);
    diag_clear(&d);
    cr_expect_eq(opened("s3://nobodys/", &s, &d), ERR_NOT_FOUND, "%s", d.msg);
    diag_clear(&d);
    cr_expect_eq(opened("s3:///x", &s, &d), ERR_INVALID);
}

Test(source_s3, gets_over_a_failure_of_any_call)
{
    /* Refused, rejected, lost: the k-th call of listing and fetching fails once, and the client's
     * retries hide it. */
    static const enum way ways[] = {WAY_REFUSED, WAY_REJECTED, WAY_LOST_REQUEST, WAY_LOST_RESPONSE};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        for (size_t k = 1; k <= 4; k++) {
            scene.transport.way = ways[i];
            scene.transport.fault_at = scene.transport.calls + k;
            scene.transport.fault_count = 1;
            expect_objects("s3://data/raw/x/", "dt=1/a=one dt=1/b=two dt=2/a=three");
        }
    }
}
