/* account_block.c -- The public access block of an account, kept and told.
 * DIFFERS s3control-block-1: no request is refused by it. */
#include "control_handlers.h"

static const char *const members[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                      "RestrictPublicBuckets"};
#define MEMBERS (sizeof members / sizeof members[0])

struct account_block {
    bool set, on[MEMBERS];
};

static struct account_block *block_of(struct call *c)
{
    struct s3control *state = c->state;
    struct account_block *block = tree_get(state->blocks, c->account);
    if (block == NULL) {
        block = NEW(state->arena, struct account_block);
        tree_put(state->blocks, c->account, block);
    }
    return block;
}

void account_block_put(struct call *c)
{
    const struct json *said = json_get(c->input, STR("PublicAccessBlockConfiguration"));
    if (!control_is_own(c)) {
        return;
    }
    struct account_block *block = block_of(c);
    block->set = true;
    for (size_t i = 0; i < MEMBERS; i++) {
        block->on[i] = json_bool(json_get(said, str_of(members[i])), false);
    }
}

/* AWS s3control-block-2: an account has none until it is put. */
void account_block_get(struct call *c)
{
    if (!control_is_own(c)) {
        return;
    }
    const struct account_block *block = block_of(c);
    if (!block->set) {
        call_fail(c, AWS_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION,
                  "The public access block configuration was not found");
        call_fail_extra(c, "AccountId", c->account);
        return;
    }
    struct json *told = call_out(c, "PublicAccessBlockConfiguration", JSON_IS_OBJECT);
    for (size_t i = 0; i < MEMBERS; i++) {
        json_set_bool(c->arena, told, members[i], block->on[i]);
    }
}

void account_block_delete(struct call *c)
{
    if (control_is_own(c)) {
        block_of(c)->set = false;
    }
}
