/* stream_records.h -- Every stream of an emulator into captures, a folder each: what `aforo serve
 * --record` leaves behind. */
#ifndef AFORO_SCENARIOS_CLI_STREAM_RECORDS_H
#define AFORO_SCENARIOS_CLI_STREAM_RECORDS_H

#include "emulator/front/front.h"

struct streams_options {
    struct emulator *emulator;
    struct front *front; /* which serves it at `endpoint` */
    struct str endpoint;
    struct str account, region; /* whose streams are DIR/STREAM; empty: the emulator's defaults */
    const char *folder;
};
/* Of all accounts and regions: DIR/STREAM, or DIR/STREAM@REGION, or DIR/STREAM@REGION@ACCOUNT where
 * they are another's. Fails as recording_run does. */
MUST_USE enum err streams_record(struct arena *a, const struct streams_options *options,
                                 struct diag *d);

#endif
