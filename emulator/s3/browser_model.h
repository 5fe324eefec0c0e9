/* browser_model.h -- What browsers ask of S3 and no SDK does, so that no model has it: the
 * preflight of a cross-origin request, and the upload of an HTML form. Source: S3 API reference,
 * "OPTIONS object" and "POST Object". */
#ifndef AFORO_EMULATOR_S3_BROWSER_MODEL_H
#define AFORO_EMULATOR_S3_BROWSER_MODEL_H

#include "wire/shape.h"

/* One operation, by two URIs. */
extern const struct operation_model browser_preflight_bucket, browser_preflight;
extern const struct operation_model browser_post;
/* A request to a bucket's website endpoint: without a handler, so that it is refused by name. */
extern const struct operation_model browser_website;

#endif
