/* delivery_policy.c -- A policy is read into its four parts, and everything else is made of those.
 *
 * AWS sns-delivery-policy-1: a topic's policy is told back with what it says and
 * disableSubscriptionOverrides, a subscription's with all its members, null where it says nothing.
 * AWS sns-delivery-policy-2: retries come in phases: at once, at the minimum, growing, at the
 * maximum. DIFFERS sns-delivery-policy-3: how fast the four functions grow is not documented;
 * geometric and exponential double here. throttlePolicy is told, and limits nothing. */
#include "delivery_policy.h"
#include "base/instant.h"

#define CONTENT_TYPE "text/plain; charset=UTF-8"
#define POLICY_BYTES_MAX (64 * KIB)
#define POLICY_GIVEN_BYTES_MAX (8 * KIB) /* one of each owner fits, and what is added */
#define DOUBLINGS_MAX 30
static const char *const functions[] = {"linear", "arithmetic", "geometric", "exponential"};

struct parts { /* NULL: not said */
    const struct json *retry, *throttle, *request;
    bool no_overrides;
};
/* Of a retry policy, in the order in which they are told. */
static const struct {
    const char *name;
    int64_t low, high, otherwise;
} numbers[] = {{"minDelayTarget", 1, 3600, 20},  {"maxDelayTarget", 1, 3600, 20},
               {"numRetries", 0, 100, 3},        {"numMaxDelayRetries", 0, 100, 0},
               {"numNoDelayRetries", 0, 100, 0}, {"numMinDelayRetries", 0, 100, 0}};
enum { MIN_DELAY, MAX_DELAY, RETRIES, AT_MAX, AT_ONCE, AT_MIN, NUMBERS };

/* ---- reading ---- */

static int64_t number_of(const struct json *retry, size_t i)
{
    int64_t value;
    struct diag d = DIAG_INIT;
    const struct json *node = json_get(retry, str_of(numbers[i].name));
    return json_is(node, JSON_IS_NUMBER) && json_i64(node, &value, &d) == ERR_OK
               ? value
               : numbers[i].otherwise;
}

static struct str backoff_of(const struct json *retry)
{
    struct str name = json_str(json_get(retry, STR("backoffFunction")));
    return name.len > 0 ? name : str_of(functions[0]);
}

static struct str refusal(struct arena *a, const char *what, struct str name, const char *rest)
{
    return str_printf(a, "DeliveryPolicy: %s%.*s%s", what, STR_ARG(str_slice(name, 0, 256)), rest);
}

/* Only members with these names; null is as if it were not there. */
static struct str check_members(struct arena *a, const struct json *object,
                                const char *const *names)
{
    for (const struct json *at = object == NULL ? NULL : object->first; at != NULL; at = at->next) {
        bool known = false;
        for (size_t i = 0; names[i] != NULL; i++) {
            known |= str_eq(at->key, str_of(names[i]));
        }
        if (!known) {
            return refusal(a, "Unexpected JSON member: ", at->key, "");
        }
    }
    return STR_EMPTY;
}

static struct str check_number(struct arena *a, const struct json *retry, size_t i)
{
    int64_t value;
    struct diag d = DIAG_INIT;
    const struct json *node = json_get(retry, str_of(numbers[i].name));
    if (node == NULL || json_is(node, JSON_IS_NULL)) {
        return STR_EMPTY;
    }
    if (!json_is(node, JSON_IS_NUMBER) || json_i64(node, &value, &d) != ERR_OK) {
        return refusal(a, "", str_of(numbers[i].name), " must be an integer");
    }
    if (value < numbers[i].low || value > numbers[i].high) {
        return str_printf(a, "DeliveryPolicy: %s must be between %lld and %lld", numbers[i].name,
                          (long long)numbers[i].low, (long long)numbers[i].high);
    }
    return STR_EMPTY;
}

