/* object_lock.h -- Versions that may not be deleted: retention until a time, legal hold.
 * Source: S3 User Guide, "Locking objects with Object Lock". */
#ifndef AFORO_EMULATOR_S3_OBJECT_LOCK_H
#define AFORO_EMULATOR_S3_OBJECT_LOCK_H

#include "object.h"

struct str object_lock_mode_name(enum object_lock_mode mode);
/* Whether the bucket has object lock; false: the call has failed with InvalidRequest. */
bool object_lock_is_on(struct call *c, const struct bucket *b);
void object_lock_fail_none(struct call *c); /* the object has no retention */
/* The lock that a write asks for by headers, else the bucket's default; false: the call has failed.
 */
bool object_lock_read(struct call *c, const struct bucket *b, struct object *facts);
/* Puts a retention ({Mode, RetainUntilDate}; NULL: refused already) where it may be put. */
void object_lock_retain(struct call *c, struct object *o, const struct json *retention);
/* Whether the version may go now; `bypass`: governance is overridden. */
bool object_lock_frees(const struct object *o, bool bypass, int64_t now_us);
/* Headers of a read. */
void object_lock_out(struct call *c, const struct object *o);

void object_lock_put_config(struct call *c);
void object_lock_get_config(struct call *c);

#endif
