/* test_player.c -- Objects into a warehouse: what is wrong with one does not touch the others, a
 * second run changes nothing, a commit whose answer is lost is neither forgotten nor done twice,
 * threads make no difference. */
#include <criterion/criterion.h>

#include "adapter/rt_threads.h"
#include "player_bench.h"
#include "replay/summary.h"

TestSuite(player, .init = bench_setup, .fini = bench_teardown);

/* Sale i: what it is worth is known without reading it back. */
static void add_sale(struct buf *out, int i)
{
    buf_addf(out,
             "{\"id\":\"s%d\",\"at\":\"2026-03-%02dT10:00:00Z\",\"shop\":\"x\",\"amount\":%d.50,"
             "\"pieces\":%d}\n",
             i, 1 + i % 9, i, i);
}

static struct str sales(int from, int to)
{
    struct buf out;
    buf_init(&out, bench_arena(), 1 << 20);
    for (int i = from; i < to; i++) {
        add_sale(&out, i);
    }
    return buf_str(&out);
}

static void expect_sales(struct warehouse *w, int count)
{
    struct str found = bench_rows(w, "select count(*), sum(pieces), count(distinct id) from sales");
    struct str expected =
        str_printf(bench_arena(), "%d|%d|%d\n", count, count * (count - 1) / 2, count);
    cr_expect(str_eq(found, expected), "%.*s", STR_ARG(found));
}

Test(player, goes_on_past_objects_with_problems)
{
    /* Missing, cut, other records and other content than the manifest says: each is named; what can
     * be read is loaded. */
    bench_write("in/a.json", sales(0, 10));
    bench_write("in/c.json", sales(10, 20));
    bench_write("in/d.json", sales(20, 30));
    bench_write("in/e.csv", STR("id,at,amount,pieces\ns30,2026-03-01,30.5,30\n"));
    bench_shell("gzip -nc in/a.json > in/whole && head -c 90 in/whole > in/b.gz && rm in/whole");
    bench_write("in/manifest.tsv", str_printf(bench_arena(),
                                              "key\trecords\tsha256_of_raw\na.json\t10\t\nb."
                                              "gz\t10\t\nc.json\t11\t\nd.json\t10\t%064d\n"
                                              "e.csv\t1\t\ngone.json\t5\t\n",
                                              7));
    struct warehouse *w = bench_warehouse();
    struct player_result r = bench_play(w, "in");
    expect_sales(w, 31);
    cr_expect_eq(r.objects, 4);
    cr_expect(r.counts.records == 31 && r.counts.rows == 31 && r.counts.duplicates == 0 &&
              r.counts.quarantined == 0);
    cr_expect_eq(r.problem_count, 4);
    cr_expect(
        str_contains(str_of(bench_problem(&r, "b.gz")), STR("cut, the 90 bytes end inside it")),
        "%s", bench_problem(&r, "b.gz"));
    cr_expect_str_eq(bench_problem(&r, "c.json"), "10 records, the manifest says 11");
    cr_expect(str_contains(str_of(bench_problem(&r, "d.json")),
                           STR("its content is not what the manifest says")));
    cr_expect(str_contains(str_of(bench_problem(&r, "gone.json")), STR("gone.json: ")), "%s",
              bench_problem(&r, "gone.json"));
    struct buf text;
    buf_init(&text, bench_arena(), 1 << 16);
    summary_problems(&text, bench_arena(), &r, 3);
    cr_expect(str_contains(buf_str(&text), STR("4 problems:\n  b.gz")) &&
              str_contains(buf_str(&text), STR("and 1 more")));
}

