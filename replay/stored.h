/* stored.h -- One object's bytes as they are stored, in windows: of a file; of S3 by ranges, by way
 * of a temporary file where the object is large, since who reads it is another task than who has
 * the client. Private to replay. */
#ifndef AFORO_REPLAY_STORED_H
#define AFORO_REPLAY_STORED_H

#include "disk.h"
#include "pipeline/capture.h"
#include "replay/reader.h"
#include "replay/source.h"

struct stored {
    uint64_t size;
    struct str bytes;       /* all of them, of a small object from S3 */
    struct disk_file *file; /* else one of these */
    struct disk_spill *spill;
    struct buf *room;  /* the window's memory: whoever reads gives his, and uses it again */
    uint64_t at, next; /* of the window's first byte; of the next piece */
    size_t len;        /* of the window */
};
/* At most CAPTURE_BYTES_MAX bytes; all else is source_fetch's. `folder`: of the temporary file.
 * Lives in `a`. ERR_CONFLICT: the object in S3 was replaced meanwhile. */
MUST_USE enum err stored_open(struct arena *a, const struct source *source,
                              const struct source_object *object, struct str folder,
                              struct stored *ret_stored, struct diag *d);
/* The two ways to read it; one at a time. */
struct capture_input stored_parts(struct stored *s);
struct reader_input stored_pieces(struct stored *s);
/* hash64(0, all bytes). */
MUST_USE enum err stored_hash(struct stored *s, uint64_t *ret_hash, struct diag *d);

#endif
