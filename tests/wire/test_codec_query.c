#include <criterion/criterion.h>
#include <string.h>

#include "base/limits.h"
#include "codec_vectors.h"
#include "sns_model.h"
#include "sts_model.h"
#include "wire/codec.h"

Test(codec_query, reads_query_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsQuery",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"QueryProtocolIdempotencyTokenAutoFill", "the client adds what the value does not hold"},
        {"QueryEmptyQueryMaps", "an empty map leaves no trace in the message"},
        {NULL, NULL}};
    run_input_vectors("query", skips);
}

Test(codec_query, writes_query_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("query", skips);
}

/* ---- documented examples and refusals, against the real models of SNS and STS ---- */

static enum err read_form(struct arena *a, const char *operation, struct str form,
                          struct json **ret_input, struct diag *d)
{
    const struct operation_model *op = service_operation(&sns_model, operation, strlen(operation));
    struct http_request request;
    cr_assert(op != NULL, "%s", operation);
    http_request_init(&request, a, "POST", STR("sns.us-east-1.amazonaws.com"), STR("/"));
    request.body = form;
    return codec_read_request(&sns_model, op, &request, a, ret_input, d);
}

static struct json *input_of(struct arena *a, const char *operation, struct str form)
{
    struct json *input = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(read_form(a, operation, form, &input, &d), ERR_OK, "%.*s: %s", STR_ARG(form),
                 d.msg);
    return input;
}

static struct str json_text(struct arena *a, const struct json *tree)
{
    struct buf out;
    buf_init(&out, a, 1 << 16);
    json_write(&out, tree);
    return buf_str(&out);
}

Test(codec_query, reads_a_publish_with_attributes)
{
    /* Message attributes as the SDKs send them: a map whose keys are spelled Name and Value, a blob
     * inside. */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *input = input_of(
        a, "Publish",
        STR("Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%"
            "3AMy-Topic&Message=Hello+world%21&MessageAttributes.entry.2.Name=raw&"
            "MessageAttributes.entry.2.Value.DataType=Binary&MessageAttributes.entry.2.Value."
            "BinaryValue=AAH%2F&MessageAttributes.entry.1.Name=severity&MessageAttributes.entry.1."
            "Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=high"));
    const struct json *attributes = json_get(input, STR("MessageAttributes"));
    cr_assert(str_eq(json_str(json_get(input, STR("TopicArn"))),
                     STR("arn:aws:sns:us-east-1:123456789012:My-Topic")));
    cr_assert(str_eq(json_str(json_get(input, STR("Message"))), STR("Hello world!")));
    cr_assert(str_eq(attributes->first->key, STR("severity")), "entries go by their number");
    cr_assert(str_eq(json_str(json_at(attributes, "severity.StringValue")), STR("high")));
    cr_assert(str_eq(json_str(json_at(attributes, "raw.BinaryValue")), str_n("\0\x01\xff", 3)));
    arena_free(a);
}

Test(codec_query, reads_parameters_from_the_url)
{
    /* GET carries them in the URL, as presigned GetCallerIdentity does. */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *input;
    struct diag d = DIAG_INIT;
    struct http_request request;
    http_request_init(&request, a, "GET", STR("sns.us-east-1.amazonaws.com"), STR("/"));
    request.query =
        STR("Action=CreateTopic&Name=My-Topic&Tags.member.1.Key=k&Tags.member.1.Value=");
    cr_assert_eq(codec_read_request(&sns_model, service_operation(&sns_model, "CreateTopic", 11),
                                    &request, a, &input, &d),
                 ERR_OK);
    struct str text = json_text(a, input);
    cr_assert(
        str_eq(text, STR("{\"Name\":\"My-Topic\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"\"}]}")),
        "%.*s", STR_ARG(text));
    arena_free(a);
}

Test(codec_query, refuses_forms_that_make_no_sense)
{
    /* MalformedQueryString, and the place where there is one. */
    static const char *const rows[] = {
        "Tags.member.1.Key=a&Tags.member.01.Key=b",
        "Attributes.entry.1.value=x",
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
    };
    struct arena *a = arena_new("test", 16 << 20);
    struct json *input;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct diag d = DIAG_INIT;
        cr_assert_eq(read_form(a, "CreateTopic", str_of(rows[i]), &input, &d), ERR_INVALID, "%s",
                     rows[i]);
        cr_assert_str_eq(d.name, "MalformedQueryString");
        cr_assert(str_starts(str_of(d.msg), STR("The query string contains a syntax error: ")));
    }
    struct buf many;
    struct diag d = DIAG_INIT;
    buf_init(&many, a, 1 << 20);
    for (int i = 0; i <= QUERY_PARAMETERS_MAX; i++) {
        buf_addf(&many, "p%d=&", i);
    }
    cr_assert_eq(read_form(a, "CreateTopic", buf_str(&many), &input, &d), ERR_INVALID);
    cr_assert_str_eq(d.name, "MalformedQueryString");
    arena_free(a);
}

