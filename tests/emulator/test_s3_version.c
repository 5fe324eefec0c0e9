/* Versions, against the user guide's "Using versioning": what a write, a delete and a read do while
 * versioning is off, enabled and suspended; locks; tags of versions. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "emulator_client.h"
#include "s3_state.h"
#include "version.h"

#define STATUS(word) "<VersioningConfiguration><Status>" word "</Status></VersioningConfiguration>"

static const char *target(struct emulator_client *c, const char *key, const char *version)
{
    return str_z(c->arena, str_printf(c->arena, "/bkt/%s?versionId=%s", key, version));
}

static const char *put(struct emulator_client *c, const char *body)
{
    cr_assert_eq(client_s3(c, "PUT", "/bkt/k", NULL, str_of(body)), 200, "%s", client_body(c));
    return client_header(c, "x-amz-version-id");
}

static void expect_body(struct emulator_client *c, const char *version, const char *body)
{
    cr_expect_eq(client_s3(c, "GET", target(c, "k", version), NULL, STR_EMPTY), 200, "%s",
                 client_body(c));
    cr_expect_str_eq(client_body(c), body);
    cr_expect_str_eq(client_header(c, "x-amz-version-id"), version);
}

static struct emulator_client with_bucket(const char *status)
{
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    if (status != NULL) {
        cr_assert_eq(client_s3(&c, "PUT", "/bkt?versioning", NULL, str_of(status)), 200);
    }
    return c;
}

Test(s3_version, stays_when_another_is_written)
{
    /* Proves: the null version from before, two versions and a delete marker each stay readable (or
     * are refused as the guide says), and deleting the marker brings the newest back. */
    struct emulator_client c = with_bucket(NULL);
    cr_expect_str_eq(put(&c, "zero"), "", "a bucket that was never versioned tells no version");
    cr_assert_eq(client_s3(&c, "PUT", "/bkt?versioning", NULL, STR(STATUS("Enabled"))), 200);
    const char *one = put(&c, "one"), *two = put(&c, "two");
    cr_expect(strlen(one) == 32 && strcmp(one, two) != 0);
    expect_body(&c, "null", "zero");
    expect_body(&c, one, "one");
    expect_body(&c, two, "two");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY), 204);
    cr_expect_str_eq(client_header(&c, "x-amz-delete-marker"), "true");
    const char *marker = client_header(&c, "x-amz-version-id");
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchKey");
    cr_expect_str_eq(client_header(&c, "x-amz-delete-marker"), "true");
    cr_expect_eq(client_s3(&c, "GET", target(&c, "k", marker), NULL, STR_EMPTY), 405);
    cr_expect_eq(client_s3(&c, "GET", "/bkt?list-type=2", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_count(&c, "Contents"), 0, "a delete marker is not listed");
    cr_expect_eq(client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_count(&c, "Version"), 3, "%s", client_body(&c));
    cr_expect_eq(client_count(&c, "DeleteMarker"), 1);
    cr_expect_str_eq(client_nth(&c, "Version", 0, "VersionId"), two);
    cr_expect_str_eq(client_nth(&c, "Version", 2, "VersionId"), "null");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt", NULL, STR_EMPTY), 409);
    cr_expect_eq(client_s3(&c, "DELETE", target(&c, "k", marker), NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_body(&c), "two");
    cr_expect_eq(client_s3(&c, "DELETE", target(&c, "k", one), NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "GET", target(&c, "k", one), NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchVersion");
    client_free(&c);
}

Test(s3_version, null_is_replaced_while_suspended)
{
    /* Proves: while versioning is suspended writes and deletes replace the null version alone. */
    struct emulator_client c = with_bucket(STATUS("Enabled"));
    const char *one = put(&c, "one");
    cr_assert_eq(client_s3(&c, "PUT", "/bkt?versioning", NULL, STR(STATUS("Suspended"))), 200);
    cr_expect_str_eq(put(&c, "a"), "", "a null version is written without an id");
    cr_expect_str_eq(put(&c, "b"), "");
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 2, "%s", client_body(&c));
    expect_body(&c, "null", "b");
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt/k", NULL, STR_EMPTY), 204);
    cr_expect_str_eq(client_header(&c, "x-amz-version-id"), "null");
    client_s3(&c, "GET", "/bkt?versions", NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Version"), 1, "%s", client_body(&c));
    cr_expect_eq(client_count(&c, "DeleteMarker"), 1);
    expect_body(&c, one, "one");
    client_free(&c);
}

Test(s3_version, list_pages_tell_each_version_once)
{
    /* Proves: walking pages of every size by the markers tells every version once, in order. */
    struct emulator_client c = with_bucket(STATUS("Enabled"));
    for (int i = 0; i < 12; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "/bkt/k%d", i % 4);
        client_s3(&c, i % 5 == 4 ? "DELETE" : "PUT", key, NULL, STR_EMPTY);
    }
    for (int size = 1; size <= 13; size++) {
        size_t told = 0;
        const char *key = "", *version = "";
        for (int page = 0; page < 20; page++) {
            client_s3(&c, "GET",
                      str_z(c.arena, str_printf(c.arena,
                                                "/bkt?versions&max-keys=%d&key-marker=%s"
                                                "&version-id-marker=%s",
                                                size, key, version)),
                      NULL, STR_EMPTY);
            cr_assert_eq(c.response->status, 200, "%s", client_body(&c));
            told += client_count(&c, "Version") + client_count(&c, "DeleteMarker");
            if (strcmp(client_text(&c, "IsTruncated"), "true") != 0) {
                break;
            }
            key = client_text(&c, "NextKeyMarker");
            version = client_text(&c, "NextVersionIdMarker");
        }
        cr_expect_eq(told, 12, "pages of %d told %zu", size, told);
    }
    client_free(&c);
}

Test(s3_version, that_is_locked_cannot_be_deleted)
{
    /* Proves: a legal hold and a retention stand against deleting a version, bypass overrides
     * governance only, and time ends a retention. */
    static const char until[] = "x-amz-object-lock-retain-until-date: 2026-03-29T00:00:00Z\n";
    static const struct {
        const char *mode, *bypass;
        int status;
    } rows[] = {{"GOVERNANCE", NULL, 403},
                {"GOVERNANCE", "x-amz-bypass-governance-retention: true", 204},
                {"COMPLIANCE", "x-amz-bypass-governance-retention: true", 403}};
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", "x-amz-bucket-object-lock-enabled: true", STR_EMPTY),
                 200, "%s", client_body(&c));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char headers[256];
        (void)snprintf(headers, sizeof headers, "%sx-amz-object-lock-mode: %s", until,
                       rows[i].mode);
        cr_assert_eq(client_s3(&c, "PUT", "/bkt/k", headers, STR("v")), 200, "%s", client_body(&c));
        const char *version = client_header(&c, "x-amz-version-id");
        cr_expect_eq(client_s3(&c, "HEAD", "/bkt/k", NULL, STR_EMPTY), 200);
        cr_expect_str_eq(client_header(&c, "x-amz-object-lock-mode"), rows[i].mode);
        int status = client_s3(&c, "DELETE", target(&c, "k", version), rows[i].bypass, STR_EMPTY);
        cr_expect_eq(status, rows[i].status, "row %zu: %s", i, client_body(&c));
    }
    const char *version =
        (client_s3(&c, "HEAD", "/bkt/k", NULL, STR_EMPTY), client_header(&c, "x-amz-version-id"));
    c.now_us += INT64_C(2) * 86400 * 1000000;
    const char *hold =
        str_z(c.arena, str_printf(c.arena, "/bkt/k?legal-hold&versionId=%s", version));
    cr_expect_eq(
        client_s3(&c, "PUT", hold, NULL, STR("<LegalHold><Status>ON</Status></LegalHold>")), 200,
        "%s", client_body(&c));
    cr_expect_eq(client_s3(&c, "DELETE", target(&c, "k", version), NULL, STR_EMPTY), 403);
    cr_expect_eq(
        client_s3(&c, "PUT", hold, NULL, STR("<LegalHold><Status>OFF</Status></LegalHold>")), 200);
    cr_expect_eq(client_s3(&c, "DELETE", target(&c, "k", version), NULL, STR_EMPTY), 204);
    client_free(&c);
}

