/* fault_read.c -- Rules out of a tree: the `faults:` of a scenario file, or the body of POST
 * /_aforo/faults. A table names every key with its reader; selectors are read by fault_read_when.c.
 * Each error says where it stands and what was expected; a list that has one leaves the plan as it
 * was. What only makes sense together is checked when a rule is complete. */
#include <string.h>

#include "fault_read.h"

/* ---- the keys ---- */

static enum err read_name(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_text_read(value, &r->rule.name, d);
}

static enum err read_on(struct rule_reader *r, const struct json *value, struct diag *d)
{
    struct str text;
    TRY(fault_text_read(value, &text, d));
    if (!str_split(text, ':', &r->rule.service, &r->rule.operation) || r->rule.service.len == 0 ||
        r->rule.operation.len == 0) {
        return fail(d, ERR_INVALID,
                    AT
                    "expected service:Operation such as kinesis:PutRecords or s3:*, not \"%.*s\"",
                    AT_ARGS(value), STR_ARG(text));
    }
    r->has_on = true;
    return ERR_OK;
}

static enum err read_phase(struct rule_reader *r, const struct json *value, struct diag *d)
{
    struct str text;
    TRY(fault_text_read(value, &text, d));
    for (int phase = FAULT_REJECT; phase < FAULT_PHASE_COUNT; phase++) {
        if (str_eq(text, str_of(fault_phase_name((enum fault_phase)phase)))) {
            r->rule.phase = (enum fault_phase)phase;
            r->has_phase = true;
            return ERR_OK;
        }
    }
    const char *names[FAULT_PHASE_COUNT];
    for (int phase = FAULT_REJECT; phase < FAULT_PHASE_COUNT; phase++) {
        names[phase - 1] = fault_phase_name((enum fault_phase)phase);
    }
    return fail(d, ERR_INVALID, AT "unknown phase \"%.*s\"; the nearest is %s", AT_ARGS(value),
                STR_ARG(text), fault_nearest(text, names, FAULT_PHASE_COUNT - 1));
}

static enum err read_error(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_error = true;
    return fault_text_read(value, &r->rule.error, d);
}

static enum err read_sqlstate(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_sqlstate = true;
    r->rule.error = json_str(value); /* 40001 may come as a number */
    if (r->rule.error.len != 5) {
        return fail(d, ERR_INVALID,
                    AT "an SQLSTATE has five characters such as \"57P01\", not \"%.*s\"",
                    AT_ARGS(value), STR_ARG(json_str(value)));
    }
    return ERR_OK;
}

static enum err read_entries(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_entries = true;
    return fault_ratio_read(value, &r->rule.entries, d);
}

static enum err read_kill(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_kill = true;
    r->rule.phase = FAULT_KILL;
    return fault_text_read(value, &r->rule.actor, d);
}

static enum err read_restart(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_restart = true;
    return fault_durations_read(value, &r->rule.restart_min_us, &r->rule.restart_max_us, d);
}

static enum err read_wire(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_wire = true;
    return fault_read_wire(value, &r->rule, d);
}

static enum err read_bytes(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_read_bytes(value, &r->rule.manner, d);
}

static enum err read_code(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_read_code(value, &r->rule.manner, d);
}

static enum err read_disowned(struct rule_reader *r, const struct json *value, struct diag *d)
{
    return fault_read_disowned(value, &r->rule.manner, d);
}

static enum err read_each(struct rule_reader *r, const struct json *value, struct diag *d)
{
    TRY(fault_duration_read(value, &r->rule.manner.each_us, d));
    return r->rule.manner.each_us > 0
               ? ERR_OK
               : fail(d, ERR_INVALID, AT "each is a time between two pieces", AT_ARGS(value));
}

static enum err read_delay(struct rule_reader *r, const struct json *value, struct diag *d)
{
    r->has_delay = true;
    return fault_durations_read(value, &r->rule.delay_min_us, &r->rule.delay_max_us, d);
}

static const struct rule_key {
    const char *name;
    read_key_fn *read;
} rule_keys[] = {
    {"name", read_name},
    {"on", read_on},
    {"phase", read_phase},
    {"error", read_error},
    {"sqlstate", read_sqlstate},
    {"entries", read_entries},
    {"probability", fault_read_probability},
    {"nth", fault_read_nth},
    {"first", fault_read_first},
    {"after", fault_read_after},
    {"every", fault_read_every},
    {"limit", fault_read_limit},
    {"from", fault_read_from},
    {"until", fault_read_until},
    {"actor", fault_read_actor},
    {"where", fault_read_where},
    {"at", fault_read_at},
    {"kill", read_kill},
    {"restart_after", read_restart},
    {"delay", read_delay},
    {"wire", read_wire},
    {"bytes", read_bytes},
    {"each", read_each},
    {"code", read_code},
    {"disowned", read_disowned},
    {"lasts", fault_read_lasts},
    {"pause", fault_read_pause},
    {"per", fault_read_per},
    {"draw", fault_read_draw},
};
#define RULE_KEY_COUNT (sizeof(rule_keys) / sizeof(rule_keys[0]))

