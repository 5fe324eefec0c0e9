#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/app/config.h"
#include "../../src/app/profile.h"
#include "base/limits.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)

static const char *const VARIABLES[] = {"AWS_ENDPOINT_URL",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_PROFILE",
                                        "AWS_CONFIG_FILE",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_MAX_ATTEMPTS",
                                        "AWS_CA_BUNDLE",
                                        "AFORO_WAREHOUSE",
                                        "AFORO_LOG_LEVEL",
                                        "AWS_ENDPOINT_URL_S3"};

/* An environment of its own in a folder of its own. */
struct place {
    struct arena *arena;
    struct str folder;
};

static struct place place_new(void)
{
    struct place p = {.arena = arena_new("config test", 64 * MIB)};
    char name[] = "/tmp/aforo-config-XXXXXX";
    cr_assert(mkdtemp(name) != NULL);
    p.folder = str_copy(p.arena, str_of(name));
    for (size_t i = 0; i < sizeof(VARIABLES) / sizeof(VARIABLES[0]); i++) {
        unsetenv(VARIABLES[i]);
    }
    setenv("HOME", name, 1);
    return p;
}

static const char *file_write(struct place *p, const char *name, const char *text)
{
    const char *path = str_z(p->arena, str_printf(p->arena, "%.*s/%s", STR_ARG(p->folder), name));
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    return path;
}

static void place_free(struct place *p)
{
    static const char *const names[] = {"config", "credentials", "own.yaml"};
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(
            str_z(p->arena, str_printf(p->arena, "%.*s/%s", STR_ARG(p->folder), names[i])));
    }
    cr_assert_eq(rmdir(str_z(p->arena, p->folder)), 0);
    arena_free(p->arena);
}

static bool same(struct str got, const char *want)
{
    return str_eq(got, str_of(want));
}

static const char CONFIG[] = "# settings\n"
                             "[default]\n"
                             "region = eu-south-2\n"
                             "endpoint_url = http://default:1\n"
                             "[profile dev]\n"
                             "region=eu-west-1   # near\n"
                             "endpoint_url = http://dev:1\n"
                             "max_attempts = 7\n"
                             "s3 =\n"
                             "  region = nested\n"
                             "[dev]\n"
                             "region = not-a-profile\n";
static const char CREDENTIALS[] = "[default]\n"
                                  "aws_access_key_id = DEFAULTKEY\n"
                                  "aws_secret_access_key = defaultsecret\n"
                                  "[dev]\n"
                                  "aws_access_key_id = DEVKEY\n"
                                  "aws_secret_access_key = devsecret\n"
                                  "aws_session_token = devtoken\n";

