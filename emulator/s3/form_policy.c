/* form_policy.c -- Reading, verifying and applying.
 * AWS s3-post-policy-1: every field of the form but the file, the policy, its signature and those
 * named x-ignore-* stands in a condition, and every condition holds. Names of fields and operators
 * have no case; "expiration" and "conditions" have. */
#include "form_policy.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "s3_state.h"

struct form_policy {
    const struct json *conditions;
    int64_t expires_us;
};

static bool fail_document(struct call *c, const char *why)
{
    call_fail(c, AWS_INVALID_POLICY_DOCUMENT, "Invalid Policy: %s", why);
    return false;
}

static bool is_range(const struct json *condition)
{
    return json_is(condition, JSON_IS_ARRAY) && condition->first != NULL &&
           str_eq_nocase(json_str(condition->first), STR("content-length-range"));
}

static bool range_of(const struct json *condition, uint64_t *ret_min, uint64_t *ret_max)
{
    struct diag d = DIAG_INIT;
    const struct json *min = condition->first->next;
    return condition->count == 3 && str_u64(json_str(min), ret_min, &d) == ERR_OK &&
           str_u64(json_str(min->next), ret_max, &d) == ERR_OK;
}

static bool condition_is_whole(struct call *c, const struct json *condition)
{
    uint64_t min, max;
    if (json_is(condition, JSON_IS_OBJECT)) {
        return condition->count == 1 && json_is(condition->first, JSON_IS_STRING)
                   ? true
                   : fail_document(c, "Invalid Simple-Condition: Simple-Conditions must have "
                                      "exactly one property specified.");
    }
    if (is_range(condition)) {
        return range_of(condition, &min, &max)
                   ? true
                   : fail_document(c, "Invalid Content-Length-Range condition.");
    }
    if (!json_is(condition, JSON_IS_ARRAY) || condition->count != 3) {
        return fail_document(c, "Invalid Condition: wrong number of arguments.");
    }
    struct str word = json_str(condition->first);
    bool known = str_eq_nocase(word, STR("eq")) || str_eq_nocase(word, STR("starts-with"));
    return known && str_starts(json_str(condition->first->next), STR("$"))
               ? true
               : fail_document(c, "Invalid Condition: unknown operation or field.");
}

static bool read_document(struct call *c, const struct json *document, struct form_policy *policy)
{
    const struct json *expiration = json_get(document, STR("expiration"));
    struct diag d = DIAG_INIT;
    policy->conditions = json_get(document, STR("conditions"));
    if (expiration == NULL) {
        return fail_document(c, "Policy missing expiration.");
    }
    if (!json_is(expiration, JSON_IS_STRING) ||
        instant_parse(json_str(expiration), &policy->expires_us, &d) != ERR_OK) {
        return fail_document(c, "Invalid 'expiration' value");
    }
    if (!json_is(policy->conditions, JSON_IS_ARRAY)) {
        return fail_document(c, "Policy missing conditions.");
    }
    for (const struct json *at = policy->conditions->first; at != NULL; at = at->next) {
        if (!condition_is_whole(c, at)) {
            return false;
        }
    }
    return true;
}

static bool fail_missing(struct call *c, const char *field)
{
    struct str message = str_printf(c->arena,
                                    "Bucket POST must contain a field named '%s'.  If it is "
                                    "specified, please check the order of the fields.",
                                    field);
    s3_fail_argument(c, field, STR_EMPTY, str_z(c->arena, message));
    return false;
}

/* AWS s3-post-fields-1: a policy comes with all that signs it, and a signature with its policy. */
static bool fields_are_whole(struct call *c, const struct form_reader *form)
{
    static const char *const version_4[] = {"x-amz-credential", "x-amz-date", "x-amz-signature"};
    static const char *const version_2[] = {"AWSAccessKeyId", "signature"};
    bool four = form_has(form, "x-amz-algorithm") || form_has(form, version_4[0]) ||
                form_has(form, version_4[2]);
    bool two = form_has(form, version_2[0]) || form_has(form, version_2[1]);
    if (!form_has(form, "policy")) {
        return !four && !two ? true : fail_missing(c, "policy");
    }
    for (size_t i = 0; i < (four ? 3 : 2); i++) {
        const char *name = four ? version_4[i] : version_2[i];
        if (!form_has(form, name)) {
            return fail_missing(c, name);
        }
    }
    return true;
}

bool form_policy_read(struct call *c, const struct form_reader *form,
                      struct form_policy **ret_policy)
{
    struct json *document = NULL;
    struct diag d = DIAG_INIT;
    struct buf plain;
    *ret_policy = NULL;
    if (!fields_are_whole(c, form)) {
        return false;
    }
    if (!form_has(form, "policy")) {
        return true;
    }
    struct str text = form_value(form, "policy");
    buf_init(&plain, c->arena, text.len + 4);
    if (decode_base64(&plain, text, &d) != ERR_OK ||
        json_parse(c->arena, buf_str(&plain), &document, &d) != ERR_OK ||
        !json_is(document, JSON_IS_OBJECT)) {
        return fail_document(c, "Invalid JSON.");
    }
    struct form_policy *policy = NEW(c->arena, struct form_policy);
    if (!read_document(c, document, policy)) {
        return false;
    }
    *ret_policy = policy;
    return true;
}

/* ---- applied ---- */

