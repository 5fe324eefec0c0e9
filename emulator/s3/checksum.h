/* checksum.h -- The checksums that S3 verifies and keeps: by header or trailer, Content-MD5,
 * x-amz-content-sha256. Source: S3 User Guide, "Checking object integrity"; texts of the errors as
 * the service answers. */
#ifndef AFORO_EMULATOR_S3_CHECKSUM_H
#define AFORO_EMULATOR_S3_CHECKSUM_H

#include "emulator/core/call.h"

enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_SHA512,
    CHECKSUM_MD5,
    CHECKSUM_XXHASH64,
    CHECKSUM_XXHASH3,
    CHECKSUM_XXHASH128,
    CHECKSUM_KIND_COUNT
};
#define CHECKSUM_BYTES_MAX 64
#define CHECKSUM_TEXT_BYTES_MAX 88 /* in base64 */
struct checksum {
    enum checksum_kind kind;
    bool composite;  /* over the parts' checksums; the text ends with "-<parts>" */
    struct str text; /* base64 */
};
const char *checksum_algorithm(enum checksum_kind kind);   /* "CRC32C" */
const char *checksum_member(enum checksum_kind kind);      /* "ChecksumCRC32C" */
enum checksum_kind checksum_kind_of(struct str algorithm); /* CHECKSUM_NONE when unknown */

struct str checksum_type(bool composite);       /* "COMPOSITE", "FULL_OBJECT" */
size_t checksum_bytes(enum checksum_kind kind); /* of its digest */
size_t checksum_digest(enum checksum_kind kind, struct str bytes,
                       uint8_t ret_digest[CHECKSUM_BYTES_MAX]);
struct str checksum_text(struct arena *a, enum checksum_kind kind, struct str bytes);
size_t checksum_of_blob(const struct call *c, enum checksum_kind kind, const struct blob *blob,
                        uint8_t ret_digest[CHECKSUM_BYTES_MAX]);
struct str checksum_blob_text(const struct call *c, enum checksum_kind kind,
                              const struct blob *blob);
/* Of the call's body, as it came. */
struct str checksum_body_text(const struct call *c, enum checksum_kind kind);

/* What the request says of its body, verified: x-amz-content-sha256, Content-MD5, x-amz-checksum-*.
 * false: the call has failed (XAmzContentSHA256Mismatch, InvalidDigest, BadDigest, InvalidRequest).
 * *ret_sent.kind is CHECKSUM_NONE when the request brought no checksum of S3's kinds. */
bool checksum_verify_request(struct call *c, struct checksum *ret_sent);
/* The algorithm that an operation without body names (CopyObject, CreateMultipartUpload), checked
 * by name. */
bool checksum_algorithm_read(struct call *c, struct str algorithm, enum checksum_kind *ret_kind);
/* Adds the checksum's member and ChecksumType to a tree. */
void checksum_out(struct call *c, struct json *object, const struct checksum *sum);
/* The same where x-amz-checksum-mode asks for it. */
bool checksum_is_wanted(const struct call *c);

#endif
