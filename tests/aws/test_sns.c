#include <criterion/criterion.h>

#include "aws/sns.h"
#include "aws_script.h"

#define TOPIC "arn:aws:sns:us-east-1:123456789012:alerts"
#define CREATED                                                                                    \
    "<CreateTopicResponse "                                                                        \
    "xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><CreateTopicResult><TopicArn>" TOPIC       \
    "</TopicArn></CreateTopicResult><ResponseMetadata><RequestId>r</RequestId></"                  \
    "ResponseMetadata></CreateTopicResponse>"
#define PUBLISHED                                                                                  \
    "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>"          \
    "<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></"                \
    "PublishResponse>"

Test(sns_create_topic, sends_a_form)
{
    /* The query protocol: POST /, Action and Version first, percent-encoded; the ARN comes back. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct str arn = STR_EMPTY;
    SCRIPT(s, {.status = 200, .body = CREATED});
    cr_assert_eq(sns_create_topic(&s->client, STR("alerts"), s->arena, &arn, &d), ERR_OK, "%s",
                 d.msg);
    assert_body(s, 0, "Action=CreateTopic&Version=2010-03-31&Name=alerts");
    cr_assert(same(s->sent[0]->method, "POST") && same(s->sent[0]->path, "/"));
    cr_assert(same(http_header(&s->sent[0]->headers, "Content-Type"),
                   "application/x-www-form-urlencoded; charset=utf-8"));
    struct sigv4_claim claim;
    cr_assert(sigv4_claim_of(s->sent[0], s->arena, &claim) && same(claim.service, "sns"));
    cr_assert(same(arn, TOPIC));
    script_free(s);
}

Test(sns_publish, sends_text_subject_and_attributes)
{
    /* Attributes are numbered from 1 with type String; '&', '=', '+', spaces and UTF-8 cannot break
     * the form. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct str id = STR_EMPTY;
    const struct http_header attributes[] = {{STR("criticality"), STR("CRITICAL")},
                                             {STR("alert id"), STR("a&b=c+d")}};
    const struct sns_message m = {.topic_arn = STR(TOPIC),
                                  .subject = STR("late: 5%"),
                                  .text = STR("caf\xc3\xa9\n~x"),
                                  .attributes = attributes,
                                  .attribute_count = 2};
    const struct sns_message bare = {.topic_arn = STR("t"), .text = STR("m")};
    SCRIPT(s, {.status = 200, .body = PUBLISHED}, {.status = 200, .body = PUBLISHED});
    cr_assert_eq(sns_publish(&s->client, &m, s->arena, &id, &d), ERR_OK, "%s", d.msg);
    assert_body(s, 0,
                "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%"
                "3A123456789012%3Aalerts&Message=caf%C3%A9%0A~x"
                "&Subject=late%3A%205%25&MessageAttributes.entry.1.Name=criticality&"
                "MessageAttributes.entry.1.Value.DataType=String"
                "&MessageAttributes.entry.1.Value.StringValue=CRITICAL&MessageAttributes.entry.2."
                "Name=alert%20id"
                "&MessageAttributes.entry.2.Value.DataType=String&MessageAttributes.entry.2.Value."
                "StringValue=a%26b%3Dc%2Bd");
    cr_assert(same(id, "567910cd-659e-55d4-8ccb-5aaf14679dc0"));
    cr_assert_eq(sns_publish(&s->client, &bare, s->arena, &id, &d), ERR_OK, "%s", d.msg);
    assert_body(s, 1, "Action=Publish&Version=2010-03-31&TopicArn=t&Message=m");
    script_free(s);
}

Test(sns_publish, errors_have_their_class_and_name)
{
    /* The query envelope's code; an answer that cannot be read may have published. */
    static const struct {
        struct script_answer answer;
        enum err result;
        const char *name;
    } rows[] = {
        {{.status = 404,
          .body = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic "
                  "does not exist</Message>"
                  "</Error></ErrorResponse>"},
         ERR_NOT_FOUND,
         "NotFound"},
        {{.status = 403,
          .body = "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"},
         ERR_DENIED,
         "AuthorizationError"},
        {{.status = 400,
          .body = "<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"},
         ERR_INVALID,
         "InvalidParameter"},
        {{.status = 200, .body = "<PublishResponse><PublishResult>"}, ERR_UNKNOWN, ""},
        {{.status = 200, .body = "<PublishResponse/>"}, ERR_UNKNOWN, ""},
        {{.status = 200}, ERR_UNKNOWN, ""},
    };
    const struct sns_message m = {.topic_arn = STR("t"), .text = STR("m")};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct str id = STR("untouched");
        SCRIPT(s, rows[i].answer);
        cr_assert_eq(sns_publish(&s->client, &m, s->arena, &id, &d), rows[i].result, "row %zu: %s",
                     i, d.msg);
        cr_assert(diag_is_named(&d, rows[i].name) && same(id, "untouched"), "row %zu: %s", i,
                  d.name);
        script_free(s);
    }
}

static struct script_answer publish_once(struct script *s, const struct http_request *request,
                                         struct arena *a)
{
    (void)a;
    ++*(size_t *)s->ctx;
    bool create = str_contains(request->body, STR("CreateTopic"));
    return (struct script_answer){.status = 200, .body = create ? CREATED : PUBLISHED};
}

Test(sns_calls, the_kth_call_fails)
{
    /* Each fault at the only call of each operation; what could not have been applied is applied
     * once, what could is applied at most twice. */
    const struct sns_message m = {.topic_arn = STR("t"), .text = STR("m")};
    for (size_t f = 0; f < SCRIPT_FAULT_COUNT; f++) {
        for (int which = 0; which < 2; which++) {
            for (size_t k = 0; k < 2; k++) {
                struct script *s = script_new();
                struct diag d = DIAG_INIT;
                struct str text;
                size_t applied = 0;
                s->answer_fn = publish_once;
                s->ctx = &applied;
                s->fault_at = k;
                s->fault = SCRIPT_FAULTS[f].answer;
                s->fault_applies = SCRIPT_FAULTS[f].uncertain;
                enum err want = k == 0 ? SCRIPT_FAULTS[f].result : ERR_OK;
                enum err got = which == 0
                                   ? sns_create_topic(&s->client, STR("n"), s->arena, &text, &d)
                                   : sns_publish(&s->client, &m, s->arena, &text, &d);
                cr_assert_eq(got, want, "%s: %s", SCRIPT_FAULTS[f].what, d.msg);
                size_t once = want == ERR_OK ? 1 : 0;
                cr_assert_eq(applied, once + (k == 0 && SCRIPT_FAULTS[f].uncertain ? 1 : 0), "%s",
                             SCRIPT_FAULTS[f].what);
                script_free(s);
            }
        }
    }
}
