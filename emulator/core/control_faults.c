/* control_faults.c -- /_aforo/faults: the plan in force, what it did, and rules added to it or all
 * of them removed. */
#include "control_parts.h"

#define FIRED_PER_ANSWER 10000
#define NAMES_MAX 512

/* The operation, or service, that is nearest to the one that a rule names. */
static struct str nearest_call(struct control *c, struct str service, struct str operation)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->core->service_count && count < NAMES_MAX; i++) {
        names[count++] = c->core->services[i]->model->id;
    }
    const char *nearest = fault_nearest(service, names, count);
    count = 0;
    for (size_t i = 0; i < c->core->service_count; i++) {
        const struct service_model *model = c->core->services[i]->model;
        for (size_t j = 0; str_eq(str_of(model->id), str_of(nearest)) &&
                           j < model->operation_count && count < NAMES_MAX;
             j++) {
            names[count++] = model->operations[j].name;
        }
    }
    return str_printf(c->arena, "%s:%s", nearest, fault_nearest(operation, names, count));
}

/* Over HTTP a rule is about this emulator's own operations: one that could never fire is a misspelt
 * one. */
static bool rule_is_known(struct control *c, const struct fault_rule *rule, const struct json *tree)
{
    struct str service = rule->at_operation.len > 0 ? rule->at_service : rule->service;
    struct str operation = rule->at_operation.len > 0 ? rule->at_operation : rule->operation;
    bool any = service.len == 0;
    for (size_t i = 0; i < c->core->service_count && !any; i++) {
        const struct service_model *model = c->core->services[i]->model;
        bool mine = str_glob(service, str_of(model->id));
        for (size_t j = 0; mine && !any && j < model->operation_count; j++) {
            any = str_glob(operation, str_of(model->operations[j].name));
        }
    }
    if (!any) {
        struct str nearest = nearest_call(c, service, operation);
        control_refuse(c, 400,
                       str_printf(c->arena, "%u:%u: nothing here is %.*s:%.*s; the nearest is %.*s",
                                  tree->line, tree->column, STR_ARG(service), STR_ARG(operation),
                                  STR_ARG(nearest)));
    }
    return any;
}

void control_faults_post(struct control *c)
{
    const struct json *tree;
    uint64_t seed = c->core->faults.seed;
    if (!control_body(c, &tree)) {
        return;
    }
    const struct json *list = json_is(tree, JSON_IS_ARRAY) ? tree : json_get(tree, STR("faults"));
    const struct json *seed_node = json_get(tree, STR("seed"));
    struct diag d = DIAG_INIT;
    if (seed_node != NULL && str_u64(json_str(seed_node), &seed, &d) != ERR_OK) {
        control_refuse(
            c, 400,
            str_printf(c->arena, "%u:%u: seed: %s", seed_node->line, seed_node->column, d.msg));
        return;
    }
    struct fault_plan
        trial; /* read once beside the plan, so that what is refused leaves nothing behind */
    fault_plan_init(&trial, c->arena, seed);
    if (fault_plan_read(&trial, list, &d) != ERR_OK) {
        control_refuse(c, 400, str_copy(c->arena, str_of(d.msg)));
        return;
    }
    const struct json *item = list->first;
    for (size_t i = 0; i < trial.count; i++, item = item->next) {
        if (!rule_is_known(c, &trial.rules[i], item)) {
            return;
        }
    }
    if (fault_plan_read(&c->core->faults, list, &d) != ERR_OK) {
        control_refuse(c, 400, str_copy(c->arena, str_of(d.msg)));
        return;
    }
    c->core->faults.seed = seed;
    control_faults_get(c);
}

void control_faults_delete(struct control *c)
{
    fault_plan_init(&c->core->faults, c->core->arena, c->core->options.seed);
    control_faults_get(c);
}

static void manner_write(const struct fault_manner *m, struct json_out *out)
{
    if (m->has_bytes) {
        json_out_ki64(out, "bytes", (int64_t)m->bytes);
    }
    if (m->each_us > 0) {
        json_out_ki64(out, "each_us", m->each_us);
    }
    if (m->has_code) {
        json_out_ki64(out, "code", (int64_t)m->code);
    }
    if (m->disowned) {
        json_out_kbool(out, "disowned", true);
    }
}

static void rules_write(struct control *c, struct json_out *out)
{
    const struct fault_plan *p = &c->core->faults;
    json_out_key(out, "rules");
    json_out_array(out);
    for (size_t i = 0; i < p->count; i++) {
        const struct fault_rule *rule = &p->rules[i];
        json_out_object(out);
        json_out_kstr(out, "name", rule->name);
        if (rule->service.len > 0) {
            json_out_kstr(out, "on",
                          str_printf(c->arena, "%.*s:%.*s", STR_ARG(rule->service),
                                     STR_ARG(rule->operation)));
        }
        json_out_kstr(out, "phase", str_of(fault_phase_name(rule->phase)));
        if (rule->phase == FAULT_WIRE) {
            json_out_kstr(out, "wire", str_of(fault_wire_name(rule->wire)));
            manner_write(&rule->manner, out);
        }
        json_out_ki64(out, "matched", (int64_t)rule->matched);
        json_out_ki64(out, "fired", (int64_t)rule->fired);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void fired_write(struct control *c, struct json_out *out, uint64_t after)
{
    const struct fault_plan *p = &c->core->faults;
    json_out_key(out, "fired");
    json_out_array(out);
    for (size_t i = (size_t)after, n = 0; i < p->fired_count && n < FIRED_PER_ANSWER; i++, n++) {
        const struct fault_fired *fired = &p->fired[i];
        struct buf at;
        buf_init(&at, c->arena, fired->actor.len + fired->service.len + fired->operation.len + 32);
        fault_coordinate(&at, fired);
        json_out_object(out);
        json_out_kstr(out, "at", buf_str(&at));
        json_out_kstr(out, "phase", str_of(fault_phase_name(fired->phase)));
        if (fired->phase == FAULT_WIRE) {
            json_out_kstr(out, "wire", str_of(fault_wire_name(p->rules[fired->rule].wire)));
        }
        json_out_kstr(out, "rule", p->rules[fired->rule].name);
        json_out_ki64(out, "since_us", fired->at_us);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

/* ?after=N: what fired from the N-th on. */
void control_faults_get(struct control *c)
{
    uint64_t after;
    if (!control_number(c, "after", &after)) {
        return;
    }
    struct json_out out;
    control_begin(c, &out);
    json_out_key(&out, "seed");
    json_out_u64(&out, c->core->faults.seed);
    json_out_kbool(&out, "healed", c->core->faults.healed);
    rules_write(c, &out);
    json_out_ki64(&out, "fired_count", (int64_t)c->core->faults.fired_count);
    fired_write(c, &out, after);
    control_end(c, &out);
}
