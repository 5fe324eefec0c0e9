/* s3.h -- The S3 calls that a pipeline makes, typed: path style, whole objects in memory
 * (HTTP_BODY_BYTES_MAX). Source: botocore s3 2006-03-01. */
#ifndef AFORO_AWS_S3_H
#define AFORO_AWS_S3_H

#include "aws/aws_client.h"

#define S3_LIST_OBJECTS_MAX 500000 /* of one listing */

struct s3_object {
    struct str key;  /* of listings */
    struct str etag; /* with its quotes off */
    int64_t size;
    int64_t modified_us;
    struct str body; /* of s3_get */
    struct str content_type;
    struct http_headers metadata; /* user metadata, names without x-amz-meta-, lower case */
};
struct s3_put_options {
    struct str content_type;            /* empty: application/octet-stream */
    bool if_none_match;                 /* If-None-Match: *  -- only when the key is not there */
    struct str if_match;                /* an ETag; empty: no condition */
    const struct http_header *metadata; /* names without x-amz-meta- */
    size_t metadata_count;
};
/* Sends x-amz-checksum-crc32 and the body's SHA-256. A condition that does not hold is
 * ERR_CONFLICT, d->name PreconditionFailed (412); a racing writer (409) is retried inside. With
 * `if_none_match` and a lost answer, the retry finds our own object: the caller compares (s3_head)
 * before it believes in another writer. */
MUST_USE enum err s3_put(struct aws_client *c, struct str bucket, struct str key, struct str body,
                         const struct s3_put_options *options, struct arena *a,
                         struct s3_object *ret_object, struct diag *d);
/* Body verified against Content-Length and, where the object has one, its checksum: ERR_CORRUPT
 * after refetching. */
MUST_USE enum err s3_get(struct aws_client *c, struct str bucket, struct str key, struct arena *a,
                         struct s3_object *ret_object, struct diag *d);
/* `length` bytes from `from`, fewer at the object's end; ret_object->size is the whole object's. */
MUST_USE enum err s3_get_range(struct aws_client *c, struct str bucket, struct str key,
                               int64_t from, int64_t length, struct arena *a,
                               struct s3_object *ret_object, struct diag *d);
MUST_USE enum err s3_head(struct aws_client *c, struct str bucket, struct str key, struct arena *a,
                          struct s3_object *ret_object, struct diag *d);
MUST_USE enum err s3_delete(struct aws_client *c, struct str bucket, struct str key,
                            struct arena *a, struct diag *d);

struct s3_listing {
    struct s3_object *objects; /* in byte order of their keys */
    size_t count;
    struct str *prefixes; /* CommonPrefixes, with a delimiter */
    size_t prefix_count;
};
/* All pages. delimiter 0: none; start_after empty: from the beginning. ERR_LIMIT: over
 * S3_LIST_OBJECTS_MAX. */
MUST_USE enum err s3_list(struct aws_client *c, struct str bucket, struct str prefix,
                          char delimiter, struct str start_after, struct arena *a,
                          struct s3_listing *ret_listing, struct diag *d);
/* ERR_OK also when the caller owns it already. */
MUST_USE enum err s3_create_bucket(struct aws_client *c, struct str bucket, struct arena *a,
                                   struct diag *d);

#endif
