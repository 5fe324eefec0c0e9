/* Filter policies: which messages pass, by attributes and by body, and which policies are none. */
#include <criterion/criterion.h>
#include "base/limits.h"
#include "filter_policy.h"

static struct str with_quotes(struct arena *a, const char *text)
{
    char *copy = arena_copy(a, text, str_of(text).len);
    for (size_t i = 0; i < str_of(text).len; i++) {
        copy[i] = copy[i] == '\'' ? '"' : copy[i];
    }
    return str_n(copy, str_of(text).len);
}

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(a, with_quotes(a, text), &tree, &d), ERR_OK, "%s: %s", text, d.msg);
    return tree;
}

/* {"name": ["Type", "value"]} as a message brings it. */
static const struct json *attributes(struct arena *a, const char *text)
{
    struct json *map = parsed(a, text), *out = json_new(a, JSON_IS_OBJECT);
    for (const struct json *at = map->first; at != NULL; at = at->next) {
        struct json *value = json_new(a, JSON_IS_OBJECT);
        json_set_str(a, value, "DataType", json_str(at->first));
        json_set_str(a, value, "StringValue", json_str(at->last));
        json_add(out, at->key, value);
    }
    return out;
}

static void expect_pass(const char *policy, const char *scope, const struct message *m, bool pass,
                        const char *about)
{
    struct arena *a = arena_new("filter", 16 * MIB);
    struct str text = with_quotes(a, policy), reason;
    cr_assert(filter_policy_check(text, str_of(scope), a, &reason), "%s: %.*s", policy,
              STR_ARG(reason));
    cr_expect_eq(filter_policy_passes(text, str_of(scope), m, STR("http"), a), pass, "%s on %s",
                 policy, about);
    arena_free(a);
}

Test(sns_filter, attributes_pass_or_not)
{
    /* Proves: each condition of the developer guide on attributes of each type, both ways. */
    static const struct {
        const char *policy, *attributes;
        bool pass;
    } rows[] = {
        {"{}", "{}", true},
        {"{'a':['x','y']}", "{'a':['String','y']}", true},
        {"{'a':['x']}", "{'a':['String','xx']}", false},
        {"{'a':['x']}", "{}", false},
        {"{'a':['x'],'b':['y']}", "{'a':['String','x']}", false},
        {"{'a':['x'],'b':['y']}", "{'a':['String','x'],'b':['String','y']}", true},
        {"{'a':[{'prefix':'ab'}]}", "{'a':['String','abc']}", true},
        {"{'a':[{'prefix':'ab'}]}", "{'a':['String','xab']}", false},
        {"{'a':[{'suffix':'bc'}]}", "{'a':['String','abc']}", true},
        {"{'a':[{'equals-ignore-case':'AbC'}]}", "{'a':['String','aBc']}", true},
        {"{'a':[{'wildcard':'a*c*'}]}", "{'a':['String','abbcx']}", true},
        {"{'a':[{'wildcard':'a*c'}]}", "{'a':['String','abcd']}", false},
        {"{'a':[{'anything-but':['x','y']}]}", "{'a':['String','z']}", true},
        {"{'a':[{'anything-but':['x','y']}]}", "{'a':['String','y']}", false},
        {"{'a':[{'anything-but':'x'}]}", "{}", false},
        {"{'a':[{'anything-but':{'prefix':'x'}}]}", "{'a':['String','xy']}", false},
        {"{'a':[{'anything-but':{'prefix':'x'}}]}", "{'a':['String','yx']}", true},
        {"{'a':[{'anything-but':{'suffix':['.x','.y']}}]}", "{'a':['String','f.y']}", false},
        {"{'a':[{'anything-but':[1,2]}]}", "{'a':['Number','2.0']}", false},
        {"{'a':[{'exists':true}]}", "{'a':['Number','2']}", true},
        {"{'a':[{'exists':false}]}", "{'a':['Number','2']}", false},
        {"{'a':[{'exists':false}]}", "{'b':['Number','2']}", true},
        {"{'a':[{'exists':true}]}", "{'a':['Binary','2']}", false},
        {"{'a':[300.5]}", "{'a':['Number','3.005e2']}", true},
        {"{'a':['300']}", "{'a':['Number','300']}", false},
        {"{'a':[{'numeric':['=',300]}]}", "{'a':['Number','300.0']}", true},
        {"{'a':[{'numeric':['>',0,'<=',150]}]}", "{'a':['Number','150']}", true},
        {"{'a':[{'numeric':['>',0,'<=',150]}]}", "{'a':['Number','0']}", false},
        {"{'a':[{'numeric':['<',-1]}]}", "{'a':['Number','-1.00001']}", true},
        {"{'a':[{'numeric':['>=',1]}]}", "{'a':['String','2']}", false},
        {"{'a':['x']}", "{'a':['String.Array','[\\\"y\\\",\\\"x\\\"]']}", true},
        {"{'a':[{'anything-but':['x']}]}", "{'a':['String.Array','[\\\"y\\\",\\\"x\\\"]']}", true},
        {"{'a':[null]}", "{'a':['String.Array','[null]']}", true},
        {"{'a':['x']}", "{'a':['String.Array','no list']}", false},
        {"{'a':[{'cidr':'10.0.0.0/24'}]}", "{'a':['String','10.0.0.255']}", true},
        {"{'a':[{'cidr':'10.0.0.0/24'}]}", "{'a':['String','10.0.1.0']}", false},
        {"{'a':[{'cidr':'0.0.0.0/0'}]}", "{'a':['String','1.2.3.400']}", false},
        {"{'a':[{'cidr':'0.0.0.0/0'}]}", "{'a':['String','::1']}", false},
        {"{'a':[{'cidr':'2001:db8::/33'}]}", "{'a':['String','2001:DB8:7fff:ffff::1']}", true},
        {"{'a':[{'cidr':'2001:db8::/33'}]}", "{'a':['String','2001:db8:8000::']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','1:2:3:4:5:6:7:8']}", true},
        {"{'a':[{'cidr':'::ffff:0:0/96'}]}", "{'a':['String','::ffff:10.1.2.3']}", true},
        {"{'a':[{'cidr':'::1/128'}]}", "{'a':['String','0:0:0:0:0:0:0:1']}", true},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','1:2:3:4:5:6:7']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','1::2::3']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','1:2:3:4:5:6:7:8:9']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','12345::']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String',':1:2:3:4:5:6:7']}", false},
        {"{'a':[{'cidr':'::/0'}]}", "{'a':['String','1.2.3.4::']}", false},
        {"{'$or':[{'a':['x']},{'b':['y']}]}", "{'b':['String','y']}", true},
        {"{'$or':[{'a':['x']},{'b':['y']}]}", "{'b':['String','x']}", false},
        {"{'$or':[{'a':['x']},{'b':['y']}],'c':[1]}", "{'b':['String','y']}", false},
    };
    struct arena *a = arena_new("rows", 4 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct message m = {.text = STR("x"), .attributes = attributes(a, rows[i].attributes)};
        expect_pass(rows[i].policy, FILTER_SCOPE_ATTRIBUTES, &m, rows[i].pass, rows[i].attributes);
    }
    arena_free(a);
}

