#include "scenarios/runner/seed_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

#define FILE_BYTES_MAX (1024 * MIB)
#define LINE_BYTES_MAX (256 * KIB)

/* The whole file; a missing one is empty. */
static enum err text_read(struct arena *a, const char *path, struct str *ret_text, struct diag *d)
{
    FILE *file = fopen(path, "rb");
    struct buf text;
    buf_init(&text, a, FILE_BYTES_MAX);
    for (size_t got = 1; file != NULL && got > 0 && text.len < FILE_BYTES_MAX - MIB;) {
        char *room = buf_reserve(&text, 64 * KIB);
        got = fread(room, 1, 64 * KIB, file);
        buf_commit(&text, got);
    }
    bool failed = file == NULL ? errno != ENOENT : ferror(file) != 0;
    if (file != NULL) {
        fclose(file);
    }
    *ret_text = buf_str(&text);
    return failed ? fail(d, ERR_INVALID, "%s: cannot be read", path) : ERR_OK;
}

/* ---- the corpus ---- */

static bool is_among(const uint64_t *seeds, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) {
        if (seeds[i] == seed) {
            return true;
        }
    }
    return false;
}

/* "SCENARIO SEED": a name may have spaces, a seed has none. */
static bool corpus_line(struct str line, struct str *ret_name, uint64_t *ret_seed)
{
    struct diag why = DIAG_INIT;
    size_t space = str_find_last(line, ' ');
    *ret_name = str_slice(line, 0, space == STR_NONE ? 0 : space);
    return ret_name->len > 0 && str_u64(str_from(line, space + 1), ret_seed, &why) == ERR_OK;
}

enum err corpus_read(struct arena *a, const char *path, struct str scenario,
                     const uint64_t **ret_seeds, size_t *ret_count, struct diag *d)
{
    struct str text, line, name;
    uint64_t *seeds = NEW_ARRAY(a, uint64_t, CORPUS_SEEDS_MAX), seed = 0;
    size_t count = 0;
    TRY(text_read(a, path, &text, d));
    for (size_t at = 1; str_cut(&text, '\n', &line); at++) {
        if (line.len == 0) {
            continue;
        }
        if (!corpus_line(line, &name, &seed)) {
            return fail(d, ERR_INVALID, "%s:%zu: a line of a corpus is a scenario and a seed", path,
                        at);
        }
        if (str_eq(name, scenario) && count < CORPUS_SEEDS_MAX && !is_among(seeds, count, seed)) {
            seeds[count++] = seed;
        }
    }
    *ret_seeds = seeds;
    *ret_count = count;
    return ERR_OK;
}

