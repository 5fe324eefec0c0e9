/* message_check.h -- One message as Publish or an entry of PublishBatch brings it, and SNS's rules
 * for it. */
#ifndef AFORO_EMULATOR_SNS_MESSAGE_CHECK_H
#define AFORO_EMULATOR_SNS_MESSAGE_CHECK_H

#include "sns_state.h"

struct message {
    struct str text, subject;
    bool has_subject;
    const struct json
        *by_protocol; /* MessageStructure json: texts by protocol; NULL: one text for all */
    struct str group_id, deduplication_id; /* of FIFO topics; the second empty: by content */
    const struct json
        *attributes; /* map of name -> {DataType, StringValue | BinaryValue}; or NULL */
    size_t bytes;    /* what counts against the 256 KiB */
};
struct message_fault {
    enum aws_error_id error; /* AWS_OK: none */
    struct str reason;
};
/* Reads and judges `entry`, an OBJECT of Message, Subject, MessageStructure, MessageAttributes and
 * the two ids, for a topic; NULL: for a phone or a device. */
struct message_fault message_read(const struct topic *t, const struct json *entry, struct arena *a,
                                  struct message *ret_message);
/* The text for a protocol ("http"). */
struct str message_text_for(const struct message *m, struct str protocol);

#endif
