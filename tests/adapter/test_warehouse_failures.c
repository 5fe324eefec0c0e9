/* Failures of the machine below a warehouse: SQLite's disk at the k-th write, PostgreSQL's server
 * at each step. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"
#include "base/limits.h"
#include "warehouse_bench.h"

static const struct warehouse_column note_columns[] = {
    {.name = STR_INIT("id"), .type = WAREHOUSE_I64},
    {.name = STR_INIT("note"), .type = WAREHOUSE_TEXT},
};

static enum err notes_load(struct bench *b, int64_t count)
{
    static const struct str text =
        STR_INIT("sixty-four bytes of text, so that some hundred rows need pages..");
    TRY(warehouse_begin(b->w, &b->d));
    TRY(warehouse_bulk_begin(b->w, STR("note"), note_columns, 2, &b->d));
    for (int64_t i = 0; i < count; i++) {
        struct warehouse_value values[] = {warehouse_i64(i), warehouse_text(text)};
        TRY(warehouse_bulk_row(b->w, values, &b->d));
    }
    TRY(warehouse_bulk_end(b->w, &b->d));
    return warehouse_commit(b->w, &b->d);
}

Test(warehouse_failures, a_full_database_loads_all_or_nothing)
{
    /* Proves, with the database full at the k-th page for every k, that a load is whole or not
     * there and says 53100. */
    const int64_t count = 400;
    struct bench b;
    for (int kind = BENCH_MEMORY; kind <= BENCH_FILE; kind++) {
        int failed = 0, worked = 0;
        for (int pages = 4; worked < 2 && pages < 40; pages++) {
            if (!bench_start(&b, kind)) {
                return;
            }
            bench_exec(&b, "CREATE TABLE note (id INTEGER PRIMARY KEY, note TEXT)");
            (void)bench_query(
                &b, str_z(b.arena, str_printf(b.arena, "PRAGMA max_page_count = %d", pages)));
            enum err err = notes_load(&b, count);
            if (err == ERR_OK) {
                worked++;
            } else {
                failed++;
                cr_expect_eq(err, ERR_LIMIT, "%s, %d pages: %s", b.name, pages, b.d.msg);
                cr_expect_str_eq(b.d.name, "53100");
                diag_clear(&b.d);
            }
            cr_expect_eq(bench_count(&b, "SELECT count(*) FROM note"), err == ERR_OK ? count : 0);
            bench_stop(&b);
        }
        cr_expect_eq(worked, 2);
        cr_expect_gt(failed, 3, "only %d sizes failed", failed);
    }
}

static void file_limit(rlim_t bytes)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(warehouse_failures, a_write_that_fails_is_never_half_a_load)
{
    /* Proves, with the operating system refusing the write at the k-th KiB of the log for every k,
     * that rows are all there or all absent after reopening, and that a failure inside the commit
     * is called unknown. */
    const int64_t count = 400;
    struct bench b;
    int unknown = 0, worked = 0;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t kib = 13; kib < 200 && worked < 2; kib += 5) {
        if (!bench_start(&b, BENCH_FILE)) {
            return;
        }
        bench_exec(&b, "CREATE TABLE note (id INTEGER PRIMARY KEY, note TEXT)");
        file_limit(kib * 1024);
        enum err err = notes_load(&b, count);
        file_limit(RLIM_INFINITY);
        unknown += err == ERR_UNKNOWN;
        worked += err == ERR_OK;
        cr_expect(err == ERR_OK || err == ERR_UNKNOWN || err == ERR_INTERNAL || err == ERR_LIMIT,
                  "%zu KiB: %s %s", (size_t)kib, b.d.name, b.d.msg);
        cr_expect_neq(err == ERR_OK, b.d.name[0] != '\0');
        diag_clear(&b.d);
        warehouse_close(b.w);
        b.w = bench_open(&b);
        int64_t found = bench_count(&b, "SELECT count(*) FROM note");
        cr_expect(found == count || (found == 0 && err != ERR_OK), "%zu KiB: %ld rows", (size_t)kib,
                  (long)found);
        bench_stop(&b);
    }
    cr_expect_gt(unknown, 0);
    cr_expect_eq(worked, 2);
}

Test(warehouse_failures, a_file_that_is_no_database_is_told)
{
    /* Proves that opening foreign bytes, or a path that cannot be, fails with a state and no
     * handle. */
    struct bench b;
    if (!bench_start(&b, BENCH_FILE)) {
        return;
    }
    struct warehouse *w = NULL;
    const char *path = str_z(b.arena, str_printf(b.arena, "%s/garbage", b.folder));
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(write(fd, "this is not a database, not at all.\n", 36), 36);
    }
    close(fd);
    struct warehouse_sqlite_options options = {.path = path};
    cr_expect_eq(warehouse_sqlite_open(b.arena, &options, &w, &b.d), ERR_INTERNAL, "%s", b.d.msg);
    cr_expect_str_eq(b.d.name, "XX001");
    diag_clear(&b.d);
    cr_expect_eq(unlink(path), 0);
    options.path = "/no/such/folder/warehouse.db";
    cr_expect_eq(warehouse_sqlite_open(b.arena, &options, &w, &b.d), ERR_UNAVAILABLE, "%s",
                 b.d.msg);
    cr_expect_str_eq(b.d.name, "08001");
    cr_expect_null(w);
    bench_stop(&b);
}

/* ---- PostgreSQL's server ---- */

