/* feed.h -- The events of one producer in the order of their time: made up by the generator, or
 * read from a capture. Survives crashes of the producer: it is durable state. Private to the
 * runner. */
#ifndef AFORO_SCENARIOS_RUNNER_FEED_H
#define AFORO_SCENARIOS_RUNNER_FEED_H

#include "generator.h"
#include "replay/source.h"

struct feed;
struct feed_event {
    struct str payload, partition_key;
    bool malformed, late, copied;
};
struct feed_options {
    const struct scenario *scenario;
    const struct source *capture; /* NULL: the generator */
    struct diag *trouble; /* a capture that cannot be read ends the feed, and is told of here */
    uint64_t seed;
    unsigned producer;
    int64_t start_us; /* wall: when the run began */
};
struct feed *feed_new(struct arena *durable, const struct feed_options *options);
/* The next event that is due by `now_us` (wall); false: none yet. Lives in `a`. */
bool feed_next(struct feed *f, int64_t now_us, struct arena *a, struct feed_event *ret_event);
int64_t
feed_due_us(const struct feed *f);       /* wall: when the next one is due; INSTANT_NEVER: never */
bool feed_is_over(const struct feed *f); /* there is nothing more to come */

#endif
