/* list_token.h -- Continuation tokens: opaque to clients, the last name that was told to us. */
#ifndef AFORO_EMULATOR_S3_LIST_TOKEN_H
#define AFORO_EMULATOR_S3_LIST_TOKEN_H

#include "s3_state.h"

struct str list_token(struct arena *a, struct str last);
/* The input's ContinuationToken; *ret_last stays as it is when there is none. false:
 * InvalidArgument. */
bool list_token_read(struct call *c, struct str *ret_last);

#endif
