#include "warehouse_bench.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"
#include "base/limits.h"

static const char *const bench_names[BENCH_KINDS] = {"memory", "file", "postgres"};

struct warehouse *bench_open(struct bench *b)
{
    struct warehouse *w = NULL;
    enum err err;
    if (b->kind == BENCH_POSTGRES) {
        err = warehouse_postgres_open(b->arena, getenv("AFORO_TEST_POSTGRES"), &w, &b->d);
    } else {
        struct warehouse_sqlite_options options = {.path = b->path,
                                                   .durable = b->kind == BENCH_FILE};
        err = warehouse_sqlite_open(b->arena, &options, &w, &b->d);
    }
    cr_assert_eq(err, ERR_OK, "%s: %s", b->name, b->d.msg);
    return w;
}

bool bench_start(struct bench *b, int kind)
{
    bool postgres = getenv("AFORO_TEST_POSTGRES") != NULL;
    if (postgres != (kind == BENCH_POSTGRES)) {
        return false;
    }
    *b = (struct bench){.kind = kind, .name = bench_names[kind], .d = DIAG_INIT};
    b->arena = arena_new("bench", GIB);
    if (kind == BENCH_FILE) {
        memcpy(b->folder, "/tmp/aforo-test.XXXXXX", sizeof("/tmp/aforo-test.XXXXXX"));
        cr_assert_not_null(mkdtemp(b->folder));
        b->path = str_z(b->arena, str_printf(b->arena, "%s/warehouse.db", b->folder));
    } else {
        b->path = "file:/contract?vfs=memdb";
    }
    b->w = bench_open(b);
    if (kind == BENCH_POSTGRES) {
        bench_exec(b, "DROP SCHEMA public CASCADE");
        bench_exec(b, "CREATE SCHEMA public");
    }
    return true;
}

void bench_stop(struct bench *b)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; b->kind == BENCH_FILE && i < 4; i++) {
        (void)unlink(str_z(b->arena, str_printf(b->arena, "%s%s", b->path, ends[i])));
    }
    arena_free(b->arena);
    if (b->kind == BENCH_FILE) {
        cr_expect_eq(rmdir(b->folder), 0, "%s is not empty", b->folder);
    }
}

void bench_exec(struct bench *b, const char *sql)
{
    cr_assert_eq(warehouse_exec(b->w, str_of(sql), NULL, 0, NULL, &b->d), ERR_OK, "%s: %s: %s",
                 b->name, sql, b->d.msg);
}

struct warehouse_result bench_query(struct bench *b, const char *sql)
{
    struct warehouse_result result = {0};
    cr_assert_eq(warehouse_query(b->w, str_of(sql), NULL, 0, b->arena, &result, &b->d), ERR_OK,
                 "%s: %s: %s", b->name, sql, b->d.msg);
    return result;
}

int64_t bench_count(struct bench *b, const char *sql)
{
    struct warehouse_result result = bench_query(b, sql);
    int64_t count = -1;
    cr_assert_eq(result.row_count * result.column_count, 1, "%s", sql);
    cr_assert_eq(warehouse_decimal(warehouse_at(&result, 0, 0), 0, &count, &b->d), ERR_OK, "%s",
                 b->d.msg);
    return count;
}

const char *bench_sql(const struct bench *b, const char *sqlite, const char *postgres)
{
    return b->kind == BENCH_POSTGRES ? postgres : sqlite;
}
