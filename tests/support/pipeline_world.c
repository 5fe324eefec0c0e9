#include "pipeline_world.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "adapter/warehouse_sqlite.h"
#include "aws/kinesis.h"
#include "aws/s3.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/landing.h"
#include "pipeline/loading.h"

const char *const SHOPS[SHOP_COUNT] = {"porto", "lyon", "malmo", "turin", "ghent"};

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)

/* ---- orders ---- */

struct order order_of(size_t i)
{
    struct order o = {.shop = (int)(i * 7 % SHOP_COUNT)};
    o.cents = (int64_t)(i * 3701 % 100000);
    o.pieces = (int64_t)(1 + i % 100);
    o.placed_us = WORLD_START_US + (int64_t)i * US_PER_MINUTE;
    int64_t minute = (int64_t)i % 1440, day = 28 + (int64_t)i / 1440;
    snprintf(o.id, sizeof(o.id), "o-%06zu", i);
    snprintf(
        o.json, sizeof(o.json),
        "{\"order_id\":\"%s\",\"placed\":\"2026-03-%02" PRId64 "T%02" PRId64 ":%02" PRId64
        ":00Z\",\"shop\":\"%s\",\"amount\":%" PRId64 ".%02" PRId64 ",\"quantity\":%" PRId64 "}",
        o.id, day, minute / 60, minute % 60, SHOPS[o.shop], o.cents / 100, o.cents % 100, o.pieces);
    return o;
}

struct totals totals_of(size_t from, size_t to, int shop)
{
    struct totals t = {0};
    for (size_t i = from; i < to; i++) {
        struct order o = order_of(i);
        if (shop < 0 || o.shop == shop) {
            t.count++;
            t.cents += o.cents;
            t.pieces += o.pieces;
        }
    }
    return t;
}

/* ---- the warehouse, with failures ---- */

static struct faulty_warehouse *faulty_of(struct warehouse *w)
{
    return (struct faulty_warehouse *)w;
}

static enum err faulty_call(struct faulty_warehouse *f, struct diag *d)
{
    struct world *w = f->world;
    if (w->pipes.crashed) {
        warehouse_rollback(f->inner);
        return fail(d, ERR_CANCELLED, "crashed");
    }
    if (++w->warehouse_calls == w->warehouse_fault_at) {
        warehouse_rollback(f->inner);
        return fail_named(d, ERR_UNAVAILABLE, "40001", "warehouse call %zu failed",
                          w->warehouse_calls);
    }
    return ERR_OK;
}

static enum err f_begin(struct warehouse *w, struct diag *d)
{
    TRY(faulty_call(faulty_of(w), d));
    return warehouse_begin(faulty_of(w)->inner, d);
}

static enum err f_commit(struct warehouse *w, struct diag *d)
{
    struct faulty_warehouse *f = faulty_of(w);
    TRY(faulty_call(f, d));
    if (f->world->commit != COMMIT_WELL && f->world->commit_skip > 0) {
        f->world->commit_skip--;
        return warehouse_commit(f->inner, d);
    }
    enum commit_way way = f->world->commit;
    f->world->commit = COMMIT_WELL;
    if (way == COMMIT_LOST_BEFORE) {
        warehouse_rollback(f->inner);
        return fail_named(d, ERR_UNKNOWN, "08006", "lost before the commit");
    }
    TRY(warehouse_commit(f->inner, d));
    return way == COMMIT_WELL ? ERR_OK
                              : fail_named(d, ERR_UNKNOWN, "08006", "lost after the commit");
}

static void f_rollback(struct warehouse *w)
{
    warehouse_rollback(faulty_of(w)->inner);
}

static enum err f_exec(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                       size_t count, int64_t *ret_changed, struct diag *d)
{
    TRY(faulty_call(faulty_of(w), d));
    return warehouse_exec(faulty_of(w)->inner, sql, params, count, ret_changed, d);
}

static enum err f_bulk_begin(struct warehouse *w, struct str table,
                             const struct warehouse_column *columns, size_t count, struct diag *d)
{
    TRY(faulty_call(faulty_of(w), d));
    return warehouse_bulk_begin(faulty_of(w)->inner, table, columns, count, d);
}

static enum err f_bulk_row(struct warehouse *w, const struct warehouse_value *values,
                           struct diag *d)
{
    return warehouse_bulk_row(faulty_of(w)->inner, values, d);
}

