/* sns_state.c -- ARNs, pages and refusals: what every handler of SNS begins with. */
#include "sns_state.h"

#include "wire/sigv4.h"

struct sns *sns_of(const struct call *c)
{
    return c->state;
}

/* "arn:aws:sns:us-east-1:000000000000:name" and what follows. */
bool sns_arn_is_valid(struct str arn)
{
    size_t parts = 0;
    for (struct str rest = arn, item; str_cut(&rest, ':', &item); parts++) {
    }
    return str_starts(arn, STR("arn:")) && parts >= 6;
}

/* AWS sns-arn-1: "An ARN must have at least 6 elements, not 1". */
bool sns_check_arn(struct call *c, const char *member, struct str arn)
{
    size_t parts = 1;
    for (size_t i = 0; i < arn.len; i++) {
        parts += arn.ptr[i] == ':';
    }
    if (parts < 6) {
        call_fail(c, AWS_INVALID_PARAMETER,
                  "Invalid parameter: %s Reason: An ARN must have at least 6 elements, not %zu",
                  member, parts);
    } else if (!sns_arn_is_valid(arn)) {
        sns_fail_parameter(c, member);
    }
    return !call_failed(c);
}

/* AWS sns-region-1: a topic of another region is no topic here. Who signed nothing (the URLs in
 * notifications, S3) has named no region. */
bool sns_check_topic_arn(struct call *c, struct str arn)
{
    struct sigv4_claim claim;
    struct str rest = arn, region = STR_EMPTY;
    if (!sns_check_arn(c, "TopicArn", arn)) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        str_cut(&rest, ':', &region);
    }
    if (!str_eq(region, c->region) && sigv4_claim_of(c->request, c->arena, &claim)) {
        sns_fail_parameter(c, "TopicArn");
    }
    return !call_failed(c);
}

struct topic *sns_topic(struct call *c, struct str arn)
{
    if (!sns_check_topic_arn(c, arn)) {
        return NULL;
    }
    struct topic *t = tree_get(sns_of(c)->topics, arn);
    if (t == NULL) {
        call_fail(c, AWS_NOT_FOUND, "Topic does not exist");
    }
    return t;
}

struct str sns_arn_prefix(const struct call *c)
{
    return str_printf(c->arena, "arn:aws:sns:%.*s:%.*s:", STR_ARG(c->region), STR_ARG(c->account));
}

void sns_fail_parameter(struct call *c, const char *what)
{
    call_fail(c, AWS_INVALID_PARAMETER, "Invalid parameter: %s", what);
}

void sns_fail_unbuilt(struct call *c, const char *what, struct str name)
{
    call_fail(c, AWS_NOT_IMPLEMENTED, "%s: the %s %.*s is not built in this emulator", c->op->name,
              what, STR_ARG(name));
}

void sns_text_free(struct sns *sns, struct str text)
{
    if (text.len > 0) {
        arena_recycle(sns->arena, (void *)(uintptr_t)text.ptr, text.len);
    }
}

struct json *sns_new_item(struct call *c, struct json *list)
{
    return json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
}

bool sns_page_begin(struct call *c, struct str prefix, struct sns_page *ret_page)
{
    struct str token = call_str(c, "NextToken");
    if (token.len > 0 && !str_starts(token, prefix)) {
        sns_fail_parameter(c, "NextToken");
        return false;
    }
    *ret_page = (struct sns_page){.prefix = prefix, .after = token, .left = SNS_PAGE};
    return true;
}

const struct tree_entry *sns_page_next(struct call *c, struct sns_page *p, const struct tree *t)
{
    const struct tree_entry *at =
        p->after.len == 0 ? tree_seek(t, p->prefix, false) : tree_seek(t, p->after, true);
    if (at == NULL || !str_starts(at->key, p->prefix)) {
        return NULL;
    }
    if (p->left == 0) { /* there is another page: it begins behind the last that was told */
        call_out_str(c, "NextToken", str_copy(c->arena, p->after));
        return NULL;
    }
    p->left--;
    p->after = at->key;
    return at;
}
