#include "stream.h"
#include "fan_out.h"

#include <string.h>

void *kinesis_store_new(struct core *core, struct arena *a)
{
    struct kinesis_store *k = NEW(a, struct kinesis_store);
    k->core = core;
    k->arena = a;
    k->by_key = tree_new(a);
    k->accounts = tree_new(a);
    return k;
}

void kinesis_store_done(void *store)
{
    const struct kinesis_store *k = store;
    for (size_t i = 0; i < k->count; i++) {
        for (size_t j = 0; k->all[i] != NULL && j < k->all[i]->shard_count; j++) {
            shard_drop(k->all[i]->shards[j]);
        }
    }
}

/* ---- status ---- */

static bool stream_is_gone(const struct stream *s, int64_t now_us)
{
    return now_us >= s->gone_at_us;
}

enum stream_status stream_status(const struct stream *s, int64_t now_us)
{
    if (s->gone_at_us != INSTANT_NEVER) {
        return STREAM_DELETING;
    }
    return now_us < s->active_at_us        ? STREAM_CREATING
           : now_us < s->updating_until_us ? STREAM_UPDATING
                                           : STREAM_ACTIVE;
}

/* AWS kinesis-reshard-1: reading and writing go on while a stream is UPDATING. */
bool stream_is_usable(const struct stream *s, int64_t now_us)
{
    enum stream_status status = stream_status(s, now_us);
    return status == STREAM_ACTIVE || status == STREAM_UPDATING;
}

const char *stream_status_name(enum stream_status status)
{
    static const char *const names[] = {"CREATING", "ACTIVE", "UPDATING", "DELETING"};
    return names[status];
}

/* ---- finding ---- */

static void stream_drop(struct kinesis_store *k, struct stream *s)
{
    for (size_t i = 0; i < s->shard_count; i++) {
        subscriptions_wake(k->core, s->shards[i]);
        shard_drop(s->shards[i]);
    }
    k->all[s->uid] = NULL;
    (void)tree_remove(k->by_key, s->key);
}

struct stream *stream_find_key(struct kinesis_store *k, struct str key, int64_t now_us)
{
    struct stream *s = tree_get(k->by_key, key);
    if (s != NULL && stream_is_gone(s, now_us)) {
        stream_drop(k, s);
        return NULL;
    }
    return s;
}

static struct str stream_key(struct arena *a, struct str account, struct str region,
                             struct str name)
{
    return str_printf(a, "%.*s/%.*s/%.*s", STR_ARG(account), STR_ARG(region), STR_ARG(name));
}

#define STREAM_KEY_BYTES_MAX 512

/* "account/region/name" at `to`; 0: longer than any that was created. */
static size_t key_write(struct str account, struct str region, struct str name,
                        char to[STREAM_KEY_BYTES_MAX])
{
    const struct str parts[] = {account, STR("/"), region, STR("/"), name};
    size_t len = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].len >= STREAM_KEY_BYTES_MAX - len) {
            return 0;
        }
        if (parts[i].len > 0) {
            memcpy(to + len, parts[i].ptr, parts[i].len);
        }
        len += parts[i].len;
    }
    return len;
}

struct stream *stream_find(struct kinesis_store *k, struct str account, struct str region,
                           struct str name, int64_t now_us)
{
    char key[STREAM_KEY_BYTES_MAX];
    size_t len = key_write(account, region, name, key);
    return len == 0 ? NULL : stream_find_key(k, str_n(key, len), now_us);
}

struct stream *stream_next(struct kinesis_store *k, struct str account, struct str region,
                           struct str after, int64_t now_us)
{
    char from[STREAM_KEY_BYTES_MAX];
    size_t len = key_write(account, region, after, from);
    if (len == 0) {
        return NULL;
    }
    struct str prefix = str_n(from, len - after.len);
    struct str key = str_n(from, len);
    const struct tree_entry *entry;
    while ((entry = tree_seek(k->by_key, key, true)) != NULL && str_starts(entry->key, prefix)) {
        struct stream *s = entry->value;
        if (!stream_is_gone(s, now_us)) {
            return s;
        }
        stream_drop(k, s);
    }
    return NULL;
}

