/* recording_folder.c -- Objects under dt=YYYY-MM-DD/hh=HH/, each whole or not there, `_stream` that
 * says of which stream they are, and manifest.tsv. */
#include "recording_parts.h"

#include <stdio.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "inputs.h"

static const char *manifest_path(struct recording *r)
{
    return str_z(r->arena, str_printf(r->arena, "%s/manifest.tsv", r->options->folder));
}

/* Under another name first: an object is whole or not there. */
static enum err write_whole(struct arena *a, struct str path, struct str bytes, struct diag *d)
{
    const char *part = str_z(a, str_printf(a, "%.*s.part", STR_ARG(path)));
    TRY(inputs_folders(a, path, d));
    TRY(inputs_write(part, bytes, d));
    return rename(part, str_z(a, path)) == 0
               ? ERR_OK
               : fail(d, ERR_UNAVAILABLE, "%.*s: could not be written", STR_ARG(path));
}

static struct str key_of(struct arena *a, const struct recorded_shard *s)
{
    struct buf key;
    const struct capture_record *first = &s->records[0];
    buf_init(&key, a, 4096);
    buf_add_z(&key, "dt=");
    instant_date(&key, first->arrived_us);
    buf_add_z(&key, "/hh=");
    instant_hour(&key, first->arrived_us);
    buf_addf(&key, "/%.*s-%.*s.ndjson.zst", STR_ARG(s->id), STR_ARG(first->sequence_number));
    return buf_str(&key);
}

static void note_row(struct recording *r, struct arena *a, struct str key,
                     const struct capture_record *records, size_t count)
{
    uint8_t sum[DIGEST_BYTES_MAX];
    size_t bytes = 0;
    struct digest *g = digest_new(a, DIGEST_SHA256);
    for (size_t i = 0; i < count; i++) {
        digest_add(g, records[i].data);
        digest_add(g, STR("\n"));
        bytes += records[i].data.len + 1;
    }
    digest_end(g, sum);
    buf_addf(&r->manifest, "%.*s\t%zu\t%zu\t", STR_ARG(key), count, bytes);
    encode_hex(&r->manifest, str_n((const char *)sum, digest_bytes(DIGEST_SHA256)));
    buf_add_char(&r->manifest, '\n');
}

static void note_object(struct recording *r, const struct recorded_shard *s, struct str key)
{
    note_row(r, s->arena, key, s->records, s->count);
    r->result.objects++;
    r->result.records += s->count;
    r->result.bytes += s->bytes;
}

enum err recording_folder_put(struct recording *r, struct recorded_shard *s, struct diag *d)
{
    if (s->count == 0) {
        return ERR_OK;
    }
    struct str key = key_of(s->arena, s);
    struct str path = str_printf(s->arena, "%s/%.*s", r->options->folder, STR_ARG(key));
    TRY(write_whole(s->arena, path, capture_write(s->arena, s->records, s->count), d));
    note_object(r, s, key);
    arena_reset(s->arena);
    s->records = NULL;
    s->count = s->bytes = 0;
    return ERR_OK;
}

/* Sequence numbers are whole numbers of up to 128 digits. */
static bool is_later(struct str sequence, struct str than)
{
    return sequence.len != than.len ? sequence.len > than.len : str_cmp(sequence, than) > 0;
}

static void note_last(struct recording *r, struct str key, struct str sequence)
{
    size_t slash = str_find_last(key, '/');
    struct str name = slash == STR_NONE ? key : str_from(key, slash + 1);
    size_t dash = str_find_last(name, '-');
    struct str shard = str_copy(r->arena, str_slice(name, 0, dash == STR_NONE ? 0 : dash));
    const struct str *last = map_get(r->recorded, shard);
    if (last == NULL || is_later(sequence, *last)) {
        struct str *kept = NEW(r->arena, struct str);
        *kept = str_copy(r->arena, sequence);
        map_put(r->recorded, shard, kept);
    }
}

static enum err take_up_object(struct recording *r, const struct source *source,
                               const struct source_object *object, struct arena *a, struct diag *d)
{
    struct str bytes;
    struct capture_record *records;
    size_t count;
    TRY(source_fetch(source, object, a, &bytes, d));
    TRY(capture_read(a, bytes, &records, &count, d));
    note_row(r, a, object->key, records, count);
    note_last(r, object->key, records[count - 1].sequence_number);
    return ERR_OK;
}

/* All of it is read, since a recorder that was killed has left no manifest. */
static enum err take_up(struct recording *r, const struct source *source, struct diag *d)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct source_object *object = &source->objects[i];
        if (str_ends(object->key, STR(".part"))) {
            struct str path = str_join(r->arena, source->root, object->key);
            (void)unlink(str_z(r->arena, path));
            continue;
        }
        struct arena *a = arena_new("recorded object", ARENA_PROCESS_BYTES_MAX);
        enum err err = take_up_object(r, source, object, a, d);
        arena_free(a);
        if (err != ERR_OK) {
            return diag_context(d, "%.*s", STR_ARG(object->key));
        }
    }
    return ERR_OK;
}

/* The folder's own note says of which stream it is. */
static const char *note_path(struct recording *r)
{
    return str_z(r->arena, str_printf(r->arena, "%s/_stream", r->options->folder));
}

static enum err check_stream(struct recording *r, bool has_manifest, struct diag *d)
{
    struct str stream;
    if (access(note_path(r), F_OK) != 0) {
        return has_manifest
                   ? fail(d, ERR_CONFLICT,
                          "%s has a manifest already, and of which stream it is is not known",
                          r->options->folder)
                   : ERR_OK;
    }
    TRY(inputs_file(r->arena, note_path(r), 64 * KIB, &stream, d));
    return str_eq(str_trim(stream), r->options->stream)
               ? ERR_OK
               : fail(d, ERR_CONFLICT, "%s holds a recording of stream %.*s", r->options->folder,
                      STR_ARG(str_trim(stream)));
}

static enum err resume(struct recording *r, struct diag *d)
{
    struct source source;
    struct diag why = DIAG_INIT;
    TRY(check_stream(r, access(manifest_path(r), F_OK) == 0, d));
    if (access(note_path(r), F_OK) != 0) {
        return ERR_OK;
    }
    enum err err = source_open(r->arena, str_of(r->options->folder), NULL, &source, &why);
    if (err == ERR_NOT_FOUND) { /* it was killed before its first object */
        return ERR_OK;
    }
    if (err != ERR_OK) {
        *d = why;
        return err;
    }
    return take_up(r, &source, d);
}

enum err recording_folder_open(struct recording *r, struct diag *d)
{
    buf_init(&r->manifest, r->arena, GIB);
    buf_add_z(&r->manifest, "key\trecords\traw_bytes\tsha256_of_raw\n");
    if (r->options->resume) {
        return resume(r, d);
    }
    return access(manifest_path(r), F_OK) == 0
               ? fail(d, ERR_CONFLICT, "%s is there already", manifest_path(r))
               : ERR_OK;
}

enum err recording_folder_begin(struct recording *r, struct diag *d)
{
    if (!r->options->resume) {
        return ERR_OK;
    }
    struct str text = str_join(r->arena, r->options->stream, STR("\n"));
    TRY(write_whole(r->arena, str_of(note_path(r)), text, d));
    (void)unlink(manifest_path(r));
    return ERR_OK;
}

enum err recording_folder_end(struct recording *r, struct diag *d)
{
    return write_whole(r->arena, str_of(manifest_path(r)), buf_str(&r->manifest), d);
}
