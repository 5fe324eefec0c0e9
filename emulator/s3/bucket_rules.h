/* bucket_rules.h -- What S3 asks of a configuration beyond its model. */
#ifndef AFORO_EMULATOR_S3_BUCKET_RULES_H
#define AFORO_EMULATOR_S3_BUCKET_RULES_H

#include "s3_state.h"

/* false: the call has failed. */
typedef bool bucket_rule_fn(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_cors(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_lifecycle(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_logging(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_tagging(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_protocols(struct call *c); /* of a website, before its model is asked */
bool bucket_rule_website(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_encryption(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_accelerate(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_id(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_inventory(struct call *c, const struct bucket *b, const struct json *document);
bool bucket_rule_ownership(struct call *c, const struct bucket *b, const struct json *document);
/* Gives the rules that have no ID one, in the document. */
bool bucket_rule_replication(struct call *c, const struct bucket *b, const struct json *document);

#endif