static struct str check_retry(struct arena *a, const struct json *retry)
{
    static const char *const names[] = {
        "minDelayTarget",    "maxDelayTarget",     "numRetries",      "numMaxDelayRetries",
        "numNoDelayRetries", "numMinDelayRetries", "backoffFunction", NULL};
    struct str reason = check_members(a, retry, names), backoff = backoff_of(retry);
    bool known = false;
    for (size_t i = 0; reason.len == 0 && i < NUMBERS; i++) {
        reason = check_number(a, retry, i);
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        known |= str_eq(backoff, str_of(functions[i]));
    }
    if (reason.len > 0 || retry == NULL) {
        return reason;
    }
    if (!known) {
        return refusal(a, "Invalid backoffFunction: ", backoff, "");
    }
    if (number_of(retry, MIN_DELAY) > number_of(retry, MAX_DELAY)) {
        return STR("DeliveryPolicy: minDelayTarget must be less than or equal to maxDelayTarget");
    }
    return number_of(retry, AT_MAX) + number_of(retry, AT_ONCE) + number_of(retry, AT_MIN) >
                   number_of(retry, RETRIES)
               ? STR("DeliveryPolicy: numRetries must be greater than or equal to the sum of "
                     "numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries")
               : STR_EMPTY;
}

static struct str check_throttle(struct arena *a, const struct json *throttle)
{
    static const char *const names[] = {"maxReceivesPerSecond", NULL};
    int64_t value = 0;
    struct diag d = DIAG_INIT;
    const struct json *most = json_get(throttle, STR("maxReceivesPerSecond"));
    bool good =
        most == NULL || json_is(most, JSON_IS_NULL) ||
        (json_is(most, JSON_IS_NUMBER) && json_i64(most, &value, &d) == ERR_OK && value >= 1);
    return good ? check_members(a, throttle, names)
                : STR("DeliveryPolicy: maxReceivesPerSecond must be greater than or equal to 1");
}

static struct str check_request(struct arena *a, const struct json *request)
{
    static const char *const names[] = {"headerContentType", NULL};
    const struct json *type = json_get(request, STR("headerContentType"));
    bool good = type == NULL || (json_is(type, JSON_IS_STRING) && type->text.len > 0 &&
                                 str_contains(type->text, STR("/")));
    for (size_t i = 0; good && type != NULL && i < type->text.len; i++) {
        good = type->text.ptr[i] >= ' ' && type->text.ptr[i] <= '~';
    }
    return good ? check_members(a, request, names)
                : STR("DeliveryPolicy: headerContentType is not a media type");
}

/* An object, or NULL where there is none, or null; anything else: a refusal. */
static struct str part_of(struct arena *a, const struct json *tree, const char *name,
                          const struct json **ret_part)
{
    const struct json *node = json_get(tree, str_of(name));
    *ret_part = json_is(node, JSON_IS_OBJECT) ? node : NULL;
    return node == NULL || *ret_part != NULL || json_is(node, JSON_IS_NULL)
               ? STR_EMPTY
               : refusal(a, "", str_of(name), " must be an object");
}

static struct str topic_parts(struct arena *a, const struct json *tree, struct parts *p)
{
    static const char *const outer[] = {"http", NULL};
    static const char *const inner[] = {"defaultHealthyRetryPolicy", "disableSubscriptionOverrides",
                                        "defaultThrottlePolicy",     "defaultRequestPolicy",
                                        "defaultSicklyRetryPolicy",  NULL};
    const struct json *http;
    struct str reason = check_members(a, tree, outer);
    reason = reason.len > 0 ? reason : part_of(a, tree, "http", &http);
    if (reason.len > 0) {
        return reason;
    }
    p->no_overrides = json_bool(json_get(http, STR("disableSubscriptionOverrides")), false);
    reason = check_members(a, http, inner);
    reason = reason.len > 0 ? reason : part_of(a, http, "defaultHealthyRetryPolicy", &p->retry);
    reason = reason.len > 0 ? reason : part_of(a, http, "defaultThrottlePolicy", &p->throttle);
    return reason.len > 0 ? reason : part_of(a, http, "defaultRequestPolicy", &p->request);
}

static struct str subscription_parts(struct arena *a, const struct json *tree, struct parts *p)
{
    static const char *const names[] = {"healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy",
                                        "requestPolicy",      "guaranteed",        NULL};
    struct str reason = check_members(a, tree, names);
    reason = reason.len > 0 ? reason : part_of(a, tree, "healthyRetryPolicy", &p->retry);
    reason = reason.len > 0 ? reason : part_of(a, tree, "throttlePolicy", &p->throttle);
    return reason.len > 0 ? reason : part_of(a, tree, "requestPolicy", &p->request);
}

static struct parts parts_of(struct arena *a, enum delivery_owner owner, struct str kept)
{
    struct parts p = {0};
    struct json *tree;
    struct diag d = DIAG_INIT;
    if (kept.len > 0 && json_parse(a, kept, &tree, &d) == ERR_OK) {
        (void)(owner == OF_TOPIC ? topic_parts(a, tree, &p) : subscription_parts(a, tree, &p));
    }
    return p;
}

