/* Objects: put, get, head, delete; metadata, limits, refusals; the reader for oracles; memory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "emulator_client.h"

static struct emulator_client with_bucket(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200, "%s", client_body(&c));
    return c;
}

Test(s3_object, comes_back_as_it_was_put)
{
    /* Proves: bytes, MD5 ETag (RFC 1321's for "abc"), dates, system and user metadata come back;
     * HEAD says the same. */
    struct emulator_client c = with_bucket();
    c.now_us += 1234567; /* 1.234567 s: only whole seconds are told */
    cr_assert_eq(
        client_s3(
            &c, "PUT", "/bkt/a/b%2Bc%20d",
            "Content-Type: text/csv\nCache-Control: no-store\nContent-Disposition: attachment\n"
            "Content-Encoding: gzip\nContent-Language: de\nExpires: Thu, 01 Dec 1994 16:00:00 GMT\n"
            "X-Amz-Meta-Source: flights\nx-amz-meta-Count: 7",
            STR("abc")),
        200, "%s", client_body(&c));
    cr_expect_str_eq(client_header(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    for (int head = 0; head < 2; head++) {
        cr_assert_eq(client_s3(&c, head ? "HEAD" : "GET", "/bkt/a/b%2Bc%20d", NULL, STR_EMPTY),
                     200);
        cr_expect_str_eq(client_body(&c), head ? "" : "abc");
        cr_expect_str_eq(client_header(&c, "Content-Length"), "3");
        cr_expect_str_eq(client_header(&c, "ETag"), "\"900150983cd24fb0d6963f7d28e17f72\"");
        cr_expect_str_eq(client_header(&c, "Last-Modified"), "Sat, 28 Mar 2026 00:00:01 GMT");
        cr_expect_str_eq(client_header(&c, "Content-Type"), "text/csv");
        cr_expect_str_eq(client_header(&c, "Cache-Control"), "no-store");
        cr_expect_str_eq(client_header(&c, "Content-Disposition"), "attachment");
        cr_expect_str_eq(client_header(&c, "Content-Encoding"), "gzip");
        cr_expect_str_eq(client_header(&c, "Content-Language"), "de");
        cr_expect_str_eq(client_header(&c, "Expires"), "Thu, 01 Dec 1994 16:00:00 GMT");
        cr_expect_str_eq(client_header(&c, "x-amz-meta-source"), "flights");
        cr_expect_str_eq(client_header(&c, "x-amz-meta-count"), "7");
        cr_expect_str_eq(client_header(&c, "Accept-Ranges"), "bytes");
    }
    client_s3(
        &c, "GET",
        "/bkt/a/b%2Bc%20d?response-content-type=text/plain&response-cache-control=max-age%3D1",
        NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "Content-Type"), "text/plain");
    cr_expect_str_eq(client_header(&c, "Cache-Control"), "max-age=1");
    struct emulator_object o;
    cr_assert(emulator_object_next(c.emulator, STR("bkt"), STR_EMPTY, c.arena, &o));
    cr_expect(str_eq(o.key, STR("a/b+c d")));
    cr_expect(str_eq(o.body, STR("abc")));
    cr_expect_eq(o.modified_us, c.now_us);
    cr_expect_not(emulator_object_next(c.emulator, STR("bkt"), o.key, c.arena, &o));
    client_free(&c);
}

Test(s3_object, empty_and_overwritten_and_deleted)
{
    /* Proves: an empty object has the MD5 of nothing and a default type; overwriting replaces;
     * deleting is idempotent. */
    struct emulator_client c = with_bucket();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt/k", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, "ETag"), "\"d41d8cd98f00b204e9800998ecf8427e\"");
    client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "Content-Type"), "binary/octet-stream");
    cr_expect_str_eq(client_header(&c, "Content-Length"), "0");
    client_s3(&c, "PUT", "/bkt/k", "x-amz-meta-a: 1", STR("second"));
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("third"));
    client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "third");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-a"), "", "an overwrite keeps nothing");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchKey");
    cr_expect_str_eq(client_text(&c, "Message"), "The specified key does not exist.");
    cr_expect_str_eq(client_text(&c, "Key"), "k");
    cr_expect_eq(client_s3(&c, "HEAD", "/bkt/k", NULL, STR_EMPTY), 404);
    cr_expect_eq(client_s3(&c, "PUT", "/none/k", NULL, STR("x")), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchBucket");
    client_free(&c);
}

