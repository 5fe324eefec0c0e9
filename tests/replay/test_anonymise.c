/* test_anonymise.c -- Masked texts keep their form and tell nothing of the value; masked records
 * are JSON of the same shape in which only the named fields are others. */
#include <criterion/criterion.h>

#include <string.h>
#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "replay/anonymise.h"
#include "replay_bench.h"

TestSuite(anonymise, .init = bench_setup, .fini = bench_teardown);

static struct anonymiser anonymiser(const char *key, const struct str *fields, size_t count)
{
    return (struct anonymiser){.key = str_of(key),
                               .fields = fields,
                               .found = NEW_ARRAY(bench_arena(), uint64_t, count + 1),
                               .field_count = count};
}

static struct str masked(const struct anonymiser *an, struct str text)
{
    struct buf out;
    buf_init(&out, bench_arena(), 8 * MIB);
    anonymise_text(an, text, &out);
    return buf_str(&out);
}

static struct str record(const struct anonymiser *an, const char *text)
{
    struct buf out;
    struct arena *scratch = arena_child(bench_arena(), "scratch", 64 * MIB);
    buf_init(&out, bench_arena(), 8 * MIB);
    anonymise_record(an, str_of(text), scratch, &out);
    cr_expect_eq(arena_used(scratch), 0, "scratch is given back");
    return buf_str(&out);
}

static char class_of(char c)
{
    return c >= '0' && c <= '9' ? '9' : c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : c;
}

Test(anonymise, keeps_the_form_and_tells_values_apart)
{
    /* Every digit a digit, every letter one of its case, all else as it was; the same text the same
     * one again, under another key another; a thousand numbers stay a thousand. */
    static const char *const texts[] = {
        "Maria.Lopez@mail-7.example.org",      "+34 600-123456", "", "-", "AB-12 cd", "x",
        "00000000-0000-4000-8000-000000000000"};
    struct anonymiser one = anonymiser("0123456789abcdef", NULL, 0);
    struct anonymiser other = anonymiser("0123456789abcdeF", NULL, 0);
    size_t differ = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str text = str_of(texts[i]), found = masked(&one, text);
        cr_assert_eq(found.len, text.len, "%s", texts[i]);
        for (size_t k = 0; k < text.len; k++) {
            cr_expect_eq(class_of(found.ptr[k]), class_of(text.ptr[k]), "%s: %.*s", texts[i],
                         STR_ARG(found));
        }
        cr_expect(str_eq(found, masked(&one, text)));
        differ += !str_eq(found, masked(&other, text));
    }
    cr_expect_geq(differ, 4);
    struct map *seen = map_new(bench_arena());
    for (unsigned i = 0; i < 1000; i++) {
        struct str found = masked(&one, str_printf(bench_arena(), "%03u", i));
        cr_expect_null(map_get(seen, found), "%.*s twice", STR_ARG(found));
        map_put(seen, found, seen);
    }
}

Test(anonymise, masks_the_named_fields_and_no_others)
{
    /* Paths reach into objects and lists; what is below a named object is masked as a whole; true,
     * false, null and the fields beside stay as they were; found counts the values.
     */
    static const struct str fields[] = {STR_INIT("user.mail"), STR_INIT("tags"), STR_INIT("home"),
                                        STR_INIT("never")};
    struct anonymiser an = anonymiser("0123456789abcdef", fields, 4);
    struct str found = record(
        &an, "{\"id\":\"e1\",\"user\":{\"mail\":\"ann@x.org\",\"age\":41},\"tags\":[\"abc\",7,true,"
             "null],\"home\":{\"street\":\"Main\",\"no\":12},\"mail\":\"ann@x.org\"}");
    struct json *tree;
    struct diag d = DIAG_INIT;
    cr_assert(json_parse(bench_arena(), found, &tree, &d) == ERR_OK, "%s", d.msg);
    cr_expect(str_starts(found, STR("{\"id\":\"e1\",\"user\":{\"mail\":\"")), "%.*s",
              STR_ARG(found));
    cr_expect(str_ends(found, STR(",\"mail\":\"ann@x.org\"}")), "%.*s", STR_ARG(found));
    cr_expect(str_eq(json_str(json_at(tree, "user.age")), STR("41")));
    cr_expect(str_eq(json_str(json_at(tree, "user.mail")), masked(&an, STR("ann@x.org"))));
    cr_expect_not(str_eq(json_str(json_at(tree, "home.street")), STR("Main")));
    cr_expect_eq(json_at(tree, "tags.2")->kind, JSON_IS_TRUE);
    cr_expect_eq(json_at(tree, "tags.3")->kind, JSON_IS_NULL);
    cr_expect_eq(json_at(tree, "tags.1")->kind, JSON_IS_NUMBER);
    cr_expect_eq(an.found[0], 1);
    cr_expect_eq(an.found[3], 0);
    cr_expect_gt(an.found[1], 0);
    cr_expect_gt(an.found[2], 0);
}

Test(anonymise, numbers_stay_numbers_and_what_is_no_json_is_hidden)
{
    /* A number's first digit is never 0, so that JSON stays JSON and lengths stay; a record that is
     * cut is masked as a whole. */
    static const struct str fields[] = {STR_INIT("n")};
    struct anonymiser an = anonymiser("fedcba9876543210", fields, 1);
    for (unsigned i = 1; i < 300; i++) {
        const char *text = str_z(bench_arena(), str_printf(bench_arena(), "{\"n\":%u}", i * 37));
        struct str found = record(&an, text);
        struct json *tree;
        struct diag d = DIAG_INIT;
        cr_assert(json_parse(bench_arena(), found, &tree, &d) == ERR_OK, "%.*s: %s", STR_ARG(found),
                  d.msg);
        cr_expect_eq(found.len, strlen(text));
        cr_expect_eq(json_get(tree, STR("n"))->kind, JSON_IS_NUMBER);
    }
    struct str cut = record(&an, "{\"n\":1,\"secret\":\"Valderrama");
    cr_expect_not(str_contains(cut, STR("Valderrama")), "%.*s", STR_ARG(cut));
    cr_expect_not(str_contains(cut, STR("secret")), "%.*s", STR_ARG(cut));
}