static enum err f_bulk_end(struct warehouse *w, struct diag *d)
{
    TRY(faulty_call(faulty_of(w), d));
    return warehouse_bulk_end(faulty_of(w)->inner, d);
}

static enum err f_query(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                        size_t count, struct arena *a, struct warehouse_result *ret_result,
                        struct diag *d)
{
    TRY(faulty_call(faulty_of(w), d));
    return warehouse_query(faulty_of(w)->inner, sql, params, count, a, ret_result, d);
}

static void f_close(struct warehouse *w)
{
    warehouse_close(faulty_of(w)->inner);
}

static const struct warehouse_ops faulty_ops = {.dialect = WAREHOUSE_SQLITE,
                                                .begin = f_begin,
                                                .commit = f_commit,
                                                .rollback = f_rollback,
                                                .exec = f_exec,
                                                .bulk_begin = f_bulk_begin,
                                                .bulk_row = f_bulk_row,
                                                .bulk_end = f_bulk_end,
                                                .query = f_query,
                                                .close = f_close};

/* ---- the world ---- */

static enum err open_transport(void *ctx, struct arena *a, struct transport **ret, struct diag *d)
{
    struct world *w = ctx;
    (void)a, (void)d;
    *ret = &w->pipes.transport;
    return ERR_OK;
}

static enum err open_warehouse(void *ctx, struct arena *a, struct warehouse **ret, struct diag *d)
{
    struct world *w = ctx;
    struct faulty_warehouse *f = NEW(a, struct faulty_warehouse);
    *f = (struct faulty_warehouse){.warehouse = {.ops = &faulty_ops}, .world = w};
    struct warehouse_sqlite_options options = {.path = w->database};
    TRY(warehouse_sqlite_open(a, &options, &f->inner, d));
    *ret = &f->warehouse;
    return ERR_OK;
}

static struct str file_read(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    struct buf text;
    buf_init(&text, a, DEFINITION_BYTES_MAX);
    size_t got = 1;
    while (got > 0) {
        got = fread(buf_reserve(&text, 4096), 1, 4096, file);
        buf_commit(&text, got);
    }
    fclose(file);
    return buf_str(&text);
}

static void define(struct world *w)
{
    struct diag d = DIAG_INIT;
    const char *source = getenv("AFORO_SOURCE");
    struct str path =
        str_printf(w->arena, "%s/fixtures/pipelines/orders.yaml", source == NULL ? "." : source);
    struct str text = file_read(w->arena, str_z(w->arena, path));
    OK(definition_read(w->arena, text, path, &w->def, &d));
}

static void create(struct world *w)
{
    struct diag d = DIAG_INIT;
    struct str status = STR_EMPTY;
    OK(s3_create_bucket(&w->client, w->def->bucket, w->arena, &d));
    OK(kinesis_create_stream(&w->client, w->def->stream, (int)w->shards, w->arena, &d));
    for (int i = 0; i < 100 && !str_eq(status, STR("ACTIVE")); i++) {
        test_clock_advance(&w->clock, US_PER_S);
        OK(kinesis_stream_status(&w->client, w->def->stream, w->arena, &status, &d));
    }
    cr_assert(str_eq(status, STR("ACTIVE")));
}

struct world *world_new(unsigned shards)
{
    static unsigned count; /* names the next world's database */
    struct arena *a = arena_new("world", 4 * GIB);
    struct world *w = NEW(a, struct world);
    struct diag d = DIAG_INIT;
    w->arena = a;
    w->shards = shards;
    test_clock_init(&w->clock, WORLD_START_US);
    struct emulator_options options = {.start_us = WORLD_START_US, .limits_off = true};
    w->emulator = emulator_new(a, &options);
    emulator_transport_init(&w->clean, w->emulator, &w->clock, STR("test"));
    emulator_transport_init(&w->pipes, w->emulator, &w->clock, STR("pipeline"));
    w->config =
        (struct aws_config){.region = STR("us-east-1"), .endpoint = STR("http://127.0.0.1:4566")};
    w->config.credentials = (struct credentials){STR("test"), STR("test"), STR_EMPTY};
    aws_client_init(&w->client, &w->clock.rt, &w->clean.transport, &w->config);
    define(w);
    create(w);
    snprintf(w->database, sizeof(w->database), "file:/world-%d-%u?vfs=memdb", (int)getpid(),
             ++count);
    struct warehouse_sqlite_options sqlite = {.path = w->database};
    OK(warehouse_sqlite_open(a, &sqlite, &w->warehouse, &d));
    w->env = (struct pipeline_env){.rt = &w->clock.rt,
                                   .arena = a,
                                   .aws = &w->config,
                                   .ctx = w,
                                   .transport_open = open_transport,
                                   .warehouse_open = open_warehouse,
                                   .code_version = STR("test")};
    return w;
}

