/* shrink_tell.c -- What a shrunk failure has to say: its faults in words, what followed, and the
 * first decision in which it differs from its nearest neighbour that passes. */
#include <stdlib.h>
#include <unistd.h>

#include "plan.h"
#include "shrink_parts.h"
#include "trace_diff.h"

static enum err traced(struct shrink *s, const struct scenario *scenario, char *path,
                       struct trial *ret_trial, struct diag *d)
{
    int fd = mkstemp(path);
    if (fd < 0) {
        return fail(d, ERR_INTERNAL, "%s: cannot be made", path);
    }
    close(fd);
    *ret_trial = (struct trial){.scenario = scenario, .trace_file = path};
    return shrink_trials(s, ret_trial, 1, d);
}

static enum err neighbour_compare(struct shrink *s, const struct scenario *neighbour,
                                  struct shrink_result *result, struct diag *d)
{
    char mine[] = "/tmp/aforo-trace-XXXXXX", its[] = "/tmp/aforo-trace-XXXXXX";
    struct trial t;
    TRY(traced(s, neighbour, its, &t, d));
    enum err err = ERR_OK;
    if (t.verdict == VERDICT_PASS) {
        err = traced(s, &s->now, mine, &t, d);
        if (err == ERR_OK) {
            result->difference = trace_diff(s->arena, mine, its);
        }
        (void)unlink(mine);
    }
    (void)unlink(its);
    return err;
}

enum err shrink_tell(struct shrink *s, struct shrink_result *result, struct diag *d)
{
    result->happened = plan_words(s->arena, s->now.faults);
    result->followed = s->story;
    result->difference = STR_EMPTY;
    for (size_t left_out = s->count; left_out > 0 && result->difference.len == 0; left_out--) {
        arena_reset(s->scratch);
        const struct json **others = NEW_ARRAY(s->scratch, const struct json *, s->count);
        size_t count = 0;
        for (size_t i = 0; i < s->count; i++) {
            if (i != left_out - 1) {
                others[count++] = s->faults[i];
            }
        }
        struct scenario neighbour = s->now;
        neighbour.faults = plan_list(s->scratch, others, count);
        TRY(neighbour_compare(s, &neighbour, result, d));
    }
    return ERR_OK;
}
