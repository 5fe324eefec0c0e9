#include "replay/outcome.h"

#include "base/instant.h"
#include "base/json.h"

static void write_counts(struct json_out *w, const struct player_result *played)
{
    const struct loaded_counts *c = &played->counts;
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"objects", played->objects},
                  {"objects_loaded_before", played->loaded_before},
                  {"objects_not_asked_for", played->objects_passed},
                  {"bytes", played->bytes},
                  {"raw_bytes", played->raw_bytes},
                  {"records", c->records},
                  {"records_not_asked_for", played->records_passed},
                  {"rows", c->rows},
                  {"duplicates", c->duplicates},
                  {"filtered", c->filtered},
                  {"quarantined", c->quarantined}};
    json_out_key(w, "counts");
    json_out_object(w);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_out_ki64(w, counts[i].name, (int64_t)counts[i].count);
    }
    json_out_object_end(w);
}

static void write_problems(struct json_out *w, const struct player_result *played)
{
    json_out_key(w, "problems");
    json_out_array(w);
    for (size_t i = 0; i < played->problem_count; i++) {
        json_out_object(w);
        json_out_kstr(w, "object", played->problems[i].object);
        json_out_kstr(w, "problem", played->problems[i].text);
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void write_differences(struct json_out *w, const struct expect_result *checked)
{
    json_out_ki64(w, "checked", (int64_t)checked->checked);
    json_out_key(w, "differences");
    json_out_array(w);
    for (size_t i = 0; i < checked->count; i++) {
        const struct expect_line *line = &checked->lines[i];
        json_out_object(w);
        json_out_kstr(w, "what", line->what);
        json_out_kstr(w, "group", line->group);
        json_out_kstr(w, "expected", line->expected);
        json_out_kstr(w, "found", line->found);
        json_out_kstr(w, "difference", line->difference);
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

void outcome_json(struct buf *out, const char *kind, const struct definition *def,
                  const struct player_result *played, const struct expect_result *checked)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_kstr(&w, "kind", str_of(kind));
    json_out_kstr(&w, "pipeline", def->name);
    write_counts(&w, played);
    json_out_ki64(&w, "elapsed_ms", played->elapsed_us / US_PER_MS);
    write_problems(&w, played);
    write_differences(&w, checked);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}
