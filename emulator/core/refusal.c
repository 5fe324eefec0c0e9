/* refusal.c -- What a passage says when it will not go on: the code, the status that the model or
 * the catalogue gives it, the envelope. */
#include "dispatch_parts.h"

int error_status(const struct operation_model *op, struct str name)
{
    for (size_t i = 0; op != NULL && op->errors != NULL && op->errors[i] != NULL; i++) {
        const struct shape *e = op->errors[i];
        bool same = str_eq(name, str_of(e->error_code != NULL ? e->error_code : e->name));
        if (same && e->http_status != 0) {
            return e->http_status;
        }
    }
    enum aws_error_id id = aws_error_find(name);
    return id == AWS_OK ? 400 : aws_error_get(id)->status;
}

const char *error_internal(const struct service_model *model)
{
    /* AWS core-internal-error-1: S3 and SNS say InternalError, the others InternalFailure */
    bool plain = model->protocol == PROTOCOL_REST_XML || str_eq(str_of(model->id), STR("sns"));
    return plain ? "InternalError" : "InternalFailure";
}

/* The first refusal stands, but for a signature's: that one is told before all others. */
void passage_refuse(struct passage *p, struct str code, int status, struct str message)
{
    p->refused = true;
    p->refusal = (struct codec_error){
        .code = code, .message = message, .status = status, .sender = status < 500};
}

/* AWS core-undetermined-1: who asks in none of the service's formats is told so in XML without a
 * type. */
static void write_undetermined(struct passage *p)
{
    struct http_response *r = &p->out.response;
    struct str request_id = http_header(&r->headers, "x-amzn-RequestId");
    struct str host_id = http_header(&r->headers, "x-amz-id-2");
    http_response_init(r, p->arena, 403);
    http_headers_set(&r->headers, STR("x-amzn-RequestId"), request_id);
    http_headers_set(&r->headers, STR("x-amz-id-2"), host_id);
    r->body = STR("<AccessDeniedException>\n"
                  "  <Message>Unable to determine service/operation name to be authorized"
                  "</Message>\n"
                  "</AccessDeniedException>\n");
}

void passage_write_refusal(struct passage *p)
{
    if (p->plain == PLAIN_PREFLIGHT) {
        browser_answer(p);
        return;
    }
    codec_write_error(p->route.envelope, &p->request, &p->refusal, p->request_id, p->arena,
                      &p->out.response);
    if (p->plain == PLAIN_UNDETERMINED) {
        write_undetermined(p);
    }
}
