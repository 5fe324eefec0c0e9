/* ListMultipartUploads: order, roll-up and pages, against what was begun. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/encode.h"
#include "emulator_client.h"

/* In the order of a listing: keys by their bytes, those of one key as they began. */
static const char *const keys[] = {"a",   "a",   "a",  "b/1", "b/1",
                                   "b/2", "b/c", "bb", "z/1", "\xc3\xa9 x+%"};
#define UPLOADS (sizeof keys / sizeof keys[0])

static const char *encoded(struct emulator_client *c, const char *text)
{
    struct buf out;
    buf_init(&out, c->arena, 4096);
    encode_percent(&out, str_of(text), false);
    return str_z(c->arena, buf_str(&out));
}

static const char *begin(struct emulator_client *c, const char *key)
{
    struct str target = str_printf(c->arena, "/bkt/%s?uploads", encoded(c, key));
    cr_assert_eq(client_s3(c, "POST", str_z(c->arena, target), NULL, STR_EMPTY), 200, "%s",
                 client_body(c));
    return client_text(c, "UploadId");
}

/* Begins all of them, the last key first; ids in the order of keys[]. */
static struct emulator_client with_uploads(const char *ids[UPLOADS])
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY), 200);
    cr_assert_eq(client_s3(&c, "PUT", "/other", NULL, STR_EMPTY), 200);
    for (size_t group = UPLOADS; group > 0;) {
        size_t first = group - 1;
        while (first > 0 && strcmp(keys[first - 1], keys[group - 1]) == 0) {
            first--;
        }
        for (size_t i = first; i < group; i++, c.now_us += 7000) {
            ids[i] = begin(&c, keys[i]);
        }
        group = first;
    }
    cr_assert_eq(client_s3(&c, "POST", "/other/a?uploads", NULL, STR_EMPTY), 200);
    return c;
}

Test(s3_upload_list, pages_tell_each_upload_once)
{
    /* Proves: whatever the size of a page, each upload of the bucket comes once, by key and then
     * by the time it began, also where one of them is aborted between two pages. */
    const char *ids[UPLOADS];
    struct emulator_client c = with_uploads(ids);
    for (int max = 1; max <= (int)UPLOADS + 1; max++) {
        const char *key = "", *id = "";
        size_t told = 0;
        for (bool more = true; more;) {
            struct str target =
                str_printf(c.arena, "/bkt?uploads&max-uploads=%d&key-marker=%s&upload-id-marker=%s",
                           max, encoded(&c, key), id);
            cr_assert_eq(client_s3(&c, "GET", str_z(c.arena, target), NULL, STR_EMPTY), 200);
            size_t count = client_count(&c, "Upload");
            for (size_t i = 0; i < count; i++, told++) {
                cr_assert(told < UPLOADS);
                cr_expect_str_eq(client_nth(&c, "Upload", i, "Key"), keys[told]);
                cr_expect_str_eq(client_nth(&c, "Upload", i, "UploadId"), ids[told]);
            }
            more = strcmp(client_text(&c, "IsTruncated"), "true") == 0;
            cr_assert(!more || count == (size_t)max, "a page that has a next one is full");
            key = client_text(&c, "NextKeyMarker");
            id = client_text(&c, "NextUploadIdMarker");
        }
        cr_expect_eq(told, UPLOADS, "max %d: %zu", max, told);
    }
    struct str gone = str_printf(c.arena, "/bkt/a?uploadId=%s", ids[1]);
    cr_expect_eq(client_s3(&c, "DELETE", str_z(c.arena, gone), NULL, STR_EMPTY), 204);
    struct str rest = str_printf(c.arena, "/bkt?uploads&key-marker=a&upload-id-marker=%s", ids[1]);
    client_s3(&c, "GET", str_z(c.arena, rest), NULL, STR_EMPTY);
    cr_expect_eq(client_count(&c, "Upload"), UPLOADS - 2);
    cr_expect_str_eq(client_nth(&c, "Upload", 0, "UploadId"), ids[2]);
    client_free(&c);
}

Test(s3_upload_list, keys_roll_up_at_a_delimiter)
{
    /* Proves: prefix and delimiter select and roll up, a marker that is a common prefix goes on
     * behind it, and encoding-type spells names. */
    const char *ids[UPLOADS];
    struct emulator_client c = with_uploads(ids);
    static const struct {
        const char *query;
        size_t uploads, prefixes;
        const char *first_prefix;
    } rows[] = {
        {"delimiter=%2F", 5, 2, "b/"},
        {"delimiter=%2F&prefix=b", 1, 1, "b/"},
        {"prefix=b%2F&delimiter=%2F", 4, 0, ""},
        {"prefix=b%2F", 4, 0, ""},
        {"delimiter=%2F&key-marker=b%2F", 2, 1, "z/"},
        {"key-marker=b%2F1", 5, 0, ""},
        {"key-marker=zz", 1, 0, ""},
        {"max-uploads=0", 0, 0, ""},
        {"upload-id-marker=ignored", 10, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str target = str_printf(c.arena, "/bkt?uploads&%s", rows[i].query);
        cr_assert_eq(client_s3(&c, "GET", str_z(c.arena, target), NULL, STR_EMPTY), 200);
        cr_expect_eq(client_count(&c, "Upload"), rows[i].uploads, "%s", rows[i].query);
        cr_expect_eq(client_count(&c, "CommonPrefixes"), rows[i].prefixes, "%s", rows[i].query);
        cr_expect_str_eq(client_text(&c, "CommonPrefixes.Prefix"), rows[i].first_prefix);
        cr_expect_str_eq(client_text(&c, "IsTruncated"), "false", "%s", rows[i].query);
    }
    client_s3(&c, "GET", "/bkt?uploads&prefix=%C3%A9&encoding-type=url", NULL, STR_EMPTY);
    cr_expect_str_eq(client_text(&c, "Upload.Key"), "%C3%A9%20x%2B%25");
    cr_expect_str_eq(client_text(&c, "Prefix"), "%C3%A9");
    cr_expect_eq(client_s3(&c, "GET", "/bkt?uploads&max-uploads=-1", NULL, STR_EMPTY), 400);
    cr_expect_str_eq(client_text(&c, "Code"), "InvalidArgument");
    cr_expect_eq(client_s3(&c, "GET", "/nowhere?uploads", NULL, STR_EMPTY), 404);
    client_free(&c);
}
