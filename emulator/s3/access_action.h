/* access_action.h -- The names that policies have for operations, and the permission of a list that
 * stands for each. Source: Service Authorization Reference, Amazon S3; S3 User Guide, ACL
 * permissions. */
#ifndef AFORO_EMULATOR_S3_ACCESS_ACTION_H
#define AFORO_EMULATOR_S3_ACCESS_ACTION_H

#include "emulator/core/call.h"

enum access_grant { GRANT_NONE, GRANT_READ, GRANT_WRITE, GRANT_READ_ACP, GRANT_WRITE_ACP };
struct access_action {
    struct str name; /* "s3:GetObject" */
    bool of_object;  /* its resource is an object, not the bucket */
    enum access_grant grant;
    bool on_object; /* the list that may grant it is the object's own */
};
struct access_action access_action_of(const struct call *c);
/* "GetObject"; version: of a version by its id. */
struct access_action access_action_named(struct arena *a, const char *action, bool version);

#endif
