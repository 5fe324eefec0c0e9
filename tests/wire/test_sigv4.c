#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "wire/sigv4.h"

static struct str file_text(struct arena *a, const char *path)
{
    struct buf text;
    buf_init(&text, a, MIB);
    FILE *f = fopen(path, "rb");
    cr_assert(f != NULL, "%s", path);
    for (size_t n = 1; n > 0;) {
        char *room = buf_reserve(&text, 4096);
        n = fread(room, 1, 4096, f);
        buf_commit(&text, n);
    }
    fclose(f);
    return buf_str(&text);
}

static void assert_same(struct str got, struct str want, const char *what, struct str where)
{
    cr_assert(str_eq(got, want), "%.*s, %s:\n%.*s\n-- wanted --\n%.*s", STR_ARG(where), what,
              STR_ARG(got), STR_ARG(want));
}

/* ---- the published suite ---- */

/* "METHOD target HTTP/1.1", headers (a line that begins with a space belongs to the value above),
 * empty line, body. */
static struct http_request read_request(struct arena *a, struct str text)
{
    struct str rest = text, line, path, query;
    cr_assert(str_cut(&rest, '\n', &line) && str_ends(line, STR(" HTTP/1.1")), "%.*s",
              STR_ARG(line));
    size_t space = str_find(line, ' ');
    (void)str_split(str_slice(line, space + 1, line.len - 9), '?', &path, &query);
    struct http_request r;
    http_request_init(&r, a, str_z(a, str_slice(line, 0, space)), STR_EMPTY, path);
    r.query = query;
    while (str_cut(&rest, '\n', &line) && line.len > 0) {
        if (line.ptr[0] == ' ') {
            struct str *value = &r.headers.items[r.headers.count - 1].value;
            *value = str_n(value->ptr, (size_t)(line.ptr + line.len - value->ptr));
            continue;
        }
        struct str name, value;
        (void)str_split(line, ':', &name, &value);
        http_headers_add(&r.headers, name, value);
    }
    r.body = rest;
    return r;
}

