/* kinesis_call.h -- What the operations of Kinesis share: the handlers, refusals, and reading raw
 * requests. */
#ifndef AFORO_EMULATOR_KINESIS_KINESIS_CALL_H
#define AFORO_EMULATOR_KINESIS_KINESIS_CALL_H

#include "position_token.h"
#include "stream.h"

/* stream_operations.c */
void create_stream(struct call *c);
void delete_stream(struct call *c);
void describe_stream(struct call *c);
void describe_stream_summary(struct call *c);
void list_streams(struct call *c);
void describe_limits(struct call *c);
void increase_retention(struct call *c);
void decrease_retention(struct call *c);
/* shard_operations.c */
void list_shards(struct call *c);
void get_shard_iterator(struct call *c);
/* The shard that a call names, by number; false: refused, in the words for stream `n`. */
bool shard_number_of(struct call *c, struct str id, const struct stream_name *n,
                     uint32_t *ret_number);
void shard_write(struct call *c, struct json *object,
                 const struct shard *s); /* the model's Shard */
/* reshard.c */
void split_shard(struct call *c);
void merge_shards(struct call *c);
void update_shard_count(struct call *c);
/* resource_operations.c */
void add_tags_to_stream(struct call *c);
void remove_tags_from_stream(struct call *c);
void list_tags_for_stream(struct call *c);
void tag_resource(struct call *c);
void untag_resource(struct call *c);
void list_tags_for_resource(struct call *c);
void put_resource_policy(struct call *c);
void get_resource_policy(struct call *c);
void delete_resource_policy(struct call *c);
/* consumer.c */
void register_stream_consumer(struct call *c);
void describe_stream_consumer(struct call *c);
void list_stream_consumers(struct call *c);
void deregister_stream_consumer(struct call *c);
/* fan_out.c */
void subscribe_to_shard(struct call *c);
/* account.c */
void describe_account_settings(struct call *c);
void update_account_settings(struct call *c);
void update_stream_warm_throughput(struct call *c);
/* WarmThroughputMiBps of a stream that is, or becomes, on-demand: 0: not given; -1: refused. */
int64_t warm_throughput_wanted(struct call *c, bool on_demand);
/* "WarmThroughput" of a description, where there is one. */
void warm_throughput_write(struct call *c, struct json *object, const struct stream *s);
/* stream_settings.c */
void start_stream_encryption(struct call *c);
void stop_stream_encryption(struct call *c);
void enable_enhanced_monitoring(struct call *c);
void disable_enhanced_monitoring(struct call *c);
void update_stream_mode(struct call *c);
void update_max_record_size(struct call *c);
void metrics_write(struct call *c, struct json *list, unsigned metrics); /* their names */
/* put_records.c, get_records.c: raw; what comes before and after the lock, and what a prepared call
 * is about: a stream's name or ARN, an iterator */
void put_record_prepare(struct call *c);
void put_records_prepare(struct call *c);
void put_record(struct call *c);
void put_records(struct call *c);
struct str put_stream_name(const struct call *c);
void get_records_prepare(struct call *c);
void get_records(struct call *c);
void get_records_render(struct call *c);
struct str get_records_iterator(const struct call *c);

uint64_t kinesis_seed(const struct call *c);
bool kinesis_limited(const struct call *c); /* throughput and account limits are on */
/* Refuses by name a member that is not built; true: it is there and the call is refused. */
bool kinesis_unsupported(struct call *c, const char *member);
/* A raw request that the hot path could not read: reads it by the model and refuses with the
 * service's own words. */
void kinesis_explain(struct call *c);
/* A raw request as JSON, however it is spelt; false: it is not what the model says. */
bool kinesis_json(const struct call *c, struct str *ret_body);
/* A raw response: 200, JSON, compact. */
void kinesis_respond(struct call *c, struct str body);
/* Refuses what would pass the account's limit of shards. */
void kinesis_refuse_shards(struct call *c, size_t open_count, int64_t more);
/* The words for a shard over its limit; in `a`. */
struct str kinesis_rate_exceeded(struct arena *a, const struct stream *s,
                                 const struct shard *shard);

#endif
