#include "kinesis_call.h"

#include "emulator/core/validate.h"
#include "kinesis_model.h"
#include "wire/codec.h"

uint64_t kinesis_seed(const struct call *c)
{
    return core_options(c->core)->seed;
}

bool kinesis_limited(const struct call *c)
{
    return !core_options(c->core)->limits_off;
}

bool kinesis_unsupported(struct call *c, const char *member)
{
    if (!call_has(c, member)) {
        return false;
    }
    call_fail(c, AWS_NOT_IMPLEMENTED_EXCEPTION, "aforo does not support %s of Kinesis %s", member,
              c->op->name);
    return true;
}

void kinesis_explain(struct call *c)
{
    struct json *input = NULL;
    struct diag d = DIAG_INIT;
    struct str message;
    if (codec_read_request(c->spoken, c->op, c->request, c->arena, &input, &d) != ERR_OK) {
        call_fail(c, AWS_SERIALIZATION_EXCEPTION, "%s", d.msg);
    } else if (!validate_input(c->op->input, input, c->arena, &message)) {
        call_fail(c, AWS_VALIDATION_EXCEPTION, "%.*s", STR_ARG(message));
    } else if (json_get(input, STR("StreamId")) != NULL) {
        call_fail(c, AWS_NOT_IMPLEMENTED_EXCEPTION, "aforo does not support StreamId of Kinesis %s",
                  c->op->name);
    } else {
        call_fail(c, AWS_SERIALIZATION_EXCEPTION, "the request is not what %s takes", c->op->name);
    }
}

bool kinesis_json(const struct call *c, struct str *ret_body)
{
    struct diag d = DIAG_INIT;
    *ret_body = c->request->body;
    return c->spoken->form == FORM_MODEL ||
           codec_respell(c->spoken, &kinesis_model, c->op->input, *ret_body, c->arena, ret_body,
                         &d) == ERR_OK;
}

void kinesis_respond(struct call *c, struct str body)
{
    http_response_init(&c->response, c->arena, 200);
    http_headers_add(&c->response.headers, STR("Content-Type"), STR("application/x-amz-json-1.1"));
    c->response.body = body;
}

void kinesis_refuse_shards(struct call *c, size_t open_count, int64_t more)
{
    call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
              "This request would exceed the shard limit for the account %.*s in %.*s. Current "
              "shard count for the account: %zu. Limit: %d. Number of additional shards that would "
              "have resulted from this request: %lld. Refer to the AWS Service Limits page "
              "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
              "limits and how to request higher limits.",
              STR_ARG(c->account), STR_ARG(c->region), open_count, KINESIS_SHARDS_MAX,
              (long long)more);
}

struct str kinesis_rate_exceeded(struct arena *a, const struct stream *s, const struct shard *shard)
{
    return str_printf(a, "Rate exceeded for shard %s in stream %.*s under account %.*s.", shard->id,
                      STR_ARG(s->name), STR_ARG(s->account));
}