struct stream_usage stream_usage(struct kinesis_store *k, struct str account, struct str region,
                                 int64_t now_us)
{
    struct stream_usage usage = {0};
    struct stream *s = stream_next(k, account, region, STR_EMPTY, now_us);
    for (; s != NULL; s = stream_next(k, account, region, s->name, now_us)) {
        usage.open_shards += s->on_demand ? 0 : s->open_count;
        usage.on_demand_streams += s->on_demand;
        usage.creating += stream_status(s, now_us) == STREAM_CREATING;
    }
    return usage;
}

/* ---- creating and deleting ---- */

/* A stream that is being created or deleted changes its state by the clock alone; the timer makes
 * it an event, so that a clock that jumps from timer to timer stops there. */
static void stream_settle(struct core *core, void *arg, int64_t now_us)
{
    (void)core;
    struct kinesis_store *k = arg;
    for (size_t i = 0; i < k->count; i++) {
        struct stream *s = k->all[i];
        if (s != NULL && stream_is_gone(s, now_us)) {
            stream_drop(k, s);
        } else if (s != NULL && s->step_count > 0 && now_us >= s->updating_until_us) {
            stream_reshard(k, s, now_us);
        }
    }
}

static void store_add(struct kinesis_store *k, struct stream *s)
{
    if (k->count == k->cap) {
        size_t cap = k->cap == 0 ? 16 : k->cap * 2;
        struct stream **grown = NEW_ARRAY(k->arena, struct stream *, cap);
        if (k->count > 0) {
            memcpy(grown, k->all, k->count * sizeof(*grown));
        }
        arena_recycle(k->arena, k->all, k->cap * sizeof(*grown));
        k->all = grown;
        k->cap = cap;
    }
    s->uid = (uint32_t)k->count;
    k->all[k->count++] = s;
    tree_put(k->by_key, s->key, s);
}

struct stream *stream_create(struct kinesis_store *k, const struct stream_options *options,
                             int64_t now_us)
{
    struct stream *s = NEW(k->arena, struct stream);
    s->account = str_copy(k->arena, options->account);
    s->region = str_copy(k->arena, options->region);
    s->name = str_copy(k->arena, options->name);
    s->key = stream_key(k->arena, s->account, s->region, s->name);
    resource_init(&s->resource, k->arena,
                  str_printf(k->arena, "arn:aws:kinesis:%.*s:%.*s:stream/%.*s", STR_ARG(s->region),
                             STR_ARG(s->account), STR_ARG(s->name)));
    s->consumers = tree_new(k->arena);
    s->created_us = now_us;
    /* DIFFERS kinesis-create-stream-1: AWS takes seconds to minutes; here it is half a second of
     * the clock. */
    s->active_at_us = now_us + KINESIS_TRANSITION_US;
    s->gone_at_us = INSTANT_NEVER;
    s->on_demand = options->on_demand;
    s->retention_us = KINESIS_RETENTION_HOURS_MIN * US_PER_HOUR;
    s->record_bytes_max = options->record_bytes_max;
    stream_add_shards(k, s, options->shard_count, now_us);
    store_add(k, s);
    core_timer(k->core, s->active_at_us, stream_settle, k);
    return s;
}

void stream_delete(struct kinesis_store *k, struct stream *s, int64_t now_us)
{
    s->gone_at_us = now_us + KINESIS_TRANSITION_US;
    core_timer(k->core, s->gone_at_us, stream_settle, k);
}

void stream_update(struct kinesis_store *k, struct stream *s, int64_t now_us)
{
    s->updating_until_us = now_us + KINESIS_TRANSITION_US;
    core_timer(k->core, s->updating_until_us, stream_settle, k);
}

void stream_trim(struct stream *s, int64_t now_us)
{
    for (size_t i = 0; i < s->shard_count; i++) {
        shard_trim(s->shards[i], s->retention_us, now_us);
    }
}

/* ---- what a call names ---- */

