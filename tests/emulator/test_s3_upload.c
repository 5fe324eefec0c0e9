/* Multipart uploads. ETags and checksums of the assembled object come from openssl and python's
 * zlib. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "emulator_client.h"

#define PART (5 * MIB)

static const char *id_of(struct emulator_client *c, const char *headers)
{
    cr_assert_eq(client_s3(c, "POST", "/bkt/big?uploads", headers, STR_EMPTY), 200, "%s",
                 client_body(c));
    cr_assert_str_eq(client_text(c, "Bucket"), "bkt");
    cr_assert_str_eq(client_text(c, "Key"), "big");
    return client_text(c, "UploadId");
}

static struct emulator_client with_bucket(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    return c;
}

static int put_part(struct emulator_client *c, const char *id, int number, struct str body,
                    const char *headers)
{
    char target[200];
    snprintf(target, sizeof target, "/bkt/big?partNumber=%d&uploadId=%s", number, id);
    return client_s3(c, "PUT", target, headers, body);
}

static int complete(struct emulator_client *c, const char *id, const char *xml, const char *headers)
{
    char target[200];
    snprintf(target, sizeof target, "/bkt/big?uploadId=%s", id);
    return client_s3(c, "POST", target, headers, str_of(xml));
}

static const char *part_xml(struct emulator_client *c, const char *parts)
{
    return str_z(
        c->arena,
        str_printf(c->arena, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>", parts));
}

static const char *part_of(struct emulator_client *c, int number, const char *etag)
{
    return str_z(c->arena,
                 str_printf(c->arena, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>",
                            number, etag));
}

Test(s3_upload, parts_become_one_object)
{
    /* Proves: parts come together in the order of their numbers whatever the order of arrival, a
     * part sent twice counts once, the ETag is the MD5 of MD5s with the count, metadata of the
     * creation stays, and parts can be read alone. */
    struct emulator_client c = with_bucket();
    struct str one = client_pattern(&c, PART, 1), two = client_pattern(&c, PART + 3, 2),
               last = STR("the end");
    const char *id = id_of(&c, "Content-Type: text/x\nx-amz-meta-m: 9");
    cr_assert_eq(put_part(&c, id, 7, last, NULL), 200, "%s", client_body(&c));
    const char *etag_last = client_header(&c, "ETag");
    cr_assert_eq(put_part(&c, id, 2, STR("wrong"), NULL), 200);
    cr_assert_eq(put_part(&c, id, 2, two, NULL), 200);
    const char *etag_two = client_header(&c, "ETag");
    cr_assert_eq(put_part(&c, id, 1, one, NULL), 200);
    const char *etag_one = client_header(&c, "ETag");
    char target[200];
    snprintf(target, sizeof target, "/bkt/big?uploadId=%s&max-parts=2", id);
    cr_assert_eq(client_s3(&c, "GET", target, NULL, STR_EMPTY), 200);
    cr_expect_eq(client_count(&c, "Part"), 2);
    cr_expect_str_eq(client_nth(&c, "Part", 1, "PartNumber"), "2");
    cr_expect_str_eq(client_text(&c, "IsTruncated"), "true");
    cr_expect_str_eq(client_text(&c, "NextPartNumberMarker"), "2");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY), 404,
                 "not there before it is complete");
    struct str list = str_printf(c.arena, "%s%s%s", part_of(&c, 1, etag_one),
                                 part_of(&c, 2, etag_two), part_of(&c, 7, etag_last));
    cr_assert_eq(complete(&c, id, part_xml(&c, str_z(c.arena, list)), NULL), 200, "%s",
                 client_body(&c));
    /* the documented rule, over digests of libcrypto */
    uint8_t digests[48];
    hash_md5(one, digests);
    hash_md5(two, digests + 16);
    hash_md5(last, digests + 32);
    struct str want =
        str_printf(c.arena, "\"%.*s-3\"",
                   STR_ARG(hash_md5_hex(c.arena, str_n((const char *)digests, sizeof digests))));
    cr_expect_str_eq(client_text(&c, "ETag"), str_z(c.arena, want));
    cr_expect_str_eq(client_text(&c, "Location"), "http://127.0.0.1:4566/bkt/big");
    client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "Content-Type"), "text/x");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-m"), "9");
    struct str whole = str_join(c.arena, str_join(c.arena, one, two), last);
    cr_expect(str_eq(c.response->body, whole));
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big?partNumber=3", NULL, STR_EMPTY), 206);
    cr_expect_str_eq(client_body(&c), "the end");
    cr_expect_str_eq(client_header(&c, "x-amz-mp-parts-count"), "3");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big?partNumber=4", NULL, STR_EMPTY), 416);
    cr_expect_eq(put_part(&c, id, 1, one, NULL), 404, "the upload is gone");
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchUpload");
    client_free(&c);
}

