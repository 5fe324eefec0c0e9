/* object_restore.c -- RestoreObject. Nothing happens when a restore is ready or over: it is a
 * question of the time at which somebody asks.
 * DIFFERS s3-restore-1: a restore takes the longest documented time of its tier, to the second. */
#include "object_restore.h"
#include "base/instant.h"
#include "bucket_config.h"
#include "bucket_event.h"
#include "s3_handlers.h"
#include "version.h"

static bool is_restored(const struct object *o, int64_t now_us)
{
    return o->restore_ready_us != 0 && now_us >= o->restore_ready_us && now_us < o->restore_end_us;
}

static bool is_restoring(const struct object *o, int64_t now_us)
{
    return o->restore_ready_us > now_us;
}

bool object_is_readable(struct call *c, const struct object *o)
{
    if (!storage_class_is_archive(o->storage) || is_restored(o, c->now_us)) {
        return true;
    }
    call_fail(c, AWS_INVALID_OBJECT_STATE,
              "The operation is not valid for the object's storage class");
    call_fail_extra(c, "StorageClass", storage_class_name(o->storage));
    return false;
}

void object_restore_out(struct call *c, const struct object *o)
{
    if (o->storage != STORAGE_STANDARD) {
        call_out_str(c, "StorageClass", storage_class_name(o->storage));
    }
    if (is_restoring(o, c->now_us)) {
        call_out_str(c, "Restore", STR("ongoing-request=\"true\""));
    } else if (is_restored(o, c->now_us)) {
        struct buf text;
        buf_init(&text, c->arena, 128);
        buf_add_z(&text, "ongoing-request=\"false\", expiry-date=\"");
        instant_http(&text, o->restore_end_us);
        buf_add_char(&text, '"');
        call_out_str(c, "Restore", buf_str(&text));
    }
}

/* Minutes until an archive of a tier is back; 0: there is no such tier. */
static int64_t minutes_of(enum storage_class class, struct str tier)
{
    bool deep = class == STORAGE_DEEP_ARCHIVE;
    return str_eq(tier, STR("Expedited"))                   ? (deep ? 0 : 5)
           : str_eq(tier, STR("Bulk"))                      ? (deep ? 48 : 12) * 60
           : tier.len == 0 || str_eq(tier, STR("Standard")) ? (deep ? 12 : 5) * 60
                                                            : 0;
}

struct plan {
    int64_t days, minutes;
};

static bool read_plan(struct call *c, const struct object *o, struct plan *plan)
{
    const struct json *request = json_get(c->input, STR("RestoreRequest"));
    struct str tier = json_str(json_at(request, "GlacierJobParameters.Tier"));
    struct diag d = DIAG_INIT;
    if (json_get(request, STR("Type")) != NULL) {
        call_fail(c, AWS_NOT_IMPLEMENTED, "RestoreRequest.Type is not implemented");
        return false;
    }
    tier = tier.len > 0 ? tier : json_str(json_get(request, STR("Tier")));
    plan->minutes = minutes_of(o->storage, tier);
    if (json_i64(json_get(request, STR("Days")), &plan->days, &d) != ERR_OK || plan->days < 1 ||
        plan->days > 36500 || plan->minutes == 0) {
        s3_fail_xml(c);
        return false;
    }
    return true;
}

/* The copy goes at midnight UTC after its days. */
static int64_t end_of(int64_t from_us, int64_t days)
{
    return instant_floor(from_us + (days + 1) * US_PER_DAY - 1, US_PER_DAY);
}

void object_restore(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    struct plan plan;
    if (b == NULL || !s3_key(c, &key) || bucket_config_payload(c) == NULL) {
        return;
    }
    struct object *o = version_find(c, b, key, call_str(c, "VersionId"));
    if (o == NULL) {
        return;
    }
    if (!storage_class_is_archive(o->storage)) {
        call_fail(c, AWS_INVALID_OBJECT_STATE,
                  "Restore is not allowed for the object's current storage class");
        call_fail_extra(c, "StorageClass", storage_class_name(o->storage));
        return;
    }
    if (is_restoring(o, c->now_us)) {
        call_fail(c, AWS_RESTORE_ALREADY_IN_PROGRESS, "Object restore is already in progress");
        return;
    }
    if (!read_plan(c, o, &plan)) {
        return;
    }
    if (is_restored(o, c->now_us)) { /* for longer, from now on */
        o->restore_end_us = end_of(c->now_us, plan.days);
        c->response.status = 200;
        return;
    }
    o->restore_ready_us = c->now_us + plan.minutes * US_PER_MINUTE;
    o->restore_end_us = end_of(o->restore_ready_us, plan.days);
    c->response.status = 202;
    bucket_event(c, b, o, "ObjectRestore:Post");
}
