/* Checksums: published check values, what is verified, what is kept, what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "emulator_client.h"

/* Of the nine bytes "123456789": CRC-32 cbf43926 and CRC-32C e3069283 (RFC 3720 and the CRC
 * catalogue), CRC-64/NVME ae8b14860a799888 (NVM Express base specification 2.0); SHA by openssl
 * dgst -binary | base64; xxHash by xxhsum 0.8.1, big-endian. */
static const struct {
    const char *algorithm, *header, *base64;
} known[] = {
    {"CRC32", "x-amz-checksum-crc32", "y/Q5Jg=="},
    {"CRC32C", "x-amz-checksum-crc32c", "4waSgw=="},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", "rosUhgp5mIg="},
    {"SHA1", "x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
    {"SHA256", "x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
    {"SHA512", "x-amz-checksum-sha512",
     "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ=="},
    {"MD5", "x-amz-checksum-md5", "JfnnlDI7RTiF9RgfG2JNCw=="},
    {"XXHASH64", "x-amz-checksum-xxhash64", "jLhB20DmroM="},
    {"XXHASH3", "x-amz-checksum-xxhash3", "ctyxi2ehff8="},
    {"XXHASH128", "x-amz-checksum-xxhash128", "MxGUd+3l3NXpcWQnaB1YYA=="},
};

static struct emulator_client with_bucket(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    return c;
}

static const char *line(struct emulator_client *c, const char *name, const char *value)
{
    return str_z(c->arena, str_printf(c->arena, "%s: %s", name, value));
}

Test(s3_checksum, known_answers_are_verified_kept_and_returned)
{
    /* Proves: the right checksum is taken, echoed, and told on a read with checksum mode; a wrong
     * one is BadDigest. */
    struct emulator_client c = with_bucket();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const char *header = line(&c, known[i].header, known[i].base64);
        cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", header, STR("123456789")), 200, "%s: %s",
                     header, client_body(&c));
        cr_expect_str_eq(client_header(&c, known[i].header), known[i].base64);
        cr_expect_str_eq(client_header(&c, "x-amz-checksum-type"), "FULL_OBJECT");
        client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY);
        cr_expect_str_eq(client_header(&c, known[i].header), "", "only told when asked for");
        client_s3(&c, "HEAD", "/bkt/k", "x-amz-checksum-mode: ENABLED", STR_EMPTY);
        cr_expect_str_eq(client_header(&c, known[i].header), known[i].base64);
        client_s3(&c, "GET", "/bkt/k", "x-amz-checksum-mode: ENABLED\nRange: bytes=0-3", STR_EMPTY);
        cr_expect_str_eq(client_header(&c, known[i].header), "",
                         "the whole's checksum says nothing of a range");
        cr_expect_eq(client_s3(&c, "PUT", "/bkt/new", header, STR("123456780")), 400);
        cr_expect_str_eq(client_text(&c, "Code"), "BadDigest");
        char message[100];
        snprintf(message, sizeof message,
                 "The %s you specified did not match the calculated checksum.", known[i].algorithm);
        cr_expect_str_eq(client_text(&c, "Message"), message);
        cr_expect_eq(client_s3(&c, "HEAD", "/bkt/new", NULL, STR_EMPTY), 404, "nothing was stored");
    }
    client_free(&c);
}

Test(s3_checksum, crc64nvme_is_kept_when_the_client_sends_none)
{
    /* Proves: S3's own default checksum is computed and told. */
    struct emulator_client c = with_bucket();
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("123456789"));
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    client_s3(&c, "GET", "/bkt/k", "x-amz-checksum-mode: ENABLED", STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-type"), "FULL_OBJECT");
    client_free(&c);
}

Test(s3_checksum, refusals_have_aws_codes)
{
    /* Proves: malformed, announced-but-missing, doubled, unknown and mismatching digests are each
     * refused, storing nothing. */
    static const struct {
        const char *headers, *code;
    } rows[] = {
        {"x-amz-checksum-crc32: AAAA", "InvalidRequest"},
        {"x-amz-checksum-sha256: y/Q5Jg==", "InvalidRequest"},
        {"x-amz-checksum-crc32: not base64", "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: CRC32", "InvalidRequest"},
        {"x-amz-sdk-checksum-algorithm: CRC1000", "InvalidRequest"},
        {"x-amz-checksum-foo: y/Q5Jg==", "InvalidRequest"},
        {"x-amz-checksum-sha512: y/Q5Jg==", "InvalidRequest"},
        {"x-amz-checksum-crc32: y/Q5Jg==\nx-amz-checksum-crc32c: 4waSgw==", "InvalidRequest"},
        {"Content-MD5: abc", "InvalidDigest"},
        {"Content-MD5: y/Q5Jg==", "InvalidDigest"},
        {"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"},
        {"x-amz-content-sha256: 0000000000000000000000000000000000000000000000000000000000000000",
         "XAmzContentSHA256Mismatch"},
    };
    struct emulator_client c = with_bucket();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", rows[i].headers, STR("123456789")), 400,
                     "%s: %d", rows[i].headers, c.response->status);
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "%s: %s", rows[i].headers,
                         client_body(&c));
        struct emulator_object o;
        cr_expect_not(emulator_object_next(c.emulator, STR("bkt"), STR_EMPTY, c.arena, &o), "%s",
                      rows[i].headers);
    }
    /* printf 123456789 | openssl md5 -binary | base64 */
    cr_expect_eq(
        client_s3(&c, "PUT", "/bkt/k", "Content-MD5: JfnnlDI7RTiF9RgfG2JNCw==", STR("123456789")),
        200);
    cr_expect_eq(
        client_s3(&c, "PUT", "/bkt/k", "x-amz-content-sha256: UNSIGNED-PAYLOAD", STR("anything")),
        200);
    client_free(&c);
}

Test(s3_checksum, chunked_bodies_are_unframed_and_their_trailers_verified)
{
    /* Proves: an aws-chunked body with a trailing checksum is stored plain, its encoding stripped;
     * a wrong trailer is BadDigest. */
    static const char headers[] =
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n"
        "Content-Encoding: aws-chunked,gzip\nx-amz-trailer: x-amz-checksum-crc32\n"
        "x-amz-sdk-checksum-algorithm: CRC32\nx-amz-decoded-content-length: 9";
    struct emulator_client c = with_bucket();
    cr_expect_eq(
        client_s3(&c, "PUT", "/bkt/k", headers,
                  STR("4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n")),
        200, "%s", client_body(&c));
    client_s3(&c, "GET", "/bkt/k", "x-amz-checksum-mode: ENABLED", STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "123456789");
    cr_expect_str_eq(client_header(&c, "Content-Encoding"), "gzip");
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-crc32"), "y/Q5Jg==");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k2", headers,
                           STR("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n")),
                 400);
    cr_expect_str_eq(client_text(&c, "Code"), "BadDigest");
    client_free(&c);
}
