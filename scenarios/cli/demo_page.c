/* demo_page.c -- One demo's result as a page of aligned lines. */
#include <inttypes.h>
#include <stdio.h>
#include "base/decimal.h"
#include "base/instant.h"
#include "demo.h"

#define LABEL 30
#define DAYS_SHOWN 20

/* 1234567.89 -> 1,234,567.89 */
static struct str grouped(struct arena *a, int64_t value, int scale)
{
    struct buf plain, out;
    buf_init(&plain, a, 64);
    buf_init(&out, a, 96);
    decimal_text(&plain, value, scale);
    struct str digits = buf_str(&plain);
    size_t point = str_find(digits, '.');
    size_t whole = point == STR_NONE ? digits.len : point;
    for (size_t i = 0; i < digits.len; i++) {
        bool between = i > 0 && i < whole && (whole - i) % 3 == 0 && digits.ptr[i - 1] != '-';
        if (between) {
            buf_add_char(&out, ',');
        }
        buf_add_char(&out, digits.ptr[i]);
    }
    return buf_str(&out);
}

static void count_print(struct arena *a, const char *label, uint64_t count)
{
    struct str text = grouped(a, (int64_t)count, 0);
    printf("  %-*s %16.*s\n", LABEL, label, STR_ARG(text));
}

static enum err figures_print(struct arena *a, const struct demo_page *p, bool *ret_exact,
                              struct diag *d)
{
    printf("  %-*s %16s %16s\n", LABEL, "total", "found", "published");
    for (size_t i = 0; i < p->demo->figure_count; i++) {
        const struct demo_figure *f = &p->demo->figures[i];
        struct warehouse_result rows;
        int64_t found;
        TRY(warehouse_query(p->view->warehouse, str_of(f->sql), NULL, 0, a, &rows, d));
        TRY(warehouse_decimal(warehouse_at(&rows, 0, 0), f->scale, &found, d));
        bool equal = found == f->expected;
        struct str left = grouped(a, found, f->scale), right = grouped(a, f->expected, f->scale);
        printf("  %-*s %16.*s %16.*s  %s\n", LABEL, f->label, STR_ARG(left), STR_ARG(right),
               equal ? "\u2713" : "\u2717");
        *ret_exact = *ret_exact && equal;
    }
    return ERR_OK;
}

static void counts_print(struct arena *a, const struct run_counts *c)
{
    count_print(a, "events of the source", c->produced);
    count_print(a, "records landed", c->raw_records);
    count_print(a, "objects in raw", c->raw_objects);
    count_print(a, "duplicates found", c->duplicates);
    count_print(a, "in quarantine", c->quarantined);
    count_print(a, "alerts", c->alerts);
    count_print(a, "reports", c->reports);
    count_print(a, "calls to AWS", c->calls);
}

static void days_print(struct arena *a, const struct reconcile_result *r, bool *ret_exact)
{
    size_t matching = 0;
    for (size_t i = 0; i < r->day_count; i++) {
        matching += r->days[i].verdict == RECONCILE_MATCH ? 1 : 0;
    }
    bool all = matching == r->day_count && r->day_count > 0;
    printf("  source = raw = warehouse: %zu of %zu days match  %s\n", matching, r->day_count,
           all ? "\u2713" : "\u2717");
    *ret_exact = *ret_exact && all;
    if (!all) {
        struct buf table;
        buf_init(&table, a, (size_t)1 << 20);
        reconcile_table(&table, r, DAYS_SHOWN);
        printf("%.*s", STR_ARG(buf_str(&table)));
    }
}

static void faults_print(struct arena *a, const struct demo_page *p)
{
    const struct fault_plan *plan = p->view->faults;
    printf("  %-*s %-16s %9s\n", LABEL, "fault", "phase", "fired");
    for (size_t i = 0; i < plan->count; i++) {
        const struct fault_rule *rule = &plan->rules[i];
        struct str fired = grouped(a, (int64_t)rule->fired, 0);
        printf("  %-*.*s %-16s %9.*s\n", LABEL, STR_ARG(rule->name), fault_phase_name(rule->phase),
               STR_ARG(fired));
    }
}

static void times_print(struct arena *a, const struct demo_page *p)
{
    struct buf passed, real;
    buf_init(&passed, a, 64);
    buf_init(&real, a, 64);
    duration_text(&passed, instant_floor(p->view->result->virtual_us, US_PER_MINUTE));
    duration_text(&real, instant_floor(p->real_us, US_PER_S / 10));
    printf("  %.*s of virtual time in %.*s; seed %" PRIu64 ", trace %s\n",
           STR_ARG(buf_str(&passed)), STR_ARG(buf_str(&real)), p->view->result->seed,
           p->view->result->trace);
    if (p->report.len > 0) {
        printf("  the last day's report: %.*s\n", STR_ARG(p->report));
    }
}

enum err demo_page_print(struct arena *a, const struct demo_page *page, bool *ret_exact,
                         struct diag *d)
{
    const struct run_result *result = page->view->result;
    *ret_exact = true;
    printf("\n%s: %s, through a pipeline that fails\n\n", page->demo->name, page->demo->title);
    TRY(figures_print(a, page, ret_exact, d));
    printf("\n");
    days_print(a, page->view->reconciliation, ret_exact);
    printf("\n");
    counts_print(a, &result->counts);
    printf("\n");
    faults_print(a, page);
    count_print(a, "crashes", result->counts.crashes);
    printf("\n");
    times_print(a, page);
    if (result->verdict != VERDICT_PASS) {
        printf("  verdict: %.*s\n", STR_ARG(result->story));
    }
    return ERR_OK;
}
