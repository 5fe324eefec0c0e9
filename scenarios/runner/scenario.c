/* scenario.c -- A scenario file into struct scenario: every key known, every value checked, every
 * error with its place. */
#include "scenarios/runner/scenario.h"

#include <stdio.h>
#include "base/instant.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "scenario_parts.h"

#define NAMES(...)                                                                                 \
    (const struct str[])                                                                           \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define KEYS(r, node, d, ...)                                                                      \
    reading_keys((r), (node), NAMES(__VA_ARGS__), sizeof(NAMES(__VA_ARGS__)) / sizeof(struct str), \
                 (d))

/* ---- files ---- */

static enum err file_read(struct arena *a, const char *path, struct str *ret_text, struct diag *d)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(d, ERR_NOT_FOUND, "%s: cannot be opened", path);
    }
    struct buf text;
    buf_init(&text, a, 2 * DEFINITION_BYTES_MAX);
    size_t got;
    do {
        char *room = buf_reserve(&text, 64 * KIB);
        got = fread(room, 1, 64 * KIB, file);
        buf_commit(&text, got);
    } while (got > 0 && text.len <= DEFINITION_BYTES_MAX);
    fclose(file);
    if (text.len > DEFINITION_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%s: over %zu bytes", path, DEFINITION_BYTES_MAX);
    }
    *ret_text = buf_str(&text);
    return ERR_OK;
}

/* A path inside of the file: as it is, or beside the file. */
static struct str path_resolve(struct arena *a, struct str file, struct str path)
{
    FILE *there = fopen(str_z(a, path), "rb");
    if (there != NULL) {
        fclose(there);
        return path;
    }
    size_t slash = str_find_last(file, '/');
    if (slash == STR_NONE || path.len == 0 || path.ptr[0] == '/') {
        return path;
    }
    return str_printf(a, "%.*s/%.*s", (int)slash, file.ptr, STR_ARG(path));
}

/* ---- run ---- */

/* "1..200", or one number. */
static enum err seeds_read(const struct reading *r, const struct json *run, struct scenario *s,
                           struct diag *d)
{
    const struct json *node = json_get(run, STR("seeds"));
    if (node == NULL) {
        return ERR_OK;
    }
    if (scenario_seeds_parse(json_str(node), &s->seed_first, &s->seed_last) != ERR_OK) {
        return reading_fail(r, node, d, "expected seeds such as 1..200 or 7, not '%.*s'",
                            STR_ARG(json_str(node)));
    }
    return ERR_OK;
}

enum err scenario_seeds_parse(struct str text, uint64_t *ret_first, uint64_t *ret_last)
{
    struct diag why = DIAG_INIT;
    size_t dots = str_find_str(text, STR(".."));
    struct str first = str_slice(text, 0, dots == STR_NONE ? text.len : dots);
    struct str last = dots == STR_NONE ? text : str_from(text, dots + 2);
    TRY(str_u64(first, ret_first, &why));
    TRY(str_u64(last, ret_last, &why));
    return *ret_first <= *ret_last ? ERR_OK : ERR_INVALID;
}

static enum err run_read(const struct reading *r, const struct json *root, struct scenario *s,
                         struct diag *d)
{
    struct json *run;
    TRY(reading_node(r, root, "run", JSON_IS_OBJECT, true, &run, d));
    TRY(KEYS(r, run, d, STR("start"), STR("horizon"), STR("heal_after"), STR("seeds"),
             STR("swarm")));
    struct str start = STR("2026-01-05T00:00:00Z");
    TRY(reading_str(r, run, "start", false, &start, d));
    struct diag why = DIAG_INIT;
    if (instant_parse(start, &s->start_us, &why) != ERR_OK) {
        return reading_fail(r, json_get(run, STR("start")), d,
                            "expected a moment such as 2026-03-28T00:00:00Z");
    }
    s->horizon_us = US_PER_HOUR;
    TRY(reading_duration(r, run, "horizon", US_PER_S, 400 * US_PER_DAY, &s->horizon_us, d));
    s->heal_after_us = s->horizon_us / 2;
    TRY(reading_duration(r, run, "heal_after", 0, s->horizon_us, &s->heal_after_us, d));
    s->seed_first = s->seed_last = 1;
    TRY(seeds_read(r, run, s, d));
    return reading_bool(r, run, "swarm", &s->swarm, d);
}

