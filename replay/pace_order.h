/* pace_order.h -- A source in the order in which production could have loaded it: objects of all
 * shards by the arrival of their last records. Private to the player. */
#ifndef AFORO_REPLAY_PACE_ORDER_H
#define AFORO_REPLAY_PACE_ORDER_H

#include "replay/reader.h"
#include "replay/source.h"

/* The same objects. Captures are fetched for it, and not decompressed; what no capture and no key
 * tells the time of stays behind the object before it. Fails where the source as a whole does: an
 * object that cannot be read keeps its place. */
MUST_USE enum err pace_order(struct arena *a, const struct source *source,
                             enum reader_format format, struct source *ret_source, struct diag *d);

#endif
