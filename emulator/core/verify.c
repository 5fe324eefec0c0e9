/* verify.c -- Whether a request was signed with the one secret that there is, "test"; only where
 * the options ask. Any access key and session token go. The chunks' own signatures of an
 * aws-chunked body are looked at as they come (chunked.c). */
#include "base/instant.h"
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
                      : (struct refusal){d->name, error_status(NULL, str_of(d->name))};
}

static struct str amz_time(struct arena *a, int64_t us)
{
    struct buf out;
    buf_init(&out, a, 32);
    instant_amz(&out, us);
    return buf_str(&out);
}

/* AWS core-skew-1: S3 only says that the times are too far apart, the others say both. */
static struct str skew_message(const struct passage *p)
{
    if (p->route.envelope->protocol == PROTOCOL_REST_XML) {
        return STR("The difference between the request time and the current time is too large.");
    }
    int64_t now_us = p->core->now_us, skew_us = SIGV4_SKEW_MAX_US;
    bool expired = str_cmp(p->claim.amz_date, amz_time(p->arena, now_us)) < 0;
    return str_printf(p->arena, "Signature %s: %.*s is %s than %.*s (%.*s %c 15 min.)",
                      expired ? "expired" : "not yet current", STR_ARG(p->claim.amz_date),
                      expired ? "now earlier" : "still later",
                      STR_ARG(amz_time(p->arena, expired ? now_us - skew_us : now_us + skew_us)),
                      STR_ARG(amz_time(p->arena, now_us)), expired ? '-' : '+');
}

/* AWS core-signature-version-1: Signature Version 2 is refused where only 4 is taken. */
static bool is_version_2(const struct http_request *request)
{
    return http_query_has(request->query, STR("AWSAccessKeyId")) ||
           str_starts(http_header(&request->headers, "authorization"), STR("AWS "));
}

/* DIFFERS core-sigv4a-1: the asymmetric signature of many regions cannot be verified with a shared
 * secret, and is refused by name. */
static bool is_version_4a(const struct http_request *request, struct arena *a)
{
    struct str algorithm = STR("AWS4-ECDSA-P256-SHA256"), asked = STR_EMPTY;
    (void)http_query_get(request->query, STR("X-Amz-Algorithm"), a, &asked);
    return str_eq(asked, algorithm) ||
           str_starts(http_header(&request->headers, "authorization"), algorithm);
}

static bool refuse_version_4a(struct passage *p)
{
    static const char *const codes[PROTOCOL_COUNT] = {"NotImplementedException", "NotImplemented",
                                                      "NotImplemented"};
    passage_refuse(p, str_of(codes[p->route.envelope->protocol]), 501,
                   STR("Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not verified by this "
                       "emulator: sign with AWS4-HMAC-SHA256"));
    return false;
}

static bool refuse_unsigned(struct passage *p)
{
    if (p->route.envelope->protocol == PROTOCOL_REST_XML && is_version_2(p->head)) {
        passage_refuse(p, STR("InvalidRequest"), 400,
                       STR("The authorization mechanism you have provided is not supported. Please "
                           "use AWS4-HMAC-SHA256."));
        return false;
    }
    static const struct {
        struct refusal refusal;
        const char *message;
    } refusals[PROTOCOL_COUNT] = {
        [PROTOCOL_JSON] = {{"MissingAuthenticationTokenException", 400},
                           "Missing Authentication Token"},
        [PROTOCOL_QUERY] = {{"MissingAuthenticationToken", 403}, "Missing Authentication Token"},
        [PROTOCOL_REST_XML] = {{"AccessDenied", 403}, "Access Denied"}, /* to S3 it is nobody */
    };
    enum protocol protocol = p->route.envelope->protocol;
    passage_refuse(p, str_of(refusals[protocol].refusal.code), refusals[protocol].refusal.status,
                   str_of(refusals[protocol].message));
    return false;
}

