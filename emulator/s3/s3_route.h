/* s3_route.h -- Which operation a request to S3 means, and where its bucket stands. */
#ifndef AFORO_EMULATOR_S3_S3_ROUTE_H
#define AFORO_EMULATOR_S3_S3_ROUTE_H

#include "wire/http_msg.h"
#include "wire/shape.h"

/* By method, path, sub-resource (?acl) and, for copies, a header. NULL: nothing of S3's (405).
 * `request` is in path style already. */
const struct operation_model *s3_route(const struct http_request *request);
/* Also drops conditions by dates that are none. Virtual-host style to path style:
 * bucket.s3.<region>.amazonaws.com, bucket.s3.localhost, bucket.localhost. */
void s3_rewrite(struct http_request *request, struct arena *a);
struct str s3_bucket_in_host(struct str host); /* empty: none */

#endif
