/* Conditional reads, writes and deletes: RFC 9110's table, and S3's own rules for writes. */
#include <criterion/criterion.h>
#include "emulator_client.h"

#define ETAG "\"900150983cd24fb0d6963f7d28e17f72\"" /* MD5 of "abc" */

static struct emulator_client with_object(void)
{
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt/k", NULL, STR("abc")), 200);
    c.now_us += 3600 * INT64_C(1000000);
    return c;
}

Test(s3_condition, reads_follow_rfc_9110)
{
    /* Proves: each condition and the documented pairs decide a GET and a HEAD alike. Written at
     * 00:00:00, read at 01:00. */
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"If-Match: " ETAG, 200},
        {"If-Match: 900150983cd24fb0d6963f7d28e17f72", 200},
        {"If-Match: *", 200},
        {"If-Match: \"other\", " ETAG, 200},
        {"If-Match: \"other\"", 412},
        {"If-None-Match: " ETAG, 304},
        {"If-None-Match: *", 304},
        {"If-None-Match: \"other\"", 200},
        {"If-Modified-Since: Fri, 27 Mar 2026 23:59:59 GMT", 200},
        {"If-Modified-Since: Sat, 28 Mar 2026 00:00:00 GMT", 304},
        {"If-Modified-Since: Sun, 29 Mar 2026 00:00:00 GMT", 200}, /* has not come yet: ignored */
        {"If-Modified-Since: some day", 200},                      /* not a date: ignored */
        {"If-Unmodified-Since: some day", 200},
        {"If-Unmodified-Since: Sat, 28 Mar 2026 00:00:00 GMT", 200},
        {"If-Unmodified-Since: Fri, 27 Mar 2026 23:59:59 GMT", 412},
        {"If-Match: " ETAG "\nIf-Unmodified-Since: Fri, 27 Mar 2026 23:59:59 GMT", 200},
        {"If-None-Match: " ETAG "\nIf-Modified-Since: Fri, 27 Mar 2026 23:59:59 GMT", 304},
        {"If-None-Match: \"other\"\nIf-Modified-Since: Sat, 28 Mar 2026 00:00:00 GMT", 200},
    };
    struct emulator_client c = with_object();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int head = 0; head < 2; head++) {
            cr_expect_eq(client_s3(&c, head ? "HEAD" : "GET", "/bkt/k", rows[i].headers, STR_EMPTY),
                         rows[i].status, "%s: %d", rows[i].headers, c.response->status);
            bool body = rows[i].status != 304 && !head;
            cr_expect_eq(c.response->body.len > 0, body, "%s", rows[i].headers);
            if (rows[i].status == 304) {
                cr_expect_str_eq(client_header(&c, "ETag"), ETAG);
            }
        }
    }
    client_s3(&c, "GET", "/bkt/k", "If-Match: \"other\"", STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "Code"), "PreconditionFailed");
    cr_expect_str_eq(client_text(&c, "Condition"), "If-Match");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/none", "If-Match: *", STR_EMPTY), 404);
    client_free(&c);
}

