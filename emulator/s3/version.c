/* version.c -- Chains of versions. Finding one costs a walk along its key's chain.
 * AWS s3-version-2: while versioning is enabled a write adds a version, while it is suspended it
 * replaces the null version; others stay either way. */
#include "version.h"
#include "base/hash.h"
#include "base/instant.h"
#include "emulator/core/service.h"

#define ID_BYTES 32
#define ID_RANDOM_BYTES 28 /* the rest is their check, by which a forged id is known */

struct object *version_current(const struct bucket *b, struct str key)
{
    struct object *o = tree_get(b->objects, key);
    return o == NULL || o->is_marker ? NULL : o;
}

static unsigned id_check(struct str random)
{
    return (unsigned)(hash64(0, random) & 0xffff);
}

struct str version_new_id(struct call *c, const struct bucket *b)
{
    if (b->versioning != VERSIONING_ENABLED) {
        return STR_EMPTY;
    }
    struct str uuid = core_uuid(c->core, c->arena);
    struct buf id;
    buf_init(&id, c->arena, ID_BYTES);
    for (size_t i = 0; i < uuid.len && id.len < ID_RANDOM_BYTES; i++) {
        if (uuid.ptr[i] != '-') {
            buf_add_char(&id, uuid.ptr[i]);
        }
    }
    buf_addf(&id, "%04x", id_check(buf_str(&id)));
    return buf_str(&id);
}

bool version_was_given(struct str id)
{
    char digits[5] = "";
    if (id.len != ID_BYTES) {
        return false;
    }
    unsigned check = id_check(str_slice(id, 0, ID_RANDOM_BYTES));
    for (size_t i = 0; i < 4; i++) {
        digits[i] = "0123456789abcdef"[check >> (4 * (3 - i)) & 15];
    }
    return str_eq(str_from(id, ID_RANDOM_BYTES), str_of(digits));
}

struct object *version_get(const struct bucket *b, struct str key, struct str id)
{
    struct str wanted = str_eq(id, STR("null")) ? STR_EMPTY : id;
    struct object *o = tree_get(b->objects, key);
    while (o != NULL && !str_eq(o->version, wanted)) {
        o = o->older;
    }
    return o;
}

/* ---- the newest version of a key, and in which order they became it ---- */

static void hide(struct bucket *b, struct object *o)
{
    if (o->shown_after != NULL) {
        o->shown_after->shown_before = o->shown_before;
    } else {
        b->shown_last = o->shown_before;
    }
    if (o->shown_before != NULL) {
        o->shown_before->shown_after = o->shown_after;
    }
    o->shown_before = o->shown_after = NULL;
}

static void show(struct bucket *b, struct object *o)
{
    o->shown = ++b->shown_count;
    o->shown_after = NULL;
    o->shown_before = b->shown_last;
    if (b->shown_last != NULL) {
        b->shown_last->shown_after = o;
    }
    b->shown_last = o;
    tree_put(b->objects, o->key, o);
}

void version_remove(struct s3 *s3, struct bucket *b, struct object *o)
{
    struct object *head = tree_get(b->objects, o->key);
    if (head == o) {
        hide(b, o);
    }
    if (head == o && o->older == NULL) {
        tree_remove(b->objects, o->key);
    } else if (head == o) {
        show(b, o->older);
    } else {
        while (head->older != o) {
            head = head->older;
        }
        head->older = o->older;
    }
    object_free(s3, o);
}

void version_store(struct s3 *s3, struct bucket *b, struct object *o)
{
    struct object *old = o->version.len == 0 ? version_get(b, o->key, STR_EMPTY) : NULL;
    o->older = tree_get(b->objects, o->key);
    if (o->older != NULL) {
        hide(b, o->older);
    }
    show(b, o);
    if (old != NULL) {
        version_remove(s3, b, old);
    }
}