Test(s3_upload, refusals_leave_it_as_it_was)
{
    /* Proves: wrong order, unknown parts, wrong ETags and small parts are refused by name; then it
     * still completes. */
    struct emulator_client c = with_bucket();
    const char *id = id_of(&c, NULL);
    put_part(&c, id, 1, STR("small"), NULL);
    const char *one = client_header(&c, "ETag");
    put_part(&c, id, 2, STR("end"), NULL);
    const char *two = client_header(&c, "ETag");
    const struct {
        struct str parts;
        const char *code;
    } rows[] = {
        {str_printf(c.arena, "%s%s", part_of(&c, 2, two), part_of(&c, 1, one)), "InvalidPartOrder"},
        {str_printf(c.arena, "%s%s", part_of(&c, 1, one), part_of(&c, 1, one)), "InvalidPartOrder"},
        {str_printf(c.arena, "%s", part_of(&c, 3, two)), "InvalidPart"},
        {str_printf(c.arena, "%s", part_of(&c, 1, two)), "InvalidPart"},
        {str_printf(c.arena, "%s%s", part_of(&c, 1, one), part_of(&c, 2, two)), "EntityTooSmall"},
        {STR_EMPTY, "MalformedXML"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(complete(&c, id, part_xml(&c, str_z(c.arena, rows[i].parts)), NULL), 400,
                     "row %zu: %s", i, client_body(&c));
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu", i);
    }
    cr_expect_eq(put_part(&c, id, 0, STR("x"), NULL), 400);
    cr_expect_eq(put_part(&c, id, 10001, STR("x"), NULL), 400);
    cr_expect_str_eq(client_text(&c, "ArgumentName"), "partNumber");
    const char *good = part_xml(&c, part_of(&c, 2, two));
    cr_expect_eq(complete(&c, id, good, "x-amz-mp-object-size: 4"), 400);
    cr_expect_eq(complete(&c, id, good, "If-Match: \"x\""), 404, "nothing is there to match");
    cr_expect_eq(complete(&c, id, good, "x-amz-checksum-crc64nvme: AAAAAAAAAAA="), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "BadDigest");
    cr_expect_eq(complete(&c, id, good, "If-None-Match: *"), 200, "%s", client_body(&c));
    client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "end");
    id = id_of(&c, NULL);
    put_part(&c, id, 2, STR("end"), NULL);
    cr_expect_eq(complete(&c, id, good, "If-None-Match: *"), 412);
    client_free(&c);
}

Test(s3_upload, checksums_are_composite_or_of_the_whole)
{
    /* Proves: the two kinds of checksum of an assembled object, by the documented rules. */
    struct emulator_client c = with_bucket();
    const char *id = id_of(&c, "x-amz-checksum-algorithm: CRC32");
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-type"), "COMPOSITE");
    cr_expect_eq(put_part(&c, id, 1, STR("123456789"), NULL), 400,
                 "a part of a composite upload brings its checksum");
    cr_expect_eq(put_part(&c, id, 1, STR("123456789"), "x-amz-checksum-crc32c: 4waSgw=="), 400);
    cr_expect_str_eq(client_text(&c, "Message"),
                     "Checksum Type mismatch occurred, expected checksum Type: crc32, actual "
                     "checksum Type: crc32c");
    cr_expect_eq(put_part(&c, id, 1, STR("123456789"), "x-amz-checksum-crc32: y/Q5Jg=="), 200);
    const char *etag = client_header(&c, "ETag");
    cr_expect_eq(complete(&c, id, part_xml(&c, part_of(&c, 1, etag)), NULL), 400,
                 "each part's checksum is repeated");
    struct str part = str_printf(
        c.arena,
        "<Part><PartNumber>1</PartNumber><ETag>%s</ETag><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32>"
        "</Part>",
        etag);
    cr_expect_eq(complete(&c, id, part_xml(&c, str_z(c.arena, part)), NULL), 200, "%s",
                 client_body(&c));
    /* python3: base64(zlib.crc32(bytes.fromhex("cbf43926")).to_bytes(4)) */
    cr_expect_str_eq(client_text(&c, "ChecksumCRC32"), "7kxlUA==-1");
    cr_expect_str_eq(client_text(&c, "ChecksumType"), "COMPOSITE");
    id = id_of(&c, "x-amz-checksum-algorithm: CRC64NVME");
    put_part(&c, id, 1, STR("123456789"), NULL);
    etag = client_header(&c, "ETag");
    cr_expect_eq(complete(&c, id, part_xml(&c, part_of(&c, 1, etag)),
                          "x-amz-checksum-crc64nvme: rosUhgp5mIg="),
                 200, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "ChecksumCRC64NVME"), "rosUhgp5mIg=");
    cr_expect_str_eq(client_text(&c, "ChecksumType"), "FULL_OBJECT");
    cr_expect_eq(client_s3(&c, "POST", "/bkt/big?uploads",
                           "x-amz-checksum-algorithm: SHA256\nx-amz-checksum-type: FULL_OBJECT",
                           STR_EMPTY),
                 400);
    client_free(&c);
}

