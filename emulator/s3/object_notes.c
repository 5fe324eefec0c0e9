/* object_notes.c -- What of an object can change without a new version: tags, ACL, and the lock. */
#include "acl.h"
#include "bucket_config.h"
#include "object_lock.h"
#include "s3_handlers.h"
#include "tag_set.h"
#include "version.h"

static bool named(struct call *c, struct bucket **ret_bucket, struct str *ret_key)
{
    *ret_bucket = s3_bucket(c);
    return *ret_bucket != NULL && s3_key(c, ret_key);
}

/* The object that the call names, and its bucket; NULL: the call has failed. */
static struct object *noted_object(struct call *c, struct bucket **ret_bucket)
{
    struct str key;
    return named(c, ret_bucket, &key) ? version_find(c, *ret_bucket, key, call_str(c, "VersionId"))
                                      : NULL;
}

/* The same, where a delete marker that is current is meant too. */
static struct object *marked_object(struct call *c, struct bucket **ret_bucket)
{
    struct str key;
    return named(c, ret_bucket, &key)
               ? version_find_noted(c, *ret_bucket, key, call_str(c, "VersionId"))
               : NULL;
}

/* ---- by the headers of a write ---- */

static bool tags_read(struct call *c, struct object *facts)
{
    struct json *tags = NULL;
    if (!call_has(c, "Tagging")) {
        return true;
    }
    if (!tag_set_parse(c, call_str(c, "Tagging"), &tags)) {
        return false;
    }
    facts->tag_count = (uint32_t)tags->count;
    facts->tags = tags->count == 0 ? STR_EMPTY : bucket_config_compact(c->arena, tags);
    return true;
}

bool object_notes_read(struct call *c, const struct bucket *b, struct object *facts)
{
    struct json *acl = NULL;
    if (!storage_class_read(c, &facts->storage) || !tags_read(c, facts) ||
        !acl_read(c, acl_is_enforced(c, b), &acl) || !acl_may_be(c, b, acl) ||
        !object_lock_read(c, b, facts)) {
        return false;
    }
    facts->acl = acl == NULL ? STR_EMPTY : bucket_config_compact(c->arena, acl);
    return true;
}

/* ---- tags ---- */

/* AWS s3-tagging-1: an object without tags has an empty set. */
void object_get_tags(struct call *c)
{
    struct bucket *b;
    struct str key;
    struct json *tags = NULL;
    struct diag d = DIAG_INIT;
    if (!named(c, &b, &key)) {
        return;
    }
    /* AWS s3-tagging-3: this operation names the bucket before a key that is not there. */
    if (!call_has(c, "VersionId") && tree_get(b->objects, key) == NULL) {
        call_fail(c, AWS_NO_SUCH_KEY, "The specified key does not exist.");
        call_fail_extra(c, "Key",
                        str_printf(c->arena, "%.*s/%.*s", STR_ARG(b->name), STR_ARG(key)));
        return;
    }
    const struct object *o = version_find_noted(c, b, key, call_str(c, "VersionId"));
    if (o == NULL) {
        return;
    }
    version_out(c, b, o);
    if (o->tags.len == 0 ||
        json_parse(c->arena, str_copy(c->arena, o->tags), &tags, &d) != ERR_OK) {
        tags = json_new(c->arena, JSON_IS_ARRAY);
    }
    json_add(c->output, STR("TagSet"), tags);
}

void object_put_tags(struct call *c)
{
    struct bucket *b;
    struct object *o = marked_object(c, &b);
    const struct json *document = o == NULL ? NULL : bucket_config_payload(c);
    const struct json *tags = json_get(document, STR("TagSet"));
    if (document == NULL || !tag_set_check(c, tags, TAG_SET_OBJECT_MAX)) {
        return;
    }
    o->tag_count = tags == NULL ? 0 : (uint32_t)tags->count;
    object_note(s3_of(c), &o->tags,
                o->tag_count == 0 ? STR_EMPTY : bucket_config_compact(c->arena, tags));
    version_out(c, b, o);
}

void object_delete_tags(struct call *c)
{
    struct bucket *b;
    struct object *o = marked_object(c, &b);
    if (o != NULL) {
        o->tag_count = 0;
        object_note(s3_of(c), &o->tags, STR_EMPTY);
        version_out(c, b, o);
    }
}

/* ---- ACL ---- */

void object_get_acl(struct call *c)
{
    struct bucket *b;
    const struct object *o = noted_object(c, &b);
    if (o != NULL) {
        acl_out(c, o->acl);
    }
}

void object_put_acl(struct call *c)
{
    struct bucket *b;
    struct object *o = marked_object(c, &b);
    struct json *acl;
    if (o == NULL || !acl_is_said(c) || !acl_read(c, acl_is_enforced(c, b), &acl) ||
        !acl_may_be(c, b, acl)) {
        return;
    }
    b->access_said = true;
    object_note(s3_of(c), &o->acl, acl == NULL ? STR_EMPTY : bucket_config_compact(c->arena, acl));
}

/* ---- lock ---- */

void object_get_retention(struct call *c)
{
    struct bucket *b;
    const struct object *o = noted_object(c, &b);
    if (o == NULL || !object_lock_is_on(c, b)) {
        return;
    }
    if (o->lock_mode == LOCK_NONE) {
        object_lock_fail_none(c);
        return;
    }
    struct json *retention = call_out(c, "Retention", JSON_IS_OBJECT);
    json_set_str(c->arena, retention, "Mode", object_lock_mode_name(o->lock_mode));
    json_set_i64(c->arena, retention, "RetainUntilDate", o->retain_until_us);
}

void object_put_retention(struct call *c)
{
    struct bucket *b;
    struct object *o = noted_object(c, &b);
    if (o != NULL && object_lock_is_on(c, b)) {
        object_lock_retain(c, o, bucket_config_payload(c));
    }
}

/* AWS s3-legal-hold-1: where a hold was never put there is none to tell, not even OFF. */
void object_get_legal_hold(struct call *c)
{
    struct bucket *b;
    const struct object *o = noted_object(c, &b);
    if (o == NULL || !object_lock_is_on(c, b)) {
        return;
    }
    if (!o->hold_said) {
        object_lock_fail_none(c);
        return;
    }
    json_set_str(c->arena, call_out(c, "LegalHold", JSON_IS_OBJECT), "Status",
                 o->legal_hold ? STR("ON") : STR("OFF"));
}

void object_put_legal_hold(struct call *c)
{
    struct bucket *b;
    struct object *o = noted_object(c, &b);
    const struct json *document =
        o == NULL || !object_lock_is_on(c, b) ? NULL : bucket_config_payload(c);
    if (document == NULL) {
        return;
    }
    if (json_get(document, STR("Status")) == NULL) {
        s3_fail_xml(c);
        return;
    }
    o->hold_said = true;
    o->legal_hold = str_eq(json_str(json_get(document, STR("Status"))), STR("ON"));
}
