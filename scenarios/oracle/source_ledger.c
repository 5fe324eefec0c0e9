/* source_ledger.c -- What the source meant to send and what was acknowledged to it. No fault
 * reaches it.
 */
#include "oracle_parts.h"

#include <stdarg.h>
#include "base/text_format.h"
#include "pipeline/capture_codec.h"

#define STORY_BYTES_MAX 600

struct oracle *oracle_new(struct arena *a, const struct oracle_options *options)
{
    struct oracle *o = NEW(a, struct oracle);
    *o = (struct oracle){.arena = a, .in = *options};
    o->scratch = arena_child(a, "oracle's check", ARENA_TASK_BYTES_MAX);
    o->decoder = record_decoder_new(a, options->def);
    o->captures = capture_codec_new(a);
    o->by_payload = map_new(a);
    o->shards = map_new(a);
    o->stored = map_new(a);
    o->raw = map_new(a);
    o->alerts = map_new(a);
    o->committed = map_new(a);
    o->end = &o->first;
    o->raw_end = &o->raw_first;
    return o;
}

void oracle_miscounted(struct oracle *o)
{
    o->miscounted = true;
}

void oracle_warehouse(struct oracle *o, struct warehouse *w)
{
    o->in.warehouse = w;
}

struct oracle_event *oracle_intend(struct oracle *o, struct str payload, bool malformed, bool late)
{
    struct oracle_event *event = map_get(o->by_payload, payload);
    if (event == NULL) {
        event = NEW(o->arena, struct oracle_event);
        *event = (struct oracle_event){
            .payload = str_copy(o->arena, payload), .malformed = malformed, .late = late};
        struct record_origin nowhere = {.object = STR_EMPTY, .ordinal = 0};
        event->row = record_decode(o->decoder, event->payload, nowhere, o->arena);
        map_put(o->by_payload, payload, event);
        *o->end = event;
        o->end = &event->next;
        o->late += late ? 1 : 0;
    }
    event->intended++;
    o->produced++;
    o->unacknowledged++;
    return event;
}

bool oracle_acknowledge(struct oracle *o, struct oracle_event *event)
{
    ASSERT(event->acknowledged < event->intended);
    event->acknowledged++;
    o->acknowledged++;
    o->unacknowledged--;
    return event->acknowledged == 1;
}

const struct row *oracle_event_row(const struct oracle_event *event)
{
    return &event->row;
}

/* ---- findings ---- */

const char *row_class_name(enum row_class c)
{
    static const char *const names[ROW_CLASS_COUNT] = {
        "lost", "duplicated", "unexpected", "recovered", "corrupted", "stale", "overtaken"};
    return names[c];
}

bool oracle_is_well(const struct oracle_finding *f)
{
    return f->story.len == 0;
}

void finding_add(struct oracle *o, struct oracle_finding *f, enum row_class c, const char *format,
                 ...)
{
    f->rows[c]++;
    if (c == ROW_RECOVERED || f->story.len > 0) {
        return;
    }
    char text[STORY_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)format_text(text, sizeof(text), format, args);
    va_end(args);
    f->story = str_copy(o->arena, str_of(text));
}

/* ---- events ---- */

bool event_is_row(const struct oracle_event *event)
{
    return !event->malformed && event->row.fate == RECORD_ROW;
}

struct str event_name(const struct oracle_event *event)
{
    return event->row.event_id.len > 0 ? event->row.event_id : str_slice(event->payload, 0, 60);
}

struct str day_text(struct arena *a, int64_t us)
{
    struct buf day;
    buf_init(&day, a, 32);
    instant_date(&day, us);
    return buf_str(&day);
}

size_t column_find(const struct definition *def, struct str name)
{
    for (size_t i = 0; i < def->column_count; i++) {
        if (str_eq(def->columns[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

enum err oracle_query(struct oracle *o, struct str sql, struct warehouse_result *ret_rows,
                      struct diag *d)
{
    return warehouse_query(o->in.warehouse, sql, NULL, 0, o->scratch, ret_rows, d);
}

/* A cell as the adapter sent it against a value as the pipeline decoded it. */
bool value_same(const struct warehouse_value *expected, const struct warehouse_value *found)
{
    struct diag ignored = DIAG_INIT;
    int64_t number = 0;
    if (expected->type == WAREHOUSE_NULL || found->type == WAREHOUSE_NULL) {
        return expected->type == found->type;
    }
    switch (expected->type) {
    case WAREHOUSE_TEXT:
        return found->type == WAREHOUSE_TEXT && str_eq(expected->text, found->text);
    case WAREHOUSE_TIMESTAMP:
        if (found->type == WAREHOUSE_TEXT) {
            return instant_parse(found->text, &number, &ignored) == ERR_OK &&
                   number == expected->i64;
        }
        return found->i64 == expected->i64;
    case WAREHOUSE_BOOL:
        if (found->type == WAREHOUSE_TEXT) {
            return str_starts(found->text, expected->i64 != 0 ? STR("t") : STR("f"));
        }
        return found->i64 == expected->i64;
    case WAREHOUSE_I64:
    case WAREHOUSE_DECIMAL:
        return warehouse_decimal(found, expected->scale, &number, &ignored) == ERR_OK &&
               number == expected->i64;
    case WAREHOUSE_NULL:
        break;
    }
    return false;
}
