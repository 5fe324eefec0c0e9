/* lifecycle_run.c -- One timer for all buckets. When it fires, everything in buckets with rules is
 * looked at once; what is due is done, and the timer is set for the earliest that is not.
 * DIFFERS s3-lifecycle-2: what is due is done at that midnight; AWS takes up to days, and only
 * stops billing then. */
#include "lifecycle_run.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "bucket_config.h"
#include "bucket_event.h"
#include "emulator/core/service.h"
#include "object_lock.h"
#include "s3_handlers.h"
#include "version.h"

#define KIND "Lifecycle"
#define MINIMUM                                                                                    \
    "LifecycleMinimum/" /* x-amz-transition-default-minimum-object-size, as it was put */
#define DEFAULT_MINIMUM STR("all_storage_classes_128K")

struct run {
    struct call call; /* nobody's: for what handlers use of one */
    struct s3 *s3;
    struct bucket *bucket;
    const struct json *rules;
    bool small_stay;
    int64_t next_us;
};

static bool small_stay(const struct bucket *b)
{
    struct str said = bucket_config_text(b, STR(MINIMUM));
    return said.len == 0 || str_eq(said, DEFAULT_MINIMUM);
}

/* ---- one step ---- */

/* AWS s3-lifecycle-expire-1: a current version expires as a DeleteObject would: a versioned bucket
 * gets a delete marker. */
static void expire_current(struct run *r, struct object *o)
{
    struct call *c = &r->call;
    struct bucket *b = r->bucket;
    if (o->is_marker || b->versioning == VERSIONING_OFF) {
        bucket_event(c, b, o, "LifecycleExpiration:Delete");
        version_remove(r->s3, b, o);
        return;
    }
    struct object facts = {.key = str_copy(c->arena, o->key),
                           .version = version_new_id(c, b),
                           .is_marker = true,
                           .modified_us = c->now_us};
    struct object *marker = object_new(r->s3, &facts);
    version_store(r->s3, b, marker);
    bucket_event(c, b, marker, "LifecycleExpiration:DeleteMarkerCreated");
}

static void take_step(struct run *r, const struct lifecycle_version *v,
                      const struct lifecycle_step *step)
{
    struct object *o = (struct object *)(uintptr_t)v->object;
    if (step->action == LIFECYCLE_TRANSITION) {
        o->storage = step->to;
        bucket_event(&r->call, r->bucket, o, "LifecycleTransition");
    } else if (v->newer == NULL) {
        expire_current(r, o);
    } else {
        bucket_event(&r->call, r->bucket, o, "LifecycleExpiration:Delete");
        version_remove(r->s3, r->bucket, o);
    }
}

/* A version that is locked is looked at again when its retention ends; a hold has no end. */
static int64_t freed_us(const struct run *r, const struct lifecycle_version *v)
{
    const struct object *o = v->object;
    bool leaves = v->newer != NULL || r->bucket->versioning == VERSIONING_OFF;
    if (!leaves || object_lock_frees(o, false, r->call.now_us)) {
        return r->call.now_us;
    }
    return o->legal_hold ? INSTANT_NEVER : o->retain_until_us;
}

/* Takes what is due of one version; false: it is gone, or its chain has changed. */
static bool run_version(struct run *r, const struct lifecycle_version *v)
{
    for (;;) {
        struct lifecycle_step step =
            lifecycle_of_version(r->rules, v, r->small_stay, r->call.arena);
        int64_t at_us = step.at_us;
        if (step.action == LIFECYCLE_EXPIRE && at_us <= r->call.now_us) {
            at_us = freed_us(r, v);
        }
        if (at_us > r->call.now_us) {
            r->next_us = at_us < r->next_us ? at_us : r->next_us;
            return true;
        }
        take_step(r, v, &step);
        if (step.action == LIFECYCLE_EXPIRE) {
            return false;
        }
    }
}

