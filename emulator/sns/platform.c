/* platform.c -- Platform applications and their endpoints: state alone.
 * DIFFERS sns-platform-1: credentials are not verified, and nothing is pushed.
 * AWS sns-platform-2: credentials are not told again. AWS sns-platform-3: a token that is there
 * already is the endpoint that it was, with the same attributes; with others it is refused. */
#include "platform.h"
#include "sns_handlers.h"

#define NAME_BYTES_MAX 256
#define USER_DATA_BYTES_MAX 2048

bool platform_endpoint_is_enabled(const struct platform_endpoint *e)
{
    return str_eq_nocase(text_list_get(&e->attributes, "Enabled"), STR("true"));
}

/* ---- the rules ---- */

static bool is_among(struct str text, const char *const *words)
{
    while (*words != NULL && !str_eq(text, str_of(*words))) {
        words++;
    }
    return *words != NULL;
}

static bool name_is_good(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i], low = (char)(ch | 0x20);
        if (!((low >= 'a' && low <= 'z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-' ||
              ch == '.')) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= NAME_BYTES_MAX;
}

static bool check_application(struct call *c)
{
    static const char *const platforms[] = {
        "ADM",   "APNS", "APNS_SANDBOX", "APNS_VOIP",     "APNS_VOIP_SANDBOX",
        "BAIDU", "GCM",  "MACOS",        "MACOS_SANDBOX", "MPNS",
        "WNS",   NULL};
    struct str platform = call_str(c, "Platform");
    if (!is_among(platform, platforms)) {
        sns_fail_parameter(
            c, str_z(c->arena, str_printf(c->arena, "Platform Reason: %.*s is not supported",
                                          STR_ARG(str_slice(platform, 0, 256)))));
    } else if (!name_is_good(call_str(c, "Name"))) {
        sns_fail_parameter(c, "Name Reason: must contain only characters 'a'-'z', 'A'-'Z', "
                              "'0'-'9', '_', '-', and '.'");
    }
    return !call_failed(c);
}

static bool check_attribute(struct call *c, const struct json *attribute, const char *const *names)
{
    struct str value = json_str(attribute);
    if (!is_among(attribute->key, names)) {
        sns_fail_parameter(
            c,
            str_z(c->arena, str_printf(c->arena, "Attributes Reason: Invalid attribute name: %.*s",
                                       STR_ARG(str_slice(attribute->key, 0, 256)))));
    } else if (str_eq(attribute->key, STR("Enabled")) && !str_eq_nocase(value, STR("true")) &&
               !str_eq_nocase(value, STR("false"))) {
        sns_fail_parameter(c, "Attributes Reason: Invalid value for attribute: Enabled");
    } else if (str_eq(attribute->key, STR("CustomUserData")) && value.len > USER_DATA_BYTES_MAX) {
        sns_fail_parameter(c, "Attributes Reason: Invalid value for attribute: CustomUserData: "
                              "must be at most 2048 bytes long in UTF-8 encoding");
    }
    return !call_failed(c);
}

static bool check_attributes(struct call *c, const char *const *names)
{
    const struct json *map = json_get(c->input, STR("Attributes"));
    const struct json *at = map == NULL ? NULL : map->first;
    while (at != NULL && check_attribute(c, at, names)) {
        at = at->next;
    }
    return !call_failed(c);
}

static const char *const application_names[] = {"PlatformCredential",
                                                "PlatformPrincipal",
                                                "EventEndpointCreated",
                                                "EventEndpointDeleted",
                                                "EventEndpointUpdated",
                                                "EventDeliveryFailure",
                                                "SuccessFeedbackRoleArn",
                                                "SuccessFeedbackSampleRate",
                                                "FailureFeedbackRoleArn",
                                                "ApplePlatformTeamID",
                                                "ApplePlatformBundleID",
                                                "AuthenticationMethod",
                                                NULL};
static const char *const endpoint_names[] = {"CustomUserData", "Enabled", "Token", NULL};

static void attributes_take(struct call *c, struct text_list *list)
{
    const struct json *map = json_get(c->input, STR("Attributes"));
    for (const struct json *at = map == NULL ? NULL : map->first; at != NULL; at = at->next) {
        text_list_set(list, sns_of(c)->arena, at->key, json_str(at));
    }
}

static void out_attributes(struct call *c, struct json *map, const struct text_list *list)
{
    static const char *const secret[] = {"PlatformCredential", "PlatformPrincipal", NULL};
    for (const struct text_item *at = list->first; at != NULL; at = at->next) {
        if (!is_among(at->name, secret)) {
            json_set_str(c->arena, map, str_z(c->arena, at->name), str_copy(c->arena, at->value));
        }
    }
}

