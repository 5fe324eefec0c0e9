#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/rng.h"
#include "base/str.h"

Test(str, compares)
{
    /* Equality, byte order and the prefix and suffix tests, with empty and NULL strings among the
     * rows. */
    struct str null = {.ptr = NULL, .len = 0};
    cr_assert(str_eq(null, STR("")));
    cr_assert(str_eq(str_of(NULL), STR_EMPTY));
    cr_assert(str_eq(STR("a\0b"), str_n("a\0b", 3)) && !str_eq(STR("a\0b"), STR("a\0c")));
    cr_assert(str_eq_nocase(STR("x-AMZ-[`{@"), STR("X-amz-[`{@")) &&
              !str_eq_nocase(STR("["), STR("{")));
    static const struct str sorted[] = {STR_INIT(""),  STR_INIT("\x01"), STR_INIT("A"),
                                        STR_INIT("a"), STR_INIT("a\0"),  STR_INIT("ab"),
                                        STR_INIT("b"), STR_INIT("\xff")};
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
            int order = str_cmp(sorted[i], sorted[j]);
            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%d %d", i, j);
        }
    }
    cr_assert(str_starts(STR("abc"), STR("ab")) && str_starts(STR("abc"), null) &&
              !str_starts(STR("a"), STR("ab")));
    cr_assert(str_starts_nocase(STR("BEARER x"), STR("bearer ")) &&
              !str_starts_nocase(STR("b"), STR("be")));
    cr_assert(str_ends(STR("a.zst"), STR(".zst")) && str_ends(STR("x"), null) &&
              !str_ends(STR("t"), STR(".zst")));
}

Test(str, finds)
{
    /* Indexes of bytes and substrings, and STR_NONE where there is none. */
    struct str s = STR("abcabc");
    cr_assert_eq(str_find(s, 'c'), 2);
    cr_assert_eq(str_find_last(s, 'c'), 5);
    cr_assert_eq(str_find(s, 'x'), STR_NONE);
    cr_assert_eq(str_find_last(STR_EMPTY, 'x'), STR_NONE);
    cr_assert_eq(str_find_str(s, STR("ca")), 2);
    cr_assert_eq(str_find_str(s, STR("")), 0);
    cr_assert_eq(str_find_str(s, STR("abcabca")), STR_NONE);
    cr_assert(str_contains(s, STR("bca")) && !str_contains(STR(""), STR("a")));
}

Test(str, takes_parts)
{
    /* Slices are clipped to the string, trimming takes all six white space bytes. */
    struct str s = STR("hello");
    cr_assert(str_eq(str_slice(s, 1, 3), STR("el")));
    cr_assert(str_eq(str_slice(s, 3, 99), STR("lo")));
    cr_assert(str_eq(str_slice(s, 4, 2), STR("")));
    cr_assert(str_eq(str_slice(s, 99, 100), STR("")));
    cr_assert(str_eq(str_from(s, 4), STR("o")) && str_eq(str_from(s, 9), STR("")));
    cr_assert(str_eq(str_trim(STR(" \t\r\n\v\fa b\n ")), STR("a b")));
    cr_assert(str_eq(str_trim(STR("  ")), STR("")));
}

Test(str, makes_copies)
{
    /* Copies are equal and elsewhere, and their ptr is never NULL. */
    struct arena *a = arena_new("test", MIB);
    struct str null = {.ptr = NULL, .len = 0};
    struct str s = STR("a\0b");
    cr_assert(str_eq(str_copy(a, s), s) && str_copy(a, s).ptr != s.ptr);
    cr_assert_not_null(str_copy(a, null).ptr);
    cr_assert_str_eq(str_z(a, STR("zed")), "zed");
    cr_assert_str_eq(str_z(a, null), "");
    cr_assert(str_eq(str_join(a, STR("ab"), STR("c")), STR("abc")));
    cr_assert(str_eq(str_join(a, null, null), STR("")));
    cr_assert(str_eq(str_lower(a, STR("aZ@[\xc3\x89")), STR("az@[\xc3\x89")));
    cr_assert(str_eq(str_printf(a, "%d-%s", 7, "x"), STR("7-x")));
    char large[5000];
    memset(large, 'q', sizeof(large));
    cr_assert(str_eq(str_printf(a, "%.*s", 5000, large), str_n(large, 5000)));
    arena_free(a);
}

