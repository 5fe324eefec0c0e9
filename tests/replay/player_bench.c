#include "player_bench.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>
#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"

static const char definition_text[] =
    "schema: 1\n"
    "name: sales\n"
    "bucket: sales-data\n"
    "event: {id: id, time: at}\n"
    "columns:\n"
    "  - {name: id, type: text, required: true}\n"
    "  - {name: at, type: timestamp, required: true}\n"
    "  - {name: shop, type: text}\n"
    "  - {name: amount, type: decimal, scale: 2, required: true}\n"
    "  - {name: pieces, type: integer, required: true, min: 0}\n"
    "  - {name: gift, type: boolean, derive: \"amount = 0\"}\n"
    "warehouse: {table: sales}\n";

struct definition *bench_definition(void)
{
    struct diag d = DIAG_INIT;
    struct definition *def;
    cr_assert(definition_read(bench_arena(), str_of(definition_text), STR("sales.yaml"), &def,
                              &d) == ERR_OK,
              "%s", d.msg);
    return def;
}

static void run_sql(struct warehouse *w, struct str sql)
{
    struct diag d = DIAG_INIT;
    cr_assert(warehouse_exec(w, sql, NULL, 0, NULL, &d) == ERR_OK, "%s", d.msg);
}

struct warehouse *bench_warehouse(void)
{
    struct diag d = DIAG_INIT;
    struct warehouse *w;
    const char *postgres = getenv("AFORO_TEST_POSTGRES");
    if (postgres == NULL) {
        struct warehouse_sqlite_options options = {.path = ":memory:"};
        cr_assert(warehouse_sqlite_open(bench_arena(), &options, &w, &d) == ERR_OK, "%s", d.msg);
        return w;
    }
    cr_assert(warehouse_postgres_open(bench_arena(), postgres, &w, &d) == ERR_OK, "%s", d.msg);
    struct str schema =
        str_printf(bench_arena(), "t%ld_%zu", (long)getpid(), arena_used(bench_arena()));
    run_sql(w, str_printf(bench_arena(), "create schema %.*s", STR_ARG(schema)));
    run_sql(w, str_printf(bench_arena(), "set search_path to %.*s, pg_temp", STR_ARG(schema)));
    return w;
}

static int64_t bench_now(void *ctx)
{
    (void)ctx;
    return INT64_C(1774656000000000);
}

enum err bench_play_with(struct warehouse *w, const char *folder, struct rt *rt,
                         struct player_result *ret_result, struct diag *d)
{
    return bench_play_as(w, folder, (struct player_options){.rt = rt}, ret_result, d);
}

enum err bench_play_as(struct warehouse *w, const char *folder, struct player_options options,
                       struct player_result *ret_result, struct diag *d)
{
    struct source source;
    options.now_us = bench_now;
    TRY(source_open(bench_arena(), bench_path(folder), NULL, &source, d));
    return player_run(bench_arena(), bench_definition(), &source, w, &options, ret_result, d);
}

struct player_result bench_play(struct warehouse *w, const char *folder)
{
    struct diag d = DIAG_INIT;
    struct player_result result = {0};
    cr_assert(bench_play_with(w, folder, NULL, &result, &d) == ERR_OK, "%s", d.msg);
    return result;
}

static void add_cell(struct buf *out, const struct warehouse_value *v)
{
    if (v->type == WAREHOUSE_TEXT) {
        buf_add(out, v->text);
    } else if (v->type == WAREHOUSE_NULL) {
        buf_add_char(out, '-');
    } else {
        buf_add_i64(out, v->i64);
    }
}

struct str bench_rows(struct warehouse *w, const char *sql)
{
    struct diag d = DIAG_INIT;
    struct warehouse_result r;
    struct buf out;
    cr_assert(warehouse_query(w, str_of(sql), NULL, 0, bench_arena(), &r, &d) == ERR_OK, "%s",
              d.msg);
    buf_init(&out, bench_arena(), 1 << 24);
    for (size_t row = 0; row < r.row_count; row++) {
        for (size_t i = 0; i < r.column_count; i++) {
            buf_add_z(&out, i == 0 ? "" : "|");
            add_cell(&out, warehouse_at(&r, row, i));
        }
        buf_add_char(&out, '\n');
    }
    return buf_str(&out);
}