Test(player, changes_nothing_when_run_again)
{
    /* The same source a second time: the same counts, nothing read into the warehouse; changed
     * content is a problem. */
    bench_write("in/a.json", sales(0, 10));
    bench_write("in/b.json", sales(5, 20)); /* five of them again */
    struct warehouse *w = bench_warehouse();
    struct player_result first = bench_play(w, "in");
    expect_sales(w, 20);
    cr_expect(first.counts.rows == 20 && first.counts.duplicates == 5 && first.loaded_before == 0);
    bench_write("in/c.json", sales(20, 25));
    struct player_result second = bench_play(w, "in");
    expect_sales(w, 25);
    cr_expect(second.objects == 3 && second.loaded_before == 2 && second.problem_count == 0);
    cr_expect(second.counts.records == 30 && second.counts.rows == 25 &&
              second.counts.duplicates == 5);
    bench_write("in/a.json", sales(0, 11));
    struct player_result third = bench_play(w, "in");
    expect_sales(w, 25);
    cr_expect_eq(third.problem_count, 1);
    cr_expect(str_contains(str_of(bench_problem(&third, "a.json")), STR("loaded before")));
}

Test(player, keeps_what_it_refuses_with_its_reason)
{
    /* Rows that are not what the header or the definition says end in quarantine, by reason, and
     * are counted. */
    bench_write("in/rows.csv", STR("id,at,amount,pieces\n"
                                   "s0,2026-03-01,0.5,0\n"
                                   "s1,2026-03-01,1.5\n"
                                   "s1,2026-03-01,1.5,1,1\n"
                                   "s1,2026-03-01,1.5,-1\n"
                                   "s1,\"2026-03-01\"x,1.5,1\n"
                                   "s1,2026-03-01,1.5,1\n"));
    struct warehouse *w = bench_warehouse();
    struct player_result r = bench_play(w, "in");
    expect_sales(w, 2);
    cr_expect(r.counts.records == 6 && r.counts.rows == 2 && r.counts.quarantined == 4 &&
              r.problem_count == 0);
    struct str kept =
        bench_rows(w, "select ordinal, reason from aforo_quarantine order by ordinal");
    cr_expect(
        str_starts(
            kept,
            STR("1|CSV: fewer fields than the header has\n2|CSV: more fields than the header has\n"
                "3|pieces: ")) &&
            str_ends(kept, STR("4|CSV: quotes that do not fit\n")),
        "%.*s", STR_ARG(kept));
    struct buf text;
    struct diag d = DIAG_INIT;
    buf_init(&text, bench_arena(), 1 << 16);
    cr_assert(summary_write(&text, bench_arena(), bench_definition(), w, &r, &d) == ERR_OK, "%s",
              d.msg);
    cr_expect(str_contains(buf_str(&text), STR("CSV: quotes that do not fit\n")), "%.*s",
              STR_ARG(buf_str(&text)));
}

Test(player, settles_commits_in_doubt)
{
    /* Every second commit's answer is lost, after or before it happened: each event is there once,
     * and counted once. */
    for (int i = 0; i < 10; i++) {
        bench_write(str_z(bench_arena(), str_printf(bench_arena(), "in/%d.json", i)),
                    sales(i * 10, i * 10 + 10));
    }
    static const enum doubt doubts[] = {DOUBT_LOST_AFTER, DOUBT_LOST_BEFORE};
    for (size_t i = 0; i < 2; i++) {
        struct warehouse *w = bench_warehouse();
        struct shaky_warehouse shaky;
        struct player_result r = {0};
        struct diag d = DIAG_INIT;
        shaky_init(&shaky, w);
        shaky.doubt = doubts[i];
        enum err err = bench_play_with(&shaky.warehouse, "in", NULL, &r, &d);
        cr_assert(err == ERR_OK, "%s", d.msg);
        expect_sales(w, 100);
        cr_expect(r.objects == 10 && r.counts.records == 100 && r.counts.rows == 100 &&
                  r.problem_count == 0);
        struct str loaded = bench_rows(w, "select count(*), sum(records) from aforo_loaded_object");
        cr_expect(str_eq(loaded, STR("10|100\n")), "%.*s", STR_ARG(loaded));
    }
}

