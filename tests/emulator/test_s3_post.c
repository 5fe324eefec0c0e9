/* Uploads by HTML form: RFC 7578's framing, S3's fields, policies and answers. The rows are those
 * of the API reference and of ceph's s3-tests; signatures are judged by boto3
 * (tests/clients/s3_post_boto3.py). */
#include <criterion/criterion.h>
#include <string.h>
#include "base/encode.h"
#include "base/limits.h"
#include "emulator_client.h"

#define BOUNDARY "----x9"
#define TYPE "Content-Type: multipart/form-data; boundary=" BOUNDARY
#define SIGNED "AWSAccessKeyId=test|signature=any|"

/* "name=value|name=value" as parts; `policy={...}` is encoded. Then the file. */
static struct str form_of(struct emulator_client *c, const char *fields, const char *file)
{
    struct buf out;
    buf_init(&out, c->arena, 64 * KIB);
    for (struct str rest = str_of(fields), field, name, value; str_cut(&rest, '|', &field);) {
        if (!str_split(field, '=', &name, &value)) {
            continue;
        }
        buf_addf(&out, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n",
                 STR_ARG(name));
        if (str_eq_nocase(name, STR("policy"))) {
            encode_base64(&out, value);
        } else {
            buf_add(&out, value);
        }
        buf_add_z(&out, "\r\n");
    }
    if (file != NULL) {
        buf_addf(&out,
                 "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
                 "filename=\"C:\\dir\\a \\\"b\\\".txt\"\r\nContent-Type: text/x\r\n\r\n%s\r\n",
                 file);
    }
    buf_add_z(&out, "--" BOUNDARY "--\r\n");
    return buf_str(&out);
}

static int post(struct emulator_client *c, const char *fields, const char *file)
{
    return client_s3(c, "POST", "/bkt", TYPE, form_of(c, fields, file));
}

static struct emulator_client with_bucket(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    return c;
}

#define POLICY(conditions)                                                                         \
    SIGNED "policy={\"expiration\":\"2026-03-28T01:00:00Z\",\"conditions\":[" conditions "]}|"

Test(s3_post, forms_are_taken_or_refused_by_their_policy)
{
    /* Proves: each field, condition and mistake has S3's status and code. */
    static const struct {
        const char *fields, *file, *code;
        int status;
    } rows[] = {
        {"key=k|", "body", "", 204},
        {"key=k|", NULL, "InvalidArgument", 400},
        {"acl=private|", "body", "InvalidArgument", 400},
        {"key=|", "body", "InvalidArgument", 400},
        {"key=k|" POLICY("{\"bucket\":\"bkt\"},[\"starts-with\",\"$key\",\"k\"]"), "body", "", 204},
        {"key=k|" POLICY("{\"bucket\":\"other\"},{\"key\":\"k\"}"), "body", "AccessDenied", 403},
        {"KEY=k|" POLICY("{\"bUcKeT\":\"bkt\"},[\"StArTs-WiTh\",\"$KeY\",\"k\"]"), "body", "", 204},
        {"key=k|acl=private|" POLICY("{\"key\":\"k\"}"), "body", "AccessDenied", 403},
        {"key=k|x-ignore-me=1|" POLICY("{\"key\":\"k\"}"), "body", "", 204},
        {"key=k|Content-Type=text/plain|" POLICY(
             "{\"key\":\"k\"},[\"eq\",\"$Content-Type\",\"text/html\"]"),
         "body", "AccessDenied", 403},
        {"key=k|x-amz-meta-foo=bar|" POLICY(
             "{\"key\":\"k\"},[\"starts-with\",\"$x-amz-meta-foo\",\"b\"]"),
         "body", "", 204},
        {"key=k|" POLICY("{\"key\":\"k\"},[\"content-length-range\",5,9]"), "body",
         "EntityTooSmall", 400},
        {"key=k|" POLICY("{\"key\":\"k\"},[\"content-length-range\",0,3]"), "body",
         "EntityTooLarge", 400},
        {"key=k|" POLICY("{\"key\":\"k\"},[\"content-length-range\",\"4\",\"4\"]"), "body", "",
         204},
        {"key=k|" POLICY("{\"key\":\"k\"},[\"content-length-range\",0]"), "body",
         "InvalidPolicyDocument", 400},
        {"key=k|" POLICY("{\"key\":\"k\"},[\"content-length-range\",-1,0]"), "body",
         "InvalidPolicyDocument", 400},
        {"key=k|" POLICY("{}"), "body", "InvalidPolicyDocument", 400},
        {"key=k|" SIGNED "policy={\"expiration\":\"2026-03-27T00:00:00Z\",\"conditions\":[]}",
         "body", "AccessDenied", 403},
        {"key=k|" SIGNED "policy={\"EXPIRATION\":\"2026-03-29T00:00:00Z\",\"conditions\":[]}",
         "body", "InvalidPolicyDocument", 400},
        {"key=k|" SIGNED "policy={\"expiration\":\"2026-03-29T00:00:00Z\",\"CONDITIONS\":[]}",
         "body", "InvalidPolicyDocument", 400},
        {"key=k|" SIGNED "policy={\"expiration\":\"Saturday\",\"conditions\":[]}", "body",
         "InvalidPolicyDocument", 400},
        {"key=k|" SIGNED "policy={not json", "body", "InvalidPolicyDocument", 400},
        {"key=k|" SIGNED, "body", "InvalidArgument", 400},
        {"key=k|AWSAccessKeyId=test|policy={}", "body", "InvalidArgument", 400},
        {"key=k|signature=test|policy={}", "body", "InvalidArgument", 400},
        {"key=k|x-amz-algorithm=AWS4-HMAC-SHA256|policy={}", "body", "InvalidArgument", 400},
        {"key=k|Content-MD5=AAAAAAAAAAAAAAAAAAAAAA==|", "body", "BadDigest", 400},
        {"key=k|x-amz-checksum-crc32=AAAAAA==|", "body", "BadDigest", 400},
        {"key=k|tagging=<Tagging/|", "body", "MalformedXML", 400},
        {"key=k|tagging=<Other/>|", "body", "", 204},
    };
    struct emulator_client c = with_bucket();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(post(&c, rows[i].fields, rows[i].file), rows[i].status, "row %zu: %d %s", i,
                     c.response->status, client_body(&c));
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu", i);
    }
    cr_expect_eq(client_s3(&c, "POST", "/bkt", "Content-Type: text/plain", STR("x")), 412);
    cr_expect_eq(client_s3(&c, "POST", "/none", TYPE, form_of(&c, "key=k|", "x")), 404);
    cr_expect_eq(client_s3(&c, "POST", "/bkt", TYPE, STR("--" BOUNDARY "\r\n")), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "MalformedPOSTRequest");
    client_free(&c);
}

