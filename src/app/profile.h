/* profile.h -- The AWS CLI's files: sections of settings, as in ~/.aws/config and
 * ~/.aws/credentials. Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials
 * files". */
#ifndef AFORO_APP_PROFILE_H
#define AFORO_APP_PROFILE_H

#include "base/str.h"

/* The value of `key` in the section of `profile`, empty when it is not there. config_file: sections
 * but `default` are called "profile NAME". Nested settings (indented lines) are passed over. */
struct str profile_get(struct str file, struct str profile, bool config_file, struct str key);
bool profile_exists(struct str file, struct str profile, bool config_file);

#endif
