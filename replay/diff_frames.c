/* diff_frames.c -- In which zstd frame of a capture a record stands that differs: found again by
 * counting, for the records that are shown alone. */
#include "diff_parts.h"

#include "base/limits.h"
#include "pipeline/aggregated.h"
#include "pipeline/capture.h"

/* The records of each frame, those that the producer library packed counted one by one. NULL: no
 * capture. */
static enum err frames_count(struct arena *a, struct str bytes, uint64_t **ret_counts,
                             size_t *ret_count, struct diag *d)
{
    struct capture_cursor *cursor;
    const struct capture_record *records;
    size_t count, cap = 0;
    enum err err;
    *ret_counts = NULL;
    *ret_count = 0;
    if (!capture_is(bytes)) {
        return ERR_OK;
    }
    TRY(capture_cursor_open(a, bytes, &cursor, d));
    struct arena *frame = arena_child(a, "diff frame", ARENA_TASK_BYTES_MAX);
    while ((err = capture_cursor_next(cursor, frame, &records, &count, d)) == ERR_OK) {
        aggregated_expand(frame, &records, &count);
        if (*ret_count == cap) {
            size_t more = cap == 0 ? 64 : 2 * cap;
            *ret_counts =
                arena_grow(a, *ret_counts, cap * sizeof(uint64_t), more * sizeof(uint64_t));
            cap = more;
        }
        (*ret_counts)[(*ret_count)++] = count;
        arena_reset(frame);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void find_frame(struct diff_line *line, const uint64_t *counts, size_t count)
{
    uint64_t before = 0;
    for (size_t i = 0; i < count && line->frame == DIFF_NO_FRAME; i++) {
        before += counts[i];
        line->frame = line->ordinal < before ? i : DIFF_NO_FRAME;
    }
}

static const struct source_object *object_of(const struct source *source, struct str key)
{
    for (size_t i = 0; source != NULL && i < source->count; i++) {
        if (str_eq(source->objects[i].key, key)) {
            return &source->objects[i];
        }
    }
    return NULL;
}

/* All lines of one object of one side. */
static enum err frames_of(const struct diff_side *side, struct diff_result *r, size_t first,
                          struct diag *d)
{
    struct str key = r->lines[first].object, bytes;
    bool extra = r->lines[first].kind == DIFF_EXTRA;
    const struct source_object *object = object_of(side->source, key);
    struct arena *a = arena_new("diff frames", ARENA_PROCESS_BYTES_MAX);
    uint64_t *counts = NULL;
    size_t count = 0;
    enum err err = ERR_OK;
    if (object != NULL && side->format.kind <= READER_CAPTURE) {
        err = source_fetch(side->source, object, a, &bytes, d);
        err = err == ERR_OK ? frames_count(a, bytes, &counts, &count, d) : err;
    }
    for (size_t i = first; i < r->line_count && err == ERR_OK; i++) {
        struct diff_line *line = &r->lines[i];
        if (str_eq(line->object, key) && (line->kind == DIFF_EXTRA) == extra) {
            find_frame(line, counts, count);
            line->looked_for = true;
        }
    }
    arena_free(a);
    return err;
}

enum err diff_frames(const struct diff_side sides[2], struct diff_result *r, struct diag *d)
{
    for (size_t i = 0; i < r->line_count; i++) {
        if (!r->lines[i].looked_for) {
            TRY(frames_of(&sides[r->lines[i].kind == DIFF_EXTRA], r, i, d));
        }
    }
    return ERR_OK;
}
