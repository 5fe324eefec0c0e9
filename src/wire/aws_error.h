/* aws_error.h -- The names by which AWS services refuse, their HTTP statuses, and what a caller
 * does next. One table for both sides: handlers refuse with an enum value, clients classify a name
 * that came back. Source: botocore's models, the services' "Common errors" pages and S3's "Error
 * responses". */
#ifndef AFORO_WIRE_AWS_ERROR_H
#define AFORO_WIRE_AWS_ERROR_H

#include "base/str.h"

/* X(id, name, status, what the caller does next) */
#define AWS_ERROR_TABLE(X)                                                                         \
    /* common */                                                                                   \
    X(AWS_ACCESS_DENIED_EXCEPTION, "AccessDeniedException", 400, ERR_DENIED)                       \
    X(AWS_EXPIRED_TOKEN, "ExpiredToken", 400, ERR_DENIED)                                          \
    X(AWS_INCOMPLETE_SIGNATURE, "IncompleteSignature", 400, ERR_DENIED)                            \
    X(AWS_INVALID_CLIENT_TOKEN_ID, "InvalidClientTokenId", 403, ERR_DENIED)                        \
    X(AWS_INVALID_SIGNATURE_EXCEPTION, "InvalidSignatureException", 403, ERR_DENIED)               \
    X(AWS_UNRECOGNIZED_CLIENT_EXCEPTION, "UnrecognizedClientException", 400, ERR_DENIED)           \
    X(AWS_MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationToken", 403, ERR_DENIED)             \
    X(AWS_UNKNOWN_OPERATION_EXCEPTION, "UnknownOperationException", 400, ERR_UNSUPPORTED)          \
    X(AWS_NOT_IMPLEMENTED, "NotImplemented", 501, ERR_UNSUPPORTED)                                 \
    X(AWS_NOT_IMPLEMENTED_EXCEPTION, "NotImplementedException", 501, ERR_UNSUPPORTED)              \
    X(AWS_INVALID_ACTION, "InvalidAction", 400, ERR_UNSUPPORTED)                                   \
    X(AWS_SERIALIZATION_EXCEPTION, "SerializationException", 400, ERR_INVALID)                     \
    X(AWS_VALIDATION_EXCEPTION, "ValidationException", 400, ERR_INVALID)                           \
    X(AWS_VALIDATION_ERROR, "ValidationError", 400, ERR_INVALID)                                   \
    X(AWS_THROTTLING_EXCEPTION, "ThrottlingException", 400, ERR_THROTTLED)                         \
    X(AWS_THROTTLING, "Throttling", 400, ERR_THROTTLED)                                            \
    X(AWS_REQUEST_LIMIT_EXCEEDED, "RequestLimitExceeded", 503, ERR_THROTTLED)                      \
    X(AWS_INTERNAL_FAILURE, "InternalFailure", 500, ERR_UNAVAILABLE)                               \
    X(AWS_INTERNAL_SERVER_ERROR, "InternalServerError", 500, ERR_UNAVAILABLE)                      \
    X(AWS_SERVICE_UNAVAILABLE, "ServiceUnavailable", 503, ERR_UNAVAILABLE)                         \
    /* kinesis */                                                                                  \
    X(AWS_RESOURCE_NOT_FOUND_EXCEPTION, "ResourceNotFoundException", 400, ERR_NOT_FOUND)           \
    X(AWS_RESOURCE_IN_USE_EXCEPTION, "ResourceInUseException", 400, ERR_CONFLICT)                  \
    X(AWS_INVALID_ARGUMENT_EXCEPTION, "InvalidArgumentException", 400, ERR_INVALID)                \
    X(AWS_LIMIT_EXCEEDED_EXCEPTION, "LimitExceededException", 400, ERR_THROTTLED)                  \
    X(AWS_EXPIRED_ITERATOR_EXCEPTION, "ExpiredIteratorException", 400, ERR_CONFLICT)               \
    X(AWS_EXPIRED_NEXT_TOKEN_EXCEPTION, "ExpiredNextTokenException", 400, ERR_CONFLICT)            \
    X(AWS_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "ProvisionedThroughputExceededException",     \
      400, ERR_THROTTLED)                                                                          \
    X(AWS_KMS_THROTTLING_EXCEPTION, "KMSThrottlingException", 400, ERR_THROTTLED)                  \
    X(AWS_KMS_DISABLED_EXCEPTION, "KMSDisabledException", 400, ERR_DENIED)                         \
    X(AWS_KMS_INVALID_STATE_EXCEPTION, "KMSInvalidStateException", 400, ERR_DENIED)                \
    X(AWS_KMS_ACCESS_DENIED_EXCEPTION, "KMSAccessDeniedException", 400, ERR_DENIED)                \
    X(AWS_KMS_NOT_FOUND_EXCEPTION, "KMSNotFoundException", 400, ERR_DENIED)                        \
    X(AWS_INTERNAL_FAILURE_EXCEPTION, "InternalFailureException", 500, ERR_UNAVAILABLE)            \
    /* s3 */                                                                                       \
    X(AWS_ACCESS_DENIED, "AccessDenied", 403, ERR_DENIED)                                          \
    X(AWS_INVALID_ACCESS_KEY_ID, "InvalidAccessKeyId", 403, ERR_DENIED)                            \
    X(AWS_SIGNATURE_DOES_NOT_MATCH, "SignatureDoesNotMatch", 403, ERR_DENIED)                      \
    X(AWS_REQUEST_TIME_TOO_SKEWED, "RequestTimeTooSkewed", 403, ERR_DENIED)                        \
    X(AWS_AUTHORIZATION_QUERY_PARAMETERS_ERROR, "AuthorizationQueryParametersError", 400,          \
      ERR_INVALID)                                                                                 \
    X(AWS_ACCESS_FORBIDDEN, "AccessForbidden", 403, ERR_DENIED)                                    \
    X(AWS_BAD_REQUEST, "BadRequest", 400, ERR_INVALID)                                             \
    X(AWS_OPERATION_ABORTED, "OperationAborted", 409, ERR_UNAVAILABLE)                             \
    X(AWS_BAD_DIGEST, "BadDigest", 400, ERR_UNAVAILABLE)                                           \
    X(AWS_BUCKET_ALREADY_EXISTS, "BucketAlreadyExists", 409, ERR_CONFLICT)                         \
    X(AWS_BUCKET_ALREADY_OWNED_BY_YOU, "BucketAlreadyOwnedByYou", 409, ERR_CONFLICT)               \
    X(AWS_BUCKET_NOT_EMPTY, "BucketNotEmpty", 409, ERR_CONFLICT)                                   \
    X(AWS_CONDITIONAL_REQUEST_CONFLICT, "ConditionalRequestConflict", 409, ERR_UNAVAILABLE)        \
    X(AWS_ENTITY_TOO_LARGE, "EntityTooLarge", 400, ERR_LIMIT)                                      \
    X(AWS_ENTITY_TOO_SMALL, "EntityTooSmall", 400, ERR_INVALID)                                    \
    X(AWS_INVALID_LOCATION_CONSTRAINT, "InvalidLocationConstraint", 400, ERR_INVALID)              \
    X(AWS_ILLEGAL_LOCATION_CONSTRAINT_EXCEPTION, "IllegalLocationConstraintException", 400,        \
      ERR_INVALID)                                                                                 \
    X(AWS_INCOMPLETE_BODY, "IncompleteBody", 400, ERR_UNAVAILABLE)                                 \
    X(AWS_INTERNAL_ERROR, "InternalError", 500, ERR_UNAVAILABLE)                                   \
    X(AWS_INVALID_ARGUMENT, "InvalidArgument", 400, ERR_INVALID)                                   \
    X(AWS_INVALID_BUCKET_NAME, "InvalidBucketName", 400, ERR_INVALID)                              \
    X(AWS_INVALID_DIGEST, "InvalidDigest", 400, ERR_INVALID)                                       \
    X(AWS_INVALID_PART, "InvalidPart", 400, ERR_INVALID)                                           \
    X(AWS_INVALID_PART_NUMBER, "InvalidPartNumber", 416, ERR_INVALID)                              \
    X(AWS_INVALID_PART_ORDER, "InvalidPartOrder", 400, ERR_INVALID)                                \
    X(AWS_INVALID_ENCRYPTION_ALGORITHM_ERROR, "InvalidEncryptionAlgorithmError", 400, ERR_INVALID) \
    X(AWS_REQUEST_HEADER_SECTION_TOO_LARGE, "RequestHeaderSectionTooLarge", 400, ERR_INVALID)      \
    X(AWS_MISSING_REQUEST_BODY_ERROR, "MissingRequestBodyError", 400, ERR_INVALID)                 \
    X(AWS_UNRESOLVABLE_GRANT_BY_EMAIL_ADDRESS, "UnresolvableGrantByEmailAddress", 400,             \
      ERR_INVALID)                                                                                 \
    X(AWS_INVALID_REDIRECT_LOCATION, "InvalidRedirectLocation", 400, ERR_INVALID)                  \
    X(AWS_INVALID_RANGE, "InvalidRange", 416, ERR_INVALID)                                         \
    X(AWS_INVALID_REQUEST, "InvalidRequest", 400, ERR_INVALID)                                     \
    X(AWS_INVALID_URI, "InvalidURI", 400, ERR_INVALID)                                             \
    X(AWS_KEY_TOO_LONG_ERROR, "KeyTooLongError", 400, ERR_LIMIT)                                   \
    X(AWS_MALFORMED_XML, "MalformedXML", 400, ERR_INVALID)                                         \
    X(AWS_METADATA_TOO_LARGE, "MetadataTooLarge", 400, ERR_LIMIT)                                  \
    X(AWS_METHOD_NOT_ALLOWED, "MethodNotAllowed", 405, ERR_UNSUPPORTED)                            \
    X(AWS_MISSING_CONTENT_LENGTH, "MissingContentLength", 411, ERR_INVALID)                        \
    X(AWS_MISSING_SECURITY_HEADER, "MissingSecurityHeader", 400, ERR_INVALID)                      \
    X(AWS_NO_SUCH_BUCKET, "NoSuchBucket", 404, ERR_NOT_FOUND)                                      \
    X(AWS_NO_SUCH_KEY, "NoSuchKey", 404, ERR_NOT_FOUND)                                            \
    X(AWS_NO_SUCH_UPLOAD, "NoSuchUpload", 404, ERR_NOT_FOUND)                                      \
    X(AWS_PRECONDITION_FAILED, "PreconditionFailed", 412, ERR_CONFLICT)                            \
    X(AWS_INVALID_RETENTION_PERIOD, "InvalidRetentionPeriod", 400, ERR_INVALID)                    \
    X(AWS_INVALID_POLICY_DOCUMENT, "InvalidPolicyDocument", 400, ERR_INVALID)                      \
    X(AWS_INVALID_OBJECT_STATE, "InvalidObjectState", 403, ERR_DENIED)                             \
    X(AWS_INVALID_STORAGE_CLASS, "InvalidStorageClass", 400, ERR_INVALID)                          \
    X(AWS_RESTORE_ALREADY_IN_PROGRESS, "RestoreAlreadyInProgress", 409, ERR_CONFLICT)              \
    X(AWS_MAX_POST_PRE_DATA_LENGTH_EXCEEDED, "MaxPostPreDataLengthExceeded", 400, ERR_LIMIT)       \
    X(AWS_MALFORMED_POST_REQUEST, "MalformedPOSTRequest", 400, ERR_INVALID)                        \
    X(AWS_NOT_MODIFIED, "NotModified", 304, ERR_CONFLICT)                                          \
    X(AWS_REQUEST_TIMEOUT, "RequestTimeout", 400, ERR_UNAVAILABLE)                                 \
    X(AWS_SLOW_DOWN, "SlowDown", 503, ERR_THROTTLED)                                               \
    X(AWS_TOO_MANY_BUCKETS, "TooManyBuckets", 400, ERR_LIMIT)                                      \
    X(AWS_ACCESS_CONTROL_LIST_NOT_SUPPORTED, "AccessControlListNotSupported", 400, ERR_INVALID)    \
    X(AWS_INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP, "InvalidBucketAclWithObjectOwnership", 400,    \
      ERR_INVALID)                                                                                 \
    X(AWS_CROSS_LOCATION_LOGGING_PROHIBITTED, "CrossLocationLoggingProhibitted", 403, ERR_DENIED)  \
    X(AWS_ID_MISMATCH, "IdMismatch", 400, ERR_INVALID)                                             \
    X(AWS_ILLEGAL_VERSIONING_CONFIGURATION, "IllegalVersioningConfigurationException", 400,        \
      ERR_INVALID)                                                                                 \
    X(AWS_INVALID_BUCKET_STATE, "InvalidBucketState", 409, ERR_CONFLICT)                           \
    X(AWS_INVALID_S3_DESTINATION_BUCKET, "InvalidS3DestinationBucket", 400, ERR_INVALID)           \
    X(AWS_INVALID_TAG, "InvalidTag", 400, ERR_INVALID)                                             \
    X(AWS_INVALID_TARGET_BUCKET_FOR_LOGGING, "InvalidTargetBucketForLogging", 400, ERR_INVALID)    \
    X(AWS_MALFORMED_ACL_ERROR, "MalformedACLError", 400, ERR_INVALID)                              \
    X(AWS_MALFORMED_POLICY, "MalformedPolicy", 400, ERR_INVALID)                                   \
    X(AWS_UNEXPECTED_CONTENT, "UnexpectedContent", 400, ERR_INVALID)                               \
    X(AWS_NO_SUCH_BUCKET_POLICY, "NoSuchBucketPolicy", 404, ERR_NOT_FOUND)                         \
    X(AWS_NO_SUCH_CONFIGURATION, "NoSuchConfiguration", 404, ERR_NOT_FOUND)                        \
    X(AWS_NO_SUCH_CORS_CONFIGURATION, "NoSuchCORSConfiguration", 404, ERR_NOT_FOUND)               \
    X(AWS_NO_SUCH_LIFECYCLE_CONFIGURATION, "NoSuchLifecycleConfiguration", 404, ERR_NOT_FOUND)     \
    X(AWS_NO_SUCH_OBJECT_LOCK_CONFIGURATION, "NoSuchObjectLockConfiguration", 404, ERR_NOT_FOUND)  \
    X(AWS_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, "NoSuchPublicAccessBlockConfiguration", 404,  \
      ERR_NOT_FOUND)                                                                               \
    X(AWS_NO_SUCH_TAG_SET, "NoSuchTagSet", 404, ERR_NOT_FOUND)                                     \
    X(AWS_NO_SUCH_VERSION, "NoSuchVersion", 404, ERR_NOT_FOUND)                                    \
    X(AWS_NO_SUCH_WEBSITE_CONFIGURATION, "NoSuchWebsiteConfiguration", 404, ERR_NOT_FOUND)         \
    X(AWS_OBJECT_LOCK_CONFIGURATION_NOT_FOUND_ERROR, "ObjectLockConfigurationNotFoundError", 404,  \
      ERR_NOT_FOUND)                                                                               \
    X(AWS_OWNERSHIP_CONTROLS_NOT_FOUND_ERROR, "OwnershipControlsNotFoundError", 404,               \
      ERR_NOT_FOUND)                                                                               \
    X(AWS_REPLICATION_CONFIGURATION_NOT_FOUND_ERROR, "ReplicationConfigurationNotFoundError", 404, \
      ERR_NOT_FOUND)                                                                               \
    X(AWS_XAMZ_CONTENT_SHA256_MISMATCH, "XAmzContentSHA256Mismatch", 400, ERR_UNAVAILABLE)         \
    /* sns, sts (query) */                                                                         \
    X(AWS_AUTHORIZATION_ERROR, "AuthorizationError", 403, ERR_DENIED)                              \
    X(AWS_ENDPOINT_DISABLED, "EndpointDisabled", 400, ERR_INVALID)                                 \
    X(AWS_INVALID_PARAMETER, "InvalidParameter", 400, ERR_INVALID)                                 \
    X(AWS_INVALID_PARAMETER_VALUE, "ParameterValueInvalid", 400, ERR_INVALID)                      \
    X(AWS_NOT_FOUND, "NotFound", 404, ERR_NOT_FOUND)                                               \
    X(AWS_RESOURCE_NOT_FOUND, "ResourceNotFound", 404, ERR_NOT_FOUND)                              \
    X(AWS_TAG_LIMIT_EXCEEDED, "TagLimitExceeded", 400, ERR_LIMIT)                                  \
    X(AWS_SUBSCRIPTION_LIMIT_EXCEEDED, "SubscriptionLimitExceeded", 403, ERR_LIMIT)                \
    X(AWS_TOPIC_LIMIT_EXCEEDED, "TopicLimitExceeded", 403, ERR_LIMIT)                              \
    X(AWS_BATCH_ENTRY_IDS_NOT_DISTINCT, "BatchEntryIdsNotDistinct", 400, ERR_INVALID)              \
    X(AWS_BATCH_REQUEST_TOO_LONG, "BatchRequestTooLong", 400, ERR_LIMIT)                           \
    X(AWS_EMPTY_BATCH_REQUEST, "EmptyBatchRequest", 400, ERR_INVALID)                              \
    X(AWS_INVALID_BATCH_ENTRY_ID, "InvalidBatchEntryId", 400, ERR_INVALID)                         \
    X(AWS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST, "TooManyEntriesInBatchRequest", 400, ERR_LIMIT)

#define AWS_ERROR_ENUM(id, name, status, next) id,
enum aws_error_id { AWS_OK = 0, AWS_ERROR_TABLE(AWS_ERROR_ENUM) AWS_ERROR_COUNT };
#undef AWS_ERROR_ENUM

struct aws_error {
    const char *name;
    int status; /* where a model says otherwise for one service, the model wins */
    enum err next;
};
/* never NULL; id is in range (asserted) */
const struct aws_error *aws_error_get(enum aws_error_id id);
/* By name; also "com.amazonaws.kinesis#ResourceNotFoundException" and "X:http://..." as clients
 * must read them. AWS_OK when unknown. */
enum aws_error_id aws_error_find(struct str name);
/* What a caller does next about a name and status, known or not: by table, else 5xx
 * ERR_UNAVAILABLE, 429 and *Throttl* ERR_THROTTLED, 403 ERR_DENIED, 404 ERR_NOT_FOUND, 409 and 412
 * ERR_CONFLICT, else ERR_INVALID. */
enum err aws_error_class(struct str name, int status);

#endif
