/* faulty_warehouse.c -- What each phase of a fault means to a warehouse session.
 *
 * Before the commit nothing is done for good, so every failure is one of "nothing was done": the
 * transaction is rolled back. A commit, or a statement outside a transaction, whose answer is lost
 * leaves ERR_UNKNOWN; also where it was applied and the server then said otherwise (apply_reject):
 * no caller may take that for "nothing was done". `duplicate` does nothing here: nobody between a
 * client and its database repeats a statement. */
#include "scenarios/world/faulty_warehouse.h"

struct faulty_warehouse {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    struct warehouse_ops ops;   /* in the dialect of what is inside */
    struct warehouse *inner;
    const struct warehouse_world *world;
    void *ctx;
    bool open;                  /* a transaction */
    struct fault_decision bulk; /* of the bulk that is open */
    uint64_t bulk_number;
};

enum finality { TENTATIVE, FINAL }; /* whether the operation, once done, stays done */

static struct faulty_warehouse *self_of(struct warehouse *w)
{
    return (struct faulty_warehouse *)w;
}

/* ---- failures ---- */

static enum err sqlstate_err(struct str sqlstate)
{
    /* seam/warehouse.h's list; the first row that the state begins with decides */
    static const struct {
        const char *prefix;
        enum err err;
    } rows[] = {
        {"23505", ERR_CONFLICT}, {"42501", ERR_DENIED},   {"08007", ERR_UNKNOWN},
        {"58030", ERR_UNKNOWN},  {"08P01", ERR_INVALID},  {"08", ERR_UNAVAILABLE},
        {"40", ERR_UNAVAILABLE}, {"57", ERR_UNAVAILABLE}, {"55", ERR_UNAVAILABLE},
        {"53", ERR_LIMIT},       {"54", ERR_LIMIT},       {"28", ERR_DENIED},
        {"22", ERR_INVALID},     {"23", ERR_INVALID},     {"42", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_starts(sqlstate, str_of(rows[i].prefix))) {
            return rows[i].err;
        }
    }
    return ERR_INTERNAL;
}

static bool is_lost(enum fault_phase phase)
{
    /* what comes late comes to a session that is gone */
    return phase == FAULT_LOSE_REQUEST || phase == FAULT_LOSE_RESPONSE || phase == FAULT_LATE;
}

/* The failure that a decision stands for. The transaction is gone. */
static enum err fault_fail(struct faulty_warehouse *w, const struct fault_decision *decision,
                           enum finality finality, const char *operation, struct diag *d)
{
    struct str state = decision->rule->error;
    bool unknown =
        finality == FINAL && (is_lost(decision->phase) || decision->phase == FAULT_APPLY_REJECT ||
                              str_eq(state, STR("08006")) || sqlstate_err(state) == ERR_UNKNOWN);
    if (state.len == 0) {
        state = is_lost(decision->phase) || unknown ? STR("08006") : STR("40001");
    }
    warehouse_rollback(w->inner);
    w->open = false;
    enum err code = unknown ? ERR_UNKNOWN : sqlstate_err(state);
    code = code == ERR_UNKNOWN && !unknown ? ERR_UNAVAILABLE : code;
    char name[8] = {0};
    for (size_t i = 0; i < state.len && i + 1 < sizeof(name); i++) {
        name[i] = state.ptr[i];
    }
    return fail_named(d, code, name, "%s: injected by the fault plan: %.*s", operation,
                      STR_ARG(decision->rule->name));
}

/* ---- the way to the server and back ---- */

/* One operation arrives: decided, and applied unless `ret_apply` says that it never got there. */
static struct fault_decision arrive(struct faulty_warehouse *w, const char *operation,
                                    struct str table, bool *ret_apply)
{
    struct fault_decision decision = w->world->decide(w->ctx, operation, table);
    *ret_apply = decision.phase != FAULT_REJECT && decision.phase != FAULT_LOSE_REQUEST &&
                 decision.phase != FAULT_PARTIAL && decision.phase != FAULT_LATE &&
                 (decision.phase != FAULT_KILL || (decision.random & 1) != 0);
    return decision;
}

/* After it was applied, or not: the caller's death, or its way back, late or lost. */
static enum err come_back(struct faulty_warehouse *w, const struct fault_decision *decision,
                          uint64_t number, enum finality finality, const char *operation,
                          struct diag *d)
{
    enum err result = ERR_OK;
    switch (decision->phase) {
    case FAULT_KILL:
        w->world->die(w->ctx, decision->delay_us);
    case FAULT_NONE:
    case FAULT_DUPLICATE:
    case FAULT_DELAY:
        break;
    case FAULT_REJECT:
    case FAULT_LOSE_REQUEST:
    case FAULT_APPLY_REJECT:
    case FAULT_LOSE_RESPONSE:
    case FAULT_PARTIAL:
    case FAULT_LATE:
    case FAULT_WIRE:
    case FAULT_STALE:
    case FAULT_PHASE_COUNT:
        result = fault_fail(w, decision, finality, operation, d);
        break;
    }
    w->world->come_back(w->ctx, number, decision->phase == FAULT_DELAY ? decision->delay_us : 0);
    return result;
}

static uint64_t depart(struct faulty_warehouse *w)
{
    return w->world->depart(w->ctx, NULL);
}

/* A failure of the real session: its transaction is gone. */
static enum err inner_failed(struct faulty_warehouse *w, uint64_t number, const struct diag *d)
{
    w->open = false;
    w->world->note(w->ctx, "sqlstate", str_of(d->name), d->code);
    w->world->come_back(w->ctx, number, 0);
    return d->code;
}

