/* Lifecycles over the clock, storage classes and restores: the user guide's rules and examples. */
#include <criterion/criterion.h>
#include <string.h>
#include "base/instant.h"
#include "base/limits.h"
#include "emulator_client.h"

static void put_rules(struct emulator_client *c, const char *rules)
{
    struct str body =
        str_printf(c->arena, "<LifecycleConfiguration>%s</LifecycleConfiguration>", rules);
    cr_assert_eq(client_s3(c, "PUT", "/bkt?lifecycle", NULL, body), 200, "%s", client_body(c));
}

static struct emulator_client with_bucket(bool versioned)
{
    struct emulator_client c = client_new(); /* 2026-03-28T00:00:00Z */
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    if (versioned) {
        client_s3(&c, "PUT", "/bkt?versioning", NULL,
                  STR("<VersioningConfiguration><Status>Enabled</Status>"
                      "</VersioningConfiguration>"));
    }
    c.now_us += 10 * US_PER_HOUR + 30 * US_PER_MINUTE;
    return c;
}

static void to(struct emulator_client *c, int day, int hour)
{
    c->now_us = instant_of(2026, 3, 28, hour, 0, 0) + day * US_PER_DAY;
    emulator_tick(c->emulator, c->now_us);
}

static int head(struct emulator_client *c, const char *key)
{
    return client_s3(c, "HEAD", str_z(c->arena, str_printf(c->arena, "/bkt/%s", key)), NULL,
                     STR_EMPTY);
}

#define RULE(inside) "<Rule><Status>Enabled</Status>" inside "</Rule>"
#define DAYS(n) "<Expiration><Days>" #n "</Days></Expiration>"

Test(s3_lifecycle, expires_what_its_filters_name_at_midnight)
{
    /* Proves: written at 10:30 with three days, gone at the midnight after the third; prefix, tags,
     * sizes and status each decide; then there is nothing left to wait for. */
    static const struct {
        const char *rule;
        bool gone;
    } rows[] = {
        {RULE("<Prefix>logs/</Prefix>" DAYS(3)), true},
        {RULE("<Filter><Prefix>logs/</Prefix></Filter>" DAYS(3)), true},
        {RULE("<Filter><Prefix>other/</Prefix></Filter>" DAYS(3)), false},
        {RULE("<Filter/>" DAYS(3)), true},
        {RULE("<Filter><Tag><Key>a</Key><Value>1</Value></Tag></Filter>" DAYS(3)), true},
        {RULE("<Filter><Tag><Key>a</Key><Value>2</Value></Tag></Filter>" DAYS(3)), false},
        {RULE("<Filter><And><Prefix>logs/</Prefix><Tag><Key>a</Key><Value>1</Value></Tag><Tag>"
              "<Key>b</Key><Value>2</Value></Tag></And></Filter>" DAYS(3)),
         true},
        {RULE("<Filter><ObjectSizeGreaterThan>4</ObjectSizeGreaterThan></Filter>" DAYS(3)), true},
        {RULE("<Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></Filter>" DAYS(3)), false},
        {RULE("<Filter><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>" DAYS(3)), false},
        {"<Rule><Status>Disabled</Status><Filter/>" DAYS(3) "</Rule>", false},
        {RULE("<Filter/><Expiration><Date>2026-04-01T00:00:00Z</Date></Expiration>"), true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator_client c = with_bucket(false);
        put_rules(&c, rows[i].rule);
        client_s3(&c, "PUT", "/bkt/logs/k", "x-amz-tagging: a=1&b=2", STR("12345"));
        cr_expect_eq(strcmp(client_header(&c, "x-amz-expiration"), "") != 0, rows[i].gone,
                     "row %zu", i);
        to(&c, 3, 23);
        cr_expect_eq(head(&c, "logs/k"), 200, "row %zu", i);
        to(&c, 4, 0);
        cr_expect_eq(head(&c, "logs/k"), rows[i].gone ? 404 : 200, "row %zu", i);
        cr_expect_eq(emulator_next_timer(c.emulator), INSTANT_NEVER, "row %zu", i);
        client_free(&c);
    }
}

Test(s3_lifecycle, says_when_and_by_which_rule)
{
    /* Proves: the header of writes and reads, the earliest of two rules; an ID is given where none
     * was. */
    struct emulator_client c = with_bucket(false);
    put_rules(&c,
              RULE("<ID>late one</ID><Filter/>" DAYS(30)) RULE("<ID>a b</ID><Filter/>" DAYS(1)));
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("x"));
    cr_expect_str_eq(client_header(&c, "x-amz-expiration"),
                     "expiry-date=\"Mon, 30 Mar 2026 00:00:00 GMT\", rule-id=\"a%20b\"");
    head(&c, "k");
    cr_expect_str_eq(client_header(&c, "x-amz-expiration"),
                     "expiry-date=\"Mon, 30 Mar 2026 00:00:00 GMT\", rule-id=\"a%20b\"");
    put_rules(&c, RULE("<Filter/>" DAYS(1)));
    cr_expect_str_eq(client_header(&c, "x-amz-transition-default-minimum-object-size"),
                     "all_storage_classes_128K");
    client_s3(&c, "GET", "/bkt?lifecycle", NULL, STR_EMPTY);
    cr_expect_eq(strlen(client_text(&c, "Rule.ID")), 48);
    client_free(&c);
}

