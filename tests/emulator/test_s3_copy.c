/* Copies: within and between buckets, metadata kept or replaced, conditions on both sides. */
#include <criterion/criterion.h>
#include "emulator_client.h"

static struct emulator_client with_source(void)
{
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/src", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/dst", NULL, STR_EMPTY);
    cr_assert_eq(
        client_s3(&c, "PUT", "/src/a%20b", "Content-Type: text/csv\nx-amz-meta-a: 1", STR("abc")),
        200);
    return c;
}

Test(s3_copy, keeps_or_replaces_metadata)
{
    /* Proves: COPY keeps type and metadata, REPLACE takes the request's; the result tells ETag and
     * date. */
    struct emulator_client c = with_source();
    cr_assert_eq(client_s3(&c, "PUT", "/dst/k", "x-amz-copy-source: /src/a%20b", STR_EMPTY), 200,
                 "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    cr_expect_str_eq(client_text(&c, "LastModified"), "2026-03-28T00:00:00.000Z");
    client_s3(&c, "GET", "/dst/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "abc");
    cr_expect_str_eq(client_header(&c, "Content-Type"), "text/csv");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-a"), "1");
    cr_assert_eq(
        client_s3(
            &c, "PUT", "/dst/k",
            "x-amz-copy-source: src/a%20b\nx-amz-metadata-directive: REPLACE\nx-amz-meta-b: 2\n"
            "x-amz-checksum-algorithm: SHA256",
            STR_EMPTY),
        200);
    /* printf abc | openssl sha256 -binary | base64 (FIPS 180's first example) */
    cr_expect_str_eq(client_text(&c, "ChecksumSHA256"),
                     "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    client_s3(&c, "GET", "/dst/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "Content-Type"), "binary/octet-stream");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-a"), "");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-b"), "2");
    client_free(&c);
}

Test(s3_copy, of_parts_has_the_md5_of_its_bytes)
{
    /* Proves: what was put in parts has "...-1" as its ETag, and its copy the MD5 of the bytes, as
     * an object that was put in one piece. */
    struct emulator_client c = with_source();
    struct arena *a = c.arena;
    cr_assert_eq(client_s3(&c, "POST", "/src/m?uploads", NULL, STR_EMPTY), 200);
    struct str id = str_copy(a, str_of(client_text(&c, "UploadId")));
    struct str part = str_printf(a, "/src/m?partNumber=1&uploadId=%.*s", STR_ARG(id));
    cr_assert_eq(client_s3(&c, "PUT", str_z(a, part), NULL, STR("abc")), 200);
    struct str list = str_printf(a,
                                 "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"
                                 "%s</ETag></Part></CompleteMultipartUpload>",
                                 client_header(&c, "ETag"));
    struct str whole = str_printf(a, "/src/m?uploadId=%.*s", STR_ARG(id));
    cr_assert_eq(client_s3(&c, "POST", str_z(a, whole), NULL, list), 200);
    cr_assert(str_ends(str_of(client_text(&c, "ETag")), STR("-1\"")));
    cr_assert_eq(client_s3(&c, "PUT", "/src/copy", "x-amz-copy-source: /src/m", STR_EMPTY), 200);
    cr_assert_eq(client_s3(&c, "HEAD", "/src/copy", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    client_free(&c);
}

Test(s3_copy, onto_itself_needs_new_metadata)
{
    /* Proves: a copy onto itself is refused without REPLACE, and with it keeps the bytes under new
     * metadata. */
    struct emulator_client c = with_source();
    cr_expect_eq(client_s3(&c, "PUT", "/src/a%20b", "x-amz-copy-source: src/a%20b", STR_EMPTY),
                 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidRequest");
    cr_expect_eq(
        client_s3(
            &c, "PUT", "/src/a%20b",
            "x-amz-copy-source: src/a%20b\nx-amz-metadata-directive: REPLACE\nx-amz-meta-c: 3",
            STR_EMPTY),
        200);
    client_s3(&c, "GET", "/src/a%20b", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "abc");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-c"), "3");
    client_free(&c);
}

Test(s3_copy, refusals)
{
    /* Proves: missing sources, malformed sources and conditions on either side are refused with
     * S3's codes. */
    static const struct {
        const char *headers, *code;
        int status;
    } rows[] = {
        {"x-amz-copy-source: src/none", "NoSuchKey", 404},
        {"x-amz-copy-source: none/k", "NoSuchBucket", 404},
        {"x-amz-copy-source: src", "InvalidArgument", 400},
        {"x-amz-copy-source: src/a%20b?versionId=x", "InvalidArgument", 400},
        {"x-amz-copy-source: src/a%20b\nx-amz-metadata-directive: MERGE", "InvalidArgument", 400},
        {"x-amz-copy-source: src/a%20b\nx-amz-copy-source-if-match: \"other\"",
         "PreconditionFailed", 412},
        {"x-amz-copy-source: src/a%20b\nx-amz-copy-source-if-none-match: *", "PreconditionFailed",
         412},
        {"x-amz-copy-source: src/a%20b\nx-amz-checksum-algorithm: CRC1000", "InvalidRequest", 400},
        {"x-amz-copy-source: src/a%20b\nIf-Match: *", "NotImplemented", 501},
        {"x-amz-copy-source: src/a%20b\nIf-None-Match: *", "", 200},
        {"x-amz-copy-source: src/a%20b\nIf-None-Match: *", "PreconditionFailed", 412},
    };
    struct emulator_client c = with_source();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_s3(&c, "PUT", "/dst/k", rows[i].headers, STR_EMPTY), rows[i].status,
                     "%s: %s", rows[i].headers, client_body(&c));
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "%s", rows[i].headers);
    }
    client_free(&c);
}