Test(s3_post, answers_are_what_the_form_asks_for)
{
    /* Proves: what is stored is the file with the fields as its headers; 201 has a body, a redirect
     * its parameters. */
    struct emulator_client c = with_bucket();
    cr_expect_eq(post(&c,
                      "key=up/${filename}|Content-Type=text/y|x-amz-meta-m=v|success_action_status"
                      "=201|tagging=<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag>"
                      "</TagSet></Tagging>|",
                      "body"),
                 201, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "Key"), "up/a \"b\".txt");
    cr_expect_str_eq(client_text(&c, "ETag"), "\"841a2d689ad86bd1611447453c22c6fc\""); /* md5sum */
    cr_expect_str_eq(client_header(&c, "ETag"), "\"841a2d689ad86bd1611447453c22c6fc\"");
    cr_expect_str_eq(client_text(&c, "Location"), client_header(&c, "Location"));
    cr_expect_eq(client_s3(&c, "GET", "/bkt/up/a%20%22b%22.txt", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_body(&c), "body");
    cr_expect_str_eq(client_header(&c, "Content-Type"), "text/y");
    cr_expect_str_eq(client_header(&c, "x-amz-meta-m"), "v");
    client_s3(&c, "GET", "/bkt/up/a%20%22b%22.txt?tagging", NULL, STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "TagSet.Tag.Key"), "a b");
    cr_expect_str_eq(client_text(&c, "TagSet.Tag.Value"), "c=d");
    cr_expect_eq(post(&c, "key=k|success_action_redirect=http://h/done?x=1|", "b"), 303);
    cr_expect_str_eq(
        client_header(&c, "Location"),
        "http://h/done?x=1&bucket=bkt&key=k&etag=%2292eb5ffee6ae2fec3ad71c777531578f%22");
    cr_expect_eq(post(&c, "key=k|success_action_status=404|", "b"), 204);
    cr_expect_eq(post(&c, "key=k|success_action_status=200|", ""), 200);
    cr_expect_eq(client_s3(&c, "HEAD", "/bkt/k", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, "Content-Length"), "0");
    client_free(&c);
}

Test(s3_post, pieces_of_any_size_are_one_form)
{
    /* Proves: a file with near-delimiters in it is kept byte for byte, whatever the pieces; a form
     * cut anywhere is refused. */
    static const char file[] = "\r\n--\r\n----x8\r\r\n------x\r\n-----" BOUNDARY "\r";
    struct emulator_client c = with_bucket();
    struct diag d = DIAG_INIT;
    struct str whole = form_of(&c, "key=k|", file);
    for (size_t size = 1; size < 40; size++) {
        struct http_request r;
        http_request_init(&r, c.arena, "POST", STR("127.0.0.1:4566"), STR("/bkt"));
        http_headers_add(&r.headers, STR("Content-Type"),
                         STR("multipart/form-data; boundary=\"" BOUNDARY "\""));
        struct exchange *x = emulator_begin(c.emulator, &r, STR("browser"), c.arena);
        for (size_t at = 0; at < whole.len; at += size) {
            cr_assert_eq(exchange_feed(x, str_slice(whole, at, at + size), &d), ERR_OK);
        }
        exchange_ready(x);
        struct emulator_outcome o = exchange_finish(x, c.now_us);
        cr_assert_eq(o.response.status, 204, "pieces of %zu: %.*s", size, STR_ARG(o.response.body));
        client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY);
        cr_assert(str_eq(c.response->body, str_of(file)), "pieces of %zu", size);
    }
    for (size_t cut = 0; cut + 6 < whole.len; cut++) {
        int status = client_s3(&c, "POST", "/bkt", TYPE, str_slice(whole, 0, cut));
        cr_expect_eq(status, 400, "cut at %zu: %d", cut, status);
    }
    struct str many = str_of("key=k|");
    for (int i = 0; i < 30; i++) {
        many = str_printf(c.arena, "%.*sf%d=%01000d|", STR_ARG(many), i, 0);
    }
    cr_expect_eq(post(&c, str_z(c.arena, many), "x"), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "MaxPostPreDataLengthExceeded");
    client_free(&c);
}
