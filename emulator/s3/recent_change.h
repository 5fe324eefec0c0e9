/* recent_change.h -- What was deleted lately (and which buckets were made), by the order of
 * requests: for a write whose body took its time, and that must know what happened meanwhile.
 * Remembers the last 1024; a change before them counts as none. */
#ifndef AFORO_EMULATOR_S3_RECENT_CHANGE_H
#define AFORO_EMULATOR_S3_RECENT_CHANGE_H

#include "emulator/core/call.h"

struct recent_changes;
struct recent_changes *recent_changes_new(struct arena *a);
/* key: empty for the bucket itself. */
void recent_change_note(struct recent_changes *r, const struct call *c, struct str bucket,
                        struct str key);
/* Whether it changed between the call's beginning and now. */
bool recent_change_met(const struct recent_changes *r, const struct call *c, struct str bucket,
                       struct str key);
/* Whether it changed after that turn (call.h). */
bool recent_change_since(const struct recent_changes *r, uint64_t turn, struct str bucket,
                         struct str key);

#endif
