#include "tiny.h"

#include <criterion/criterion.h>
#include <string.h>
#include "base/yaml.h"

/* ---- the models ---- */

static const struct shape text_shape = {
    .name = "Text", .kind = SHAPE_STRING, .min = 1, .max = 8, .pattern = "[a-z]+"};
static const struct shape plain_shape = {
    .name = "Plain", .kind = SHAPE_STRING, .min = SHAPE_NO_BOUND, .max = SHAPE_NO_BOUND};
static const struct shape long_shape = {
    .name = "Long", .kind = SHAPE_LONG, .min = SHAPE_NO_BOUND, .max = SHAPE_NO_BOUND};
static const struct shape_member name_member[] = {
    {.name = "Name", .shape = &text_shape, .required = true},
    {.name = "Seconds", .shape = &long_shape},
    {.name = "Url", .shape = &plain_shape}};
static const struct shape input_shape = {.name = "Input",
                                         .kind = SHAPE_STRUCTURE,
                                         .min = SHAPE_NO_BOUND,
                                         .max = SHAPE_NO_BOUND,
                                         .members = name_member,
                                         .member_count = 3};
static const struct shape_member output_members[] = {{.name = "Runs", .shape = &long_shape},
                                                     {.name = "Text", .shape = &plain_shape}};
static const struct shape output_shape = {.name = "Output",
                                          .kind = SHAPE_STRUCTURE,
                                          .min = SHAPE_NO_BOUND,
                                          .max = SHAPE_NO_BOUND,
                                          .members = output_members,
                                          .member_count = 2};
static const struct shape teapot_shape = {
    .name = "TeapotException", .kind = SHAPE_STRUCTURE, .exception = true, .http_status = 418};
static const struct shape *const errors[] = {&teapot_shape, NULL};

#define OPERATION(text, wrapper)                                                                   \
    {                                                                                              \
        .name = (text), .method = "POST", .uri = "/", .input = &input_shape,                       \
        .output = &output_shape, .result_wrapper = (wrapper), .success_status = 200,               \
        .errors = errors                                                                           \
    }
static const struct operation_model json_operations[] = {
    OPERATION("Call", NULL), OPERATION("Draw", NULL),   OPERATION("PutRecords", NULL),
    OPERATION("Raw", NULL),  OPERATION("Undone", NULL), OPERATION("Wait", NULL),
};
static const struct operation_model query_operations[] = {
    OPERATION("Publish", "PublishResult"),
    OPERATION("Undone", "UndoneResult"),
};
static const struct service_model json_model = {.id = "kinesis",
                                                .signing_name = "kinesis",
                                                .service_id = "Tiny",
                                                .api_version = "2026-01-01",
                                                .target_prefix = "Tiny_1",
                                                .json_version = "1.1",
                                                .protocol = PROTOCOL_JSON,
                                                .operations = json_operations,
                                                .operation_count = 6};
static const struct service_model query_model = {.id = "sns",
                                                 .signing_name = "sns",
                                                 .service_id = "TinyQ",
                                                 .api_version = "2026-01-01",
                                                 .xml_namespace = "http://tiny/",
                                                 .protocol = PROTOCOL_QUERY,
                                                 .operations = query_operations,
                                                 .operation_count = 2};

static const struct shape blob_shape = {.name = "Body",
                                        .kind = SHAPE_BLOB,
                                        .min = SHAPE_NO_BOUND,
                                        .max = SHAPE_NO_BOUND,
                                        .streaming = true};
#define BUCKET                                                                                     \
    {                                                                                              \
        .name = "Bucket", .shape = &plain_shape, .place = PLACE_URI, .required = true              \
    }
#define KEY                                                                                        \
    {                                                                                              \
        .name = "Key", .shape = &plain_shape, .place = PLACE_URI, .required = true                 \
    }
static const struct shape_member bucket_members[] = {BUCKET};
static const struct shape_member put_members[] = {
    BUCKET, KEY, {.name = "Body", .shape = &blob_shape, .payload = true}};
static const struct shape_member part_members[] = {
    BUCKET,
    KEY,
    {.name = "PartNumber",
     .wire_name = "partNumber",
     .shape = &long_shape,
     .place = PLACE_QUERY,
     .required = true},
    {.name = "Body", .shape = &blob_shape, .payload = true}};
static const struct shape bucket_shape = {
    .name = "Bucket", .kind = SHAPE_STRUCTURE, .members = bucket_members, .member_count = 1};
static const struct shape put_shape = {
    .name = "PutInput", .kind = SHAPE_STRUCTURE, .members = put_members, .member_count = 3};
