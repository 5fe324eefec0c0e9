/* sns_handlers.h -- The operations of SNS that are built, one function each; sns_service.c lists
 * them for the core. */
#ifndef AFORO_EMULATOR_SNS_SNS_HANDLERS_H
#define AFORO_EMULATOR_SNS_SNS_HANDLERS_H

#include "emulator/core/call.h"

/* topic.c */
void topic_create(struct call *c);
void topic_delete(struct call *c);
void topic_list(struct call *c);
/* topic_attributes.c, topic_policy.c, topic_tags.c */
void topic_get_attributes(struct call *c);
void topic_set_attributes(struct call *c);
void topic_add_permission(struct call *c);
void topic_remove_permission(struct call *c);
void topic_tags_add(struct call *c);
void topic_tags_remove(struct call *c);
void topic_tags_list(struct call *c);
/* subscribe.c, subscription_read.c */
void subscription_subscribe(struct call *c);
void subscription_confirm(struct call *c);
void subscription_unsubscribe(struct call *c);
void subscription_list(struct call *c);
void subscription_list_by_topic(struct call *c);
void subscription_get_attributes(struct call *c);
void subscription_set_attributes(struct call *c);
/* platform.c */
void platform_application_create(struct call *c);
void platform_application_get(struct call *c);
void platform_application_set(struct call *c);
void platform_application_list(struct call *c);
void platform_application_delete(struct call *c);
void platform_endpoint_create(struct call *c);
void platform_endpoint_get(struct call *c);
void platform_endpoint_set(struct call *c);
void platform_endpoint_delete(struct call *c);
void platform_endpoint_list(struct call *c);
/* text_message.c */
void sms_set_attributes(struct call *c);
void sms_get_attributes(struct call *c);
void sms_is_opted_out(struct call *c);
void sms_opt_in(struct call *c);
void sms_list_opted_out(struct call *c);
/* publish.c, publish_batch.c */
void publish(struct call *c);
void publish_batch(struct call *c);

#endif
