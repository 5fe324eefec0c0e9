/* call.c -- What a handler does with its call: read the input, write the output, refuse. */
#include "base/text_format.h"
#include "call.h"

void call_fail(struct call *c, enum aws_error_id error, const char *format, ...)
{
    if (c->error != AWS_OK) {
        return;
    }
    c->error = error;
    va_list args;
    va_start(args, format);
    c->message = str_vprintf(c->arena, format, args);
    va_end(args);
}

void call_fail_extra(struct call *c, const char *name, struct str value)
{
    if (c->error_extra == NULL) {
        c->error_extra = json_new(c->arena, JSON_IS_OBJECT);
    }
    (void)json_set_str(c->arena, c->error_extra, name, value);
}

bool call_failed(const struct call *c)
{
    return c->error != AWS_OK;
}

/* ---- input ---- */

static const struct json *member_of(const struct call *c, const char *member)
{
    return c->input == NULL ? NULL : json_get(c->input, str_of(member));
}

bool call_has(const struct call *c, const char *member)
{
    const struct json *node = member_of(c, member);
    return node != NULL && node->kind != JSON_IS_NULL;
}

struct str call_str(const struct call *c, const char *member)
{
    return json_str(member_of(c, member));
}

int64_t call_i64(const struct call *c, const char *member, int64_t otherwise)
{
    int64_t value;
    struct diag d = DIAG_INIT;
    return call_has(c, member) && json_i64(member_of(c, member), &value, &d) == ERR_OK ? value
                                                                                       : otherwise;
}

bool call_bool(const struct call *c, const char *member, bool otherwise)
{
    return json_bool(member_of(c, member), otherwise);
}

/* ---- output ---- */

void call_out_str(struct call *c, const char *member, struct str text)
{
    (void)json_set_str(c->arena, c->output, member, text);
}

void call_out_i64(struct call *c, const char *member, int64_t value)
{
    (void)json_set_i64(c->arena, c->output, member, value);
}

void call_out_bool(struct call *c, const char *member, bool value)
{
    (void)json_set_bool(c->arena, c->output, member, value);
}

struct json *call_out(struct call *c, const char *member, enum json_kind kind)
{
    return json_set(c->arena, c->output, member, kind);
}

void call_body(struct call *c, struct blob *blob, uint64_t first, uint64_t count)
{
    blob_release_with(blob_retain(blob), c->arena);
    c->body = blob;
    c->body_first = first;
    c->body_count = count;
}

void call_source(struct call *c, const struct body_source *source)
{
    c->source = source;
}
