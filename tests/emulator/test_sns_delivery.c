/* Subscribing, confirming, delivering and retrying, over the outbound queue on a virtual clock. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/instant.h"
#include "emulator_client.h"

#define TOPIC "arn:aws:sns:us-east-1:000000000000:ops"
#define SUBSCRIBE                                                                                  \
    "Action=Subscribe&TopicArn=" TOPIC                                                             \
    "&Protocol=http&Endpoint=http%3A%2F%2Falerts.test%3A80%2Fin%3Fa%3D1"

static struct emulator_client with_topic(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_sns(&c, "Action=CreateTopic&Name=ops"), 200);
    return c;
}

static bool take(struct emulator_client *c, struct emulator_outbound *ret_call)
{
    return emulator_outbound_take(c->emulator, c->now_us, c->arena, ret_call);
}

static const char *said(struct emulator_client *c, const struct emulator_outbound *call,
                        const char *header)
{
    return str_z(c->arena, http_header(&call->request.headers, header));
}

static struct json *document(struct emulator_client *c, const struct emulator_outbound *call)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(c->arena, call->request.body, &tree, &d), ERR_OK, "%s", d.msg);
    return tree;
}

static const char *member(struct emulator_client *c, const struct json *tree, const char *path)
{
    return str_z(c->arena, json_str(json_at(tree, path)));
}

/* Path and query of a URL in a document, for client_get. */
static const char *target_of(struct emulator_client *c, const char *url)
{
    struct str scheme, host, path, query;
    struct diag d = DIAG_INIT;
    cr_assert_eq(http_url_parse(str_of(url), &scheme, &host, &path, &query, &d), ERR_OK, "%s",
                 d.msg);
    cr_assert(str_eq(host, STR("127.0.0.1:4566")));
    return str_z(c->arena, str_printf(c->arena, "%.*s?%.*s", STR_ARG(path), STR_ARG(query)));
}

/* Subscribes and confirms; gives the subscription's ARN. */
static const char *subscribed(struct emulator_client *c)
{
    struct emulator_outbound call;
    cr_assert_eq(client_sns(c, SUBSCRIBE "&ReturnSubscriptionArn=true"), 200, "%s", client_body(c));
    const char *arn = client_text(c, "SubscribeResult.SubscriptionArn");
    cr_assert(take(c, &call));
    const char *url = member(c, document(c, &call), "SubscribeURL");
    emulator_outbound_done(c->emulator, call.id, 200, STR_EMPTY, c->now_us);
    cr_assert_eq(client_get(c, target_of(c, url)), 200, "%s", client_body(c));
    cr_assert_str_eq(client_text(c, "ConfirmSubscriptionResult.SubscriptionArn"), arn);
    return arn;
}

Test(sns_delivery, confirmation_is_asked_for_and_given)
{
    /* Proves: Subscribe posts a SubscriptionConfirmation as documented; until it is confirmed
     * nothing is delivered; the URL in it, unsigned, confirms; again it gives the same ARN. */
    struct emulator_client c = with_topic();
    struct emulator_outbound call;
    cr_assert_eq(client_sns(&c, SUBSCRIBE), 200);
    cr_expect_str_eq(client_text(&c, "SubscribeResult.SubscriptionArn"), "pending confirmation");
    cr_assert(take(&c, &call));
    cr_expect(str_eq(call.url, STR("http://alerts.test:80/in?a=1")));
    cr_expect(str_eq(call.request.method, STR("POST")));
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-message-type"), "SubscriptionConfirmation");
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-topic-arn"), TOPIC);
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-subscription-arn"), "");
    cr_expect_str_eq(said(&c, &call, "Content-Type"), "text/plain; charset=UTF-8");
    struct json *tree = document(&c, &call);
    cr_expect_str_eq(member(&c, tree, "Type"), "SubscriptionConfirmation");
    cr_expect_str_eq(member(&c, tree, "MessageId"), said(&c, &call, "x-amz-sns-message-id"));
    cr_expect_str_eq(member(&c, tree, "Timestamp"), "2026-03-28T00:00:00.000Z");
    cr_expect_null(json_get(tree, STR("Signature")),
                   "nothing is signed, so nothing says that it is");
    emulator_outbound_done(c.emulator, call.id, 200, STR_EMPTY, c.now_us);
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=early");
    cr_expect_not(take(&c, &call), "pending subscriptions get nothing");
    client_sns(&c, "Action=ListSubscriptionsByTopic&TopicArn=" TOPIC);
    cr_expect_str_eq(
        client_nth(&c, "ListSubscriptionsByTopicResult.Subscriptions.member", 0, "SubscriptionArn"),
        "PendingConfirmation");
    const char *target = target_of(&c, member(&c, tree, "SubscribeURL"));
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(client_get(&c, target), 200, "%s", client_body(&c));
        cr_expect(strstr(client_text(&c, "ConfirmSubscriptionResult.SubscriptionArn"), TOPIC ":") !=
                  NULL);
    }
    client_sns(&c, SUBSCRIBE);
    cr_expect(strstr(client_text(&c, "SubscribeResult.SubscriptionArn"), TOPIC ":") != NULL,
              "confirmed already");
    cr_expect_not(take(&c, &call), "and not asked again");
    client_sns(&c, "Action=ListSubscriptions");
    cr_expect_eq(client_count(&c, "ListSubscriptionsResult.Subscriptions.member"), 1);
    cr_expect_str_eq(client_nth(&c, "ListSubscriptionsResult.Subscriptions.member", 0, "Endpoint"),
                     "http://alerts.test:80/in?a=1");
    client_free(&c);
}

