/* condition.h -- If-Match and its kin: whether a read, a write, a copy or a delete may go on.
 * Source: RFC 9110 section 13; S3 User Guide, "Conditional requests". One lock guards the state, so
 * the answer and what follows are one step: of two racing writers exactly one wins. */
#ifndef AFORO_EMULATOR_S3_CONDITION_H
#define AFORO_EMULATOR_S3_CONDITION_H

#include "upload.h"

bool condition_etag_matches(struct str list,
                            struct str etag); /* "*", or ETags with or without quotes */
/* GET and HEAD: 412 or 304; false: the call has failed. */
bool condition_read(struct call *c, const struct object *o);
bool condition_copy_source(
    struct call *c, const struct object *o); /* the same by x-amz-copy-source-if-*: 412 only */
/* PUT and copy: `current` is what stands there, NULL: nothing. */
bool condition_write(struct call *c, const struct object *current, struct str key);
/* The same of completing an upload. */
bool condition_complete(struct call *c, const struct upload *u, const struct object *current);

#endif