Test(s3_object, limits_have_their_errors)
{
    /* Proves: keys over 1024 bytes, metadata over 2 KB and keys that are not UTF-8 are refused as
     * documented. */
    struct emulator_client c = with_bucket();
    char key[1100], target[1200], meta[2200];
    memset(key, 'k', sizeof key);
    snprintf(target, sizeof target, "/bkt/%.*s", 1024, key);
    cr_expect_eq(client_s3(&c, "PUT", target, NULL, STR("x")), 200);
    snprintf(target, sizeof target, "/bkt/%.*s", 1025, key);
    cr_expect_eq(client_s3(&c, "PUT", target, NULL, STR("x")), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "KeyTooLongError");
    cr_expect_str_eq(client_text(&c, "Size"), "1025");
    cr_expect_str_eq(client_text(&c, "MaxSizeAllowed"), "1024");
    memset(meta, 'v', sizeof meta);
    snprintf(meta, sizeof meta, "x-amz-meta-a: %.*s", 2047, "");
    memset(meta + 14, 'v', 2047);
    meta[14 + 2047] = '\0';
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/m", meta, STR("x")), 200, "%s", client_body(&c));
    meta[14 + 2047] = 'v';
    meta[14 + 2048] = '\0';
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/m", meta, STR("x")), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "MetadataTooLarge");
    cr_expect_str_eq(client_text(&c, "MaxSizeAllowed"), "2048");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/%FF%FE", NULL, STR("x")), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidURI");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/m?versionId=abc", NULL, STR_EMPTY), 400);
    cr_expect_str_eq(client_text(&c, "Message"), "Invalid version id specified");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/m?versionId=null", NULL, STR_EMPTY), 200);
    client_free(&c);
}

Test(s3_object, heads_have_8_kb)
{
    /* Proves: path, names and values of a head may be 8192 bytes together and not one more. */
    struct emulator_client c = with_bucket();
    char pad[8192];
    memset(pad, 'v', sizeof pad);
    for (size_t over = 0; over <= 1; over++) {
        struct http_request request;
        http_request_init(&request, c.arena, "GET", STR("127.0.0.1:4566"), STR("/bkt/k"));
        http_headers_add(&request.headers, STR("x-pad"),
                         str_n(pad, 8192 + over - strlen("/bkt/k") - strlen("x-pad")));
        struct emulator_outcome out =
            emulator_dispatch(c.emulator, &request, STR_EMPTY, c.now_us, c.arena);
        cr_expect_eq(str_contains(out.response.body, STR("RequestHeaderSectionTooLarge")), over > 0,
                     "%zu: %.*s", over, STR_ARG(out.response.body));
    }
    client_free(&c);
}

Test(s3_object, headers_that_are_not_built_are_refused_by_name)
{
    /* Proves: what would change an object's meaning and is not built is 501 with the header's name;
     * harmless values pass. */
    static const struct {
        const char *header, *refused; /* NULL: passes */
    } rows[] = {
        {"x-amz-acl: private", NULL},
        {"x-amz-storage-class: STANDARD", NULL},
        {"x-amz-server-side-encryption: AES256", NULL},
        {"x-amz-server-side-encryption: aws:kms", NULL},
        {"x-amz-website-redirect-location: /x", NULL},
        {"x-amz-write-offset-bytes: 3", "x-amz-write-offset-bytes"},
        {"x-amz-expected-bucket-owner: 000000000000", NULL},
    };
    struct emulator_client c = with_bucket();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = client_s3(&c, "PUT", "/bkt/k", rows[i].header, STR("x"));
        cr_expect_eq(status, rows[i].refused ? 501 : 200, "%s: %s", rows[i].header,
                     client_body(&c));
        cr_expect_str_eq(client_text(&c, "Header"), rows[i].refused ? rows[i].refused : "");
    }
    cr_expect_eq(
        client_s3(&c, "PUT", "/bkt/k", "x-amz-expected-bucket-owner: 111122223333", STR("x")), 403);
    client_free(&c);
}

