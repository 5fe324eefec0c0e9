#include "base/decimal.h"
#include "base/json.h"
#include "replay/diff.h"

static const char *const kinds[] = {"missing", "extra", "altered"};

static void write_counts(struct json_out *w, const uint64_t counts[DIFF_KIND_COUNT])
{
    for (size_t i = 0; i < DIFF_KIND_COUNT; i++) {
        json_out_ki64(w, kinds[i], (int64_t)counts[i]);
    }
}

static void write_sums(struct json_out *w, struct arena *a, const struct definition *def,
                       const int64_t *sums)
{
    json_out_key(w, "sums");
    json_out_object(w);
    for (size_t i = 0; i < def->sum_count; i++) {
        const struct column *c = &def->columns[def->sum_columns[i]];
        struct buf text;
        buf_init(&text, a, 64);
        decimal_text(&text, sums[i], c->type == COLUMN_DECIMAL ? c->scale : 0);
        json_out_key_str(w, c->name);
        json_out_str(w, buf_str(&text));
    }
    json_out_object_end(w);
}

/* `def` NULL: without sums. */
static void write_parts(struct json_out *w, struct arena *a, const char *key, const char *name,
                        const struct diff_part *parts, size_t count, const struct definition *def)
{
    json_out_key(w, key);
    json_out_array(w);
    for (size_t i = 0; i < count; i++) {
        json_out_object(w);
        json_out_kstr(w, name, parts[i].name);
        write_counts(w, parts[i].counts);
        if (def != NULL) {
            write_sums(w, a, def, parts[i].sums);
        }
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void write_line(struct json_out *w, const struct diff_line *l)
{
    json_out_object(w);
    json_out_kstr(w, "kind", str_of(kinds[l->kind]));
    json_out_kstr(w, "id", l->id);
    json_out_kstr(w, "object", l->object);
    if (l->frame != DIFF_NO_FRAME) {
        json_out_ki64(w, "frame", (int64_t)l->frame);
    }
    json_out_ki64(w, "at", (int64_t)l->ordinal);
    if (l->kind == DIFF_ALTERED) {
        json_out_kstr(w, "column", l->column);
        json_out_kstr(w, "left", l->left);
        json_out_kstr(w, "right", l->right);
    }
    json_out_object_end(w);
}

static void write_problems(struct json_out *w, const struct diff_result *r)
{
    json_out_key(w, "problems");
    json_out_array(w);
    for (size_t i = 0; i < r->problem_count; i++) {
        json_out_object(w);
        json_out_kstr(w, "side", r->problems[i].right ? STR("right") : STR("left"));
        json_out_kstr(w, "object", r->problems[i].object);
        json_out_kstr(w, "problem", r->problems[i].text);
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

void diff_json(struct buf *out, const struct definition *def, const struct diff_result *r)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_kstr(&w, "kind", STR("diff"));
    json_out_ki64(&w, "objects", (int64_t)r->objects);
    json_out_ki64(&w, "objects_equal", (int64_t)r->objects_equal);
    json_out_ki64(&w, "records_left", (int64_t)r->records[0]);
    json_out_ki64(&w, "records_right", (int64_t)r->records[1]);
    json_out_kstr(&w, "only_left", r->only_left);
    json_out_kstr(&w, "only_right", r->only_right);
    write_counts(&w, r->counts);
    write_parts(&w, out->arena, "windows", "day", r->windows, r->window_count, def);
    write_parts(&w, out->arena, "differing_objects", "object", r->parts, r->part_count, NULL);
    write_problems(&w, r);
    json_out_key(&w, "records");
    json_out_array(&w);
    for (size_t i = 0; i < r->line_count; i++) {
        write_line(&w, &r->lines[i]);
    }
    json_out_array_end(&w);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}
