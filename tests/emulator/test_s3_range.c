/* Ranges of a read: RFC 9110 section 14, and what S3 ignores. */
#include <criterion/criterion.h>
#include "emulator_client.h"

Test(s3_range, table)
{
    /* Proves: each spelling of a range of "0123456789" gives its bytes and Content-Range, is
     * ignored, or is 416. */
    static const struct {
        const char *range, *body, *content_range;
        int status;
    } rows[] = {
        {"bytes=0-0", "0", "bytes 0-0/10", 206},
        {"bytes=0-4", "01234", "bytes 0-4/10", 206},
        {"bytes=5-", "56789", "bytes 5-9/10", 206},
        {"bytes=9-9", "9", "bytes 9-9/10", 206},
        {"bytes=9-100", "9", "bytes 9-9/10", 206},
        {"bytes=-3", "789", "bytes 7-9/10", 206},
        {"bytes=-100", "0123456789", "bytes 0-9/10", 206},
        {"bytes=0-18446744073709551615", "0123456789", "bytes 0-9/10", 206},
        {"bytes=10-", NULL, "", 416},
        {"bytes=10-20", NULL, "", 416},
        {"bytes=-0", NULL, "", 416},
        {"bytes=5-4", "0123456789", "", 200},
        {"bytes=0-1,3-4", "0123456789", "", 200},
        {"bytes=a-b", "0123456789", "", 200},
        {"bytes=", "0123456789", "", 200},
        {"bytes=-", "0123456789", "", 200},
        {"items=0-1", "0123456789", "", 200},
        {"bytes=99999999999999999999-", "0123456789", "", 200},
    };
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("0123456789"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *header = str_z(c.arena, str_printf(c.arena, "Range: %s", rows[i].range));
        cr_expect_eq(client_s3(&c, "GET", "/bkt/k", header, STR_EMPTY), rows[i].status, "%s: %d",
                     header, c.response->status);
        cr_expect_str_eq(client_header(&c, "Content-Range"), rows[i].content_range, "%s", header);
        if (rows[i].body != NULL) {
            cr_expect_str_eq(client_body(&c), rows[i].body, "%s", header);
        } else {
            cr_expect_str_eq(client_text(&c, "Code"), "InvalidRange");
            cr_expect_str_eq(client_text(&c, "RangeRequested"), rows[i].range);
            cr_expect_str_eq(client_text(&c, "ActualObjectSize"), "10");
        }
    }
    client_s3(&c, "HEAD", "/bkt/k", "Range: bytes=2-3", STR_EMPTY);
    cr_expect_eq(c.response->status, 206);
    cr_expect_str_eq(client_header(&c, "Content-Length"), "2");
    client_s3(&c, "PUT", "/bkt/empty", NULL, STR_EMPTY);
    cr_expect_eq(client_s3(&c, "GET", "/bkt/empty", "Range: bytes=0-", STR_EMPTY), 416);
    client_free(&c);
}
