/* Routing: path style, virtual hosts, sub-resources that must never land on a plain operation. */
#include <criterion/criterion.h>
#include <string.h>
#include "emulator_client.h"

Test(s3_route, virtual_hosts_name_the_bucket)
{
    /* Proves: a bucket in the host name is the bucket in the path, for AWS's names and local ones.
     */
    static const char *const hosts[] = {
        "Host: my.data.s3.us-east-1.amazonaws.com", "Host: my.data.s3.amazonaws.com",
        "Host: my.data.s3-eu-west-1.amazonaws.com", "Host: my.data.localhost:4566",
        "Host: my.data.s3.localhost:4566"};
    struct emulator_client c = client_new();
    cr_assert_eq(client_s3(&c, "PUT", "/my.data", NULL, STR_EMPTY), 200);
    cr_assert_eq(client_s3(&c, "PUT", "/my.data/dir/k%20k", NULL, STR("hello")), 200);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        cr_expect_eq(client_s3(&c, "GET", "/dir/k%20k", hosts[i], STR_EMPTY), 200, "%s: %s",
                     hosts[i], client_body(&c));
        cr_expect_str_eq(client_body(&c), "hello");
        cr_expect_eq(client_s3(&c, "GET", "/?list-type=2", hosts[i], STR_EMPTY), 200);
        cr_expect_str_eq(client_text(&c, "Name"), "my.data", "%s", hosts[i]);
    }
    static const char *const plain[] = {"Host: s3.localhost:4566",
                                        "Host: s3.us-east-1.amazonaws.com", "Host: [::1]:4566",
                                        "Host: aforo:4566"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        cr_expect_eq(client_s3(&c, "GET", "/my.data/dir/k%20k", plain[i], STR_EMPTY), 200, "%s",
                     plain[i]);
    }
    cr_expect_eq(client_s3(&c, "GET", "/my.data/?list-type=2", NULL, STR_EMPTY), 200);
    client_free(&c);
}

Test(s3_route, unbuilt_subresources_are_refused_by_name)
{
    /* Proves: every sub-resource without a handler is 501 NotImplemented and changes nothing. */
    static const struct {
        const char *method, *target, *operation;
    } rows[] = {
        {"PUT", "/bkt/k?renameObject", "RenameObject"},
        {"POST", "/bkt/k?select&select-type=2", "SelectObjectContent"},
    };
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("kept"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_s3(&c, rows[i].method, rows[i].target, NULL, STR("new")), 501, "%s %s",
                     rows[i].method, rows[i].target);
        cr_expect_str_eq(client_text(&c, "Code"), "NotImplemented");
        cr_expect(strstr(client_text(&c, "Message"), rows[i].operation) != NULL, "%s %s: %s",
                  rows[i].method, rows[i].target, client_body(&c));
    }
    static const char *const sites[] = {"Host: bkt.s3-website-us-east-1.amazonaws.com",
                                        "Host: bkt.s3-website.eu-west-1.amazonaws.com",
                                        "Host: bkt.s3-website.localhost:4566"};
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
        cr_expect_eq(client_s3(&c, "GET", "/k", sites[i], STR_EMPTY), 501, "%s", sites[i]);
        cr_expect(strstr(client_text(&c, "Message"), "WebsiteEndpoint") != NULL);
    }
    cr_expect_eq(client_s3(&c, "GET", "/bkt/k?x-id=GetObject", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_body(&c), "kept");
    client_free(&c);
}

Test(s3_route, what_no_operation_takes_is_refused)
{
    /* Proves: methods and sub-resources that nothing answers to are refused and do not fall
     * through. */
    static const char *const rows[][2] = {{"POST", "/"},
                                          {"POST", "/bkt/k"},
                                          {"PUT", "/"},
                                          {"PUT", "/bkt/k?versions"},
                                          {"DELETE", "/bkt/k?acl"},
                                          {"PATCH", "/bkt/k"}};
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    client_s3(&c, "PUT", "/bkt/k", NULL, STR("kept"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = client_s3(&c, rows[i][0], rows[i][1], NULL, STR("new"));
        cr_expect_eq(status, 405, "%s %s: %d", rows[i][0], rows[i][1], status);
        cr_expect_str_eq(client_text(&c, "Code"), "MethodNotAllowed");
    }
    client_s3(&c, "GET", "/bkt/k", NULL, STR_EMPTY);
    cr_expect_str_eq(client_body(&c), "kept");
    client_free(&c);
}
