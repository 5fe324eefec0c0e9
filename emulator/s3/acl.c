/* acl.c -- Canned lists, grants in headers and grants in XML, as one tree.
 * DIFFERS s3-acl-1: an object is its bucket's owner's, whoever wrote it. */
#include "acl.h"
#include "access.h"
#include "bucket_config.h"
#include "checksum.h"

#define ALL_USERS "http://acs.amazonaws.com/groups/global/AllUsers"
#define AUTHENTICATED "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
#define LOG_DELIVERY "http://acs.amazonaws.com/groups/s3/LogDelivery"
#define GRANTS_MAX 100

static const struct {
    const char *name, *group, *permissions[2];
} canned[] = {
    {"private", NULL, {NULL}},
    {"bucket-owner-full-control", NULL, {NULL}},
    {"bucket-owner-read", NULL, {NULL}},
    {"public-read", ALL_USERS, {"READ"}},
    {"public-read-write", ALL_USERS, {"READ", "WRITE"}},
    {"authenticated-read", AUTHENTICATED, {"READ"}},
    {"log-delivery-write", LOG_DELIVERY, {"WRITE", "READ_ACP"}},
};
static const struct grant_header {
    const char *member, *permission, *name;
} headers[] = {
    {"GrantFullControl", "FULL_CONTROL", "x-amz-grant-full-control"},
    {"GrantRead", "READ", "x-amz-grant-read"},
    {"GrantReadACP", "READ_ACP", "x-amz-grant-read-acp"},
    {"GrantWrite", "WRITE", "x-amz-grant-write"},
    {"GrantWriteACP", "WRITE_ACP", "x-amz-grant-write-acp"},
};

static struct json *new_list(struct call *c)
{
    struct json *acl = json_new(c->arena, JSON_IS_OBJECT);
    s3_out_owner(c, acl, "Owner");
    json_set(c->arena, acl, "Grants", JSON_IS_ARRAY);
    return acl;
}

/* Adds a grant to a user's id or to a group's URI. */
static void add_grant(struct call *c, struct json *acl, bool group, struct str who,
                      const char *permission)
{
    struct json *grants = json_get(acl, STR("Grants"));
    struct json *grant = json_add(grants, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    struct json *grantee = json_set(c->arena, grant, "Grantee", JSON_IS_OBJECT);
    json_set_str(c->arena, grantee, group ? "URI" : "ID", who);
    json_set_str(c->arena, grantee, "Type", group ? STR("Group") : STR("CanonicalUser"));
    json_set_str(c->arena, grant, "Permission", str_of(permission));
}

static struct json *owners_own(struct call *c)
{
    struct json *acl = new_list(c);
    add_grant(c, acl, false, s3_owner_id(c), "FULL_CONTROL");
    return acl;
}

static bool read_canned(struct call *c, struct str name, struct json **ret_acl)
{
    for (size_t i = 0; i < sizeof canned / sizeof canned[0]; i++) {
        if (!str_eq(name, str_of(canned[i].name))) {
            continue;
        }
        struct json *acl = owners_own(c);
        for (size_t p = 0; p < 2 && canned[i].permissions[p] != NULL; p++) {
            add_grant(c, acl, true, str_of(canned[i].group), canned[i].permissions[p]);
        }
        *ret_acl = canned[i].group == NULL ? NULL : acl;
        return true;
    }
    s3_fail_argument(c, "x-amz-acl", name, "");
    return false;
}

/* AWS s3-acl-3: an e-mail address names nobody that is known: UnresolvableGrantByEmailAddress; a
 * canonical user id has 64 hex digits: InvalidArgument. */
static bool fail_email(struct call *c)
{
    call_fail(c, AWS_UNRESOLVABLE_GRANT_BY_EMAIL_ADDRESS,
              "The e-mail address you provided does not match any account on record.");
    return false;
}

static bool is_user_id(struct str id)
{
    bool hex = id.len == 64;
    for (size_t i = 0; hex && i < id.len; i++) {
        char digit = id.ptr[i];
        hex = (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
    }
    return hex;
}

static bool fail_user_id(struct call *c, const char *argument, struct str id)
{
    s3_fail_argument(c, argument, id, "Invalid id");
    return false;
}

/* AWS s3-acl-4: there are three groups, each by its URI. */
static bool is_group(struct str uri)
{
    return str_eq(uri, STR(ALL_USERS)) || str_eq(uri, STR(AUTHENTICATED)) ||
           str_eq(uri, STR(LOG_DELIVERY));
}

static bool fail_group(struct call *c, const char *argument, struct str uri)
{
    s3_fail_argument(c, argument, uri, "Invalid group uri");
    return false;
}

/* id="64 hex", uri="http://...": comma-separated. */
static bool read_header(struct call *c, struct json *acl, const struct grant_header *header)
{
    for (struct str rest = call_str(c, header->member), item; str_cut(&rest, ',', &item);) {
        struct str kind, who;
        item = str_trim(item);
        bool split = str_split(item, '=', &kind, &who);
        if (split && who.len >= 2 && who.ptr[0] == '"' && str_ends(who, STR("\""))) {
            who = str_slice(who, 1, who.len - 1);
        }
        bool group = str_eq_nocase(kind, STR("uri"));
        if (str_eq_nocase(kind, STR("emailAddress"))) {
            return fail_email(c);
        }
        if (!split || (!group && !str_eq_nocase(kind, STR("id"))) || who.len == 0) {
            s3_fail_argument(c, header->name, item, "Argument format not recognized");
            return false;
        }
        if (!group && !is_user_id(who)) {
            return fail_user_id(c, "id", who);
        }
        if (group && !is_group(who)) {
            return fail_group(c, "uri", who);
        }
        add_grant(c, acl, group, who, header->permission);
    }
    return true;
}

static bool read_headers(struct call *c, struct json **ret_acl)
{
    struct json *acl = new_list(c);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (!read_header(c, acl, &headers[i])) {
            return false;
        }
    }
    *ret_acl = acl;
    return true;
}

static bool has_grant_header(const struct call *c)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (call_has(c, headers[i].member)) {
            return true;
        }
    }
    return false;
}