Test(sns_delivery, notifications_are_as_documented)
{
    /* Proves: the document and headers of a notification, the raw form, and that UnsubscribeURL
     * ends it. */
    struct emulator_client c = with_topic();
    struct emulator_outbound call;
    const char *arn = subscribed(&c);
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC
                   "&Message=%22late%22%0A&Subject=lag&MessageAttributes.entry.1.Name=n&"
                   "MessageAttributes.entry.1.Value.DataType=Number&MessageAttributes.entry.1."
                   "Value.StringValue=7");
    const char *id = client_text(&c, "PublishResult.MessageId");
    cr_assert(take(&c, &call));
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-message-type"), "Notification");
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-message-id"), id);
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-subscription-arn"), arn);
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-rawdelivery"), "");
    struct json *tree = document(&c, &call);
    cr_expect_str_eq(member(&c, tree, "Type"), "Notification");
    cr_expect_str_eq(member(&c, tree, "MessageId"), id);
    cr_expect_str_eq(member(&c, tree, "TopicArn"), TOPIC);
    cr_expect_str_eq(member(&c, tree, "Subject"), "lag");
    cr_expect_str_eq(member(&c, tree, "Message"), "\"late\"\n");
    cr_expect_str_eq(member(&c, tree, "MessageAttributes.n.Type"), "Number");
    cr_expect_str_eq(member(&c, tree, "MessageAttributes.n.Value"), "7");
    const char *goodbye = target_of(&c, member(&c, tree, "UnsubscribeURL"));
    emulator_outbound_done(c.emulator, call.id, 204, STR_EMPTY, c.now_us);
    char form[300];
    snprintf(form, sizeof form,
             "Action=SetSubscriptionAttributes&SubscriptionArn=%s&AttributeName=RawMessageDelivery&"
             "AttributeValue=true",
             arn);
    cr_assert_eq(client_sns(&c, form), 200);
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC
                   "&MessageStructure=json&Message=%7B%22default%22%3A%22d%22%2C%22http%22%3A"
                   "%22for%20http%22%7D");
    cr_assert(take(&c, &call));
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-rawdelivery"), "true");
    cr_expect(str_eq(call.request.body, STR("for http")));
    emulator_outbound_done(c.emulator, call.id, 200, STR_EMPTY, c.now_us);
    cr_expect_eq(client_get(&c, goodbye), 200, "%s", client_body(&c));
    cr_assert(take(&c, &call), "the endpoint is told that it was unsubscribed");
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-message-type"), "UnsubscribeConfirmation");
    cr_expect_str_eq(said(&c, &call, "x-amz-sns-subscription-arn"), arn);
    tree = document(&c, &call);
    cr_expect_str_eq(member(&c, tree, "Type"), "UnsubscribeConfirmation");
    cr_expect(strstr(member(&c, tree, "Message"), arn) != NULL);
    emulator_outbound_done(c.emulator, call.id, 200, STR_EMPTY, c.now_us);
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=nobody");
    cr_expect_not(take(&c, &call));
    client_free(&c);
}

