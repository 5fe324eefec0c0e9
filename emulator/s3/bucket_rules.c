/* bucket_rules.c -- The rules of configurations that the model does not hold, in S3's words. */
#include "bucket_rules.h"
#include "base/hash.h"
#include "bucket_config.h"
#include "emulator/core/service.h"
#include "tag_set.h"

static bool is_one_of(struct str text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (str_eq(text, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool fail_stars(struct call *c, const char *member, struct str value)
{
    if (str_eq(str_of(member), STR("ExposeHeader"))) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "ExposeHeader \"%.*s\" contains wildcard. We currently do not support wildcard "
                  "for ExposeHeader.",
                  STR_ARG(value));
    } else {
        call_fail(c, AWS_INVALID_REQUEST, "%s \"%.*s\" can not have more than one wildcard.",
                  member, STR_ARG(value));
    }
    return false;
}

/* AWS s3-cors-2: an origin and an allowed header have at most one "*", an exposed one none. */
static bool cors_stars_are_few(struct call *c, const struct json *rule)
{
    static const struct {
        const char *list, *member;
        size_t max;
    } limits[] = {{"AllowedOrigins", "AllowedOrigin", 1},
                  {"AllowedHeaders", "AllowedHeader", 1},
                  {"ExposeHeaders", "ExposeHeader", 0}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct json *list = json_get(rule, str_of(limits[i].list));
        for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
            size_t stars = 0;
            struct str value = json_str(at);
            for (size_t k = 0; k < value.len; k++) {
                stars += value.ptr[k] == '*';
            }
            if (stars > limits[i].max) {
                return fail_stars(c, limits[i].member, value);
            }
        }
    }
    return true;
}

/* AWS s3-cors-1: only five methods may be allowed; at most 100 rules, at least one. */
bool bucket_rule_cors(struct call *c, const struct bucket *b, const struct json *document)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD", NULL};
    const struct json *rules = json_get(document, STR("CORSRules"));
    (void)b;
    if (rules->count == 0 || rules->count > 100) {
        s3_fail_xml(c);
        return false;
    }
    for (const struct json *rule = rules->first; rule != NULL; rule = rule->next) {
        if (!cors_stars_are_few(c, rule)) {
            return false;
        }
        const struct json *list = json_get(rule, STR("AllowedMethods"));
        for (const struct json *at = list->first; at != NULL; at = at->next) {
            if (!is_one_of(json_str(at), methods)) {
                call_fail(
                    c, AWS_INVALID_REQUEST,
                    "Found unsupported HTTP method in CORS config. Unsupported method is %.*s",
                    STR_ARG(json_str(at)));
                return false;
            }
        }
    }
    return true;
}

/* AWS s3-logging-1: the target of access logs is a bucket of the same owner and region. */
bool bucket_rule_logging(struct call *c, const struct bucket *b, const struct json *document)
{
    const struct json *target = json_at(document, "LoggingEnabled.TargetBucket");
    const struct bucket *to = target == NULL ? b : tree_get(s3_of(c)->buckets, json_str(target));
    if (to == NULL || !str_eq(to->owner, b->owner)) {
        call_fail(c, AWS_INVALID_TARGET_BUCKET_FOR_LOGGING,
                  "The target bucket for logging does not exist");
        call_fail_extra(c, "TargetBucket", json_str(target));
        return false;
    }
    if (!str_eq(to->region, b->region)) {
        call_fail(c, AWS_CROSS_LOCATION_LOGGING_PROHIBITTED,
                  "Cross S3 location logging not allowed. ");
        if (!str_eq(b->region, STR("us-east-1"))) {
            call_fail_extra(c, "SourceBucketLocation", str_copy(c->arena, b->region));
        }
        call_fail_extra(c, "TargetBucketLocation", str_copy(c->arena, to->region));
        return false;
    }
    return true;
}

bool bucket_rule_tagging(struct call *c, const struct bucket *b, const struct json *document)
{
    (void)b;
    return tag_set_check(c, json_get(document, STR("TagSet")), TAG_SET_BUCKET_MAX);
}

static bool fail_request(struct call *c, const char *message)
{
    call_fail(c, AWS_INVALID_REQUEST, "%s", message);
    return false;
}

