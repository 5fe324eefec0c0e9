/* Phase wire: what is made of an answer's bytes, what is left to a front, and rules that pick a
 * client. */
#include <criterion/criterion.h>
#include <string.h>

#include "tiny.h"

#define NAMED "{\"Name\":\"abc\"}"

static struct str good(struct bench *b)
{
    return send_json(b, "PutRecords", NAMED).response.body;
}

Test(damage, one_bit_or_half_of_the_body)
{
    /* corrupt: as long as before, one bit apart, the same at the same call; short: a prefix. */
    struct str bodies[2];
    struct arena *a = arena_new("test", MIB);
    for (int run = 0; run < 2; run++) {
        struct bench b = bench_new(7);
        add_faults(
            &b, "- {on: \"kinesis:PutRecords\", phase: wire, wire: corrupt, nth: 2}\n"
                "- {name: half, on: \"kinesis:PutRecords\", phase: wire, wire: short, nth: 3}\n");
        struct str whole = good(&b);
        struct core_outcome o = send_json(&b, "PutRecords", NAMED);
        cr_assert_eq(o.response.body.len, whole.len);
        int bits = 0;
        char *expected = arena_alloc(b.arena, whole.len + 1);
        memcpy(expected, whole.ptr, whole.len);
        *strchr(expected, '1') = '2'; /* Runs */
        for (size_t i = 0; i < whole.len; i++) {
            bits += __builtin_popcount((unsigned char)(expected[i] ^ o.response.body.ptr[i]));
        }
        cr_expect_eq(bits, 1, "%.*s", STR_ARG(o.response.body));
        cr_expect_eq(o.wire, FAULT_WIRE_NONE, "nothing is left to do");
        bodies[run] = str_copy(a, o.response.body);
        o = send_json(&b, "PutRecords", NAMED);
        cr_expect_eq(o.response.body.len, whole.len / 2);
        cr_expect_eq(bench_state(&b, "kinesis")->runs, 3, "it was done each time");
        bench_free(&b);
    }
    cr_expect(str_eq(bodies[0], bodies[1]));
    arena_free(a);
}

Test(damage, connections_are_left_to_the_front)
{
    /* Done, and told to whoever has a connection; without one it is lost, or late. */
    static const struct {
        const char *wire;
        enum fault_wire told;
        bool lost;
        int64_t delay_us;
    } rows[] = {
        {"reset", FAULT_WIRE_RESET, true, 0},
        {"cut", FAULT_WIRE_CUT, true, 0},
        {"goaway", FAULT_WIRE_GOAWAY, true, 0},
        {"rst_stream", FAULT_WIRE_RST_STREAM, true, 0},
        {"reset, bytes: 1", FAULT_WIRE_RESET, true, 0},
        {"goaway, bytes: 0, code: 11", FAULT_WIRE_GOAWAY, true, 0},
        {"rst_stream, code: CANCEL, bytes: 5", FAULT_WIRE_RST_STREAM, true, 0},
        {"drip, delay: PT3S", FAULT_WIRE_DRIP, false, 3000000},
        {"drip, each: 10ms, bytes: 1000", FAULT_WIRE_DRIP, false, 10000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct bench b = bench_new(1);
        add_faults(
            &b, str_z(b.arena, str_printf(b.arena, "- {on: \"kinesis:*\", phase: wire, wire: %s}\n",
                                          rows[i].wire)));
        struct core_outcome o = send_json(&b, "PutRecords", NAMED);
        cr_expect_eq(o.wire, rows[i].told, "%s", rows[i].wire);
        cr_expect_eq(o.lost, rows[i].lost, "%s", rows[i].wire);
        cr_expect_eq(o.delay_us, rows[i].delay_us);
        cr_expect_eq(o.response.body.len == 0, rows[i].lost);
        cr_expect_eq(bench_state(&b, "kinesis")->runs, 1);
        bench_free(&b);
    }
}

Test(damage, rules_pick_the_client_and_its_attempt)
{
    /* access_key, user_agent and the SDK's attempt are matched as a call's own attributes are, and
     * show in the count, not in the ledger's resource. */
    static const struct {
        const char *where, *agent, *sdk;
        bool fires;
    } rows[] = {
        {"{user_agent: \"*kcl*\"}", "aws-sdk-java/2 kcl/3", "", true},
        {"{user_agent: \"*kcl*\"}", "Boto3/1.40", "", false},
        {"{attempt: \"1\"}", "Boto3", "attempt=1; max=3", true},
        {"{attempt: \"1\"}", "Boto3", "attempt=2; max=3", false},
        {"{attempt: \"?*\"}", "Boto3", "", false},
        {"{attempt: \"2\", user_agent: Boto3}", "Boto3", "ttl=20260328T000000Z; attempt=2", true},
        {"{access_key: \"AKIA*\"}", "Boto3", "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct bench b = bench_new(1);
        add_faults(
            &b,
            str_z(b.arena, str_printf(b.arena, "- {on: \"kinesis:*\", phase: reject, where: %s}\n",
                                      rows[i].where)));
        struct http_request r = json_request(&b, "PutRecords", NAMED);
        add_header(&r, "User-Agent", rows[i].agent);
        add_header(&r, "amz-sdk-request", rows[i].sdk);
        struct core_outcome o = send(&b, &r, "");
        cr_expect_eq(o.response.status, rows[i].fires ? 500 : 200, "%s", rows[i].where);
        cr_expect_eq(core_ledger_next(b.core, 0)->resource.len, 3, "abc");
        bench_free(&b);
    }
}

Test(damage, rules_that_could_never_be_are_refused)
{
    /* Damage that an answer cannot have, a delay without a drip, a name that is none. */
    static const char *const rows[] = {
        "[{\"on\":\"s3:GetObject\",\"phase\":\"wire\",\"wire\":\"error_in_200\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"wire\",\"wire\":\"bad_crc\"}]",
        "[{\"on\":\"warehouse:commit\",\"phase\":\"wire\",\"wire\":\"reset\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"wire\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"reject\",\"wire\":\"reset\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"wire\",\"wire\":\"drip\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"wire\",\"wire\":\"cut\",\"delay\":\"1s\"}]",
        "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"wire\",\"wire\":\"resett\"}]",
    };
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fault_plan plan;
        struct json *tree;
        struct diag d = DIAG_INIT;
        fault_plan_init(&plan, a, 1);
        cr_assert_eq(json_parse(a, str_of(rows[i]), &tree, &d), ERR_OK);
        cr_expect_eq(fault_plan_read(&plan, tree, &d), ERR_INVALID, "%s", rows[i]);
        cr_expect(str_starts(str_of(d.msg), STR("1:")), "%s: %s", rows[i], d.msg);
        cr_expect_eq(plan.count, 0);
    }
    arena_free(a);
}
