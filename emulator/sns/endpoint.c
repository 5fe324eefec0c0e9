/* endpoint.c -- One table of protocols.
 * DIFFERS sns-protocols-1: only http and https are told of messages; for the others subscriptions
 * are kept, and what would have been delivered leaves a line in the ledger: sns DropDelivery. No
 * mail asks to confirm, so that subscriptions of email stay pending. */
#include "endpoint.h"

#define PHONE_DIGITS_MAX 15

static const struct {
    const char *protocol;
    enum endpoint_kind kind;
    const char *service; /* the endpoint is an ARN of it */
    const char *refusal;
} table[] = {
    {"http", ENDPOINT_POSTED, NULL, NULL},
    {"https", ENDPOINT_POSTED, NULL, NULL},
    {"email", ENDPOINT_MAILED, NULL, NULL},
    {"email-json", ENDPOINT_MAILED, NULL, NULL},
    {"sms", ENDPOINT_OF_AWS, NULL, NULL},
    {"application", ENDPOINT_OF_AWS, NULL, NULL},
    {"sqs", ENDPOINT_OF_AWS, "sqs", "SQS endpoint ARN"},
    {"lambda", ENDPOINT_OF_AWS, "lambda", "Lambda endpoint ARN"},
    {"firehose", ENDPOINT_OF_AWS, "firehose", "Firehose endpoint ARN"},
};
#define PROTOCOLS (sizeof table / sizeof table[0])

static size_t place_of(struct str protocol)
{
    size_t i = 0;
    while (i < PROTOCOLS && !str_eq(protocol, str_of(table[i].protocol))) {
        i++;
    }
    return i;
}

bool endpoint_kind_of(struct call *c, struct str protocol, enum endpoint_kind *ret_kind)
{
    size_t i = place_of(protocol);
    if (i == PROTOCOLS) {
        call_fail(c, AWS_INVALID_PARAMETER,
                  "Invalid parameter: Amazon SNS does not support this protocol string: %.*s",
                  STR_ARG(protocol));
        return false;
    }
    *ret_kind = table[i].kind;
    return true;
}

bool endpoint_is_arn_of(struct str arn, const char *service)
{
    struct str rest = arn, part;
    for (size_t i = 0; i < 5; i++) {
        if (!str_split(rest, ':', &part, &rest) || part.len == 0 ||
            (i == 0 && !str_eq(part, STR("arn"))) || (i == 2 && !str_eq(part, str_of(service)))) {
            return false;
        }
    }
    return rest.len > 0;
}

/* AWS sns-phone-1: E.164, and among the digits dots, slashes and hyphens that stand alone. */
bool endpoint_is_phone(struct str number, bool loose)
{
    size_t digits = 0;
    bool mark = true; /* the last one was no digit */
    struct str rest = str_starts(number, STR("+")) ? str_from(number, 1) : number;
    for (size_t i = 0; i < rest.len; i++) {
        char ch = rest.ptr[i];
        bool digit = ch >= '0' && ch <= '9', between = ch == '.' || ch == '/' || ch == '-';
        if ((!digit && !(loose && between && !mark)) || (digit && digits == 0 && ch == '0')) {
            return false;
        }
        digits += digit;
        mark = !digit;
    }
    return !mark && digits >= 2 && digits <= PHONE_DIGITS_MAX;
}

static void check_url(struct call *c, struct str protocol, struct str endpoint)
{
    struct str start = str_printf(c->arena, "%.*s://", STR_ARG(protocol));
    struct str scheme, host, path, query;
    struct diag d = DIAG_INIT;
    if (!str_starts_nocase(endpoint, start)) {
        sns_fail_parameter(c, "Endpoint must match the specified protocol");
    } else if (http_url_parse(endpoint, &scheme, &host, &path, &query, &d) != ERR_OK) {
        sns_fail_parameter(c, "HTTP(S) endpoint");
    }
}

static bool is_mail(struct str endpoint)
{
    struct str name, host;
    return str_split(endpoint, '@', &name, &host) && name.len > 0 && host.len > 0 &&
           !str_contains(host, STR("@")) && !str_contains(endpoint, STR(" "));
}

bool endpoint_check(struct call *c, struct str protocol, struct str endpoint)
{
    size_t i = place_of(protocol);
    ASSERT(i < PROTOCOLS);
    if (endpoint.len == 0) {
        sns_fail_parameter(c, "Endpoint");
    } else if (table[i].kind == ENDPOINT_POSTED) {
        check_url(c, protocol, endpoint);
    } else if (table[i].kind == ENDPOINT_MAILED && !is_mail(endpoint)) {
        sns_fail_parameter(c, "Email address");
    } else if (table[i].service != NULL && !endpoint_is_arn_of(endpoint, table[i].service)) {
        sns_fail_parameter(c, table[i].refusal);
    } else if (str_eq(protocol, STR("sms")) && !endpoint_is_phone(endpoint, true)) {
        call_fail(c, AWS_INVALID_PARAMETER, "Invalid SMS endpoint: %.*s",
                  STR_ARG(str_slice(endpoint, 0, 256)));
    } else if (str_eq(protocol, STR("application")) &&
               tree_get(sns_of(c)->endpoints, endpoint) == NULL) {
        call_fail(
            c, AWS_INVALID_PARAMETER, /* no blank in SNS's own words either */
            "Invalid parameter: Endpoint Reason: Endpoint does not exist for endpoint arn%.*s",
            STR_ARG(str_slice(endpoint, 0, 256)));
    }
    return !call_failed(c);
}

/* AWS sns-fifo-4: FIFO topics tell queues alone, and standard topics no FIFO queue. */
bool endpoint_fits_topic(struct call *c, const struct topic *t, struct str protocol,
                         struct str endpoint)
{
    bool queue = str_eq(protocol, STR("sqs"));
    if (t->fifo && !queue) {
        call_fail(c, AWS_INVALID_PARAMETER, "Invalid parameter: Invalid protocol type: %.*s",
                  STR_ARG(protocol));
    } else if (!t->fifo && queue && str_ends(endpoint, STR(".fifo"))) {
        sns_fail_parameter(c, "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
                              "subscribed to standard SNS topics");
    }
    return !call_failed(c);
}
