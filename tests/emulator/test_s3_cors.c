/* Cross-origin requests, as browsers make them: the Fetch standard's headers in, S3's answers out.
 */
#include <criterion/criterion.h>
#include <string.h>
#include "emulator_client.h"

#define RULES                                                                                      \
    "<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin>"            \
    "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>"                         \
    "<AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type</AllowedHeader>"            \
    "<ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-id-2</ExposeHeader>"                     \
    "<MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>"                                               \
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"      \
    "</CORSConfiguration>"
#define FROM "Origin: https://www.example.com\n"
#define ASKS "Access-Control-Request-Method: "

static struct emulator_client with_rules(void)
{
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/none", NULL, STR_EMPTY);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt?cors", NULL, STR(RULES)), 200, "%s", client_body(&c));
    return c;
}

Test(s3_cors, preflights_are_answered_by_the_first_rule_that_fits)
{
    /* Proves: origin, method and every asked header must fit one rule; what is not allowed says
     * why. */
    static const struct {
        const char *target, *headers, *origin, *said;
        int status;
    } rows[] = {
        {"/bkt/k", FROM ASKS "PUT", "https://www.example.com", "", 200},
        {"/bkt", FROM ASKS "GET", "https://www.example.com", "", 200},
        {"/bkt/k", "Origin: http://other.org\n" ASKS "GET", "*", "", 200},
        {"/bkt/k", "Origin: http://other.org\n" ASKS "PUT", "", "AccessForbidden", 403},
        {"/bkt/k", "Origin: HTTPS://WWW.EXAMPLE.COM\n" ASKS "PUT", "", "AccessForbidden", 403},
        {"/bkt/k", "Origin: https://.example.com\n" ASKS "PUT", "https://.example.com", "", 200},
        {"/bkt/k", FROM ASKS "PUT\nAccess-Control-Request-Headers: X-Amz-Date, content-type",
         "https://www.example.com", "", 200},
        {"/bkt/k", FROM ASKS "PUT\nAccess-Control-Request-Headers: x-amz-date,x-other", "",
         "AccessForbidden", 403},
        {"/bkt/k", FROM ASKS "DELETE", "", "AccessForbidden", 403},
        {"/bkt/k", FROM ASKS "PATCH", "", "BadRequest", 400},
        {"/bkt/k", FROM, "", "BadRequest", 400},
        {"/bkt/k", ASKS "PUT", "", "BadRequest", 400},
        {"/none/k", FROM ASKS "PUT", "", "AccessForbidden", 403},
        {"/missing/k", FROM ASKS "PUT", "", "AccessForbidden", 403},
    };
    struct emulator_client c = with_rules();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_s3(&c, "OPTIONS", rows[i].target, rows[i].headers, STR_EMPTY),
                     rows[i].status, "row %zu: %s", i, client_body(&c));
        cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Origin"), rows[i].origin,
                         "row %zu", i);
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].said, "row %zu", i);
    }
    client_s3(&c, "OPTIONS", "/none/k", FROM ASKS "PUT", STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "Message"),
                     "CORSResponse: CORS is not enabled for this bucket.");
    cr_expect_str_eq(client_text(&c, "Method"), "PUT");
    cr_expect_str_eq(client_text(&c, "ResourceType"), "OBJECT");
    client_s3(&c, "OPTIONS", "/bkt/k", FROM ASKS "PUT\nAccess-Control-Request-Headers: X-Amz-Date",
              STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Methods"), "PUT, GET");
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Headers"), "x-amz-date");
    cr_expect_str_eq(client_header(&c, "Access-Control-Expose-Headers"), "ETag, x-amz-id-2");
    cr_expect_str_eq(client_header(&c, "Access-Control-Max-Age"), "3000");
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Credentials"), "true");
    cr_expect_str_eq(client_header(&c, "Vary"),
                     "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    client_free(&c);
}

Test(s3_cors, actual_requests_carry_the_headers_where_a_rule_fits)
{
    /* Proves: on success and refusal alike; without Origin, or without a rule, there are none. */
    struct emulator_client c = with_rules();
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", FROM, STR("x")), 200);
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Origin"), "https://www.example.com");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/none", "Origin: null", STR_EMPTY), 404);
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Origin"), "*");
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Credentials"), "");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/k", FROM, STR_EMPTY), 204);
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Origin"), "");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_header(&c, "Access-Control-Allow-Origin"), "");
    client_free(&c);
}

Test(s3_cors, rules_with_too_many_stars_are_refused_and_signatures_are_not_asked)
{
    /* Proves: the limits of wildcards; a preflight is answered where all else must be signed. */
    static const char *const rows[] = {
        "<AllowedOrigin>http://*.*.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>",
        "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
        "<AllowedHeader>x-*-*</AllowedHeader>",
        "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
        "<ExposeHeader>x-*</ExposeHeader>",
    };
    struct emulator_options options = {.seed = 1, .verify_signatures = true};
    struct emulator_client c = client_new_with(&options);
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str body = str_printf(
            c.arena, "<CORSConfiguration><CORSRule>%s</CORSRule></CORSConfiguration>", rows[i]);
        cr_expect_eq(client_s3(&c, "PUT", "/bkt?cors", NULL, body), 400, "row %zu", i);
        cr_expect_str_eq(client_text(&c, "Code"), "InvalidRequest", "row %zu", i);
    }
    cr_assert_eq(client_s3(&c, "PUT", "/bkt?cors", NULL, STR(RULES)), 200);
    cr_expect_eq(client_s3(&c, "OPTIONS", "/bkt/k", "Authorization: \n" FROM ASKS "PUT", STR_EMPTY),
                 200, "%s", client_body(&c));
    client_free(&c);
}