/* AWS s3-version-1: version ids are the service's own; another spelling is InvalidArgument. */
bool version_check(struct call *c, struct str version)
{
    if (version.len == 0 || version.len == ID_BYTES || str_eq(version, STR("null"))) {
        return true;
    }
    s3_fail_argument(c, "versionId", version, "Invalid version id specified");
    return false;
}

/* AWS s3-version-id-1: an id that this service never gave, or of a bucket that never was versioned,
 * is InvalidArgument; of what is there no more NoSuchVersion. */
bool version_can_be(const struct bucket *b, struct str version)
{
    return version.len == 0 || str_eq(version, STR("null")) ||
           (version.len == ID_BYTES && b->versioning != VERSIONING_OFF);
}

struct str version_told(const struct object *o)
{
    return o->version.len == 0 ? STR("null") : o->version;
}

static void tell_marker(struct call *c, const struct object *o)
{
    http_headers_set(&c->response.headers, STR("x-amz-delete-marker"), STR("true"));
    http_headers_set(&c->response.headers, STR("x-amz-version-id"),
                     str_copy(c->arena, version_told(o)));
}

static struct object *fail_id(struct call *c, struct str version)
{
    s3_fail_argument(c, "versionId", version, "Invalid version id specified");
    return NULL;
}

/* AWS s3-delete-marker-1: reading a delete marker by its id is 405, as current version 404; both
 * say x-amz-delete-marker. */
static struct object *fail_find(struct call *c, const struct object *o, struct str key,
                                struct str version)
{
    if (o != NULL) {
        tell_marker(c, o);
    }
    if (version.len == 0) {
        call_fail(c, AWS_NO_SUCH_KEY, "The specified key does not exist.");
        call_fail_extra(c, "Key", key);
    } else if (o == NULL && !str_eq(version, STR("null")) && !version_was_given(version)) {
        return fail_id(c, version);
    } else if (o == NULL) {
        call_fail(c, AWS_NO_SUCH_VERSION, "The specified version does not exist.");
        call_fail_extra(c, "Key", key);
        call_fail_extra(c, "VersionId", version);
    } else {
        struct buf date;
        buf_init(&date, c->arena, 64);
        instant_http(&date, object_modified_s(o));
        http_headers_set(&c->response.headers, STR("Last-Modified"), buf_str(&date));
        http_headers_set(&c->response.headers, STR("Allow"), STR("DELETE"));
        call_fail(c, AWS_METHOD_NOT_ALLOWED,
                  "The specified method is not allowed against this resource.");
        call_fail_extra(c, "Method", c->request->method);
        call_fail_extra(c, "ResourceType", STR("DeleteMarker"));
    }
    return NULL;
}

struct object *version_find(struct call *c, const struct bucket *b, struct str key,
                            struct str version)
{
    if (!version_check(c, version)) {
        return NULL;
    }
    if (!version_can_be(b, version)) {
        return fail_id(c, version);
    }
    struct object *o = version.len == 0 ? tree_get(b->objects, key) : version_get(b, key, version);
    return o == NULL || o->is_marker ? fail_find(c, o, key, version) : o;
}

/* AWS s3-delete-marker-3: a delete marker has neither tags nor a list, also as current version. */
struct object *version_find_noted(struct call *c, const struct bucket *b, struct str key,
                                  struct str version)
{
    const struct object *o = tree_get(b->objects, key);
    if (version.len == 0 && o != NULL && o->is_marker) {
        return fail_find(c, o, key, version_told(o));
    }
    return version_find(c, b, key, version);
}

/* AWS s3-version-written-1: a write of the null version is told no id; a copy is (version_out). */
void version_out_written(struct call *c, const struct object *o)
{
    if (o->version.len > 0) {
        call_out_str(c, "VersionId", str_copy(c->arena, o->version));
    }
}

void version_out(struct call *c, const struct bucket *b, const struct object *o)
{
    if (b->versioning != VERSIONING_OFF) {
        call_out_str(c, "VersionId", str_copy(c->arena, version_told(o)));
    }
}
