/* validate_pattern.c -- A pattern becomes a program of a Thompson machine; matching walks all its
 * threads at once. Counted repetitions are written out, so a program's size is the pattern's with
 * its counts multiplied out: capped. */
#include <string.h>

#include "pattern.h"

#define PATTERN_STEPS_MAX 1024
#define PATTERN_RANGES_MAX 128
#define PATTERN_DEPTH_MAX 16

enum step_kind { STEP_CLASS, STEP_SPLIT, STEP_JUMP, STEP_BEGIN, STEP_END, STEP_MATCH };
struct step {
    enum step_kind kind;
    uint16_t x, y; /* SPLIT: both ways; JUMP: x; CLASS: ranges from x, y of them */
    bool negated;
};
struct range {
    uint32_t low, high;
};
struct pattern {
    struct step *steps;
    struct range *ranges;
    uint16_t step_count, range_count;
};

/* ---- compiling ---- */

struct compiler {
    struct pattern *p;
    const char *at;
    int depth;
    bool failed; /* not read here, or too large */
};

static uint16_t emit(struct compiler *c, struct step step)
{
    if (c->p->step_count == PATTERN_STEPS_MAX) {
        c->failed = true;
        return 0;
    }
    c->p->steps[c->p->step_count] = step;
    return c->p->step_count++;
}

static void add_range(struct compiler *c, uint32_t low, uint32_t high)
{
    if (c->p->range_count == PATTERN_RANGES_MAX) {
        c->failed = true;
        return;
    }
    c->p->ranges[c->p->range_count++] = (struct range){low, high};
}

static void add_named(struct compiler *c, char name)
{
    if (name == 'd' || name == 'w') {
        add_range(c, '0', '9');
    }
    if (name == 'w') {
        add_range(c, 'a', 'z');
        add_range(c, 'A', 'Z');
        add_range(c, '_', '_');
    }
    if (name == 's') {
        add_range(c, '\t', '\r');
        add_range(c, ' ', ' ');
    }
}

static uint32_t hex4(struct compiler *c)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        char lower = (char)(*c->at >= 'A' && *c->at <= 'F' ? *c->at + 32 : *c->at);
        const char *digit = *c->at == '\0' ? NULL : strchr(digits, lower);
        if (digit == NULL) {
            c->failed = true;
            return 0;
        }
        value = value * 16 + (uint32_t)(digit - digits);
        c->at++;
    }
    return value;
}

/* One code point of UTF-8; a stray byte stands for itself. */
static uint32_t code_point(const char *at, size_t len, size_t *ret_len)
{
    unsigned char lead = (unsigned char)at[0];
    size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (more == 0 || more >= len) {
        *ret_len = 1;
        return lead;
    }
    uint32_t value = lead & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        value = value << 6 | ((unsigned char)at[i] & 0x3fu);
    }
    *ret_len = more + 1;
    return value;
}

/* A literal, in or outside a class, behind a backslash or not. */
static uint32_t literal(struct compiler *c)
{
    if (*c->at == '\\') {
        c->at++;
        if (*c->at == 'u') {
            c->at++;
            return hex4(c);
        }
        const char *known = strchr("nrt", *c->at);
        if (*c->at != '\0' && known != NULL) {
            c->at++;
            return *known == 'n' ? '\n' : *known == 'r' ? '\r' : '\t';
        }
        bool letter = (*c->at >= 'a' && *c->at <= 'z') || (*c->at >= 'A' && *c->at <= 'Z') ||
                      (*c->at >= '0' && *c->at <= '9');
        if (*c->at == '\0' || letter) {
            c->failed = true; /* \p{..}, \b, back references */
            return 0;
        }
    }
    size_t len;
    uint32_t value = code_point(c->at, strlen(c->at), &len);
    c->at += len;
    return value;
}

static bool is_named(const char *at)
{
    return at[0] == '\\' && (at[1] == 'd' || at[1] == 'w' || at[1] == 's');
}

/* [...]; stands behind the bracket. */
static void class_body(struct compiler *c, struct step *step)
{
    if (*c->at == '^') {
        step->negated = true;
        c->at++;
    }
    for (bool first = true; !c->failed && (*c->at != ']' || first); first = false) {
        if (*c->at == '\0' || *c->at == '[' || (c->at[0] == '&' && c->at[1] == '&')) {
            c->failed = true; /* unions and intersections */
        } else if (is_named(c->at)) {
            add_named(c, c->at[1]);
            c->at += 2;
        } else {
            uint32_t low = literal(c);
            bool range =
                c->at[0] == '-' && c->at[1] != ']' && c->at[1] != '\0' && !is_named(c->at + 1);
            c->at += range ? 1 : 0;
            add_range(c, low, range ? literal(c) : low);
        }
    }
    c->at += c->failed ? 0 : 1;
}

static void alternatives(struct compiler *c);

