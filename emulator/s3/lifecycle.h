/* lifecycle.h -- What the rules of a bucket's lifecycle say of one version, one upload: when it
 * expires, or goes to another storage class. Pure questions of a rule, an object and times.
 * Source: S3 User Guide, "Lifecycle configuration elements". */
#ifndef AFORO_EMULATOR_S3_LIFECYCLE_H
#define AFORO_EMULATOR_S3_LIFECYCLE_H

#include "object.h"
#include "upload.h"

enum lifecycle_action { LIFECYCLE_NOTHING, LIFECYCLE_EXPIRE, LIFECYCLE_TRANSITION };
struct lifecycle_step {
    enum lifecycle_action action;
    int64_t at_us; /* a midnight UTC; INSTANT_NEVER with NOTHING */
    enum storage_class to;
    struct str rule_id; /* borrowed from the rules */
};
struct lifecycle_version { /* one of a chain */
    const struct object *object;
    const struct object *newer; /* the one that hides it; NULL: current */
    size_t noncurrent;          /* how many newer ones are noncurrent too */
};
/* The first thing that will happen to it. `rules`: the configuration's list; `a`: for tags. */
struct lifecycle_step lifecycle_of_version(const struct json *rules,
                                           const struct lifecycle_version *v, bool small_stay,
                                           struct arena *a);
struct lifecycle_step lifecycle_of_upload(const struct json *rules, const struct upload *u);

#endif
