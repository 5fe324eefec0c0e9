/* validate.c -- An input tree against its shape. Violations are collected in the model's order of
 * members; for one value the pattern comes first, then its length or range, then the enum.
 *
 * AWS core-validation-1: the wording, and the order for one value, are those that kinesalite's
 * tests saw Kinesis answer. */
#include "validate.h"

#include "base/limits.h"
#include "pattern.h"

#define VIOLATIONS_MAX 64    /* what goes past them is not listed */
#define VALUE_BYTES_MAX 1024 /* a longer value is shown cut */
#define PATH_BYTES_MAX 512
#define MESSAGE_BYTES_MAX (256 * KIB)
#define COMPILED_MAX 8

struct validator {
    struct arena *arena;
    struct buf text;
    size_t count;
    char path[PATH_BYTES_MAX];
    size_t path_len;
    struct {
        const char *text;
        struct pattern *pattern;
    } compiled[COMPILED_MAX];
    size_t compiled_count;
};

/* ---- what a value looks like in a message ---- */

static void show_value(struct buf *out, const struct shape *shape, const struct json *value,
                       size_t budget);

static void show_list(struct buf *out, const struct shape *shape, const struct json *list,
                      size_t budget)
{
    buf_add_char(out, '[');
    for (const struct json *item = list->first; item != NULL && out->len < budget;
         item = item->next) {
        buf_add_z(out, item == list->first ? "" : ", ");
        show_value(out, shape->members[0].shape, item, budget);
    }
    buf_add_char(out, ']');
}

/* {a=b, c=d}, as Java prints a map. */
static void show_map(struct buf *out, const struct shape *shape, const struct json *map,
                     size_t budget)
{
    buf_add_char(out, '{');
    for (const struct json *item = map->first; item != NULL && out->len < budget;
         item = item->next) {
        buf_add_z(out, item == map->first ? "" : ", ");
        buf_add(out, str_slice(item->key, 0, budget > out->len ? budget - out->len : 0));
        buf_add_char(out, '=');
        show_value(out, shape->members[1].shape, item, budget);
    }
    buf_add_char(out, '}');
}

static void show_value(struct buf *out, const struct shape *shape, const struct json *value,
                       size_t budget)
{
    if (shape->sensitive) {
        buf_add_z(out, "***Sensitive Data Redacted***");
    } else if (shape->kind == SHAPE_BLOB) {
        size_t len = json_str(value).len; /* Java's own words for a buffer */
        buf_addf(out, "java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]", len, len);
    } else if (shape->kind == SHAPE_LIST) {
        show_list(out, shape, value, budget);
    } else if (shape->kind == SHAPE_MAP) {
        show_map(out, shape, value, budget);
    } else if (shape->kind == SHAPE_STRUCTURE) {
        buf_addf(out, "%s", shape->name);
    } else if (shape->kind == SHAPE_BOOLEAN) {
        buf_add_z(out, json_bool(value, false) ? "true" : "false");
    } else {
        struct str text = json_str(value);
        buf_add(out, str_slice(text, 0, budget > out->len ? budget - out->len : 0));
    }
}

/* ---- collecting ---- */

static void violation_begin(struct validator *v, const struct shape *shape,
                            const struct json *value)
{
    buf_add_z(&v->text, v->count == 0 ? "" : "; ");
    v->count++;
    if (value == NULL) {
        buf_add_z(&v->text, "Value null at '");
    } else {
        buf_add_z(&v->text, "Value '");
        show_value(&v->text, shape, value, v->text.len + VALUE_BYTES_MAX);
        buf_add_z(&v->text, "' at '");
    }
    buf_add_bytes(&v->text, v->path, v->path_len);
    buf_add_z(&v->text, "' failed to satisfy constraint: ");
}

