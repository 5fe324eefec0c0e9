/* verify.c -- Whether a request was signed with the one secret that there is, "test"; only where
 * the options ask. Any access key goes. The chunks' own signatures of an aws-chunked body are not
 * looked at. */
#include "dispatch_parts.h"

struct refusal {
    const char *code;
    int status;
};

/* How each protocol names what sigv4_verify found. */
static struct refusal refusal_of(enum protocol protocol, const struct diag *d)
{
    bool incomplete = diag_is_named(d, "IncompleteSignature");
    if (protocol == PROTOCOL_JSON) {
        return (struct refusal){
            incomplete ? "IncompleteSignatureException" : "InvalidSignatureException", 400};
    }
    if (protocol == PROTOCOL_QUERY) {
        return incomplete ? (struct refusal){"IncompleteSignature", 400}
                          : (struct refusal){"SignatureDoesNotMatch", 403};
    }
    return incomplete ? (struct refusal){"AuthorizationHeaderMalformed", 400}
                      : (struct refusal){d->name, 403};
}

/* AWS core-signature-version-1: Signature Version 2 is refused where only 4 is taken. */
static bool is_version_2(const struct http_request *request)
{
    return http_query_has(request->query, STR("AWSAccessKeyId")) ||
           str_starts(http_header(&request->headers, "authorization"), STR("AWS "));
}

static bool refuse_unsigned(struct passage *p)
{
    if (p->route.envelope->protocol == PROTOCOL_REST_XML && is_version_2(&p->request)) {
        passage_refuse(p, STR("InvalidRequest"), 400,
                       STR("The authorization mechanism you have provided is not supported. Please "
                           "use AWS4-HMAC-SHA256."));
        return false;
    }
    static const struct refusal refusals[PROTOCOL_COUNT] = {
        [PROTOCOL_JSON] = {"MissingAuthenticationTokenException", 400},
        [PROTOCOL_QUERY] = {"MissingAuthenticationToken", 403},
        [PROTOCOL_REST_XML] = {"AccessDenied", 403},
    };
    const struct refusal *r = &refusals[p->route.envelope->protocol];
    passage_refuse(p, str_of(r->code), r->status, STR("Missing Authentication Token"));
    return false;
}

bool passage_verify(struct passage *p)
{
    if (!p->core->options.verify_signatures) {
        return true;
    }
    if (!p->has_claim) {
        return refuse_unsigned(p);
    }
    struct diag d = DIAG_INIT;
    enum protocol protocol = p->route.envelope->protocol;
    if (sigv4_verify(&p->request, &p->claim, STR("test"), protocol != PROTOCOL_REST_XML,
                     p->core->now_us, p->arena, &d) == ERR_OK) {
        return true;
    }
    struct refusal r = refusal_of(protocol, &d);
    passage_refuse(p, str_copy(p->arena, str_of(r.code)), r.status,
                   str_copy(p->arena, str_of(d.msg)));
    return false;
}