enum err corpus_add(struct arena *a, const char *path, struct str scenario,
                    const struct sweep_result *result, struct diag *d)
{
    const uint64_t *there;
    size_t count;
    TRY(corpus_read(a, path, scenario, &there, &count, d));
    if (result->failure_count == 0) {
        return ERR_OK;
    }
    FILE *file = fopen(path, "ab");
    if (file == NULL) {
        return fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    for (size_t i = 0; i < result->failure_count; i++) {
        uint64_t seed = result->failures[i].seed;
        bool failed = result->failures[i].verdict != VERDICT_UNKNOWN;
        if (failed && !is_among(there, count, seed)) {
            fprintf(file, "%.*s %llu\n", STR_ARG(scenario), (unsigned long long)seed);
        }
    }
    return fclose(file) == 0 ? ERR_OK : fail(d, ERR_INVALID, "%s: %s", path, strerror(errno));
}

/* ---- the log: writing ---- */

static void details_write(struct json_out *w, const struct scenario *s,
                          const struct sweep_seed *seed, size_t rule_count)
{
    json_out_key(w, "fired");
    json_out_array(w);
    for (size_t i = 0; i < rule_count && seed->rule_fired != NULL; i++) {
        json_out_i64(w, (int64_t)seed->rule_fired[i]);
    }
    json_out_array_end(w);
    json_out_key(w, "occurred");
    json_out_array(w);
    for (size_t i = 0; i < s->expectation_count && seed->occurred != NULL; i++) {
        json_out_i64(w, seed->occurred[i] ? 1 : 0);
    }
    json_out_array_end(w);
    json_out_key(w, "standings");
    json_out_array(w);
    for (size_t i = 0; i < s->expectation_count && seed->standings != NULL; i++) {
        json_out_i64(w, (int64_t)seed->standings[i]);
    }
    json_out_array_end(w);
}

void seed_log_write(FILE *file, const struct scenario *scenario, const struct sweep_seed *seed,
                    size_t rule_count)
{
    struct arena *a = arena_new("line", 4 * LINE_BYTES_MAX);
    struct buf text;
    struct json_out w;
    buf_init(&text, a, LINE_BYTES_MAX);
    json_out_init(&w, &text);
    json_out_object(&w);
    json_out_kstr(&w, "scenario", scenario->name);
    json_out_kstr(&w, "file", scenario->file);
    json_out_ki64(&w, "seed", (int64_t)seed->seed);
    json_out_kstr(&w, "verdict", str_of(verdict_name(seed->verdict)));
    json_out_kstr(&w, "story", seed->story);
    json_out_ki64(&w, "faults", (int64_t)seed->faults);
    json_out_ki64(&w, "crashes", (int64_t)seed->crashes);
    json_out_ki64(&w, "acknowledged", (int64_t)seed->acknowledged);
    json_out_ki64(&w, "virtual_us", seed->virtual_us);
    json_out_ki64(&w, "cpu_us", seed->cpu_us);
    details_write(&w, scenario, seed, rule_count);
    json_out_object_end(&w);
    buf_add_char(&text, '\n');
    (void)fwrite(text.ptr, 1, text.len, file); /* a full disk is told of at fclose */
    (void)fflush(file);                        /* what was done is not done again after a kill */
    arena_free(a);
}

/* ---- the log: reading ---- */

static int64_t number_of(const struct json *node)
{
    int64_t value = 0;
    struct diag ignored = DIAG_INIT;
    return node != NULL && str_i64(node->text, &value, &ignored) == ERR_OK ? value : 0;
}

static int64_t member_of(const struct json *line, const char *key)
{
    return number_of(json_get(line, str_of(key)));
}

/* The numbers of a list of exactly `count`; NULL: it is another. */
static int64_t *list_of(struct arena *a, const struct json *line, const char *key, size_t count)
{
    const struct json *list = json_get(line, str_of(key));
    if (!json_is(list, JSON_IS_ARRAY) || list->count != count) {
        return NULL;
    }
    int64_t *values = NEW_ARRAY(a, int64_t, count);
    size_t at = 0;
    for (const struct json *item = list->first; item != NULL; item = item->next) {
        values[at++] = number_of(item);
    }
    return values;
}

static bool lists_read(struct arena *a, const struct json *line, size_t expectation_count,
                       size_t rule_count, struct sweep_seed *seed)
{
    const int64_t *fired = list_of(a, line, "fired", rule_count);
    const int64_t *occurred = list_of(a, line, "occurred", expectation_count);
    const int64_t *standings = list_of(a, line, "standings", expectation_count);
    if (fired == NULL || occurred == NULL || standings == NULL) {
        return false;
    }
    uint64_t *counts = NEW_ARRAY(a, uint64_t, rule_count);
    bool *did = NEW_ARRAY(a, bool, expectation_count);
    enum run_standing *stand = NEW_ARRAY(a, enum run_standing, expectation_count);
    for (size_t i = 0; i < rule_count; i++) {
        counts[i] = (uint64_t)fired[i];
    }
    for (size_t i = 0; i < expectation_count; i++) {
        did[i] = occurred[i] != 0;
        stand[i] = (enum run_standing)standings[i];
    }
    seed->rule_fired = counts;
    seed->occurred = did;
    seed->standings = stand;
    return true;
}

static bool verdict_parse(struct str name, enum verdict *ret_verdict)
{
    for (int v = VERDICT_PASS; v <= VERDICT_UNKNOWN; v++) {
        if (str_eq(name, str_of(verdict_name((enum verdict)v)))) {
            *ret_verdict = (enum verdict)v;
            return true;
        }
    }
    return false;
}

static int seed_cmp(const void *left, const void *right)
{
    const struct sweep_seed *a = left, *b = right;
    return a->seed < b->seed ? -1 : a->seed > b->seed ? 1 : 0;
}

/* Several lines of one seed tell of the same run. */
static size_t seeds_sort(struct sweep_seed *seeds, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(seeds, count, sizeof(*seeds), seed_cmp);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || seeds[kept - 1].seed != seeds[i].seed) {
            seeds[kept++] = seeds[i];
        }
    }
    return kept;
}

static struct sweep_seed seed_of(const struct json *line)
{
    return (struct sweep_seed){.seed = (uint64_t)member_of(line, "seed"),
                               .story = json_str(json_get(line, STR("story"))),
                               .faults = (uint64_t)member_of(line, "faults"),
                               .crashes = (uint64_t)member_of(line, "crashes"),
                               .acknowledged = (uint64_t)member_of(line, "acknowledged"),
                               .virtual_us = member_of(line, "virtual_us"),
                               .cpu_us = member_of(line, "cpu_us")};
}

enum err seed_log_read(struct arena *a, const char *path, const struct scenario *scenario,
                       const struct seed_range *range, const struct sweep_seed **ret_seeds,
                       size_t *ret_count, struct diag *d)
{
    struct str text, line;
    TRY(text_read(a, path, &text, d));
    size_t lines = 1, count = 0;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n' ? 1 : 0;
    }
    struct sweep_seed *seeds = NEW_ARRAY(a, struct sweep_seed, lines);
    for (size_t at = 1; str_cut(&text, '\n', &line); at++) {
        struct json *node;
        struct diag why = DIAG_INIT;
        if (json_parse(a, line, &node, &why) != ERR_OK ||
            !str_eq(json_str(json_get(node, STR("scenario"))), scenario->name)) {
            continue;
        }
        struct sweep_seed *seed = &seeds[count];
        *seed = seed_of(node);
        bool in = seed->seed >= range->first && seed->seed <= range->last;
        bool crashed = verdict_parse(json_str(json_get(node, STR("verdict"))), &seed->verdict) &&
                       seed->verdict == VERDICT_CRASH;
        if (!lists_read(a, node, scenario->expectation_count, range->rule_count, seed) &&
            !crashed) {
            return fail(d, ERR_INVALID, "%s:%zu: this seed ran with other faults or expectations",
                        path, at);
        }
        count += in && seed->verdict != VERDICT_UNKNOWN; /* of which nothing was said: again */
    }
    *ret_count = seeds_sort(seeds, count);
    *ret_seeds = seeds;
    return ERR_OK;
}
