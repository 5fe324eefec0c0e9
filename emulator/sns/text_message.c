/* text_message.c -- SMS, as far as it is state: attributes, and who has opted out: nobody.
 * AWS sns-sms-1: the attributes that there are; of a type Promotional or Transactional. */
#include "endpoint.h"
#include "sns_handlers.h"

static bool attribute_is_known(struct str name)
{
    static const char *const names[] = {
        "MonthlySpendLimit", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate",
        "DefaultSenderID",   "DefaultSMSType",        "UsageReportS3Bucket"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool check_attribute(struct call *c, struct str name, struct str value)
{
    bool type = str_eq(name, STR("DefaultSMSType"));
    if (!attribute_is_known(name)) {
        call_fail(c, AWS_INVALID_PARAMETER, "%.*s is not a valid attribute",
                  STR_ARG(str_slice(name, 0, 256)));
    } else if (type && !str_eq(value, STR("Promotional")) && !str_eq(value, STR("Transactional"))) {
        call_fail(c, AWS_INVALID_PARAMETER, "DefaultSMSType is invalid");
    }
    return !call_failed(c);
}

void sms_set_attributes(struct call *c)
{
    const struct json *map = json_get(c->input, STR("attributes"));
    for (const struct json *at = map == NULL ? NULL : map->first; at != NULL; at = at->next) {
        if (!check_attribute(c, at->key, json_str(at))) {
            return;
        }
    }
    for (const struct json *at = map == NULL ? NULL : map->first; at != NULL; at = at->next) {
        text_list_set(&sns_of(c)->sms, sns_of(c)->arena, at->key, json_str(at));
    }
}

static bool is_asked_for(const struct json *names, struct str name)
{
    if (names == NULL || names->count == 0) {
        return true;
    }
    const struct json *at = names->first;
    while (at != NULL && !str_eq(json_str(at), name)) {
        at = at->next;
    }
    return at != NULL;
}

void sms_get_attributes(struct call *c)
{
    const struct json *names = json_get(c->input, STR("attributes"));
    struct json *map = call_out(c, "attributes", JSON_IS_OBJECT);
    for (const struct text_item *at = sns_of(c)->sms.first; at != NULL; at = at->next) {
        if (is_asked_for(names, at->name)) {
            json_set_str(c->arena, map, str_z(c->arena, at->name), str_copy(c->arena, at->value));
        }
    }
}

static bool check_phone(struct call *c)
{
    if (!endpoint_is_phone(call_str(c, "phoneNumber"), false)) {
        sns_fail_parameter(c, "PhoneNumber Reason: input incorrectly formatted");
    }
    return !call_failed(c);
}

void sms_is_opted_out(struct call *c)
{
    if (check_phone(c)) {
        call_out_bool(c, "isOptedOut", false);
    }
}

void sms_opt_in(struct call *c)
{
    (void)check_phone(c);
}

void sms_list_opted_out(struct call *c)
{
    (void)call_out(c, "phoneNumbers", JSON_IS_ARRAY);
}
