/* endpoint.h -- The protocols of SNS, and what an endpoint has to look like for each of them. */
#ifndef AFORO_EMULATOR_SNS_ENDPOINT_H
#define AFORO_EMULATOR_SNS_ENDPOINT_H

#include "sns_state.h"

enum endpoint_kind {
    ENDPOINT_POSTED, /* http, https: asked to confirm, and told, by POST */
    ENDPOINT_MAILED, /* email, email-json: would be asked by mail */
    ENDPOINT_OF_AWS, /* sqs, lambda, firehose, sms, application: confirmed at once */
};
/* false: the call has failed: SNS has no such protocol. */
bool endpoint_kind_of(struct call *c, struct str protocol, enum endpoint_kind *ret_kind);
/* false: the call has failed. */
bool endpoint_check(struct call *c, struct str protocol, struct str endpoint);
/* Whether the protocol, and the queue, fit a topic's kind; false: the call has failed. */
bool endpoint_fits_topic(struct call *c, const struct topic *t, struct str protocol,
                         struct str endpoint);
/* "+4917..." in digits, with single . / - between them where `loose`. */
bool endpoint_is_phone(struct str number, bool loose);
/* arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME, none of them empty */
bool endpoint_is_arn_of(struct str arn, const char *service);

#endif