static const struct shape part_shape = {
    .name = "PartInput", .kind = SHAPE_STRUCTURE, .members = part_members, .member_count = 4};
static const struct operation_model rest_operations[] = {
    {.name = "GetAcl",
     .success_status = 200,
     .method = "GET",
     .uri = "/{Bucket}?acl",
     .input = &bucket_shape},
    {.name = "ListBuckets", .success_status = 200, .method = "GET", .uri = "/"},
    {.name = "ListV2",
     .success_status = 200,
     .method = "GET",
     .uri = "/{Bucket}?list-type=2",
     .input = &bucket_shape},
    {.name = "Put",
     .success_status = 200,
     .method = "PUT",
     .uri = "/{Bucket}/{Key+}",
     .input = &put_shape},
    {.name = "PutPart",
     .success_status = 200,
     .method = "PUT",
     .uri = "/{Bucket}/{Key+}",
     .input = &part_shape},
};
static const struct service_model rest_model = {.id = "s3",
                                                .signing_name = "s3",
                                                .service_id = "TinyR",
                                                .api_version = "2026-01-01",
                                                .xml_namespace = "http://tiny/",
                                                .protocol = PROTOCOL_REST_XML,
                                                .operations = rest_operations,
                                                .operation_count = 5};

/* ---- the handlers ---- */

static void *state_new(struct core *core, struct arena *a)
{
    (void)core;
    return NEW(a, struct tiny_state);
}

#define TINY_ENTRIES 8
static void put_records(struct call *c)
{
    struct tiny_state *s = c->state;
    if (str_eq(call_str(c, "Name"), STR("teapot"))) {
        call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION, "Stream %s not found.", "teapot");
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION, "the second refusal does not stand");
        return;
    }
    s->runs++;
    for (size_t i = 0; i < TINY_ENTRIES; i++) {
        bool hit = fault_hits_entry(&c->fault, i, TINY_ENTRIES);
        s->refused += hit ? 1 : 0;
        s->entries += hit ? 0 : 1;
    }
    call_out_i64(c, "Runs", s->runs);
}

static void wait_fired(struct core *core, void *arg, int64_t now_us)
{
    struct tiny_state *s = arg;
    s->fired++;
    s->last_fired_us = now_us;
    if (s->fired < 3) { /* a chain: each one a minute after the one before */
        core_timer(core, now_us + US_PER_MINUTE, wait_fired, s);
    }
}

static void wait(struct call *c)
{
    core_timer(c->core, c->now_us + call_i64(c, "Seconds", 0) * US_PER_S, wait_fired, c->state);
}

static void outbound_done(struct core *core, void *arg, int status, struct str body, int64_t now_us)
{
    struct tiny_state *s = arg;
    s->outbound_status = status;
    s->outbound_body = body;
    if (status != 200) { /* its own policy: once more, a minute later */
        core_outbound(core, STR("POST"), STR("http://there/again"), NULL, STR("again"), NULL,
                      now_us + US_PER_MINUTE, NULL, NULL);
    }
}

static void call_out_handler(struct call *c)
{
    struct http_headers headers;
    http_headers_init(&headers, c->arena);
    http_headers_add(&headers, STR("X-Tiny"), STR("yes"));
    core_outbound(c->core, STR("POST"), call_str(c, "Url"), &headers, STR("hello"), NULL, c->now_us,
                  outbound_done, c->state);
}

static void draw(struct call *c)
{
    call_out_str(c, "Text", core_uuid(c->core, c->arena));
    call_out_i64(c, "Runs", (int64_t)(core_random(c->core) >> 1));
}

static void raw(struct call *c)
{
    cr_assert_null(c->input);
    c->response.body = c->request->body;
    http_headers_set(&c->response.headers, STR("Content-Type"), STR("text/plain"));
}

static void describe(const struct call *c, struct fault_call *description)
{
    if (c->input != NULL) {
        description->attributes[0] = (struct fault_where){STR("stream"), call_str(c, "Name")};
        description->attribute_count = 1;
    }
}

static void publish(struct call *c)
{
    struct tiny_state *s = c->state;
    s->runs++;
    call_out_str(c, "Text", call_str(c, "Name"));
}