Test(str, cuts_into_items)
{
    /* The items, joined by '|', for each form of the text that the header names. */
    static const struct {
        const char *text, *items;
    } rows[] = {{"", ""},    {"a", "a|"},   {"a,,b", "a||b|"},        {"a,", "a||"},
                {",", "||"}, {",a", "|a|"}, {"ab,cd,ef", "ab|cd|ef|"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char got[64] = "";
        for (struct str rest = str_of(rows[i].text), item; str_cut(&rest, ',', &item);) {
            strncat(got, item.len == 0 ? "" : item.ptr, item.len);
            strncat(got, "|", 2);
        }
        cr_assert_str_eq(got, rows[i].items, "\"%s\"", rows[i].text);
    }
    struct str left, right;
    cr_assert(str_split(STR("k=v=w"), '=', &left, &right) && str_eq(left, STR("k")) &&
              str_eq(right, STR("v=w")));
    cr_assert(str_split(STR("k="), '=', &left, &right) && str_eq(left, STR("k")) &&
              str_eq(right, STR("")));
    cr_assert(!str_split(STR("k"), '=', &left, &right) && str_eq(left, STR("k")) &&
              str_eq(right, STR("")));
}

Test(str, reads_whole_numbers)
{
    /* The ends of both ranges are read, one past them and all else is refused and named. */
    static const struct {
        const char *text;
        int is_i64, is_u64;
        int64_t i64;
        uint64_t u64;
    } rows[] = {{"0", 1, 1, 0, 0},
                {"-0", 1, 0, 0, 0},
                {"007", 1, 1, 7, 7},
                {"9223372036854775807", 1, 1, INT64_MAX, INT64_MAX},
                {"9223372036854775808", 0, 1, 0, (uint64_t)1 << 63},
                {"-9223372036854775808", 1, 0, INT64_MIN, 0},
                {"-9223372036854775809", 0, 0, 0, 0},
                {"18446744073709551615", 0, 1, 0, UINT64_MAX},
                {"18446744073709551616", 0, 0, 0, 0},
                {"184467440737095516150", 0, 0, 0, 0},
                {"", 0, 0, 0, 0},
                {"-", 0, 0, 0, 0},
                {"+1", 0, 0, 0, 0},
                {" 1", 0, 0, 0, 0},
                {"1 ", 0, 0, 0, 0},
                {"1.0", 0, 0, 0, 0},
                {"--1", 0, 0, 0, 0},
                {"0x1", 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        int64_t i64 = -99;
        uint64_t u64 = 99;
        cr_assert_eq(str_i64(str_of(rows[i].text), &i64, &d), rows[i].is_i64 ? ERR_OK : ERR_INVALID,
                     "%s", rows[i].text);
        cr_assert_eq(i64, rows[i].is_i64 ? rows[i].i64 : -99);
        cr_assert(rows[i].is_i64 || strstr(d.msg, rows[i].text) != NULL);
        diag_clear(&d);
        cr_assert_eq(str_u64(str_of(rows[i].text), &u64, &d), rows[i].is_u64 ? ERR_OK : ERR_INVALID,
                     "%s", rows[i].text);
        cr_assert_eq(u64, rows[i].is_u64 ? rows[i].u64 : 99);
        cr_assert(rows[i].is_u64 || strstr(d.msg, rows[i].text) != NULL);
    }
}

/* The definition, word for word: exponential, so for short strings only. */
static bool glob_naive(const char *p, const char *s)
{
    if (*p == '\0') {
        return *s == '\0';
    }
    if (*p == '*') {
        return glob_naive(p + 1, s) || (*s != '\0' && glob_naive(p, s + 1));
    }
    return *s != '\0' && (*p == '?' || *p == *s) && glob_naive(p + 1, s + 1);
}

static void random_text(char *text, uint64_t id, uint64_t len, const char *letters)
{
    for (uint64_t i = 0; i < len; i++) {
        text[i] = letters[rng_below(rng_u64(5, id, i, 0), strlen(letters))];
    }
    text[len] = '\0';
}

Test(str, glob_agrees_with_its_definition)
{
    /* 40000 random patterns and texts over two letters, against the naive recursion. */
    size_t matches = 0;
    for (uint64_t i = 0; i < 40000; i++) {
        char pattern[16], text[16];
        random_text(pattern, 2 * i, rng_below(rng_u64(6, i, 0, 0), 8), "ab*?*");
        random_text(text, 2 * i + 1, rng_below(rng_u64(6, i, 1, 0), 10), "ab");
        bool expected = glob_naive(pattern, text);
        matches += expected;
        cr_assert_eq(str_glob(str_of(pattern), str_of(text)), expected, "%s on %s", pattern, text);
    }
    cr_assert(matches > 2000 && matches < 38000);
}

Test(str, glob_does_not_explode)
{
    /* Twenty stars on a text that fails at its last byte: minutes for a naive matcher, at once
     * here. */
    struct arena *a = arena_new("test", MIB);
    struct str stars = STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
    char *text = arena_alloc(a, 20000);
    memset(text, 'a', 20000);
    cr_assert(!str_glob(stars, str_n(text, 20000)));
    text[19999] = 'b';
    cr_assert(str_glob(stars, str_n(text, 20000)));
    cr_assert(str_glob(STR("raw/*.zst"), STR("raw/dt=1/a.zst")) &&
              !str_glob(STR("raw/*.zst"), STR("raw/a.gz")));
    arena_free(a);
}
