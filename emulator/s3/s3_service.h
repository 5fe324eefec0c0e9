/* s3_service.h -- The emulated Amazon S3: its entry in the emulator's table of services, and a
 * reader for oracles. Threads: the caller holds the emulator's lock. */
#ifndef AFORO_EMULATOR_S3_S3_SERVICE_H
#define AFORO_EMULATOR_S3_S3_SERVICE_H

#include "emulator/core/service.h"

extern const struct emulator_service s3_service;

/* Reading the state without being a client. Borrowed until the next change. */
struct s3_object_view {
    struct str bucket, key, etag;
    const struct blob *body;
    int64_t modified_us;
};
/* The object with the smallest key > after_key of a bucket (empty after_key: the first); false at
 * the end or when there is no such bucket. `state` is core_state(core, "s3"). */
bool s3_object_next(const void *state, struct str bucket, struct str after_key,
                    struct s3_object_view *ret_object);
/* The same in the order in which objects became what their key shows: the first after *cursor (0:
 * of all), which is set to it. An object that is written again comes again. */
bool s3_object_shown_next(const void *state, struct str bucket, uint64_t *cursor,
                          struct s3_object_view *ret_object);

#endif
