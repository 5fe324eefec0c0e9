/* Buckets, against the S3 user guide's rules for names and the API reference's errors. */
#include <criterion/criterion.h>
#include <string.h>
#include "emulator_client.h"

#define EXPECT_ERROR(c, want, code)                                                                \
    do {                                                                                           \
        cr_expect_eq((c)->response->status, want, "%s", client_body(c));                           \
        cr_expect_str_eq(client_text(c, "Code"), code, "%s", client_body(c));                      \
    } while (0)

Test(s3_bucket, lives_from_create_to_delete)
{
    /* Proves: a bucket is created, found, listed, emptied and deleted, and is gone afterwards. */
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/alpha", NULL, STR_EMPTY), 200, "%s", client_body(&c));
    cr_expect_str_eq(client_header(&c, "Location"), "/alpha");
    cr_expect_eq(client_s3(&c, "HEAD", "/alpha", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, "x-amz-bucket-region"), "us-east-1");
    cr_expect_eq(client_s3(&c, "GET", "/alpha?location", NULL, STR_EMPTY), 200);
    cr_expect(strstr(client_body(&c), "<LocationConstraint") != NULL, "%s", client_body(&c));
    cr_expect_eq(client_s3(&c, "PUT", "/alpha/k", NULL, STR("x")), 200);
    cr_expect_eq(client_s3(&c, "DELETE", "/alpha", NULL, STR_EMPTY), 409);
    EXPECT_ERROR(&c, 409, "BucketNotEmpty");
    cr_expect_str_eq(client_text(&c, "BucketName"), "alpha");
    cr_expect_eq(client_s3(&c, "DELETE", "/alpha/k", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "DELETE", "/alpha", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "HEAD", "/alpha", NULL, STR_EMPTY), 404);
    cr_expect_eq(c.response->body.len, 0, "HEAD answers without a body");
    client_s3(&c, "GET", "/alpha", NULL, STR_EMPTY);
    EXPECT_ERROR(&c, 404, "NoSuchBucket");
    cr_expect_str_eq(client_text(&c, "Message"), "The specified bucket does not exist");
    cr_expect_str_eq(client_text(&c, "BucketName"), "alpha");
    client_free(&c);
}

Test(s3_bucket, name_follows_the_rules)
{
    /* Proves: names that the user guide allows are taken, those it forbids are InvalidBucketName.
     */
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"abc", true},
        {"a.b.c", true},
        {"0-9", true},
        {"log-2026.03", true},
        {"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0", true},
        {"ab", false},
        {"Abc", false},
        {"a_b", false},
        {"-abc", false},
        {"abc-", false},
        {".abc", false},
        {"a..b", false},
        {"192.168.5.4", false},
        {"xn--abc", false},
        {"sthree-abc", false},
        {"abc-s3alias", false},
        {"abc--ol-s3", false},
        {"abc.mrap", false},
        {"abc--x-s3", false},
        {"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01", false},
    };
    struct emulator_client c = client_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str target = str_printf(c.arena, "/%s", rows[i].name);
        int status = client_s3(&c, "PUT", str_z(c.arena, target), NULL, STR_EMPTY);
        cr_expect_eq(status, rows[i].good ? 200 : 400, "%s: %d", rows[i].name, status);
        if (!rows[i].good) {
            cr_expect_str_eq(client_text(&c, "Code"), "InvalidBucketName", "%s", rows[i].name);
        }
    }
    client_free(&c);
}

Test(s3_bucket, region_decides_what_a_second_create_says)
{
    /* Proves: us-east-1 takes one's own bucket again; elsewhere, and from another account, it is
     * refused. */
    struct emulator_client c = client_new();
    static const char constraint[] =
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    cr_assert_eq(client_s3(&c, "PUT", "/mine", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_s3(&c, "PUT", "/mine", NULL, STR_EMPTY), 200);
    c.region = STR("eu-west-1");
    client_s3(&c, "PUT", "/euro", NULL, STR_EMPTY);
    EXPECT_ERROR(&c, 400, "IllegalLocationConstraintException");
    cr_expect_eq(client_s3(&c, "PUT", "/euro", NULL, str_of(constraint)), 200, "%s",
                 client_body(&c));
    client_s3(&c, "PUT", "/euro", NULL, str_of(constraint));
    EXPECT_ERROR(&c, 409, "BucketAlreadyOwnedByYou");
    client_s3(&c, "GET", "/euro?location", NULL, STR_EMPTY);
    cr_expect(strstr(client_body(&c), ">eu-west-1<") != NULL, "%s", client_body(&c));
    c.region = STR("us-east-1");
    c.key = STR("111122223333");
    client_s3(&c, "PUT", "/mine", NULL, STR_EMPTY);
    EXPECT_ERROR(&c, 409, "BucketAlreadyExists");
    client_s3(&c, "GET", "/mine", NULL, STR_EMPTY);
    EXPECT_ERROR(&c, 403, "AccessDenied");
    client_free(&c);
}

Test(s3_bucket, list_is_sorted_and_paged)
{
    /* Proves: ListBuckets gives the account's buckets by name, by prefix, and page by page. */
    struct emulator_client c = client_new();
    static const char *const names[] = {"/zulu", "/alpha", "/mike", "/mike-2"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(client_s3(&c, "PUT", names[i], NULL, STR_EMPTY), 200);
    }
    cr_expect_eq(client_s3(&c, "GET", "/", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_count(&c, "Buckets.Bucket"), 4, "%s", client_body(&c));
    cr_expect_str_eq(client_nth(&c, "Buckets.Bucket", 0, "Name"), "alpha");
    cr_expect_str_eq(client_nth(&c, "Buckets.Bucket", 3, "Name"), "zulu");
    cr_expect_str_eq(client_nth(&c, "Buckets.Bucket", 0, "CreationDate"),
                     "2026-03-28T00:00:00.000Z");
    cr_expect_str_eq(client_text(&c, "ContinuationToken"), "");
    client_s3(&c, "GET", "/?prefix=mike", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Buckets.Bucket"), 2);
    client_s3(&c, "GET", "/?max-buckets=3", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Buckets.Bucket"), 3);
    const char *token = client_text(&c, "ContinuationToken");
    cr_assert(token[0] != '\0');
    struct buf target;
    buf_init(&target, c.arena, 1000);
    buf_add_z(&target, "max-buckets=3");
    http_query_add(&target, STR("continuation-token"), str_of(token));
    client_s3(&c, "GET", str_z(c.arena, str_join(c.arena, STR("/?"), buf_str(&target))), NULL,
              STR_EMPTY);
    cr_expect_eq(client_count(&c, "Buckets.Bucket"), 1);
    cr_expect_str_eq(client_nth(&c, "Buckets.Bucket", 0, "Name"), "zulu");
    client_free(&c);
}

Test(s3_bucket, versioning_was_never_asked_for)
{
    /* Proves: the configuration is there and has no status, and a missing bucket has none. */
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_s3(&c, "GET", "/bkt?versioning", NULL, STR_EMPTY), 200);
    cr_expect(strstr(client_body(&c), "<VersioningConfiguration") != NULL, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "Status"), "");
    cr_expect_eq(client_s3(&c, "GET", "/other?versioning", NULL, STR_EMPTY), 404);
    client_free(&c);
}