void stream_refuse_missing(struct call *c, struct str account, struct str name)
{
    call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION, "Stream %.*s under account %.*s not found.",
              STR_ARG(name), STR_ARG(account));
}

void stream_refuse_shard(struct call *c, const struct stream_name *n, uint32_t shard)
{
    call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION,
              "Shard shardId-%012u in stream %.*s under account %.*s does not exist", shard,
              STR_ARG(n->name), STR_ARG(n->account));
}

/* arn:aws:kinesis:region:account:stream/name */
static bool arn_split(struct str arn, struct stream_name *ret_name)
{
    struct str parts[6], rest = arn;
    for (size_t i = 0; i < 5; i++) {
        if (!str_split(rest, ':', &parts[i], &rest)) {
            return false;
        }
    }
    if (!str_starts(parts[1], STR("aws")) || !str_eq(parts[0], STR("arn")) ||
        !str_eq(parts[2], STR("kinesis")) || !str_starts(rest, STR("stream/"))) {
        return false;
    }
    *ret_name = (struct stream_name){
        .region = parts[3], .account = parts[4], .name = str_from(rest, sizeof("stream/") - 1)};
    return true;
}

/* arn:aws.*:kinesis:.*:\d{12}:stream/\S+ */
bool stream_arn_is_plain(struct str arn)
{
    struct stream_name n;
    if (arn.ptr == NULL) {
        return true;
    }
    if (arn.len > STREAM_ARN_BYTES_MAX || !str_starts(arn, STR("arn:aws")) || !arn_split(arn, &n) ||
        n.account.len != 12 || n.name.len == 0) {
        return false;
    }
    bool plain = true;
    for (size_t i = 0; i < n.account.len; i++) {
        plain = plain && n.account.ptr[i] >= '0' && n.account.ptr[i] <= '9';
    }
    for (size_t i = 0; i < n.name.len; i++) {
        plain = plain && (unsigned char)n.name.ptr[i] > ' ';
    }
    return plain;
}

bool stream_named(struct call *c, struct str name, struct str arn, struct stream_name *ret_name)
{
    struct stream_name n = {.account = c->account, .region = c->region, .name = name};
    if (arn.len > 0 && !arn_split(arn, &n)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "StreamARN %.*s is not the ARN of a stream.",
                  STR_ARG(arn));
        return false;
    }
    if (name.len > 0 && !str_eq(name, n.name)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "StreamName %.*s and StreamARN %.*s name different streams.", STR_ARG(name),
                  STR_ARG(arn));
        return false;
    }
    if (n.name.len == 0) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Either StreamName or StreamARN must be provided.");
        return false;
    }
    *ret_name = n;
    return true;
}

struct stream *stream_of(struct call *c, struct str name, struct str arn)
{
    struct stream_name n;
    if (!stream_named(c, name, arn, &n)) {
        return NULL;
    }
    struct stream *s = stream_find(c->state, n.account, n.region, n.name, c->now_us);
    if (s == NULL) {
        stream_refuse_missing(c, n.account, n.name);
    }
    return s;
}

struct stream *stream_for_data(struct call *c, struct str name, struct str arn)
{
    struct stream *s = stream_of(c, name, arn);
    if (s != NULL && !stream_is_usable(s, c->now_us)) {
        stream_refuse_missing(c, s->account, s->name);
        return NULL;
    }
    return s;
}

static struct stream *stream_in_use(struct call *c, const struct stream *s)
{
    call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
              "Stream %.*s under account %.*s not ACTIVE, instead in state %s", STR_ARG(s->name),
              STR_ARG(s->account), stream_status_name(stream_status(s, c->now_us)));
    return NULL;
}

struct stream *stream_for_reading(struct call *c, struct str name, struct str arn)
{
    struct stream *s = stream_of(c, name, arn);
    return s == NULL || stream_is_usable(s, c->now_us) ? s : stream_in_use(c, s);
}

struct stream *stream_for_change(struct call *c, struct str name, struct str arn)
{
    struct stream *s = stream_of(c, name, arn);
    return s == NULL || stream_status(s, c->now_us) == STREAM_ACTIVE ? s : stream_in_use(c, s);
}
