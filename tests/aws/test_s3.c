#include <criterion/criterion.h>

#include "aws/s3.h"
#include "aws_script.h"
#include "base/instant.h"
#include "base/limits.h"

/* The checksums of "123456789": the check values of the CRC catalogue, SHA by sha1sum and
 * sha256sum. */
#define BODY "123456789"
#define BODY_CRC32 "y/Q5Jg=="
#define BODY_CRC32C "4waSgw=="
#define BODY_CRC64NVME "rosUhgp5mIg="
#define BODY_SHA1 "98O8HYCOBHMq32eZZczDTKeuNEE="
#define BODY_SHA256 "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="

static struct str sent_header(const struct script *s, size_t n, const char *name)
{
    return http_header(&s->sent[n]->headers, name);
}

/* ---- put ---- */

Test(s3_put, sends_checksum_conditions_and_metadata)
{
    /* Path style, CRC-32 in base64, the body's SHA-256 signed, If-None-Match, metadata under its
     * prefix. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object object;
    const struct http_header metadata[] = {{STR("records"), STR("12")}, {STR("shard"), STR("0")}};
    const struct s3_put_options options = {.content_type = STR("application/zstd"),
                                           .if_none_match = true,
                                           .metadata = metadata,
                                           .metadata_count = 2};
    SCRIPT(s, {.status = 200, .headers = "ETag: \"25f9e794323b453885f5181f1b624d0b\""});
    cr_assert_eq(s3_put(&s->client, STR("bucket"), STR("raw/a b/\xc3\xa9+1.zst"), STR(BODY),
                        &options, s->arena, &object, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[0]->method, "PUT") &&
              same(s->sent[0]->path, "/bucket/raw/a%20b/%C3%A9%2B1.zst"));
    cr_assert(s->sent[0]->query.len == 0 && same(s->sent[0]->body, BODY));
    cr_assert(same(sent_header(s, 0, "x-amz-checksum-crc32"), BODY_CRC32));
    cr_assert(same(sent_header(s, 0, "x-amz-sdk-checksum-algorithm"), "CRC32"));
    cr_assert(same(sent_header(s, 0, "x-amz-content-sha256"),
                   "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"));
    cr_assert(same(sent_header(s, 0, "If-None-Match"), "*") &&
              !http_has_header(&s->sent[0]->headers, "If-Match"));
    cr_assert(same(sent_header(s, 0, "Content-Type"), "application/zstd"));
    cr_assert(same(sent_header(s, 0, "x-amz-meta-records"), "12") &&
              same(sent_header(s, 0, "x-amz-meta-shard"), "0"));
    cr_assert(same(object.etag, "25f9e794323b453885f5181f1b624d0b") && object.size == 9);
    struct sigv4_claim claim;
    cr_assert(sigv4_claim_of(s->sent[0], s->arena, &claim));
    cr_assert_eq(sigv4_verify(s->sent[0], &claim, s->config.credentials.secret_key, false,
                              SCRIPT_START_US, s->arena, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(str_contains(claim.signed_headers, STR("x-amz-meta-shard")));

    const struct s3_put_options replace = {.if_match = STR("abc")};
    SCRIPT(s, {.status = 200});
    cr_assert_eq(s3_put(&s->client, STR("b"), STR("k"), STR_EMPTY, &replace, s->arena, &object, &d),
                 ERR_OK);
    cr_assert(same(sent_header(s, 1, "If-Match"), "\"abc\"") &&
              !http_has_header(&s->sent[1]->headers, "If-None-Match"));
    cr_assert(same(sent_header(s, 1, "x-amz-checksum-crc32"), "AAAAAA=="));
    cr_assert(same(sent_header(s, 1, "Content-Type"), "application/octet-stream"));
    script_free(s);
}

Test(s3_put, conditions_that_fail_and_racing_writers)
{
    /* 412 goes back at once as PreconditionFailed; 409 is retried and then succeeds, or stays
     * unavailable. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object object;
    const struct s3_put_options options = {.if_none_match = true};
    const struct script_answer racing = {
        .status = 409,
        .body = "<Error><Code>ConditionalRequestConflict</Code><Message>m</Message></Error>"};
    SCRIPT(
        s,
        {.status = 412,
         .body =
             "<Error><Code>PreconditionFailed</Code><Condition>If-None-Match</Condition></Error>"});
    cr_assert_eq(s3_put(&s->client, STR("b"), STR("k"), STR(BODY), &options, s->arena, &object, &d),
                 ERR_CONFLICT);
    cr_assert(diag_is_named(&d, "PreconditionFailed") && s->sent_count == 1);
    diag_clear(&d);
    SCRIPT(s, racing, racing, {.status = 200, .headers = "ETag: \"e\""});
    cr_assert_eq(s3_put(&s->client, STR("b"), STR("k"), STR(BODY), &options, s->arena, &object, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(s->sent_count == 4 && same(object.etag, "e"));
    for (size_t i = 1; i < 4; i++) {
        cr_assert(same(sent_header(s, i, "If-None-Match"), "*"), "a retry must keep its condition");
    }
    SCRIPT(s, racing, racing, racing);
    cr_assert_eq(s3_put(&s->client, STR("b"), STR("k"), STR(BODY), &options, s->arena, &object, &d),
                 ERR_UNAVAILABLE);
    cr_assert(diag_is_named(&d, "ConditionalRequestConflict"));
    script_free(s);
}

Test(s3_put, a_lost_answer_may_come_back_as_412)
{
    /* The retry with its condition finds our own object: the caller sees ERR_CONFLICT and compares.
     */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object object;
    const struct s3_put_options options = {.if_none_match = true};
    SCRIPT(s, {.fail = ERR_UNKNOWN},
           {.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"});
    cr_assert_eq(s3_put(&s->client, STR("b"), STR("k"), STR(BODY), &options, s->arena, &object, &d),
                 ERR_CONFLICT);
    cr_assert_eq(s->sent_count, 2);
    script_free(s);
}

/* ---- get ---- */

#define GOOD_HEADERS                                                                               \
    "Content-Length: 9\nETag: \"e\"\nContent-Type: text/plain\nLast-Modified: Sun, 30 Aug 2015 "   \
    "12:36:00 GMT\n"                                                                               \
    "x-amz-meta-Records: 12\nX-Amz-Meta-b: x y"

Test(s3_get, gives_body_headers_and_metadata)
{
    /* All that an object carries, with names of metadata in lower case. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object o;
    SCRIPT(s, {.status = 200, .headers = GOOD_HEADERS, .body = BODY});
    cr_assert_eq(s3_get(&s->client, STR("b"), STR("k/1"), s->arena, &o, &d), ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[0]->method, "GET") && same(s->sent[0]->path, "/b/k/1"));
    cr_assert(same(sent_header(s, 0, "x-amz-checksum-mode"), "ENABLED"));
    cr_assert(same(o.body, BODY) && same(o.key, "k/1") && same(o.etag, "e") && o.size == 9 &&
              same(o.content_type, "text/plain"));
    cr_assert_eq(o.modified_us, SCRIPT_START_US);
    cr_assert(o.metadata.count == 2 && same(http_header(&o.metadata, "records"), "12") &&
              same(http_header(&o.metadata, "b"), "x y"));
    cr_assert(same(o.metadata.items[0].name, "records"));
    script_free(s);
}

Test(s3_get, verifies_every_checksum_it_knows)
{
    /* Each algorithm's right value is taken, a wrong one is refetched and then ERR_CORRUPT; values
     * of parts are not compared with the whole. */
    static const struct {
        const char *header, *value;
    } rows[] = {{"x-amz-checksum-crc32", BODY_CRC32},
                {"x-amz-checksum-crc32c", BODY_CRC32C},
                {"x-amz-checksum-crc64nvme", BODY_CRC64NVME},
                {"x-amz-checksum-sha1", BODY_SHA1},
                {"x-amz-checksum-sha256", BODY_SHA256}};
    for (size_t i = 0; i < 5; i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct s3_object o = {.size = -7};
        const char *right =
            str_z(s->arena, str_printf(s->arena, "%s: %s", rows[i].header, rows[i].value));
        const char *part =
            str_z(s->arena, str_printf(s->arena, "%s: %s-2", rows[i].header, rows[i].value));
        const char *composite =
            str_z(s->arena,
                  str_printf(s->arena, "%s: AAAA\nx-amz-checksum-type: COMPOSITE", rows[i].header));
        const struct script_answer flipped = {.status = 200, .headers = right, .body = "123456788"};
        SCRIPT(s, flipped, flipped, flipped, flipped,
               {.status = 200, .headers = right, .body = BODY},
               {.status = 200, .headers = part, .body = "123456788"},
               {.status = 200, .headers = composite, .body = "123456788"});
        cr_assert_eq(s3_get(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_CORRUPT, "%s",
                     rows[i].header);
        cr_assert(o.size == -7 && s->sent_count == 3 && strstr(d.msg, rows[i].header) != NULL, "%s",
                  d.msg);
        for (int n = 0; n < 3; n++) {
            diag_clear(&d);
            cr_assert_eq(s3_get(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_OK, "%s: %s",
                         rows[i].header, d.msg);
            cr_assert_eq(d.code, ERR_OK);
        }
        cr_assert_eq(s->sent_count, 7);
        script_free(s);
    }
}

Test(s3_get, a_short_body_is_fetched_again)
{
    /* Content-Length decides; three short ones are ERR_CORRUPT, and what went before does not
     * matter. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object o;
    const struct script_answer cut = {
        .status = 200, .headers = "Content-Length: 9", .body = "1234"};
    SCRIPT(s, cut, cut, {.status = 200, .headers = GOOD_HEADERS, .body = BODY}, cut, cut, cut);
    cr_assert_eq(s3_get(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_OK, "%s", d.msg);
    cr_assert(same(o.body, BODY) && s->sent_count == 3 && s->sleep_count == 2);
    cr_assert_eq(s3_get(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_CORRUPT);
    cr_assert(strstr(d.msg, "4 of 9 bytes") != NULL && strstr(d.msg, "/b/k") != NULL, "%s", d.msg);
    script_free(s);
}

Test(s3_get_range, asks_for_and_checks_its_range)
{
    /* The last byte is inclusive on the wire; fewer bytes only at the object's end; anything else
     * is ERR_CORRUPT. */
    static const struct {
        int64_t from, length;
        struct script_answer answer;
        enum err result;
        const char *range;
    } rows[] = {
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes 2-4/9\nContent-Length: 3", .body = "345"},
         ERR_OK,
         "bytes=2-4"},
        {7,
         10,
         {.status = 206, .headers = "Content-Range: bytes 7-8/9", .body = "89"},
         ERR_OK,
         "bytes=7-16"},
        {0,
         1,
         {.status = 206, .headers = "Content-Range: bytes 0-0/9", .body = "1"},
         ERR_OK,
         "bytes=0-0"},
        {2, 3, {.status = 200, .body = BODY}, ERR_CORRUPT, "bytes=2-4"},
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes 3-5/9", .body = "456"},
         ERR_CORRUPT,
         "bytes=2-4"},
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes 2-4/9", .body = "34"},
         ERR_CORRUPT,
         "bytes=2-4"},
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes 2-3/9", .body = "345"},
         ERR_CORRUPT,
         "bytes=2-4"},
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes 2-3/9", .body = "34"},
         ERR_CORRUPT,
         "bytes=2-4"},
        {2,
         3,
         {.status = 206, .headers = "Content-Range: bytes */9", .body = "345"},
         ERR_CORRUPT,
         "bytes=2-4"},
        {9,
         1,
         {.status = 416, .body = "<Error><Code>InvalidRange</Code></Error>"},
         ERR_INVALID,
         "bytes=9-9"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct s3_object o;
        SCRIPT(s, rows[i].answer, rows[i].answer, rows[i].answer);
        cr_assert_eq(s3_get_range(&s->client, STR("b"), STR("k"), rows[i].from, rows[i].length,
                                  s->arena, &o, &d),
                     rows[i].result, "row %zu: %s", i, d.msg);
        cr_assert(same(sent_header(s, 0, "Range"), rows[i].range), "row %zu", i);
        cr_assert_eq(s->sent_count, rows[i].result == ERR_CORRUPT ? 3 : 1, "row %zu", i);
        cr_assert(rows[i].result != ERR_OK || (same(o.body, rows[i].answer.body) && o.size == 9),
                  "row %zu", i);
        script_free(s);
    }
    static const int64_t bad[][2] = {{-1, 5}, {0, 0}, {5, -1}, {INT64_MAX, 1}};
    struct script *s = script_new();
    for (size_t i = 0; i < 4; i++) {
        struct diag d = DIAG_INIT;
        struct s3_object o;
        cr_assert_eq(
            s3_get_range(&s->client, STR("b"), STR("k"), bad[i][0], bad[i][1], s->arena, &o, &d),
            ERR_INVALID);
    }
    cr_assert_eq(s->sent_count, 0);
    script_free(s);
}

