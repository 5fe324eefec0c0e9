/* Encryption by headers: the customer's key and what is wrong with one, keys of KMS, defaults. */
#include <criterion/criterion.h>
#include "emulator_client.h"

/* 32 times "1", 32 times "2", 31 times "1" and their MD5, by Python's base64 and hashlib. */
#define ONE "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
#define ONE_MD5 "GoDL8oWeAZVZNl1r5Hh5Tg=="
#define TWO "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="
#define TWO_MD5 "oFtXsRxLYfZk2uJ4988rUg=="
#define SHORT "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMQ=="
#define SHORT_MD5 "iyiitNgdlri/YWmmOPEFxw=="

#define SSE "x-amz-server-side-encryption"
#define ALGORITHM SSE "-customer-algorithm: AES256"
#define KEY(key) SSE "-customer-key: " key
#define MD5(md5) SSE "-customer-key-MD5: " md5
#define WITH(key, md5) ALGORITHM "\n" KEY(key) "\n" MD5(md5)
#define OF_SOURCE "x-amz-copy-source-server-side-encryption-customer-"
#define FROM(key, md5)                                                                             \
    OF_SOURCE "algorithm: AES256\n" OF_SOURCE "key: " key "\n" OF_SOURCE "key-MD5: " md5

static struct emulator_client with_objects(void)
{
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt/plain", NULL, STR("abc")), 200);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt/under", WITH(ONE, ONE_MD5), STR("abc")), 200, "%s",
                 client_body(&c));
    return c;
}

Test(s3_encryption, headers_of_writes_and_reads)
{
    /* Proves: each part of a customer's key is asked for and checked, and read again by the same
     * key alone; what does not go together is refused. */
    static const struct {
        const char *method, *target, *headers, *code, *message; /* message: how it begins */
    } rows[] = {
        {"PUT", "/bkt/w", WITH(ONE, ONE_MD5), "", ""},
        {"PUT", "/bkt/w", KEY(ONE) "\n" MD5(ONE_MD5), "InvalidArgument",
         "Requests specifying Server Side Encryption with Customer provided keys must provide a "
         "valid encryption algorithm."},
        {"PUT", "/bkt/w", ALGORITHM "\n" MD5(ONE_MD5), "InvalidArgument",
         "Requests specifying Server Side Encryption with Customer provided keys must provide an "
         "appropriate secret key."},
        {"PUT", "/bkt/w", ALGORITHM "\n" KEY(ONE), "InvalidArgument",
         "Requests specifying Server Side Encryption with Customer provided keys must provide the "
         "client calculated MD5"},
        {"PUT", "/bkt/w", SSE "-customer-algorithm: AES128\n" KEY(ONE) "\n" MD5(ONE_MD5),
         "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid."},
        {"PUT", "/bkt/w", WITH(ONE, TWO_MD5), "InvalidArgument", "The calculated MD5 hash"},
        {"PUT", "/bkt/w", WITH(SHORT, SHORT_MD5), "InvalidArgument", "The secret key was invalid"},
        {"PUT", "/bkt/w", WITH("?", ONE_MD5), "InvalidArgument", "The secret key was invalid"},
        {"PUT", "/bkt/w", WITH(ONE, ONE_MD5) "\n" SSE ": AES256", "InvalidArgument",
         "Server Side Encryption with Customer provided key is incompatible"},
        {"PUT", "/bkt/w", SSE ": AES256", "", ""},
        {"PUT", "/bkt/w", SSE ": aws:kms", "", ""},
        {"PUT", "/bkt/w", SSE ": aws:kms\n" SSE "-aws-kms-key-id: k", "", ""},
        {"PUT", "/bkt/w", SSE ": rot13", "InvalidArgument",
         "The encryption method specified is not supported"},
        {"PUT", "/bkt/w", SSE "-aws-kms-key-id: k", "InvalidArgument",
         "Server Side Encryption with AWS KMS managed key requires HTTP header"},
        {"PUT", "/bkt/w", SSE ": AES256\n" SSE "-aws-kms-key-id: k", "InvalidArgument",
         "Server Side Encryption with AWS KMS managed key requires HTTP header"},
        {"GET", "/bkt/under", WITH(ONE, ONE_MD5), "", ""},
        {"GET", "/bkt/under", NULL, "InvalidRequest",
         "The object was stored using a form of Server Side Encryption."},
        {"GET", "/bkt/under", WITH(TWO, TWO_MD5), "AccessDenied", ""},
        {"GET", "/bkt/under", WITH(ONE, TWO_MD5), "InvalidArgument", "The calculated MD5 hash"},
        {"GET", "/bkt/plain", WITH(ONE, ONE_MD5), "InvalidRequest",
         "The encryption parameters are not applicable to this object."},
        {"GET", "/bkt/plain", SSE ": AES256", "InvalidArgument",
         SSE " header is not supported for this operation."},
        {"PUT", "/bkt/w", "x-amz-copy-source: bkt/under\n" FROM(ONE, ONE_MD5), "", ""},
        {"PUT", "/bkt/w", "x-amz-copy-source: bkt/under", "InvalidRequest",
         "The object was stored using a form of Server Side Encryption."},
        {"PUT", "/bkt/w", "x-amz-copy-source: bkt/under\n" FROM(TWO, TWO_MD5), "AccessDenied", ""},
        {"PUT", "/bkt/w", "x-amz-copy-source: bkt/plain\n" FROM(ONE, ONE_MD5), "InvalidRequest",
         "The encryption parameters are not applicable to this object."},
    };
    struct emulator_client c = with_objects();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = client_s3(&c, rows[i].method, rows[i].target, rows[i].headers, STR_EMPTY);
        bool passes = rows[i].code[0] == '\0';
        cr_expect_eq(status == 200, passes, "row %zu: %s", i, client_body(&c));
        if (!passes) {
            cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu", i);
            cr_expect(str_starts(str_of(client_text(&c, "Message")), str_of(rows[i].message)),
                      "row %zu: %s", i, client_text(&c, "Message"));
        }
    }
    client_free(&c);
}