Test(player, survives_the_failure_of_any_call)
{
    /* The k-th call to the warehouse is refused, for every k: the run ends well, or fails and a
     * second run completes it. */
    bench_write("in/a.json", sales(0, 10));
    bench_write("in/b.json", sales(8, 20));
    size_t k = 1;
    for (;; k++) {
        struct warehouse *w = bench_warehouse();
        struct shaky_warehouse shaky;
        struct player_result r = {0};
        struct diag d = DIAG_INIT;
        shaky_init(&shaky, w);
        shaky.fail_at = k;
        enum err err = bench_play_with(&shaky.warehouse, "in", NULL, &r, &d);
        if (shaky.calls < k) {
            break; /* past the last call */
        }
        if (err != ERR_OK) {
            cr_expect(err == ERR_UNAVAILABLE && d.msg[0] != '\0', "call %zu: %s", k, err_name(err));
            r = bench_play(w, "in");
        }
        expect_sales(w, 20);
        cr_expect(r.objects == 2 && r.counts.records == 22 && r.counts.rows == 20 &&
                      r.counts.duplicates == 2,
                  "call %zu", k);
        warehouse_close(w);
    }
    cr_expect_gt(k, 30);
}

Test(player, reads_ahead_with_the_same_result)
{
    /* With a reader task: rows, duplicates and problems are those of one object after the other. */
    for (int i = 0; i < 40; i++) {
        bench_write(str_z(bench_arena(), str_printf(bench_arena(), "in/%02d.json", i)),
                    sales(i * 7, i * 7 + 10));
    }
    bench_write("in/20.json", STR("{\"id\":1}{"));
    static const char sql[] = "select id, aforo_object, aforo_ordinal from sales order by id";
    struct warehouse *plain = bench_warehouse(), *ahead = bench_warehouse();
    struct player_result one = bench_play(plain, "in"), two;
    struct diag d = DIAG_INIT;
    struct rt *rt = rt_threads_new(bench_arena(), 1);
    cr_assert(bench_play_with(ahead, "in", rt, &two, &d) == ERR_OK, "%s", d.msg);
    cr_expect(str_eq(bench_rows(plain, sql), bench_rows(ahead, sql)));
    cr_expect(one.counts.rows == two.counts.rows && one.counts.duplicates == two.counts.duplicates);
    cr_expect_gt(one.counts.duplicates, 0);
    cr_expect(one.problem_count == 1 && two.problem_count == 1 &&
              str_eq(one.problems[0].text, two.problems[0].text));
    struct shaky_warehouse shaky;
    shaky_init(&shaky, bench_warehouse());
    shaky.fail_at =
        30; /* the tables are made; a rejected begin is tried again, a rejected query is not */
    for (; shaky.fail_at < 60; shaky.fail_at += 7) {
        shaky.calls = 0;
        diag_clear(&d);
        enum err err = bench_play_with(&shaky.warehouse, "in", rt, &two, &d);
        cr_expect(err == ERR_OK || err == ERR_UNAVAILABLE, "%s", d.msg);
    }
}

/* Everything that a load leaves behind, but for when it was. */
static struct str left_behind(struct warehouse *w)
{
    static const char *const queries[] = {
        "select id, at, shop, amount, pieces, gift, aforo_object, aforo_ordinal from sales "
        "order by id",
        "select object_key, ordinal, event_id from aforo_duplicate order by object_key, ordinal",
        "select object_key, ordinal, event_id, event_day, reason from aforo_quarantine "
        "order by object_key, ordinal",
        "select object_key, checksum, records, loaded, duplicates, quarantined, filtered from "
        "aforo_loaded_object order by object_key",
        "select day, changes from aforo_day order by day",
    };
    struct buf all;
    buf_init(&all, bench_arena(), 1 << 24);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        buf_add(&all, bench_rows(w, queries[i]));
        buf_add_z(&all, "--\n");
    }
    return buf_str(&all);
}

/* Repeats inside an object and across several, three and more of one, a refused row, and an object
 * that cannot be read. */
static void write_repeats(void)
{
    bench_write("in/a.json", str_join(bench_arena(), sales(0, 3000), sales(10, 12)));
    bench_write("in/b.json", str_join(bench_arena(), sales(2990, 3500), sales(11, 12)));
    bench_write("in/c.json", str_join(bench_arena(), STR("{\"id\":\"s1\"}\n"), sales(11, 40)));
    bench_write("in/d.json", STR("{\"id\":1}{"));
    bench_write("in/e.json", str_join(bench_arena(), sales(3400, 3600), sales(0, 3)));
}

