#include "stored.h"

#include "aws/s3.h"
#include "base/hash.h"
#include "base/limits.h"

#define WINDOW_BYTES (256 * KIB)
#define RANGE_BYTES (8 * MIB) /* of one request; an object of no more is asked for as a whole */

/* ---- S3 ---- */

static enum err next_range(const struct source *source, struct str key, struct stored *s,
                           struct str *etag, struct arena *home, struct diag *d)
{
    struct arena *a = arena_new("range", ARENA_TASK_BYTES_MAX);
    struct s3_object part;
    int64_t at = disk_spill_size(s->spill);
    enum err err =
        s3_get_range(source->s3, source->bucket, key, at, (int64_t)RANGE_BYTES, a, &part, d);
    if (err == ERR_OK && at == 0) {
        *etag = str_copy(home, part.etag);
    }
    if (err == ERR_OK && ((uint64_t)part.size != s->size || !str_eq(part.etag, *etag))) {
        err = fail(d, ERR_CONFLICT, "replaced while it was read");
    }
    err = err == ERR_OK ? disk_spill_add(s->spill, part.body, d) : err;
    arena_free(a);
    return err;
}

static enum err fetch_ranges(struct arena *a, const struct source *source, struct str key,
                             struct str folder, struct stored *s, struct diag *d)
{
    struct str etag = STR_EMPTY;
    if (s->size > CAPTURE_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%llu bytes, at most %zu are read", (unsigned long long)s->size,
                    CAPTURE_BYTES_MAX);
    }
    TRY(disk_spill_open(a, folder, &s->spill, d));
    while ((uint64_t)disk_spill_size(s->spill) < s->size) {
        TRY(next_range(source, key, s, &etag, a, d));
    }
    return ERR_OK;
}

static enum err open_s3(struct arena *a, const struct source *source,
                        const struct source_object *object, struct str folder, struct stored *s,
                        struct diag *d)
{
    struct str key = str_join(a, source->root, object->key);
    struct s3_object head = {.size = object->size};
    if (object->size < 0) {
        TRY(s3_head(source->s3, source->bucket, key, a, &head, d));
    }
    s->size = head.size < 0 ? 0 : (uint64_t)head.size;
    if (s->size > RANGE_BYTES) {
        return fetch_ranges(a, source, key, folder, s, d);
    }
    TRY(source_fetch(source, object, a, &s->bytes, d));
    s->size = s->bytes.len;
    return ERR_OK;
}

enum err stored_open(struct arena *a, const struct source *source,
                     const struct source_object *object, struct str folder,
                     struct stored *ret_stored, struct diag *d)
{
    struct stored *s = ret_stored;
    *s = (struct stored){.bytes = STR_EMPTY};
    if (source->bucket.len > 0) {
        return open_s3(a, source, object, folder, s, d);
    }
    struct str path = str_join(a, source->root, object->key);
    TRY(disk_file_open(a, path, CAPTURE_BYTES_MAX, &s->file, d));
    s->size = disk_file_size(s->file);
    return ERR_OK;
}

/* ---- windows ---- */

static enum err part_at(void *ctx, uint64_t at, size_t size, struct str *ret_bytes, struct diag *d)
{
    struct stored *s = ctx;
    ASSERT(at <= s->size && size <= s->size - at);
    if (s->file == NULL && s->spill == NULL) {
        *ret_bytes = str_slice(s->bytes, (size_t)at, (size_t)at + size);
        return ERR_OK;
    }
    if (at < s->at || at + size > s->at + s->len) {
        uint64_t left = s->size - at;
        size_t wanted = size > WINDOW_BYTES ? size : WINDOW_BYTES;
        wanted = left < wanted ? (size_t)left : wanted;
        s->len = 0;
        buf_truncate(s->room, 0);
        char *room = buf_reserve(s->room, wanted);
        TRY(s->file != NULL ? disk_file_read(s->file, at, room, wanted, d)
                            : disk_spill_read(s->spill, (int64_t)at, room, wanted, d));
        buf_commit(s->room, wanted);
        s->at = at;
        s->len = wanted;
    }
    *ret_bytes = str_n(s->room->ptr + (at - s->at), size);
    return ERR_OK;
}

static enum err next_piece(void *ctx, struct str *ret_piece, struct diag *d)
{
    struct stored *s = ctx;
    uint64_t left = s->size - s->next;
    size_t size = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
    *ret_piece = STR_EMPTY;
    if (size == 0) {
        return ERR_OK;
    }
    TRY(part_at(s, s->next, size, ret_piece, d));
    s->next += size;
    return ERR_OK;
}

struct capture_input stored_parts(struct stored *s)
{
    return (struct capture_input){.size = s->size, .at = part_at, .ctx = s};
}

struct reader_input stored_pieces(struct stored *s)
{
    s->next = 0;
    return (struct reader_input){.more = next_piece, .ctx = s};
}

enum err stored_hash(struct stored *s, uint64_t *ret_hash, struct diag *d)
{
    uint64_t h = hash64_begin(0, s->size);
    struct str piece = STR_EMPTY;
    s->next = 0;
    while (s->next < s->size) {
        TRY(next_piece(s, &piece, d));
        h = s->next < s->size ? hash64_more(h, piece) : h;
    }
    *ret_hash = hash64_end(h, piece);
    return ERR_OK;
}