static bool has_room(struct call *c, const struct tree *tree)
{
    if (tree_count(tree) >= SNS_PLATFORM_ITEMS_MAX) {
        sns_fail_parameter(c, "The emulator's cap of applications and endpoints is reached");
    }
    return !call_failed(c);
}

/* ---- applications ---- */

/* NULL: the call has failed. */
static struct platform_application *application_find(struct call *c)
{
    struct str arn = call_str(c, "PlatformApplicationArn");
    if (!sns_check_arn(c, "PlatformApplicationArn", arn)) {
        return NULL;
    }
    struct platform_application *p = tree_get(sns_of(c)->applications, arn);
    if (p == NULL) {
        call_fail(c, AWS_NOT_FOUND, "PlatformApplication does not exist");
    }
    return p;
}

void platform_application_create(struct call *c)
{
    struct sns *sns = sns_of(c);
    struct str platform = call_str(c, "Platform"), name = call_str(c, "Name");
    if (!check_application(c) || !check_attributes(c, application_names)) {
        return;
    }
    struct str arn = str_printf(c->arena, "%.*sapp/%.*s/%.*s", STR_ARG(sns_arn_prefix(c)),
                                STR_ARG(platform), STR_ARG(name));
    struct platform_application *p = tree_get(sns->applications, arn);
    if (p == NULL && has_room(c, sns->applications)) {
        p = NEW(sns->arena, struct platform_application);
        p->arn = str_copy(sns->arena, arn);
        tree_put(sns->applications, p->arn, p);
    }
    if (p != NULL) {
        attributes_take(c, &p->attributes);
        call_out_str(c, "PlatformApplicationArn", arn);
    }
}

void platform_application_get(struct call *c)
{
    const struct platform_application *p = application_find(c);
    if (p != NULL) {
        struct json *map = call_out(c, "Attributes", JSON_IS_OBJECT);
        json_set_str(c->arena, map, "Enabled", STR("true"));
        out_attributes(c, map, &p->attributes);
    }
}

void platform_application_set(struct call *c)
{
    struct platform_application *p = application_find(c);
    if (p != NULL && check_attributes(c, application_names)) {
        attributes_take(c, &p->attributes);
    }
}

void platform_application_list(struct call *c)
{
    struct sns_page page;
    if (!sns_page_begin(c, str_join(c->arena, sns_arn_prefix(c), STR("app/")), &page)) {
        return;
    }
    struct json *list = call_out(c, "PlatformApplications", JSON_IS_ARRAY);
    const struct tree_entry *at;
    while ((at = sns_page_next(c, &page, sns_of(c)->applications)) != NULL) {
        const struct platform_application *p = at->value;
        struct json *item = sns_new_item(c, list);
        json_set_str(c->arena, item, "PlatformApplicationArn", p->arn);
        struct json *map = json_set(c->arena, item, "Attributes", JSON_IS_OBJECT);
        json_set_str(c->arena, map, "Enabled", STR("true"));
        out_attributes(c, map, &p->attributes);
    }
}

/* What the ARNs of its endpoints begin with. */
static struct str endpoints_of(struct call *c, struct str application_arn)
{
    size_t at = str_find_str(application_arn, STR(":app/"));
    return str_printf(c->arena, "%.*s:endpoint/%.*s/", STR_ARG(str_slice(application_arn, 0, at)),
                      STR_ARG(str_from(application_arn, at + 5)));
}

static void endpoint_free(struct sns *sns, struct platform_endpoint *e)
{
    tree_remove(sns->endpoints, e->arn);
    sns_text_free(sns, e->arn);
    text_list_clear(&e->attributes, sns->arena);
    arena_recycle(sns->arena, e, sizeof *e);
}

void platform_application_delete(struct call *c)
{
    struct sns *sns = sns_of(c);
    struct str arn = call_str(c, "PlatformApplicationArn");
    if (!sns_check_arn(c, "PlatformApplicationArn", arn)) {
        return;
    }
    struct platform_application *p = tree_get(sns->applications, arn);
    if (p == NULL) {
        return;
    }
    struct str prefix = endpoints_of(c, arn);
    const struct tree_entry *at;
    while ((at = tree_seek(sns->endpoints, prefix, false)) != NULL && str_starts(at->key, prefix)) {
        endpoint_free(sns, at->value);
    }
    tree_remove(sns->applications, p->arn);
    sns_text_free(sns, p->arn);
    text_list_clear(&p->attributes, sns->arena);
    arena_recycle(sns->arena, p, sizeof *p);
}

/* ---- endpoints ---- */

static struct platform_endpoint *endpoint_find(struct call *c)
{
    struct str arn = call_str(c, "EndpointArn");
    if (!sns_check_arn(c, "EndpointArn", arn)) {
        return NULL;
    }
    struct platform_endpoint *e = tree_get(sns_of(c)->endpoints, arn);
    if (e == NULL) {
        call_fail(c, AWS_NOT_FOUND, "Endpoint does not exist");
    }
    return e;
}

