#include "pace_order.h"

#include <stdlib.h>
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/capture.h"

struct timed {
    int64_t moment_us;
    const struct source_object *object;
};

static bool may_be_capture(const struct source_object *object, enum reader_format format)
{
    return format == READER_CAPTURE ||
           (format == READER_DETECT && str_ends(object->key, STR(".zst")));
}

static enum err last_arrival(struct arena *a, const struct source *source,
                             const struct source_object *object, int64_t *ret_us, struct diag *d)
{
    struct str bytes;
    struct capture_cursor *cursor;
    int64_t first_us;
    TRY(source_fetch(source, object, a, &bytes, d));
    if (!capture_was(bytes)) {
        return fail(d, ERR_UNSUPPORTED, "no capture");
    }
    TRY(capture_cursor_open(a, bytes, &cursor, d));
    return capture_cursor_arrivals(cursor, a, &first_us, ret_us, d);
}

static enum err moment_of(const struct source *source, const struct source_object *object,
                          enum reader_format format, int64_t *ret_us, struct diag *d)
{
    struct diag why = DIAG_INIT;
    *ret_us = object->arrived_us;
    if (*ret_us != INSTANT_NEVER || !may_be_capture(object, format)) {
        return ERR_OK;
    }
    struct arena *a = arena_new("pace object", ARENA_PROCESS_BYTES_MAX);
    enum err err = last_arrival(a, source, object, ret_us, &why);
    arena_free(a);
    if (err == ERR_OK || !err_is_transient(err)) {
        return ERR_OK; /* what is wrong with it is told when it is its turn */
    }
    return fail(d, err, "%.*s: %s", STR_ARG(object->key), why.msg);
}

static int timed_cmp(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->moment_us != y->moment_us) {
        return x->moment_us < y->moment_us ? -1 : 1;
    }
    return x->object < y->object ? -1 : x->object > y->object;
}

enum err pace_order(struct arena *a, const struct source *source, enum reader_format format,
                    struct source *ret_source, struct diag *d)
{
    struct timed *order = NEW_ARRAY(a, struct timed, source->count);
    struct source_object *objects = NEW_ARRAY(a, struct source_object, source->count);
    int64_t before_us = INT64_MIN;
    for (size_t i = 0; i < source->count; i++) {
        int64_t moment_us;
        TRY(moment_of(source, &source->objects[i], format, &moment_us, d));
        before_us = moment_us == INSTANT_NEVER ? before_us : moment_us;
        order[i] = (struct timed){before_us, &source->objects[i]};
    }
    if (source->count > 0) {
        qsort(order, source->count, sizeof(order[0]), timed_cmp);
    }
    for (size_t i = 0; i < source->count; i++) {
        objects[i] = *order[i].object;
    }
    *ret_source = *source;
    ret_source->objects = objects;
    return ERR_OK;
}
