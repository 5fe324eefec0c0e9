/* knobs.c -- The sizes and times that a deployment may choose, drawn for each seed: a batch of one
 * record, a client that tries once, a poll of seconds. `knobs:` names them as the definition's
 * tuning does; each is left as it is in a quarter of the seeds, at an end of its range in another,
 * and else anywhere between, every order of magnitude alike. */
#include <assert.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "scenario_parts.h"
#include "world.h"

#define KNOBS_STREAM UINT64_C(0x6b6e6f6273)

enum unit { UNIT_COUNT, UNIT_DURATION };
static const struct knob_kind {
    struct str name;
    enum unit unit;
    int64_t least, most;
} KINDS[] = {
    {STR_INIT("land_records"), UNIT_COUNT, 1, 10000},
    {STR_INIT("land_bytes"), UNIT_COUNT, 1, 64 * (int64_t)MIB},
    {STR_INIT("land_age"), UNIT_DURATION, US_PER_MS, US_PER_DAY},
    {STR_INIT("poll"), UNIT_DURATION, 10 * US_PER_MS, US_PER_HOUR},
    {STR_INIT("shard_list"), UNIT_DURATION, US_PER_S, US_PER_DAY},
    {STR_INIT("batch"), UNIT_COUNT, 1, 500},
    {STR_INIT("attempts"), UNIT_COUNT, 1, 100},
    {STR_INIT("attempt_timeout"), UNIT_DURATION, US_PER_MS, US_PER_HOUR},
    {STR_INIT("backoff"), UNIT_DURATION, US_PER_MS, US_PER_HOUR},
};
#define KIND_COUNT (sizeof(KINDS) / sizeof(KINDS[0]))
static_assert(KIND_COUNT == SCENARIO_KNOB_COUNT, "one name for each knob");

/* ---- reading ---- */

static enum err value_read(const struct reading *r, const struct json *node,
                           const struct knob_kind *kind, int64_t *ret_value, struct diag *d)
{
    struct diag why = DIAG_INIT;
    uint64_t count = 0;
    enum err err = kind->unit == UNIT_DURATION ? duration_parse(json_str(node), ret_value, &why)
                                               : str_u64(node->text, &count, &why);
    if (kind->unit == UNIT_COUNT) {
        *ret_value = count > INT64_MAX ? INT64_MAX : (int64_t)count;
    }
    if (err != ERR_OK || *ret_value < kind->least || *ret_value > kind->most) {
        return reading_fail(r, node, d, "expected a %s within what the knob allows",
                            kind->unit == UNIT_DURATION ? "duration" : "whole number");
    }
    return ERR_OK;
}

enum err scenario_knobs_read(const struct reading *r, const struct json *root, struct scenario *s,
                             struct diag *d)
{
    struct json *knobs;
    struct str names[KIND_COUNT];
    TRY(reading_node(r, root, "knobs", JSON_IS_OBJECT, false, &knobs, d));
    for (size_t i = 0; i < KIND_COUNT; i++) {
        names[i] = KINDS[i].name;
    }
    if (knobs == NULL) {
        return ERR_OK;
    }
    TRY(reading_keys(r, knobs, names, KIND_COUNT, d));
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct json *range = json_get(knobs, KINDS[i].name);
        struct scenario_knob *k = &s->knobs[i];
        if (range == NULL) {
            continue;
        }
        if (range->kind != JSON_IS_ARRAY || range->count != 2) {
            return reading_fail(r, range, d, "expected [least, most]");
        }
        TRY(value_read(r, range->first, &KINDS[i], &k->least, d));
        TRY(value_read(r, range->last, &KINDS[i], &k->most, d));
        if (k->least > k->most) {
            return reading_fail(r, range, d, "the least is more than the most");
        }
    }
    return ERR_OK;
}

/* ---- drawing ---- */

static int log2_of(int64_t value)
{
    int bits = 0;
    while (value > 1) {
        value >>= 1;
        bits++;
    }
    return bits;
}

static int64_t clamp(int64_t value, const struct scenario_knob *k)
{
    return value < k->least ? k->least : value > k->most ? k->most : value;
}

/* `as_it_is` when the knob is left alone. */
static int64_t draw(uint64_t seed, enum scenario_knob_kind which, const struct scenario *s,
                    int64_t as_it_is)
{
    const struct scenario_knob *k = &s->knobs[which];
    uint64_t how = rng_below(rng_u64(seed, KNOBS_STREAM, (uint64_t)which, 0), 8);
    if (k->most == 0 || how < 2) {
        return as_it_is;
    }
    if (how < 4) {
        return how == 2 ? k->least : k->most;
    }
    uint64_t magnitude = rng_u64(seed, KNOBS_STREAM, (uint64_t)which, 1);
    uint64_t place = rng_u64(seed, KNOBS_STREAM, (uint64_t)which, 2);
    int bits = (int)rng_between(magnitude, log2_of(k->least), log2_of(k->most));
    return clamp(rng_between(place, INT64_C(1) << bits, (INT64_C(2) << bits) - 1), k);
}

const struct scenario *knobs_draw(struct arena *a, const struct scenario *s, uint64_t seed)
{
    struct scenario *drawn = NEW(a, struct scenario);
    struct definition *def = NEW(a, struct definition);
    *drawn = *s;
    *def = *s->pipeline;
    drawn->pipeline = def;
    def->land_records_max =
        (size_t)draw(seed, KNOB_LAND_RECORDS, s, (int64_t)def->land_records_max);
    def->land_bytes_max = (size_t)draw(seed, KNOB_LAND_BYTES, s, (int64_t)def->land_bytes_max);
    def->land_age_us = draw(seed, KNOB_LAND_AGE, s, def->land_age_us);
    def->poll_us = draw(seed, KNOB_POLL, s, def->poll_us);
    def->shard_list_us = draw(seed, KNOB_SHARD_LIST, s, def->shard_list_us);
    drawn->source.batch = (unsigned)draw(seed, KNOB_BATCH, s, drawn->source.batch);
    drawn->client.attempts = (int)draw(seed, KNOB_ATTEMPTS, s, 0);
    drawn->client.attempt_timeout_us = draw(seed, KNOB_ATTEMPT_TIMEOUT, s, 0);
    drawn->client.backoff_us = draw(seed, KNOB_BACKOFF, s, 0);
    return drawn;
}
