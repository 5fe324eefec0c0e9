/* message_check.c -- The rules for messages, subjects and attributes, with SNS's own texts. */
#include "message_check.h"

#define SUBJECT_CHARACTERS_MAX 100
#define ATTRIBUTE_NAME_BYTES_MAX 256
#define ID_BYTES_MAX 128

static const struct message_fault fine = {.error = AWS_OK};

static struct message_fault invalid(const char *reason)
{
    return (struct message_fault){.error = AWS_INVALID_PARAMETER, .reason = str_of(reason)};
}

static struct message_fault bad_attribute(struct str reason)
{
    return (struct message_fault){.error = AWS_INVALID_PARAMETER_VALUE, .reason = reason};
}

/* AWS sns-subject-1: up to 100 printable ASCII characters, the first no space. */
static bool subject_is_valid(struct str subject)
{
    for (size_t i = 0; i < subject.len; i++) {
        if (subject.ptr[i] < 0x20 || subject.ptr[i] > 0x7e) {
            return false;
        }
    }
    return subject.len >= 1 && subject.len <= SUBJECT_CHARACTERS_MAX && subject.ptr[0] != ' ';
}

static bool is_number(struct str text)
{
    struct json_scan scan;
    json_scan_init(&scan, text);
    return json_scan_next(&scan) == JSON_NUMBER && json_scan_next(&scan) == JSON_END;
}

static bool is_name_letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '-' || ch == '_' || ch == '.';
}

/* AWS sns-attribute-2: letters, digits, hyphens, underscores and dots; a dot neither first nor last
 * nor behind another. */
static struct message_fault check_name(struct str name, struct arena *a)
{
    if (name.len == 0 || name.len > ATTRIBUTE_NAME_BYTES_MAX) {
        return bad_attribute(STR("Length of message attribute name must be less than 256 bytes."));
    }
    if (name.ptr[0] == '.') {
        return bad_attribute(
            STR("Invalid message attribute name starting with character '.' was found."));
    }
    if (name.ptr[name.len - 1] == '.') {
        return bad_attribute(
            STR("Invalid message attribute name ending with character '.' was found."));
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_letter(name.ptr[i])) {
            return bad_attribute(str_printf(
                a,
                "Invalid non-alphanumeric character '#x%X' was found in the message attribute "
                "name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
                (unsigned char)name.ptr[i]));
        }
        if (name.ptr[i] == '.' && name.ptr[i + 1] == '.') {
            return bad_attribute(
                STR("Message attribute name can not have successive '.' character."));
        }
    }
    return fine;
}

/* AWS sns-attribute-1: String, Number or Binary, with or without a suffix after a dot; the value
 * stands in the field of its type and must not be empty. */
static struct message_fault check_value(const struct json *attribute, struct str type,
                                        struct arena *a)
{
    struct str name = attribute->key, kind, suffix;
    if (!str_split(type, '.', &kind, &suffix)) {
        kind = type;
    }
    bool binary = str_eq(kind, STR("Binary"));
    if (!binary && !str_eq(kind, STR("String")) && !str_eq(kind, STR("Number"))) {
        return bad_attribute(str_printf(
            a,
            "The message attribute '%.*s' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String.",
            STR_ARG(name)));
    }
    const struct json *text = json_get(attribute, STR("StringValue"));
    const struct json *bytes = json_get(attribute, STR("BinaryValue"));
    if ((binary ? bytes : text) == NULL && (binary ? text : bytes) != NULL) {
        return bad_attribute(
            str_printf(a, "The message attribute '%.*s' with type '%.*s' must use field '%s'.",
                       STR_ARG(name), STR_ARG(type), binary ? "Binary" : "String"));
    }
    struct str value = json_str(binary ? bytes : text);
    if (value.len == 0) {
        return bad_attribute(str_printf(a,
                                        "The message attribute '%.*s' must contain non-empty "
                                        "message attribute value for message attribute type "
                                        "'%.*s'.",
                                        STR_ARG(name), STR_ARG(type)));
    }
    if (str_eq(kind, STR("Number")) && !is_number(value)) {
        return bad_attribute(str_printf(
            a, "The message attribute '%.*s' has a value that is not a number.", STR_ARG(name)));
    }
    return fine;
}

