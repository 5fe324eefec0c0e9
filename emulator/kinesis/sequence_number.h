/* sequence_number.h -- Sequence numbers: 56 decimal digits that grow along a shard, and from parent
 * to child. DIFFERS kinesis-sequence-number-1: AWS does not document its layout. Ours has decimal
 * fields, so that numbers are cheap to write and can be read by a person: 49 | shard's creation, s
 * (12) | place in the shard (16) | arrival, ms (15) | shard (11) Place 0 is the shard's starting
 * sequence number; records begin at 1. */
#ifndef AFORO_EMULATOR_KINESIS_SEQUENCE_NUMBER_H
#define AFORO_EMULATOR_KINESIS_SEQUENCE_NUMBER_H

#include "base/str.h"

#define SEQUENCE_NUMBER_DIGITS 56

struct sequence_number {
    int64_t created_s; /* of the shard, later than its parents' (shard.h, epoch_s) */
    uint64_t place;    /* in the shard */
    int64_t arrived_ms;
    uint32_t shard;
};
/* Writes exactly SEQUENCE_NUMBER_DIGITS characters, no NUL. Values are within the fields' digits
 * (asserted). */
void sequence_number_write(const struct sequence_number *number, char *to);
/* The text of a number becomes that of the same one a place on. */
void sequence_number_advance(char *text);
/* false: not one of ours. */
bool sequence_number_parse(struct str text, struct sequence_number *ret_number);

#endif
