/* bucket_event.h -- Notifications: what happens in a bucket is told to topics that asked for it.
 * Source: S3 User Guide, "Event message structure" (version 2.1) and "Amazon S3 Event
 * Notifications". */
#ifndef AFORO_EMULATOR_S3_BUCKET_EVENT_H
#define AFORO_EMULATOR_S3_BUCKET_EVENT_H

#include "object.h"

/* Tells that `name` ("ObjectCreated:Put") happened to the object, to each topic of the bucket's
 * notification configuration whose events and filter fit. */
void bucket_event(struct call *c, const struct bucket *b, const struct object *o, const char *name);

void bucket_event_put_config(struct call *c);
void bucket_event_get_config(struct call *c);

#endif