/* The older ones first: an expiring current version makes itself noncurrent from now on. */
static void run_key(struct run *r, struct str key)
{
    struct object *newer = tree_get(r->bucket->objects, key);
    size_t noncurrent = 0;
    while (newer != NULL && newer->older != NULL) {
        struct lifecycle_version v = {
            .object = newer->older, .newer = newer, .noncurrent = noncurrent};
        if (run_version(r, &v)) {
            newer = newer->older;
            noncurrent++;
        }
    }
    struct object *current = tree_get(r->bucket->objects, key);
    struct lifecycle_version v = {.object = current};
    while (current != NULL && !run_version(r, &v)) {
        struct object *now = tree_get(r->bucket->objects, key);
        v.object = now == current ? NULL : now; /* a marker may go in its turn */
        current = (struct object *)(uintptr_t)v.object;
    }
}

/* ---- everything ---- */

static void run_uploads(struct run *r)
{
    const struct tree_entry *at = tree_seek(r->s3->uploads, STR_EMPTY, false);
    while (at != NULL) {
        struct upload *u = at->value;
        struct str id = str_copy(r->call.arena, at->key);
        if (u->bucket == r->bucket) {
            struct lifecycle_step step = lifecycle_of_upload(r->rules, u);
            if (step.at_us <= r->call.now_us) {
                upload_free(r->s3, u);
            } else {
                r->next_us = step.at_us < r->next_us ? step.at_us : r->next_us;
            }
        }
        at = tree_seek(r->s3->uploads, id, true);
    }
}

static void run_bucket(struct run *r)
{
    struct arena *outer = r->call.arena;
    r->rules = json_get(bucket_config_read(&r->call, r->bucket, KIND), STR("Rules"));
    r->small_stay = small_stay(r->bucket);
    r->call.account = r->bucket->owner;
    r->call.region = r->bucket->region;
    if (r->rules == NULL) {
        return;
    }
    r->call.arena = arena_new("lifecycle of a key", ARENA_TASK_BYTES_MAX);
    struct str key;
    char room[S3_KEY_BYTES_MAX];
    const struct tree_entry *at = tree_seek(r->bucket->objects, STR_EMPTY, false);
    for (; at != NULL; at = tree_seek(r->bucket->objects, key, true)) {
        for (size_t i = 0; i < at->key.len; i++) {
            room[i] = at->key.ptr[i];
        }
        key = str_n(room, at->key.len);
        run_key(r, key);
        arena_reset(r->call.arena);
    }
    run_uploads(r);
    arena_free(r->call.arena);
    r->call.arena = outer;
}

static void fire(struct core *core, void *arg, int64_t now_us);

static void wake_at(struct core *core, struct s3 *s3, int64_t at_us)
{
    if (at_us != INSTANT_NEVER && (s3->lifecycle_us == 0 || at_us < s3->lifecycle_us)) {
        s3->lifecycle_us = at_us;
        core_timer(core, at_us, fire, s3);
    }
}

static void fire(struct core *core, void *arg, int64_t now_us)
{
    struct s3 *s3 = arg;
    if (now_us != s3->lifecycle_us) {
        return; /* an earlier one took its place */
    }
    s3->lifecycle_us = 0;
    struct arena *a = arena_new("lifecycle", ARENA_TASK_BYTES_MAX);
    struct run r = {.call = {.core = core, .state = s3, .arena = a, .now_us = now_us},
                    .s3 = s3,
                    .next_us = INSTANT_NEVER};
    r.call.request_id = core_uuid(core, a);
    const struct tree_entry *at = tree_seek(s3->buckets, STR_EMPTY, false);
    for (; at != NULL; at = tree_seek(s3->buckets, at->key, true)) {
        r.bucket = at->value;
        run_bucket(&r);
    }
    wake_at(core, s3, r.next_us);
    arena_free(a);
}

void lifecycle_touch(struct call *c, const struct bucket *b)
{
    if (bucket_config_text(b, STR(KIND "/")).len > 0) {
        wake_at(c->core, s3_of(c), instant_floor(c->now_us, US_PER_DAY) + US_PER_DAY);
    }
}

/* ---- told ---- */