static struct message_fault check_attribute(const struct json *attribute, struct arena *a,
                                            size_t *bytes)
{
    struct str type = str_slice(json_str(json_get(attribute, STR("DataType"))), 0, 1024);
    struct message_fault fault = check_name(attribute->key, a);
    if (fault.error == AWS_OK) {
        fault = check_value(attribute, type, a);
    }
    *bytes += attribute->key.len + type.len +
              json_str(json_get(attribute, STR("StringValue"))).len +
              json_str(json_get(attribute, STR("BinaryValue"))).len;
    return fault;
}

/* AWS sns-structure-1: with MessageStructure json the message is an object of texts with a default.
 */
static struct message_fault read_structure(struct str structure, struct arena *a, struct message *m)
{
    struct json *tree;
    struct diag d = DIAG_INIT;
    if (structure.len == 0) {
        return fine;
    }
    if (!str_eq(structure, STR("json"))) {
        return invalid("Invalid parameter: MessageStructure");
    }
    if (json_parse(a, m->text, &tree, &d) != ERR_OK || !json_is(tree, JSON_IS_OBJECT)) {
        return invalid("Invalid parameter: Message Structure - JSON message body failed to parse");
    }
    if (!json_is(json_get(tree, STR("default")), JSON_IS_STRING)) {
        return invalid(
            "Invalid parameter: Message Structure - No default entry in JSON message body");
    }
    m->by_protocol = tree;
    return fine;
}

/* AWS sns-fifo-5: a FIFO topic wants a group, and an id unless it is made of the content; another
 * topic takes no deduplication id. */
static struct message_fault check_ids(const struct topic *t, const struct message *m, bool has_id)
{
    bool fifo = t != NULL && t->fifo;
    bool by_content =
        fifo && str_eq(text_list_get(&t->attributes, "ContentBasedDeduplication"), STR("true"));
    if (!fifo && has_id) {
        return invalid("Invalid parameter: MessageDeduplicationId Reason: The request includes "
                       "MessageDeduplicationId parameter that is not valid for this topic type");
    }
    if (fifo && m->group_id.len == 0) {
        return invalid(
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
    }
    if (fifo && !by_content && m->deduplication_id.len == 0) {
        return invalid("Invalid parameter: The topic should either have ContentBasedDeduplication "
                       "enabled or MessageDeduplicationId provided explicitly");
    }
    if (m->group_id.len > ID_BYTES_MAX) {
        return invalid("Invalid parameter: MessageGroupId");
    }
    return m->deduplication_id.len > ID_BYTES_MAX
               ? invalid("Invalid parameter: MessageDeduplicationId")
               : fine;
}

struct message_fault message_read(const struct topic *t, const struct json *entry, struct arena *a,
                                  struct message *ret_message)
{
    struct message *m = ret_message;
    const struct json *subject = json_get(entry, STR("Subject"));
    *m = (struct message){.text = json_str(json_get(entry, STR("Message"))),
                          .subject = json_str(subject),
                          .has_subject = subject != NULL,
                          .group_id = json_str(json_get(entry, STR("MessageGroupId"))),
                          .attributes = json_get(entry, STR("MessageAttributes"))};
    const struct json *id = json_get(entry, STR("MessageDeduplicationId"));
    m->deduplication_id = json_str(id);
    m->bytes = m->text.len;
    if (m->text.len == 0) {
        return invalid("Invalid parameter: Empty message");
    }
    if (m->has_subject && !subject_is_valid(m->subject)) {
        return invalid("Invalid parameter: Subject");
    }
    for (const struct json *at = m->attributes == NULL ? NULL : m->attributes->first; at != NULL;
         at = at->next) {
        struct message_fault bad = check_attribute(at, a, &m->bytes);
        if (bad.error != AWS_OK) {
            return bad;
        }
    }
    /* AWS sns-size-1: 256 KiB, attributes included */
    if (m->bytes > SNS_MESSAGE_BYTES_MAX) {
        return invalid("Invalid parameter: Message too long");
    }
    struct message_fault fault = check_ids(t, m, id != NULL);
    return fault.error != AWS_OK
               ? fault
               : read_structure(json_str(json_get(entry, STR("MessageStructure"))), a, m);
}

struct str message_text_for(const struct message *m, struct str protocol)
{
    if (m->by_protocol == NULL) {
        return m->text;
    }
    const struct json *own = json_get(m->by_protocol, protocol);
    return json_str(json_is(own, JSON_IS_STRING) ? own : json_get(m->by_protocol, STR("default")));
}
