/* object_metadata.c -- What is kept with the bytes: the system's headers and the user's own. */
#include "object.h"

#define USER_METADATA_BYTES_MAX 2048

const char *const object_system_members[OBJECT_SYSTEM_COUNT] = {
    "ContentType",     "CacheControl", "ContentDisposition",      "ContentEncoding",
    "ContentLanguage", "Expires",      "WebsiteRedirectLocation",
};

/* AWS s3-encoding-1: aws-chunked is how the body travelled, not what the object is. */
static struct str without_aws_chunked(struct arena *a, struct str encoding)
{
    struct buf out;
    buf_init(&out, a, encoding.len + 1);
    for (struct str rest = encoding, item; str_cut(&rest, ',', &item);) {
        item = str_trim(item);
        if (item.len == 0 || str_eq_nocase(item, STR("aws-chunked"))) {
            continue;
        }
        if (out.len > 0) {
            buf_add_char(&out, ',');
        }
        buf_add(&out, item);
    }
    return buf_str(&out);
}

/* AWS s3-metadata-size-1: names and values of user metadata take at most 2 KB. */
static bool user_metadata_read(struct call *c, struct object *facts)
{
    const struct json *map = json_get(c->input, STR("Metadata"));
    size_t bytes = 0;
    if (map == NULL) {
        return true;
    }
    facts->meta = NEW_ARRAY(c->arena, struct object_meta, map->count);
    for (const struct json *at = map->first; at != NULL; at = at->next) {
        facts->meta[facts->meta_count++] =
            (struct object_meta){.name = str_lower(c->arena, at->key), .value = json_str(at)};
        bytes += at->key.len + json_str(at).len;
    }
    if (bytes > USER_METADATA_BYTES_MAX) {
        call_fail(c, AWS_METADATA_TOO_LARGE,
                  "Your metadata headers exceed the maximum allowed metadata size");
        call_fail_extra(c, "Size", str_printf(c->arena, "%zu", bytes));
        call_fail_extra(c, "MaxSizeAllowed", str_printf(c->arena, "%d", USER_METADATA_BYTES_MAX));
        return false;
    }
    return true;
}

/* AWS s3-redirect-1: a redirect leads to another object or to a site. */
static bool redirect_is_valid(struct call *c, struct str to)
{
    if (to.len == 0 || str_starts(to, STR("/")) || str_starts(to, STR("http://")) ||
        str_starts(to, STR("https://"))) {
        return true;
    }
    call_fail(c, AWS_INVALID_REDIRECT_LOCATION,
              "The website redirect location must have a prefix of 'http://' or 'https://' or "
              "'/'.");
    return false;
}

bool object_metadata_read(struct call *c, struct object *facts)
{
    for (size_t i = 0; i < OBJECT_SYSTEM_COUNT; i++) {
        facts->system[i] = call_str(c, object_system_members[i]);
    }
    if (facts->system[OBJECT_CONTENT_TYPE].len == 0) {
        facts->system[OBJECT_CONTENT_TYPE] = STR("binary/octet-stream");
    }
    facts->system[OBJECT_CONTENT_ENCODING] =
        without_aws_chunked(c->arena, facts->system[OBJECT_CONTENT_ENCODING]);
    return redirect_is_valid(c, facts->system[OBJECT_REDIRECT]) && user_metadata_read(c, facts);
}

/* The answer's headers outlive the call, and the object may not: everything is copied. */
void object_metadata_out(struct call *c, const struct object *o)
{
    call_out_str(c, "ETag", str_copy(c->arena, o->etag));
    call_out_i64(c, "LastModified", object_modified_s(o));
    for (size_t i = 0; i < OBJECT_SYSTEM_COUNT; i++) {
        if (o->system[i].len > 0) {
            call_out_str(c, object_system_members[i], str_copy(c->arena, o->system[i]));
        }
    }
    if (o->meta_count > 0) {
        struct json *map = call_out(c, "Metadata", JSON_IS_OBJECT);
        for (size_t i = 0; i < o->meta_count; i++) {
            json_add(map, str_copy(c->arena, o->meta[i].name),
                     json_new_str(c->arena, str_copy(c->arena, o->meta[i].value)));
        }
    }
    encryption_out(c, &o->encryption);
}
