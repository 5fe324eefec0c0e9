/* sequence_number.h -- Sequence numbers: 56 decimal digits that grow along a shard, and from parent
 * to child.
 * AWS kinesis-sequence-number-1: a number of 47 hexadecimal digits, written in decimal. AWS does
 * not document them; kinesalite's authors read them off recorded numbers: 2 | shard's creation, s
 * (9) | shard's last digit (1) | place in the shard (16) | mark (2) | arrival, s (9) | shard (8) |
 * version 2 (1). Place 0 is the shard's starting sequence number; records begin at 1, with mark 0.
 * Two older versions are read, never written. */
#ifndef AFORO_EMULATOR_KINESIS_SEQUENCE_NUMBER_H
#define AFORO_EMULATOR_KINESIS_SEQUENCE_NUMBER_H

#include "base/str.h"

#define SEQUENCE_NUMBER_DIGITS 56
#define SEQUENCE_NUMBER_PLACE_MAX INT64_MAX /* of the ending number of a closed shard */

struct sequence_number {
    int64_t created_s; /* of the shard, later than its parents' (shard.h, epoch_s) */
    uint64_t place;    /* in the shard, up to SEQUENCE_NUMBER_PLACE_MAX */
    int64_t arrived_s; /* 0 in version 0, which has none */
    uint32_t shard;
    uint8_t mark; /* not 0: no record's own, but lies behind its place's record: to continue with */
    uint8_t version; /* 2: ours; 0 and 1: of older shards than any here */
};
/* Writes exactly SEQUENCE_NUMBER_DIGITS characters, no NUL, in version 2. Values are within the
 * fields' digits (asserted). */
void sequence_number_write(const struct sequence_number *number, char *to);
/* The text of a number becomes that of the same one a place on. */
void sequence_number_advance(char *text);
/* Any decimal number. false: of no version, or with impossible fields. */
bool sequence_number_parse(struct str text, struct sequence_number *ret_number);
/* As refusals tell it. AWS kinesis-sequence-number-2: a number of version 0 with its leading 1. */
struct str sequence_number_shown(struct str text, struct arena *a);

#endif