static void group(struct compiler *c)
{
    if (c->at[0] == '?') {
        if (c->at[1] != ':') {
            c->failed = true; /* look-arounds, flags, names */
            return;
        }
        c->at += 2;
    }
    alternatives(c);
    if (*c->at != ')') {
        c->failed = true;
        return;
    }
    c->at++;
}

static void class_step(struct compiler *c)
{
    struct step step = {.kind = STEP_CLASS, .x = c->p->range_count};
    if (*c->at == '[') {
        c->at++;
        class_body(c, &step);
    } else if (*c->at == '.') {
        c->at++;
        step.negated = true; /* all but line terminators */
        add_range(c, '\n', '\n');
        add_range(c, '\r', '\r');
        add_range(c, 0x85, 0x85);
        add_range(c, 0x2028, 0x2029);
    } else if (is_named(c->at)) {
        add_named(c, c->at[1]);
        c->at += 2;
    } else if (c->at[0] == '\\' && (c->at[1] == 'D' || c->at[1] == 'W' || c->at[1] == 'S')) {
        step.negated = true;
        add_named(c, (char)(c->at[1] + 32));
        c->at += 2;
    } else {
        uint32_t value = literal(c);
        add_range(c, value, value);
    }
    step.y = (uint16_t)(c->p->range_count - step.x);
    (void)emit(c, step);
}

static void atom(struct compiler *c)
{
    if (*c->at == '(') {
        c->at++;
        group(c);
    } else if (*c->at == '^' || *c->at == '$') {
        (void)emit(c, (struct step){.kind = *c->at == '^' ? STEP_BEGIN : STEP_END});
        c->at++;
    } else if (strchr("*+?{)", *c->at) != NULL) {
        c->failed = true; /* nothing to repeat */
    } else {
        class_step(c);
    }
}

/* {n} {n,} {n,m}; most -1: no end. */
static bool counts(struct compiler *c, int *ret_least, int *ret_most)
{
    int number[2] = {0, -1};
    bool comma = false;
    for (c->at++; *c->at != '}'; c->at++) {
        if (*c->at == ',' && !comma) {
            comma = true;
        } else if (*c->at >= '0' && *c->at <= '9' && number[comma] < PATTERN_STEPS_MAX) {
            number[comma] = (number[comma] < 0 ? 0 : number[comma]) * 10 + (*c->at - '0');
        } else {
            return false;
        }
    }
    c->at++;
    *ret_least = number[0];
    *ret_most = comma ? number[1] : number[0];
    return *ret_most < 0 || *ret_most >= *ret_least;
}

static bool repetition(struct compiler *c, int *ret_least, int *ret_most)
{
    *ret_least = *c->at == '+' || (*c->at != '*' && *c->at != '?') ? 1 : 0;
    *ret_most = *c->at == '*' || *c->at == '+' ? -1 : 1;
    if (*c->at == '{') {
        return counts(c, ret_least, ret_most);
    }
    if (*c->at == '*' || *c->at == '+' || *c->at == '?') {
        c->at++;
    }
    return *c->at != '+' && *c->at != '?'; /* possessive, lazy */
}

/* Copies the steps [from, to) to the end, jumps moved along. */
static void copy_steps(struct compiler *c, uint16_t from, uint16_t to)
{
    uint16_t shift = (uint16_t)(c->p->step_count - from);
    for (uint16_t i = from; i < to && !c->failed; i++) {
        struct step step = c->p->steps[i];
        if (step.kind == STEP_SPLIT || step.kind == STEP_JUMP) {
            step.x = (uint16_t)(step.x + shift);
            step.y = (uint16_t)(step.y + shift);
        }
        (void)emit(c, step);
    }
}

/* The atom's steps stand at [from, to); they are written again as often as the counts ask, behind
 * their first copy. To keep jumps simple the first copy is jumped over, never run. */
static void repeat(struct compiler *c, uint16_t jump, int least, int most)
{
    uint16_t from = (uint16_t)(jump + 1);
    uint16_t to = c->p->step_count;
    c->p->steps[jump] = (struct step){.kind = STEP_JUMP, .x = to};
    for (int i = 0; i < least && !c->failed; i++) {
        copy_steps(c, from, to);
    }
    if (most < 0) {
        uint16_t split = emit(c, (struct step){.kind = STEP_SPLIT});
        copy_steps(c, from, to);
        (void)emit(c, (struct step){.kind = STEP_JUMP, .x = split});
        c->p->steps[split].x = (uint16_t)(split + 1);
        c->p->steps[split].y = c->p->step_count;
        return;
    }
    for (int i = least; i < most && !c->failed; i++) {
        uint16_t split = emit(c, (struct step){.kind = STEP_SPLIT});
        copy_steps(c, from, to);
        c->p->steps[split].x = (uint16_t)(split + 1);
        c->p->steps[split].y = c->p->step_count;
    }
}