Test(s3_upload, part_copies_and_aborts)
{
    /* Proves: a part may be a range of another object; an aborted upload is gone, and so are those
     * of a deleted bucket. */
    struct emulator_client c = with_bucket();
    client_s3(&c, "PUT", "/bkt/src", NULL, STR("0123456789"));
    const char *id = id_of(&c, NULL);
    cr_expect_eq(put_part(&c, id, 1, STR_EMPTY,
                          "x-amz-copy-source: bkt/src\nx-amz-copy-source-range: bytes=2-5"),
                 200, "%s", client_body(&c));
    const char *etag = client_text(&c, "ETag");
    cr_expect_eq(put_part(&c, id, 1, STR_EMPTY,
                          "x-amz-copy-source: bkt/src\nx-amz-copy-source-range: bytes=20-25"),
                 400);
    cr_expect_eq(complete(&c, id, part_xml(&c, part_of(&c, 1, etag)), NULL), 200);
    client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "2345");
    id = id_of(&c, NULL);
    put_part(&c, id, 1, STR("x"), NULL);
    char target[200];
    snprintf(target, sizeof target, "/bkt/big?uploadId=%s", id);
    cr_expect_eq(client_s3(&c, "DELETE", target, NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "DELETE", target, NULL, STR_EMPTY), 404);
    const char *first = id_of(&c, NULL), *second = id_of(&c, NULL);
    put_part(&c, second, 1, STR("x"), NULL);
    client_s3(&c, "DELETE", "/bkt/big", NULL, STR_EMPTY);
    client_s3(&c, "DELETE", "/bkt/src", NULL, STR_EMPTY);
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt", NULL, STR_EMPTY), 204);
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    cr_expect_eq(put_part(&c, first, 1, STR("x"), NULL), 404);
    cr_expect_eq(put_part(&c, second, 1, STR("x"), NULL), 404);
    client_free(&c);
}

