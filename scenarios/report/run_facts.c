/* run_facts.c -- The timeline as data for page.js: names once, events as rows of numbers. */
#include "run_parts.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/map.h"

/* Texts by number, in the order of their first use. */
struct names {
    struct map *numbers;
    struct arena *arena;
};

static int64_t name_number(struct names *n, struct str text)
{
    int64_t *number = map_get(n->numbers, text);
    if (number == NULL) {
        number = NEW(n->arena, int64_t);
        *number = (int64_t)map_count(n->numbers);
        map_put(n->numbers, text, number);
    }
    return *number;
}

static void names_write(struct json_out *w, const char *key, const struct names *n)
{
    struct str text;
    void *value;
    json_out_key(w, key);
    json_out_array(w);
    for (size_t at = 0; map_next(n->numbers, &at, &text, &value);) {
        json_out_str(w, text);
    }
    json_out_array_end(w);
}

static void event_write(struct json_out *w, const struct timeline_event *e, struct names *calls,
                        struct names *resources, struct arena *scratch)
{
    const struct run_event *event = &e->event;
    struct str call =
        event->kind == RUN_EVENT_CALL
            ? str_printf(scratch, "%.*s:%.*s", STR_ARG(event->service), STR_ARG(event->operation))
            : STR_EMPTY;
    bool never = event->until_us == INSTANT_NEVER;
    const int64_t row[] = {(int64_t)e->mark,
                           (int64_t)e->actor,
                           event->at_us,
                           never ? -1 : event->until_us - event->at_us,
                           name_number(calls, call),
                           name_number(resources, event->resource),
                           event->status,
                           (int64_t)event->fault,
                           event->applied};
    json_out_array(w);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        json_out_i64(w, row[i]);
    }
    json_out_array_end(w);
}

static void events_write(struct json_out *w, const struct timeline_view *v, struct arena *scratch)
{
    struct names calls = {map_new(scratch), scratch}, resources = {map_new(scratch), scratch};
    json_out_key(w, "events");
    json_out_array(w);
    for (size_t i = 0; i < v->event_count; i++) {
        event_write(w, &v->events[i], &calls, &resources, scratch);
    }
    json_out_array_end(w);
    names_write(w, "calls", &calls);
    names_write(w, "resources", &resources);
}

static void sums_write(struct json_out *w, const struct timeline_view *v)
{
    json_out_key(w, "sums");
    json_out_array(w);
    for (size_t i = 0; i < v->sum_count; i++) {
        json_out_array(w);
        json_out_u64(w, v->sums[i].actor);
        json_out_u64(w, v->sums[i].bucket);
        json_out_u64(w, v->sums[i].count);
        json_out_array_end(w);
    }
    json_out_array_end(w);
}

static void words_write(struct json_out *w, const char *key, size_t count,
                        const char *(*word)(size_t i))
{
    json_out_key(w, key);
    json_out_array(w);
    for (size_t i = 0; i < count; i++) {
        json_out_str(w, str_of(word(i)));
    }
    json_out_array_end(w);
}

static const char *mark_word(size_t i)
{
    return timeline_mark_name((enum timeline_mark)i);
}

static const char *phase_word(size_t i)
{
    return fault_phase_name((enum fault_phase)i);
}

/* A record: when its copies arrived, and the objects that they are in. */
static void trails_write(struct json_out *w, const struct run_page *page)
{
    json_out_key(w, "trails");
    json_out_array(w);
    for (size_t i = 0; i < page->trail_count; i++) {
        const struct oracle_trail *trail = &page->trails[i];
        json_out_object(w);
        json_out_kstr(w, "name", trail->name);
        json_out_key(w, "at");
        json_out_array(w);
        for (size_t c = 0; c < trail->copy_count; c++) {
            json_out_i64(w, trail->copies[c].arrived_us - page->start_us);
        }
        json_out_array_end(w);
        json_out_key(w, "objects");
        json_out_array(w);
        for (size_t c = 0; c < trail->copy_count; c++) {
            json_out_str(w, trail->copies[c].object);
        }
        json_out_array_end(w);
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void all_write(struct json_out *w, const struct run_page *page, struct arena *scratch)
{
    const struct timeline_view *v = page->timeline;
    json_out_object(w);
    json_out_ki64(w, "start", page->start_us);
    json_out_ki64(w, "end", v->end_us);
    json_out_ki64(w, "heal", page->heal_us <= v->end_us ? page->heal_us : -1);
    json_out_ki64(w, "bucket", v->bucket_us);
    words_write(w, "marks", TIMELINE_MARK_COUNT, mark_word);
    words_write(w, "phases", FAULT_PHASE_COUNT, phase_word);
    json_out_key(w, "actors");
    json_out_array(w);
    for (size_t i = 0; i < v->actor_count; i++) {
        json_out_str(w, v->actors[i]);
    }
    json_out_array_end(w);
    events_write(w, v, scratch);
    sums_write(w, v);
    trails_write(w, page);
    json_out_object_end(w);
}

/* '<' is never written as itself: nothing in a text can end the script element. */
void facts_write(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    struct buf json;
    struct json_out w;
    buf_init(&json, scratch, RUN_PAGE_BYTES_MAX);
    json_out_init(&w, &json);
    all_write(&w, page, scratch);
    struct str rest = buf_str(&json);
    for (size_t at; (at = str_find(rest, '<')) != STR_NONE; rest = str_from(rest, at + 1)) {
        buf_add(out, str_slice(rest, 0, at));
        buf_add_z(out, "\\u003c");
    }
    buf_add(out, rest);
}