/* ---- topology ---- */

static enum err actor_count(const struct reading *r, const struct json *actors, const char *key,
                            unsigned *ret_count, struct diag *d)
{
    size_t count = *ret_count;
    TRY(reading_count(r, actors, key, 0, 64, &count, d));
    *ret_count = (unsigned)count;
    return ERR_OK;
}

static enum err actors_read(const struct reading *r, const struct json *topology,
                            struct scenario *s, struct diag *d)
{
    s->actors =
        (struct scenario_actors){.producers = 1, .landers = 1, .loaders = 1, .reporters = 1};
    struct json *actors;
    TRY(reading_node(r, topology, "actors", JSON_IS_OBJECT, false, &actors, d));
    if (actors == NULL) {
        return ERR_OK;
    }
    TRY(KEYS(r, actors, d, STR("producer"), STR("lander"), STR("loader"), STR("reporter")));
    TRY(actor_count(r, actors, "producer", &s->actors.producers, d));
    TRY(actor_count(r, actors, "lander", &s->actors.landers, d));
    TRY(actor_count(r, actors, "loader", &s->actors.loaders, d));
    TRY(actor_count(r, actors, "reporter", &s->actors.reporters, d));
    TRY(reading_bool(r, topology, "small_parts", &s->small_parts, d));
    return reading_bool(r, topology, "twin_landers", &s->twin_landers, d);
}

static enum err pipeline_read(const struct reading *r, const struct json *topology,
                              struct scenario *s, struct diag *d)
{
    struct str path = STR_EMPTY, text;
    TRY(reading_str(r, topology, "pipeline", true, &path, d));
    s->pipeline_file = path_resolve(r->arena, s->file, path);
    struct diag why = DIAG_INIT;
    if (file_read(r->arena, str_z(r->arena, s->pipeline_file), &text, &why) != ERR_OK) {
        return reading_fail(r, json_get(topology, STR("pipeline")), d, "%s", why.msg);
    }
    return definition_read(r->arena, text, s->pipeline_file, &s->pipeline, d);
}

/* What a run wants to be quicker than production: these replace the definition's own. */
static enum err tuning_read(const struct reading *r, const struct json *topology,
                            struct definition *def, struct diag *d)
{
    struct json *tuning;
    TRY(reading_node(r, topology, "tuning", JSON_IS_OBJECT, false, &tuning, d));
    if (tuning == NULL) {
        return ERR_OK;
    }
    TRY(KEYS(r, tuning, d, STR("grace"), STR("land_age"), STR("land_records"), STR("poll"),
             STR("shard_list")));
    TRY(reading_duration(r, tuning, "grace", 0, 30 * US_PER_DAY, &def->report_grace_us, d));
    TRY(reading_duration(r, tuning, "land_age", US_PER_S, US_PER_DAY, &def->land_age_us, d));
    TRY(reading_count(r, tuning, "land_records", 1, 10000, &def->land_records_max, d));
    TRY(reading_duration(r, tuning, "poll", 10 * US_PER_MS, US_PER_HOUR, &def->poll_us, d));
    return reading_duration(r, tuning, "shard_list", US_PER_S, US_PER_DAY, &def->shard_list_us, d);
}

static enum err warehouse_read(const struct reading *r, const struct json *topology,
                               struct scenario *s, struct diag *d)
{
    struct json *warehouse;
    TRY(reading_node(r, topology, "warehouse", JSON_IS_OBJECT, false, &warehouse, d));
    if (warehouse == NULL) {
        return ERR_OK;
    }
    TRY(KEYS(r, warehouse, d, STR("disk")));
    return reading_bool(r, warehouse, "disk", &s->disk, d);
}