/* ---- writing ---- */

static void out_part(struct json_out *w, const char *name, const struct json *part)
{
    json_out_key(w, name);
    if (part == NULL) {
        json_out_null(w);
        return;
    }
    json_out_object(w);
    for (const struct json *at = part->first; at != NULL; at = at->next) {
        json_out_key_str(w, at->key);
        if (json_is(at, JSON_IS_NUMBER)) {
            json_out_raw(w, at->text);
        } else if (json_is(at, JSON_IS_NULL)) {
            json_out_null(w);
        } else {
            json_out_str(w, json_str(at));
        }
    }
    json_out_object_end(w);
}

/* `whole`: with what is not said. */
static void out_retry(struct json_out *w, const char *name, const struct json *retry, bool whole)
{
    json_out_key(w, name);
    json_out_object(w);
    for (size_t i = 0; i < NUMBERS; i++) {
        if (whole || json_is(json_get(retry, str_of(numbers[i].name)), JSON_IS_NUMBER)) {
            json_out_ki64(w, numbers[i].name, number_of(retry, i));
        }
    }
    if (whole || json_get(retry, STR("backoffFunction")) != NULL) {
        json_out_kstr(w, "backoffFunction", backoff_of(retry));
    }
    json_out_object_end(w);
}

static void out_content_type(struct json_out *w, const char *name, const struct json *request)
{
    struct str type = json_str(json_get(request, STR("headerContentType")));
    json_out_key(w, name);
    json_out_object(w);
    json_out_kstr(w, "headerContentType", type.len > 0 ? type : STR(CONTENT_TYPE));
    json_out_object_end(w);
}

static void out_topic(struct json_out *w, const struct parts *p, bool whole)
{
    json_out_object(w);
    json_out_key(w, "http");
    json_out_object(w);
    if (whole || p->retry != NULL) {
        out_retry(w, "defaultHealthyRetryPolicy", p->retry, whole);
    }
    json_out_kbool(w, "disableSubscriptionOverrides", p->no_overrides);
    if (p->throttle != NULL) {
        out_part(w, "defaultThrottlePolicy", p->throttle);
    }
    if (whole) {
        out_content_type(w, "defaultRequestPolicy", p->request);
    } else if (p->request != NULL) {
        out_part(w, "defaultRequestPolicy", p->request);
    }
    json_out_object_end(w);
    json_out_object_end(w);
}

static void out_subscription(struct json_out *w, const struct parts *p, bool whole)
{
    json_out_object(w);
    if (whole || p->retry != NULL) {
        out_retry(w, "healthyRetryPolicy", p->retry, whole);
    } else {
        out_part(w, "healthyRetryPolicy", NULL);
    }
    out_part(w, "sicklyRetryPolicy", NULL);
    out_part(w, "throttlePolicy", p->throttle);
    if (whole) {
        out_content_type(w, "requestPolicy", p->request);
    } else {
        out_part(w, "requestPolicy", p->request);
    }
    json_out_kbool(w, "guaranteed", false);
    json_out_object_end(w);
}

static struct str written(struct arena *a, const struct parts *p, enum delivery_owner owner,
                          bool whole)
{
    struct buf out;
    struct json_out w;
    buf_init(&out, a, POLICY_BYTES_MAX);
    json_out_init(&w, &out);
    if (owner == OF_TOPIC) {
        out_topic(&w, p, whole);
    } else {
        out_subscription(&w, p, whole);
    }
    return buf_str(&out);
}

/* ---- what others ask ---- */