Test(sns_filter, bodies_pass_or_not)
{
    /* Proves: nesting, lists of objects, dots in keys, kinds of values, and bodies that are no
     * objects. */
    static const struct {
        const char *policy, *body;
        bool pass;
    } rows[] = {
        {"{'a':{'b':['x']}}", "{'a':{'b':'x'}}", true},
        {"{'a':{'b':['x']}}", "{'a':{'b':['y','x']}}", true},
        {"{'a':{'b':['x']}}", "{'a':'x'}", false},
        {"{'a':{'b':['x'],'c':[1]}}", "{'a':[{'b':'x','c':2},{'b':'y','c':1}]}", false},
        {"{'a':{'b':['x'],'c':[1]}}", "{'a':[{'b':'y'},[{'b':'x','c':1}]]}", true},
        {"{'a.b':['x']}", "{'a':{'b':'x'}}", true},
        {"{'a.b':['x']}", "{'a.b':'x'}", true},
        {"{'a':[true]}", "{'a':true}", true},
        {"{'a':[true]}", "{'a':'true'}", false},
        {"{'a':[null]}", "{'a':null}", true},
        {"{'a':[null]}", "{}", false},
        {"{'a':[{'exists':true}]}", "{'a':{'b':1}}", false},
        {"{'a':{'b':[{'exists':false}]}}", "{}", true},
        {"{'a':[1]}", "[1]", false},
        {"{'a':[1]}", "not JSON", false},
        {"{}", "not JSON", true},
        {"{'a':[12345678901234567890]}", "{'a':12345678901234567890}", true},
        {"{'a':{'$or':[{'b':[1]},{'c':[2]}]}}", "{'a':{'c':2}}", true},
    };
    struct arena *a = arena_new("rows", 4 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct message m = {.text = with_quotes(a, rows[i].body)};
        expect_pass(rows[i].policy, FILTER_SCOPE_BODY, &m, rows[i].pass, rows[i].body);
    }
    arena_free(a);
}

