#include "aws/sns.h"

#include "base/limits.h"
#include "wire/xml.h"

static void form_begin(struct buf *form, struct arena *a, const char *action, size_t bytes)
{
    buf_init(form, a, 3 * bytes + 256);
    http_query_add(form, STR("Action"), str_of(action));
    http_query_add(form, STR("Version"), STR("2010-03-31"));
}

/* Sends the form and takes one text out of <ActionResult>. An answer that cannot be read may have
 * been applied. */
static enum err sns_send(struct aws_client *c, const char *action, struct str form,
                         const char *member, struct arena *a, struct str *ret_text, struct diag *d)
{
    struct aws_call call = {.service = "sns", .operation = action};
    http_request_init(&call.request, a, "POST", STR_EMPTY, STR("/"));
    http_headers_add(&call.request.headers, STR("Content-Type"),
                     STR("application/x-www-form-urlencoded; charset=utf-8"));
    call.request.body = form;
    struct http_response response;
    struct xml *root = NULL;
    struct diag why = DIAG_INIT;
    TRY(aws_call(c, &call, a, &response, d));
    if (xml_parse(a, response.body, &root, &why) != ERR_OK) {
        return fail(d, ERR_UNKNOWN, "sns %s: %s", action, why.msg);
    }
    const char *result = str_z(a, str_printf(a, "%sResult", action));
    struct str text = xml_text(xml_child(root, result), member);
    if (text.len == 0) {
        return fail(d, ERR_UNKNOWN, "sns %s: the answer has no %s", action, member);
    }
    *ret_text = text;
    return ERR_OK;
}

enum err sns_create_topic(struct aws_client *c, struct str name, struct arena *a,
                          struct str *ret_topic_arn, struct diag *d)
{
    struct buf form;
    form_begin(&form, a, "CreateTopic", name.len);
    http_query_add(&form, STR("Name"), name);
    return sns_send(c, "CreateTopic", buf_str(&form), "TopicArn", a, ret_topic_arn, d);
}

static void add_attribute(struct buf *form, size_t number, const struct http_header *attribute,
                          struct arena *a)
{
    static const char *const parts[] = {"Name", "Value.DataType", "Value.StringValue"};
    const struct str values[] = {attribute->name, STR("String"), attribute->value};
    for (size_t i = 0; i < 3; i++) {
        http_query_add(form, str_printf(a, "MessageAttributes.entry.%zu.%s", number, parts[i]),
                       values[i]);
    }
}

enum err sns_publish(struct aws_client *c, const struct sns_message *message, struct arena *a,
                     struct str *ret_message_id, struct diag *d)
{
    struct buf form;
    size_t bytes = message->topic_arn.len + message->subject.len + message->text.len;
    for (size_t i = 0; i < message->attribute_count; i++) {
        bytes += message->attributes[i].name.len + message->attributes[i].value.len + 192;
    }
    form_begin(&form, a, "Publish", bytes);
    http_query_add(&form, STR("TopicArn"), message->topic_arn);
    http_query_add(&form, STR("Message"), message->text);
    if (message->subject.len > 0) {
        http_query_add(&form, STR("Subject"), message->subject);
    }
    for (size_t i = 0; i < message->attribute_count; i++) {
        add_attribute(&form, i + 1, &message->attributes[i], a);
    }
    return sns_send(c, "Publish", buf_str(&form), "MessageId", a, ret_message_id, d);
}
