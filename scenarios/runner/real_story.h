/* real_story.h -- What happened in a real run, for its page: lives as they were noted, and the
 * calls of the emulator's ledger, in the order of time. What was asked of the warehouse is in no
 * ledger. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_REAL_STORY_H
#define AFORO_SCENARIOS_RUNNER_REAL_STORY_H

#include "stage.h"
#include "scenarios/report/timeline.h"

struct real_story;
struct real_story *real_story_new(struct arena *a);
void real_story_note(void *story, const struct run_event *event); /* a run_event_fn: of lives */
/* With every actor dead. start_us: of the run, on the emulator's clock. */
void real_story_tell(const struct real_story *story, const struct emulator *emulator,
                     int64_t start_us, struct timeline *timeline);

#endif