Test(sns_filter, policies_that_are_none)
{
    /* Proves: each refusal in SNS's own words. */
    static const struct {
        const char *policy, *scope, *reason;
    } rows[] = {
        {"{", FILTER_SCOPE_BODY, "FilterPolicy: failed to parse JSON. "},
        {"[]", FILTER_SCOPE_BODY, "FilterPolicy: failed to parse JSON. "},
        {"{'a':'x'}", FILTER_SCOPE_BODY, "FilterPolicy: \"a\" must be an object or an array"},
        {"{'a':[]}", FILTER_SCOPE_BODY, "FilterPolicy: Empty arrays are not allowed"},
        {"{'a':[['x']]}", FILTER_SCOPE_BODY, "must be String, number, true, false, or null"},
        {"{'a':{'b':[1]}}", FILTER_SCOPE_ATTRIBUTES,
         "Filter policy scope MessageAttributes does not support nested filter policy"},
        {"{'a':[1],'b':[1],'c':[1],'d':[1],'e':[1],'f':[1]}", FILTER_SCOPE_ATTRIBUTES,
         "Filter policy can not have more than 5 keys"},
        {"{'a':{'b':{'c':[1,2,3,4,5,6,7,8]}},'d':{'e':[1,2,3,4]}}", FILTER_SCOPE_BODY,
         "Filter policy is too complex"},
        {"{'a':[{'prefix':1}]}", FILTER_SCOPE_BODY, "prefix match pattern must be a string"},
        {"{'a':[{'like':'x'}]}", FILTER_SCOPE_BODY, "Unrecognized match type like"},
        {"{'a':[{'prefix':'x','suffix':'y'}]}", FILTER_SCOPE_BODY,
         "Only one key allowed in match expression"},
        {"{'a':[{'exists':'x'}]}", FILTER_SCOPE_BODY,
         "exists match pattern must be either true or false."},
        {"{'a':[{'anything-but':{'exists':true}}]}", FILTER_SCOPE_BODY,
         "Unsupported anything-but pattern: exists"},
        {"{'a':[{'anything-but':[['x']]}]}", FILTER_SCOPE_BODY, "Match value must be String"},
        {"{'a':[{'numeric':[]}]}", FILTER_SCOPE_BODY, "Invalid member in numeric match: ]"},
        {"{'a':[{'numeric':[1]}]}", FILTER_SCOPE_BODY, "Invalid member in numeric match: 1"},
        {"{'a':[{'numeric':['!',1]}]}", FILTER_SCOPE_BODY,
         "Unrecognized numeric range operator: !"},
        {"{'a':[{'numeric':['=','x']}]}", FILTER_SCOPE_BODY, "Value of equals must be numeric"},
        {"{'a':[{'numeric':['<',1,'>',0]}]}", FILTER_SCOPE_BODY,
         "Too many elements in numeric expression"},
        {"{'a':[{'numeric':['>',1,2]}]}", FILTER_SCOPE_BODY, "Bad value in numeric range: 2"},
        {"{'a':[{'numeric':['>',1,'>',2]}]}", FILTER_SCOPE_BODY, "Bad numeric range operator: >"},
        {"{'a':[{'numeric':['>',2,'<',1]}]}", FILTER_SCOPE_BODY, "Bottom must be less than top"},
        {"{'a':[{'numeric':['>',1,'<',2,3]}]}", FILTER_SCOPE_BODY,
         "Too many terms in numeric range expression"},
        {"{'a':[{'cidr':'10.0.0.0'}]}", FILTER_SCOPE_BODY, "Malformed CIDR, one '/' required"},
        {"{'a':[{'cidr':'10.0.0.0/a'}]}", FILTER_SCOPE_BODY, "mask bits must be an integer"},
        {"{'a':[{'cidr':'10.0.0.1/24'}]}", FILTER_SCOPE_BODY, "Nonstandard IP address: 10.0.0.1"},
        {"{'a':[{'cidr':'fe80::/129'}]}", FILTER_SCOPE_BODY, "Nonstandard IP address: fe80::"},
        {"{'a':[{'cidr':'fe80::1/10'}]}", FILTER_SCOPE_BODY, "Nonstandard IP address: fe80::1"},
        {"{'$or':['x']}", FILTER_SCOPE_BODY, "$or must be an array of objects"},
    };
    struct arena *a = arena_new("filter", 16 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str reason = STR_EMPTY;
        cr_expect(
            !filter_policy_check(with_quotes(a, rows[i].policy), str_of(rows[i].scope), a, &reason),
            "%s", rows[i].policy);
        cr_expect(str_contains(reason, str_of(rows[i].reason)), "%s: %.*s", rows[i].policy,
                  STR_ARG(reason));
    }
    arena_free(a);
}
