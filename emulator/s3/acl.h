/* acl.h -- Access control lists of buckets and objects: who else than the owner may do what.
 * Source: S3 User Guide, "Access control list (ACL) overview". */
#ifndef AFORO_EMULATOR_S3_ACL_H
#define AFORO_EMULATOR_S3_ACL_H

#include "access_action.h"
#include "s3_state.h"

bool acl_is_said(struct call *c); /* by x-amz-acl, x-amz-grant-* or a body; false: refused */
/* The list that the call asks for: {Owner, Grants}; *ret_acl is NULL when it asks for none but the
 * owner's own. `enforced`: the bucket's owner owns all and lists are off. false: refused. */
bool acl_read(struct call *c, bool enforced, struct json **ret_acl);
bool acl_is_enforced(struct call *c, const struct bucket *b);
/* Whether a kept list (empty: the owner's own) grants it to who calls; groups_off: it names
 * accounts alone. */
bool acl_grants(struct call *c, struct str text, enum access_grant grant, bool groups_off);
/* AWS s3-public-block-3: lists that are public are refused where the bucket blocks them. */
bool acl_may_be(struct call *c, const struct bucket *b, const struct json *acl);
void acl_out(struct call *c, struct str text); /* a kept list; empty: the owner's FULL_CONTROL */

void acl_get_bucket(struct call *c);
void acl_put_bucket(struct call *c);

#endif
