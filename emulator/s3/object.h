/* object.h -- One object: its bytes and the facts kept with them.
 * Invariant: an object is one block (facts and all their text), recycled when it goes, and one
 * blob, which it holds and which answers on their way may hold longer. */
#ifndef AFORO_EMULATOR_S3_OBJECT_H
#define AFORO_EMULATOR_S3_OBJECT_H

#include "checksum.h"
#include "encryption.h"
#include "s3_state.h"
#include "storage_class.h"

/* System metadata, kept as sent: by the model's member names, in the order of
 * object_system_members. */
enum object_system {
    OBJECT_CONTENT_TYPE,
    OBJECT_CACHE_CONTROL,
    OBJECT_CONTENT_DISPOSITION,
    OBJECT_CONTENT_ENCODING,
    OBJECT_CONTENT_LANGUAGE,
    OBJECT_EXPIRES,
    OBJECT_REDIRECT,
    OBJECT_SYSTEM_COUNT
};
extern const char *const object_system_members[OBJECT_SYSTEM_COUNT];
enum object_lock_mode { LOCK_NONE, LOCK_GOVERNANCE, LOCK_COMPLIANCE };
struct object_meta {
    struct str name, value; /* user metadata; name in lower case, without x-amz-meta- */
};
struct object {
    struct str key, etag; /* etag with its quotes */
    struct str upload;    /* the id of the upload that made it; else empty */
    struct str version;   /* empty: the null version */
    bool is_marker;       /* a delete marker: no body, no facts */
    struct object *older; /* the version that it hides */
    /* While it is its key's newest version: its number among what the bucket has shown, and the one
     * that was shown before it, and after. */
    uint64_t shown;
    struct object *shown_before, *shown_after;
    /* Changed in place. Texts are JSON, each in a block of its own. */
    struct str tags, acl;
    uint32_t tag_count;
    enum object_lock_mode lock_mode;
    int64_t retain_until_us;    /* with a lock_mode */
    bool legal_hold, hold_said; /* a hold that was never put is told as none */
    enum storage_class storage;
    int64_t restore_ready_us, restore_end_us; /* of an archive; 0: never asked for */
    struct str system[OBJECT_SYSTEM_COUNT];
    struct object_meta *meta;
    size_t meta_count;
    struct checksum checksum;
    struct encryption encryption;
    int64_t modified_us;
    struct blob *body;   /* NULL: an upload's facts */
    uint64_t *part_ends; /* of a multipart object: where each part ends */
    uint8_t *part_sums;  /* the checksum of each, or NULL */
    size_t part_count;   /* 0: written by one PUT */
    size_t block_bytes;
};

/* Copies the facts into the state, and holds their body. */
struct object *object_new(struct s3 *s3, const struct object *facts);
uint64_t object_bytes(const struct object *o);
void object_free(struct s3 *s3, struct object *o);
/* Replaces tags or acl. */
void object_note(struct s3 *s3, struct str *note, struct str text);

struct blob *s3_body_hold(struct s3 *s3, struct blob *body); /* counted in held_bytes */
void s3_body_drop(struct s3 *s3, struct blob *body);         /* NULL is fine */

/* Metadata of a write, read from the call's input; false: MetadataTooLarge. Texts are borrowed from
 * the input. */
bool object_metadata_read(struct call *c, struct object *facts);
/* ACL, tags and lock of a write, by its headers; false: the call has failed. */
bool object_notes_read(struct call *c, const struct bucket *b, struct object *facts);
/* ETag, checksum, size and class in a listing. */
void object_list_facts(struct call *c, struct json *node, const struct object *o);
/* Headers of a read: ETag, Last-Modified, system and user metadata. */
void object_metadata_out(struct call *c, const struct object *o);
/* The checksum of one part, as a member of `node`; o->part_sums is not NULL. */
void object_part_sum_out(struct call *c, struct json *node, const struct object *o, size_t index);
int64_t object_modified_s(const struct object *o); /* whole seconds, as S3 tells */

#endif
