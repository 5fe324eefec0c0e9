/* config.c -- Settings out of the environment and files: the only caller of getenv. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "profile.h"

static struct str from_environment(struct arena *a, const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? STR_EMPTY : str_copy(a, str_of(value));
}

/* ---- files ---- */

enum err config_file_read(struct arena *a, struct str path, struct str *ret_text, struct diag *d)
{
    FILE *file = fopen(str_z(a, path), "rb");
    if (file == NULL) {
        return fail(d, ERR_NOT_FOUND, "%.*s: %s", STR_ARG(path), strerror(errno));
    }
    struct buf text;
    buf_init(&text, a, DEFINITION_BYTES_MAX + 64 * KIB);
    size_t got = 1;
    while (got > 0 && text.len <= DEFINITION_BYTES_MAX) {
        got = fread(buf_reserve(&text, 16 * KIB), 1, 16 * KIB, file);
        buf_commit(&text, got);
    }
    bool broken = ferror(file) != 0;
    (void)fclose(file);
    if (broken) {
        return fail(d, ERR_NOT_FOUND, "%.*s: it cannot be read", STR_ARG(path));
    }
    if (text.len > DEFINITION_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%.*s: over %zu bytes", STR_ARG(path), DEFINITION_BYTES_MAX);
    }
    *ret_text = buf_str(&text);
    return ERR_OK;
}

/* ---- the file given by --config ---- */

struct own_file {
    struct str warehouse, log_level, region, endpoint_url, profile;
};

static enum err own_setting(struct own_file *own, const struct json *node, struct diag *d)
{
    const struct {
        const char *key;
        struct str *value;
    } settings[] = {{"warehouse", &own->warehouse},
                    {"log_level", &own->log_level},
                    {"region", &own->region},
                    {"endpoint_url", &own->endpoint_url},
                    {"profile", &own->profile}};
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (str_eq(node->key, str_of(settings[i].key))) {
            *settings[i].value = json_str(node);
            return json_is(node, JSON_IS_STRING) ? ERR_OK
                                                 : fail(d, ERR_INVALID, "%u:%u: %s: expected text",
                                                        node->line, node->column, settings[i].key);
        }
    }
    return fail(d, ERR_INVALID,
                "%u:%u: unknown setting '%.*s'; known are warehouse, log_level, region, "
                "endpoint_url, profile",
                node->line, node->column, STR_ARG(node->key));
}

static enum err own_parse(struct arena *a, struct str text, struct own_file *own, struct diag *d)
{
    struct json *root;
    TRY(yaml_parse(a, text, &root, d));
    if (!json_is(root, JSON_IS_OBJECT)) {
        return fail(d, ERR_INVALID, "expected settings, one a line");
    }
    for (const struct json *node = root->first; node != NULL; node = node->next) {
        TRY(own_setting(own, node, d));
    }
    return ERR_OK;
}

static enum err own_read(struct arena *a, struct str path, struct own_file *own, struct diag *d)
{
    struct str text;
    if (path.len == 0) {
        return ERR_OK;
    }
    TRY(config_file_read(a, path, &text, d));
    if (own_parse(a, text, own, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(path));
    }
    return ERR_OK;
}

/* ---- AWS's files ---- */

struct aws_files {
    struct str config, credentials; /* their texts; empty: not there */
    struct str profile;
};

/* A file that was named must be there; the usual ones need not. */
static enum err aws_file(struct arena *a, const char *variable, const char *usual,
                         struct str *ret_text, struct diag *d)
{
    struct str path = from_environment(a, variable);
    bool named = path.len > 0;
    struct str home = from_environment(a, "HOME");
    *ret_text = STR_EMPTY;
    if (!named && home.len == 0) {
        return ERR_OK;
    }
    path = named ? path : str_printf(a, "%.*s/.aws/%s", STR_ARG(home), usual);
    enum err err = config_file_read(a, path, ret_text, d);
    if (err == ERR_NOT_FOUND && !named) {
        diag_clear(d);
        return ERR_OK;
    }
    return err == ERR_OK ? ERR_OK : diag_context(d, "%s", named ? variable : "AWS settings");
}

static enum err aws_files_read(struct arena *a, struct str own_profile, struct aws_files *f,
                               struct diag *d)
{
    f->profile = from_environment(a, "AWS_PROFILE");
    f->profile = f->profile.len > 0 ? f->profile : own_profile;
    bool named = f->profile.len > 0;
    f->profile = named ? f->profile : STR("default");
    TRY(aws_file(a, "AWS_CONFIG_FILE", "config", &f->config, d));
    TRY(aws_file(a, "AWS_SHARED_CREDENTIALS_FILE", "credentials", &f->credentials, d));
    if (named && !profile_exists(f->config, f->profile, true) &&
        !profile_exists(f->credentials, f->profile, false)) {
        return fail(d, ERR_INVALID, "there is no profile '%.*s' in AWS's config and credentials",
                    STR_ARG(f->profile));
    }
    return ERR_OK;
}

static struct str file_setting(const struct aws_files *f, const char *key)
{
    struct str value = profile_get(f->credentials, f->profile, false, str_of(key));
    return value.len > 0 ? value : profile_get(f->config, f->profile, true, str_of(key));
}