/* The owner's own list alone is what there is without one. */
static bool is_owners_own(struct call *c, const struct json *acl)
{
    const struct json *grants = json_get(acl, STR("Grants"));
    const struct json *only = grants != NULL && grants->count == 1 ? grants->first : NULL;
    return only != NULL &&
           str_eq(json_str(json_get(only, STR("Permission"))), STR("FULL_CONTROL")) &&
           str_eq(json_str(json_at(only, "Grantee.ID")), s3_owner_id(c));
}

static bool fail_list(struct call *c)
{
    call_fail(c, AWS_MALFORMED_ACL_ERROR,
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
    return false;
}

static bool check_grant(struct call *c, const struct json *grant)
{
    const struct json *who = json_get(grant, STR("Grantee"));
    const struct json *id = json_get(who, STR("ID")), *uri = json_get(who, STR("URI"));
    if (json_get(who, STR("EmailAddress")) != NULL) {
        return fail_email(c);
    }
    if (id != NULL && !is_user_id(json_str(id))) {
        return fail_user_id(c, "CanonicalUser/ID", json_str(id));
    }
    return uri == NULL || is_group(json_str(uri)) || fail_group(c, "Group/URI", json_str(uri));
}

static bool read_body(struct call *c, struct json **ret_acl)
{
    const struct json *document = json_get(c->input, STR("AccessControlPolicy"));
    struct checksum sent;
    if (!checksum_verify_request(c, &sent)) {
        return false;
    }
    if (!s3_payload_is_like_model(c)) {
        return fail_list(c);
    }
    const struct json *grants = json_get(document, STR("Grants"));
    const struct json *owner = json_at(document, "Owner.ID");
    if (owner == NULL || grants == NULL || grants->count > GRANTS_MAX) {
        return fail_list(c);
    }
    if (!is_user_id(json_str(owner))) {
        return fail_user_id(c, "CanonicalUser/ID", json_str(owner));
    }
    for (const struct json *at = grants->first; at != NULL; at = at->next) {
        if (!check_grant(c, at)) {
            return false;
        }
    }
    *ret_acl = (struct json *)(uintptr_t)document;
    return true;
}

bool acl_is_said(struct call *c)
{
    if (call_has(c, "ACL") || has_grant_header(c) || call_has(c, "AccessControlPolicy")) {
        return true;
    }
    call_fail(c, AWS_MISSING_SECURITY_HEADER, "Your request was missing a required header");
    call_fail_extra(c, "MissingHeaderName", STR("x-amz-acl"));
    return false;
}

/* AWS s3-acl-enforced-1: with BucketOwnerEnforced only the owner's own list is taken:
 * AccessControlListNotSupported. */
bool acl_read(struct call *c, bool enforced, struct json **ret_acl)
{
    struct json *acl = NULL;
    if (call_has(c, "ACL") && has_grant_header(c)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "Specifying both Canned ACLs and Header Grants is not allowed");
        return false;
    }
    if (call_has(c, "ACL")    ? !read_canned(c, call_str(c, "ACL"), &acl)
        : has_grant_header(c) ? !read_headers(c, &acl)
                              : call_has(c, "AccessControlPolicy") && !read_body(c, &acl)) {
        return false;
    }
    if ((call_has(c, "ACL") || has_grant_header(c)) && call_has(c, "AccessControlPolicy")) {
        call_fail(c, AWS_UNEXPECTED_CONTENT, "This request does not support content");
        return false;
    }
    if (acl != NULL && is_owners_own(c, acl)) {
        acl = NULL;
    }
    if (acl != NULL && enforced) {
        call_fail(c, AWS_ACCESS_CONTROL_LIST_NOT_SUPPORTED, "The bucket does not allow ACLs");
        return false;
    }
    *ret_acl = acl;
    return true;
}