/* Lines that tell of a delivery that was given up; checks each. */
static int drops(struct emulator_client *c, int status)
{
    int count = 0;
    struct ledger_entry line = {.number = 0};
    while (emulator_ledger_next(c->emulator, line.number, &line)) {
        if (str_eq(line.operation, STR("DropDelivery"))) {
            count++;
            cr_expect(str_eq(line.resource, STR("ops/http://alerts.test:80/in?a=1")));
            cr_expect(status < 0 || line.status == status, "%d", line.status);
        }
    }
    return count;
}

Test(sns_delivery, retries_three_times_then_drops)
{
    /* Proves: no answer, 5xx and 429 are tried again after 20 s, four times in all; a success or
     * another 4xx ends it. */
    static const struct {
        int status, attempts;
    } rows[] = {{0, 4}, {500, 4}, {503, 4}, {429, 4}, {404, 1}, {400, 1}, {200, 1}, {204, 1}};
    struct emulator_client c = with_topic();
    int dropped = 0;
    subscribed(&c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator_outbound call;
        client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=m");
        const char *id = client_text(&c, "PublishResult.MessageId");
        for (int attempt = 1; attempt <= rows[i].attempts; attempt++) {
            cr_assert(take(&c, &call), "status %d, attempt %d", rows[i].status, attempt);
            cr_expect_str_eq(said(&c, &call, "x-amz-sns-message-id"), id);
            emulator_outbound_done(c.emulator, call.id, rows[i].status, STR_EMPTY, c.now_us);
            c.now_us += 20 * US_PER_S - 1;
            cr_expect_not(take(&c, &call), "status %d: too early after attempt %d", rows[i].status,
                          attempt);
            c.now_us += 1;
        }
        cr_expect_not(take(&c, &call), "status %d: over after %d", rows[i].status,
                      rows[i].attempts);
        c.now_us += US_PER_HOUR;
        cr_expect_not(take(&c, &call));
        dropped += rows[i].status / 100 != 2;
        cr_expect_eq(drops(&c, i == 0 ? 0 : -1), dropped, "the ledger tells what was given up");
    }
    client_free(&c);
}

Test(sns_delivery, outlives_its_subscription_and_its_topic)
{
    /* Proves: a delivery in flight ends by itself after its topic is gone, and goes to nobody new.
     */
    struct emulator_client c = with_topic();
    struct emulator_outbound call;
    subscribed(&c);
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=m");
    cr_assert(take(&c, &call));
    cr_assert_eq(client_sns(&c, "Action=DeleteTopic&TopicArn=" TOPIC), 200);
    emulator_outbound_done(c.emulator, call.id, 500, STR_EMPTY, c.now_us);
    c.now_us += 20 * US_PER_S;
    cr_assert(take(&c, &call));
    emulator_outbound_done(c.emulator, call.id, 200, STR_EMPTY, c.now_us);
    client_sns(&c, "Action=CreateTopic&Name=ops");
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=m");
    cr_expect_not(take(&c, &call), "a new topic of the old name has no subscriptions");
    client_free(&c);
}

Test(sns_delivery, pending_subscriptions_expire)
{
    /* Proves: after 48 hours an unconfirmed subscription and its token are gone. */
    struct emulator_client c = with_topic();
    struct emulator_outbound call;
    client_sns(&c, SUBSCRIBE);
    cr_assert(take(&c, &call));
    const char *target = target_of(&c, member(&c, document(&c, &call), "SubscribeURL"));
    c.now_us += 48 * US_PER_HOUR;
    cr_expect_eq(client_get(&c, target), 400, "%s", client_body(&c));
    client_sns(&c, "Action=ListSubscriptions");
    cr_expect_eq(client_count(&c, "ListSubscriptionsResult.Subscriptions.member"), 0);
    client_sns(&c, SUBSCRIBE);
    cr_expect(take(&c, &call), "a new one may come");
    client_free(&c);
}

/* Sets an attribute of the subscription; gives the status. */
static int set(struct emulator_client *c, const char *arn, const char *name, const char *value)
{
    struct buf form;
    buf_init(&form, c->arena, 4096);
    http_query_add(&form, STR("Action"), STR("SetSubscriptionAttributes"));
    http_query_add(&form, STR("SubscriptionArn"), str_of(arn));
    http_query_add(&form, STR("AttributeName"), str_of(name));
    http_query_add(&form, STR("AttributeValue"), str_of(value));
    return client_sns(c, str_z(c->arena, buf_str(&form)));
}

