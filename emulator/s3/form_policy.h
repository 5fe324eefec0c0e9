/* form_policy.h -- The policy of an upload by form: who may put what where until when. Source: S3
 * API reference, "Creating a POST policy". */
#ifndef AFORO_EMULATOR_S3_FORM_POLICY_H
#define AFORO_EMULATOR_S3_FORM_POLICY_H

#include "emulator/core/call.h"
#include "form_reader.h"

struct form_policy;
/* Reads the form's policy; false: the call has failed. *ret_policy is NULL where the form has
 * none. */
bool form_policy_read(struct call *c, const struct form_reader *form,
                      struct form_policy **ret_policy);
/* Whether the form, the final key and the size of the file keep to it now; false: the call has
 * failed (AccessDenied, EntityTooLarge, EntityTooSmall). */
bool form_policy_check(struct call *c, const struct form_policy *policy,
                       const struct form_reader *form, struct str key, uint64_t bytes);
/* Signature version 4 of the policy with the one secret that there is; false: the call has failed.
 */
bool form_policy_verify(struct call *c, const struct form_reader *form, struct str secret);

#endif
