/* s3_state.h -- What the emulated S3 holds: buckets by name, objects by key in byte order, uploads
 * by id. Everything lives in one arena until the emulator's reset; what is deleted is recycled
 * there. Not here: an object's own memory (object.h), parts (upload.h). */
#ifndef AFORO_EMULATOR_S3_S3_STATE_H
#define AFORO_EMULATOR_S3_S3_STATE_H

#include "base/limits.h"
#include "base/tree.h"
#include "emulator/core/call.h"

#define S3_KEY_BYTES_MAX 1024
#define S3_BUCKETS_MAX 10000
#define S3_PUT_BYTES_MAX (5 * GIB)       /* one request's body */
#define S3_OBJECT_BYTES_MAX (5120 * GIB) /* assembled from parts */
#define S3_HELD_BYTES_MAX (12 * GIB)     /* all bodies and parts */
#define S3_LIST_MAX 1000

enum versioning { VERSIONING_OFF, VERSIONING_ENABLED, VERSIONING_SUSPENDED };
struct bucket {
    struct str name, region, owner;
    int64_t created_us;
    enum versioning versioning;
    bool locks; /* object lock: versions can be held */
    /* Something was said of its access: a policy, a list, who owns its objects; its block. */
    bool access_said, block_said;
    struct tree *objects; /* key -> struct object, its newest version */
    /* of them the one that became it last, and how often one did */
    struct object *shown_last;
    uint64_t shown_count;
    struct tree *uploads; /* key, NUL, upload id -> struct upload: their order in listings */
    struct tree *configs; /* "Cors/", "Metrics/<id>" -> struct str: bucket_config.h */
    struct bucket *spare; /* deleted ones, whose empty trees are used again */
};
struct s3 {
    struct arena *arena;
    struct tree *buckets; /* name -> struct bucket */
    struct tree *uploads; /* upload id -> struct upload */
    struct bucket *spare;
    uint64_t held_bytes;
    uint32_t events; /* notified so far: the end of their sequencers */
    struct recent_changes *recent;
    int64_t lifecycle_us; /* when buckets are looked at next; 0: never */
};
struct s3 *s3_of(const struct call *c);

/* The bucket that the call names, when it is there and the caller's own; else NULL and the call has
 * failed (NoSuchBucket, AccessDenied). Also refuses parameters that are not built: every handler
 * begins with it. */
struct bucket *s3_bucket(struct call *c);
struct bucket *s3_bucket_named(struct call *c, struct str name);
/* The call's key, checked: KeyTooLongError, InvalidURI; false: the call has failed. */
bool s3_key(struct call *c, struct str *ret_key);
/* Whether the input asks for nothing that is not built (ACLs, tags, locks, versions ...); false:
 * refused by name. */
bool s3_only_built(struct call *c);
/* Whether the length of a body of so many bytes was said before it came; false: refused. */
bool s3_length_is_said(struct call *c, uint64_t bytes);
/* Whether a body of so many bytes may be; false: EntityTooLarge. */
bool s3_fits(struct call *c, uint64_t bytes, uint64_t bytes_max);
/* Whether so many more bytes may be held; false: the call has failed. */
bool s3_has_room(struct call *c, uint64_t bytes);
struct str s3_owner_id(struct call *c); /* canonical user id: 64 hex digits */
void s3_out_owner(struct call *c, struct json *parent, const char *name);
struct str s3_location(struct call *c, struct str bucket, struct str key); /* its URL */
/* InvalidArgument of a header whose value is not told again. */
void s3_fail_header(struct call *c, const char *header, const char *message);
void s3_fail_argument(struct call *c, const char *argument, struct str value, const char *message);

#endif