Test(s3_encryption, is_told)
{
    /* Proves: answers tell a customer's key by its MD5 and no other way; an ETag under a key is not
     * the MD5 of the bytes; a plain object says AES256. */
    struct emulator_client c = with_objects();
    cr_expect_eq(client_s3(&c, "GET", "/bkt/under", WITH(ONE, ONE_MD5), STR_EMPTY), 200);
    cr_expect_str_eq(client_body(&c), "abc");
    cr_expect_str_eq(client_header(&c, SSE "-customer-algorithm"), "AES256");
    cr_expect_str_eq(client_header(&c, SSE "-customer-key-MD5"), ONE_MD5);
    cr_expect_str_eq(client_header(&c, SSE), "");
    cr_expect_str_neq(client_header(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/plain", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, SSE), "AES256");
    cr_expect_str_eq(client_header(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    client_free(&c);
}

Test(s3_encryption, parts_bring_the_key_of_their_upload)
{
    /* Proves: an upload under a key takes parts with that key alone, one without takes none. */
    static const struct {
        const char *begun, *part;
        int status;
    } rows[] = {
        {NULL, NULL, 200},
        {NULL, WITH(ONE, ONE_MD5), 400},
        {WITH(ONE, ONE_MD5), WITH(ONE, ONE_MD5), 200},
        {WITH(ONE, ONE_MD5), WITH(TWO, TWO_MD5), 400},
        {WITH(ONE, ONE_MD5), NULL, 400},
        {SSE ": aws:kms", NULL, 200},
    };
    struct emulator_client c = with_objects();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(client_s3(&c, "POST", "/bkt/m?uploads", rows[i].begun, STR_EMPTY), 200);
        const char *part = str_z(c.arena, str_printf(c.arena, "/bkt/m?partNumber=1&uploadId=%s",
                                                     client_text(&c, "UploadId")));
        cr_expect_eq(client_s3(&c, "PUT", part, rows[i].part, STR("abc")), rows[i].status,
                     "row %zu: %s", i, client_body(&c));
    }
    client_free(&c);
}
