/* view.h -- The part of an object's unpacked bytes that is looked at: it slides forward, and grows
 * where a record needs it, to VIEW_BYTES_MAX. Private to replay. */
#ifndef AFORO_REPLAY_VIEW_H
#define AFORO_REPLAY_VIEW_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "inflate.h"

#define VIEW_BYTES (256 * KIB)                       /* stays in the processor's cache */
#define VIEW_BYTES_MAX (RECORD_BYTES_MAX + 64 * KIB) /* a record, and what stands around it */

struct view {
    struct str text;
    uint64_t at; /* of its first byte, in the object */
    bool ended;  /* nothing follows */
    struct inflate *inflate;
    struct digest *digest; /* of all bytes so far; NULL: not asked for */
    struct buf room;
};
/* With some bytes in it, if there are any. */
MUST_USE enum err view_open(struct view *v, struct arena *a, const struct reader_input *input,
                            const struct reader_form *form, struct diag *d);
/* Drops the first `from` bytes and reads on: at least as many bytes as it keeps, so that what is
 * looked at again and again costs no more than twice; or to the end. Errors are inflate_read's.
 * ERR_LIMIT too: it is full, and the byte. */
MUST_USE enum err view_more(struct view *v, size_t from, struct diag *d);
/* Whether what begins at `from` is more than a record may be. */
bool view_is_full(const struct view *v, size_t from);

#endif