bool delivery_policy_read(struct arena *a, enum delivery_owner owner, struct str text,
                          struct str *ret_kept, struct str *ret_reason)
{
    struct parts p = {0};
    struct json *tree;
    struct diag d = DIAG_INIT;
    *ret_kept = *ret_reason = STR_EMPTY;
    if (text.len == 0) {
        return true;
    }
    if (text.len > POLICY_GIVEN_BYTES_MAX) {
        *ret_reason = STR("DeliveryPolicy: too long");
    } else if (json_parse(a, text, &tree, &d) != ERR_OK) {
        *ret_reason = refusal(a, "failed to parse JSON. ", str_of(d.msg), "");
    } else if (json_is(tree, JSON_IS_NULL) || (json_is(tree, JSON_IS_OBJECT) && tree->count == 0)) {
        return true;
    } else if (!json_is(tree, JSON_IS_OBJECT)) {
        *ret_reason = STR("DeliveryPolicy: failed to parse JSON. It is no object");
    } else {
        *ret_reason =
            owner == OF_TOPIC ? topic_parts(a, tree, &p) : subscription_parts(a, tree, &p);
    }
    *ret_reason = ret_reason->len > 0 ? *ret_reason : check_retry(a, p.retry);
    *ret_reason = ret_reason->len > 0 ? *ret_reason : check_throttle(a, p.throttle);
    *ret_reason = ret_reason->len > 0 ? *ret_reason : check_request(a, p.request);
    if (ret_reason->len == 0) {
        *ret_kept = written(a, &p, owner, false);
    }
    return ret_reason->len == 0;
}

struct str delivery_policy_of_topic(struct arena *a, struct str topics)
{
    struct parts p = parts_of(a, OF_TOPIC, topics);
    return written(a, &p, OF_TOPIC, true);
}

/* The subscription's parts over the topic's, unless the topic forbids that. */
static struct parts effective(struct arena *a, struct str topics, struct str own)
{
    struct parts p = parts_of(a, OF_TOPIC, topics);
    struct parts over = p.no_overrides ? (struct parts){0} : parts_of(a, OF_SUBSCRIPTION, own);
    p.retry = over.retry != NULL ? over.retry : p.retry;
    p.throttle = over.throttle != NULL ? over.throttle : p.throttle;
    p.request = over.request != NULL ? over.request : p.request;
    return p;
}

struct str delivery_policy_of_subscription(struct arena *a, struct str topics, struct str own)
{
    struct parts p = effective(a, topics, own);
    return written(a, &p, OF_SUBSCRIPTION, true);
}

struct delivery_policy delivery_policy_get(struct arena *a, struct str topics, struct str own)
{
    struct parts p = effective(a, topics, own);
    struct str type = json_str(json_get(p.request, STR("headerContentType")));
    struct str backoff = backoff_of(p.retry);
    struct delivery_policy policy = {.min_s = number_of(p.retry, MIN_DELAY),
                                     .max_s = number_of(p.retry, MAX_DELAY),
                                     .retries = number_of(p.retry, RETRIES),
                                     .at_once = number_of(p.retry, AT_ONCE),
                                     .at_min = number_of(p.retry, AT_MIN),
                                     .at_max = number_of(p.retry, AT_MAX),
                                     .content_type = type.len > 0 ? type : STR(CONTENT_TYPE)};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        policy.backoff = str_eq(backoff, str_of(functions[i])) ? (enum backoff)i : policy.backoff;
    }
    return policy;
}

/* The k-th of n waits, from 0, as a share of what lies between the first and the last. */
static void share(enum backoff backoff, int64_t k, int64_t n, int64_t *ret_part, int64_t *ret_whole)
{
    int64_t last = n - 1;
    switch (backoff) {
    case BACKOFF_LINEAR:
        *ret_part = k;
        *ret_whole = last;
        return;
    case BACKOFF_ARITHMETIC:
        *ret_part = k * (k + 1);
        *ret_whole = last * n;
        return;
    case BACKOFF_GEOMETRIC:
    case BACKOFF_EXPONENTIAL:
        break;
    }
    int64_t skipped = last > DOUBLINGS_MAX ? last - DOUBLINGS_MAX : 0;
    *ret_part = k > skipped ? ((int64_t)1 << (k - skipped)) - 1 : 0;
    *ret_whole = ((int64_t)1 << (last - skipped)) - 1;
}

int64_t delivery_policy_wait_us(const struct delivery_policy *p, int64_t failures)
{
    int64_t k = failures - 1, growing = p->retries - p->at_once - p->at_min - p->at_max;
    int64_t part = 0, whole = 0;
    if (k >= p->retries) {
        return -1;
    }
    if (k < p->at_once) {
        return 0;
    }
    k -= p->at_once + p->at_min;
    if (k >= growing) {
        return p->max_s * US_PER_S;
    }
    if (k > 0) {
        share(p->backoff, k, growing, &part, &whole);
    }
    int64_t span_ms = (p->max_s - p->min_s) * 1000;
    return p->min_s * US_PER_S + (whole == 0 ? 0 : span_ms * part / whole * 1000);
}
