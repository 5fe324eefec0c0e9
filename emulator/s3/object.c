/* object.c -- Objects in the state: one block of facts and text, one blob. */
#include "object.h"
#include <string.h>
#include "base/instant.h"

struct packer { /* lays texts and arrays behind the struct in its block */
    char *at;
};

/* How many bytes one thing takes in the block, aligned for what comes behind. */
static size_t packed(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static void *pack(struct packer *p, const void *data, size_t bytes)
{
    char *to = p->at;
    if (bytes > 0) {
        memcpy(to, data, bytes);
    }
    p->at += packed(bytes);
    return to;
}

static void pack_str(struct packer *p, struct str *s)
{
    s->ptr = pack(p, s->ptr, s->len);
}

static size_t part_sum_bytes(const struct object *o)
{
    return o->part_sums == NULL ? 0 : o->part_count * checksum_bytes(o->checksum.kind);
}

static size_t block_size(const struct object *o)
{
    size_t bytes = packed(sizeof *o) + packed(o->key.len) + packed(o->etag.len) +
                   packed(o->version.len) + packed(o->upload.len) + packed(o->checksum.text.len) +
                   packed(o->encryption.key.len) + packed(o->encryption.context.len) +
                   packed(o->part_count * sizeof *o->part_ends) + packed(part_sum_bytes(o)) +
                   packed(o->meta_count * sizeof *o->meta);
    for (size_t i = 0; i < OBJECT_SYSTEM_COUNT; i++) {
        bytes += packed(o->system[i].len);
    }
    for (size_t i = 0; i < o->meta_count; i++) {
        bytes += packed(o->meta[i].name.len) + packed(o->meta[i].value.len);
    }
    return bytes;
}

struct blob *s3_body_hold(struct s3 *s3, struct blob *body)
{
    s3->held_bytes += blob_bytes(body);
    return blob_retain(body);
}

void s3_body_drop(struct s3 *s3, struct blob *body)
{
    if (body != NULL) {
        s3->held_bytes -= blob_bytes(body);
        blob_release(body);
    }
}

uint64_t object_bytes(const struct object *o)
{
    return o->body == NULL ? 0 : blob_bytes(o->body);
}

static struct str note_copy(struct s3 *s3, struct str text)
{
    return text.len == 0 ? STR_EMPTY : str_copy(s3->arena, text);
}

static void note_free(struct s3 *s3, struct str note)
{
    if (note.len > 0) {
        arena_recycle(s3->arena, (void *)(uintptr_t)note.ptr, note.len);
    }
}

void object_note(struct s3 *s3, struct str *note, struct str text)
{
    struct str old = *note;
    *note = note_copy(s3, text);
    note_free(s3, old);
}

struct object *object_new(struct s3 *s3, const struct object *facts)
{
    size_t bytes = block_size(facts);
    struct packer p = {.at = arena_alloc_raw(s3->arena, bytes)};
    struct object *o = pack(&p, facts, sizeof *facts);
    o->block_bytes = bytes;
    pack_str(&p, &o->key);
    pack_str(&p, &o->etag);
    pack_str(&p, &o->version);
    pack_str(&p, &o->upload);
    pack_str(&p, &o->checksum.text);
    pack_str(&p, &o->encryption.key);
    pack_str(&p, &o->encryption.context);
    o->part_ends = pack(&p, o->part_ends, o->part_count * sizeof *o->part_ends);
    if (o->part_sums != NULL) {
        o->part_sums = pack(&p, o->part_sums, part_sum_bytes(o));
    }
    o->meta = pack(&p, o->meta, o->meta_count * sizeof *o->meta);
    for (size_t i = 0; i < OBJECT_SYSTEM_COUNT; i++) {
        pack_str(&p, &o->system[i]);
    }
    for (size_t i = 0; i < o->meta_count; i++) {
        pack_str(&p, &o->meta[i].name);
        pack_str(&p, &o->meta[i].value);
    }
    ASSERT(p.at == (char *)o + bytes);
    o->older = NULL;
    o->tags = note_copy(s3, facts->tags);
    o->acl = note_copy(s3, facts->acl);
    if (o->body != NULL) {
        (void)s3_body_hold(s3, o->body);
    }
    return o;
}

void object_free(struct s3 *s3, struct object *o)
{
    s3_body_drop(s3, o->body);
    note_free(s3, o->tags);
    note_free(s3, o->acl);
    arena_recycle(s3->arena, o, o->block_bytes);
}

int64_t object_modified_s(const struct object *o)
{
    return instant_floor(o->modified_us, US_PER_S);
}