void world_free(struct world *w)
{
    arena_free(w->arena);
}

struct pipeline *world_open(struct world *w, struct arena **ret_arena)
{
    struct diag d = DIAG_INIT;
    struct arena *a = arena_child(w->arena, "task", 2 * GIB);
    struct pipeline *p;
    OK(pipeline_open(a, &w->env, w->def, true, &p, &d));
    if (ret_arena != NULL) {
        *ret_arena = a;
    }
    return p;
}

/* ---- what the source does ---- */

void world_put(struct world *w, const char *data)
{
    struct diag d = DIAG_INIT;
    struct kinesis_entry entry = {.partition_key = str_of(data), .data = str_of(data)};
    entry.partition_key = str_slice(entry.partition_key, 0, 40);
    OK(kinesis_put(&w->client, w->def->stream, &entry, 1, 0, w->arena, &d));
}

void world_put_orders(struct world *w, size_t from, size_t to)
{
    struct diag d = DIAG_INIT;
    struct kinesis_entry *entries = NEW_ARRAY(w->arena, struct kinesis_entry, to - from);
    for (size_t i = from; i < to; i++) {
        struct order o = order_of(i);
        entries[i - from].partition_key = str_copy(w->arena, str_of(o.id));
        entries[i - from].data = str_copy(w->arena, str_of(o.json));
    }
    OK(kinesis_put(&w->client, w->def->stream, entries, to - from, 0, w->arena, &d));
}

void world_reshard(struct world *w, int shards)
{
    struct diag d = DIAG_INIT;
    struct str status = STR_EMPTY;
    OK(kinesis_update_shard_count(&w->client, w->def->stream, shards, w->arena, &d));
    while (!str_eq(status, STR("ACTIVE"))) {
        test_clock_advance(&w->clock, US_PER_S);
        emulator_tick(w->emulator, w->clock.start_us + w->clock.mono_us);
        OK(kinesis_stream_status(&w->client, w->def->stream, w->arena, &status, &d));
    }
}

void world_control(struct world *w, const char *who, size_t from, size_t to, int64_t extra)
{
    struct diag d = DIAG_INIT;
    struct buf text;
    buf_init(&text, w->arena, 1 * MIB);
    buf_add_z(&text, "{\"schema\":1,\"pipeline\":\"orders\",\"groups\":{");
    for (int shop = 0; shop < SHOP_COUNT; shop++) {
        struct totals t = totals_of(from, to, shop);
        buf_addf(&text,
                 "%s\"" WORLD_DAY "/%s\":{\"count\":%" PRId64 ",\"sum(amount)\":\"%" PRId64
                 ".%02" PRId64 "\",\"sum(quantity)\":\"%" PRId64 "\"}",
                 shop == 0 ? "" : ",", SHOPS[shop], t.count + (shop == 0 ? extra : 0),
                 t.cents / 100, t.cents % 100, t.pieces);
    }
    buf_add_z(&text, "}}");
    struct str key = str_printf(w->arena, "control/orders/dt=" WORLD_DAY "/%s.json", who);
    world_replace(w, key, buf_str(&text));
    (void)d;
}

/* ---- lives ---- */

static enum err landers_open(struct world *w, struct pipeline *p, struct landing **landers,
                             struct diag *d)
{
    struct kinesis_shard *shards;
    size_t count;
    TRY(kinesis_list_shards(&p->aws, w->def->stream, p->arena, &shards, &count, d));
    for (size_t i = 0; i < count && i < w->shards; i++) {
        landers[i] = landing_new(p->arena, p, shards[i].id);
    }
    return ERR_OK;
}

