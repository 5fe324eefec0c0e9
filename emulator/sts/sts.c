/* sts.c -- GetCallerIdentity: the account is the access key where that has 12 digits, else the
 * emulator's own. */
#include "sts.h"

#include "sts_model.h"

/* AWS sts-get-caller-identity-1: the account's root has the account as its user id. */
static void get_caller_identity(struct call *c)
{
    call_out_str(c, "UserId", c->account);
    call_out_str(c, "Account", c->account);
    call_out_str(c, "Arn", str_printf(c->arena, "arn:aws:iam::%.*s:root", STR_ARG(c->account)));
}

static const struct operation_handler handlers[] = {
    {.name = "GetCallerIdentity", .handle = get_caller_identity},
};

const struct emulator_service sts_service = {
    .model = &sts_model,
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(handlers[0]),
};