static const struct json *rules_of(struct call *c, const struct bucket *b)
{
    return bucket_config_text(b, STR(KIND "/")).len == 0
               ? NULL
               : json_get(bucket_config_read(c, b, KIND), STR("Rules"));
}

/* AWS s3-expiration-header-1: which rule will expire the object, and when. */
void lifecycle_out(struct call *c, const struct bucket *b, const struct object *o)
{
    const struct json *rules = rules_of(c, b);
    struct lifecycle_version v = {.object = o};
    if (rules == NULL || tree_get(b->objects, o->key) != o) {
        return;
    }
    struct lifecycle_step step = lifecycle_of_version(rules, &v, true, c->arena);
    struct object later = *o; /* as if it were in the coldest class: no transition comes first */
    if (step.action == LIFECYCLE_TRANSITION) {
        later.storage = STORAGE_DEEP_ARCHIVE;
        v.object = &later;
        step = lifecycle_of_version(rules, &v, true, c->arena);
    }
    if (step.action == LIFECYCLE_EXPIRE) {
        struct buf text, id;
        buf_init(&text, c->arena, 2 * KIB);
        buf_init(&id, c->arena, KIB);
        encode_percent(&id, step.rule_id, false);
        buf_add_z(&text, "expiry-date=\"");
        instant_http(&text, step.at_us);
        buf_addf(&text, "\", rule-id=\"%.*s\"", STR_ARG(buf_str(&id)));
        call_out_str(c, "Expiration", buf_str(&text));
    }
}

void lifecycle_out_upload(struct call *c, const struct upload *u)
{
    struct lifecycle_step step = lifecycle_of_upload(rules_of(c, u->bucket), u);
    if (step.action == LIFECYCLE_EXPIRE) {
        call_out_i64(c, "AbortDate", step.at_us);
        call_out_str(c, "AbortRuleId", step.rule_id);
    }
}

/* ---- the configuration ---- */

/* AWS s3-lifecycle-id-1: a rule without an ID gets one. */
static void name_rules(struct call *c)
{
    const struct json *rules = json_at(c->input, "LifecycleConfiguration.Rules");
    for (struct json *at = rules == NULL ? NULL : rules->first; at != NULL; at = at->next) {
        if (json_is(at, JSON_IS_OBJECT) && json_str(json_get(at, STR("ID"))).len == 0) {
            struct str id = hash_sha256_hex(c->arena, core_uuid(c->core, c->arena));
            json_set_str(c->arena, at, "ID", str_slice(id, 0, 48));
        }
    }
}

void lifecycle_put(struct call *c)
{
    struct str minimum = call_str(c, "TransitionDefaultMinimumObjectSize");
    bool known = minimum.len == 0 || str_eq(minimum, DEFAULT_MINIMUM) ||
                 str_eq(minimum, STR("varies_by_storage_class"));
    if (!known) {
        s3_fail_argument(c, "x-amz-transition-default-minimum-object-size", minimum,
                         "Invalid TransitionDefaultMinimumObjectSize found: it must be "
                         "all_storage_classes_128K or varies_by_storage_class");
        return;
    }
    name_rules(c);
    bucket_config_put(c);
    if (call_failed(c)) {
        return;
    }
    struct bucket *b = tree_get(s3_of(c)->buckets, call_str(c, "Bucket"));
    minimum = minimum.len == 0 ? DEFAULT_MINIMUM : minimum;
    bucket_config_write(s3_of(c), b, STR(MINIMUM), minimum);
    lifecycle_touch(c, b);
    call_out_str(c, "TransitionDefaultMinimumObjectSize", minimum);
}

void lifecycle_get(struct call *c)
{
    bucket_config_get(c);
    if (!call_failed(c)) {
        const struct bucket *b = tree_get(s3_of(c)->buckets, call_str(c, "Bucket"));
        struct str minimum = bucket_config_text(b, STR(MINIMUM));
        call_out_str(c, "TransitionDefaultMinimumObjectSize",
                     minimum.len == 0 ? DEFAULT_MINIMUM : str_copy(c->arena, minimum));
    }
}
