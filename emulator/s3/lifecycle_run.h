/* lifecycle_run.h -- Lifecycles over the clock: due steps are taken at their midnight. */
#ifndef AFORO_EMULATOR_S3_LIFECYCLE_RUN_H
#define AFORO_EMULATOR_S3_LIFECYCLE_RUN_H

#include "lifecycle.h"

/* Something came or changed in the bucket: looks at it at the next midnight, if it has rules. */
void lifecycle_touch(struct call *c, const struct bucket *b);
/* x-amz-expiration of a current version, x-amz-abort-date of an upload. */
void lifecycle_out(struct call *c, const struct bucket *b, const struct object *o);
void lifecycle_out_upload(struct call *c, const struct upload *u);

void lifecycle_put(struct call *c);
void lifecycle_get(struct call *c);

#endif
