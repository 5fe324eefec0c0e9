/* control_handlers.h -- The operations of S3 Control that are built, and what they share. */
#ifndef AFORO_EMULATOR_S3CONTROL_CONTROL_HANDLERS_H
#define AFORO_EMULATOR_S3CONTROL_CONTROL_HANDLERS_H

#include "base/tree.h"
#include "emulator/core/call.h"

struct s3control {
    struct arena *arena;
    struct tree *blocks; /* account -> struct account_block */
};
/* Whether the account that the call names is the caller's; false: AccessDenied. */
bool control_is_own(struct call *c);

/* resource_tags.c */
void resource_tags_list(struct call *c);
void resource_tags_add(struct call *c);
void resource_tags_remove(struct call *c);
/* account_block.c */
void account_block_get(struct call *c);
void account_block_put(struct call *c);
void account_block_delete(struct call *c);

#endif