Test(player, makes_a_table_as_merging_would)
{
    /* A new table is filled row after row and gets its key at the end; everything that is left
     * behind, and what is said about it, is what merging each batch by id leaves. */
    write_repeats();
    struct warehouse *made = bench_warehouse(), *merged = bench_warehouse();
    struct player_result one, two;
    struct diag d = DIAG_INIT;
    cr_assert(bench_play_as(made, "in", (struct player_options){0}, &one, &d) == ERR_OK, "%s",
              d.msg);
    cr_assert(bench_play_as(merged, "in", (struct player_options){.merge = true}, &two, &d) ==
                  ERR_OK,
              "%s", d.msg);
    struct str a = left_behind(made), b = left_behind(merged);
    cr_expect(str_eq(a, b), "%.*s\n====\n%.*s", STR_ARG(str_slice(a, 0, 2000)),
              STR_ARG(str_slice(b, 0, 2000)));
    cr_expect_eq(one.counts.rows, 3600);
    cr_expect(one.counts.rows == two.counts.rows &&
              one.counts.duplicates == two.counts.duplicates && one.counts.quarantined == 1 &&
              one.counts.records == two.counts.records && one.problem_count == 1 &&
              two.problem_count == 1);
    cr_expect_eq(one.counts.duplicates, 145);
    /* afterwards it is a table like any other: a second run merges */
    bench_write("in/f.json", sales(3590, 3610));
    cr_assert(bench_play_as(made, "in", (struct player_options){0}, &one, &d) == ERR_OK, "%s",
              d.msg);
    cr_expect(one.counts.rows == 3610 && one.loaded_before == 4);
}

/* What another replay into the same warehouse does after our first object. */
struct other {
    struct warehouse *w;
    const char *sql, *folder; /* one statement, or a whole replay */
    int times;
};

static void other_comes(void *ctx, const struct player_result *so_far)
{
    struct other *o = ctx;
    struct diag d = DIAG_INIT;
    struct player_result r;
    (void)so_far;
    if (o->times++ > 0) {
        return;
    }
    enum err err = o->sql != NULL
                       ? warehouse_exec(o->w, str_of(o->sql), NULL, 0, NULL, &d)
                       : bench_play_as(o->w, o->folder, (struct player_options){0}, &r, &d);
    cr_assert(err == ERR_OK, "%s", d.msg);
}

static struct player_result play_beside(struct other *other)
{
    struct player_result r;
    struct diag d = DIAG_INIT;
    struct player_options o = {.progress = other_comes, .progress_ctx = other};
    cr_assert(bench_play_as(other->w, "in", o, &r, &d) == ERR_OK, "%s", d.msg);
    return r;
}

Test(player, shares_the_table_it_makes)
{
    /* A row that this run did not append is a repeat all the same, and is found; where another
     * replay comes to its end first, the table has its name and key, and the rest is merged. */
    bench_write("in/a.json", sales(0, 10));
    bench_write("in/b.json", sales(8, 20));
    bench_write("in/c.json", sales(15, 25));
    bench_write("more/m.json", sales(5, 30));
    struct other row = {.w = bench_warehouse(),
                        .sql = "insert into aforo_build_sales select * from aforo_build_sales "
                               "where id = 's5'"};
    struct player_result r = play_beside(&row);
    cr_expect(row.times == 3 && r.problem_count == 0);
    expect_sales(row.w, 25);
    struct str moved = bench_rows(row.w, "select count(*) from aforo_duplicate");
    cr_expect(str_eq(moved, STR("8\n")), "%.*s", STR_ARG(moved));

    struct other replay = {.w = bench_warehouse(), .folder = "more"};
    r = play_beside(&replay);
    cr_expect(r.objects == 3 && r.problem_count == 0, "%s", bench_problem(&r, "b.json"));
    expect_sales(replay.w, 30);
    cr_expect(r.counts.records == 32 && r.counts.rows == 10 && r.counts.duplicates == 22);
}
