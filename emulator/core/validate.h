/* validate.h -- An input tree against its shape, with AWS's own words for what is wrong. All
 * violations are collected, as the services do: "2 validation errors detected: Value '' at
 * 'streamName' failed to satisfy constraint: ...". Source: botocore's models for the constraints;
 * wording from answers of the services. */
#ifndef AFORO_EMULATOR_CORE_VALIDATE_H
#define AFORO_EMULATOR_CORE_VALIDATE_H

#include "base/json.h"
#include "wire/shape.h"

/* true: valid. false: *ret_message is the service's text (in `a`). Patterns are checked by
 * validate_pattern.c. */
bool validate_input(const struct shape *input, const struct json *tree, struct arena *a,
                    struct str *ret_message);

#endif