static enum err topology_read(const struct reading *r, const struct json *root, struct scenario *s,
                              struct diag *d)
{
    struct json *topology, *stream;
    TRY(reading_node(r, root, "topology", JSON_IS_OBJECT, true, &topology, d));
    TRY(KEYS(r, topology, d, STR("stream"), STR("pipeline"), STR("tuning"), STR("actors"),
             STR("twin_landers"), STR("small_parts"), STR("processes"), STR("warehouse")));
    TRY(pipeline_read(r, topology, s, d));
    TRY(tuning_read(r, topology, s->pipeline, d));
    s->stream = s->pipeline->stream;
    s->shards = 1;
    TRY(reading_node(r, topology, "stream", JSON_IS_OBJECT, false, &stream, d));
    if (stream != NULL) {
        TRY(KEYS(r, stream, d, STR("shards"), STR("limits")));
        size_t shards = s->shards;
        TRY(reading_count(r, stream, "shards", 1, 64, &shards, d));
        s->shards = (unsigned)shards;
        bool limits = true;
        TRY(reading_bool(r, stream, "limits", &limits, d));
        s->limits_off = !limits;
    }
    TRY(warehouse_read(r, topology, s, d));
    TRY(scenario_processes_read(r, topology, s, d));
    return actors_read(r, topology, s, d);
}

/* ---- source ---- */

static enum err rate_read(const struct reading *r, const struct json *rates, const char *key,
                          struct ratio *ret_ratio, struct diag *d)
{
    const struct json *node = json_get(rates, str_of(key));
    struct diag why = DIAG_INIT;
    if (node == NULL) {
        return ERR_OK;
    }
    if (ratio_parse(json_str(node), ret_ratio, &why) != ERR_OK || ret_ratio->num > ret_ratio->den) {
        return reading_fail(r, node, d, "expected a ratio from 0 to 1 such as 1/50");
    }
    return ERR_OK;
}

static enum err rates_read(const struct reading *r, const struct json *source,
                           struct scenario_source *s, struct diag *d)
{
    struct json *rates;
    TRY(reading_node(r, source, "rates", JSON_IS_OBJECT, false, &rates, d));
    if (rates == NULL) {
        return ERR_OK;
    }
    TRY(KEYS(r, rates, d, STR("late"), STR("duplicate"), STR("malformed")));
    TRY(rate_read(r, rates, "late", &s->late, d));
    TRY(rate_read(r, rates, "duplicate", &s->duplicate, d));
    return rate_read(r, rates, "malformed", &s->malformed, d);
}

static enum err spike_read(const struct reading *r, const struct json *source,
                           struct scenario_spike *s, struct diag *d)
{
    struct json *spike;
    size_t times = 0;
    TRY(reading_node(r, source, "spike", JSON_IS_OBJECT, false, &spike, d));
    if (spike == NULL) {
        return ERR_OK;
    }
    TRY(KEYS(r, spike, d, STR("from"), STR("for"), STR("times")));
    TRY(reading_duration(r, spike, "from", 0, 30 * US_PER_DAY, &s->from_us, d));
    TRY(reading_duration(r, spike, "for", US_PER_S, 30 * US_PER_DAY, &s->for_us, d));
    TRY(reading_count(r, spike, "times", 2, 1000, &times, d));
    s->times = (int64_t)times;
    return s->for_us > 0 && times > 0
               ? ERR_OK
               : reading_fail(r, spike, d, "expected for (how long) and times (how many)");
}

