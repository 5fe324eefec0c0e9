/* encryption.c -- Three ways to say who holds the key, and the errors of saying it wrong. */
#include "encryption.h"
#include <string.h>
#include "base/encode.h"
#include "base/hash.h"
#include "bucket_config.h"

#define KEY_BYTES 32
#define MD5_BYTES 16
#define HEADER "x-amz-server-side-encryption"

/* ---- the customer's key: AWS s3-sse-c-1: algorithm, key and the key's MD5 come together ---- */

struct customer_members { /* by the names that the input has for them */
    const char *algorithm, *key, *md5;
};
static const struct customer_members own = {"SSECustomerAlgorithm", "SSECustomerKey",
                                            "SSECustomerKeyMD5"};
static const struct customer_members of_source = {
    "CopySourceSSECustomerAlgorithm", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5"};

static bool is_said(const struct call *c, const struct customer_members *m)
{
    return call_has(c, m->algorithm) || call_has(c, m->key) || call_has(c, m->md5);
}

static bool fail_customer(struct call *c, const char *message)
{
    s3_fail_argument(c, HEADER, STR("null"), message);
    return false;
}

static bool key_is_whole(struct call *c, struct str key, struct str md5)
{
    struct buf plain, own_md5;
    struct diag d = DIAG_INIT;
    uint8_t digest[MD5_BYTES];
    buf_init(&plain, c->arena, decode_base64_size(key) + 1);
    if (decode_base64(&plain, key, &d) != ERR_OK || plain.len != KEY_BYTES) {
        return fail_customer(c, "The secret key was invalid for the specified algorithm.");
    }
    hash_md5(buf_str(&plain), digest);
    buf_init(&own_md5, c->arena, 2 * MD5_BYTES);
    encode_base64(&own_md5, str_n((const char *)digest, sizeof digest));
    return str_eq(buf_str(&own_md5), md5)
               ? true
               : fail_customer(c, "The calculated MD5 hash of the key did not match the hash that "
                                  "was provided.");
}

/* *ret_md5: the name of the key, as it is kept. */
static bool read_customer(struct call *c, const struct customer_members *m, struct str *ret_md5)
{
    struct str algorithm = call_str(c, m->algorithm);
    if (algorithm.len == 0) {
        return fail_customer(c, "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide a valid encryption algorithm.");
    }
    if (!str_eq(algorithm, STR("AES256"))) {
        call_fail(c, AWS_INVALID_ENCRYPTION_ALGORITHM_ERROR,
                  "The Encryption request you specified is not valid. Supported value: AES256.");
        call_fail_extra(c, "ArgumentName", STR(HEADER));
        call_fail_extra(c, "ArgumentValue", algorithm);
        return false;
    }
    if (call_str(c, m->key).len == 0) {
        return fail_customer(c, "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide an appropriate secret key.");
    }
    if (call_str(c, m->md5).len == 0) {
        return fail_customer(c, "Requests specifying Server Side Encryption with Customer provided "
                                "keys must provide the client calculated MD5 of the secret key.");
    }
    *ret_md5 = call_str(c, m->md5);
    return key_is_whole(c, call_str(c, m->key), *ret_md5);
}

/* ---- a write ---- */

static bool kind_of(struct str name, enum encryption_kind *ret_kind)
{
    static const char *const names[] = {"AES256", "aws:kms", "aws:kms:dsse"};
    for (int i = 0; i < 3; i++) {
        if (str_eq(name, str_of(names[i]))) {
            *ret_kind = (enum encryption_kind)i;
            return true;
        }
    }
    return false;
}

static bool is_uuid(struct str text)
{
    return text.len == 36 && text.ptr[8] == '-' && text.ptr[13] == '-' && text.ptr[18] == '-' &&
           text.ptr[23] == '-';
}

/* DIFFERS s3-kms-1: there is no KMS to look a key up in: an id becomes its ARN, no key is the
 * account's own for S3, an alias or another name is kept as it is. */
static struct str key_arn(struct call *c, const struct bucket *b, struct str key)
{
    if (key.len == 0 || str_eq(key, STR("alias/aws/s3"))) {
        struct str hex =
            hash_sha256_hex(c->arena, str_printf(c->arena, "aws/s3 %.*s %.*s", STR_ARG(b->owner),
                                                 STR_ARG(b->region)));
        key = str_printf(c->arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex.ptr, hex.ptr + 8,
                         hex.ptr + 12, hex.ptr + 15, hex.ptr + 18);
    }
    if (!is_uuid(key) && !str_starts(key, STR("mrk-"))) {
        return key;
    }
    return str_printf(c->arena, "arn:aws:kms:%.*s:%.*s:key/%.*s", STR_ARG(b->region),
                      STR_ARG(b->owner), STR_ARG(key));
}

static const struct json *default_rule(struct call *c, const struct bucket *b)
{
    return json_at(bucket_config_read(c, b, "Encryption"), "Rules.0");
}

/* AWS s3-sse-c-blocked-1: a bucket may refuse new objects under customers' keys. */
static bool is_blocked(const struct json *rule)
{
    const struct json *types = json_at(rule, "BlockedEncryptionTypes.EncryptionType");
    for (const struct json *at = types == NULL ? NULL : types->first; at != NULL; at = at->next) {
        if (str_eq(json_str(at), STR("SSE-C"))) {
            return true;
        }
    }
    return false;
}

static bool write_by_customer(struct call *c, const struct json *rule, struct encryption *e)
{
    if (call_has(c, "ServerSideEncryption")) {
        s3_fail_argument(c, HEADER, call_str(c, "ServerSideEncryption"),
                         "Server Side Encryption with Customer provided key is incompatible with "
                         "the encryption method specified");
        return false;
    }
    if (is_blocked(rule)) {
        call_fail(c, AWS_ACCESS_DENIED,
                  "Server-side encryption with customer-provided keys is blocked on this bucket");
        return false;
    }
    e->kind = ENCRYPTION_CUSTOMER;
    return read_customer(c, &own, &e->key);
}

static bool write_by_header(struct call *c, const struct bucket *b, struct encryption *e)
{
    struct str method = call_str(c, "ServerSideEncryption"), key = call_str(c, "SSEKMSKeyId");
    if (method.len > 0 && !kind_of(method, &e->kind)) {
        s3_fail_argument(c, HEADER, method, "The encryption method specified is not supported");
        return false;
    }
    if (e->kind == ENCRYPTION_S3 && (key.len > 0 || call_has(c, "SSEKMSEncryptionContext"))) {
        s3_fail_argument(c, HEADER, method.len > 0 ? method : STR("null"),
                         "Server Side Encryption with AWS KMS managed key requires HTTP header "
                         "x-amz-server-side-encryption : aws:kms");
        return false;
    }
    if (e->kind != ENCRYPTION_S3) {
        e->key = key_arn(c, b, key);
        e->context = call_str(c, "SSEKMSEncryptionContext");
    }
    return true;
}

/* AWS s3-sse-default-1: a write that says nothing is encrypted as its bucket's default says. */
static void write_by_default(struct call *c, const struct bucket *b, const struct json *rule,
                             struct encryption *e)
{
    const struct json *by = json_get(rule, STR("ApplyServerSideEncryptionByDefault"));
    (void)kind_of(json_str(json_get(by, STR("SSEAlgorithm"))), &e->kind);
    if (e->kind != ENCRYPTION_S3) {
        e->key = key_arn(c, b, json_str(json_get(by, STR("KMSMasterKeyID"))));
    }
}

bool encryption_is_said(const struct call *c)
{
    return is_said(c, &own) || call_has(c, "ServerSideEncryption") || call_has(c, "SSEKMSKeyId") ||
           call_has(c, "SSEKMSEncryptionContext");
}

bool encryption_of_write(struct call *c, const struct bucket *b, struct encryption *ret_encryption)
{
    struct encryption e = {0};
    const struct json *rule = default_rule(c, b);
    bool said = encryption_is_said(c);
    if (is_said(c, &own) ? !write_by_customer(c, rule, &e) : said && !write_by_header(c, b, &e)) {
        return false;
    }
    if (!said) {
        write_by_default(c, b, rule, &e);
    }
    if (e.kind == ENCRYPTION_KMS) {
        bool usual = json_bool(json_get(rule, STR("BucketKeyEnabled")), false);
        e.bucket_key = call_bool(c, "BucketKeyEnabled", usual);
    }
    *ret_encryption = e;
    return true;
}

/* ---- reads, parts ---- */

/* AWS s3-sse-c-2: what lies under a customer's key needs that key, what does not takes none. */
static bool opens(struct call *c, const struct encryption *e, const struct customer_members *m)
{
    struct str md5;
    if (e->kind != ENCRYPTION_CUSTOMER) {
        if (is_said(c, m)) {
            call_fail(c, AWS_INVALID_REQUEST,
                      "The encryption parameters are not applicable to this object.");
        }
        return !call_failed(c);
    }
    if (!is_said(c, m)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The object was stored using a form of Server Side Encryption. The correct "
                  "parameters must be provided to retrieve the object.");
        return false;
    }
    if (!read_customer(c, m, &md5)) {
        return false;
    }
    if (!str_eq(md5, e->key)) {
        call_fail(c, AWS_ACCESS_DENIED,
                  "Requests specifying Server Side Encryption with Customer provided keys must "
                  "provide the correct secret key.");
        return false;
    }
    return true;
}