Test(s3_version, retention_is_changed_by_who_bypasses_governance)
{
    /* Proves: of a retention that runs anybody may set a later end, and nobody another mode or an
     * earlier end, but who bypasses GOVERNANCE. */
    static const struct {
        const char *mode, *to, *until, *bypass;
        int status;
    } rows[] = {{"GOVERNANCE", "GOVERNANCE", "2026-03-30", "false", 200},
                {"GOVERNANCE", "GOVERNANCE", "2026-03-28", "false", 403},
                {"GOVERNANCE", "GOVERNANCE", "2026-03-28", "true", 200},
                {"GOVERNANCE", "COMPLIANCE", "2026-03-30", "false", 403},
                {"GOVERNANCE", "COMPLIANCE", "2026-03-30", "true", 200},
                {"COMPLIANCE", "COMPLIANCE", "2026-03-30", "false", 200},
                {"COMPLIANCE", "COMPLIANCE", "2026-03-28", "true", 403},
                {"COMPLIANCE", "GOVERNANCE", "2026-03-30", "true", 403}};
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", "x-amz-bucket-object-lock-enabled: true", STR_EMPTY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char headers[256], body[256], bypass[64];
        (void)snprintf(headers, sizeof headers,
                       "x-amz-object-lock-retain-until-date: 2026-03-29T12:00:00Z\n"
                       "x-amz-object-lock-mode: %s",
                       rows[i].mode);
        (void)snprintf(bypass, sizeof bypass, "x-amz-bypass-governance-retention: %s",
                       rows[i].bypass);
        (void)snprintf(body, sizeof body,
                       "<Retention><Mode>%s</Mode><RetainUntilDate>%sT12:00:00Z</RetainUntilDate>"
                       "</Retention>",
                       rows[i].to, rows[i].until);
        cr_assert_eq(client_s3(&c, "PUT", "/bkt/k", headers, STR("v")), 200, "%s", client_body(&c));
        cr_expect_eq(client_s3(&c, "PUT", "/bkt/k?retention", bypass, str_of(body)), rows[i].status,
                     "row %zu: %s", i, client_body(&c));
    }
    client_free(&c);
}