static bool routing_is_whole(struct call *c, const struct json *rule)
{
    const struct json *condition = json_get(rule, STR("Condition"));
    const struct json *redirect = json_get(rule, STR("Redirect"));
    if (condition != NULL && condition->count == 0) {
        return fail_request(c, "Condition cannot be empty. To redirect all requests without a "
                               "condition, the condition element shouldn't be present.");
    }
    if (json_get(redirect, STR("ReplaceKeyPrefixWith")) != NULL &&
        json_get(redirect, STR("ReplaceKeyWith")) != NULL) {
        return fail_request(c, "You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
    }
    return true;
}

/* AWS s3-website-1: a website redirects all requests, or has an index document; a routing rule has
 * no empty condition, and replaces the key or its prefix. */
static bool protocol_is_known(struct call *c, const struct json *redirect)
{
    const struct json *protocol = json_get(redirect, STR("Protocol"));
    if (protocol == NULL || str_eq(json_str(protocol), STR("http")) ||
        str_eq(json_str(protocol), STR("https"))) {
        return true;
    }
    call_fail(c, AWS_INVALID_REQUEST,
              "Invalid protocol, protocol can be http or https. If not defined the protocol will "
              "be selected automatically.");
    return false;
}

/* AWS s3-website-3: of a protocol more is said than that the model does not allow it. */
bool bucket_rule_protocols(struct call *c)
{
    const struct json *website = json_get(c->input, STR("WebsiteConfiguration"));
    const struct json *rules = json_get(website, STR("RoutingRules"));
    bool known = protocol_is_known(c, json_get(website, STR("RedirectAllRequestsTo")));
    for (const struct json *at = rules == NULL ? NULL : rules->first; known && at != NULL;
         at = at->next) {
        known = protocol_is_known(c, json_get(at, STR("Redirect")));
    }
    return known;
}

bool bucket_rule_website(struct call *c, const struct bucket *b, const struct json *document)
{
    bool redirects = json_get(document, STR("RedirectAllRequestsTo")) != NULL;
    const struct json *index = json_at(document, "IndexDocument.Suffix");
    const struct json *rules = json_get(document, STR("RoutingRules"));
    struct str suffix = json_str(index);
    (void)b;
    if (redirects) {
        if (document->count > 1) {
            s3_fail_argument(c, "RedirectAllRequestsTo", STR("not null"),
                             "RedirectAllRequestsTo cannot be provided in conjunction with other "
                             "Routing Rules.");
        }
        return !call_failed(c);
    }
    if (suffix.len == 0 || str_contains(suffix, STR("/"))) {
        s3_fail_argument(c, "IndexDocument", index == NULL ? STR("null") : suffix,
                         index == NULL ? "A value for IndexDocument Suffix must be provided if "
                                         "RedirectAllRequestsTo is empty"
                                       : "The IndexDocument Suffix is not well formed");
        return false;
    }
    for (const struct json *at = rules == NULL ? NULL : rules->first; at != NULL; at = at->next) {
        if (!routing_is_whole(c, at)) {
            return false;
        }
    }
    return true;
}

/* AWS s3-sse-rule-1: one rule; a key only where KMS encrypts by default. */
bool bucket_rule_encryption(struct call *c, const struct bucket *b, const struct json *document)
{
    const struct json *rules = json_get(document, STR("Rules"));
    const struct json *by = json_at(document, "Rules.0.ApplyServerSideEncryptionByDefault");
    (void)b;
    if (rules == NULL || rules->count != 1) {
        s3_fail_xml(c);
        return false;
    }
    if (json_get(by, STR("KMSMasterKeyID")) != NULL &&
        str_eq(json_str(json_get(by, STR("SSEAlgorithm"))), STR("AES256"))) {
        s3_fail_header(c, "ApplyServerSideEncryptionByDefault",
                       "a KMSMasterKeyID is not applicable if the default sse algorithm is not "
                       "aws:kms or aws:kms:dsse");
        return false;
    }
    return true;
}

/* AWS s3-accelerate-1: a bucket with dots in its name cannot be accelerated. */
bool bucket_rule_accelerate(struct call *c, const struct bucket *b, const struct json *document)
{
    (void)document;
    if (str_contains(b->name, STR("."))) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "S3 Transfer Acceleration is not supported for buckets with periods (.) in their "
                  "names");
        return false;
    }
    return true;
}

/* AWS s3-config-id-1: the id in the query is the one in the document, else MalformedXML. */
bool bucket_rule_id(struct call *c, const struct bucket *b, const struct json *document)
{
    (void)b;
    if (!str_eq(call_str(c, "Id"), json_str(json_get(document, STR("Id"))))) {
        s3_fail_xml(c);
        return false;
    }
    return true;
}

static const struct bucket *bucket_of_arn(struct call *c, struct str arn)
{
    struct str prefix = STR("arn:aws:s3:::");
    return str_starts(arn, prefix) ? tree_get(s3_of(c)->buckets, str_from(arn, prefix.len)) : NULL;
}

/* AWS s3-inventory-1: an inventory has its own word for another id, and goes to a bucket's ARN. */
bool bucket_rule_inventory(struct call *c, const struct bucket *b, const struct json *document)
{
    struct str to = json_str(json_at(document, "Destination.S3BucketDestination.Bucket"));
    (void)b;
    if (!str_eq(call_str(c, "Id"), json_str(json_get(document, STR("Id"))))) {
        call_fail(c, AWS_ID_MISMATCH, "Document ID does not match the specified configuration ID.");
        return false;
    }
    if (!str_starts(to, STR("arn:")) || !str_contains(to, STR(":s3:::"))) {
        call_fail(c, AWS_INVALID_S3_DESTINATION_BUCKET, "Invalid bucket ARN.");
        return false;
    }
    return true;
}

/* AWS s3-ownership-1: ownership is one rule. */
bool bucket_rule_ownership(struct call *c, const struct bucket *b, const struct json *document)
{
    const struct json *rules = json_get(document, STR("Rules"));
    (void)b;
    if (rules == NULL || rules->count != 1) {
        s3_fail_xml(c);
        return false;
    }
    return true;
}

/* AWS s3-replication-1: source and destination are versioned, there is a rule, and each has an ID.
 */
bool bucket_rule_replication(struct call *c, const struct bucket *b, const struct json *document)
{
    const struct json *rules = json_get(document, STR("Rules"));
    if (rules == NULL || rules->count == 0) {
        s3_fail_xml(c);
        return false;
    }
    if (b->versioning != VERSIONING_ENABLED) {
        return fail_request(c, "Versioning must be 'Enabled' on the bucket to apply a replication "
                               "configuration");
    }
    for (struct json *rule = rules->first; rule != NULL; rule = rule->next) {
        const struct bucket *to = bucket_of_arn(c, json_str(json_at(rule, "Destination.Bucket")));
        if (to == NULL || to->versioning != VERSIONING_ENABLED) {
            return fail_request(c, "Destination bucket must have versioning enabled.");
        }
        if (json_str(json_get(rule, STR("ID"))).len == 0) {
            struct str id = hash_sha256_hex(c->arena, core_uuid(c->core, c->arena));
            json_set_str(c->arena, rule, "ID", str_slice(id, 0, 48));
        }
    }
    return true;
}