static enum err fail_unknown_key(const struct json *value, struct diag *d)
{
    static const char *const refused[] = {"fis", "percentage", "duration"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (str_eq(value->key, str_of(refused[i]))) {
            return fail(d, ERR_UNSUPPORTED,
                        AT "%s: FIS actions are not read; say it with on, phase, error, "
                           "probability, from and until",
                        AT_ARGS(value), refused[i]);
        }
    }
    const char *names[RULE_KEY_COUNT];
    for (size_t i = 0; i < RULE_KEY_COUNT; i++) {
        names[i] = rule_keys[i].name;
    }
    return fail(d, ERR_INVALID, AT "unknown key \"%.*s\" in a fault; the nearest is %s",
                AT_ARGS(value), STR_ARG(value->key),
                fault_nearest(value->key, names, RULE_KEY_COUNT));
}

static enum err read_key(struct rule_reader *r, const struct json *value, struct diag *d)
{
    for (size_t i = 0; i < RULE_KEY_COUNT; i++) {
        if (str_eq(value->key, str_of(rule_keys[i].name))) {
            return rule_keys[i].read(r, value, d);
        }
    }
    return fail_unknown_key(value, d);
}

/* ---- a whole rule ---- */

/* A disk has no connection to lose, and two ways to fail. */
static enum err check_disk(const struct rule_reader *r, const struct json *rule, struct diag *d)
{
    enum fault_phase phase = r->rule.phase;
    bool lies = phase == FAULT_LOSE_REQUEST;
    if ((lies && !fault_is_about(&r->rule, "disk", "sync")) || phase == FAULT_LOSE_RESPONSE ||
        phase == FAULT_DUPLICATE || phase == FAULT_LATE || phase == FAULT_WIRE) {
        return fail(
            d, ERR_INVALID,
            AT "phase %s is not for this: of a disk reject, apply_reject, partial (write, sync),"
               " lose_request (sync: a lie), delay and kill are",
            AT_ARGS(rule), fault_phase_name(phase));
    }
    if ((r->has_error && !str_eq(r->rule.error, STR("EIO")) &&
         !str_eq(r->rule.error, STR("ENOSPC"))) ||
        r->has_sqlstate) {
        return fail(d, ERR_INVALID, AT "a disk's error is EIO or ENOSPC", AT_ARGS(rule));
    }
    return ERR_OK;
}

static enum err check_phase(const struct rule_reader *r, const struct json *rule, struct diag *d)
{
    enum fault_phase phase = r->rule.phase;
    bool warehouse = fault_is_about(&r->rule, "warehouse", NULL);
    if (phase == FAULT_PARTIAL && !fault_is_about(&r->rule, "kinesis", "PutRecords") &&
        !fault_is_about(&r->rule, "sns", "PublishBatch") &&
        !fault_is_about(&r->rule, "s3", "DeleteObjects") &&
        !fault_is_about(&r->rule, "disk", "write") && !fault_is_about(&r->rule, "disk", "sync")) {
        return fail(
            d, ERR_INVALID,
            AT
            "phase partial is for kinesis:PutRecords, sns:PublishBatch,"
            " s3:DeleteObjects, disk:write and disk:sync only: no other operation answers entry by"
            " entry",
            AT_ARGS(rule));
    }
    if (phase == FAULT_STALE && !fault_is_about(&r->rule, "kinesis", "GetRecords")) {
        return fail(d, ERR_INVALID,
                    AT "phase stale is for kinesis:GetRecords only: no other answer here is older "
                       "than what is there",
                    AT_ARGS(rule));
    }
    if (fault_is_about(&r->rule, "disk", NULL)) {
        return check_disk(r, rule, d);
    }
    if (warehouse && (phase == FAULT_DUPLICATE || phase == FAULT_LATE)) {
        return fail(d, ERR_INVALID, AT "phase %s is for requests: a session has nothing in between",
                    AT_ARGS(rule), fault_phase_name(phase));
    }
    if (r->has_sqlstate && !warehouse) {
        return fail(d, ERR_INVALID, AT "sqlstate is for on: warehouse:...; AWS calls take error",
                    AT_ARGS(rule));
    }
    if (r->has_error && warehouse) {
        return fail(d, ERR_INVALID, AT "error is for AWS calls; the warehouse takes sqlstate",
                    AT_ARGS(rule));
    }
    if (r->has_error && phase != FAULT_REJECT && phase != FAULT_APPLY_REJECT &&
        phase != FAULT_PARTIAL) {
        return fail(d, ERR_INVALID, AT "error has no use with phase %s: no error comes back",
                    AT_ARGS(rule), fault_phase_name(phase));
    }
    return ERR_OK;
}

static bool needs_delay(const struct fault_rule *rule)
{
    return rule->phase == FAULT_DELAY || rule->phase == FAULT_LATE ||
           (rule->phase == FAULT_WIRE && rule->wire == FAULT_WIRE_DRIP &&
            rule->manner.each_us == 0);
}

