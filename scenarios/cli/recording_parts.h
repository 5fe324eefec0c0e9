/* recording_parts.h -- What a recording is made of, for its own files: recording.c reads shards,
 * recording_folder.c knows the folder. */
#ifndef AFORO_SCENARIOS_CLI_RECORDING_PARTS_H
#define AFORO_SCENARIOS_CLI_RECORDING_PARTS_H

#include "base/map.h"
#include "pipeline/capture.h"
#include "recording.h"

struct recorded_shard {
    struct str id, iterator, last_sequence;
    struct arena *arena; /* of the records that wait */
    struct capture_record *records;
    size_t count, bytes;
    enum kinesis_position position; /* where nothing of it was read */
    bool ended, caught_up;
};
struct recording {
    struct arena *arena;
    const struct recording_options *options;
    struct recorded_shard *shards;
    size_t shard_count;
    unsigned stops; /* wishes to end so far */
    struct buf manifest;
    struct map *recorded; /* by shard: its last sequence number in the folder */
    struct recording_result result;
};

/* Opens the folder; with `resume`, what is there is noted in manifest and `recorded`. */
MUST_USE enum err recording_folder_open(struct recording *r, struct diag *d);
/* From here on the folder is a recording, and without a manifest until all of it is known. */
MUST_USE enum err recording_folder_begin(struct recording *r, struct diag *d);
/* The records that wait, as one object; none: nothing. */
MUST_USE enum err recording_folder_put(struct recording *r, struct recorded_shard *s,
                                       struct diag *d);
MUST_USE enum err recording_folder_end(struct recording *r, struct diag *d);

#endif
