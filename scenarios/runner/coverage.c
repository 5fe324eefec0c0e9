#include "scenarios/runner/coverage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/json.h"

#define JOBS_MAX 64

struct part { /* one process writes it */
    size_t count;
    struct coverage_cell cells[COVERAGE_CELLS_MAX];
};
struct coverage {
    struct part *parts; /* of the jobs, and one of what was declared; pages are taken as written */
};

static void parts_end(void *handle)
{
    struct coverage *c = handle;
    (void)munmap(c->parts, (JOBS_MAX + 1) * sizeof(*c->parts));
}

enum err coverage_new(struct arena *a, struct coverage **ret_coverage, struct diag *d)
{
    struct coverage *c = NEW(a, struct coverage);
    void *parts = mmap(NULL, (JOBS_MAX + 1) * sizeof(*c->parts), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (parts == MAP_FAILED) {
        return fail(d, ERR_LIMIT, "coverage: %s", strerror(errno));
    }
    c->parts = parts;
    arena_defer(a, parts_end, c);
    *ret_coverage = c;
    return ERR_OK;
}

/* ---- adding ---- */

static void text_set(char *to, struct str text)
{
    size_t len = text.len < COVERAGE_TEXT_BYTES_MAX - 1 ? text.len : COVERAGE_TEXT_BYTES_MAX - 1;
    memset(to, 0, COVERAGE_TEXT_BYTES_MAX);
    if (len > 0) {
        memcpy(to, text.ptr, len);
    }
}

static int cell_cmp(const void *left, const void *right)
{
    const struct coverage_cell *a = left, *b = right;
    int call = strcmp(a->call, b->call), error = strcmp(a->error, b->error);
    return call != 0              ? call
           : a->phase != b->phase ? (int)a->phase - (int)b->phase
           : error != 0           ? error
                                  : strcmp(a->rule, b->rule);
}

static void cell_count(struct part *p, const struct coverage_cell *cell)
{
    for (size_t i = 0; i < p->count; i++) {
        if (cell_cmp(&p->cells[i], cell) == 0) {
            p->cells[i].matched += cell->matched;
            p->cells[i].fired += cell->fired;
            return;
        }
    }
    if (p->count < COVERAGE_CELLS_MAX) {
        p->cells[p->count++] = *cell;
    }
}

void coverage_add(struct coverage *c, unsigned job, const struct run_cell *cells, size_t count)
{
    ASSERT(job < JOBS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct coverage_cell cell = {
            .phase = cells[i].phase, .matched = cells[i].matched, .fired = cells[i].fired};
        char call[2 * COVERAGE_TEXT_BYTES_MAX];
        struct str parts[] = {cells[i].service, STR(":"), cells[i].operation};
        size_t len = 0;
        for (size_t n = 0; n < 3; n++) {
            for (size_t at = 0; at < parts[n].len && len < sizeof(call); at++) {
                call[len++] = parts[n].ptr[at];
            }
        }
        text_set(cell.call, str_n(call, len));
        text_set(cell.rule, cells[i].rule);
        text_set(cell.error, cells[i].error);
        cell_count(&c->parts[job], &cell);
    }
}

void coverage_declare(struct coverage *c, const char *rule, enum fault_phase phase)
{
    struct coverage_cell cell = {.phase = phase};
    text_set(cell.rule, str_of(rule));
    text_set(cell.call, STR("-"));
    cell_count(&c->parts[JOBS_MAX], &cell);
}

/* ---- reading ---- */

static bool is_met(const struct part *all, const struct coverage_cell *declared)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->cells[i].rule, declared->rule) == 0) {
            return true;
        }
    }
    return false;
}

void coverage_read(const struct coverage *c, struct arena *a, struct coverage_table *ret_table)
{
    struct part *all = NEW(a, struct part);
    all->count = 0;
    for (size_t job = 0; job < JOBS_MAX; job++) {
        for (size_t i = 0; i < c->parts[job].count; i++) {
            cell_count(all, &c->parts[job].cells[i]);
        }
    }
    const struct part *declared = &c->parts[JOBS_MAX];
    for (size_t i = 0; i < declared->count; i++) {
        if (!is_met(all, &declared->cells[i])) {
            cell_count(all, &declared->cells[i]);
        }
    }
    qsort(all->cells, all->count, sizeof(all->cells[0]), cell_cmp);
    *ret_table = (struct coverage_table){.cells = all->cells, .count = all->count};
    for (size_t i = 0; i < all->count; i++) {
        ret_table->hit += all->cells[i].fired > 0;
    }
}

/* ---- text and JSON ---- */

static void text_row(struct buf *out, const struct coverage_cell *c)
{
    buf_addf(out, "  %-34s %-14s %-40s %10llu %12llu  %s\n", c->call, fault_phase_name(c->phase),
             c->error, (unsigned long long)c->fired, (unsigned long long)c->matched, c->rule);
}

void coverage_text(struct buf *out, const struct coverage_table *t)
{
    buf_addf(out, "coverage: %zu of %zu cells hit\n  %-34s %-14s %-40s %10s %12s  %s\n", t->hit,
             t->count, "operation", "phase", "error", "hits", "of calls", "fault");
    for (size_t i = 0; i < t->count; i++) {
        if (t->cells[i].fired > 0) {
            text_row(out, &t->cells[i]);
        }
    }
    if (t->hit < t->count) {
        buf_add_z(out, "never hit:\n");
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->cells[i].fired == 0) {
            text_row(out, &t->cells[i]);
        }
    }
}

void coverage_json(struct buf *out, const struct coverage_table *t)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "cells", (int64_t)t->count);
    json_out_ki64(&w, "hit", (int64_t)t->hit);
    json_out_key(&w, "coverage");
    json_out_array(&w);
    for (size_t i = 0; i < t->count; i++) {
        const struct coverage_cell *c = &t->cells[i];
        json_out_object(&w);
        json_out_kstr(&w, "operation", str_of(c->call));
        json_out_kstr(&w, "phase", str_of(fault_phase_name(c->phase)));
        json_out_kstr(&w, "error", str_of(c->error));
        json_out_kstr(&w, "fault", str_of(c->rule));
        json_out_ki64(&w, "hits", (int64_t)c->fired);
        json_out_ki64(&w, "calls", (int64_t)c->matched);
        json_out_object_end(&w);
    }
    json_out_array_end(&w);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}
