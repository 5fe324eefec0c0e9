/* test_diff.c -- Where two captures part, against what was changed by hand: records missing, extra
 * and altered, by window and object, whichever objects they stand in. */
#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "replay/diff.h"
#include "replay_bench.h"

TestSuite(diff, .init = bench_setup, .fini = bench_teardown);

static const char DEFINITION[] =
    "schema: 1\nname: sales\nevent: {id: id, time: at}\ncolumns:\n"
    "- {name: id, type: text, required: true}\n- {name: at, type: timestamp, required: true}\n"
    "- {name: shop, type: text}\n- {name: amount, type: decimal, scale: 2}\n"
    "reconcile: {sums: [amount]}\n";

struct change {       /* of the right side; UINT_MAX: none */
    unsigned altered; /* amount one more, and another shop */
    unsigned missing, extra, refused;
};

static struct str sale(unsigned i, bool altered, bool refused)
{
    return str_printf(
        bench_arena(),
        "{\"id\":\"s%u\",\"at\":\"2026-03-%02uT00:00:00Z\",\"shop\":\"%s\",\"amount\":%s"
        "}\n",
        i, 1 + i / 100, altered ? "b" : "a",
        refused ? "\"many\""
                : str_z(bench_arena(), str_printf(bench_arena(), "%u.25", altered ? i + 1 : i)));
}

/* 1000 sales in objects of `each`. */
static void write_side(const char *folder, unsigned each, const struct change *c)
{
    struct buf text;
    for (unsigned from = 0; from < 1000; from += each) {
        buf_init(&text, bench_arena(), MIB);
        for (unsigned i = from; i < from + each && i < 1000; i++) {
            buf_add(&text, i == c->missing ? STR_EMPTY : sale(i, i == c->altered, i == c->refused));
            buf_add(&text, i == c->extra ? sale(i + 5000, false, false) : STR_EMPTY);
        }
        bench_write(str_z(bench_arena(), str_printf(bench_arena(), "%s/%04u.json", folder, from)),
                    buf_str(&text));
    }
}

static enum err run(struct diff_result *r, struct diag *d)
{
    struct arena *a = bench_arena();
    struct definition *def;
    struct source *sources = NEW_ARRAY(a, struct source, 2);
    struct diff_side sides[2] = {0};
    static const char *const names[] = {"left", "right"};
    cr_assert(definition_read(a, str_of(DEFINITION), STR("sales.yaml"), &def, d) == ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        cr_assert(source_open(a, bench_path(names[i]), NULL, &sources[i], d) == ERR_OK, "%s",
                  d->msg);
        sides[i] = (struct diff_side){.def = def, .source = &sources[i]};
    }
    return diff_run(a, sides, 100, r, d);
}

static const struct change nothing = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

Test(diff, finds_what_was_changed_and_nothing_else)
{
    /* One record of each kind, in the same objects and in others: the same four records are named;
     * windows tell by how much their sums differ; equal objects are not read. */
    static const struct change c = {.altered = 150, .missing = 42, .extra = 777, .refused = 901};
    static const unsigned each[] = {100, 333};
    write_side("left", 100, &nothing);
    for (size_t k = 0; k < 2; k++) {
        struct diff_result r;
        struct diag d = DIAG_INIT;
        bench_shell("rm -rf right");
        write_side("right", each[k], &c);
        cr_assert(run(&r, &d) == ERR_OK, "%s", d.msg);
        cr_expect_eq(r.counts[DIFF_MISSING], 1);
        cr_expect_eq(r.counts[DIFF_EXTRA], 1);
        cr_expect_eq(r.counts[DIFF_ALTERED], 2); /* the changed one, and the refused one's fate */
        cr_expect_eq(r.objects_equal, each[k] == 100 ? 6 : 0);
        bool amount = false;
        for (size_t i = 0; i < r.line_count; i++) {
            const struct diff_line *l = &r.lines[i];
            const char *id = l->kind == DIFF_MISSING ? "s42"
                             : l->kind == DIFF_EXTRA ? "s5777"
                                                     : "s150";
            cr_expect(str_eq(l->id, str_of(id)) || str_eq(l->id, STR("s901")), "%.*s",
                      STR_ARG(l->id));
            if (str_eq(l->id, STR("s150")) && str_eq(l->column, STR("amount"))) {
                amount = str_eq(l->left, STR("150.25")) && str_eq(l->right, STR("151.25"));
            }
        }
        cr_expect(amount, "the amount of s150 is not named");
        for (size_t i = 0; i < r.window_count; i++) {
            if (str_eq(r.windows[i].name, STR("2026-03-01"))) {
                cr_expect_eq(r.windows[i].sums[0], -4225, "%lld", (long long)r.windows[i].sums[0]);
            }
        }
    }
}

Test(diff, says_that_nothing_differs_and_names_what_cannot_be_read)
{
    /* The same records in other objects are equal; an object that is cut is named, and its records
     * are missing. */
    struct diff_result r;
    struct diag d = DIAG_INIT;
    write_side("left", 100, &nothing);
    write_side("right", 90, &nothing);
    cr_assert(run(&r, &d) == ERR_OK, "%s", d.msg);
    cr_expect_eq(r.counts[DIFF_MISSING] + r.counts[DIFF_EXTRA] + r.counts[DIFF_ALTERED], 0);
    cr_expect_eq(r.records[0], 1000);
    cr_expect_eq(r.records[1], 1000);
    bench_write("right/0090.json", STR("\x1f\x8b\x08"));
    cr_assert(run(&r, &d) == ERR_OK, "%s", d.msg);
    cr_assert_eq(r.problem_count, 1);
    cr_expect(r.problems[0].right && str_eq(r.problems[0].object, STR("0090.json")));
    cr_expect(str_contains(r.problems[0].text, STR("cut")), "%.*s", STR_ARG(r.problems[0].text));
    cr_expect_eq(r.counts[DIFF_MISSING], 90);
}