/* AWS s3-sse-read-1: how an object is encrypted is said when it is written, not when it is read. */
bool encryption_opens(struct call *c, const struct encryption *e)
{
    struct str said = http_header(&c->request->headers, HEADER);
    if (said.len > 0) {
        s3_fail_argument(c, HEADER, said, HEADER " header is not supported for this operation.");
        return false;
    }
    return opens(c, e, &own);
}

bool encryption_opens_source(struct call *c, const struct encryption *e)
{
    return opens(c, e, &of_source);
}

/* AWS s3-sse-c-3: each part brings the key with which the upload was initiated. */
bool encryption_takes_part(struct call *c, const struct encryption *of_upload)
{
    struct str md5;
    bool asked = of_upload->kind == ENCRYPTION_CUSTOMER, said = is_said(c, &own);
    if (!asked && !said) {
        return true;
    }
    if (asked && !said) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The multipart upload initiate requested encryption. Subsequent part requests "
                  "must include the appropriate encryption parameters.");
    } else if (!asked) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The multipart upload initiate did not request encryption. Please resend the "
                  "request without sending encryption parameters.");
    } else if (read_customer(c, &own, &md5) && !str_eq(md5, of_upload->key)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The provided encryption parameters did not match the ones used originally.");
    }
    return !call_failed(c);
}

