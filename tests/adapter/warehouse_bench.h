/* warehouse_bench.h -- Fresh warehouses for the contract tests: SQLite in memory, SQLite in a file
 * and, where AFORO_TEST_POSTGRES holds a conninfo, PostgreSQL alone. */
#ifndef AFORO_TESTS_ADAPTER_WAREHOUSE_BENCH_H
#define AFORO_TESTS_ADAPTER_WAREHOUSE_BENCH_H

#include "seam/warehouse.h"

enum { BENCH_MEMORY, BENCH_FILE, BENCH_POSTGRES, BENCH_KINDS };

struct bench {
    int kind;
    const char *name;
    struct arena *arena;
    struct warehouse *w;
    struct diag d;
    char folder[64]; /* of the file */
    const char *path;
};
/* false: this kind is not under test here. Opens one handle on an empty database. */
bool bench_start(struct bench *b, int kind);
struct warehouse *bench_open(struct bench *b); /* one more handle on the same database */
void bench_stop(struct bench *b);

/* Run statements that must succeed. */
void bench_exec(struct bench *b, const char *sql);
struct warehouse_result bench_query(struct bench *b, const char *sql);
int64_t bench_count(struct bench *b, const char *sql); /* the one whole number that a query gives */
/* The text that fits the dialect. */
const char *bench_sql(const struct bench *b, const char *sqlite, const char *postgres);

#endif