static struct platform_endpoint *endpoint_with_token(struct call *c, struct str prefix)
{
    const struct tree *all = sns_of(c)->endpoints;
    const struct tree_entry *at = tree_seek(all, prefix, false);
    for (; at != NULL && str_starts(at->key, prefix); at = tree_seek(all, at->key, true)) {
        struct platform_endpoint *e = at->value;
        if (str_eq(text_list_get(&e->attributes, "Token"), call_str(c, "Token"))) {
            return e;
        }
    }
    return NULL;
}

/* What is asked for, of CustomUserData and Enabled; what is not said is as it begins. */
static struct str asked(const struct call *c, const char *name)
{
    const struct json *map = json_get(c->input, STR("Attributes"));
    const struct json *said = json_get(map, str_of(name));
    if (said == NULL && str_eq(str_of(name), STR("CustomUserData"))) {
        return call_str(c, "CustomUserData");
    }
    return said == NULL ? STR("true") : json_str(said);
}

static bool is_asked_again(struct call *c, const struct platform_endpoint *e)
{
    if (str_eq_nocase(text_list_get(&e->attributes, "Enabled"), asked(c, "Enabled")) &&
        str_eq(text_list_get(&e->attributes, "CustomUserData"), asked(c, "CustomUserData"))) {
        return true;
    }
    call_fail(c, AWS_INVALID_PARAMETER,
              "Invalid parameter: Token Reason: Endpoint %.*s already exists with the same Token, "
              "but different attributes.",
              STR_ARG(e->arn));
    return false;
}

static struct platform_endpoint *endpoint_new(struct call *c, struct str prefix)
{
    struct sns *sns = sns_of(c);
    struct str arn = str_join(c->arena, prefix, core_uuid(c->core, c->arena));
    struct str data = asked(c, "CustomUserData");
    struct platform_endpoint *e = NEW(sns->arena, struct platform_endpoint);
    e->arn = str_copy(sns->arena, arn);
    text_list_set(&e->attributes, sns->arena, STR("Enabled"),
                  str_lower(c->arena, asked(c, "Enabled")));
    text_list_set(&e->attributes, sns->arena, STR("Token"), call_str(c, "Token"));
    if (data.len > 0) {
        text_list_set(&e->attributes, sns->arena, STR("CustomUserData"), data);
    }
    tree_put(sns->endpoints, e->arn, e);
    return e;
}

void platform_endpoint_create(struct call *c)
{
    const struct platform_application *p = application_find(c);
    if (p == NULL || !check_attributes(c, endpoint_names)) {
        return;
    }
    if (call_str(c, "Token").len == 0) {
        sns_fail_parameter(c, "Token Reason: no value for required parameter");
        return;
    }
    struct str prefix = endpoints_of(c, p->arn);
    struct platform_endpoint *e = endpoint_with_token(c, prefix);
    if (e != NULL ? !is_asked_again(c, e) : !has_room(c, sns_of(c)->endpoints)) {
        return;
    }
    e = e != NULL ? e : endpoint_new(c, prefix);
    call_out_str(c, "EndpointArn", e->arn);
}

void platform_endpoint_get(struct call *c)
{
    const struct platform_endpoint *e = endpoint_find(c);
    if (e != NULL) {
        out_attributes(c, call_out(c, "Attributes", JSON_IS_OBJECT), &e->attributes);
    }
}

void platform_endpoint_set(struct call *c)
{
    struct platform_endpoint *e = endpoint_find(c);
    if (e != NULL && check_attributes(c, endpoint_names)) {
        attributes_take(c, &e->attributes);
    }
}

void platform_endpoint_delete(struct call *c)
{
    struct str arn = call_str(c, "EndpointArn");
    struct platform_endpoint *e =
        sns_check_arn(c, "EndpointArn", arn) ? tree_get(sns_of(c)->endpoints, arn) : NULL;
    if (e != NULL) {
        endpoint_free(sns_of(c), e);
    }
}

void platform_endpoint_list(struct call *c)
{
    struct sns_page page;
    const struct platform_application *p = application_find(c);
    if (p == NULL || !sns_page_begin(c, endpoints_of(c, p->arn), &page)) {
        return;
    }
    struct json *list = call_out(c, "Endpoints", JSON_IS_ARRAY);
    const struct tree_entry *at;
    while ((at = sns_page_next(c, &page, sns_of(c)->endpoints)) != NULL) {
        const struct platform_endpoint *e = at->value;
        struct json *item = sns_new_item(c, list);
        json_set_str(c->arena, item, "EndpointArn", e->arn);
        out_attributes(c, json_set(c->arena, item, "Attributes", JSON_IS_OBJECT), &e->attributes);
    }
}