/* Ends the session of b->w from another one. */
static void session_kill(struct bench *b, struct warehouse *killer, int64_t pid)
{
    struct warehouse_value param = warehouse_i64(pid);
    struct warehouse_result r;
    struct str sql = STR("SELECT pg_terminate_backend(CAST($1 AS INTEGER), 5000)");
    cr_assert_eq(warehouse_query(killer, sql, &param, 1, b->arena, &r, &b->d), ERR_OK, "%s",
                 b->d.msg);
    cr_assert_eq(warehouse_at(&r, 0, 0)->i64, 1);
}

/* One transaction with the session killed before step `k`; past the last step nothing is killed. */
static enum err steps_with_kill(struct bench *b, struct warehouse *killer, int k)
{
    struct warehouse_value values[] = {warehouse_i64(1), warehouse_text(STR("one"))};
    int64_t pid = bench_count(b, "SELECT pg_backend_pid()");
    enum err err = ERR_OK;
    for (int step = 0; step < 6 && err == ERR_OK; step++) {
        if (step == k) {
            session_kill(b, killer, pid);
        }
        switch (step) {
        case 0:
            err = warehouse_begin(b->w, &b->d);
            break;
        case 1:
            err = warehouse_exec(b->w, STR("DELETE FROM note"), NULL, 0, NULL, &b->d);
            break;
        case 2:
            err = warehouse_bulk_begin(b->w, STR("note"), note_columns, 2, &b->d);
            break;
        case 3:
            err = warehouse_bulk_row(b->w, values, &b->d);
            break;
        case 4:
            err = warehouse_bulk_end(b->w, &b->d);
            break;
        default:
            err = warehouse_commit(b->w, &b->d);
            break;
        }
    }
    return err;
}

Test(warehouse_failures, a_session_may_die_at_any_step)
{
    /* Proves that a session killed before the k-th step fails as unavailable, or unknown at the
     * commit, that nothing of its transaction stays, and that the handle connects again by itself.
     */
    struct bench b;
    if (!bench_start(&b, BENCH_POSTGRES)) {
        return;
    }
    bench_exec(&b, "CREATE TABLE note (id BIGINT, note TEXT)");
    struct warehouse *killer = bench_open(&b);
    for (int k = 0; k <= 6; k++) {
        bench_exec(&b, "DELETE FROM note");
        enum err err = steps_with_kill(&b, killer, k);
        enum err expected = k == 6 ? ERR_OK : k == 5 ? ERR_UNKNOWN : ERR_UNAVAILABLE;
        cr_expect_eq(err, expected, "step %d: %s %s %s", k, err_name(err), b.d.name, b.d.msg);
        cr_expect_eq(b.d.name[0] == '\0', k == 6);
        diag_clear(&b.d);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM note"), k == 6 ? 1 : 0, "step %d", k);
    }
    /* a statement that commits by itself may have done so */
    session_kill(&b, killer, bench_count(&b, "SELECT pg_backend_pid()"));
    enum err err = warehouse_exec(b.w, STR("DELETE FROM note"), NULL, 0, NULL, &b.d);
    cr_expect_eq(err, ERR_UNKNOWN, "%s %s", b.d.name, b.d.msg);
    diag_clear(&b.d);
    session_kill(&b, killer, bench_count(&b, "SELECT pg_backend_pid()"));
    struct warehouse_result r;
    err = warehouse_query(b.w, STR("SELECT 1"), NULL, 0, b.arena, &r, &b.d);
    cr_expect_eq(err, ERR_UNAVAILABLE, "%s %s", b.d.name, b.d.msg);
    diag_clear(&b.d);
    bench_stop(&b);
}

Test(warehouse_failures, a_session_is_in_utc_and_bounded)
{
    /* Proves the session's settings, that the caller's own time limit stays, and that an absent
     * server is unavailable. */
    struct bench b;
    if (!bench_start(&b, BENCH_POSTGRES)) {
        return;
    }
    struct warehouse_result r = bench_query(
        &b, "SELECT current_setting('TimeZone'), current_setting('client_encoding'), "
            "current_setting('application_name'), current_setting('statement_timeout')");
    static const char *const expected[] = {"UTC", "UTF8", "aforo", "5min"};
    for (size_t i = 0; i < 4; i++) {
        cr_expect(str_eq(warehouse_at(&r, 0, i)->text, str_of(expected[i])), "%.*s",
                  STR_ARG(warehouse_at(&r, 0, i)->text));
    }
    struct str own = str_printf(
        b.arena,
        "%s application_name=mine options='-c statement_timeout=200 -c timezone=Asia/Tokyo'",
        getenv("AFORO_TEST_POSTGRES"));
    struct warehouse *w = NULL;
    cr_assert_eq(warehouse_postgres_open(b.arena, str_z(b.arena, own), &w, &b.d), ERR_OK, "%s",
                 b.d.msg);
    cr_assert_eq(warehouse_query(
                     w,
                     STR("SELECT current_setting('TimeZone'), current_setting('application_name')"),
                     NULL, 0, b.arena, &r, &b.d),
                 ERR_OK);
    cr_expect(str_eq(warehouse_at(&r, 0, 0)->text, STR("UTC")));
    cr_expect(str_eq(warehouse_at(&r, 0, 1)->text, STR("mine")));
    cr_expect_eq(warehouse_query(w, STR("SELECT pg_sleep(20)"), NULL, 0, b.arena, &r, &b.d),
                 ERR_UNAVAILABLE);
    cr_expect_str_eq(b.d.name, "57014");
    diag_clear(&b.d);
    w = NULL;
    cr_expect_eq(warehouse_postgres_open(b.arena, "host=/no/such/folder", &w, &b.d),
                 ERR_UNAVAILABLE);
    cr_expect_str_eq(b.d.name, "08001");
    cr_expect_null(w);
    bench_stop(&b);
}