/* Long enough for a batch to grow old, with a few polls on top. */
static enum err live(struct world *w, struct pipeline *p, struct diag *d)
{
    struct landing *landers[16] = {NULL};
    TRY(landers_open(w, p, landers, d));
    struct loading *loading = loading_new(p->arena, p, 0, 1);
    int64_t quiet_us = 0, enough_us = w->def->land_age_us + 5 * w->def->poll_us;
    while (quiet_us < enough_us) {
        int64_t idle_us = 0, all_us = w->def->poll_us;
        for (unsigned i = 0; i < w->shards; i++) {
            cr_assert(landers[i] != NULL, "a shard is missing");
            TRY(landing_turn(landers[i], &idle_us, d));
            all_us = idle_us < all_us ? idle_us : all_us;
        }
        TRY(loading_turn(loading, &idle_us, d));
        all_us = idle_us < all_us ? idle_us : all_us;
        test_clock_advance(&w->clock, all_us);
        quiet_us = all_us == 0 ? 0 : quiet_us + all_us;
    }
    return ERR_OK;
}

enum err world_live(struct world *w, struct diag *d)
{
    struct arena *a = arena_child(w->arena, "life", 2 * GIB);
    struct pipeline *p;
    enum err err = pipeline_open(a, &w->env, w->def, true, &p, d);
    if (err == ERR_OK) {
        err = live(w, p, d);
    }
    arena_free(a);
    return err;
}

void world_settle(struct world *w)
{
    struct diag d = DIAG_INIT;
    w->pipes.crashed = false;
    w->pipes.fault_at = 0;
    w->warehouse_fault_at = 0;
    OK(world_live(w, &d));
}

/* ---- looking ---- */

static struct warehouse_result query(struct world *w, const char *sql)
{
    struct diag d = DIAG_INIT;
    struct warehouse_result rows;
    OK(warehouse_query(w->warehouse, str_of(sql), NULL, 0, w->arena, &rows, &d));
    return rows;
}

int64_t world_number(struct world *w, const char *sql)
{
    struct warehouse_result rows = query(w, sql);
    cr_assert_eq(rows.row_count, 1, "%s", sql);
    return warehouse_at(&rows, 0, 0)->i64;
}

struct str world_text(struct world *w, const char *sql)
{
    struct warehouse_result rows = query(w, sql);
    struct buf text;
    buf_init(&text, w->arena, 64 * MIB);
    for (size_t r = 0; r < rows.row_count; r++) {
        for (size_t c = 0; c < rows.column_count; c++) {
            const struct warehouse_value *v = warehouse_at(&rows, r, c);
            if (v->type == WAREHOUSE_TEXT) {
                buf_add(&text, v->text);
            } else if (v->type == WAREHOUSE_NULL) {
                buf_add_z(&text, "null");
            } else {
                buf_add_i64(&text, v->i64);
            }
            buf_add_char(&text, c + 1 == rows.column_count ? '\n' : '\t');
        }
    }
    return buf_str(&text);
}

void world_exec(struct world *w, const char *sql)
{
    struct diag d = DIAG_INIT;
    OK(warehouse_begin(w->warehouse, &d));
    OK(warehouse_exec(w->warehouse, str_of(sql), NULL, 0, NULL, &d));
    OK(warehouse_commit(w->warehouse, &d));
}

size_t world_objects(struct world *w, const char *prefix)
{
    struct emulator_object object = {.key = STR_EMPTY};
    size_t count = 0;
    while (emulator_object_next(w->emulator, w->def->bucket, object.key, w->arena, &object)) {
        count += str_starts(object.key, str_of(prefix));
    }
    return count;
}

struct str world_object(struct world *w, const char *prefix, size_t n, struct str *ret_key)
{
    struct emulator_object object = {.key = STR_EMPTY};
    while (emulator_object_next(w->emulator, w->def->bucket, object.key, w->arena, &object)) {
        if (str_starts(object.key, str_of(prefix)) && n-- == 0) {
            if (ret_key != NULL) {
                *ret_key = str_copy(w->arena, object.key);
            }
            return str_copy(w->arena, object.body);
        }
    }
    cr_assert_fail("no such object under %s", prefix);
    return STR_EMPTY;
}

void world_replace(struct world *w, struct str key, struct str body)
{
    struct diag d = DIAG_INIT;
    struct s3_put_options options = {.content_type = STR_EMPTY};
    struct s3_object stored;
    OK(s3_put(&w->client, w->def->bucket, key, body, &options, w->arena, &stored, &d));
}

void world_delete(struct world *w, struct str key)
{
    struct diag d = DIAG_INIT;
    OK(s3_delete(&w->client, w->def->bucket, key, w->arena, &d));
}
