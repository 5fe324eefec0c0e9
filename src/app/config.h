/* config.h -- Where the settings come from, in the AWS conventions. What stands first wins:
 *   the command line; the environment; the file given by --config; the profile in AWS's own files.
 * Environment: AWS_ENDPOINT_URL AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID
 * AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
 * AWS_MAX_ATTEMPTS AWS_CA_BUNDLE AFORO_WAREHOUSE AFORO_LOG_LEVEL. Refused by name, since ignoring
 * them would send calls elsewhere: AWS_ENDPOINT_URL_<SERVICE>, and profiles that only name a role,
 * a process or single sign-on as the source of their keys. */
#ifndef AFORO_APP_CONFIG_H
#define AFORO_APP_CONFIG_H

#include "aws/aws_client.h"
#include "base/log.h"

struct config_options { /* of the command line; empty: not given */
    struct str config_file, warehouse, log_level;
};
struct config {
    struct aws_config aws; /* without user agent */
    struct str warehouse;  /* "sqlite:PATH" or "postgresql://..." */
    struct str ca_file;    /* empty: the system's */
    enum log_level log_level;
};
/* ERR_INVALID: a setting is wrong or missing; ERR_UNSUPPORTED: refused by name. Lives in `a`. */
MUST_USE enum err config_read(struct arena *a, const struct config_options *options,
                              struct config *ret_config, struct diag *d);
/* Which of an array's jobs this is, as AWS Batch (AWS_BATCH_JOB_ARRAY_INDEX), Kubernetes
 * (JOB_COMPLETION_INDEX) or Slurm (SLURM_ARRAY_TASK_ID) say it. ERR_INVALID: none does. */
MUST_USE enum err config_array_index(struct arena *a, struct str *ret_index, struct diag *d);
/* A whole file. ERR_NOT_FOUND: it cannot be opened; ERR_LIMIT: over DEFINITION_BYTES_MAX. */
MUST_USE enum err config_file_read(struct arena *a, struct str path, struct str *ret_text,
                                   struct diag *d);

#endif
