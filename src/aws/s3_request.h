/* s3_request.h -- One S3 operation in path style. Private to aws. */
#ifndef AFORO_AWS_S3_REQUEST_H
#define AFORO_AWS_S3_REQUEST_H

#include "aws/s3.h"

/* How often an answer that is damaged is asked for. */
#define S3_TRIES 3

/* key empty: the bucket itself. */
struct aws_call s3_call_init(const char *operation, const char *method, struct str bucket,
                             struct str key, struct arena *a);
/* Sends a read and lets `check` judge a good answer: ERR_CORRUPT makes it ask again,
 * with backoff. */
typedef enum err s3_check_fn(const struct http_response *response, struct arena *a, void *ctx,
                             struct diag *d);
MUST_USE enum err s3_read(struct aws_client *c, struct aws_call *call, struct arena *a,
                          s3_check_fn *check, void *ctx, struct http_response *ret_response,
                          struct diag *d);
/* ERR_CORRUPT unless the body has the length that Content-Length says, where it says one. */
MUST_USE enum err s3_check_length(const struct http_response *response, struct diag *d);
struct str s3_etag(struct str header); /* without its quotes */

#endif