static void put(struct call *c)
{
    struct tiny_state *s = c->state;
    if (str_eq(call_str(c, "Key"), STR("missing"))) {
        call_fail_extra(c, "Key", STR("missing"));
        call_fail(c, AWS_NO_SUCH_KEY, "The specified key does not exist.");
        return;
    }
    s->last_body = str_copy(c->arena, c->request->body);
    s->last_encoding = str_copy(c->arena, http_header(&c->request->headers, "content-encoding"));
    s->last_trailer = str_copy(c->arena, http_header(&c->request->headers, "x-amz-checksum-crc32"));
    http_headers_set(&c->response.headers, STR("ETag"), STR("\"1\""));
}

static const struct operation_handler json_handlers[] = {
    {.name = "PutRecords", .handle = put_records},
    {.name = "Wait", .handle = wait},
    {.name = "Call", .handle = call_out_handler},
    {.name = "Draw", .handle = draw},
    {.name = "Raw", .handle = raw, .raw = true}};
static const struct operation_handler query_handlers[] = {{.name = "Publish", .handle = publish}};
static const struct operation_handler rest_handlers[] = {{.name = "Put", .handle = put},
                                                         {.name = "PutPart", .handle = put}};

const struct emulator_service tiny_json = {.model = &json_model,
                                           .handlers = json_handlers,
                                           .handler_count = 5,
                                           .state_new = state_new,
                                           .describe = describe};
const struct emulator_service tiny_query = {
    .model = &query_model, .handlers = query_handlers, .handler_count = 1, .state_new = state_new};
const struct emulator_service tiny_rest = {
    .model = &rest_model, .handlers = rest_handlers, .handler_count = 2, .state_new = state_new};

/* ---- the bench ---- */

static const struct emulator_service *const services[] = {&tiny_json, &tiny_query, &tiny_rest};

struct bench bench_with(struct core_options options)
{
    struct bench b = {.arena = arena_new("test", 512 * MIB), .now_us = TINY_START_US};
    options.account = STR("000000000000");
    options.region = STR("us-east-1");
    options.start_us = TINY_START_US;
    b.core = core_new(b.arena, &options, services, 3);
    return b;
}

struct bench bench_new(uint64_t seed)
{
    return bench_with((struct core_options){.seed = seed});
}

void bench_free(struct bench *b)
{
    arena_free(b->arena);
}

struct tiny_state *bench_state(struct bench *b, const char *service_id)
{
    return core_state(b->core, service_id);
}

static struct http_request request_new(struct bench *b, const char *method, const char *target,
                                       const char *body)
{
    struct http_request r;
    struct str path;
    struct str query;
    if (!str_split(str_of(target), '?', &path, &query)) {
        path = str_of(target);
    }
    http_request_init(&r, b->arena, method, STR("127.0.0.1:4566"), path);
    r.query = query;
    r.body = str_of(body);
    return r;
}

struct http_request json_request(struct bench *b, const char *operation, const char *body)
{
    struct http_request r = request_new(b, "POST", "/", body);
    add_header(&r, "Content-Type", "application/x-amz-json-1.1");
    http_headers_add(&r.headers, STR("X-Amz-Target"), str_printf(b->arena, "Tiny_1.%s", operation));
    return r;
}

struct http_request query_request(struct bench *b, const char *form)
{
    struct http_request r = request_new(b, "POST", "/", form);
    add_header(&r, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    return r;
}

struct http_request rest_request(struct bench *b, const char *method, const char *target,
                                 const char *body)
{
    return request_new(b, method, target, body);
}

struct http_request control_request(struct bench *b, const char *method, const char *target,
                                    const char *body)
{
    return request_new(b, method, target, body);
}

void add_header(struct http_request *r, const char *name, const char *value)
{
    http_headers_add(&r->headers, str_of(name), str_of(value));
}

struct core_outcome send(struct bench *b, const struct http_request *request, const char *actor)
{
    return core_dispatch(b->core, request, str_of(actor), b->now_us, b->arena);
}

struct core_outcome send_json(struct bench *b, const char *operation, const char *body)
{
    struct http_request r = json_request(b, operation, body);
    return send(b, &r, "producer/2");
}

struct core_outcome send_control(struct bench *b, const char *method, const char *target,
                                 const char *body)
{
    struct http_request r = control_request(b, method, target, body);
    return send(b, &r, "");
}

struct json *body_tree(struct bench *b, const struct http_response *response)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(b->arena, response->body, &tree, &d), ERR_OK, "%s in %.*s", d.msg,
                 STR_ARG(response->body));
    return tree;
}

void add_faults(struct bench *b, const char *yaml)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(yaml_parse(b->arena, str_of(yaml), &tree, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(fault_plan_read(core_faults(b->core), tree, &d), ERR_OK, "%s", d.msg);
}
