/* capture_feed.h -- One producer's share of a captured stream, object by object, each event due at
 * its own time. CSV rows become JSON with an id "<object>#<row>" in the field that the definition's
 * id is read from. Durable state of the source, like feed.h, whose events it makes. Private to the
 * runner. */
#ifndef AFORO_SCENARIOS_RUNNER_CAPTURE_FEED_H
#define AFORO_SCENARIOS_RUNNER_CAPTURE_FEED_H

#include "feed.h"

struct capture_feed;
struct capture_feed *capture_feed_new(struct arena *durable, const struct feed_options *options);
bool capture_feed_next(struct capture_feed *f, int64_t now_us, struct arena *a,
                       struct feed_event *ret_event);
int64_t capture_feed_due_us(const struct capture_feed *f); /* wall; INSTANT_NEVER: it is over */

#endif