bool acl_is_enforced(struct call *c, const struct bucket *b)
{
    const struct json *controls = bucket_config_read(c, b, "OwnershipControls");
    return str_eq(json_str(json_at(controls, "Rules.0.ObjectOwnership")),
                  STR("BucketOwnerEnforced"));
}

static bool is_public(struct str uri)
{
    return str_eq(uri, STR(ALL_USERS)) || str_eq(uri, STR(AUTHENTICATED));
}

bool acl_may_be(struct call *c, const struct bucket *b, const struct json *acl)
{
    const struct json *grants = json_get(acl, STR("Grants"));
    for (const struct json *at = grants == NULL ? NULL : grants->first; at != NULL; at = at->next) {
        if (is_public(json_str(json_at(at, "Grantee.URI"))) &&
            access_is_blocked(c, b, "BlockPublicAcls")) {
            call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
            return false;
        }
    }
    return true;
}

/* Whether the grantee is, or has in it, who calls. */
static bool is_caller(struct call *c, const struct json *grantee, bool groups_off)
{
    struct str uri = json_str(json_get(grantee, STR("URI")));
    if (uri.len > 0) {
        return !groups_off &&
               (str_eq(uri, STR(ALL_USERS)) || (str_eq(uri, STR(AUTHENTICATED)) && !c->anonymous));
    }
    return !c->anonymous && str_eq(json_str(json_get(grantee, STR("ID"))), s3_owner_id(c));
}

bool acl_grants(struct call *c, struct str text, enum access_grant grant, bool groups_off)
{
    static const char *const names[] = {"", "READ", "WRITE", "READ_ACP", "WRITE_ACP"};
    struct json *acl = NULL;
    struct diag d = DIAG_INIT;
    if (text.len == 0 || json_parse(c->arena, str_copy(c->arena, text), &acl, &d) != ERR_OK) {
        return false;
    }
    const struct json *grants = json_get(acl, STR("Grants"));
    for (const struct json *at = grants == NULL ? NULL : grants->first; at != NULL; at = at->next) {
        struct str permission = json_str(json_get(at, STR("Permission")));
        if ((str_eq(permission, STR("FULL_CONTROL")) || str_eq(permission, str_of(names[grant]))) &&
            is_caller(c, json_get(at, STR("Grantee")), groups_off)) {
            return true;
        }
    }
    return false;
}

void acl_out(struct call *c, struct str text)
{
    struct json *acl = owners_own(c);
    struct diag d = DIAG_INIT;
    if (text.len > 0) {
        enum err e = json_parse(c->arena, str_copy(c->arena, text), &acl, &d);
        ASSERT(e == ERR_OK); /* we wrote it */
    }
    struct json *owner = json_get(acl, STR("Owner")), *grants = json_get(acl, STR("Grants"));
    owner->next = NULL;
    grants->next = NULL;
    json_add(c->output, STR("Owner"), owner);
    json_add(c->output, STR("Grants"), grants);
}

void acl_get_bucket(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    if (b != NULL) {
        acl_out(c, bucket_config_text(b, bucket_config_name(c->arena, "Acl", STR_EMPTY)));
    }
}

void acl_put_bucket(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct json *acl;
    if (b == NULL || !acl_is_said(c) || !acl_read(c, acl_is_enforced(c, b), &acl) ||
        !acl_may_be(c, b, acl)) {
        return;
    }
    b->access_said = true;
    struct str name = bucket_config_name(c->arena, "Acl", STR_EMPTY);
    if (acl == NULL) {
        bucket_config_drop(s3_of(c), b, name);
    } else {
        bucket_config_write(s3_of(c), b, name, bucket_config_compact(c->arena, acl));
    }
}
