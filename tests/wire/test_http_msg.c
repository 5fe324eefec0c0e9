#include <criterion/criterion.h>

#include "wire/http_msg.h"

static bool same(struct str got, const char *want)
{
    return str_eq(got, str_of(want));
}

Test(http_headers, are_found_without_case_and_replaced_as_a_set)
{
    /* Names compare without case, the first of a name wins, set replaces all of a name, remove
     * keeps the others. */
    struct arena *a = arena_new("test", 1 << 20);
    struct http_headers h;
    http_headers_init(&h, a);
    http_headers_add(&h, STR("X-One"), STR("  1 "));
    http_headers_add(&h, STR("x-one"), STR("2"));
    http_headers_add(&h, STR("Other"), STR(""));
    cr_assert(same(http_header(&h, "x-ONE"), "1"));
    cr_assert(http_has_header(&h, "other") && http_header(&h, "other").len == 0);
    cr_assert(!http_has_header(&h, "x-on") && http_header(&h, "x-on").len == 0);
    http_headers_set(&h, STR("X-ONE"), STR("3"));
    cr_assert_eq(h.count, 2);
    cr_assert(same(http_header(&h, "x-one"), "3"));
    http_headers_remove(&h, STR("X-One"));
    cr_assert(!http_has_header(&h, "x-one") && http_has_header(&h, "Other"));
    for (int i = 0; i < 100; i++) {
        http_headers_add(&h, str_printf(a, "n%d", i), str_printf(a, "v%d", i));
    }
    cr_assert_eq(h.count, 101);
    cr_assert(same(http_header(&h, "n0"), "v0") && same(http_header(&h, "N99"), "v99"));
    arena_free(a);
}

Test(http_query, is_walked_decoded_in_order)
{
    /* Empty items are skipped, '+' is a space, a name alone has the empty value, bad escapes stay.
     */
    struct arena *a = arena_new("test", 1 << 20);
    static const char *const want[][2] = {
        {"list-type", "2"}, {"prefix", "a b/c"}, {"acl", ""}, {"x=y", "1=2"}, {"bad", "%zz%4"}};
    struct str rest = STR("list-type=2&&prefix=a+b%2Fc&acl&x%3dy=1=2&bad=%zz%4&"), name, value;
    size_t count = 0;
    for (; http_query_next(&rest, a, &name, &value); count++) {
        cr_assert(count < 5);
        cr_assert(same(name, want[count][0]) && same(value, want[count][1]), "item %zu: %.*s",
                  count, STR_ARG(value));
    }
    cr_assert_eq(count, 5);
    rest = STR_EMPTY;
    cr_assert(!http_query_next(&rest, a, &name, &value));
    arena_free(a);
}

Test(http_query, finds_one_parameter)
{
    /* get and has agree, also for encoded names; a prefix of a name is not the name. */
    struct arena *a = arena_new("test", 1 << 20);
    static const struct {
        const char *query, *name, *value; /* NULL: absent */
    } rows[] = {
        {"acl", "acl", ""},
        {"acl=", "acl", ""},
        {"a=1&a=2", "a", "1"},
        {"max-keys=5", "max-key", NULL},
        {"max-keys=5", "max", NULL},
        {"max-keys=5", "keys", NULL},
        {"%61cl=x%20y", "acl", "x y"},
        {"a+b=1", "a b", "1"},
        {"", "acl", NULL},
        {"X=1", "x", NULL},
        {"a%zz=1", "a%zz", "1"},
        {"%4=1", "%4", "1"},
        {"=v", "", "v"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str value = STR_EMPTY;
        bool got = http_query_get(str_of(rows[i].query), str_of(rows[i].name), a, &value);
        cr_assert_eq(got, rows[i].value != NULL, "row %zu", i);
        cr_assert_eq(http_query_has(str_of(rows[i].query), str_of(rows[i].name)), got, "row %zu",
                     i);
        cr_assert(!got || same(value, rows[i].value), "row %zu", i);
    }
    arena_free(a);
}

Test(http_query, written_parameters_read_back)
{
    /* Every byte survives http_query_add and http_query_get, and none of the delimiters leaks. */
    struct arena *a = arena_new("test", 1 << 20);
    char all[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    struct buf q;
    buf_init(&q, a, 4096);
    http_query_add(&q, STR("first name"), STR("1"));
    http_query_add(&q, STR("all"), str_n(all, sizeof(all)));
    struct str value = STR_EMPTY;
    cr_assert(str_starts(buf_str(&q), STR("first%20name=1&all=%00%01")));
    cr_assert(http_query_get(buf_str(&q), STR("all"), a, &value));
    cr_assert(str_eq(value, str_n(all, sizeof(all))));
    arena_free(a);
}

Test(http_url, is_taken_apart_or_refused_by_name)
{
    /* Each part comes out as written; what is no http URL with a host is ERR_INVALID and shows the
     * text. */
    static const struct {
        const char *url, *scheme, *host, *path, *query; /* scheme NULL: refused */
    } rows[] = {
        {"http://127.0.0.1:4566", "http", "127.0.0.1:4566", "/", ""},
        {"https://kinesis.us-east-1.amazonaws.com/", "https", "kinesis.us-east-1.amazonaws.com",
         "/", ""},
        {"http://h/a/b%20c?x=1&y=//z?", "http", "h", "/a/b%20c", "x=1&y=//z?"},
        {"http://h?x=1", "http", "h", "/", "x=1"},
        {"http://[::1]:80/", "http", "[::1]:80", "/", ""},
        {"http://[::1]/", "http", "[::1]", "/", ""},
        {"localhost:4566", NULL, NULL, NULL, NULL},
        {"http://", NULL, NULL, NULL, NULL},
        {"http:///path", NULL, NULL, NULL, NULL},
        {"://h/", NULL, NULL, NULL, NULL},
        {"http://user@h/", NULL, NULL, NULL, NULL},
        {"http://h:0/", NULL, NULL, NULL, NULL},
        {"http://h:65536/", NULL, NULL, NULL, NULL},
        {"http://h:x/", NULL, NULL, NULL, NULL},
        {"http://:80/", NULL, NULL, NULL, NULL},
        {"http://a b/", NULL, NULL, NULL, NULL},
        {"http://h/#top", NULL, NULL, NULL, NULL},
        {"", NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct str scheme, host, path, query;
        enum err got = http_url_parse(str_of(rows[i].url), &scheme, &host, &path, &query, &d);
        if (rows[i].scheme == NULL) {
            cr_assert_eq(got, ERR_INVALID, "row %zu", i);
            cr_assert(strstr(d.msg, rows[i].url) != NULL, "row %zu: %s", i, d.msg);
            continue;
        }
        cr_assert_eq(got, ERR_OK, "row %zu: %s", i, d.msg);
        cr_assert(same(scheme, rows[i].scheme) && same(host, rows[i].host), "row %zu", i);
        cr_assert(same(path, rows[i].path) && same(query, rows[i].query), "row %zu", i);
    }
    cr_assert_str_eq(http_reason(404), "Not Found");
    cr_assert_str_eq(http_reason(599), "");
}