Test(s3_head, gives_size_without_a_body)
{
    /* Content-Length is the object's size although no body comes; 404 without a body is
     * ERR_NOT_FOUND. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_object o;
    SCRIPT(s, {.status = 200, .headers = "Content-Length: 123456789012\nETag: \"e-2\""},
           {.status = 404});
    cr_assert_eq(s3_head(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_OK, "%s", d.msg);
    cr_assert(o.size == INT64_C(123456789012) && same(o.etag, "e-2") && o.body.len == 0);
    cr_assert(same(s->sent[0]->method, "HEAD"));
    cr_assert_eq(s3_head(&s->client, STR("b"), STR("k"), s->arena, &o, &d), ERR_NOT_FOUND);
    cr_assert_eq(s->sent_count, 2);
    script_free(s);
}

Test(s3_delete, and_create_bucket)
{
    /* 204 is success; a bucket that is ours already is success; its region is named outside of
     * us-east-1 only. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    SCRIPT(s, {.status = 204}, {.status = 200},
           {.status = 409, .body = "<Error><Code>BucketAlreadyOwnedByYou</Code></Error>"},
           {.status = 409, .body = "<Error><Code>BucketAlreadyExists</Code></Error>"},
           {.status = 200});
    cr_assert_eq(s3_delete(&s->client, STR("b"), STR("k"), s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[0]->method, "DELETE") && same(s->sent[0]->path, "/b/k"));
    cr_assert_eq(s3_create_bucket(&s->client, STR("b"), s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[1]->method, "PUT") && same(s->sent[1]->path, "/b") &&
              s->sent[1]->body.len == 0);
    cr_assert_eq(s3_create_bucket(&s->client, STR("b"), s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(d.code, ERR_OK);
    cr_assert_eq(s3_create_bucket(&s->client, STR("b"), s->arena, &d), ERR_CONFLICT);
    cr_assert(diag_is_named(&d, "BucketAlreadyExists"));
    diag_clear(&d);
    s->config.region = STR("eu-west-3");
    cr_assert_eq(s3_create_bucket(&s->client, STR("b"), s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert(
        str_contains(s->sent[4]->body, STR("<LocationConstraint>eu-west-3</LocationConstraint>")));
    script_free(s);
}

/* ---- list ---- */

#define LIST(inside)                                                                               \
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inside                  \
    "</ListBucketResult>"
#define OBJECT(key)                                                                                \
    "<Contents><Key>" key "</Key><LastModified>2015-08-30T12:36:00.000Z</"                         \
    "LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size>"                                        \
    "</Contents>"

Test(s3_list, reads_all_pages_and_decodes_keys)
{
    /* Two pages by token; '+' is a space and %2B a plus in url-encoded answers; prefixes come
     * along. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct s3_listing l;
    SCRIPT(
        s,
        {.status = 200,
         .body = LIST(
             "<EncodingType>url</EncodingType><IsTruncated>true</"
             "IsTruncated><NextContinuationToken>t+/=</NextContinuationToken>" OBJECT("p/a+b%2Bc")
                 OBJECT("p/%C3%A9%0A") "<CommonPrefixes><Prefix>p/x+y/</Prefix></CommonPrefixes>")},
        {.status = 200,
         .body = LIST("<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>" OBJECT(
             "p/%F0%9F%98%80"))});
    cr_assert_eq(s3_list(&s->client, STR("b"), STR("p/"), '/', STR("p/A b"), s->arena, &l, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[0]->path, "/b") &&
              same(s->sent[0]->query,
                   "list-type=2&encoding-type=url&prefix=p%2F&delimiter=%2F&start-after="
                   "p%2FA%20b"));
    cr_assert(same(s->sent[1]->query, "list-type=2&encoding-type=url&prefix=p%2F&delimiter=%2F&"
                                      "start-after=p%2FA%20b&continuation-token="
                                      "t%2B%2F%3D"));
    cr_assert(l.count == 3 && l.prefix_count == 1 && same(l.prefixes[0], "p/x y/"));
    cr_assert(same(l.objects[0].key, "p/a b+c") && same(l.objects[1].key, "p/\xc3\xa9\n") &&
              same(l.objects[2].key, "p/\xf0\x9f\x98\x80"));
    cr_assert(same(l.objects[0].etag, "e") && l.objects[0].size == 7 &&
              l.objects[0].modified_us == SCRIPT_START_US);
    SCRIPT(s, {.status = 200, .body = LIST("<IsTruncated>false</IsTruncated>" OBJECT("a+b"))},
           {.status = 200, .body = LIST("")});
    cr_assert_eq(s3_list(&s->client, STR("b"), STR_EMPTY, '\0', STR_EMPTY, s->arena, &l, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(same(s->sent[2]->query, "list-type=2&encoding-type=url") &&
              same(l.objects[0].key, "a+b"));
    cr_assert_eq(s3_list(&s->client, STR("b"), STR_EMPTY, '\0', STR_EMPTY, s->arena, &l, &d),
                 ERR_OK, "%s", d.msg);
    cr_assert(l.count == 0 && l.prefix_count == 0);
    script_free(s);
}

Test(s3_list, refuses_answers_that_cannot_be_right)
{
    /* Damaged XML is fetched again; keys out of order, endless pages and missing members are
     * ERR_CORRUPT. */
    static const struct {
        const char *body;
        size_t calls;
    } rows[] = {
        {"<ListBucketResult><Contents>", 3},
        {"", 3},
        {"<Other/>", 3},
        {LIST(OBJECT("b") OBJECT("a")), 1},
        {LIST(OBJECT("a") OBJECT("a")), 1},
        {LIST("<IsTruncated>true</IsTruncated>"), 1},
        {LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>"),
         2},
        {LIST("<Contents><Key>k</Key><LastModified>2015-08-30T12:36:00.000Z</LastModified></"
              "Contents>"),
         1},
        {LIST("<Contents><Key>k</Key><Size>1</Size></Contents>"), 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct s3_listing l = {.count = 77};
        const struct script_answer bad = {.status = 200, .body = rows[i].body};
        SCRIPT(s, bad, bad, bad);
        cr_assert_eq(s3_list(&s->client, STR("b"), STR_EMPTY, '\0', STR_EMPTY, s->arena, &l, &d),
                     ERR_CORRUPT, "row %zu: %s", i, d.msg);
        cr_assert(s->sent_count == rows[i].calls && l.count == 77 &&
                      strstr(d.msg, "ListObjectsV2") != NULL,
                  "row %zu: %s", i, d.msg);
        script_free(s);
    }
}

static struct script_answer big_listing(struct script *s, const struct http_request *request,
                                        struct arena *a)
{
    size_t page = *(size_t *)s->ctx;
    struct buf out;
    (void)request;
    *(size_t *)s->ctx = page + 1;
    buf_init(&out, a, MIB);
    buf_add_z(&out, "<ListBucketResult>");
    for (size_t i = 0; i < 1000; i++) {
        buf_addf(&out, OBJECT("k%06zu"), page * 1000 + i);
    }
    buf_addf(&out,
             "<IsTruncated>%s</IsTruncated><NextContinuationToken>%zu</NextContinuationToken></"
             "ListBucketResult>",
             page == 19 ? "false" : "true", page);
    return (struct script_answer){.status = 200, .body = str_z(a, buf_str(&out))};
}

Test(s3_list, holds_keys_not_pages)
{
    /* Twenty pages of 1,000: all there, in order, in memory for the keys alone. */
    struct script *s = script_new();
    struct arena *a = arena_new("listing", 64 * MIB);
    struct diag d = DIAG_INIT;
    struct s3_listing l;
    size_t page = 0;
    s->answer_fn = big_listing;
    s->ctx = &page;
    cr_assert_eq(s3_list(&s->client, STR("b"), STR_EMPTY, '\0', STR_EMPTY, a, &l, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert_eq(l.count, 20000);
    for (size_t i = 0; i < l.count; i += 997) {
        cr_assert(str_eq(l.objects[i].key, str_printf(s->arena, "k%06zu", i)));
    }
    cr_assert(arena_used(a) < (size_t)60000 * sizeof(struct s3_object), "%zu bytes", arena_used(a));
    arena_free(a);
    script_free(s);
}

/* ---- every call, each fault at each call ---- */

static struct script_answer answer_any(struct script *s, const struct http_request *request,
                                       struct arena *a)
{
    (void)s;
    (void)a;
    if (str_contains(request->query, STR("list-type"))) {
        bool second = str_contains(request->query, STR("continuation-token"));
        return (struct script_answer){
            .status = 200,
            .body = second ? LIST(OBJECT("b"))
                           : LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>t</"
                                  "NextContinuationToken>" OBJECT("a"))};
    }
    if (http_has_header(&request->headers, "Range")) {
        return (struct script_answer){
            .status = 206, .headers = "Content-Range: bytes 0-8/9", .body = BODY};
    }
    if (str_eq(request->method, STR("GET"))) {
        return (struct script_answer){.status = 200,
                                      .headers =
                                          "Content-Length: 9\nx-amz-checksum-crc32: " BODY_CRC32,
                                      .body = BODY};
    }
    return (struct script_answer){.status = 200, .headers = "ETag: \"e\"\nContent-Length: 0"};
}

static enum err run_call(struct script *s, int which, struct diag *d)
{
    const struct s3_put_options options = {.if_none_match = true};
    struct aws_client *c = &s->client;
    struct s3_object o;
    struct s3_listing l;
    switch (which) {
    case 0: {
        enum err code = s3_list(c, STR("b"), STR_EMPTY, '\0', STR_EMPTY, s->arena, &l, d);
        cr_assert(code != ERR_OK || (l.count == 2 && same(l.objects[1].key, "b")));
        return code;
    }
    case 1:
        return s3_put(c, STR("b"), STR("k"), STR(BODY), &options, s->arena, &o, d);
    case 2: {
        enum err code = s3_get(c, STR("b"), STR("k"), s->arena, &o, d);
        cr_assert(code != ERR_OK || same(o.body, BODY));
        return code;
    }
    case 3:
        return s3_get_range(c, STR("b"), STR("k"), 0, 100, s->arena, &o, d);
    case 4:
        return s3_head(c, STR("b"), STR("k"), s->arena, &o, d);
    case 5:
        return s3_delete(c, STR("b"), STR("k"), s->arena, d);
    default:
        return s3_create_bucket(c, STR("b"), s->arena, d);
    }
}

Test(s3_calls, the_kth_call_fails)
{
    /* Each operation under each fault at each of its calls: retried to success, or the fault's
     * class at once; a retry sends the same request, condition included. */
    for (size_t f = 0; f < SCRIPT_FAULT_COUNT; f++) {
        for (int which = 0; which < 7; which++) {
            for (size_t k = 0, clean = which == 0 ? 2 : 1; k <= clean; k++) {
                struct script *s = script_new();
                struct diag d = DIAG_INIT;
                s->answer_fn = answer_any;
                s->fault_at = k;
                s->fault = SCRIPT_FAULTS[f].answer;
                enum err want = k < clean ? SCRIPT_FAULTS[f].result : ERR_OK;
                cr_assert_eq(run_call(s, which, &d), want, "%s, call %d at %zu: %s",
                             SCRIPT_FAULTS[f].what, which, k, d.msg);
                cr_assert_eq(d.code, want);
                size_t calls = want != ERR_OK ? k + 1 : k < clean ? clean + 1 : clean;
                cr_assert_eq(s->sent_count, calls, "%s, call %d at %zu", SCRIPT_FAULTS[f].what,
                             which, k);
                if (k + 1 < calls) {
                    cr_assert(str_eq(s->sent[k]->path, s->sent[k + 1]->path) &&
                              str_eq(s->sent[k]->query, s->sent[k + 1]->query));
                    cr_assert(str_eq(s->sent[k]->body, s->sent[k + 1]->body));
                    cr_assert(str_eq(sent_header(s, k, "If-None-Match"),
                                     sent_header(s, k + 1, "If-None-Match")));
                }
                script_free(s);
            }
        }
    }
}