Test(sns_delivery, a_policy_says_when_to_try_again)
{
    /* Proves: the phases of a delivery policy, how each function grows, its content type, and that
     * what is no policy is refused and changes nothing. */
    static const struct {
        const char *policy;
        int64_t waits_s[8]; /* -1: no more */
    } rows[] = {
        {"{\"healthyRetryPolicy\":{\"numRetries\":0}}", {-1}},
        {"{\"healthyRetryPolicy\":{\"minDelayTarget\":1,\"maxDelayTarget\":7,\"numRetries\":7,"
         "\"numNoDelayRetries\":1,\"numMinDelayRetries\":1,\"numMaxDelayRetries\":2}}",
         {0, 1, 1, 4, 7, 7, 7, -1}},
        {"{\"healthyRetryPolicy\":{\"minDelayTarget\":0,\"maxDelayTarget\":7}}", {20, 20, 20, -1}},
        {"{\"healthyRetryPolicy\":{\"minDelayTarget\":1,\"maxDelayTarget\":13,\"numRetries\":4,"
         "\"backoffFunction\":\"arithmetic\"}}",
         {1, 3, 7, 13, -1}},
        {"{\"healthyRetryPolicy\":{\"minDelayTarget\":1,\"maxDelayTarget\":8,\"numRetries\":4,"
         "\"backoffFunction\":\"exponential\"},\"requestPolicy\":{\"headerContentType\":"
         "\"application/json\"}}",
         {1, 2, 4, 8, -1}},
    };
    struct emulator_client c = with_topic();
    const char *arn = subscribed(&c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator_outbound call;
        bool good = i != 2;
        cr_assert_eq(set(&c, arn, "DeliveryPolicy", ""), 200);
        cr_assert_eq(set(&c, arn, "DeliveryPolicy", rows[i].policy), good ? 200 : 400, "%s",
                     client_body(&c));
        client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=m");
        for (size_t k = 0;; k++) {
            cr_assert(take(&c, &call), "row %zu, attempt %zu", i, k);
            cr_expect_str_eq(said(&c, &call, "Content-Type"),
                             i == 4 ? "application/json" : "text/plain; charset=UTF-8");
            emulator_outbound_done(c.emulator, call.id, 503, STR_EMPTY, c.now_us);
            if (rows[i].waits_s[k] < 0) {
                break;
            }
            c.now_us += rows[i].waits_s[k] * US_PER_S - 1;
            cr_expect_not(take(&c, &call), "row %zu: too early after attempt %zu", i, k);
            c.now_us += 1;
        }
        c.now_us += US_PER_HOUR;
        cr_expect_not(take(&c, &call), "row %zu", i);
    }
    client_free(&c);
}

Test(sns_delivery, what_is_not_http_is_kept_and_noted)
{
    /* Proves: queues, functions and phones are subscribed at once, mail waits for ever; each
     * message that nobody delivers is a line of the ledger. */
    static const struct {
        const char *protocol, *endpoint;
        bool confirmed;
    } rows[] = {{"sqs", "arn:aws:sqs:us-east-1:000000000000:q", true},
                {"lambda", "arn:aws:lambda:us-east-1:000000000000:function:f", true},
                {"firehose", "arn:aws:firehose:us-east-1:000000000000:deliverystream/d", true},
                {"sms", "%2B15/551-234.567", true},
                {"email", "a@example.com", false},
                {"email-json", "a@example.com", false}};
    struct emulator_client c = with_topic();
    struct emulator_outbound call;
    size_t told = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str form =
            str_printf(c.arena, "Action=Subscribe&TopicArn=" TOPIC "&Protocol=%s&Endpoint=%s",
                       rows[i].protocol, rows[i].endpoint);
        cr_assert_eq(client_sns(&c, str_z(c.arena, form)), 200, "%s", client_body(&c));
        bool pending =
            strcmp(client_text(&c, "SubscribeResult.SubscriptionArn"), "pending confirmation") == 0;
        cr_expect_eq(pending, !rows[i].confirmed, "%s", rows[i].protocol);
        told += rows[i].confirmed;
    }
    client_sns(&c, "Action=Publish&TopicArn=" TOPIC "&Message=m");
    cr_expect_not(take(&c, &call));
    struct ledger_entry line = {.number = 0};
    size_t noted = 0;
    while (emulator_ledger_next(c.emulator, line.number, &line)) {
        noted += str_eq(line.operation, STR("DropDelivery"));
    }
    cr_expect_eq(noted, told + 2, "two mails, and a message to each of the others");
    client_free(&c);
}
