/* copy_source.h -- Where a copy comes from: the x-amz-copy-source header, resolved to an object. */
#ifndef AFORO_EMULATOR_S3_COPY_SOURCE_H
#define AFORO_EMULATOR_S3_COPY_SOURCE_H

#include "object.h"

/* The source object, its conditions judged; NULL: the call has failed. */
const struct object *copy_source_read(struct call *c, const struct bucket **ret_bucket);

#endif
