/* object_restore.h -- Archived objects: restored for some days before they can be read. */
#ifndef AFORO_EMULATOR_S3_OBJECT_RESTORE_H
#define AFORO_EMULATOR_S3_OBJECT_RESTORE_H

#include "object.h"

/* Whether the body may be read now; false: InvalidObjectState. */
bool object_is_readable(struct call *c, const struct object *o);
void object_restore_out(struct call *c, const struct object *o); /* x-amz-restore, storage class */

#endif