Test(config, what_stands_first_wins)
{
    /* Profile files, then --config's file, then the environment, then the command line: each over
     * the one before. */
    struct place p = place_new();
    struct diag d = DIAG_INIT;
    struct config c;
    struct config_options options = {.warehouse = STR_EMPTY};
    setenv("AWS_CONFIG_FILE", file_write(&p, "config", CONFIG), 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", file_write(&p, "credentials", CREDENTIALS), 1);
    OK(config_read(p.arena, &options, &c, &d));
    cr_assert(same(c.aws.region, "eu-south-2") && same(c.aws.endpoint, "http://default:1"));
    cr_assert(same(c.aws.credentials.access_key, "DEFAULTKEY") && c.warehouse.len == 0);
    cr_assert_eq(c.aws.max_attempts, 0);
    cr_assert_eq(c.log_level, LOG_INFO);

    setenv("AWS_PROFILE", "dev", 1);
    OK(config_read(p.arena, &options, &c, &d));
    cr_assert(same(c.aws.region, "eu-west-1") && same(c.aws.endpoint, "http://dev:1"));
    cr_assert(same(c.aws.credentials.access_key, "DEVKEY") &&
              same(c.aws.credentials.secret_key, "devsecret") &&
              same(c.aws.credentials.session_token, "devtoken"));
    cr_assert_eq(c.aws.max_attempts, 7);

    options.config_file =
        str_of(file_write(&p, "own.yaml",
                          "warehouse: sqlite:/own.db\nregion: us-west-1\nendpoint_url: "
                          "http://own:1\nlog_level: warn\n"));
    OK(config_read(p.arena, &options, &c, &d));
    cr_assert(same(c.aws.region, "us-west-1") && same(c.aws.endpoint, "http://own:1"));
    cr_assert(same(c.warehouse, "sqlite:/own.db"));
    cr_assert_eq(c.log_level, LOG_WARN);

    setenv("AWS_DEFAULT_REGION", "ap-south-1", 1);
    setenv("AWS_ENDPOINT_URL", "http://env:1", 1);
    setenv("AWS_MAX_ATTEMPTS", "4", 1);
    setenv("AFORO_WAREHOUSE", "sqlite:/env.db", 1);
    setenv("AFORO_LOG_LEVEL", "error", 1);
    OK(config_read(p.arena, &options, &c, &d));
    cr_assert(same(c.aws.region, "ap-south-1") && same(c.aws.endpoint, "http://env:1"));
    cr_assert(same(c.warehouse, "sqlite:/env.db"));
    cr_assert_eq(c.aws.max_attempts, 4);
    cr_assert_eq(c.log_level, LOG_ERROR);
    setenv("AWS_REGION", "ca-west-1", 1);
    setenv("AWS_ACCESS_KEY_ID", "ENVKEY", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "envsecret", 1);
    options.warehouse = STR("postgresql://line");
    options.log_level = STR("debug");
    OK(config_read(p.arena, &options, &c, &d));
    cr_assert(same(c.aws.region, "ca-west-1") && same(c.warehouse, "postgresql://line"));
    cr_assert(same(c.aws.credentials.access_key, "ENVKEY") &&
                  c.aws.credentials.session_token.len == 0,
              "keys come from one place, token and all");
    cr_assert_eq(c.log_level, LOG_DEBUG);
    place_free(&p);
}

Test(config, says_what_is_wrong)
{
    /* A setting that is missing, half there, or not supported is named; nothing is guessed. */
    static const struct {
        const char *variable, *value, *says;
        enum err err;
    } rows[] = {
        {"AWS_REGION", "", "no region: set AWS_REGION", ERR_INVALID},
        {"AWS_ENDPOINT_URL", "", "no credentials", ERR_INVALID},
        {"AWS_ACCESS_KEY_ID", "HALF", "without its secret key", ERR_INVALID},
        {"AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS", ERR_INVALID},
        {"AWS_MAX_ATTEMPTS", "0", "1 to 100", ERR_INVALID},
        {"AWS_PROFILE", "nobody", "no profile 'nobody'", ERR_INVALID},
        {"AWS_CONFIG_FILE", "/nowhere/config", "/nowhere/config", ERR_NOT_FOUND},
        {"AWS_ENDPOINT_URL_S3", "http://x", "AWS_ENDPOINT_URL_S3: not supported", ERR_UNSUPPORTED},
        {"AFORO_LOG_LEVEL", "loud", "loud", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct place p = place_new();
        struct diag d = DIAG_INIT;
        struct config c;
        struct config_options options = {.warehouse = STR_EMPTY};
        setenv("AWS_REGION", "eu-south-2", 1);
        setenv("AWS_ENDPOINT_URL", "http://x", 1);
        setenv(rows[i].variable, rows[i].value, 1);
        cr_assert_eq(config_read(p.arena, &options, &c, &d), rows[i].err, "%s=%s: %s",
                     rows[i].variable, rows[i].value, d.msg);
        cr_assert(str_contains(str_of(d.msg), str_of(rows[i].says)), "%s", d.msg);
        place_free(&p);
    }
}

Test(config, refuses_keys_from_elsewhere_by_name)
{
    /* A profile that only names a role would else be used without any keys. */
    struct place p = place_new();
    struct diag d = DIAG_INIT;
    struct config c;
    struct config_options options = {.warehouse = STR_EMPTY};
    setenv("AWS_CONFIG_FILE",
           file_write(&p, "config", "[default]\nregion = r\nrole_arn = arn:aws:iam::1:role/x\n"),
           1);
    cr_assert_eq(config_read(p.arena, &options, &c, &d), ERR_UNSUPPORTED);
    cr_assert(str_contains(str_of(d.msg), STR("role_arn")), "%s", d.msg);
    place_free(&p);
}

Test(profile, reads_sections_as_the_aws_cli_does)
{
    /* Comments, blanks, nested settings, CRLF, sections twice. */
    struct str file = STR("; note\r\n[ profile a ]\r\nkey = one # note\r\n\r\n[default]\nkey=two\n"
                          "[profile a]\nother=three=3\nlist =\n key = nested\n");
    cr_assert(same(profile_get(file, STR("a"), true, STR("key")), "one"));
    cr_assert(same(profile_get(file, STR("a"), true, STR("other")), "three=3"));
    cr_assert(same(profile_get(file, STR("default"), true, STR("KEY")), "two"));
    cr_assert(same(profile_get(file, STR("a"), true, STR("none")), ""));
    cr_assert(same(profile_get(file, STR("b"), true, STR("key")), ""));
    cr_assert(profile_exists(file, STR("a"), true) && !profile_exists(file, STR("b"), true));
    cr_assert(profile_exists(STR("[a]"), STR("a"), false) &&
              !profile_exists(STR("[a]"), STR("a"), true));
    cr_assert(!profile_exists(STR(""), STR("a"), false));
}