/* ---- settings ---- */

static struct str first_of(struct str a, struct str b, struct str c)
{
    return a.len > 0 ? a : b.len > 0 ? b : c;
}

/* Keys come together from one place, never half from here and half from there. */
static enum err credentials_read(struct arena *a, const struct aws_files *f,
                                 struct credentials *ret, struct diag *d)
{
    static const char *const elsewhere[] = {"role_arn", "credential_process", "sso_session",
                                            "sso_start_url", "web_identity_token_file"};
    struct credentials c = {from_environment(a, "AWS_ACCESS_KEY_ID"),
                            from_environment(a, "AWS_SECRET_ACCESS_KEY"),
                            from_environment(a, "AWS_SESSION_TOKEN")};
    if (c.access_key.len == 0 && c.secret_key.len == 0) {
        c = (struct credentials){file_setting(f, "aws_access_key_id"),
                                 file_setting(f, "aws_secret_access_key"),
                                 file_setting(f, "aws_session_token")};
    }
    if ((c.access_key.len == 0) != (c.secret_key.len == 0)) {
        return fail(d, ERR_INVALID, "an access key without its secret key, or the other way round");
    }
    for (size_t i = 0; c.access_key.len == 0 && i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (file_setting(f, elsewhere[i]).len > 0) {
            return fail(d, ERR_UNSUPPORTED,
                        "profile %.*s takes its keys by %s: not supported; export them (aws "
                        "configure export-credentials --format env)",
                        STR_ARG(f->profile), elsewhere[i]);
        }
    }
    *ret = c;
    return ERR_OK;
}

static enum err service_endpoints_refuse(struct arena *a, struct diag *d)
{
    static const char *const names[] = {"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL_S3",
                                        "AWS_ENDPOINT_URL_SNS"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (from_environment(a, names[i]).len > 0) {
            return fail(d, ERR_UNSUPPORTED, "%s: not supported; AWS_ENDPOINT_URL is", names[i]);
        }
    }
    return ERR_OK;
}

static enum err attempts_read(struct arena *a, const struct aws_files *f, int *ret_attempts,
                              struct diag *d)
{
    struct str text = first_of(from_environment(a, "AWS_MAX_ATTEMPTS"),
                               file_setting(f, "max_attempts"), STR_EMPTY);
    int64_t attempts = 0;
    if (text.len > 0 && (str_i64(text, &attempts, d) != ERR_OK || attempts < 1 || attempts > 100)) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "AWS_MAX_ATTEMPTS: expected 1 to 100, not '%.*s'",
                    STR_ARG(text));
    }
    *ret_attempts = (int)attempts;
    return ERR_OK;
}

static enum err aws_read(struct arena *a, const struct own_file *own, struct aws_config *ret,
                         struct diag *d)
{
    struct aws_files files;
    struct aws_config c = {.region = STR_EMPTY};
    TRY(service_endpoints_refuse(a, d));
    TRY(aws_files_read(a, own->profile, &files, d));
    c.region = first_of(from_environment(a, "AWS_REGION"),
                        from_environment(a, "AWS_DEFAULT_REGION"), own->region);
    c.region = first_of(c.region, file_setting(&files, "region"), STR_EMPTY);
    c.endpoint = first_of(from_environment(a, "AWS_ENDPOINT_URL"), own->endpoint_url,
                          file_setting(&files, "endpoint_url"));
    TRY(credentials_read(a, &files, &c.credentials, d));
    TRY(attempts_read(a, &files, &c.max_attempts, d));
    if (c.region.len == 0) {
        return fail(d, ERR_INVALID, "no region: set AWS_REGION");
    }
    if (c.endpoint.len == 0 && c.credentials.access_key.len == 0) {
        return fail(
            d, ERR_INVALID,
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile");
    }
    *ret = c;
    return ERR_OK;
}

enum err config_read(struct arena *a, const struct config_options *options,
                     struct config *ret_config, struct diag *d)
{
    struct own_file own = {.warehouse = STR_EMPTY};
    struct config c = {.log_level = LOG_INFO};
    TRY(own_read(a, options->config_file, &own, d));
    TRY(aws_read(a, &own, &c.aws, d));
    c.warehouse =
        first_of(options->warehouse, from_environment(a, "AFORO_WAREHOUSE"), own.warehouse);
    c.ca_file = from_environment(a, "AWS_CA_BUNDLE");
    struct str level =
        first_of(options->log_level, from_environment(a, "AFORO_LOG_LEVEL"), own.log_level);
    if (level.len > 0) {
        TRY(log_level_parse(level, &c.log_level, d));
    }
    *ret_config = c;
    return ERR_OK;
}

enum err config_array_index(struct arena *a, struct str *ret_index, struct diag *d)
{
    static const char *const names[] = {"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX",
                                        "SLURM_ARRAY_TASK_ID"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str index = from_environment(a, names[i]);
        if (index.len > 0) {
            *ret_index = index;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "not in an array of jobs: none of %s, %s and %s is set", names[0],
                names[1], names[2]);
}
