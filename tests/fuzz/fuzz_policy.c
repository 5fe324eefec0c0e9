/* fuzz_policy.c -- Any JSON as a bucket policy: judged without harm and the same each time; with a
 * statement more that denies everything to everybody, it denies. */
#include "base/limits.h"
#include "fuzz_check.h"
#include "policy_judge.h"

static size_t values_of(const void *self, struct str key, struct str out[POLICY_VALUES_MAX])
{
    (void)self;
    out[0] = key;
    return key.len % 3 == 0 ? POLICY_UNKNOWABLE : key.len % 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 256 * MIB);
    struct str text = str_n((const char *)data, size);
    struct json *policy = NULL;
    struct diag d = DIAG_INIT;
    struct policy_question q = {.account = STR("111122223333"),
                                .canonical = STR("c0ffee"),
                                .action = STR("s3:GetObject"),
                                .resource = STR("arn:aws:s3:::b/k"),
                                .facts = {.values = values_of}};
    if (json_parse(a, text, &policy, &d) == ERR_OK) {
        enum policy_verdict verdict = policy_judge(policy, &q);
        CHECK(verdict == policy_judge(policy, &q));
        (void)policy_is_public(policy);
        struct json *list = json_get(policy, STR("Statement"));
        if (json_is(list, JSON_IS_ARRAY)) {
            struct json *all = json_new(a, JSON_IS_OBJECT);
            json_set_str(a, all, "Effect", STR("Deny"));
            json_set_str(a, all, "Principal", STR("*"));
            json_set_str(a, all, "Action", STR("*"));
            json_set_str(a, all, "Resource", STR("*"));
            json_add(list, STR_EMPTY, all);
            CHECK(policy_judge(policy, &q) == POLICY_DENIES);
        }
    }
    arena_free(a);
    return 0;
}