Test(s3_condition, writes_are_decided_by_what_is_there)
{
    /* Proves: If-None-Match: * and If-Match on PUT, on a key that is there and one that is not;
     * nothing else is taken. */
    struct emulator_client c = with_object();
    static const struct {
        const char *target, *headers, *code;
        int status;
    } rows[] = {
        {"/bkt/k", "If-None-Match: *", "PreconditionFailed", 412},
        {"/bkt/k", "If-Match: \"other\"", "PreconditionFailed", 412},
        {"/bkt/none", "If-Match: " ETAG, "NoSuchKey", 404},
        {"/bkt/none", "If-Match: *", "NotImplemented", 501},
        {"/bkt/k", "If-Match: *", "NotImplemented", 501},
        {"/bkt/k", "If-None-Match: " ETAG, "NotImplemented", 501},
        {"/bkt/k", "If-None-Match: *\nIf-Match: " ETAG, "NotImplemented", 501},
        {"/bkt/new", "If-None-Match: *", "", 200},
        {"/bkt/k", "If-Match: " ETAG, "", 200},
        {"/bkt/k", "If-Match: " ETAG, "PreconditionFailed", 412}, /* the write before changed it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_s3(&c, "PUT", rows[i].target, rows[i].headers, STR("new")),
                     rows[i].status, "row %zu: %s", i, client_body(&c));
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu", i);
    }
    client_free(&c);
}

/* Begins an upload of /bkt/k with one part; gives the target of what completes it. */
static const char *upload_of(struct emulator_client *c, struct str *ret_parts)
{
    client_s3(c, "POST", "/bkt/k?uploads", NULL, STR_EMPTY);
    const char *id = client_text(c, "UploadId");
    client_s3(c, "PUT",
              str_z(c->arena, str_printf(c->arena, "/bkt/k?partNumber=1&uploadId=%s", id)), NULL,
              STR("abc"));
    *ret_parts = str_printf(c->arena,
                            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                            "<ETag>%s</ETag></Part></CompleteMultipartUpload>",
                            client_header(c, "ETag"));
    return str_z(c->arena, str_printf(c->arena, "/bkt/k?uploadId=%s", id));
}

Test(s3_condition, an_upload_is_on_its_way_from_its_creation)
{
    /* Proves: what is deleted or (by its ETag) written between creating and completing an upload is
     * a conflict, until a new one is begun; without conditions it is none. */
    static const struct {
        const char *condition;
        bool deleted, rewritten;
        int status, again;
    } rows[] = {
        {"If-None-Match: *", false, false, 412, 412},
        {"If-None-Match: *", true, false, 409, 200},
        {"If-None-Match: *", true, true, 412, 412},
        {"If-Match: " ETAG, false, false, 200, 412},
        {"If-Match: " ETAG, false, true, 409, 200},
        {"If-Match: " ETAG, true, false, 404, 404},
        {"If-Match: " ETAG, true, true, 409, 200},
        {"If-Match: \"other\"", false, true, 412, 412},
        {"x-amz-meta-none: 1", true, false, 200, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator_client c = with_object();
        struct str parts;
        const char *target = upload_of(&c, &parts);
        c.now_us++;
        if (rows[i].deleted) {
            client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY);
        }
        if (rows[i].rewritten) {
            client_s3(&c, "PUT", "/bkt/k", NULL, STR("abc"));
        }
        c.now_us++;
        cr_expect_eq(client_s3(&c, "POST", target, rows[i].condition, parts), rows[i].status,
                     "row %zu: %s", i, client_body(&c));
        target = upload_of(&c, &parts);
        cr_expect_eq(client_s3(&c, "POST", target, rows[i].condition, parts), rows[i].again,
                     "row %zu, begun anew: %s", i, client_body(&c));
        client_free(&c);
    }
}

Test(s3_condition, of_many_racing_writers_the_first_wins)
{
    /* Proves: a hundred If-None-Match writers to one key: exactly the first gets 200, and its bytes
     * stay. */
    struct emulator_client c = client_new();
    int won = 0;
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    for (int i = 0; i < 100; i++) {
        struct str body = str_printf(c.arena, "writer %d", i);
        int status = client_s3(&c, "PUT", "/bkt/lock", "If-None-Match: *", body);
        won += status == 200;
        cr_expect(status == (i == 0 ? 200 : 412), "writer %d: %d", i, status);
    }
    cr_expect_eq(won, 1);
    client_s3(&c, "GET", "/bkt/lock", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "writer 0");
    /* the loser deletes only what it saw */
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/lock", "If-Match: \"other\"", STR_EMPTY), 412);
    cr_expect_str_eq(client_text(&c, "Condition"), "If-Match");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/lock", "If-Match: *", STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/lock", "If-Match: *", STR_EMPTY), 412);
    client_free(&c);
}

