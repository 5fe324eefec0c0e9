/* access.h -- Who may do what: the bucket's owner, whom the bucket's policy lets in, whom a list
 * grants it, nobody else. Source: S3 User Guide, "How Amazon S3 authorizes a request".
 * DIFFERS s3-access-anonymous-1: a request without a signature is nobody's where signatures are
 * verified, or once something is said of the bucket's access; until then it is the owner's, as in
 * every other service here. */
#ifndef AFORO_EMULATOR_S3_ACCESS_H
#define AFORO_EMULATOR_S3_ACCESS_H

#include "s3_state.h"

/* Whether the call, as its operation and its input are, may be; false: AccessDenied. */
bool access_check(struct call *c, const struct bucket *b);
/* The same of one action upon an object, which the operation has among others. */
bool access_check_key(struct call *c, const struct bucket *b, const char *action, struct str key,
                      struct str version);
/* Does not fail the call. */
bool access_allows_key(struct call *c, const struct bucket *b, const char *action, struct str key,
                       struct str version);
/* Whether somebody signed, where that is asked for; false: AccessDenied. */
bool access_is_somebody(struct call *c);
/* Whether a setting of the bucket's block is on, and meant: "BlockPublicPolicy".
 * DIFFERS s3-public-block-1: the block that a new bucket has is told; it holds where signatures are
 * verified, else once it is put. */
bool access_is_blocked(struct call *c, const struct bucket *b, const char *setting);

#endif
