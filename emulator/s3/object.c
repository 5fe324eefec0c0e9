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

static size_t block_size(const struct object *o)
{
    size_t bytes = packed(sizeof *o) + packed(o->key.len) + packed(o->etag.len) +
                   packed(o->checksum.text.len) + packed(o->part_count * sizeof *o->part_ends) +
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
    return blob_bytes(o->body);
}

struct object *object_new(struct s3 *s3, const struct object *facts)
{
    size_t bytes = block_size(facts);
    struct packer p = {.at = arena_alloc_raw(s3->arena, bytes)};
    struct object *o = pack(&p, facts, sizeof *facts);
    o->block_bytes = bytes;
    pack_str(&p, &o->key);
    pack_str(&p, &o->etag);
    pack_str(&p, &o->checksum.text);
    o->part_ends = pack(&p, o->part_ends, o->part_count * sizeof *o->part_ends);
    o->meta = pack(&p, o->meta, o->meta_count * sizeof *o->meta);
    for (size_t i = 0; i < OBJECT_SYSTEM_COUNT; i++) {
        pack_str(&p, &o->system[i]);
    }
    for (size_t i = 0; i < o->meta_count; i++) {
        pack_str(&p, &o->meta[i].name);
        pack_str(&p, &o->meta[i].value);
    }
    ASSERT(p.at == (char *)o + bytes);
    if (o->body != NULL) {
        (void)s3_body_hold(s3, o->body);
    }
    return o;
}

void object_free(struct s3 *s3, struct object *o)
{
    s3_body_drop(s3, o->body);
    arena_recycle(s3->arena, o, o->block_bytes);
}

void object_store(struct s3 *s3, struct bucket *b, struct object *o)
{
    struct object *old = tree_get(b->objects, o->key);
    tree_put(b->objects, o->key, o);
    if (old != NULL) {
        object_free(s3, old);
    }
}

bool object_remove(struct s3 *s3, struct bucket *b, struct str key)
{
    struct object *o = tree_remove(b->objects, key);
    if (o != NULL) {
        object_free(s3, o);
    }
    return o != NULL;
}

struct object *object_find(struct call *c, const struct bucket *b, struct str key)
{
    struct object *o = tree_get(b->objects, key);
    if (o == NULL) {
        call_fail(c, AWS_NO_SUCH_KEY, "The specified key does not exist.");
        call_fail_extra(c, "Key", key);
    }
    return o;
}

int64_t object_modified_s(const struct object *o)
{
    return instant_floor(o->modified_us, US_PER_S);
}