Test(s3_upload, crcs_of_parts_combine_into_the_crc_of_the_whole)
{
    /* Proves: for each CRC kind and parts of odd sizes, an empty last one too, the combined
     * checksum is that of the bytes read as one; a client's own is compared, its type too. */
    static const struct {
        const char *algorithm, *header, *element;
    } kinds[] = {
        {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32"},
        {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C"},
        {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"},
    };
    static const size_t sizes[] = {PART, PART + 1, PART + 4093, 0};
    struct emulator_client c = with_bucket();
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct buf whole, list;
        buf_init(&whole, c.arena, 4 * PART);
        buf_init(&list, c.arena, 4 * KIB);
        const char *id = id_of(
            &c, str_z(c.arena, str_printf(c.arena,
                                          "x-amz-checksum-algorithm: %s\nx-amz-checksum-type: "
                                          "FULL_OBJECT",
                                          kinds[k].algorithm)));
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct str bytes = client_pattern(&c, sizes[i], i + k);
            buf_add(&whole, bytes);
            cr_assert_eq(put_part(&c, id, (int)i + 1, bytes, NULL), 200, "%s", client_body(&c));
            buf_addf(&list, "<Part><PartNumber>%zu</PartNumber><ETag>%s</ETag></Part>", i + 1,
                     client_header(&c, "ETag"));
        }
        const char *xml = part_xml(&c, str_z(c.arena, buf_str(&list)));
        cr_expect_eq(complete(&c, id, xml, "x-amz-checksum-type: COMPOSITE"), 400);
        cr_expect_eq(complete(&c, id, xml, "x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE="),
                     400);
        cr_assert_eq(client_s3(&c, "PUT", "/bkt/plain",
                               str_z(c.arena, str_printf(c.arena,
                                                         "x-amz-sdk-checksum-algorithm: %s\n"
                                                         "%s: AAAA",
                                                         kinds[k].algorithm, kinds[k].header)),
                               buf_str(&whole)),
                     400, "only to see that a wrong one is refused");
        const char *wrong = k == 2 ? "AAAAAAAAAAA=" : "AAAAAA==";
        cr_expect_eq(
            complete(&c, id, xml,
                     str_z(c.arena, str_printf(c.arena, "%s: %s", kinds[k].header, wrong))),
            400);
        cr_expect_str_eq(client_text(&c, "Code"), "BadDigest");
        cr_assert_eq(complete(&c, id, xml, NULL), 200, "%s", client_body(&c));
        const char *combined = client_text(&c, kinds[k].element);
        /* the oracle: the same bytes by one PUT with this checksum are taken */
        cr_expect_eq(
            client_s3(&c, "PUT", "/bkt/plain",
                      str_z(c.arena, str_printf(c.arena, "%s: %s", kinds[k].header, combined)),
                      buf_str(&whole)),
            200, "%s %s: %s", kinds[k].algorithm, combined, client_body(&c));
    }
    client_free(&c);
}

Test(s3_upload, parts_of_a_composite_object_keep_their_checksums)
{
    /* Proves: GetObjectAttributes pages through them, GET by part number tells one, a range and a
     * FULL_OBJECT upload tell none. */
    struct emulator_client c = with_bucket();
    struct str bytes = client_pattern(&c, PART, 1);
    const char *id = id_of(&c, "x-amz-checksum-algorithm: CRC32");
    struct buf list;
    buf_init(&list, c.arena, 4 * KIB);
    const char *sums[3];
    for (int i = 0; i < 3; i++) {
        struct buf sum;
        uint32_t crc = hash_crc32(0, i == 2 ? STR("123456789") : bytes);
        uint8_t big[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                          (uint8_t)crc};
        buf_init(&sum, c.arena, 16);
        encode_base64(&sum, str_n((const char *)big, 4));
        sums[i] = str_z(c.arena, buf_str(&sum));
        cr_assert_eq(
            put_part(&c, id, i + 1, i == 2 ? STR("123456789") : bytes,
                     str_z(c.arena, str_printf(c.arena, "x-amz-checksum-crc32: %s", sums[i]))),
            200);
        buf_addf(&list,
                 "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32>"
                 "</Part>",
                 i + 1, client_header(&c, "ETag"), sums[i]);
    }
    cr_expect_str_eq(sums[2], "y/Q5Jg==");
    cr_assert_eq(complete(&c, id, part_xml(&c, str_z(c.arena, buf_str(&list))), NULL), 200);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big?attributes",
                           "x-amz-object-attributes: ObjectParts,Checksum\nx-amz-max-parts: 2",
                           STR_EMPTY),
                 200);
    cr_expect_str_eq(client_text(&c, "ObjectParts.PartsCount"), "3");
    cr_expect_str_eq(client_text(&c, "ObjectParts.NextPartNumberMarker"), "2");
    cr_expect_str_eq(client_text(&c, "ObjectParts.IsTruncated"), "true");
    cr_expect_str_eq(client_text(&c, "ObjectParts.Part.ChecksumCRC32"), sums[0]);
    client_s3(&c, "GET", "/bkt/big?attributes",
              "x-amz-object-attributes: ObjectParts\nx-amz-part-number-marker: 2", STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "ObjectParts.Part.PartNumber"), "3");
    cr_expect_str_eq(client_text(&c, "ObjectParts.Part.Size"), "9");
    cr_expect_str_eq(client_text(&c, "ObjectParts.IsTruncated"), "false");
    cr_expect_eq(
        client_s3(&c, "GET", "/bkt/big?attributes", "x-amz-object-attributes: Nothing", STR_EMPTY),
        400);
    cr_expect_eq(
        client_s3(&c, "HEAD", "/bkt/big?partNumber=3", "x-amz-checksum-mode: ENABLED", STR_EMPTY),
        206);
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-crc32"), "y/Q5Jg==");
    cr_expect_str_eq(client_header(&c, "x-amz-mp-parts-count"), "3");
    client_s3(&c, "HEAD", "/bkt/big", "x-amz-checksum-mode: ENABLED\nRange: bytes=0-8", STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "x-amz-checksum-crc32"), "");
    client_free(&c);
}

Test(s3_upload, small_parts_are_taken_where_the_options_say_so)
{
    /* Proves: the rule of 5 MiB is on unless it is turned off. */
    for (int small = 0; small < 2; small++) {
        struct emulator_options options = {.seed = 1, .small_parts = small == 1};
        struct emulator_client c = client_new_with(&options);
        client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
        const char *id = id_of(&c, NULL);
        struct buf list;
        buf_init(&list, c.arena, KIB);
        for (int i = 1; i <= 3; i++) {
            cr_assert_eq(put_part(&c, id, i, STR("part"), NULL), 200);
            buf_add_z(&list, part_of(&c, i, client_header(&c, "ETag")));
        }
        cr_expect_eq(complete(&c, id, part_xml(&c, str_z(c.arena, buf_str(&list))), NULL),
                     small ? 200 : 400);
        cr_expect_str_eq(client_text(&c, "Code"), small ? "" : "EntityTooSmall");
        client_free(&c);
    }
}