Test(s3_lifecycle, versions_expire_behind_markers_and_one_by_one)
{
    /* Proves: a current version gets a marker, older ones go after their days but for the newest to
     * be kept, a marker alone goes at last. */
    struct emulator_client c = with_bucket(true);
    put_rules(&c, RULE("<Filter/>" DAYS(
                      5) "<NoncurrentVersionExpiration><NoncurrentDays>2"
                         "</NoncurrentDays><NewerNoncurrentVersions>1</NewerNoncurrentVersions>"
                         "</NoncurrentVersionExpiration>"));
    for (int i = 0; i < 3; i++) {
        client_s3(&c, "PUT", "/bkt/k", NULL, STR("x"));
    }
    to(&c, 3, 0); /* noncurrent since day 0, 10:30: due at day 3; one of two is kept */
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 2);
    to(&c, 6, 0);
    cr_expect_eq(head(&c, "k"), 404);
    cr_expect_str_eq(client_header(&c, "x-amz-delete-marker"), "true");
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 2);
    cr_expect_eq(client_count(&c, "DeleteMarker"), 1);
    put_rules(&c, RULE("<Filter/><Expiration><ExpiredObjectDeleteMarker>true"
                       "</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration>"
                       "<NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"));
    to(&c, 7, 0);
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 0, "%s", client_body(&c));
    cr_expect_eq(client_count(&c, "DeleteMarker"), 0);
    cr_expect_eq(emulator_next_timer(c.emulator), INSTANT_NEVER);
    client_free(&c);
}

Test(s3_lifecycle, uploads_are_aborted_and_locks_hold)
{
    /* Proves: incomplete uploads go after their days, and say so; a locked version stays until its
     * retention ends. */
    struct emulator_client c = with_bucket(false);
    put_rules(&c, RULE("<ID>ab</ID><Prefix></Prefix><AbortIncompleteMultipartUpload>"
                       "<DaysAfterInitiation>7</DaysAfterInitiation>"
                       "</AbortIncompleteMultipartUpload>"));
    client_s3(&c, "POST", "/bkt/big?uploads", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "x-amz-abort-date"), "Sun, 05 Apr 2026 00:00:00 GMT");
    cr_expect_str_eq(client_header(&c, "x-amz-abort-rule-id"), "ab");
    to(&c, 7, 23);
    client_s3(&c, "GET", "/bkt?uploads", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Upload"), 1);
    to(&c, 8, 0);
    client_s3(&c, "GET", "/bkt?uploads", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Upload"), 0);
    client_free(&c);
    c = client_new();
    client_s3(&c, "PUT", "/bkt", "x-amz-bucket-object-lock-enabled: true", STR_EMPTY);
    put_rules(&c, RULE("<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
                       "</NoncurrentVersionExpiration>"));
    client_s3(&c, "PUT", "/bkt/k",
              "x-amz-object-lock-mode: COMPLIANCE\n"
              "x-amz-object-lock-retain-until-date: 2026-04-02T12:00:00Z",
              STR("x"));
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("y"));
    to(&c, 5, 11);
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 2);
    to(&c, 5, 13);
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 1);
    client_free(&c);
}