static struct sigv4_options read_context(struct arena *a, struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *c = NULL;
    int64_t expires = 0;
    struct sigv4_options o = {.double_encode_path = true};
    cr_assert_eq(json_parse(a, text, &c, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(json_i64(json_at(c, "expiration_in_seconds"), &expires, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(instant_parse(json_str(json_at(c, "timestamp")), &o.now_us, &d), ERR_OK, "%s",
                 d.msg);
    o.credentials.access_key = json_str(json_at(c, "credentials.access_key_id"));
    o.credentials.secret_key = json_str(json_at(c, "credentials.secret_access_key"));
    o.credentials.session_token = json_str(json_at(c, "credentials.token"));
    o.region = json_str(json_at(c, "region"));
    o.service = json_str(json_at(c, "service"));
    o.expires_s = expires;
    o.normalize_path = json_bool(json_at(c, "normalize"), true);
    o.omit_session_token = json_bool(json_at(c, "omit_session_token"), false);
    o.sign_body_header = json_bool(json_at(c, "sign_body"), false);
    return o;
}

static void assert_same_request(const struct http_request *got, const struct http_request *want,
                                struct str where)
{
    assert_same(got->method, want->method, "method", where);
    assert_same(got->path, want->path, "path", where);
    assert_same(got->query, want->query, "query", where);
    assert_same(got->body, want->body, "body", where);
    cr_assert_eq(got->headers.count, want->headers.count, "%.*s", STR_ARG(where));
    for (size_t i = 0; i < got->headers.count; i++) {
        cr_assert(str_eq_nocase(got->headers.items[i].name, want->headers.items[i].name), "%.*s",
                  STR_ARG(where));
        assert_same(got->headers.items[i].value, want->headers.items[i].value, "header", where);
    }
}

struct vector {
    struct str folder, name;
    struct sigv4_options options;
};

static struct str vector_file(struct arena *a, const struct vector *v, const char *mode,
                              const char *file)
{
    return file_text(a, str_z(a, str_printf(a, "%.*s/%s%s", STR_ARG(v->folder), mode, file)));
}

static void check_mode(struct arena *a, const struct vector *v, bool in_query)
{
    const char *mode = in_query ? "query-" : "header-";
    struct http_request request = read_request(a, vector_file(a, v, "", "request.txt"));
    struct sigv4_stages stages = sigv4_stages_of(&request, &v->options, in_query, a);
    assert_same(stages.canonical_request, vector_file(a, v, mode, "canonical-request.txt"), mode,
                v->name);
    assert_same(stages.string_to_sign, vector_file(a, v, mode, "string-to-sign.txt"), mode,
                v->name);
    assert_same(stages.signature, vector_file(a, v, mode, "signature.txt"), mode, v->name);
    if (in_query) {
        sigv4_presign(&request, &v->options, a);
    } else {
        sigv4_sign(&request, &v->options, a);
    }
    struct http_request want = read_request(a, vector_file(a, v, mode, "signed-request.txt"));
    assert_same_request(&request, &want, v->name);
    struct sigv4_claim claim;
    cr_assert(sigv4_claim_of(&want, a, &claim));
    cr_assert_eq(claim.in_query, in_query);
    assert_same(claim.access_key, v->options.credentials.access_key, "access key", v->name);
    if (v->options.normalize_path &&
        !v->options.omit_session_token) { /* a verifier always normalizes, and signs the token */
        struct diag d = DIAG_INIT;
        enum err got = sigv4_verify(&want, &claim, v->options.credentials.secret_key, true,
                                    v->options.now_us, a, &d);
        cr_assert_eq(got, ERR_OK, "%.*s %s: %s", STR_ARG(v->name), mode, d.msg);
    }
}

Test(sigv4, every_case_of_the_published_suite)
{
    /* Canonical request, string to sign, signature and signed request of AWS's suite, in headers
     * and in the query; and the suite's own signed requests verify. */
    const char *data = getenv("AFORO_DATA");
    if (data == NULL) {
        cr_skip_test("AFORO_DATA is not set: the published vectors were not run");
    }
    struct arena *a = arena_new("test", 64 * MIB);
    const char *root = str_z(a, str_printf(a, "%s/vectors/sigv4", data));
    DIR *folder = opendir(root);
    cr_assert(folder != NULL, "%s", root);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct vector v = {.name = str_copy(a, str_of(entry->d_name))};
        v.folder = str_printf(a, "%s/%s", root, entry->d_name);
        const char *context = str_z(a, str_printf(a, "%.*s/context.json", STR_ARG(v.folder)));
        if (access(context, R_OK) != 0) {
            continue;
        }
        v.options = read_context(a, file_text(a, context));
        check_mode(a, &v, false);
        check_mode(a, &v, true);
        count++;
    }
    closedir(folder);
    cr_assert(count >= 38, "only %zu cases", count);
    arena_free(a);
}

/* ---- examples printed in AWS's documentation ---- */

#define EXAMPLE_KEY STR_INIT("AKIAIOSFODNN7EXAMPLE")
#define EXAMPLE_SECRET STR_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

struct example {
    const char *method, *host, *path, *query, *header, *value, *header2, *value2, *body, *signature;
};
/* Amazon S3 API Reference, "Signature Calculations for the Authorization Header: single chunk" */
static const struct example S3_EXAMPLES[] = {
    {"GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", "Range", "bytes=0-9", NULL, NULL, "",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"PUT", "examplebucket.s3.amazonaws.com", "/test%24file.text", "", "Date",
     "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class", "REDUCED_REDUNDANCY",
     "Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"GET", "examplebucket.s3.amazonaws.com", "/", "lifecycle", NULL, NULL, NULL, NULL, "",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"GET", "examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", NULL, NULL, NULL, NULL,
     "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static struct http_request example_request(struct arena *a, const struct example *e)
{
    struct http_request r;
    http_request_init(&r, a, e->method, str_of(e->host), str_of(e->path));
    r.query = str_of(e->query);
    r.body = str_of(e->body);
    if (e->header != NULL) {
        http_headers_add(&r.headers, str_of(e->header), str_of(e->value));
    }
    if (e->header2 != NULL) {
        http_headers_add(&r.headers, str_of(e->header2), str_of(e->value2));
    }
    return r;
}

static struct sigv4_options s3_options(void)
{
    return (struct sigv4_options){.credentials = {.access_key = EXAMPLE_KEY,
                                                  .secret_key = EXAMPLE_SECRET,
                                                  .session_token = STR_EMPTY},
                                  .region = STR("us-east-1"),
                                  .service = STR("s3"),
                                  .now_us = instant_of(2013, 5, 24, 0, 0, 0),
                                  .sign_body_header = true};
}

static void check_verifies(const struct http_request *r, const struct sigv4_options *o,
                           struct arena *a)
{
    struct sigv4_claim claim;
    struct diag d = DIAG_INIT;
    cr_assert(sigv4_claim_of(r, a, &claim));
    cr_assert_eq(
        sigv4_verify(r, &claim, o->credentials.secret_key, o->double_encode_path, o->now_us, a, &d),
        ERR_OK, "%s", d.msg);
    cr_assert(sigv4_payload_matches(&claim, r->body, a));
}

Test(sigv4, documented_s3_examples)
{
    /* The four requests of S3's documentation give the signatures that are printed there, and
     * verify. */
    struct arena *a = arena_new("test", MIB);
    struct sigv4_options o = s3_options();
    for (size_t i = 0; i < sizeof(S3_EXAMPLES) / sizeof(S3_EXAMPLES[0]); i++) {
        struct http_request r = example_request(a, &S3_EXAMPLES[i]);
        sigv4_sign(&r, &o, a);
        struct str authorization = http_header(&r.headers, "Authorization");
        struct str want = str_printf(a, ", Signature=%s", S3_EXAMPLES[i].signature);
        cr_assert(str_ends(authorization, want), "example %zu: %.*s", i, STR_ARG(authorization));
        check_verifies(&r, &o, a);
    }
    arena_free(a);
}

Test(sigv4, documented_presigned_url_and_query_service)
{
    /* S3's presigned example and the General Reference's IAM ListUsers example, as printed. */
    struct arena *a = arena_new("test", MIB);
    struct sigv4_options o = s3_options();
    o.sign_body_header = false;
    o.payload_hash = STR("UNSIGNED-PAYLOAD");
    o.expires_s = 86400;
    struct http_request r;
    http_request_init(&r, a, "GET", STR("examplebucket.s3.amazonaws.com"), STR("/test.txt"));
    sigv4_presign(&r, &o, a);
    assert_same(r.query,
                STR("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%"
                    "2F20130524%2Fus-east-1%2Fs3%2Faws4_"
                    "request&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Expires="
                    "86400&X-Amz-Signature="
                    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
                "presigned", STR("S3"));
    check_verifies(&r, &o, a);

    struct sigv4_options iam = {
        .credentials = {.access_key = STR("AKIDEXAMPLE"),
                        .secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                        .session_token = STR_EMPTY},
        .region = STR("us-east-1"),
        .service = STR("iam"),
        .now_us = instant_of(2015, 8, 30, 12, 36, 0),
        .double_encode_path = true,
        .normalize_path = true};
    http_request_init(&r, a, "GET", STR("iam.amazonaws.com"), STR("/"));
    r.query = STR("Action=ListUsers&Version=2010-05-08");
    http_headers_add(&r.headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded; charset=utf-8"));
    sigv4_sign(&r, &iam, a);
    assert_same(http_header(&r.headers, "Authorization"),
                STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                    "SignedHeaders=content-type;host;x-amz-date, "
                    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
                "ListUsers", STR("IAM"));
    arena_free(a);
}

/* ---- botocore as the judge ---- */

struct odd {
    const char *service, *method, *path, *query, *header, *value, *body;
};
/* All encoded as AWS asks: botocore signs a query as it stands, where the service (and ours)
 * decodes and encodes it. */
static const struct odd ODD[] = {
    {"kinesis", "POST", "/", "", "X-Amz-Target", "Kinesis_20131202.PutRecord",
     "{\"StreamName\":\"s\"}"},
    {"kinesis", "POST", "/a//b/../c/./d/", "b=2&a=1&a=0&c", "Content-Type",
     "application/x-amz-json-1.1", "{}"},
    {"kinesis", "GET", "/a%20b/%E1%88%B4/x+y", "q=a%2Bb%20c&Q=~&q-=1", "X-Odd",
     "  two   spaces\tand tab  ", ""},
    {"sns", "POST", "/", "", "Content-Type", "application/x-www-form-urlencoded; charset=utf-8",
     "Action=Publish&Message=a%20b"},
    {"s3", "PUT", "/bucket/a//b/../c/./key%20with%20%C3%A9%2B%26%3D%24%40", "", "x-amz-meta-n", "v",
     "body"},
    {"s3", "GET", "/bucket",
     "list-type=2&prefix=a%2Fb&start-after=%C3%A9%2B&delimiter=%2F&encoding-type=url", "", "", ""},
    {"s3", "GET", "/bucket/~tilde_-.%27%28%29%2A", "versionId=x&acl=", "Range", "bytes=0-9", ""},
    {"s3", "DELETE", "/bucket/.", "", "", "", ""},
};
#define ODD_COUNT (sizeof(ODD) / sizeof(ODD[0]))

/* What botocore says about every row, or an empty string where there is no botocore. */
static struct str ask_botocore(struct arena *a)
{
    char path[] = "/tmp/aforo-sigv4-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    cr_assert(f != NULL);
    for (size_t i = 0; i < ODD_COUNT; i++) {
        const struct odd *o = &ODD[i];
        struct str value = str_of(o->value);
        fprintf(f, "%s\t%s\t%s\t%s\t%s\t", o->service, o->method, o->path, o->query, o->header);
        for (size_t c = 0; c < value.len; c++) { /* the tab inside a value would end its field */
            fputc(value.ptr[c] == '\t' ? ' ' : value.ptr[c], f);
        }
        fprintf(f, "\t%s\n", o->body);
    }
    fclose(f);
    const char *command = str_z(a, str_printf(a, "python3 %s/tests/wire/sign_with_botocore.py < %s",
                                              getenv("AFORO_SOURCE"), path));
    struct buf text;
    buf_init(&text, a, MIB);
    FILE *p = popen(command, "r");
    cr_assert(p != NULL);
    for (size_t n = 1; n > 0;) {
        char *room = buf_reserve(&text, 4096);
        n = fread(room, 1, 4096, p);
        buf_commit(&text, n);
    }
    int status = pclose(p);
    unlink(path);
    bool missing = WIFEXITED(status) && (WEXITSTATUS(status) == 3 || WEXITSTATUS(status) == 127);
    cr_assert(missing || status == 0, "the helper failed with status %d", status);
    return missing ? STR_EMPTY : buf_str(&text);
}

static struct http_request odd_request(struct arena *a, const struct odd *o, bool with_body)
{
    struct http_request r;
    http_request_init(&r, a, o->method, STR("example.amazonaws.com:8080"), str_of(o->path));
    r.query = str_of(o->query);
    r.body = with_body ? str_of(o->body) : STR_EMPTY;
    if (o->header[0] != '\0') {
        http_headers_add(&r.headers, str_of(o->header), str_of(o->value));
    }
    return r;
}

static struct sigv4_options odd_options(const struct odd *o, struct str stamp)
{
    struct diag d = DIAG_INIT;
    bool s3 = strcmp(o->service, "s3") == 0;
    struct sigv4_options options = {
        .credentials = {.access_key = STR("AKIDEXAMPLE"),
                        .secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                        .session_token = STR_EMPTY},
        .region = STR("eu-west-3"),
        .service = str_of(o->service),
        .double_encode_path = !s3,
        .normalize_path = !s3,
        .sign_body_header = s3,
        .expires_s = 900};
    cr_assert_eq(instant_parse_as(stamp, STR("%Y%m%dT%H%M%SZ"), &options.now_us, &d), ERR_OK, "%s",
                 d.msg);
    return options;
}

static void check_odd(struct arena *a, size_t i, struct str line)
{
    const struct odd *o = &ODD[i];
    struct str where = str_printf(a, "row %zu", i);
    struct str stamp, authorization, query;
    cr_assert(str_cut(&line, '\t', &stamp) && str_cut(&line, '\t', &authorization));
    query = line;
    struct sigv4_options options = odd_options(o, stamp);
    struct http_request r = odd_request(a, o, true);
    sigv4_sign(&r, &options, a);
    assert_same(http_header(&r.headers, "Authorization"), authorization, "header", where);
    check_verifies(&r, &options, a);

    /* botocore's presigned URL: our verifier takes it, and we would have made the same signature */
    struct http_request theirs = odd_request(a, o, false);
    bool form = str_starts(str_of(o->value), STR("application/x-www-form-urlencoded"));
    if (form) { /* botocore drops the form's type and moves the form into the query */
        http_headers_init(&theirs.headers, a);
    }
    struct http_request ours = theirs;
    theirs.query = query;
    struct sigv4_claim claim;
    cr_assert(sigv4_claim_of(&theirs, a, &claim));
    if (options.sign_body_header) {
        options.sign_body_header = false;
        options.payload_hash = STR("UNSIGNED-PAYLOAD");
    }
    check_verifies(&theirs, &options, a);
    if (str_find_str(str_of(o->query), STR("a=0")) == STR_NONE &&
        !form) { /* botocore keeps one of a repeated name */
        assert_same(sigv4_stages_of(&ours, &options, true, a).signature, claim.signature, "query",
                    where);
    }
}

Test(sigv4, botocore_signs_the_same)
{
    /* Odd paths, queries and headers for kinesis, sns and s3: our Authorization header is
     * botocore's byte for byte, and botocore's presigned URLs verify. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct str answers = ask_botocore(a);
    if (answers.len == 0) {
        arena_free(a);
        cr_skip_test("python3 with botocore is not here: signatures were not compared with it");
    }
    size_t count = 0;
    for (struct str rest = answers, line; str_cut(&rest, '\n', &line) && line.len > 0; count++) {
        check_odd(a, count, line);
    }
    cr_assert_eq(count, ODD_COUNT);
    arena_free(a);
}

/* ---- verifying ---- */

static void check_refused(const struct http_request *r, int64_t now_us, const char *name,
                          struct arena *a)
{
    struct sigv4_claim claim;
    struct diag d = DIAG_INIT;
    cr_assert(sigv4_claim_of(r, a, &claim), "%s", name);
    cr_assert_eq(sigv4_verify(r, &claim, (struct str)EXAMPLE_SECRET, false, now_us, a, &d),
                 ERR_DENIED, "%s", name);
    cr_assert(diag_is_named(&d, name), "%s, wanted %s", d.name, name);
}

Test(sigv4, a_changed_request_does_not_verify)
{
    /* One byte of method, path, query, signed header, secret or time is refused by AWS's name for
     * it; an unsigned header may change. */
    struct arena *a = arena_new("test", MIB);
    struct sigv4_options o = s3_options();
    struct http_request good = example_request(a, &S3_EXAMPLES[1]);
    sigv4_sign(&good, &o, a);
    struct http_request r = good;
    r.method = STR("POST");
    check_refused(&r, o.now_us, "SignatureDoesNotMatch", a);
    r = good;
    r.path = STR("/test%24file.texT");
    check_refused(&r, o.now_us, "SignatureDoesNotMatch", a);
    r = good;
    r.query = STR("acl");
    check_refused(&r, o.now_us, "SignatureDoesNotMatch", a);
    r = good;
    r.host = STR("other");
    check_refused(&r, o.now_us, "SignatureDoesNotMatch", a);
    check_refused(&good, o.now_us + 15 * US_PER_MINUTE + 1, "RequestTimeTooSkewed", a);
    check_refused(&good, o.now_us - 15 * US_PER_MINUTE - 1, "RequestTimeTooSkewed", a);

    struct sigv4_claim claim;
    struct diag d = DIAG_INIT;
    cr_assert(sigv4_claim_of(&good, a, &claim));
    cr_assert_eq(sigv4_verify(&good, &claim, STR("another secret"), false, o.now_us, a, &d),
                 ERR_DENIED);
    diag_clear(&d);
    cr_assert_eq(sigv4_verify(&good, &claim, o.credentials.secret_key, false,
                              o.now_us + 15 * US_PER_MINUTE, a, &d),
                 ERR_OK);
    cr_assert(!sigv4_payload_matches(&claim, STR("Welcome to Amazon S3!"), a));
    http_headers_add(&good.headers, STR("User-Agent"), STR("added on the way"));
    check_verifies(&good, &o, a);
    http_headers_add(&good.headers, STR("x-amz-storage-class"), STR("again"));
    check_refused(&good, o.now_us, "SignatureDoesNotMatch", a);
    arena_free(a);
}

Test(sigv4, presigned_urls_end)
{
    /* A presigned URL holds for exactly its seconds; expiry outside of 1..604800 is refused by
     * name. */
    struct arena *a = arena_new("test", MIB);
    struct sigv4_options o = s3_options();
    o.sign_body_header = false;
    o.payload_hash = STR("UNSIGNED-PAYLOAD");
    static const int64_t expires[] = {60, 604800, 0, 604801};
    for (size_t i = 0; i < 4; i++) {
        o.expires_s = expires[i];
        struct http_request r = example_request(a, &S3_EXAMPLES[0]);
        sigv4_presign(&r, &o, a);
        if (i >= 2) {
            check_refused(&r, o.now_us, "AuthorizationQueryParametersError", a);
            continue;
        }
        struct sigv4_options last = o;
        last.now_us = o.now_us + expires[i] * US_PER_S;
        check_verifies(&r, &last, a);
        check_refused(&r, last.now_us + 1, "AccessDenied", a);
        check_refused(&r, o.now_us - 15 * US_PER_MINUTE - 1, "AccessDenied", a);
    }
    arena_free(a);
}

Test(sigv4, claims_that_are_incomplete)
{
    /* What is not signed is no claim; what is signed badly is a claim that verifying refuses by
     * name. */
    static const struct {
        const char *authorization, *name; /* name NULL: not signed at all */
    } rows[] = {
        {"", NULL},
        {"Basic abc", NULL},
        {"AWS AKID:signature", NULL},
        {"AWS4-HMAC-SHA256", "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=00",
         "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4, SignedHeaders=host, "
         "Signature=00",
         "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, Signature=00",
         "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, SignedHeaders=host",
         "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 "
         "Credential=AKID/20130525/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=00",
         "SignatureDoesNotMatch"},
        {"AWS4-HMAC-SHA256 "
         "Credential=AKID/20130524/us-east-1/s3/aws4_request,SignedHeaders=x-amz-date,Signature=00",
         "SignatureDoesNotMatch"},
        {"AWS4-HMAC-SHA256 "
         "Credential=AKID/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;host,Signature=00",
         "SignatureDoesNotMatch"},
        {"AWS4-HMAC-SHA256 "
         "Credential=AKID/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=00",
         "SignatureDoesNotMatch"},
    };
    struct arena *a = arena_new("test", MIB);
    struct sigv4_options o = s3_options();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request r = example_request(a, &S3_EXAMPLES[0]);
        struct sigv4_claim claim;
        http_headers_set(&r.headers, STR("X-Amz-Date"), STR("20130524T000000Z"));
        http_headers_set(&r.headers, STR("Authorization"), str_of(rows[i].authorization));
        if (rows[i].name == NULL) {
            cr_assert(!sigv4_claim_of(&r, a, &claim), "row %zu", i);
        } else {
            check_refused(&r, o.now_us, rows[i].name, a);
        }
    }
    arena_free(a);
}
