/* cors.h -- Cross-origin requests: which rule of a bucket's CORS configuration allows one, and the
 * headers that tell the browser so. Source: S3 User Guide, "Using cross-origin resource sharing";
 * the Fetch standard's names of headers. */
#ifndef AFORO_EMULATOR_S3_CORS_H
#define AFORO_EMULATOR_S3_CORS_H

#include "s3_state.h"

/* Adds the headers to the call's answer, be it a refusal, where a rule allows its Origin and
 * method. */
void cors_out(struct call *c, const struct bucket *b);

#endif
