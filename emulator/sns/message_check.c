/* message_check.c -- The rules for messages, subjects and attributes, with SNS's own texts. */
#include "message_check.h"

#define SUBJECT_CHARACTERS_MAX 100
#define ATTRIBUTE_NAME_BYTES_MAX 256

static const struct message_fault fine = {.error = AWS_OK};

static struct message_fault invalid(const char *reason)
{
    return (struct message_fault){.error = AWS_INVALID_PARAMETER, .reason = str_of(reason)};
}

static struct message_fault bad_attribute(struct arena *a, const char *format, struct str name)
{
    struct buf out;
    buf_init(&out, a, 1024);
    buf_add_z(&out, "The message attribute '");
    buf_add(&out, str_slice(name, 0, ATTRIBUTE_NAME_BYTES_MAX));
    buf_add_z(&out, format);
    return (struct message_fault){.error = AWS_INVALID_PARAMETER_VALUE, .reason = buf_str(&out)};
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

static bool attribute_name_is_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '.';
        if (!good) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= ATTRIBUTE_NAME_BYTES_MAX;
}

/* AWS sns-attribute-1: String, Number or Binary, with or without a suffix after a dot; the value
 * must not be empty. */
static struct message_fault check_attribute(const struct json *attribute, struct arena *a,
                                            size_t *bytes)
{
    struct str name = attribute->key, type = json_str(json_get(attribute, STR("DataType"))), kind,
               suffix;
    if (!str_split(type, '.', &kind, &suffix)) {
        kind = type;
    }
    bool binary = str_eq(kind, STR("Binary"));
    struct str value =
        json_str(json_get(attribute, binary ? STR("BinaryValue") : STR("StringValue")));
    if (!attribute_name_is_valid(name)) {
        return bad_attribute(a, "' contains invalid characters in its name.", name);
    }
    if (type.len == 0) {
        return bad_attribute(a, "' must contain non-empty message attribute type.", name);
    }
    if (!binary && !str_eq(kind, STR("String")) && !str_eq(kind, STR("Number"))) {
        return bad_attribute(a,
                             "' has an invalid message attribute type, the set of supported type "
                             "prefixes is Binary, "
                             "Number, and String.",
                             name);
    }
    if (value.len == 0) {
        return bad_attribute(a, "' must contain non-empty message attribute value for its type.",
                             name);
    }
    if (str_eq(kind, STR("Number")) && !is_number(value)) {
        return bad_attribute(a, "' has a value that is not a number.", name);
    }
    *bytes += name.len + type.len + value.len;
    return fine;
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

struct message_fault message_read(const struct json *entry, struct arena *a,
                                  struct message *ret_message)
{
    struct message *m = ret_message;
    const struct json *subject = json_get(entry, STR("Subject"));
    *m = (struct message){.text = json_str(json_get(entry, STR("Message"))),
                          .subject = json_str(subject),
                          .has_subject = subject != NULL,
                          .attributes = json_get(entry, STR("MessageAttributes"))};
    m->bytes = m->text.len;
    if (m->text.len == 0) {
        return invalid("Invalid parameter: Empty message");
    }
    if (m->has_subject && !subject_is_valid(m->subject)) {
        return invalid("Invalid parameter: Subject");
    }
    if (json_get(entry, STR("MessageDeduplicationId")) != NULL) {
        return invalid("Invalid parameter: MessageDeduplicationId Reason: The request includes "
                       "MessageDeduplicationId "
                       "parameter that is not valid for this topic type");
    }
    for (const struct json *at = m->attributes == NULL ? NULL : m->attributes->first; at != NULL;
         at = at->next) {
        struct message_fault fault = check_attribute(at, a, &m->bytes);
        if (fault.error != AWS_OK) {
            return fault;
        }
    }
    /* AWS sns-size-1: 256 KiB, attributes included */
    if (m->bytes > SNS_MESSAGE_BYTES_MAX) {
        return invalid("Invalid parameter: Message too long");
    }
    return read_structure(json_str(json_get(entry, STR("MessageStructure"))), a, m);
}

struct str message_text_for(const struct message *m, struct str protocol)
{
    if (m->by_protocol == NULL) {
        return m->text;
    }
    const struct json *own = json_get(m->by_protocol, protocol);
    return json_str(json_is(own, JSON_IS_STRING) ? own : json_get(m->by_protocol, STR("default")));
}
