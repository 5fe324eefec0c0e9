/* condition.c -- The four conditions of a read, and the two of a write. */
#include "condition.h"
#include "base/instant.h"
#include "recent_change.h"

static struct str unquoted(struct str etag)
{
    etag = str_trim(etag);
    if (str_starts(etag, STR("W/"))) {
        etag = str_from(etag, 2);
    }
    if (etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"') {
        etag = str_slice(etag, 1, etag.len - 1);
    }
    return etag;
}

bool condition_etag_matches(struct str list, struct str etag)
{
    for (struct str rest = list, item; str_cut(&rest, ',', &item);) {
        if (str_eq(str_trim(item), STR("*")) || str_eq(unquoted(item), unquoted(etag))) {
            return true;
        }
    }
    return false;
}

static void fail_condition(struct call *c, const char *condition)
{
    call_fail(c, AWS_PRECONDITION_FAILED,
              "At least one of the pre-conditions you specified did not hold");
    call_fail_extra(c, "Condition", str_of(condition));
}

struct conditions { /* by the names that the input has for them */
    const char *match, *none_match, *unmodified, *modified;
};

/* Names the condition of the first pair that does not hold, or NULL. If-Match decides over
 * If-Unmodified-Since. */
static const char *failed_match(struct call *c, const struct conditions *names,
                                const struct object *o)
{
    if (call_has(c, names->match)) {
        return condition_etag_matches(call_str(c, names->match), o->etag) ? NULL : "If-Match";
    }
    if (call_has(c, names->unmodified) &&
        object_modified_s(o) > call_i64(c, names->unmodified, INSTANT_NEVER)) {
        return "If-Unmodified-Since";
    }
    return NULL;
}

/* The same of the other pair. AWS s3-condition-1: If-None-Match decides over If-Modified-Since; a
 * time that has not come yet is ignored. */
static const char *failed_none_match(struct call *c, const struct conditions *names,
                                     const struct object *o)
{
    if (call_has(c, names->none_match)) {
        return condition_etag_matches(call_str(c, names->none_match), o->etag) ? "If-None-Match"
                                                                               : NULL;
    }
    int64_t since = call_i64(c, names->modified, INT64_MIN);
    if (call_has(c, names->modified) && since <= c->now_us && object_modified_s(o) <= since) {
        return "If-Modified-Since";
    }
    return NULL;
}

static void out_header(struct call *c, const char *name, struct str value)
{
    http_headers_set(&c->response.headers, str_of(name), str_copy(c->arena, value));
}

static void fail_not_modified(struct call *c, const struct object *o)
{
    struct buf date;
    buf_init(&date, c->arena, 64);
    instant_http(&date, object_modified_s(o));
    call_fail(c, AWS_NOT_MODIFIED, "Not Modified");
    out_header(c, "ETag", o->etag);
    out_header(c, "Last-Modified", buf_str(&date));
}

bool condition_read(struct call *c, const struct object *o)
{
    static const struct conditions names = {"IfMatch", "IfNoneMatch", "IfUnmodifiedSince",
                                            "IfModifiedSince"};
    const char *failed = failed_match(c, &names, o);
    if (failed != NULL) {
        fail_condition(c, failed);
        return false;
    }
    if (failed_none_match(c, &names, o) != NULL) {
        fail_not_modified(c, o);
        return false;
    }
    return true;
}

bool condition_copy_source(struct call *c, const struct object *o)
{
    static const struct conditions names = {"CopySourceIfMatch", "CopySourceIfNoneMatch",
                                            "CopySourceIfUnmodifiedSince",
                                            "CopySourceIfModifiedSince"};
    const char *failed = failed_match(c, &names, o);
    if (failed == NULL) {
        failed = failed_none_match(c, &names, o);
    }
    if (failed != NULL) {
        fail_condition(c, str_z(c->arena, str_printf(c->arena, "x-amz-copy-source-%s", failed)));
        return false;
    }
    return true;
}

/* AWS s3-conditional-conflict-1: where the key was deleted while the write was on its way, nobody
 * can say whether the condition held: 409, try again. An upload is on its way from when it was
 * created: of the condition on an ETag a write meanwhile is enough. */
static bool fail_conflict(struct call *c, struct str key)
{
    call_fail(c, AWS_CONDITIONAL_REQUEST_CONFLICT,
              "The conditional request cannot succeed due to a conflicting operation against this "
              "resource.");
    call_fail_extra(c, "Condition",
                    call_has(c, "IfMatch") ? STR("If-Match") : STR("If-None-Match"));
    call_fail_extra(c, "Key", key);
    return false;
}

static bool fail_header(struct call *c, const char *header, const char *more)
{
    call_fail(c, AWS_NOT_IMPLEMENTED,
              "A header you provided implies functionality that is not implemented");
    call_fail_extra(c, "Header", str_of(header));
    call_fail_extra(c, "additionalMessage", str_of(more));
    return false;
}

/* AWS s3-conditional-write-1: If-None-Match takes only "*", If-Match only an ETag, a request one of
 * them; If-Match on a key that is not there is NoSuchKey. */
bool condition_write(struct call *c, const struct object *current, struct str key)
{
    bool has_match = call_has(c, "IfMatch"), has_none = call_has(c, "IfNoneMatch");
    if (has_match && has_none) {
        return fail_header(c, "If-Match,If-None-Match",
                           "Multiple conditional request headers present in the request");
    }
    if (has_none && !str_eq(call_str(c, "IfNoneMatch"), STR("*"))) {
        return fail_header(
            c, "If-None-Match",
            "We don't accept the provided value of If-None-Match header for this API");
    }
    if (has_match && str_eq(call_str(c, "IfMatch"), STR("*"))) {
        return fail_header(c, "If-Match",
                           "We don't accept the provided value of If-Match header for this API");
    }
    if (has_none && current != NULL) {
        fail_condition(c, "If-None-Match");
        return false;
    }
    if (has_match && current == NULL) {
        call_fail(c, AWS_NO_SUCH_KEY, "The specified key does not exist.");
        call_fail_extra(c, "Key", key);
        return false;
    }
    if (has_match && !condition_etag_matches(call_str(c, "IfMatch"), current->etag)) {
        fail_condition(c, "If-Match");
        return false;
    }
    return (!has_match && !has_none) ||
           !recent_change_met(s3_of(c)->recent, c, call_str(c, "Bucket"), key) ||
           fail_conflict(c, key);
}

bool condition_complete(struct call *c, const struct upload *u, const struct object *current)
{
    struct str key = u->facts->key;
    bool has_match = call_has(c, "IfMatch");
    if (!condition_write(c, current, key)) {
        return false;
    }
    if (!has_match && !call_has(c, "IfNoneMatch")) {
        return true;
    }
    bool written = has_match && current->modified_us > u->created_us;
    return (!written &&
            !recent_change_since(s3_of(c)->recent, u->turn, call_str(c, "Bucket"), key)) ||
           fail_conflict(c, key);
}
