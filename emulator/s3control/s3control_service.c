#include "s3control_service.h"
#include "control_handlers.h"
#include "s3control_model.h"

static const struct operation_handler handlers[] = {
    {.name = "DeletePublicAccessBlock", .handle = account_block_delete},
    {.name = "GetPublicAccessBlock", .handle = account_block_get},
    {.name = "ListTagsForResource", .handle = resource_tags_list},
    {.name = "PutPublicAccessBlock", .handle = account_block_put},
    {.name = "TagResource", .handle = resource_tags_add},
    {.name = "UntagResource", .handle = resource_tags_remove},
};

static void *state_new(struct core *core, struct arena *a)
{
    struct s3control *state = NEW(a, struct s3control);
    (void)core;
    state->arena = a;
    state->blocks = tree_new(a);
    return state;
}

static bool claims(const struct http_request *request)
{
    return str_starts(request->path, STR("/v20180820/")) &&
           http_has_header(&request->headers, "x-amz-account-id");
}

static void describe(const struct call *c, struct fault_call *description)
{
    static const char *const names[][2] = {{"resource", "ResourceArn"}, {"account", "AccountId"}};
    for (size_t i = 0; i < 2 && description->attribute_count < FAULT_WHERE_MAX; i++) {
        if (call_has(c, names[i][1])) {
            description->attributes[description->attribute_count++] = (struct fault_where){
                .name = str_of(names[i][0]), .pattern = call_str(c, names[i][1])};
        }
    }
}

bool control_is_own(struct call *c)
{
    if (str_eq(call_str(c, "AccountId"), c->account)) {
        return true;
    }
    call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
    return false;
}

const struct emulator_service s3control_service = {
    .model = &s3control_model,
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof handlers[0],
    .state_new = state_new,
    .describe = describe,
    .claims = claims,
};