static struct str value_of(const struct call *c, const struct form_reader *form, struct str name,
                           struct str key)
{
    return str_eq_nocase(name, STR("bucket")) ? call_str(c, "Bucket")
           : str_eq_nocase(name, STR("key"))  ? key
                                              : form_value(form, str_z(c->arena, name));
}

/* The field that a condition is about; empty: a range. */
static struct str field_of(const struct json *condition)
{
    return json_is(condition, JSON_IS_OBJECT) ? condition->first->key
           : is_range(condition)              ? STR_EMPTY
                                              : str_from(json_str(condition->first->next), 1);
}

static bool fail_condition(struct call *c, const char *word, struct str field, struct str value)
{
    call_fail(c, AWS_ACCESS_DENIED,
              "Invalid according to Policy: Policy Condition failed: [\"%s\", \"$%.*s\", \"%.*s\"]",
              word, STR_ARG(field), STR_ARG(value));
    return false;
}

static bool holds(struct call *c, const struct json *condition, const struct form_reader *form,
                  struct str key)
{
    struct str field = field_of(condition), said = value_of(c, form, field, key);
    bool simple = json_is(condition, JSON_IS_OBJECT);
    struct str wanted = json_str(simple ? condition->first : condition->first->next->next);
    bool starts = !simple && str_eq_nocase(json_str(condition->first), STR("starts-with"));
    return (starts ? str_starts(said, wanted) : str_eq(said, wanted))
               ? true
               : fail_condition(c, starts ? "starts-with" : "eq", field, wanted);
}

static bool size_fits(struct call *c, const struct json *condition, uint64_t bytes)
{
    uint64_t min = 0, max = 0;
    (void)range_of(condition, &min, &max);
    if (bytes >= min && bytes <= max) {
        return true;
    }
    bool large = bytes > max;
    call_fail(c, large ? AWS_ENTITY_TOO_LARGE : AWS_ENTITY_TOO_SMALL, "%s",
              large ? "Your proposed upload exceeds the maximum allowed size"
                    : "Your proposed upload is smaller than the minimum allowed size");
    call_fail_extra(c, "ProposedSize", str_printf(c->arena, "%llu", (unsigned long long)bytes));
    call_fail_extra(c, large ? "MaxSizeAllowed" : "MinSizeAllowed",
                    str_printf(c->arena, "%llu", (unsigned long long)(large ? max : min)));
    return false;
}

static bool needs_no_condition(struct str name)
{
    static const char *const names[] = {"policy", "signature", "AWSAccessKeyId", "x-amz-signature",
                                        "file"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return str_starts_nocase(name, STR("x-ignore-"));
}

static bool is_covered(const struct form_policy *policy, struct str name)
{
    for (const struct json *at = policy->conditions->first; at != NULL; at = at->next) {
        if (str_eq_nocase(field_of(at), name)) {
            return true;
        }
    }
    return needs_no_condition(name);
}

bool form_policy_check(struct call *c, const struct form_policy *policy,
                       const struct form_reader *form, struct str key, uint64_t bytes)
{
    if (policy->expires_us <= c->now_us) {
        call_fail(c, AWS_ACCESS_DENIED, "Invalid according to Policy: Policy expired.");
        return false;
    }
    for (const struct json *at = policy->conditions->first; at != NULL; at = at->next) {
        if (is_range(at) ? !size_fits(c, at, bytes) : !holds(c, at, form, key)) {
            return false;
        }
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (!is_covered(policy, form->fields[i].name)) {
            call_fail(c, AWS_ACCESS_DENIED, "Invalid according to Policy: Extra input fields: %.*s",
                      STR_ARG(str_lower(c->arena, form->fields[i].name)));
            return false;
        }
    }
    return true;
}

/* ---- signed ---- */

/* Source: S3 API reference, "Calculating a signature" of POST: the string to sign is the policy as
 * it was sent; "KEY/20260328/us-east-1/s3/aws4_request" is the credential. */
static struct str signature_of(struct call *c, struct str secret, struct str credential,
                               struct str policy)
{
    struct buf hex;
    uint8_t key[32];
    struct str chain = str_join(c->arena, STR("AWS4"), secret), item;
    struct str rest = credential;
    (void)str_cut(&rest, '/', &item);
    while (str_cut(&rest, '/', &item)) {
        hash_hmac_sha256(chain, item, key);
        chain = str_copy(c->arena, str_n((const char *)key, sizeof key));
    }
    hash_hmac_sha256(chain, policy, key);
    buf_init(&hex, c->arena, 64);
    encode_hex(&hex, str_n((const char *)key, sizeof key));
    return buf_str(&hex);
}

bool form_policy_verify(struct call *c, const struct form_reader *form, struct str secret)
{
    if (!form_has(form, "policy")) {
        call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
        return false;
    }
    if (!str_eq(form_value(form, "x-amz-algorithm"), STR("AWS4-HMAC-SHA256"))) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The authorization mechanism you have provided is not supported. Please use "
                  "AWS4-HMAC-SHA256.");
        return false;
    }
    struct str made =
        signature_of(c, secret, form_value(form, "x-amz-credential"), form_value(form, "policy"));
    if (str_eq_nocase(made, form_value(form, "x-amz-signature"))) {
        return true;
    }
    call_fail(c, AWS_SIGNATURE_DOES_NOT_MATCH,
              "The request signature we calculated does not match the signature you provided. "
              "Check your key and signing method.");
    return false;
}
