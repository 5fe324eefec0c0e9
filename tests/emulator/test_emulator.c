/* The facade: options, pieces, time, and STS through all of it. */
#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "emulator/emulator.h"
#include "wire/sigv4.h"

static struct http_request identity_request(struct arena *a, const char *access_key)
{
    struct http_request r;
    http_request_init(&r, a, "POST", STR("127.0.0.1:4566"), STR("/"));
    http_headers_add(&r.headers, STR("Host"), r.host);
    http_headers_add(&r.headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded; charset=utf-8"));
    r.body = STR("Action=GetCallerIdentity&Version=2011-06-15");
    if (access_key != NULL) {
        struct sigv4_options options = {.credentials = {str_of(access_key), STR("test"), STR_EMPTY},
                                        .region = STR("us-east-1"),
                                        .service = STR("sts"),
                                        .double_encode_path = true};
        sigv4_sign(&r, &options, a);
    }
    return r;
}

Test(emulator, get_caller_identity)
{
    /* The response's shape is the API reference's; the account is the option's, or the access key
     * of 12 digits. */
    struct arena *a = arena_new("test", 64 * MIB);
    const struct {
        const char *option, *key, *account;
    } rows[] = {{"", NULL, "000000000000"},
                {"", "AKIAEXAMPLE", "000000000000"},
                {"111122223333", "AKIAEXAMPLE", "111122223333"},
                {"111122223333", "444455556666", "444455556666"},
                {"", "44445555666x", "000000000000"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct emulator_options options = {.seed = 1, .account = str_of(rows[i].option)};
        struct emulator *e = emulator_new(a, &options);
        struct http_request r = identity_request(a, rows[i].key);
        struct emulator_outcome o = emulator_dispatch(e, &r, STR_EMPTY, 0, a);
        cr_expect_eq(o.response.status, 200);
        struct str expected =
            str_printf(a,
                       "<GetCallerIdentityResult><UserId>%s</UserId><Account>%s</"
                       "Account><Arn>arn:aws:iam::%s:root</Arn></GetCallerIdentityResult>",
                       rows[i].account, rows[i].account, rows[i].account);
        cr_expect(str_contains(o.response.body, expected), "%.*s", STR_ARG(o.response.body));
        cr_expect(str_contains(o.response.body,
                               STR("xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"")));
        cr_expect(str_contains(o.response.body, STR("<RequestId>")));
        struct ledger_entry entry;
        cr_assert(emulator_ledger_next(e, 0, &entry));
        cr_expect(str_eq(entry.service, STR("sts")) &&
                  str_eq(entry.operation, STR("GetCallerIdentity")));
        cr_expect_not(emulator_ledger_next(e, entry.number, &entry));
    }
    arena_free(a);
}

Test(emulator, sts_operations_that_are_not_built_are_refused)
{
    /* Of the model's other operations none is answered. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct emulator *e = emulator_new(a, &(struct emulator_options){.seed = 1});
    struct http_request r = identity_request(a, NULL);
    r.body = STR("Action=GetFederationToken&Version=2011-06-15");
    struct emulator_outcome o = emulator_dispatch(e, &r, STR_EMPTY, 0, a);
    cr_expect_eq(o.response.status, 501);
    cr_expect(str_contains(o.response.body, STR("GetFederationToken of sts")), "%.*s",
              STR_ARG(o.response.body));
    arena_free(a);
}

Test(emulator, a_request_in_pieces_is_the_same_request)
{
    /* Fed byte by byte it answers what the whole message answers; a body over the cap is refused.
     */
    struct arena *a = arena_new("test", ARENA_TASK_BYTES_MAX);
    struct str answers[2];
    for (int pieces = 0; pieces < 2; pieces++) {
        struct emulator *e = emulator_new(a, &(struct emulator_options){.seed = 3});
        struct http_request r = identity_request(a, NULL);
        struct emulator_outcome o;
        if (pieces == 0) {
            o = emulator_dispatch(e, &r, STR_EMPTY, 0, a);
        } else {
            struct str body = r.body;
            struct diag d = DIAG_INIT;
            r.body = STR_EMPTY;
            struct exchange *x = emulator_begin(e, &r, STR_EMPTY, a);
            for (size_t i = 0; i < body.len; i++) {
                cr_assert_eq(exchange_feed(x, str_slice(body, i, i + 1), &d), ERR_OK);
            }
            exchange_ready(x);
            o = exchange_finish(x, 0);
            exchange_render(x, &o);
        }
        answers[pieces] = o.response.body;
    }
    cr_expect(str_eq(answers[0], answers[1]));
    struct emulator *e = emulator_new(a, &(struct emulator_options){.seed = 3});
    struct http_request r = identity_request(a, NULL);
    struct exchange *x = emulator_begin(e, &r, STR_EMPTY, a);
    struct diag d = DIAG_INIT;
    char *block = arena_alloc(a, HTTP_BODY_BYTES_MAX + 1);
    cr_expect_eq(exchange_feed(x, str_n(block, HTTP_BODY_BYTES_MAX + 1), &d), ERR_LIMIT);
    arena_free(a);
}

Test(emulator, faults_and_time_through_the_facade)
{
    /* The plan in force is the emulator's for its whole life, also over a reset; from counts from
     * the start. */
    struct arena *a = arena_new("test", 64 * MIB);
    int64_t start = instant_of(2026, 3, 28, 0, 0, 0);
    struct emulator *e = emulator_new(a, &(struct emulator_options){.seed = 1, .start_us = start});
    struct fault_plan *plan = emulator_faults(e);
    struct json *list = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(
        json_parse(a, STR("[{\"on\":\"sts:*\",\"phase\":\"reject\",\"from\":\"1h\"}]"), &list, &d),
        ERR_OK);
    cr_assert_eq(fault_plan_read(plan, list, &d), ERR_OK, "%s", d.msg);
    struct http_request r = identity_request(a, NULL);
    cr_expect_eq(emulator_dispatch(e, &r, STR_EMPTY, start + US_PER_HOUR - 1, a).response.status,
                 200);
    struct emulator_outcome o = emulator_dispatch(e, &r, STR_EMPTY, start + US_PER_HOUR, a);
    cr_expect(o.response.status == 500 && o.fault == FAULT_REJECT);
    cr_expect_eq(emulator_next_timer(e), INSTANT_NEVER);
    struct http_request reset;
    http_request_init(&reset, a, "POST", STR("x"), STR("/_aforo/reset"));
    cr_expect_eq(emulator_dispatch(e, &reset, STR_EMPTY, start, a).response.status, 200);
    cr_expect_eq(emulator_faults(e), plan);
    cr_expect_eq(plan->count, 0);
    struct emulator_outbound call;
    cr_expect_not(emulator_outbound_take(e, start, a, &call));
    cr_expect_eq(emulator_now(e, start + 7), start + 7);
    arena_free(a);
}