static size_t path_push(struct validator *v, const char *part, size_t len, bool lower_first)
{
    size_t before = v->path_len;
    if (before > 0 && before < PATH_BYTES_MAX) {
        v->path[v->path_len++] = '.';
    }
    for (size_t i = 0; i < len && v->path_len < PATH_BYTES_MAX; i++) {
        char c = part[i];
        v->path[v->path_len++] = (char)(i == 0 && lower_first && c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return before;
}

/* ---- constraints of one value ---- */

/* Java counts UTF-16 units in strings, bytes in blobs, entries in the rest. */
static int64_t length_of(const struct shape *shape, const struct json *value)
{
    if (shape->kind != SHAPE_STRING && shape->kind != SHAPE_BLOB) {
        return (int64_t)value->count;
    }
    struct str text = json_str(value);
    if (shape->kind == SHAPE_BLOB) {
        return (int64_t)text.len;
    }
    int64_t units = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        units += (c & 0xc0) != 0x80 ? 1 : 0;
        units += c >= 0xf0 ? 1 : 0;
    }
    return units;
}

static bool pattern_holds(struct validator *v, const char *text, struct str value)
{
    struct pattern *pattern = NULL;
    bool known = false;
    for (size_t i = 0; i < v->compiled_count && !known; i++) {
        known = v->compiled[i].text == text;
        pattern = known ? v->compiled[i].pattern : NULL;
    }
    if (!known) {
        pattern = pattern_compile(text, v->arena);
        if (v->compiled_count < COMPILED_MAX) {
            v->compiled[v->compiled_count].text = text;
            v->compiled[v->compiled_count++].pattern = pattern;
        }
    }
    return pattern == NULL || pattern_matches(pattern, value, v->arena);
}

static bool enum_holds(const struct shape *shape, struct str value)
{
    for (size_t i = 0; shape->values[i] != NULL; i++) {
        if (str_eq(value, str_of(shape->values[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_number(const struct shape *shape)
{
    return shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG;
}

static bool has_length(const struct shape *shape)
{
    return shape->kind == SHAPE_STRING || shape->kind == SHAPE_BLOB || shape->kind == SHAPE_LIST ||
           shape->kind == SHAPE_MAP;
}

enum constraint {
    CONSTRAINT_PATTERN,
    CONSTRAINT_MAX,
    CONSTRAINT_MIN,
    CONSTRAINT_ENUM,
    CONSTRAINT_COUNT
};

static bool has_constraint(const struct shape *shape, enum constraint which)
{
    bool bounded = is_number(shape) || has_length(shape);
    switch (which) {
    case CONSTRAINT_PATTERN:
        return shape->pattern != NULL && shape->kind == SHAPE_STRING;
    case CONSTRAINT_MAX:
        return bounded && shape->max != SHAPE_NO_BOUND;
    case CONSTRAINT_MIN:
        return bounded && shape->min != SHAPE_NO_BOUND;
    case CONSTRAINT_ENUM:
        return shape->values != NULL && shape->kind == SHAPE_STRING;
    case CONSTRAINT_COUNT:
        break;
    }
    return false;
}

static bool constraint_holds(struct validator *v, const struct shape *shape,
                             const struct json *value, enum constraint which)
{
    if (!has_constraint(shape, which)) {
        return true;
    }
    if (which == CONSTRAINT_PATTERN) {
        return pattern_holds(v, shape->pattern, json_str(value));
    }
    if (which == CONSTRAINT_ENUM) {
        return enum_holds(shape, json_str(value));
    }
    int64_t measure = 0;
    struct diag d = DIAG_INIT;
    if (has_length(shape)) {
        measure = length_of(shape, value);
    } else if (json_i64(value, &measure, &d) != ERR_OK) {
        return true; /* not a whole number: the codec's to refuse */
    }
    return which == CONSTRAINT_MAX ? measure <= shape->max : measure >= shape->min;
}

static void show_constraint(struct buf *out, const struct shape *shape, enum constraint which)
{
    const char *what = is_number(shape) ? "value" : "length";
    switch (which) {
    case CONSTRAINT_PATTERN:
        buf_addf(out, "Member must satisfy regular expression pattern: %s", shape->pattern);
        break;
    case CONSTRAINT_MAX:
        buf_addf(out, "Member must have %s less than or equal to %lld", what,
                 (long long)shape->max);
        break;
    case CONSTRAINT_MIN:
        buf_addf(out, "Member must have %s greater than or equal to %lld", what,
                 (long long)shape->min);
        break;
    case CONSTRAINT_ENUM:
        buf_add_z(out, "Member must satisfy enum value set: [");
        for (size_t i = 0; shape->values[i] != NULL; i++) {
            buf_addf(out, "%s%s", i == 0 ? "" : ", ", shape->values[i]);
        }
        buf_add_char(out, ']');
        break;
    case CONSTRAINT_COUNT:
        break;
    }
}

static void check_value(struct validator *v, const struct shape *shape, const struct json *value)
{
    for (int which = 0; which < CONSTRAINT_COUNT && v->count < VIOLATIONS_MAX; which++) {
        if (!constraint_holds(v, shape, value, (enum constraint)which)) {
            violation_begin(v, shape, value);
            show_constraint(&v->text, shape, (enum constraint)which);
        }
    }
}

/* ---- the walk ---- */

static void walk(struct validator *v, const struct shape *shape, const struct json *value);

static bool is_simple(const struct shape *shape)
{
    return shape->kind != SHAPE_STRUCTURE && shape->kind != SHAPE_LIST && shape->kind != SHAPE_MAP;
}

static bool all_hold(struct validator *v, const struct shape *shape, const struct json *value)
{
    for (int which = 0; which < CONSTRAINT_COUNT; which++) {
        if (!constraint_holds(v, shape, value, (enum constraint)which)) {
            return false;
        }
    }
    return true;
}

/* Lists and maps of simple values are refused as a whole, with all that their elements must
 * satisfy. */
static void violation_of_elements(struct validator *v, const struct shape *whole,
                                  const struct json *value, const struct shape *element,
                                  const char *lead)
{
    violation_begin(v, whole, value);
    buf_addf(&v->text, "%s must satisfy constraint: [", lead);
    static const enum constraint order[] = {CONSTRAINT_MAX, CONSTRAINT_MIN, CONSTRAINT_PATTERN,
                                            CONSTRAINT_ENUM};
    bool any = false;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (has_constraint(element, order[i])) {
            buf_add_z(&v->text, any ? ", " : "");
            show_constraint(&v->text, element, order[i]);
            any = true;
        }
    }
    buf_add_char(&v->text, ']');
}

static void walk_list(struct validator *v, const struct shape *shape, const struct json *list)
{
    const struct shape *element = shape->members[0].shape;
    size_t index = 1;
    for (const struct json *item = list->first; item != NULL && v->count < VIOLATIONS_MAX;
         item = item->next, index++) {
        if (is_simple(element)) {
            if (!all_hold(v, element, item)) {
                violation_of_elements(v, shape, list, element, "Member");
                return;
            }
            continue;
        }
        struct str part = str_printf(v->arena, "%zu.member", index);
        size_t before = path_push(v, part.ptr, part.len, false);
        walk(v, element, item);
        v->path_len = before;
    }
}

static bool keys_hold(struct validator *v, const struct shape *key, const struct json *map)
{
    for (const struct json *item = map->first; item != NULL; item = item->next) {
        struct json name = {.kind = JSON_IS_STRING, .text = item->key};
        if (!all_hold(v, key, &name)) {
            return false;
        }
    }
    return true;
}

static void walk_map(struct validator *v, const struct shape *shape, const struct json *map)
{
    const struct shape *element = shape->members[1].shape;
    if (!keys_hold(v, shape->members[0].shape, map)) {
        violation_of_elements(v, shape, map, shape->members[0].shape, "Map keys");
    }
    for (const struct json *item = map->first; item != NULL && v->count < VIOLATIONS_MAX;
         item = item->next) {
        if (is_simple(element)) {
            if (!all_hold(v, element, item)) {
                violation_of_elements(v, shape, map, element, "Map value");
                return;
            }
            continue;
        }
        size_t before = path_push(v, item->key.ptr, item->key.len, false);
        (void)path_push(v, "member", 6, false);
        walk(v, element, item);
        v->path_len = before;
    }
}

static void walk_structure(struct validator *v, const struct shape *shape, const struct json *value)
{
    for (size_t i = 0; i < shape->member_count && v->count < VIOLATIONS_MAX; i++) {
        const struct shape_member *m = &shape->members[i];
        const struct json *member = json_get(value, str_of(m->name));
        bool absent = member == NULL || member->kind == JSON_IS_NULL;
        size_t before = path_push(v, m->name, str_of(m->name).len, true);
        if (!absent) {
            walk(v, m->shape, member);
        } else if (m->required) {
            violation_begin(v, m->shape, NULL);
            buf_add_z(&v->text, "Member must not be null");
        }
        v->path_len = before;
    }
}

static void walk(struct validator *v, const struct shape *shape, const struct json *value)
{
    check_value(v, shape, value);
    if (shape->kind == SHAPE_STRUCTURE) {
        walk_structure(v, shape, value);
    } else if (shape->kind == SHAPE_LIST) {
        walk_list(v, shape, value);
    } else if (shape->kind == SHAPE_MAP) {
        walk_map(v, shape, value);
    }
}

bool validate_input(const struct shape *input, const struct json *tree, struct arena *a,
                    struct str *ret_message)
{
    if (input == NULL) {
        return true;
    }
    struct validator v = {.arena = a};
    buf_init(&v.text, a, MESSAGE_BYTES_MAX);
    walk(&v, input, tree);
    if (v.count == 0) {
        return true;
    }
    *ret_message = str_printf(a, "%zu validation error%s detected: %.*s", v.count,
                              v.count == 1 ? "" : "s", STR_ARG(buf_str(&v.text)));
    return false;
}