/* ---- transactions ---- */

static enum err wrapped_begin(struct warehouse *warehouse, struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    bool apply;
    uint64_t number = depart(w);
    struct fault_decision decision = arrive(w, "begin", STR_EMPTY, &apply);
    if (apply && warehouse_begin(w->inner, d) != ERR_OK) {
        return inner_failed(w, number, d);
    }
    w->open = apply;
    return come_back(w, &decision, number, TENTATIVE, "begin", d);
}

static enum err wrapped_commit(struct warehouse *warehouse, struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    uint64_t number = w->world->depart(w->ctx, w->open ? w->inner : NULL);
    bool apply;
    struct fault_decision decision = arrive(w, "commit", STR_EMPTY, &apply);
    if (apply) {
        if (warehouse_commit(w->inner, d) != ERR_OK) {
            return inner_failed(w, number, d);
        }
        w->world->applied(w->ctx);
    }
    w->open = false;
    return come_back(w, &decision, number, FINAL, "commit", d);
}

static void wrapped_rollback(struct warehouse *warehouse)
{
    struct faulty_warehouse *w = self_of(warehouse);
    warehouse_rollback(w->inner);
    w->open = false;
}

/* ---- statements ---- */

static enum err wrapped_exec(struct warehouse *warehouse, struct str sql,
                             const struct warehouse_value *params, size_t param_count,
                             int64_t *ret_changed, struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    enum finality finality = w->open ? TENTATIVE : FINAL;
    bool apply;
    int64_t changed = 0;
    uint64_t number = depart(w);
    struct fault_decision decision = arrive(w, "exec", STR_EMPTY, &apply);
    if (apply) {
        if (warehouse_exec(w->inner, sql, params, param_count, &changed, d) != ERR_OK) {
            return inner_failed(w, number, d);
        }
        w->world->note(w->ctx, "changed", sql, changed);
    }
    if (apply && finality == FINAL && changed > 0) {
        w->world->applied(w->ctx);
    }
    TRY(come_back(w, &decision, number, finality, "exec", d));
    if (ret_changed != NULL) {
        *ret_changed = changed;
    }
    return ERR_OK;
}

static enum err wrapped_query(struct warehouse *warehouse, struct str sql,
                              const struct warehouse_value *params, size_t param_count,
                              struct arena *a, struct warehouse_result *ret_result, struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    struct warehouse_result result = {.row_count = 0};
    bool apply;
    uint64_t number = depart(w);
    struct fault_decision decision = arrive(w, "query", STR_EMPTY, &apply);
    if (apply) {
        if (warehouse_query(w->inner, sql, params, param_count, a, &result, d) != ERR_OK) {
            return inner_failed(w, number, d);
        }
        w->world->note(w->ctx, "rows", sql, (int64_t)result.row_count);
    }
    TRY(come_back(w, &decision, number, TENTATIVE, "query", d));
    *ret_result = result;
    return ERR_OK;
}

/* ---- bulk rows: one call, decided at its begin, answered at its end ---- */

static enum err wrapped_bulk_begin(struct warehouse *warehouse, struct str table,
                                   const struct warehouse_column *columns, size_t count,
                                   struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    bool apply;
    uint64_t number = depart(w);
    struct fault_decision decision = arrive(w, "bulk", table, &apply);
    if (decision.phase == FAULT_REJECT) {
        return come_back(w, &decision, number, TENTATIVE, "bulk", d);
    }
    if (warehouse_bulk_begin(w->inner, table, columns, count, d) != ERR_OK) {
        return inner_failed(w, number, d);
    }
    w->bulk = decision;
    w->bulk_number = number;
    return ERR_OK;
}

static enum err wrapped_bulk_row(struct warehouse *warehouse, const struct warehouse_value *values,
                                 struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    if (warehouse_bulk_row(w->inner, values, d) != ERR_OK) {
        return inner_failed(w, w->bulk_number, d);
    }
    return ERR_OK;
}

static enum err wrapped_bulk_end(struct warehouse *warehouse, struct diag *d)
{
    struct faulty_warehouse *w = self_of(warehouse);
    if (warehouse_bulk_end(w->inner, d) != ERR_OK) {
        return inner_failed(w, w->bulk_number, d);
    }
    return come_back(w, &w->bulk, w->bulk_number, TENTATIVE, "bulk", d);
}

/* ---- the session ---- */

static void wrapped_close(struct warehouse *warehouse)
{
    warehouse_close(self_of(warehouse)->inner);
}

struct warehouse *faulty_warehouse_wrap(const struct warehouse_world *world, void *ctx,
                                        struct arena *a, struct warehouse *inner)
{
    struct faulty_warehouse *w = NEW(a, struct faulty_warehouse);
    w->ops = (struct warehouse_ops){
        .dialect = warehouse_dialect(inner),
        .begin = wrapped_begin,
        .commit = wrapped_commit,
        .rollback = wrapped_rollback,
        .exec = wrapped_exec,
        .bulk_begin = wrapped_bulk_begin,
        .bulk_row = wrapped_bulk_row,
        .bulk_end = wrapped_bulk_end,
        .query = wrapped_query,
        .close = wrapped_close,
    };
    w->warehouse.ops = &w->ops;
    w->inner = inner;
    w->world = world;
    w->ctx = ctx;
    return &w->warehouse;
}
