/* shrink_faults.c -- Fewer faults: one kind or one actor of them alone, all but one kind or actor,
 * one long fault instead of many short ones; ddmin over what is left (Zeller, Hildebrandt:
 * Simplifying and Isolating Failure-Inducing Input, 2002); then each at an earlier call, with a
 * shorter delay. */
#include <string.h>

#include "base/instant.h"
#include "plan.h"
#include "shrink_parts.h"

/* The plan's faults of which the bit is `kept`. */
static struct scenario subset(struct shrink *s, const bool *in, bool kept)
{
    const struct json **some = NEW_ARRAY(s->scratch, const struct json *, s->count);
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (in[i] == kept) {
            some[count++] = s->faults[i];
        }
    }
    struct scenario c = s->now;
    c.faults = plan_list(s->scratch, some, count);
    return c;
}

/* ---- by groups ---- */

typedef struct str group_fn(struct arena *a, const struct plan_fault *f);

static struct str group_of_kind(struct arena *a, const struct plan_fault *f)
{
    return str_printf(a, "%.*s %.*s:%.*s", STR_ARG(f->phase), STR_ARG(f->at.at_service),
                      STR_ARG(f->at.at_operation));
}

static struct str group_of_actor(struct arena *a, const struct plan_fault *f)
{
    (void)a;
    return f->at.at_actor;
}

static struct str *groups_of(struct shrink *s, group_fn *group, struct str *names,
                             size_t *ret_count)
{
    struct str *of = NEW_ARRAY(s->scratch, struct str, s->count);
    *ret_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct plan_fault f;
        struct diag d = DIAG_INIT;
        of[i] = plan_fault_read(s->faults[i], &f, &d) == ERR_OK ? group(s->scratch, &f) : STR_EMPTY;
        size_t at = 0;
        while (at < *ret_count && !str_eq(names[at], of[i])) {
            at++;
        }
        if (at == *ret_count) {
            names[(*ret_count)++] = of[i];
        }
    }
    return of;
}

/* One group alone (kept), or all but one; each time as often as it helps. */
static enum err groups_shrink(struct shrink *s, group_fn *group, bool kept, struct diag *d)
{
    for (bool found = true; found && s->count > 1;) {
        size_t count;
        arena_reset(s->scratch);
        struct str *names = NEW_ARRAY(s->scratch, struct str, s->count);
        struct str *of = groups_of(s, group, names, &count);
        struct scenario *candidates = NEW_ARRAY(s->scratch, struct scenario, count);
        bool *in = NEW_ARRAY(s->scratch, bool, s->count);
        for (size_t g = 0; g < count; g++) {
            for (size_t i = 0; i < s->count; i++) {
                in[i] = str_eq(of[i], names[g]);
            }
            candidates[g] = subset(s, in, kept);
        }
        found = false;
        if (count > 1) {
            TRY(shrink_try(s, candidates, count, &found, d));
        }
    }
    return ERR_OK;
}

/* ---- ddmin ---- */

/* Parts i of n, then all but part i. */
static enum err parts_try(struct shrink *s, size_t n, bool kept, bool *ret_found, struct diag *d)
{
    arena_reset(s->scratch);
    struct scenario *candidates = NEW_ARRAY(s->scratch, struct scenario, n);
    bool *in = NEW_ARRAY(s->scratch, bool, s->count);
    for (size_t part = 0; part < n; part++) {
        for (size_t i = 0; i < s->count; i++) {
            in[i] = i >= s->count * part / n && i < s->count * (part + 1) / n;
        }
        candidates[part] = subset(s, in, kept);
    }
    return shrink_try(s, candidates, n, ret_found, d);
}