Test(s3_condition, a_lost_answer_of_a_conditional_write_is_found_as_412)
{
    /* Proves: when the answer of a conditional PUT is lost, the retry gets 412 and the bytes are
     * those of the first. */
    struct emulator_client c = client_new();
    struct json *rules;
    struct diag d = DIAG_INIT;
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    cr_assert_eq(json_parse(c.arena,
                            STR("[{\"on\":\"s3:PutObject\",\"phase\":\"lose_response\",\"nth\":[1],"
                                "\"where\":{\"bucket\":\"bkt\",\"key\":\"raw/*\"}}]"),
                            &rules, &d),
                 ERR_OK);
    cr_assert_eq(fault_plan_read(emulator_faults(c.emulator), rules, &d), ERR_OK, "%s", d.msg);
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/other", "If-None-Match: *", STR("x")), 200,
                 "the rule is for raw/*");
    client_s3(&c, "PUT", "/bkt/raw/1", "If-None-Match: *", STR("abc"));
    cr_expect(c.out.lost);
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/raw/1", "If-None-Match: *", STR("abc")), 412);
    client_s3(&c, "HEAD", "/bkt/raw/1", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "ETag"), ETAG);
    client_free(&c);
}

/* Begins a signed request and feeds its body; finished by the caller. */
static struct exchange *begin(struct emulator_client *c, const char *method, const char *target,
                              const char *condition, struct str body, struct http_request *r)
{
    struct diag d = DIAG_INIT;
    http_request_init(r, c->arena, method, STR("127.0.0.1:4566"), str_of(target));
    if (condition != NULL) {
        bool etag = str_eq(str_of(condition), STR("If-Match")); /* takes no other */
        http_headers_add(&r->headers, str_of(condition), etag ? STR(ETAG) : STR("*"));
    }
    struct exchange *x = emulator_begin(c->emulator, r, STR("racer"), c->arena);
    cr_assert_eq(exchange_feed(x, body, &d), ERR_OK);
    exchange_ready(x);
    return x;
}

Test(s3_condition, a_delete_on_the_way_is_a_conflict)
{
    /* Proves: 409 for a conditional write whose key was deleted between its head and its end; not
     * for one without conditions, of another key, or that began later. */
    static const struct {
        const char *target, *condition;
        bool deleted, rewritten;
        int status;
    } rows[] = {
        {"/bkt/k", "If-None-Match", true, false, 409},
        {"/bkt/k", "If-None-Match", false, false, 412},
        {"/bkt/k", "If-None-Match", true, true, 412}, /* another writer was first */
        {"/bkt/k", "If-Match", true, false, 404},
        {"/bkt/k", "If-Match", true, true, 409},
        {"/bkt/k", NULL, true, false, 200},
        {"/bkt/other", "If-None-Match", true, false, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator_client c = with_object();
        struct http_request r;
        struct exchange *x = begin(&c, "PUT", rows[i].target, rows[i].condition, STR("late"), &r);
        if (rows[i].deleted) {
            client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY);
        }
        if (rows[i].rewritten) {
            client_s3(&c, "PUT", "/bkt/k", NULL, STR("abc"));
        }
        struct emulator_outcome o = exchange_finish(x, c.now_us);
        cr_expect_eq(o.response.status, rows[i].status, "row %zu: %d", i, o.response.status);
        if (o.response.status == 409) {
            cr_expect(
                str_contains(o.response.body, STR("<Code>ConditionalRequestConflict</Code>")));
            cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", "If-None-Match: *", STR("again")),
                         rows[i].rewritten ? 412 : 200, "row %zu: the retry is decided anew", i);
        }
        client_free(&c);
    }
}

Test(s3_condition, buckets_that_race_are_aborted)
{
    /* Proves: a CreateBucket that met another, or a DeleteBucket, on its way: OperationAborted. */
    for (int deleted = 0; deleted < 2; deleted++) {
        struct emulator_client c = client_new();
        struct http_request r;
        if (deleted) {
            client_s3(&c, "PUT", "/race", NULL, STR_EMPTY);
        }
        struct exchange *x = begin(&c, "PUT", "/race", NULL, STR_EMPTY, &r);
        client_s3(&c, deleted ? "DELETE" : "PUT", "/race", NULL, STR_EMPTY);
        struct emulator_outcome o = exchange_finish(x, c.now_us);
        cr_expect_eq(o.response.status, 409);
        cr_expect(str_contains(o.response.body, STR("<Code>OperationAborted</Code>")));
        cr_expect_eq(client_s3(&c, "PUT", "/race", NULL, STR_EMPTY), 200);
        client_free(&c);
    }
}
