/* sts.c -- Who asks, and temporary credentials. Nothing is remembered of those: the access key
 * holds the account (core reads it there), the session token whom it was made for. */
#include "sts.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "sts_model.h"

#define TOKEN_HEAD "aforo "
#define ROLE_SECONDS 3600 /* AWS's default of each operation */
#define SESSION_SECONDS 43200
enum { ARN_PARTS = 5, ACCOUNT_DIGITS = 12, KEY_HEAD = 4 };

/* ---- who asks ---- */

/* What a session token of ours was made for: "assumed-role/role/session"; empty: an account, or no
 * token of ours. */
static struct str token_principal(const struct call *c)
{
    struct str token = http_header(&c->request->headers, "x-amz-security-token");
    struct diag d = DIAG_INIT;
    struct buf text;
    buf_init(&text, c->arena, token.len + 4);
    if (token.len == 0 || decode_base64(&text, token, &d) != ERR_OK ||
        !str_starts(buf_str(&text), STR(TOKEN_HEAD))) {
        return STR_EMPTY;
    }
    return str_from(buf_str(&text), sizeof(TOKEN_HEAD) - 1);
}

/* The role's id and the session's name: its "unique id", here made of the role's name. */
static struct str role_id(const struct call *c, struct str principal)
{
    size_t at = str_find_last(principal, '/');
    struct str role = str_slice(principal, 0, at), session = str_from(principal, at + 1);
    return str_printf(c->arena, "AROA%016llX:%.*s", (unsigned long long)hash64(0, role),
                      STR_ARG(session));
}

static struct str principal_arn(const struct call *c, struct str account, struct str principal)
{
    return str_printf(c->arena, "arn:aws:sts::%.*s:%.*s", STR_ARG(account), STR_ARG(principal));
}

/* AWS sts-get-caller-identity-1: the account's root has the account as its user id.
 * AWS sts-get-caller-identity-2: a role's session has the ARN that AssumeRole told. */
static void get_caller_identity(struct call *c)
{
    struct str principal = token_principal(c);
    bool role = str_starts(principal, STR("assumed-role/"));
    call_out_str(c, "UserId", role ? role_id(c, principal) : c->account);
    call_out_str(c, "Account", c->account);
    call_out_str(c, "Arn",
                 role ? principal_arn(c, c->account, principal)
                      : str_printf(c->arena, "arn:aws:iam::%.*s:root", STR_ARG(c->account)));
}

/* ---- temporary credentials ---- */

/* DIFFERS sts-credentials-1: the access key is ASIA and the account, the secret the one that there
 * is, "test"; they do not expire. */
static void credentials_write(struct call *c, struct str account, struct str principal,
                              int64_t seconds_default)
{
    struct json *out = call_out(c, "Credentials", JSON_IS_OBJECT);
    struct buf token;
    buf_init(&token, c->arena, 2 * principal.len + 64);
    encode_base64(&token, str_join(c->arena, STR(TOKEN_HEAD), principal));
    json_set_str(c->arena, out, "AccessKeyId", str_printf(c->arena, "ASIA%.*s", STR_ARG(account)));
    json_set_str(c->arena, out, "SecretAccessKey", STR("test"));
    json_set_str(c->arena, out, "SessionToken", buf_str(&token));
    json_set_i64(c->arena, out, "Expiration",
                 c->now_us + call_i64(c, "DurationSeconds", seconds_default) * US_PER_S);
}

/* arn:aws:iam::account:role/path/name; false: refused. */
static bool role_read(struct call *c, struct str *ret_account, struct str *ret_name)
{
    struct str arn = call_str(c, "RoleArn"), parts[ARN_PARTS] = {{0}}, rest = arn;
    bool good = true;
    for (size_t i = 0; good && i < ARN_PARTS; i++) {
        good = str_split(rest, ':', &parts[i], &rest);
    }
    if (!good || !str_eq(parts[2], STR("iam")) || parts[4].len != ACCOUNT_DIGITS ||
        !str_starts(rest, STR("role/")) || str_ends(rest, STR("/"))) {
        call_fail(c, AWS_VALIDATION_ERROR, "%.*s is invalid", STR_ARG(arn));
        return false;
    }
    *ret_account = parts[4];
    *ret_name = str_from(rest, str_find_last(rest, '/') + 1);
    return true;
}

/* DIFFERS sts-assume-role-1: roles are not looked up, their trust is not judged. */
static void assume_role(struct call *c)
{
    struct str account, role;
    if (!role_read(c, &account, &role)) {
        return;
    }
    struct str session = call_str(c, "RoleSessionName");
    struct str principal =
        str_printf(c->arena, "assumed-role/%.*s/%.*s", STR_ARG(role), STR_ARG(session));
    credentials_write(c, account, principal, ROLE_SECONDS);
    struct json *user = call_out(c, "AssumedRoleUser", JSON_IS_OBJECT);
    json_set_str(c->arena, user, "AssumedRoleId", role_id(c, principal));
    json_set_str(c->arena, user, "Arn", principal_arn(c, account, principal));
    if (call_has(c, "SourceIdentity")) {
        call_out_str(c, "SourceIdentity", call_str(c, "SourceIdentity"));
    }
}

static void get_session_token(struct call *c)
{
    credentials_write(c, c->account, STR_EMPTY, SESSION_SECONDS);
}

/* The account that a key of 12 digits is, or one of ours holds; else the emulator's own, as for
 * every other key. */
static void get_access_key_info(struct call *c)
{
    call_out_str(c, "Account", core_account_of(c->core, call_str(c, "AccessKeyId")));
}

static const struct operation_handler handlers[] = {
    {.name = "AssumeRole", .handle = assume_role},
    {.name = "AssumeRoleWithWebIdentity", .handle = assume_role, .anonymous = true},
    {.name = "GetAccessKeyInfo", .handle = get_access_key_info},
    {.name = "GetCallerIdentity", .handle = get_caller_identity},
    {.name = "GetSessionToken", .handle = get_session_token},
};

const struct emulator_service sts_service = {
    .model = &sts_model,
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(handlers[0]),
};
