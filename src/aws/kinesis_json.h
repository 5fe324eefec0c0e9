/* kinesis_json.h -- One Kinesis operation over JSON 1.1. Private to aws. */
#ifndef AFORO_AWS_KINESIS_JSON_H
#define AFORO_AWS_KINESIS_JSON_H

#include "aws/kinesis.h"
#include "base/json.h"

struct kinesis_call {
    const char *operation; /* "PutRecords" */
    struct str body;       /* compact JSON */
    bool read_only;
    bool maybe_applied; /* out: see struct aws_call */
};
MUST_USE enum err kinesis_send(struct aws_client *c, struct kinesis_call *call, struct arena *a,
                               struct str *ret_answer, struct diag *d);
/* The same with the answer as a tree. An answer that is not JSON is ERR_UNKNOWN: it may have been
 * applied. */
MUST_USE enum err kinesis_send_tree(struct aws_client *c, struct kinesis_call *call,
                                    struct arena *a, struct json **ret_answer, struct diag *d);

#endif
