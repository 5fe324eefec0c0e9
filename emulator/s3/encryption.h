/* encryption.h -- How an object is encrypted, as its headers and its bucket's default say: by S3's
 * own key, by a key of KMS, by a key that the customer brings with each request.
 * DIFFERS s3-sse-1: nothing is encrypted where it lies; what is kept is who may read, and what is
 * told. */
#ifndef AFORO_EMULATOR_S3_ENCRYPTION_H
#define AFORO_EMULATOR_S3_ENCRYPTION_H

#include "s3_state.h"

enum encryption_kind {
    ENCRYPTION_S3,
    ENCRYPTION_KMS,
    ENCRYPTION_KMS_TWICE, /* aws:kms:dsse */
    ENCRYPTION_CUSTOMER
};
struct encryption {
    enum encryption_kind kind;
    bool bucket_key;
    struct str key;     /* KMS: the key's ARN or name; customer: base64 of the MD5 of the key */
    struct str context; /* KMS: as it was sent */
};
/* What a write asks for, or its bucket's default; false: the call has failed. Texts are borrowed
 * from the call. */
bool encryption_of_write(struct call *c, const struct bucket *b, struct encryption *ret_encryption);
/* Whether a write's headers say anything of encryption. */
bool encryption_is_said(const struct call *c);
/* Whether the request may read what is encrypted so: it brings the customer's key, or needs none.
 * false: the call has failed. */
bool encryption_opens(struct call *c, const struct encryption *e);
bool encryption_opens_source(struct call *c, const struct encryption *e); /* of a copy */
bool encryption_takes_part(struct call *c, const struct encryption *of_upload);
/* The headers of an answer about it. */
void encryption_out(struct call *c, const struct encryption *e);
/* AWS s3-etag-1: an ETag is the MD5 of the bytes only where S3's own key encrypts them: makes of
 * that MD5 what the ETag is. */
void encryption_seal(const struct encryption *e, uint8_t md5[16]);
struct str encryption_etag(struct call *c, const struct encryption *e, const uint8_t md5[16]);

#endif
