/* version.h -- The versions of a key: a chain, the newest first, under the key in its bucket.
 * A bucket that was never versioned has chains of one null version; a chain is never empty. */
#ifndef AFORO_EMULATOR_S3_VERSION_H
#define AFORO_EMULATOR_S3_VERSION_H

#include "object.h"

/* What stands under the key now; NULL: nothing, or a delete marker. */
struct object *version_current(const struct bucket *b, struct str key);
/* The id for what the call writes; empty: the null version. */
struct str version_new_id(struct call *c, const struct bucket *b);
/* Puts it at the head of its key's chain. It takes the place of the null version when it is one. */
void version_store(struct s3 *s3, struct bucket *b, struct object *o);
/* The version by its id ("null" for the null version); NULL: there is none. */
struct object *version_get(const struct bucket *b, struct str key, struct str id);
void version_remove(struct s3 *s3, struct bucket *b, struct object *o); /* frees it */
/* The object that a read means by key and version (empty: the current one). NULL: the call has
 * failed (NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker, InvalidArgument). */
struct object *version_find(struct call *c, const struct bucket *b, struct str key,
                            struct str version);
/* The same for what is noted beside an object (tags, a list): of a key whose current version is a
 * delete marker this one is meant, and MethodNotAllowed. */
struct object *version_find_noted(struct call *c, const struct bucket *b, struct str key,
                                  struct str version);
/* Whether the bucket may have a version of that id; an empty one names none. */
bool version_can_be(const struct bucket *b, struct str version);
bool version_check(struct call *c, struct str version); /* its spelling; false: InvalidArgument */
/* Whether an id that is not there (any more) may have been given by this service. */
bool version_was_given(struct str id);
struct str version_told(const struct object *o); /* "null" for the null version */
/* x-amz-version-id, where the bucket is or was versioned. */
void version_out(struct call *c, const struct bucket *b, const struct object *o);
void version_out_written(struct call *c, const struct object *o); /* of what the call has written */

void version_list(struct call *c); /* ListObjectVersions */

#endif
