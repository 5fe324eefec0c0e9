/* fault_plan.c -- A plan as a whole: its names, its swarm, its coordinates and the ordinals of
 * calls. Reading rules is fault_read.c; deciding calls is fault_decide.c. */
#include "fault_plan.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/rng.h"
#include "fault_parts.h"

static const char *const phase_names[FAULT_PHASE_COUNT] = {
    [FAULT_NONE] = "none",
    [FAULT_REJECT] = "reject",
    [FAULT_LOSE_REQUEST] = "lose_request",
    [FAULT_APPLY_REJECT] = "apply_reject",
    [FAULT_LOSE_RESPONSE] = "lose_response",
    [FAULT_PARTIAL] = "partial",
    [FAULT_DELAY] = "delay",
    [FAULT_DUPLICATE] = "duplicate",
    [FAULT_LATE] = "late",
    [FAULT_WIRE] = "wire",
    [FAULT_KILL] = "kill",
    [FAULT_STALE] = "stale",
};
static const char *const wire_names[FAULT_WIRE_COUNT] = {
    [FAULT_WIRE_NONE] = "none",       [FAULT_WIRE_CORRUPT] = "corrupt",
    [FAULT_WIRE_SHORT] = "short",     [FAULT_WIRE_ERROR_IN_200] = "error_in_200",
    [FAULT_WIRE_BAD_CRC] = "bad_crc", [FAULT_WIRE_RESET] = "reset",
    [FAULT_WIRE_CUT] = "cut",         [FAULT_WIRE_DRIP] = "drip",
    [FAULT_WIRE_GOAWAY] = "goaway",   [FAULT_WIRE_RST_STREAM] = "rst_stream",
};

const char *fault_wire_name(enum fault_wire wire)
{
    ASSERT((unsigned)wire < FAULT_WIRE_COUNT);
    return wire_names[wire];
}

const char *fault_phase_name(enum fault_phase phase)
{
    ASSERT(phase >= FAULT_NONE && phase < FAULT_PHASE_COUNT);
    return phase_names[phase];
}

bool fault_rule_is_of_disk(const struct fault_rule *rule)
{
    return str_eq(rule->service, STR("disk")) || str_eq(rule->at_service, STR("disk")) ||
           (rule->phase == FAULT_KILL && str_eq(rule->actor, STR("warehouse")));
}

void fault_plan_init(struct fault_plan *p, struct arena *a, uint64_t seed)
{
    *p = (struct fault_plan){.arena = a, .seed = seed};
}

void fault_plan_heal(struct fault_plan *p)
{
    p->healed = true;
}

static uint64_t mix_str(uint64_t h, struct str s)
{
    return hash64(h ^ s.len, s);
}

/* What a rule is, apart from how strong it is and where it stands: two rules that differ draw
 * apart, and a rule that is made weaker fires in a subset of where it fired before. */
uint64_t fault_rule_key(const struct fault_rule *rule)
{
    uint64_t h = hash64(0x6661756c74u, rule->name);
    h = mix_str(h, rule->service);
    h = mix_str(h, rule->operation);
    h = mix_str(h, rule->error);
    h = mix_str(h, rule->actor);
    for (size_t i = 0; i < rule->where_count; i++) {
        h = mix_str(h, rule->where[i].name);
        h = mix_str(h, rule->where[i].pattern);
    }
    h = hash64_mix(h, (uint64_t)rule->phase);
    h = rule->phase == FAULT_WIRE ? hash64_mix(h, (uint64_t)rule->wire) : h;
    h = rule->per_link ? hash64_mix(h, 1) : h;
    h = hash64_mix(h, (uint64_t)rule->from_us);
    return hash64_mix(h, (uint64_t)rule->until_us);
}

void fault_plan_swarm(struct fault_plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct fault_rule *rule = &p->rules[i];
        if (rule->at_operation.len > 0) {
            continue; /* a coordinate is a finding, not a rate */
        }
        uint64_t key = fault_rule_key(rule);
        uint64_t which = rng_u64(p->seed, key, FAULT_SITE_SWARM, 0);
        rule->off = rng_below(which, 4) == 0;
        uint64_t strength = rng_u64(p->seed, key, FAULT_SITE_SWARM, 1);
        unsigned halvings = (unsigned)rng_below(strength, 4);
        if (rule->probability.den > 0 && rule->probability.den <= (UINT32_MAX >> halvings)) {
            rule->probability.den <<= halvings;
        }
    }
}

/* ---- coordinates: actor/service:operation#ordinal ---- */

void fault_coordinate(struct buf *out, const struct fault_fired *fired)
{
    buf_add(out, fired->actor);
    buf_add_char(out, '/');
    buf_add(out, fired->service);
    buf_add_char(out, ':');
    buf_add(out, fired->operation);
    buf_add_char(out, '#');
    buf_add_u64(out, fired->ordinal);
}

enum err fault_coordinate_parse(struct str text, struct fault_rule *rule, struct diag *d)
{
    /* from the right: an actor's name may hold any of the marks */
    size_t hash = str_find_last(text, '#');
    struct str head = str_slice(text, 0, hash == STR_NONE ? 0 : hash);
    size_t colon = str_find_last(head, ':');
    struct str left = str_slice(head, 0, colon == STR_NONE ? 0 : colon);
    size_t slash = str_find_last(left, '/');
    if (hash == STR_NONE || colon == STR_NONE || slash == STR_NONE || slash == 0 ||
        slash + 1 == left.len || colon + 1 == head.len) {
        return fail(d, ERR_INVALID, "\"%.*s\": a coordinate is actor/service:operation#ordinal",
                    STR_ARG(text));
    }
    uint64_t ordinal;
    TRY(str_u64(str_from(text, hash + 1), &ordinal, d));
    if (ordinal == 0) {
        return fail(d, ERR_INVALID, "\"%.*s\": ordinals count from 1", STR_ARG(text));
    }
    rule->at_actor = str_slice(left, 0, slash);
    rule->at_service = str_from(left, slash + 1);
    rule->at_operation = str_from(head, colon + 1);
    rule->at_ordinal = ordinal;
    return ERR_OK;
}

/* ---- ordinals ---- */

struct fault_ordinals {
    struct arena *arena;
    struct map *counts; /* "actor NUL service NUL operation" -> uint64_t */
};

struct fault_ordinals *fault_ordinals_new(struct arena *a)
{
    struct fault_ordinals *o = NEW(a, struct fault_ordinals);
    o->arena = a;
    o->counts = map_new(a);
    return o;
}

#define ORDINAL_KEY_BYTES_MAX 512
uint64_t fault_ordinals_next(struct fault_ordinals *o, struct str actor, struct str service,
                             struct str operation)
{
    /* built on the stack: the map copies the key, once for each actor and operation */
    char key[ORDINAL_KEY_BYTES_MAX];
    size_t len = 0;
    const struct str parts[3] = {operation, service, actor};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < parts[i].len && len + 1 < sizeof(key); j++) {
            key[len++] = parts[i].ptr[j];
        }
        if (len + 1 < sizeof(key)) {
            key[len++] = '\0';
        }
    }
    uint64_t *count = map_get(o->counts, str_n(key, len));
    if (count == NULL) {
        count = NEW(o->arena, uint64_t);
        map_put(o->counts, str_n(key, len), count);
    }
    *count += 1;
    return *count;
}
