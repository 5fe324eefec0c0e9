/* records_answer.h -- What GetRecords answers, encoded while it leaves: its records lie in segments
 * that are held, so that only a piece of the text is in memory at one time, and in the cache. Runs
 * outside the emulator's lock. */
#ifndef AFORO_EMULATOR_KINESIS_RECORDS_ANSWER_H
#define AFORO_EMULATOR_KINESIS_RECORDS_ANSWER_H

#include "emulator/core/call.h"
#include "shard.h"
#include "wire/shape.h"

struct records_facts { /* all that the answer says; nothing of it changes any more */
    enum wire_form form;
    const struct record_run *runs; /* held until `arena` ends */
    size_t run_count;
    struct str before, after; /* what stands around the records, as `form` spells it */
};
/* The answer as a body; it lives in `a`, as what it is made of does. */
const struct body_source *records_answer(const struct records_facts *facts, struct arena *a);

#endif