static enum err ddmin(struct shrink *s, struct diag *d)
{
    size_t n = 2;
    while (s->count > 1 && !s->cut_short) {
        bool found = false;
        n = n > s->count ? s->count : n;
        TRY(parts_try(s, n, true, &found, d));
        if (found) {
            n = 2;
            continue;
        }
        if (n > 2) {
            TRY(parts_try(s, n, false, &found, d));
        }
        if (!found && n == s->count) {
            break;
        }
        n = found ? (n > 3 ? n - 1 : 2) : 2 * n;
    }
    return ERR_OK;
}

/* ---- one for many ---- */

#define LONGER_MAX 48
static enum err longer_try(struct shrink *s, struct diag *d)
{
    static const int64_t longer_us[] = {5 * US_PER_MINUTE, 15 * US_PER_MINUTE, 45 * US_PER_MINUTE};
    struct scenario candidates[LONGER_MAX];
    size_t count = 0;
    bool found;
    arena_reset(s->scratch);
    for (size_t i = 0; i < s->count; i++) {
        struct plan_fault f;
        TRY(plan_fault_read(s->faults[i], &f, d));
        for (size_t n = 0; f.delay_us > 0 && n < 3 && count < LONGER_MAX; n++) {
            if (longer_us[n] > f.delay_us) {
                const struct json *one = plan_fault_after(s->scratch, s->faults[i], longer_us[n]);
                candidates[count] = s->now;
                candidates[count++].faults = plan_list(s->scratch, &one, 1);
            }
        }
    }
    return shrink_try(s, candidates, count, &found, d);
}

/* ---- all of them ---- */

#define FEW 3   /* faults that a person takes in at once */
#define MANY 10 /* for which ddmin takes long */
enum err shrink_faults(struct shrink *s, struct diag *d)
{
    TRY(groups_shrink(s, group_of_kind, true, d));
    TRY(groups_shrink(s, group_of_actor, true, d));
    TRY(groups_shrink(s, group_of_kind, false, d));
    TRY(groups_shrink(s, group_of_actor, false, d));
    TRY(s->count > MANY ? longer_try(s, d) : ERR_OK);
    TRY(ddmin(s, d));
    return s->count > FEW ? longer_try(s, d) : ERR_OK;
}

/* ---- each fault ---- */

static struct scenario replaced(struct shrink *s, size_t which, const struct json *fault)
{
    const struct json **all = NEW_ARRAY(s->scratch, const struct json *, s->count);
    memcpy(all, s->faults, s->count * sizeof(*all));
    all[which] = fault;
    struct scenario c = s->now;
    c.faults = plan_list(s->scratch, all, s->count);
    return c;
}

#define EARLIER_MAX 12
static enum err fault_simplify(struct shrink *s, size_t which, struct diag *d)
{
    static const int64_t shorter_us[] = {1, US_PER_S, 10 * US_PER_S, US_PER_MINUTE};
    struct scenario candidates[EARLIER_MAX];
    struct plan_fault f;
    size_t count = 0;
    bool found;
    arena_reset(s->scratch);
    TRY(plan_fault_read(s->faults[which], &f, d));
    for (uint64_t n = 1; n < f.at.at_ordinal && count < EARLIER_MAX; n += n < 4 ? 1 : n) {
        candidates[count++] =
            replaced(s, which, plan_fault_at(s->scratch, s->faults[which], f.at.at_actor, n));
    }
    TRY(shrink_try(s, candidates, count, &found, d));
    if (f.delay_us == 0 || which >= s->count) {
        return ERR_OK;
    }
    arena_reset(s->scratch);
    count = 0;
    for (size_t i = 0; i < sizeof(shorter_us) / sizeof(shorter_us[0]); i++) {
        if (shorter_us[i] < f.delay_us) {
            candidates[count++] =
                replaced(s, which, plan_fault_after(s->scratch, s->faults[which], shorter_us[i]));
        }
    }
    return shrink_try(s, candidates, count, &found, d);
}

enum err shrink_each(struct shrink *s, struct diag *d)
{
    for (size_t i = 0; i < s->count && !s->cut_short; i++) {
        TRY(fault_simplify(s, i, d));
    }
    return ERR_OK;
}
