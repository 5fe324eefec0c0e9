/* pipeline_world.h -- The orders pipeline (fixtures/pipelines/orders.yaml) over the emulator and an
 * SQLite warehouse in memory, on one virtual clock; orders whose totals are plain arithmetic of the
 * test's own. */
#ifndef AFORO_TESTS_PIPELINE_WORLD_H
#define AFORO_TESTS_PIPELINE_WORLD_H

#include "emulator_transport.h"
#include "pipeline/pipeline.h"

#define WORLD_START_US INT64_C(1774656000000000) /* 2026-03-28T00:00:00Z, a day's beginning */
#define WORLD_DAY "2026-03-28"
#define SHOP_COUNT 5

struct faulty_warehouse { /* a session whose k-th call fails */
    struct warehouse warehouse;
    struct warehouse *inner;
    struct world *world;
};
enum commit_way { COMMIT_WELL, COMMIT_LOST_BEFORE, COMMIT_LOST_AFTER };

struct world {
    struct arena *arena;
    struct test_clock clock;
    struct emulator *emulator;
    struct emulator_transport clean, pipes; /* the test's own calls, and the pipeline's */
    struct aws_config config;
    struct aws_client client; /* over `clean` */
    struct definition *def;
    struct pipeline_env env;
    char database[64];
    struct warehouse *warehouse;                /* the test's own session */
    size_t warehouse_calls, warehouse_fault_at; /* 0: none */
    enum commit_way commit;                     /* of the next commit ... */
    size_t commit_skip;                         /* ... after so many that go well */
    unsigned shards;
};
struct world *world_new(unsigned shards);
void world_free(struct world *w);
/* A task's pipeline over `pipes`, in an arena of its own that world_free ends. */
struct pipeline *world_open(struct world *w, struct arena **ret_arena);

/* Order i of a run is a function of i: what it is worth is known without reading it back. */
struct order {
    char id[16], json[256];
    int shop; /* index */
    int64_t cents, pieces, placed_us;
};
extern const char *const SHOPS[SHOP_COUNT];
struct order order_of(size_t i);
struct totals {
    int64_t count, cents, pieces;
};
struct totals totals_of(size_t from, size_t to, int shop); /* shop -1: all */
void world_put_orders(struct world *w, size_t from, size_t to);
void world_put(struct world *w, const char *data);
/* UpdateShardCount, and until it has happened. */
void world_reshard(struct world *w, int shards);
/* Control totals of orders [from, to), written as a producer writes them; `extra` is added to the
 * first shop's count. */
void world_control(struct world *w, const char *who, size_t from, size_t to, int64_t extra);

/* One life: landers on every shard and a loader, until nothing more comes. ERR_CANCELLED: it
 * crashed. */
enum err world_live(struct world *w, struct diag *d);
/* Lives until one ends by itself; faults end with the first. */
void world_settle(struct world *w);

int64_t world_number(struct world *w, const char *sql);
struct str world_text(struct world *w,
                      const char *sql); /* all rows: cells by tabs, rows by newlines */
void world_exec(struct world *w, const char *sql);
size_t world_objects(struct world *w, const char *prefix); /* how many */
struct str world_object(struct world *w, const char *prefix, size_t n,
                        struct str *ret_key); /* body of the n-th */
void world_replace(struct world *w, struct str key,
                   struct str body); /* overwrites, past every check */
void world_delete(struct world *w, struct str key);
#endif
