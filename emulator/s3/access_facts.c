/* access_facts.c -- Condition keys by their names. DIFFERS s3-policy-3: every request counts as
 * sent over TLS; addresses, networks, organisations and roles are not known. */
#include "access_facts.h"
#include "base/instant.h"
#include "tag_set.h"

static size_t one(struct str *out, struct str value)
{
    out[0] = value;
    return 1;
}

static size_t member(struct call *c, const char *name, struct str *out)
{
    const struct json *value = json_get(c->input, str_of(name));
    struct diag d = DIAG_INIT;
    int64_t number;
    if (value == NULL) {
        return 0;
    }
    bool numeric = json_is(value, JSON_IS_NUMBER) && json_i64(value, &number, &d) == ERR_OK;
    return one(out, numeric ? str_printf(c->arena, "%lld", (long long)number) : json_str(value));
}

static size_t header(struct call *c, struct str name, struct str *out)
{
    const struct http_headers *headers = &c->request->headers;
    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->items[i].name, name)) {
            return one(out, headers->items[i].value);
        }
    }
    return 0;
}

/* ---- tags: [{Key, Value}] ---- */

static size_t tag_named(const struct json *tags, struct str key, struct str *out)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        if (str_eq(json_str(json_get(at, STR("Key"))), key)) {
            return one(out, json_str(json_get(at, STR("Value"))));
        }
    }
    return 0;
}

static const struct json *existing_tags(const struct access_facts *f)
{
    struct json *tags = NULL;
    struct diag d = DIAG_INIT;
    if (f->object == NULL || f->object->tags.len == 0 ||
        json_parse(f->call->arena, str_copy(f->call->arena, f->object->tags), &tags, &d) !=
            ERR_OK) {
        return NULL;
    }
    return tags;
}

static const struct json *sent_tags(const struct access_facts *f)
{
    struct json *tags = NULL;
    struct call *c = f->call;
    if (json_is(json_get(c->input, STR("Tagging")), JSON_IS_OBJECT)) {
        return json_at(c->input, "Tagging.TagSet");
    }
    struct call apart = *c; /* what is wrong with them is said by who stores them */
    return call_has(c, "Tagging") && tag_set_parse(&apart, call_str(c, "Tagging"), &tags) ? tags
                                                                                          : NULL;
}

static size_t tag_keys(const struct json *tags, struct str *out)
{
    size_t count = 0;
    for (const struct json *at = tags == NULL ? NULL : tags->first;
         at != NULL && count < POLICY_VALUES_MAX; at = at->next) {
        out[count++] = json_str(json_get(at, STR("Key")));
    }
    return count;
}

/* ---- keys ---- */

static const struct {
    const char *key, *member;
} members[] = {
    {"s3:prefix", "Prefix"},
    {"s3:delimiter", "Delimiter"},
    {"s3:max-keys", "MaxKeys"},
    {"s3:VersionId", "VersionId"},
};
static const struct {
    const char *key, *header;
} headers[] = {
    {"s3:if-match", "If-Match"},
    {"s3:if-none-match", "If-None-Match"},
    {"aws:UserAgent", "User-Agent"},
    {"aws:Referer", "Referer"},
    {"s3:object-lock-mode", "x-amz-object-lock-mode"},
    {"s3:object-lock-retain-until-date", "x-amz-object-lock-retain-until-date"},
    {"s3:object-lock-legal-hold", "x-amz-object-lock-legal-hold"},
};

static size_t value_of_service(const struct access_facts *f, struct str key, struct str *out)
{
    struct call *c = f->call;
    struct str existing = STR("s3:ExistingObjectTag/"), sent = STR("s3:RequestObjectTag/");
    if (str_starts_nocase(key, existing)) {
        return tag_named(existing_tags(f), str_from(key, existing.len), out);
    }
    if (str_starts_nocase(key, sent)) {
        return tag_named(sent_tags(f), str_from(key, sent.len), out);
    }
    if (str_eq_nocase(key, STR("s3:RequestObjectTagKeys"))) {
        return tag_keys(sent_tags(f), out);
    }
    if (str_eq_nocase(key, STR("s3:ResourceAccount"))) {
        return one(out, f->bucket->owner);
    }
    if (str_eq_nocase(key, STR("s3:signatureversion"))) {
        return c->anonymous ? 0 : one(out, STR("AWS4-HMAC-SHA256"));
    }
    if (str_eq_nocase(key, STR("s3:authType"))) {
        bool query = http_query_has(c->request->query, STR("X-Amz-Signature"));
        return c->anonymous ? 0 : one(out, query ? STR("REST-QUERY-STRING") : STR("REST-HEADER"));
    }
    if (str_eq_nocase(key, STR("s3:signatureAge")) || str_eq_nocase(key, STR("s3:TlsVersion"))) {
        return POLICY_UNKNOWABLE;
    }
    return str_starts_nocase(key, STR("s3:x-amz-")) ? header(c, str_from(key, 3), out) : 0;
}

static size_t value_of_all(const struct access_facts *f, struct str key, struct str *out)
{
    struct call *c = f->call;
    if (str_eq_nocase(key, STR("aws:SecureTransport"))) {
        return one(out, STR("true"));
    }
    if (str_eq_nocase(key, STR("aws:PrincipalAccount"))) {
        return c->anonymous ? 0 : one(out, c->account);
    }
    if (str_eq_nocase(key, STR("aws:PrincipalType"))) {
        return one(out, c->anonymous ? STR("Anonymous") : STR("Account"));
    }
    if (str_eq_nocase(key, STR("aws:ResourceAccount"))) {
        return one(out, f->bucket->owner);
    }
    if (str_eq_nocase(key, STR("aws:RequestedRegion"))) {
        return one(out, f->bucket->region);
    }
    if (str_eq_nocase(key, STR("aws:ViaAWSService")) ||
        str_eq_nocase(key, STR("aws:PrincipalIsAWSService"))) {
        return one(out, STR("false"));
    }
    if (str_eq_nocase(key, STR("aws:EpochTime")) || str_eq_nocase(key, STR("aws:CurrentTime"))) {
        return one(out, str_printf(c->arena, "%lld", (long long)(c->now_us / US_PER_S)));
    }
    return POLICY_UNKNOWABLE;
}

size_t access_facts_values(const void *self, struct str key, struct str out[POLICY_VALUES_MAX])
{
    const struct access_facts *f = self;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (str_eq_nocase(key, str_of(members[i].key))) {
            return member(f->call, members[i].member, out);
        }
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (str_eq_nocase(key, str_of(headers[i].key))) {
            return header(f->call, str_of(headers[i].header), out);
        }
    }
    return str_starts_nocase(key, STR("s3:")) ? value_of_service(f, key, out)
                                              : value_of_all(f, key, out);
}
