/* position_token.h -- A position that a client carries: shard iterators and next tokens, opaque
 * text with a check. They hold a place, not a cursor of ours, so the same one can be used again
 * until it expires. AWS kinesis-get-shard-iterator-1: at most 512 characters; ends 5 minutes after
 * it was made. */
#ifndef AFORO_EMULATOR_KINESIS_POSITION_TOKEN_H
#define AFORO_EMULATOR_KINESIS_POSITION_TOKEN_H

#include "base/buf.h"

enum token_kind {
    TOKEN_ITERATOR = 'I',
    TOKEN_SHARDS = 'H',
    TOKEN_STREAMS = 'S',
    TOKEN_CONSUMERS = 'C'
};
struct position_token {
    enum token_kind kind;
    int64_t made_us;
    uint32_t uid;   /* of the stream */
    uint32_t shard; /* ITERATOR: its number; SHARDS: the last one listed */
    uint64_t place; /* ITERATOR: of the next record to read */
    uint8_t filter; /* SHARDS: the filter of the first page, and its time */
    int64_t filter_us;
    struct str key; /* the stream's; STREAMS, CONSUMERS: the last name listed */
};
#define TOKEN_KEY_BYTES_MAX 300 /* keeps the text below 512 characters */

struct str token_text(const struct position_token *t, uint64_t seed, struct arena *a);
/* false: not ours, or of another kind. Whether it has expired is the caller's to see. */
bool token_parse(struct str text, enum token_kind kind, uint64_t seed, struct arena *a,
                 struct position_token *ret_token);

#endif