Test(s3_lifecycle, classes_go_down_and_archives_are_restored)
{
    /* Proves: transitions in their order, small objects stay, an archive is read only while it is
     * restored, by the clock. */
    struct emulator_client c = with_bucket(false);
    put_rules(&c,
              RULE("<Filter/><Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass>"
                   "</Transition><Transition><Days>60</Days><StorageClass>GLACIER</StorageClass>"
                   "</Transition>"));
    client_s3(&c, "PUT", "/bkt/big", NULL, client_pattern(&c, 128 * KIB, 1));
    client_s3(&c, "PUT", "/bkt/small", NULL, STR("x"));
    to(&c, 31, 0);
    head(&c, "big");
    cr_expect_str_eq(client_header(&c, "x-amz-storage-class"), "STANDARD_IA");
    to(&c, 61, 1);
    cr_expect_eq(head(&c, "big"), 200);
    cr_expect_str_eq(client_header(&c, "x-amz-storage-class"), "GLACIER");
    head(&c, "small");
    cr_expect_str_eq(client_header(&c, "x-amz-storage-class"), "");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY), 403);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidObjectState");
    cr_expect_str_eq(client_text(&c, "StorageClass"), "GLACIER");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/copy", "x-amz-copy-source: bkt/big", STR_EMPTY), 403);
    static const char restore[] = "<RestoreRequest><Days>2</Days><GlacierJobParameters>"
                                  "<Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>";
    cr_expect_eq(client_s3(&c, "POST", "/bkt/small?restore", NULL, str_of(restore)), 403);
    cr_expect_eq(client_s3(&c, "POST", "/bkt/big?restore", NULL, str_of(restore)), 202, "%s",
                 client_body(&c));
    head(&c, "big");
    cr_expect_str_eq(client_header(&c, "x-amz-restore"), "ongoing-request=\"true\"");
    cr_expect_eq(client_s3(&c, "POST", "/bkt/big?restore", NULL, str_of(restore)), 409);
    to(&c, 61, 6);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_header(&c, "x-amz-restore"),
                     "ongoing-request=\"false\", expiry-date=\"Sun, 31 May 2026 00:00:00 GMT\"");
    cr_expect_eq(client_s3(&c, "POST", "/bkt/big?restore", NULL, str_of(restore)), 200);
    to(&c, 64, 0);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/big", NULL, STR_EMPTY), 403);
    client_free(&c);
}

Test(s3_lifecycle, classes_and_rules_that_are_none_are_refused)
{
    /* Proves: each rule of a configuration beyond the model; storage classes of a write. */
    static const struct {
        const char *rule, *code;
    } rows[] = {
        {RULE(DAYS(1)), "MalformedXML"},
        {RULE("<Prefix/><Filter/>" DAYS(1)), "MalformedXML"},
        {RULE("<Filter/>" DAYS(0)), "InvalidArgument"},
        {RULE("<Filter/>" DAYS(-1)), "InvalidArgument"},
        {RULE("<Filter/><Expiration><Date>2026-04-01T01:00:00Z</Date></Expiration>"),
         "InvalidArgument"},
        {RULE("<Filter/>"), "InvalidRequest"},
        {RULE("<ID>a</ID><Filter/>" DAYS(1)) RULE("<ID>a</ID><Filter/>" DAYS(2)),
         "InvalidArgument"},
        {"<Rule><Status>enabled</Status><Filter/>" DAYS(1) "</Rule>", "MalformedXML"},
    };
    struct emulator_client c = with_bucket(false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str body = str_printf(c.arena, "<LifecycleConfiguration>%s</LifecycleConfiguration>",
                                     rows[i].rule);
        cr_expect_eq(client_s3(&c, "PUT", "/bkt?lifecycle", NULL, body), 400, "row %zu", i);
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu: %s", i, client_body(&c));
    }
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", "x-amz-storage-class: COLD", STR("x")), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidStorageClass");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k", "x-amz-storage-class: ONEZONE_IA", STR("x")), 200);
    client_s3(&c, "GET", "/bkt", NULL, STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "Contents.StorageClass"), "ONEZONE_IA");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k",
                           "x-amz-copy-source: bkt/k\nx-amz-storage-class: STANDARD_IA", STR_EMPTY),
                 200, "a copy onto itself may change the class");
    client_free(&c);
}
