/* cors.c -- The first rule that allows origin, method and all the headers that were asked for.
 * AWS s3-cors-3: an actual request that no rule allows is answered as any other, without the
 * headers; a preflight then is 403 AccessForbidden.
 * AWS s3-cors-4: where "*" stands among the rule's origins the answer says "*", and allows no
 * credentials; else it says the origin that asked. */
#include "cors.h"
#include "base/buf.h"
#include "bucket_config.h"
#include "s3_handlers.h"

#define TEXT_BYTES_MAX (16 * KIB)

struct cross_origin { /* what a browser asks */
    struct str origin, method, headers;
};

/* A pattern has one "*" at most. */
static bool fits(struct arena *a, struct str pattern, struct str text, bool nocase)
{
    struct str head, tail;
    if (nocase) {
        pattern = str_lower(a, pattern);
        text = str_lower(a, text);
    }
    if (!str_split(pattern, '*', &head, &tail)) {
        return str_eq(pattern, text);
    }
    return text.len >= head.len + tail.len && str_starts(text, head) && str_ends(text, tail);
}

static bool list_fits(struct arena *a, const struct json *list, struct str text, bool nocase)
{
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        if (fits(a, json_str(at), text, nocase)) {
            return true;
        }
    }
    return false;
}

static bool rule_allows(struct arena *a, const struct json *rule, const struct cross_origin *asked)
{
    const struct json *headers = json_get(rule, STR("AllowedHeaders"));
    if (!list_fits(a, json_get(rule, STR("AllowedOrigins")), asked->origin, false) ||
        !list_fits(a, json_get(rule, STR("AllowedMethods")), asked->method, false)) {
        return false;
    }
    for (struct str rest = asked->headers, name; str_cut(&rest, ',', &name);) {
        name = str_trim(name);
        if (name.len > 0 && !list_fits(a, headers, name, true)) {
            return false;
        }
    }
    return true;
}

static const struct json *find_rule(struct call *c, const struct bucket *b,
                                    const struct cross_origin *asked)
{
    const struct json *rules = json_get(bucket_config_read(c, b, "Cors"), STR("CORSRules"));
    for (const struct json *at = rules == NULL ? NULL : rules->first; at != NULL; at = at->next) {
        if (rule_allows(c->arena, at, asked)) {
            return at;
        }
    }
    return NULL;
}

static struct str joined(struct call *c, const struct json *list)
{
    struct buf out;
    buf_init(&out, c->arena, TEXT_BYTES_MAX);
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        buf_add_z(&out, out.len > 0 ? ", " : "");
        buf_add(&out, json_str(at));
    }
    return buf_str(&out);
}

static void out_header(struct call *c, const char *name, struct str value)
{
    if (value.len > 0) {
        http_headers_set(&c->response.headers, str_of(name), value);
    }
}

static void out_rule(struct call *c, const struct json *rule, const struct cross_origin *asked)
{
    const struct json *origins = json_get(rule, STR("AllowedOrigins"));
    bool any = false;
    for (const struct json *at = origins->first; at != NULL; at = at->next) {
        any = any || str_eq(json_str(at), STR("*"));
    }
    out_header(c, "Access-Control-Allow-Origin", any ? STR("*") : asked->origin);
    out_header(c, "Access-Control-Allow-Methods", joined(c, json_get(rule, STR("AllowedMethods"))));
    out_header(c, "Access-Control-Allow-Headers", str_lower(c->arena, asked->headers));
    out_header(c, "Access-Control-Expose-Headers", joined(c, json_get(rule, STR("ExposeHeaders"))));
    out_header(c, "Access-Control-Max-Age", json_str(json_get(rule, STR("MaxAgeSeconds"))));
    if (!any) {
        out_header(c, "Access-Control-Allow-Credentials", STR("true"));
    }
    out_header(c, "Vary",
               STR("Origin, Access-Control-Request-Headers, Access-Control-Request-Method"));
}

void cors_out(struct call *c, const struct bucket *b)
{
    struct cross_origin asked = {.origin = http_header(&c->request->headers, "Origin"),
                                 .method = c->request->method};
    if (asked.origin.len == 0) {
        return;
    }
    const struct json *rule = find_rule(c, b, &asked);
    if (rule != NULL) {
        out_rule(c, rule, &asked);
    }
}

/* ---- preflight ---- */

static void refuse(struct call *c, const struct cross_origin *asked, const char *why)
{
    call_fail(c, AWS_ACCESS_FORBIDDEN, "CORSResponse: %s", why);
    call_fail_extra(c, "Method", asked->method);
    call_fail_extra(c, "ResourceType", call_has(c, "Key") ? STR("OBJECT") : STR("BUCKET"));
}

/* AWS s3-cors-5: a preflight without Origin, or for a method that no rule can allow, is BadRequest
 * whatever the bucket. */
static bool read_preflight(struct call *c, struct cross_origin *ret_asked)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    const struct http_headers *headers = &c->request->headers;
    *ret_asked =
        (struct cross_origin){.origin = http_header(headers, "Origin"),
                              .method = http_header(headers, "Access-Control-Request-Method"),
                              .headers = http_header(headers, "Access-Control-Request-Headers")};
    if (ret_asked->origin.len == 0) {
        call_fail(c, AWS_BAD_REQUEST, "Insufficient information. Origin request header needed.");
        return false;
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (str_eq(ret_asked->method, str_of(methods[i]))) {
            return true;
        }
    }
    call_fail(c, AWS_BAD_REQUEST, "Invalid Access-Control-Request-Method: %.*s",
              STR_ARG(ret_asked->method.len > 0 ? ret_asked->method : STR("null")));
    return false;
}

void cors_preflight(struct call *c)
{
    struct cross_origin asked;
    if (!read_preflight(c, &asked)) {
        return;
    }
    const struct bucket *b = tree_get(s3_of(c)->buckets, call_str(c, "Bucket"));
    if (b == NULL) {
        refuse(c, &asked, "Bucket not found");
        return;
    }
    if (bucket_config_read(c, b, "Cors") == NULL) {
        refuse(c, &asked, "CORS is not enabled for this bucket.");
        return;
    }
    const struct json *rule = find_rule(c, b, &asked);
    if (rule == NULL) {
        refuse(c, &asked,
               "This CORS request is not allowed. This is usually because the evalution of Origin, "
               "request method / Access-Control-Request-Method or Access-Control-Request-Headers "
               "are not whitelisted by the resource's CORS spec.");
        return;
    }
    out_rule(c, rule, &asked);
}