static enum err check_pairs(const struct rule_reader *r, const struct json *rule, struct diag *d)
{
    enum fault_phase phase = r->rule.phase;
    const struct {
        bool wrong;
        const char *why;
    } pairs[] = {
        {r->has_kill && r->has_phase && phase != FAULT_KILL,
         "kill is its own phase: leave phase out"},
        {!r->has_kill && !r->has_phase, "phase is missing"},
        {!r->has_kill && !r->has_on && !r->has_at,
         "on is missing: which call, such as kinesis:PutRecords"},
        {r->has_entries && phase != FAULT_PARTIAL, "entries is for phase partial"},
        {r->has_delay != needs_delay(&r->rule),
         "delay comes with phase: delay or late, or wire: drip without each, and they with it"},
        {r->has_wire != (phase == FAULT_WIRE), "wire says what phase: wire does, and only that"},
        {r->has_lasts != r->has_pause, "lasts and pause come together"},
        {r->has_per && !r->has_lasts, "per says whose stretches they are: it comes with lasts"},
        {r->has_lasts && r->has_at, "a coordinate is one call: lasts and pause are for many"},
        {r->has_restart && phase != FAULT_KILL, "restart_after is for kill"},
        {r->rule.has_draw && !r->has_at, "draw is for a coordinate: it is what was drawn there"},
        {r->has_error && r->has_sqlstate, "error and sqlstate: one of them"},
        {r->rule.until_us <= r->rule.from_us, "until is not after from"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].wrong) {
            return fail(d, ERR_INVALID, AT "%s", AT_ARGS(rule), pairs[i].why);
        }
    }
    TRY(fault_check_wire(&r->rule, rule, d));
    return check_phase(r, rule, d);
}

/* What was not given; texts move to the plan's arena. */
static void complete_rule(struct rule_reader *r)
{
    struct fault_rule *rule = &r->rule;
    if (rule->phase == FAULT_KILL && !r->has_restart) {
        rule->restart_min_us = US_PER_S;
        rule->restart_max_us = 30 * US_PER_S;
    }
    if (rule->name.len == 0) {
        struct str what = rule->operation.len > 0      ? rule->operation
                          : rule->at_operation.len > 0 ? rule->at_operation
                                                       : rule->actor;
        rule->name = str_printf(r->arena, "%.*s-%s", STR_ARG(what), fault_phase_name(rule->phase));
    }
    struct str *const texts[] = {&rule->name,       &rule->service,     &rule->operation,
                                 &rule->error,      &rule->actor,       &rule->at_actor,
                                 &rule->at_service, &rule->at_operation};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = str_copy(r->arena, *texts[i]);
    }
    for (size_t i = 0; i < rule->where_count; i++) {
        rule->where[i].name = str_copy(r->arena, rule->where[i].name);
        rule->where[i].pattern = str_copy(r->arena, rule->where[i].pattern);
    }
}

static enum err read_rule(struct arena *a, const struct json *tree, struct fault_rule *ret_rule,
                          struct diag *d)
{
    struct rule_reader r = {.arena = a};
    r.rule.until_us = INSTANT_NEVER;
    if (!json_is(tree, JSON_IS_OBJECT)) {
        return fail(d, ERR_INVALID, AT "a fault is a mapping, not %s", AT_ARGS(tree),
                    json_kind_name(tree->kind));
    }
    for (const struct json *value = tree->first; value != NULL; value = value->next) {
        TRY(read_key(&r, value, d));
    }
    TRY(check_pairs(&r, tree, d));
    complete_rule(&r);
    *ret_rule = r.rule;
    return ERR_OK;
}

/* Rules that were given a name are told apart by it, in reports and by the dice. */
static enum err check_name(const struct fault_rule *rules, size_t count, const struct json *tree,
                           struct diag *d)
{
    const struct json *name = json_get(tree, STR("name"));
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (str_eq(rules[i].name, name->text)) {
            return fail(d, ERR_INVALID, AT "a fault named \"%.*s\" exists already", AT_ARGS(name),
                        STR_ARG(name->text));
        }
    }
    return ERR_OK;
}

enum err fault_plan_read(struct fault_plan *p, const struct json *list, struct diag *d)
{
    if (!json_is(list, JSON_IS_ARRAY)) {
        return fail(d, ERR_INVALID, AT "faults is a list, not %s", list == NULL ? 0 : list->line,
                    list == NULL ? 0 : list->column,
                    list == NULL ? "missing" : json_kind_name(list->kind));
    }
    if (p->count + list->count > FAULT_RULES_MAX) {
        return fail(d, ERR_LIMIT, AT "%zu faults; at most %d", AT_ARGS(list),
                    p->count + list->count, FAULT_RULES_MAX);
    }
    struct fault_rule *rules = NEW_ARRAY(p->arena, struct fault_rule, p->count + list->count);
    if (p->count > 0) {
        memcpy(rules, p->rules, p->count * sizeof(*rules));
    }
    size_t count = p->count;
    for (const struct json *tree = list->first; tree != NULL; tree = tree->next) {
        TRY(check_name(rules, count, tree, d));
        TRY(read_rule(p->arena, tree, &rules[count], d));
        count++;
    }
    p->rules = rules;
    p->count = count;
    return ERR_OK;
}