Test(codec_query, writes_the_documented_answers)
{
    /* The sample answers of Publish (SNS) and of GetCallerIdentity (STS). */
    struct arena *a = arena_new("test", 1 << 20);
    struct http_response response;
    struct json *output = json_new(a, JSON_IS_OBJECT);
    json_set_str(a, output, "MessageId", STR("567910cd-659e-55d4-8ccb-5aaf14679dc0"));
    codec_write_response(&sns_model, service_operation(&sns_model, "Publish", 7), output,
                         STR("d74b8436-ae13-5ab4-a9ff-ce54dfea72a0"), a, &response);
    cr_assert(
        str_eq(response.body,
               STR("<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
                   "<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId>"
                   "</PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-"
                   "ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>")),
        "%.*s", STR_ARG(response.body));
    output = json_new(a, JSON_IS_OBJECT);
    json_set_str(a, output, "Arn", STR("arn:aws:iam::123456789012:user/Alice"));
    json_set_str(a, output, "UserId", STR("AIDACKCEVSQ6C2EXAMPLE"));
    json_set_str(a, output, "Account", STR("123456789012"));
    codec_write_response(&sts_model, service_operation(&sts_model, "GetCallerIdentity", 17), output,
                         STR("01234567-89ab-cdef-0123-456789abcdef"), a, &response);
    cr_assert(
        str_eq(response.body,
               STR("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                   "<GetCallerIdentityResult><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>"
                   "123456789012</Account><Arn>arn:aws:iam::123456789012:user/Alice</Arn>"
                   "</GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-"
                   "456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>")),
        "%.*s", STR_ARG(response.body));
    arena_free(a);
}

Test(codec_query, writes_errors_that_clients_read)
{
    /* Sender and Receiver say whose fault it was; the text is escaped. */
    struct arena *a = arena_new("test", 1 << 20);
    struct http_response response;
    struct str code, message;
    struct codec_error error = {.code = STR("InvalidParameter"),
                                .message = STR("Invalid parameter: TopicArn <a&b>"),
                                .status = 400,
                                .sender = true};
    codec_write_error(&sns_model, NULL, &error, STR("r-1"), a, &response);
    cr_assert(str_eq(response.body,
                     STR("<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>"
                         "<Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid "
                         "parameter: TopicArn &lt;a&amp;b&gt;</Message></Error>"
                         "<RequestId>r-1</RequestId></ErrorResponse>")),
              "%.*s", STR_ARG(response.body));
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, error.code) && str_eq(message, error.message));
    arena_free(a);
}

Test(codec_query, the_clients_form_reads_back)
{
    /* What codec_query_add writes decodes to the same tree: lists under member, maps under entry.
     */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *tree;
    struct diag d = DIAG_INIT;
    struct buf form;
    struct str text =
        STR("{\"Name\":\"a b&c\",\"Tags\":[{\"Key\":\"k1\",\"Value\":\"=\"},{\"Key\":\"k2\","
            "\"Value\":\"\"}],\"Attributes\":{\"entry\":[{\"key\":\"x.y\",\"value\":\"1\"}]},"
            "\"DataProtectionPolicy\":null}");
    cr_assert_eq(json_parse(a, text, &tree, &d), ERR_OK);
    buf_init(&form, a, 1 << 16);
    http_query_add(&form, STR("Action"), STR("CreateTopic"));
    codec_query_add(&form, "", tree);
    struct str got = json_text(a, input_of(a, "CreateTopic", buf_str(&form)));
    cr_assert(str_eq(got, STR("{\"Name\":\"a b&c\",\"Attributes\":{\"x.y\":\"1\"},\"Tags\":[{"
                              "\"Key\":\"k1\",\"Value\":\"=\"},{\"Key\":\"k2\",\"Value\":\"\"}]}")),
              "%.*s from %.*s", STR_ARG(got), STR_ARG(buf_str(&form)));
    arena_free(a);
}
