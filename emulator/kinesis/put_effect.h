/* put_effect.h -- What PutRecord and PutRecords changed, as the journal has it instead of the call:
 * the data of the records that were taken, laid as one body, and a line for each of them. At the
 * next start the records are put again without reading their data, which stay where they lie.
 * A line says by itself where its record stands, so lines before it may be gone: all of their
 * records were past their retention. */
#ifndef AFORO_EMULATOR_KINESIS_PUT_EFFECT_H
#define AFORO_EMULATOR_KINESIS_PUT_EFFECT_H

#include "stream.h"

struct put_effect {
    struct call *call;
    struct stream *stream;
    struct room *room; /* for the data to come; NULL: there is no journal that asks */
    struct buf lines;
    struct str *data; /* of each record */
    size_t count;
    size_t scaled; /* what an on-demand stream begins to grow to; 0: it does not */
};
void put_effect_begin(struct put_effect *e, struct call *c, struct stream *s);
/* The record is about to be put. */
void put_effect_add(struct put_effect *e, const struct shard *shard,
                    const struct shard_record *record);
void put_effect_end(struct put_effect *e); /* tells the journal */

/* As of struct emulator_service. */
enum err put_effect_redo(void *state, struct str effect, struct room *data, int64_t now_us,
                         struct diag *d);

#endif
