/* shrink_tell.c -- What a shrunk failure has to say: its faults in words, what followed, and the
 * first decision in which it differs from its nearest neighbour that passes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "plan.h"
#include "shrink_parts.h"

#define LINE_BYTES_MAX 1100
#define LINES_BEFORE 3
#define LINES_AFTER 3

struct trace_lines {
    char before[LINES_BEFORE][LINE_BYTES_MAX];
    size_t count;
};

static void tail_add(struct buf *out, char sign, FILE *file, const char *first)
{
    char line[LINE_BYTES_MAX];
    if (first == NULL) {
        buf_addf(out, "  %c (the run is over)\n", sign);
        return;
    }
    buf_addf(out, "  %c %s\n", sign, first);
    for (int i = 1; i < LINES_AFTER && fgets(line, sizeof(line), file) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        buf_addf(out, "  %c %s\n", sign, line);
    }
}

/* Both are open at their beginnings. */
static struct str difference_of(struct arena *a, FILE *one, FILE *other)
{
    struct trace_lines *seen = NEW(a, struct trace_lines);
    char left[LINE_BYTES_MAX], right[LINE_BYTES_MAX];
    struct buf text;
    buf_init(&text, a, 64 * KIB);
    for (;;) {
        const char *l = fgets(left, sizeof(left), one), *r = fgets(right, sizeof(right), other);
        if (l == NULL && r == NULL) {
            return STR_EMPTY;
        }
        left[l == NULL ? 0 : strcspn(left, "\n")] = '\0';
        right[r == NULL ? 0 : strcspn(right, "\n")] = '\0';
        if (l == NULL || r == NULL || strcmp(left, right) != 0) {
            size_t from = seen->count > LINES_BEFORE ? seen->count - LINES_BEFORE : 0;
            for (size_t i = from; i < seen->count; i++) {
                buf_addf(&text, "    %s\n", seen->before[i % LINES_BEFORE]);
            }
            tail_add(&text, '-', one, l == NULL ? NULL : left);
            tail_add(&text, '+', other, r == NULL ? NULL : right);
            return buf_str(&text);
        }
        memcpy(seen->before[seen->count++ % LINES_BEFORE], left, sizeof(left));
    }
}

static enum err traced(struct shrink *s, const struct scenario *scenario, char *path,
                       struct trial *ret_trial, struct diag *d)
{
    int fd = mkstemp(path);
    if (fd < 0) {
        return fail(d, ERR_INTERNAL, "%s: cannot be made", path);
    }
    close(fd);
    *ret_trial = (struct trial){.scenario = scenario, .trace_file = path};
    s->runs++;
    return trials_run(s->scratch, ret_trial, 1, s->seed, d);
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
        FILE *one = err == ERR_OK ? fopen(mine, "rb") : NULL, *other = fopen(its, "rb");
        if (one != NULL && other != NULL) {
            result->difference = difference_of(s->arena, one, other);
        }
        if (one != NULL) {
            fclose(one);
        }
        if (other != NULL) {
            fclose(other);
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