static void sequence(struct compiler *c)
{
    while (!c->failed && *c->at != '\0' && *c->at != '|' && *c->at != ')') {
        uint16_t jump = emit(c, (struct step){.kind = STEP_JUMP});
        c->p->steps[jump].x = (uint16_t)(jump + 1);
        atom(c);
        int least = 1;
        int most = 1;
        if (c->failed || !repetition(c, &least, &most)) {
            c->failed = true;
        } else if (least != 1 || most != 1) {
            repeat(c, jump, least, most);
        }
    }
}

static void alternatives(struct compiler *c)
{
    uint16_t ends[PATTERN_DEPTH_MAX];
    int end_count = 0;
    if (++c->depth > PATTERN_DEPTH_MAX) {
        c->failed = true;
    }
    for (;;) {
        uint16_t split = emit(c, (struct step){.kind = STEP_SPLIT});
        sequence(c);
        if (c->failed || *c->at != '|') {
            c->p->steps[split] = (struct step){.kind = STEP_JUMP, .x = (uint16_t)(split + 1)};
            break;
        }
        c->at++;
        if (end_count == PATTERN_DEPTH_MAX) {
            c->failed = true;
            break;
        }
        ends[end_count++] = emit(c, (struct step){.kind = STEP_JUMP});
        c->p->steps[split].x = (uint16_t)(split + 1);
        c->p->steps[split].y = c->p->step_count;
    }
    for (int i = 0; i < end_count; i++) {
        c->p->steps[ends[i]].x = c->p->step_count;
    }
    c->depth--;
}

struct pattern *pattern_compile(const char *text, struct arena *a)
{
    struct step steps[PATTERN_STEPS_MAX];
    struct range ranges[PATTERN_RANGES_MAX];
    struct pattern *p = NEW(a, struct pattern);
    p->steps = steps;
    p->ranges = ranges;
    struct compiler c = {.p = p, .at = text};
    alternatives(&c);
    (void)emit(&c, (struct step){.kind = STEP_MATCH});
    if (c.failed || *c.at != '\0') {
        return NULL;
    }
    p->steps = arena_copy(a, steps, p->step_count * sizeof(*steps));
    p->ranges = arena_copy(a, ranges, p->range_count * sizeof(*ranges));
    return p;
}

/* ---- matching ---- */

struct threads {
    uint16_t *list;
    size_t count;
    bool *has;
};

/* Follows jumps from `first` without reading a character; those that read, or match, join the list.
 */
static void follow(const struct pattern *p, struct threads *t, uint16_t first, bool at_begin,
                   bool at_end, uint16_t *stack)
{
    size_t depth = 0;
    stack[depth++] = first;
    while (depth > 0) {
        uint16_t i = stack[--depth];
        if (t->has[i]) {
            continue;
        }
        t->has[i] = true;
        const struct step *step = &p->steps[i];
        if (step->kind == STEP_JUMP) {
            stack[depth++] = step->x;
        } else if (step->kind == STEP_SPLIT) {
            stack[depth++] = step->y;
            stack[depth++] = step->x;
        } else if (step->kind == STEP_CLASS || step->kind == STEP_MATCH) {
            t->list[t->count++] = i;
        } else if (step->kind == STEP_BEGIN ? at_begin : at_end) {
            stack[depth++] = (uint16_t)(i + 1);
        }
    }
}

static bool class_has(const struct pattern *p, const struct step *step, uint32_t value)
{
    for (uint16_t i = 0; i < step->y; i++) {
        const struct range *range = &p->ranges[step->x + i];
        if (value >= range->low && value <= range->high) {
            return !step->negated;
        }
    }
    return step->negated;
}

static struct threads threads_new(const struct pattern *p, struct arena *a)
{
    return (struct threads){.list = NEW_ARRAY(a, uint16_t, p->step_count),
                            .has = NEW_ARRAY(a, bool, p->step_count)};
}

bool pattern_matches(const struct pattern *p, struct str text, struct arena *a)
{
    struct threads now = threads_new(p, a);
    struct threads next = threads_new(p, a);
    uint16_t *stack = NEW_ARRAY(a, uint16_t, 2 * (size_t)p->step_count + 2);
    follow(p, &now, 0, true, text.len == 0, stack);
    for (size_t at = 0; at < text.len && now.count > 0;) {
        size_t len;
        uint32_t value = code_point(text.ptr + at, text.len - at, &len);
        at += len;
        next.count = 0;
        memset(next.has, 0, p->step_count * sizeof(*next.has));
        for (size_t i = 0; i < now.count; i++) {
            const struct step *step = &p->steps[now.list[i]];
            if (step->kind == STEP_CLASS && class_has(p, step, value)) {
                follow(p, &next, (uint16_t)(now.list[i] + 1), false, at == text.len, stack);
            }
        }
        struct threads swap = now;
        now = next;
        next = swap;
    }
    for (size_t i = 0; i < now.count; i++) {
        if (p->steps[now.list[i]].kind == STEP_MATCH) {
            return true;
        }
    }
    return false;
}