/* ---- telling ---- */

void encryption_out(struct call *c, const struct encryption *e)
{
    static const char *const names[] = {"AES256", "aws:kms", "aws:kms:dsse"};
    if (e->kind == ENCRYPTION_CUSTOMER) {
        call_out_str(c, "SSECustomerAlgorithm", STR("AES256"));
        call_out_str(c, "SSECustomerKeyMD5", str_copy(c->arena, e->key));
        return;
    }
    call_out_str(c, "ServerSideEncryption", str_of(names[e->kind]));
    if (e->kind == ENCRYPTION_S3) {
        return;
    }
    call_out_str(c, "SSEKMSKeyId", str_copy(c->arena, e->key));
    if (e->context.len > 0) {
        call_out_str(c, "SSEKMSEncryptionContext", str_copy(c->arena, e->context));
    }
    if (e->bucket_key) {
        call_out_bool(c, "BucketKeyEnabled", true);
    }
}

void encryption_seal(const struct encryption *e, uint8_t md5[16])
{
    uint8_t plain[MD5_BYTES];
    if (e->kind == ENCRYPTION_S3) {
        return;
    }
    uint8_t mixed[2 * MD5_BYTES];
    hash_md5(e->key, mixed);
    memcpy(mixed + MD5_BYTES, md5, MD5_BYTES);
    hash_md5(str_n((const char *)mixed, sizeof mixed), plain);
    memcpy(md5, plain, MD5_BYTES);
}

struct str encryption_etag(struct call *c, const struct encryption *e, const uint8_t md5[16])
{
    uint8_t sealed[MD5_BYTES];
    struct buf out;
    memcpy(sealed, md5, MD5_BYTES);
    encryption_seal(e, sealed);
    buf_init(&out, c->arena, 2 * MD5_BYTES + 2);
    buf_add_char(&out, '"');
    encode_hex(&out, str_n((const char *)sealed, sizeof sealed));
    buf_add_char(&out, '"');
    return buf_str(&out);
}
