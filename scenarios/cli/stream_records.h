/* stream_records.h -- Every stream of an endpoint into captures, a folder each: what `aforo serve
 * --record` leaves behind. */
#ifndef AFORO_SCENARIOS_CLI_STREAM_RECORDS_H
#define AFORO_SCENARIOS_CLI_STREAM_RECORDS_H

#include "base/diag.h"
#include "base/str.h"

/* `region` empty: us-east-1. Fails as recording_run does. */
MUST_USE enum err streams_record(struct arena *a, struct str endpoint, struct str region,
                                 const char *folder, struct diag *d);

#endif
