/* recording.h -- A stream into a folder of captures: each shard read to where it is, objects under
 * dt=YYYY-MM-DD/hh=HH/ by the arrival of their first record, as landing lays them out, and a
 * manifest.tsv that a replay holds them against. */
#ifndef AFORO_SCENARIOS_CLI_RECORDING_H
#define AFORO_SCENARIOS_CLI_RECORDING_H

#include "aws/kinesis.h"

struct recording_options {
    struct aws_client *client;
    struct str stream;
    const char *folder;             /* made where it is not */
    bool resume;                    /* a recording of the same stream in it is gone on with */
    enum kinesis_position position; /* TRIM_HORIZON, LATEST or AT_TIMESTAMP */
    int64_t from_us;                /* AT_TIMESTAMP */
    bool follow;                    /* go on behind the last record, until `stop` says so */
    /* Asked between calls, true once for each wish to end; NULL: never. With `follow` the first one
     * ends the following, and what stands in the stream by then is read yet. */
    bool (*stop)(void *ctx);
    void *stop_ctx;
};
struct recording_result {
    uint64_t shards, objects, records, bytes; /* bytes: of records */
};
/* Ends where every shard has been read to its end or to the present. What was written by then is
 * whole and in the manifest also where it fails: ERR_NOT_FOUND, the stream; ERR_CONFLICT, the
 * folder holds a recording (with `resume`, of another stream); what the service or the disk says.
 */
MUST_USE enum err recording_run(struct arena *a, const struct recording_options *options,
                                struct recording_result *ret_result, struct diag *d);

#endif
