/* inflate_input.h -- Stored bytes as they come in pieces, some of them at hand. Private to
 * inflate. */
#ifndef AFORO_REPLAY_INFLATE_INPUT_H
#define AFORO_REPLAY_INFLATE_INPUT_H

#include "base/buf.h"
#include "replay/reader.h"

struct inflate_input {
    struct reader_input from;
    struct str rest; /* at hand */
    uint64_t at;     /* of its first byte, in the object */
    struct buf kept; /* what a head that two pieces share is put together in */
    bool ended;
};
/* So many bytes at hand, or all that are left. */
MUST_USE enum err inflate_need(struct inflate_input *in, size_t count, struct diag *d);
void inflate_take(struct inflate_input *in, size_t count);

#endif
