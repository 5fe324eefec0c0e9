/* sns.h -- The SNS calls that a pipeline makes, typed. Source: botocore sns 2010-03-31. */
#ifndef AFORO_AWS_SNS_H
#define AFORO_AWS_SNS_H

#include "aws/aws_client.h"

/* Idempotent by name. */
MUST_USE enum err sns_create_topic(struct aws_client *c, struct str name, struct arena *a,
                                   struct str *ret_topic_arn, struct diag *d);
struct sns_message {
    /* subject: up to 100 printable ASCII characters */
    struct str topic_arn, subject, text;
    const struct http_header *attributes; /* String attributes: name, value */
    size_t attribute_count;
};
/* A lost answer may have published: alerts carry a stable id so that receivers can tell. */
MUST_USE enum err sns_publish(struct aws_client *c, const struct sns_message *message,
                              struct arena *a, struct str *ret_message_id, struct diag *d);

#endif
