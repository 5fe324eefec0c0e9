/* plan.c -- What fired as coordinates, and a scenario file made of them. A coordinate keeps what
 * its rule says of the effect and drops what the rule says of when. */
#include "plan.h"

#include "base/instant.h"
#include "base/limits.h"

static bool is_one_of(struct str key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(key, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}
#define IS_ONE_OF(key, names) is_one_of(key, names, sizeof(names) / sizeof((names)[0]))

/* With the same children, for another parent. */
static struct json *copy_of(struct arena *a, const struct json *node)
{
    struct json *copy = NEW(a, struct json);
    *copy = *node;
    copy->next = NULL;
    return copy;
}

/* The object without some keys. */
static struct json *without(struct arena *a, const struct json *object, const char *const *names,
                            size_t count)
{
    struct json *copy = json_new(a, JSON_IS_OBJECT);
    for (const struct json *child = object == NULL ? NULL : object->first; child != NULL;
         child = child->next) {
        if (!is_one_of(child->key, names, count)) {
            json_add(copy, child->key, copy_of(a, child));
        }
    }
    return copy;
}
#define WITHOUT(a, object, ...)                                                                    \
    without((a), (object), (const char *const[]){__VA_ARGS__},                                     \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void duration_set(struct arena *a, struct json *object, const char *key, int64_t us)
{
    json_set_str(a, object, key, str_printf(a, "%lldus", (long long)us));
}

/* ---- coordinates ---- */

static struct json *coordinate_of(struct arena *a, const struct json *rule,
                                  const struct fault_fired *fired)
{
    static const char *const selectors[] = {
        "name",          "on",    "kill",  "phase",       "actor", "where", "nth",
        "first",         "after", "every", "limit",       "from",  "until", "delay",
        "restart_after", "at",    "draw",  "probability", "lasts", "pause", "per"};
    struct json *fault = json_new(a, JSON_IS_OBJECT);
    struct buf at;
    buf_init(&at, a, 4 * KIB);
    fault_coordinate(&at, fired);
    json_set_str(a, fault, "at", buf_str(&at));
    json_set_str(a, fault, "phase", str_of(fault_phase_name(fired->phase)));
    for (const struct json *child = rule->first; child != NULL; child = child->next) {
        if (!IS_ONE_OF(child->key, selectors)) {
            json_add(fault, child->key, copy_of(a, child));
        }
    }
    if (json_get(rule, STR("delay")) != NULL || fired->phase == FAULT_KILL) {
        duration_set(a, fault, fired->phase == FAULT_KILL ? "restart_after" : "delay",
                     fired->delay_us);
    }
    json_set_str(a, fault, "draw", str_printf(a, "%016llx", (unsigned long long)fired->random));
    return fault;
}

struct json *plan_faults(struct arena *a, const struct json *rules, const struct fault_plan *plan)
{
    struct json *list = json_new(a, JSON_IS_ARRAY);
    const struct json **by_index = NEW_ARRAY(a, const struct json *, rules->count);
    size_t count = 0;
    for (const struct json *rule = rules->first; rule != NULL; rule = rule->next) {
        by_index[count++] = rule;
    }
    for (size_t i = 0; i < plan->fired_count && i < FAULT_RULES_MAX; i++) {
        ASSERT(plan->fired[i].rule < count);
        json_add(list, STR_EMPTY, coordinate_of(a, by_index[plan->fired[i].rule], &plan->fired[i]));
    }
    return list;
}

enum err plan_fault_read(const struct json *fault, struct plan_fault *ret_fault, struct diag *d)
{
    struct plan_fault f = {.phase = json_str(json_get(fault, STR("phase"))), .error = STR_EMPTY};
    TRY(fault_coordinate_parse(json_str(json_get(fault, STR("at"))), &f.at, d));
    const struct json *error = json_get(fault, STR("error"));
    f.error = json_str(error != NULL ? error : json_get(fault, STR("sqlstate")));
    const struct json *delay = json_get(fault, STR("delay"));
    delay = delay != NULL ? delay : json_get(fault, STR("restart_after"));
    if (delay != NULL) {
        TRY(duration_parse(json_str(delay), &f.delay_us, d));
    }
    struct str draw = json_str(json_get(fault, STR("draw")));
    struct str odd = STR("13579bdf");
    f.applied = draw.len > 0 && str_find(odd, draw.ptr[draw.len - 1]) != STR_NONE;
    *ret_fault = f;
    return ERR_OK;
}

struct json *plan_fault_at(struct arena *a, const struct json *fault, struct str actor,
                           uint64_t ordinal)
{
    struct plan_fault f;
    struct diag d = DIAG_INIT;
    if (plan_fault_read(fault, &f, &d) != ERR_OK) {
        return copy_of(a, fault);
    }
    struct json *moved = json_new(a, JSON_IS_OBJECT);
    json_set_str(a, moved, "at",
                 str_printf(a, "%.*s/%.*s:%.*s#%llu", STR_ARG(actor), STR_ARG(f.at.at_service),
                            STR_ARG(f.at.at_operation), (unsigned long long)ordinal));
    for (const struct json *child = fault->first; child != NULL; child = child->next) {
        if (!str_eq(child->key, STR("at"))) {
            json_add(moved, child->key, copy_of(a, child));
        }
    }
    return moved;
}

struct json *plan_fault_after(struct arena *a, const struct json *fault, int64_t delay_us)
{
    const char *key = json_get(fault, STR("delay")) != NULL ? "delay" : "restart_after";
    struct json *changed = WITHOUT(a, fault, key);
    duration_set(a, changed, key, delay_us);
    return changed;
}

struct json *plan_list(struct arena *a, const struct json *const *faults, size_t count)
{
    struct json *list = json_new(a, JSON_IS_ARRAY);
    for (size_t i = 0; i < count; i++) {
        json_add(list, STR_EMPTY, copy_of(a, faults[i]));
    }
    return list;
}

/* ---- the file ---- */

static struct json *run_part(struct arena *a, const struct scenario *s, uint64_t seed)
{
    struct json *run = WITHOUT(a, json_get(s->root, STR("run")), "seeds", "horizon", "heal_after");
    duration_set(a, run, "horizon", s->horizon_us);
    duration_set(a, run, "heal_after", s->heal_after_us);
    json_set_str(a, run, "seeds", str_printf(a, "%llu", (unsigned long long)seed));
    return run;
}

static struct json *topology_part(struct arena *a, const struct scenario *s)
{
    struct json *topology = WITHOUT(a, json_get(s->root, STR("topology")), "pipeline", "actors");
    json_set_str(a, topology, "pipeline", s->pipeline_file);
    struct json *actors = json_set(a, topology, "actors", JSON_IS_OBJECT);
    json_set_i64(a, actors, "producer", s->actors.producers);
    json_set_i64(a, actors, "lander", s->actors.landers);
    json_set_i64(a, actors, "loader", s->actors.loaders);
    json_set_i64(a, actors, "reporter", s->actors.reporters);
    return topology;
}

static struct json *source_part(struct arena *a, const struct scenario *s)
{
    struct json *source = WITHOUT(a, json_get(s->root, STR("source")), "capture");
    if (s->source.capture.len > 0) {
        json_set_str(a, source, "capture", s->source.capture);
    }
    return source;
}

/* The first so many: shrinking leaves out the last ones. */
static struct json *actions_part(struct arena *a, const struct scenario *s)
{
    struct json *kept = json_new(a, JSON_IS_ARRAY);
    const struct json *list = json_get(s->root, STR("actions"));
    for (const struct json *item = list == NULL ? NULL : list->first;
         item != NULL && kept->count < s->action_count; item = item->next) {
        json_add(kept, STR_EMPTY, copy_of(a, item));
    }
    return kept;
}

static struct json *expect_part(struct arena *a, const struct scenario *s)
{
    struct json *kept = json_new(a, JSON_IS_ARRAY);
    const struct json *list = json_get(s->root, STR("expect"));
    for (const struct json *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        if (json_get(e, STR("sometimes")) == NULL) {
            json_add(kept, STR_EMPTY, copy_of(a, e));
        }
    }
    return kept;
}

struct json *plan_file(struct arena *a, const struct scenario *s, uint64_t seed)
{
    struct json *root =
        WITHOUT(a, s->root, "run", "topology", "source", "actions", "faults", "expect");
    json_add(root, STR("run"), run_part(a, s, seed));
    json_add(root, STR("topology"), topology_part(a, s));
    json_add(root, STR("source"), source_part(a, s));
    if (s->action_count > 0) {
        json_add(root, STR("actions"), actions_part(a, s));
    }
    json_add(root, STR("faults"), copy_of(a, s->faults));
    json_add(root, STR("expect"), expect_part(a, s));
    return root;
}