Test(s3_version, what_was_never_put_is_not_told)
{
    /* Proves: a legal hold has three states, the never put one told as none; versions that cannot
     * be are refused where they are named; a default retention has days. */
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", "x-amz-bucket-object-lock-enabled: true", STR_EMPTY);
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("x"));
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k?legal-hold", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchObjectLockConfiguration");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt/k?legal-hold", NULL,
                           STR("<LegalHold><Status>OFF</Status></LegalHold>")),
                 200);
    client_s3(&c, "HEAD", "/bkt/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_header(&c, "x-amz-object-lock-legal-hold"), "OFF");
    cr_expect_eq(client_s3(&c, "PUT", "/bkt?object-lock", NULL,
                           STR("<ObjectLockConfiguration><ObjectLockEnabled>Enabled"
                               "</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode>"
                               "<Days>0</Days></DefaultRetention></Rule>"
                               "</ObjectLockConfiguration>")),
                 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidArgument");
    client_s3(&c, "PUT", "/plain", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/plain/k", NULL, STR("x"));
#define SOME "0123456789abcdef0123456789abcdef"
    cr_expect_eq(client_s3(&c, "DELETE", "/plain/k?versionId=" SOME, NULL, STR_EMPTY), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidArgument");
    cr_expect_eq(
        client_s3(&c, "POST", "/plain?delete", "x-amz-checksum-crc32: wrong", STR("<Delete/>")),
        400);
    struct str batch =
        STR("<Delete><Object><Key>k</Key><VersionId>" SOME "</VersionId></Object></Delete>");
    uint8_t md5[16];
    struct buf header;
    hash_md5(batch, md5);
    buf_init(&header, c.arena, 64);
    buf_add_z(&header, "Content-MD5: ");
    encode_base64(&header, str_n((const char *)md5, sizeof md5));
    cr_expect_eq(client_s3(&c, "POST", "/plain?delete", str_z(c.arena, buf_str(&header)), batch),
                 200, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "Error.Code"), "NoSuchVersion");
    cr_expect_eq(client_s3(&c, "DELETE", "/plain/k?versionId=null", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "GET", "/plain/k", NULL, STR_EMPTY), 404);
    client_free(&c);
}
