/* sns_state.h -- What the emulated SNS holds: topics and subscriptions by ARN, messages by number.
 * A subscription's ARN begins with its topic's, so a topic's subscriptions are one run of the tree.
 */
#ifndef AFORO_EMULATOR_SNS_SNS_STATE_H
#define AFORO_EMULATOR_SNS_SNS_STATE_H

#include "base/limits.h"
#include "base/tree.h"
#include "emulator/core/service.h"
#include "text_list.h"

#define SNS_TOPICS_MAX 100000
#define SNS_SUBSCRIPTIONS_MAX 100000
#define SNS_PAGE 100
#define SNS_MESSAGE_BYTES_MAX (256 * KIB)

struct topic {
    struct str arn, name, owner; /* name and owner are parts of the ARN */
    struct text_list attributes; /* topic_attributes.h: what was set */
    struct text_list tags;
    bool fifo;
    uint64_t number;          /* from 1: no two topics have one, also when their names are equal */
    uint64_t sequence_number; /* fifo: the last that was given */
    uint64_t deleted_count;   /* subscriptions that went */
};
struct message_log;
struct sns {
    struct arena *arena;
    struct tree *topics;        /* ARN -> struct topic */
    struct tree *subscriptions; /* ARN -> struct subscription */
    struct tree *applications;  /* ARN -> struct platform_application */
    struct tree *endpoints;     /* ARN -> struct platform_endpoint */
    struct text_list sms;       /* attributes of text messages */
    struct message_log *log;
    struct recent_messages *recent; /* of FIFO topics */
    uint64_t topics_made;
};
struct sns *sns_of(const struct call *c);

/* NULL: the call has failed: NotFound, InvalidParameter. */
struct topic *sns_topic(struct call *c, struct str arn);
/* An ARN as a topic's has to be for this call; false: the call has failed. */
bool sns_check_topic_arn(struct call *c, struct str arn);
bool sns_arn_is_valid(struct str arn);
/* "arn:aws:sns:<region>:<account>:" of the call. */
struct str sns_arn_prefix(const struct call *c);
void sns_fail_parameter(struct call *c,
                        const char *what); /* InvalidParameter "Invalid parameter: <what>" */
/* The same for what is no ARN: false. `member`: where it came. */
bool sns_check_arn(struct call *c, const char *member, struct str arn);
void sns_fail_unbuilt(struct call *c, const char *what,
                      struct str name); /* NotImplemented, by name */
void sns_text_free(struct sns *sns, struct str text);
struct json *sns_new_item(struct call *c, struct json *list);

/* Walks ARNs that begin with `prefix`, a page at a time: for ListTopics and the two lists of
 * subscriptions. */
struct sns_page {
    struct str prefix, after; /* after: the last of the page before; empty: none */
    size_t left;
};
bool sns_page_begin(struct call *c, struct str prefix,
                    struct sns_page *ret_page); /* false: NextToken is not ours */
const struct tree_entry *sns_page_next(struct call *c, struct sns_page *p, const struct tree *t);

#endif
