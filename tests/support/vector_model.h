/* vector_model.h -- Tables of wire/shape.h built at run time from a model fragment in botocore's
 * JSON form, as the protocol vectors carry one for each suite; and a vector's value in the tree's
 * conventions. Test support only. */
#ifndef AFORO_TESTS_SUPPORT_VECTOR_MODEL_H
#define AFORO_TESTS_SUPPORT_VECTOR_MODEL_H

#include "base/json.h"
#include "wire/shape.h"

/* `suite` has "metadata" and "shapes"; `given` is one case's operation. Everything lives in `a`. */
struct vector_model {
    struct service_model service;
    struct operation_model operation;
};
struct vector_model *vector_model_new(struct arena *a, const struct json *suite,
                                      const struct json *given);

/* The value as codecs see it: moments in microseconds, nulls left out. shape NULL: an empty OBJECT.
 */
struct json *vector_value(struct arena *a, const struct shape *shape, const struct json *value);

#endif