static enum err source_read(const struct reading *r, const struct json *root, struct scenario *s,
                            struct diag *d)
{
    struct json *source;
    TRY(reading_node(r, root, "source", JSON_IS_OBJECT, true, &source, d));
    TRY(KEYS(r, source, d, STR("capture"), STR("key"), STR("events_per_hour"), STR("rates"),
             STR("late_max"), STR("spike"), STR("miscount"), STR("batch")));
    struct scenario_source *to = &s->source;
    size_t events = 0, batch = 25, miscount = 0;
    to->late_max_us = US_PER_HOUR;
    TRY(reading_str(r, source, "capture", false, &to->capture, d));
    TRY(reading_str(r, source, "key", false, &to->key_field, d));
    TRY(reading_count(r, source, "events_per_hour", 1, 100000000, &events, d));
    TRY(reading_duration(r, source, "late_max", US_PER_S, 30 * US_PER_DAY, &to->late_max_us, d));
    TRY(reading_count(r, source, "batch", 1, 500, &batch, d));
    TRY(reading_count(r, source, "miscount", 1, 1000, &miscount, d));
    TRY(spike_read(r, source, &to->spike, d));
    to->events_per_hour = (int64_t)events;
    to->miscount = (unsigned)miscount;
    to->batch = (unsigned)batch;
    if ((to->capture.len > 0) == (events > 0)) {
        return reading_fail(r, source, d,
                            "expected either events_per_hour (generated) or capture (a path)");
    }
    TRY(rates_read(r, source, to, d));
    if (to->capture.len > 0) {
        to->capture = path_resolve(r->arena, s->file, to->capture);
        if (to->late.num > 0 || to->spike.times > 0) {
            return reading_fail(r, source, d,
                                "a capture's events come at their own times: no late, no spike");
        }
    }
    return ERR_OK;
}

void scenario_capture(struct scenario *s, struct str path)
{
    s->source.capture = path;
    s->source.events_per_hour = 0;
    s->source.late = (struct ratio){0, 1};
    s->source.spike = (struct scenario_spike){0};
}

/* ---- the file ---- */

static enum err scenario_fill(const struct reading *r, const struct json *root, struct scenario *s,
                              struct diag *d)
{
    TRY(KEYS(r, root, d, STR("schema"), STR("name"), STR("doc"), STR("run"), STR("topology"),
             STR("source"), STR("actions"), STR("clocks"), STR("knobs"), STR("faults"),
             STR("expect")));
    size_t schema = 0;
    TRY(reading_count(r, root, "schema", 1, 1, &schema, d));
    if (schema != 1) {
        return reading_fail(r, root, d, "schema: missing; this is schema 1");
    }
    TRY(reading_str(r, root, "name", true, &s->name, d));
    TRY(reading_str(r, root, "doc", false, &s->doc, d));
    TRY(run_read(r, root, s, d));
    TRY(topology_read(r, root, s, d));
    TRY(source_read(r, root, s, d));
    TRY(scenario_actions_read(r, root, s, d));
    TRY(scenario_clocks_read(r, root, s, d));
    TRY(scenario_knobs_read(r, root, s, d));
    struct json *faults;
    TRY(reading_node(r, root, "faults", JSON_IS_ARRAY, false, &faults, d));
    s->faults = faults != NULL ? faults : json_new(r->arena, JSON_IS_ARRAY);
    struct fault_plan plan; /* read here once, so that a bad rule is told before anything runs */
    fault_plan_init(&plan, r->arena, 0);
    struct diag why = DIAG_INIT;
    if (fault_plan_read(&plan, s->faults, &why) != ERR_OK) {
        return fail(d, why.code, "%.*s:%s", STR_ARG(s->file), why.msg);
    }
    for (size_t i = 0; i < plan.count && !s->disk; i++) {
        if (fault_rule_is_of_disk(&plan.rules[i])) {
            return reading_fail(
                r, s->faults, d,
                "fault %.*s is about a disk: topology needs warehouse: {disk: true}",
                STR_ARG(plan.rules[i].name));
        }
    }
    TRY(scenario_expectations_read(r, root, s, d));
    return scenario_processes_check(s, d);
}

enum err scenario_read(struct arena *a, const char *path, struct scenario **ret_scenario,
                       struct diag *d)
{
    struct str text;
    struct json *root;
    TRY(file_read(a, path, &text, d));
    struct diag why = DIAG_INIT;
    if (yaml_parse(a, text, &root, &why) != ERR_OK) {
        return fail(d, why.code, "%s:%s", path, why.msg);
    }
    struct scenario *s = NEW(a, struct scenario);
    s->file = str_copy(a, str_of(path));
    s->root = root;
    struct reading r = {.arena = a, .file = s->file};
    TRY(scenario_fill(&r, root, s, d));
    *ret_scenario = s;
    return ERR_OK;
}
