/* subset.c -- Records are written in a shape that reads as they did: a capture with what rides
 * beside each record, JSON one after another, a CSV or log behind its first line. */
#include "subset.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include "base/limits.h"
#include "inputs.h"
#include "pipeline/capture.h"

#define PATH_BYTES_MAX 4096

static void empty(const char *folder)
{
    char path[PATH_BYTES_MAX];
    DIR *found = opendir(folder);
    const struct dirent *entry;
    while (found != NULL && (entry = readdir(found)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') {
            (void)unlink(path);
        }
    }
    if (found != NULL) {
        closedir(found);
    }
}

void subset_remove(const char *folder)
{
    empty(folder);
    (void)rmdir(folder);
}

/* Files keep the source's order: a number, then the last part of the key. */
static const char *path_of(struct arena *a, const char *folder, const struct source *source,
                           size_t index)
{
    struct str key = source->objects[index].key;
    size_t slash = str_find_last(key, '/');
    struct str name = slash == STR_NONE ? key : str_from(key, slash + 1);
    return str_z(a, str_printf(a, "%s/%07zu-%.*s", folder, index, STR_ARG(name)));
}

static enum err write_whole(const char *folder, const struct source *source, size_t index,
                            struct diag *d)
{
    struct arena *a = arena_new("subset object", GIB);
    struct str bytes;
    enum err err = source_fetch(source, &source->objects[index], a, &bytes, d);
    if (err == ERR_OK) {
        err = inputs_write(path_of(a, folder, source, index), bytes, d);
    }
    arena_free(a);
    return err;
}

/* ---- records ---- */

struct writing {
    struct buf out;                 /* all but captures */
    struct capture_record *records; /* captures */
    size_t count;
    bool capture;
};

/* The first line, where it names the fields. */
static enum err write_header(struct arena *a, struct str bytes, const struct reader_form *form,
                             enum reader_format format, struct buf *out, struct diag *d)
{
    struct str text;
    bool csv = format == READER_CSV && form->csv.names.len == 0;
    if (!csv && format != READER_VPC_FLOW) {
        return ERR_OK;
    }
    TRY(reader_inflate(a, bytes, &text, d));
    struct str line = str_slice(text, 0, str_find(text, '\n'));
    if (csv || (line.len > 0 && (line.ptr[0] < '0' || line.ptr[0] > '9'))) {
        buf_add(out, line);
        buf_add_char(out, '\n');
    }
    return ERR_OK;
}

static void write_record(struct writing *w, struct arena *a, const struct reader_record *record)
{
    if (w->capture) {
        w->records[w->count++] = (struct capture_record){
            .sequence_number = str_copy(a, record->sequence_number),
            .partition_key = str_copy(a, record->partition_key),
            .arrived_us = record->arrived_us,
            .data = str_copy(a, record->data),
        };
        return;
    }
    buf_add(&w->out, record->data);
    buf_add_char(&w->out, '\n');
}

static enum err copy_records(struct arena *a, struct reader *r, const struct subset *s,
                             struct writing *w, struct diag *d)
{
    struct reader_record record;
    struct arena *scratch = arena_child(a, "subset record", ARENA_TASK_BYTES_MAX);
    for (uint64_t i = 0; i < s->record + s->records; i++) {
        arena_reset(scratch);
        TRY(reader_next(r, scratch, &record, d));
        if (i >= s->record) {
            write_record(w, a, &record);
        }
    }
    return ERR_OK;
}

static enum err write_records(struct arena *a, const char *folder, const struct source *source,
                              const struct reader_form *form, const struct subset *s,
                              struct diag *d)
{
    struct str bytes;
    struct reader *r;
    struct writing w = {0};
    TRY(source_fetch(source, &source->objects[s->to], a, &bytes, d));
    TRY(reader_open(a, bytes, form, &r, d));
    w.capture = reader_format(r) == READER_CAPTURE;
    w.records = NEW_ARRAY(a, struct capture_record, s->records);
    buf_init(&w.out, a, GIB);
    TRY(write_header(a, bytes, form, reader_format(r), &w.out, d));
    TRY(copy_records(a, r, s, &w, d));
    struct str text = w.capture ? capture_write(a, w.records, w.count) : buf_str(&w.out);
    return inputs_write(path_of(a, folder, source, s->to), text, d);
}

enum err subset_write(const char *folder, const struct source *source,
                      const struct reader_form *form, const struct subset *subset, struct diag *d)
{
    enum err err = ERR_OK;
    empty(folder);
    for (size_t i = subset->from; err == ERR_OK && i < subset->to; i++) {
        err = write_whole(folder, source, i, d);
    }
    if (err == ERR_OK && subset->records > 0) {
        struct arena *a = arena_new("subset records", ARENA_PROCESS_BYTES_MAX);
        err = write_records(a, folder, source, form, subset, d);
        arena_free(a);
    }
    return err;
}

enum err subset_count(struct arena *a, const struct source *source, size_t object,
                      const struct reader_form *form, uint64_t nth, uint64_t *ret_count,
                      struct str *ret_record, struct diag *d)
{
    struct arena *task = arena_new("subset count", ARENA_PROCESS_BYTES_MAX);
    struct str bytes;
    struct reader *r;
    struct reader_record record;
    uint64_t count = 0;
    enum err err = source_fetch(source, &source->objects[object], task, &bytes, d);
    err = err == ERR_OK ? reader_open(task, bytes, form, &r, d) : err;
    while (err == ERR_OK && (err = reader_next(r, task, &record, d)) == ERR_OK) {
        if (count++ == nth) {
            *ret_record = str_copy(a, str_slice(record.data, 0, 2000));
        }
    }
    arena_free(task);
    *ret_count = count;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
