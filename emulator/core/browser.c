/* browser.c -- Pages of any origin may call the services (S3 has rules of its buckets' own
 * instead). AWS core-cors-1: an answer to a request with an Origin allows every one; a preflight is
 * told that whatever it asks for is allowed, for two days, and carries no x-amz-id-2. Preflights
 * are not signed: what is for a service of X-Amz-Target says so by asking whether it may send that.
 */
#include "dispatch_parts.h"

bool browser_asks_first(const struct passage *p)
{
    const struct http_headers *headers = &p->head->headers;
    if (!str_eq(p->head->method, STR("OPTIONS")) || !http_has_header(headers, "Origin")) {
        return false;
    }
    struct str asked = str_lower(p->arena, http_header(headers, "Access-Control-Request-Headers"));
    return str_contains(asked, STR("x-amz-target")) ||
           (p->route.service != NULL && p->route.envelope->protocol != PROTOCOL_REST_XML);
}

void browser_answer(struct passage *p)
{
    static const char *const pairs[][2] = {
        {"Access-Control-Request-Headers", "Access-Control-Allow-Headers"},
        {"Access-Control-Request-Method", "Access-Control-Allow-Methods"}};
    struct http_response *r = &p->out.response;
    http_response_init(r, p->arena, 200);
    http_headers_set(&r->headers, STR("x-amzn-RequestId"), p->request_id);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct str asked = http_header(&p->head->headers, pairs[i][0]);
        if (asked.len > 0) {
            http_headers_set(&r->headers, str_of(pairs[i][1]), asked);
        }
    }
    http_headers_set(&r->headers, STR("Access-Control-Max-Age"), STR("172800"));
}

void browser_mark(const struct passage *p, struct http_headers *headers)
{
    bool s3 = p->route.envelope->protocol == PROTOCOL_REST_XML && p->plain == PLAIN_NONE;
    if (s3 || !http_has_header(&p->head->headers, "Origin")) {
        return;
    }
    http_headers_set(headers, STR("Access-Control-Allow-Origin"), STR("*"));
    if (p->plain != PLAIN_PREFLIGHT) {
        http_headers_set(headers, STR("Access-Control-Expose-Headers"),
                         STR("x-amz-request-id, x-amz-id-2"));
    }
}
