#include "trace_diff.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"

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

struct str trace_diff(struct arena *a, const char *one, const char *other)
{
    FILE *left = fopen(one, "rb"), *right = fopen(other, "rb");
    struct str text = left != NULL && right != NULL ? difference_of(a, left, right) : STR_EMPTY;
    if (left != NULL) {
        fclose(left);
    }
    if (right != NULL) {
        fclose(right);
    }
    return text;
}