const char *bench_problem(const struct player_result *r, const char *object)
{
    for (size_t i = 0; i < r->problem_count; i++) {
        if (str_eq(r->problems[i].object, str_of(object))) {
            return str_z(bench_arena(), r->problems[i].text);
        }
    }
    return "";
}

/* ---- a session that fails ---- */

static struct shaky_warehouse *shaky_of(struct warehouse *w)
{
    return (struct shaky_warehouse *)w;
}

static enum err shaky_call(struct warehouse *w, struct diag *d)
{
    struct shaky_warehouse *s = shaky_of(w);
    if (++s->calls == s->fail_at) {
        warehouse_rollback(s->inner);
        return fail_named(d, ERR_UNAVAILABLE, "40001", "call %zu is refused", s->calls);
    }
    return ERR_OK;
}

static enum err shaky_begin(struct warehouse *w, struct diag *d)
{
    TRY(shaky_call(w, d));
    return warehouse_begin(shaky_of(w)->inner, d);
}

static enum err shaky_commit(struct warehouse *w, struct diag *d)
{
    struct shaky_warehouse *s = shaky_of(w);
    TRY(shaky_call(w, d));
    bool lost = s->doubt != DOUBT_NONE && ++s->commits % 2 == 0;
    if (!lost) {
        return warehouse_commit(s->inner, d);
    }
    if (s->doubt == DOUBT_LOST_AFTER) {
        TRY(warehouse_commit(s->inner, d));
    } else {
        warehouse_rollback(s->inner);
    }
    return fail_named(d, ERR_UNKNOWN, "08006", "the answer to a commit was lost");
}

static void shaky_rollback(struct warehouse *w)
{
    warehouse_rollback(shaky_of(w)->inner);
}

static enum err shaky_exec(struct warehouse *w, struct str sql,
                           const struct warehouse_value *params, size_t count, int64_t *ret_changed,
                           struct diag *d)
{
    TRY(shaky_call(w, d));
    return warehouse_exec(shaky_of(w)->inner, sql, params, count, ret_changed, d);
}

static enum err shaky_bulk_begin(struct warehouse *w, struct str table,
                                 const struct warehouse_column *columns, size_t count,
                                 struct diag *d)
{
    TRY(shaky_call(w, d));
    return warehouse_bulk_begin(shaky_of(w)->inner, table, columns, count, d);
}

static enum err shaky_bulk_row(struct warehouse *w, const struct warehouse_value *values,
                               struct diag *d)
{
    return warehouse_bulk_row(shaky_of(w)->inner, values, d);
}

static enum err shaky_bulk_end(struct warehouse *w, struct diag *d)
{
    TRY(shaky_call(w, d));
    return warehouse_bulk_end(shaky_of(w)->inner, d);
}

static enum err shaky_query(struct warehouse *w, struct str sql,
                            const struct warehouse_value *params, size_t count, struct arena *a,
                            struct warehouse_result *ret_result, struct diag *d)
{
    TRY(shaky_call(w, d));
    return warehouse_query(shaky_of(w)->inner, sql, params, count, a, ret_result, d);
}

static void shaky_close(struct warehouse *w)
{
    (void)w; /* the inner session is closed by its own arena */
}

static const struct warehouse_ops *shaky_ops(enum warehouse_dialect dialect)
{
    static const struct warehouse_ops ops[] = {
        {WAREHOUSE_SQLITE, shaky_begin, shaky_commit, shaky_rollback, shaky_exec, shaky_bulk_begin,
         shaky_bulk_row, shaky_bulk_end, shaky_query, shaky_close},
        {WAREHOUSE_POSTGRES, shaky_begin, shaky_commit, shaky_rollback, shaky_exec,
         shaky_bulk_begin, shaky_bulk_row, shaky_bulk_end, shaky_query, shaky_close},
    };
    return &ops[dialect == WAREHOUSE_POSTGRES];
}

void shaky_init(struct shaky_warehouse *s, struct warehouse *inner)
{
    *s = (struct shaky_warehouse){.warehouse = {.ops = shaky_ops(warehouse_dialect(inner))},
                                  .inner = inner};
}
