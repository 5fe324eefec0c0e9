/* fuzz_filter.c -- Any bytes as a filter policy, a NUL, and a message's body, which is also tried
 * as the texts of attributes. A policy that is taken judges any message without harm, the same each
 * time; one that only asks whether a key exists or not tells one of any two messages. */
#include "base/limits.h"
#include "filter_policy.h"
#include "fuzz_check.h"

static const struct json *as_attributes(struct arena *a, struct str text)
{
    static const char *const types[] = {"String", "Number", "String.Array", "Binary"};
    static const char *const names[] = {"a", "b", "c", "d"};
    struct json *map = json_new(a, JSON_IS_OBJECT);
    for (size_t i = 0; i < 4; i++) {
        struct json *value = json_new(a, JSON_IS_OBJECT);
        json_set_str(a, value, "DataType", str_of(types[i]));
        json_set_str(a, value, "StringValue", text);
        json_add(map, str_of(names[i]), value);
    }
    return map;
}

static void judge(struct str policy, struct str scope, const struct message *m, struct arena *a)
{
    struct str reason = STR_EMPTY;
    if (!filter_policy_check(policy, scope, a, &reason)) {
        CHECK(reason.len > 0);
        return;
    }
    bool passes = filter_policy_passes(policy, scope, m, STR("http"), a);
    CHECK(passes == filter_policy_passes(policy, scope, m, STR("http"), a));
}

static void existence(struct arena *a, const struct message *m)
{
    struct str scope = STR(FILTER_SCOPE_BODY), body;
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    body = message_text_for(m, STR("http"));
    bool object = json_parse(a, body, &tree, &d) == ERR_OK && json_is(tree, JSON_IS_OBJECT);
    bool there = filter_policy_passes(STR("{\"a\":[{\"exists\":true}]}"), scope, m, STR("http"), a);
    bool away = filter_policy_passes(STR("{\"a\":[{\"exists\":false}]}"), scope, m, STR("http"), a);
    CHECK(object ? there != away : !there && !away);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct str all = str_n((const char *)data, size), policy = all, text = STR_EMPTY;
    (void)str_split(all, '\0', &policy, &text);
    struct message m = {.text = text, .attributes = as_attributes(a, text)};
    judge(policy, STR(FILTER_SCOPE_ATTRIBUTES), &m, a);
    judge(policy, STR(FILTER_SCOPE_BODY), &m, a);
    existence(a, &m);
    arena_free(a);
    return 0;
}