Test(s3_object, batch_delete_tells_each_key)
{
    /* Proves: DeleteObjects deletes what is there and what is not, is quiet when asked, and wants a
     * digest. */
    struct emulator_client c = with_bucket();
    static const char body[] =
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a</Key></Object>"
        "<Object><Key>gone&amp;</Key></Object></Delete>";
    static const char quiet[] = "<Delete><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>";
    client_s3(&c, "PUT", "/bkt/a", NULL, STR("x"));
    client_s3(&c, "PUT", "/bkt/b", NULL, STR("x"));
    cr_expect_eq(client_s3(&c, "POST", "/bkt?delete", NULL, str_of(body)), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidRequest",
                     "neither Content-MD5 nor a checksum came");
    /* what is right is told by the refusal; that it is MD5 is test_s3_checksum.c's */
    cr_expect_eq(
        client_s3(&c, "POST", "/bkt?delete", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", str_of(body)),
        400);
    cr_expect_str_eq(client_text(&c, "Code"), "BadDigest");
    const char *right = client_text(&c, "CalculatedDigest");
    struct str md5 = str_printf(c.arena, "Content-MD5: %s", right);
    cr_expect_eq(client_s3(&c, "POST", "/bkt?delete", str_z(c.arena, md5), str_of(body)), 200, "%s",
                 client_body(&c));
    cr_expect_eq(client_count(&c, "Deleted"), 2);
    cr_expect_str_eq(client_nth(&c, "Deleted", 1, "Key"), "gone&");
    cr_expect_eq(client_count(&c, "Error"), 0);
    client_s3(&c, "POST", "/bkt?delete", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", str_of(quiet));
    md5 = str_printf(c.arena, "Content-MD5: %s", client_text(&c, "CalculatedDigest"));
    cr_expect_eq(client_s3(&c, "POST", "/bkt?delete", str_z(c.arena, md5), str_of(quiet)), 200);
    cr_expect_eq(client_count(&c, "Deleted"), 0);
    struct emulator_object o;
    cr_expect_not(emulator_object_next(c.emulator, STR("bkt"), STR_EMPTY, c.arena, &o),
                  "all are gone");
    client_free(&c);
}

Test(s3_object, partial_fault_refuses_some_keys_of_a_batch)
{
    /* Proves: under a partial fault some keys stay and are told as errors, the others go: nothing
     * is in both lists. */
    struct emulator_client c = with_bucket();
    struct json *rules;
    struct diag d = DIAG_INIT;
    cr_assert_eq(
        json_parse(c.arena,
                   STR("[{\"on\":\"s3:DeleteObjects\",\"phase\":\"partial\",\"entries\":\"1/2\"}]"),
                   &rules, &d),
        ERR_OK);
    cr_assert_eq(fault_plan_read(emulator_faults(c.emulator), rules, &d), ERR_OK, "%s", d.msg);
    struct buf body;
    buf_init(&body, c.arena, 10000);
    buf_add_z(&body, "<Delete>");
    for (int i = 0; i < 10; i++) {
        client_s3(&c, "PUT", str_z(c.arena, str_printf(c.arena, "/bkt/k%d", i)), NULL, STR("x"));
        buf_addf(&body, "<Object><Key>k%d</Key></Object>", i);
    }
    buf_add_z(&body, "</Delete>");
    client_s3(&c, "POST", "/bkt?delete", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", buf_str(&body));
    struct str md5 = str_printf(c.arena, "Content-MD5: %s", client_text(&c, "CalculatedDigest"));
    cr_assert_eq(client_s3(&c, "POST", "/bkt?delete", str_z(c.arena, md5), buf_str(&body)), 200);
    size_t deleted = client_count(&c, "Deleted"), errors = client_count(&c, "Error");
    cr_expect_eq(deleted + errors, 10);
    cr_expect(errors >= 1);
    cr_expect_str_eq(client_nth(&c, "Error", 0, "Code"), "InternalError");
    size_t left = 0;
    struct str after = STR_EMPTY;
    for (struct emulator_object o; emulator_object_next(c.emulator, STR("bkt"), after, c.arena, &o);
         after = o.key) {
        left++;
    }
    cr_expect_eq(left, errors);
    client_free(&c);
}

/* The keys that were written since *cursor, in that order, with a space behind each. */
static const char *written_since(struct emulator_client *c, uint64_t *cursor)
{
    struct buf keys;
    struct emulator_object o;
    buf_init(&keys, c->arena, 1000);
    while (emulator_object_written_next(c->emulator, STR("bkt"), cursor, c->arena, &o)) {
        buf_addf(&keys, "%.*s ", STR_ARG(o.key));
    }
    return str_z(c->arena, buf_str(&keys));
}

Test(s3_object, an_oracle_reads_on_where_it_ended)
{
    /* Proves: objects come in the order of their writes, one that is written again comes again, one
     * that is gone does not, and a version that a delete uncovers does. */
    struct emulator_client c = with_bucket();
    uint64_t cursor = 0;
    cr_expect_str_eq(written_since(&c, &cursor), "");
    client_s3(&c, "PUT", "/bkt/b", NULL, STR("1"));
    client_s3(&c, "PUT", "/bkt/a", NULL, STR("1"));
    client_s3(&c, "PUT", "/bkt/c", NULL, STR("1"));
    client_s3(&c, "DELETE", "/bkt/a", NULL, STR_EMPTY);
    cr_expect_str_eq(written_since(&c, &cursor), "b c ");
    cr_expect_str_eq(written_since(&c, &cursor), "");
    client_s3(&c, "PUT", "/bkt/b", NULL, STR("2"));
    client_s3(&c, "DELETE", "/bkt/c", NULL, STR_EMPTY);
    cr_expect_str_eq(written_since(&c, &cursor), "b ");
    cr_assert_eq(client_s3(&c, "PUT", "/bkt?versioning", NULL,
                           STR("<VersioningConfiguration><Status>Enabled</Status>"
                               "</VersioningConfiguration>")),
                 200);
    client_s3(&c, "PUT", "/bkt/b", NULL, STR("3"));
    client_s3(&c, "DELETE", "/bkt/b", NULL, STR_EMPTY);
    const char *marker = client_header(&c, "x-amz-version-id");
    cr_assert_neq(marker, NULL);
    cr_expect_str_eq(written_since(&c, &cursor), "", "a marker is no object");
    struct str uncover = str_printf(c.arena, "/bkt/b?versionId=%s", marker);
    cr_assert_eq(client_s3(&c, "DELETE", str_z(c.arena, uncover), NULL, STR_EMPTY), 204);
    cr_expect_str_eq(written_since(&c, &cursor), "b ");
    uint64_t all = 0;
    cr_expect_str_eq(written_since(&c, &all), "b ");
    client_free(&c);
}

Test(s3_object, tags_are_none)
{
    /* Proves: an object has an empty set of tags, and a missing one has none. */
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt/k", NULL, STR("x")), 200);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k?tagging", NULL, STR_EMPTY), 200);
    cr_expect(strstr(client_body(&c), "<TagSet>") != NULL || strstr(client_body(&c), "<TagSet/>"),
              "%s", client_body(&c));
    cr_expect_eq(client_count(&c, "TagSet.Tag"), 0);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/none?tagging", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchKey");
    client_free(&c);
}
