/* object_put.h -- What PutObject and PostObject share: a call with PutObject's input and an
 * intake's body becomes an object. */
#ifndef AFORO_EMULATOR_S3_OBJECT_PUT_H
#define AFORO_EMULATOR_S3_OBJECT_PUT_H

#include "emulator/core/service.h"

extern const struct body_taker post_taker; /* PostObject's, and its prepare */
void post_prepare(struct call *c);

/* Verifies, decides, stores, tells; false: the call has failed. */
bool object_put_as(struct call *c, const char *event, struct str *ret_etag);

#endif