/* AWS core-incomplete-1: all that a signature lacks is told in one text. */
static struct str incomplete_header(struct passage *p, struct str header)
{
    static const char *const parts[] = {"Credential", "Signature", "SignedHeaders"};
    struct buf out;
    buf_init(&out, p->arena, header.len + 1024);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        bool found = false;
        for (struct str rest = header, item; !found && str_cut(&rest, ' ', &item);) {
            for (struct str list = item, one, name, value; str_cut(&list, ',', &one);) {
                found |= str_split(one, '=', &name, &value) && str_eq(name, str_of(parts[i]));
            }
        }
        if (!found) {
            buf_addf(&out, "Authorization header requires '%s' parameter. ", parts[i]);
        }
    }
    if (!http_has_header(&p->head->headers, "x-amz-date") &&
        !http_has_header(&p->head->headers, "date")) {
        buf_add_z(&out, "Authorization header requires existence of either a 'X-Amz-Date' or a "
                        "'Date' header. ");
    }
    if (out.len > 0) {
        buf_addf(&out, "Authorization=%.*s", STR_ARG(header));
    }
    return buf_str(&out);
}

static struct str incomplete_query(struct passage *p)
{
    static const char *const names[] = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature",
                                        "X-Amz-SignedHeaders", "X-Amz-Date"};
    struct buf out;
    buf_init(&out, p->arena, 1024);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str value = STR_EMPTY;
        (void)http_query_get(p->head->query, str_of(names[i]), p->arena, &value);
        if (value.len == 0) {
            buf_addf(&out, "AWS query-string parameters must include '%s'. ", names[i]);
        }
    }
    if (out.len > 0) {
        buf_add_z(&out, "Re-examine the query-string parameters.");
    }
    return buf_str(&out);
}

/* true: refused. */
static bool refuse_incomplete(struct passage *p)
{
    struct str header = http_header(&p->head->headers, "authorization"), message = STR_EMPTY;
    bool in_query = http_query_has(p->head->query, STR("X-Amz-Algorithm"));
    bool json = p->route.envelope->protocol == PROTOCOL_JSON;
    if (header.len > 0 && in_query) {
        passage_refuse(p, json ? STR("InvalidSignatureException") : STR("SignatureDoesNotMatch"),
                       json ? 400 : 403,
                       STR("Found both 'X-Amz-Algorithm' as a query-string param and "
                           "'Authorization' as HTTP header."));
        return true;
    }
    if (header.len > 0) {
        message = incomplete_header(p, header);
    } else if (in_query) {
        message = incomplete_query(p);
    }
    if (message.len > 0) {
        passage_refuse(p, json ? STR("IncompleteSignatureException") : STR("IncompleteSignature"),
                       400, message);
    }
    return message.len > 0;
}

/* S3 looks at the hash of a body that it takes, with an error of its own. */
static bool payload_matches(const struct passage *p, enum protocol protocol, struct diag *d)
{
    return protocol == PROTOCOL_REST_XML ||
           sigv4_payload_matches(&p->claim, p->signed_body, p->arena) ||
           fail_named(d, ERR_DENIED, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your key and signing method.") == ERR_OK;
}

bool passage_verify(struct passage *p)
{
    bool anonymous = p->route.handler != NULL && p->route.handler->anonymous;
    if (!p->core->options.verify_signatures || p->inside || anonymous ||
        p->plain == PLAIN_PREFLIGHT) {
        return true;
    }
    if (is_version_4a(p->head, p->arena)) {
        return refuse_version_4a(p);
    }
    if (p->route.envelope->protocol != PROTOCOL_REST_XML && refuse_incomplete(p)) {
        return false;
    }
    if (!p->has_claim) {
        bool judged =
            p->call.anonymous && p->route.service != NULL && p->route.service->judges_anonymous;
        return judged || refuse_unsigned(p);
    }
    struct diag d = DIAG_INIT;
    enum protocol protocol = p->route.envelope->protocol;
    struct http_request signed_request = *p->head; /* before S3 rewrote its path */
    signed_request.body = p->signed_body;
    if (sigv4_verify(&signed_request, &p->claim, STR("test"), protocol != PROTOCOL_REST_XML,
                     p->core->now_us, p->arena, &d) == ERR_OK &&
        payload_matches(p, protocol, &d)) {
        return true;
    }
    struct refusal r = refusal_of(protocol, &d);
    struct str message = diag_is_named(&d, "RequestTimeTooSkewed")
                             ? skew_message(p)
                             : str_copy(p->arena, str_of(d.msg));
    passage_refuse(p, str_copy(p->arena, str_of(r.code)), r.status, message);
    return false;
}
