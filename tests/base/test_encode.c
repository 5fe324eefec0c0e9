#include <criterion/criterion.h>
#include <string.h>
#include "base/encode.h"
#include "base/limits.h"
#include "base/rng.h"

static struct buf fresh(struct arena *a)
{
    struct buf b;
    buf_init(&b, a, MIB);
    return b;
}

static struct str random_bytes(struct arena *a, uint64_t id, size_t len)
{
    char *bytes = arena_alloc(a, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)rng_u64(9, id, i, 0);
    }
    return str_n(bytes, len);
}

Test(encode, base64_agrees_with_rfc_4648)
{
    /* The seven vectors of RFC 4648 section 10, both ways, and the digits for 62 and 63. */
    static const struct str rows[][2] = {
        {STR_INIT(""), STR_INIT("")},
        {STR_INIT("f"), STR_INIT("Zg==")},
        {STR_INIT("fo"), STR_INIT("Zm8=")},
        {STR_INIT("foo"), STR_INIT("Zm9v")},
        {STR_INIT("foob"), STR_INIT("Zm9vYg==")},
        {STR_INIT("fooba"), STR_INIT("Zm9vYmE=")},
        {STR_INIT("foobar"), STR_INIT("Zm9vYmFy")},
        {STR_INIT("\xfb\xef\xff"), STR_INIT("++//")},
    };
    struct arena *a = arena_new("test", 8 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct buf text = fresh(a), bytes = fresh(a);
        encode_base64(&text, rows[i][0]);
        cr_assert(str_eq(buf_str(&text), rows[i][1]));
        buf_add_z(&bytes, ">");
        cr_assert_eq(decode_base64(&bytes, rows[i][1], &d), ERR_OK);
        cr_assert(str_eq(str_from(buf_str(&bytes), 1), rows[i][0]));
        cr_assert_geq(decode_base64_size(rows[i][1]), rows[i][0].len);
    }
    arena_free(a);
}

Test(encode, base64_comes_back)
{
    /* Random bytes of 0 to 300 bytes survive the round trip. */
    struct arena *a = arena_new("test", 64 * MIB);
    for (size_t len = 0; len < 300; len++) {
        struct diag d = DIAG_INIT;
        struct str bytes = random_bytes(a, len, len);
        struct buf text = fresh(a), back = fresh(a);
        encode_base64(&text, bytes);
        cr_assert_eq(decode_base64(&back, buf_str(&text), &d), ERR_OK);
        cr_assert(str_eq(buf_str(&back), bytes));
    }
    arena_free(a);
}

/* Bit by bit, as RFC 4648 tells it: no table, no group. */
static struct str base64_by_bits(struct arena *a, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = (bytes.len + 2) / 3 * 4, bits = bytes.len * 8;
    char *text = arena_alloc(a, len);
    for (size_t i = 0; i < len; i++) {
        unsigned value = 0;
        for (size_t bit = i * 6; bit < i * 6 + 6; bit++) {
            value = value << 1 |
                    (bit < bits ? (unsigned char)bytes.ptr[bit / 8] >> (7 - bit % 8) & 1 : 0);
        }
        text[i] = i * 6 < bits ? digits[value] : '=';
    }
    return str_n(text, len);
}

Test(encode, base64_is_the_same_in_wide_and_in_small_steps)
{
    /* Every length from 0 to 200 agrees with a coding bit by bit, back and forth; and any one
     * character that is no digit is found at its place, wherever it stands. */
    struct arena *a = arena_new("test", MIB * 64);
    char bytes[200];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 197 + i * i * 31 + 5);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct arena_mark mark = arena_mark(a);
        struct str from = str_n(bytes + sizeof(bytes) - len, len),
                   expected = base64_by_bits(a, from);
        struct buf text, back;
        struct diag d = DIAG_INIT;
        buf_init(&text, a, MIB);
        buf_init(&back, a, MIB);
        encode_base64(&text, from);
        cr_assert(str_eq(buf_str(&text), expected), "%zu bytes", len);
        cr_assert_eq(decode_base64(&back, expected, &d), ERR_OK);
        cr_assert(str_eq(buf_str(&back), from), "%zu bytes", len);
        arena_rewind(a, mark);
    }
    struct str whole = base64_by_bits(a, str_n(bytes, sizeof(bytes) - 2)); /* no padding */
    static const char wrong[] = {'=', '-', '_', ' ', '\0', '\x80', '\xff', '@',
                                 '[', '`', '{', '*', ',',  '.',    ':'};
    for (size_t at = 0; at < whole.len - 4; at++) {
        for (size_t w = 0; w < sizeof(wrong); w++) {
            struct arena_mark mark = arena_mark(a);
            struct diag d = DIAG_INIT;
            struct buf back;
            buf_init(&back, a, MIB);
            struct str bad = str_copy(a, whole);
            ((char *)(uintptr_t)bad.ptr)[at] = wrong[w];
            cr_assert_eq(decode_base64(&back, bad, &d), ERR_INVALID);
            cr_assert(strstr(d.msg, str_z(a, str_printf(a, "offset %zu ", at))) != NULL,
                      "%s, not %zu", d.msg, at);
            arena_rewind(a, mark);
        }
    }
    arena_free(a);
}

Test(encode, base64_refuses_what_is_not_strict)
{
    /* Missing or early padding, white space, the URL alphabet, stray bits: refused with the place,
     * nothing appended. */
    static const struct {
        const char *text, *place;
    } rows[] = {{"Zg", "2 bytes"},
                {"Zg=", "3 bytes"},
                {"Zg==\n", "5 bytes"},
                {"Z===", "offset 1"},
                {"====", "offset 0"},
                {"Zm9v Zm9", "offset 4"},
                {"Zm9-", "offset 3"},
                {"_m9v", "offset 0"},
                {"Zg==Zm9v", "offset 2"},
                {"Zm=v", "offset 2"},
                {"Zm9vZ\xc3\xa9v", "offset 5"},
                {"Zh==", "offset 1"},
                {"Zm9=", "offset 2"}};
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct buf out = fresh(a);
        buf_add_z(&out, "kept");
        cr_assert_eq(decode_base64(&out, str_of(rows[i].text), &d), ERR_INVALID, "%s",
                     rows[i].text);
        cr_assert_not_null(strstr(d.msg, rows[i].place), "%s: %s", rows[i].text, d.msg);
        cr_assert(str_eq(buf_str(&out), STR("kept")));
    }
    arena_free(a);
}

Test(encode, base64_knows_each_byte)
{
    /* In each of the four places exactly the 64 digits are read; the padding only where it belongs.
     */
    struct arena *a = arena_new("test", 8 * MIB);
    for (size_t place = 0; place < 4; place++) {
        size_t good = 0;
        for (int c = 0; c < 256; c++) {
            char text[8] = {'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A'};
            text[place] = (char)c;
            struct diag d = DIAG_INIT;
            struct buf out = fresh(a);
            good += decode_base64(&out, str_n(text, 8), &d) == ERR_OK;
        }
        cr_assert_eq(good, 64);
    }
    arena_free(a);
}

Test(encode, hex_both_ways)
{
    /* All 256 bytes against printf, capitals read too, and errors that name the place. */
    struct arena *a = arena_new("test", 8 * MIB);
    struct buf text = fresh(a), expected = fresh(a), upper = fresh(a), back = fresh(a);
    char all[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
        buf_addf(&expected, "%02x", (unsigned)i);
        buf_addf(&upper, "%02X", (unsigned)i);
    }
    struct diag d = DIAG_INIT;
    encode_hex(&text, str_n(all, 256));
    cr_assert(str_eq(buf_str(&text), buf_str(&expected)));
    cr_assert_eq(decode_hex(&back, buf_str(&text), &d), ERR_OK);
    cr_assert_eq(decode_hex(&back, buf_str(&upper), &d), ERR_OK);
    cr_assert(str_eq(buf_str(&back), str_join(a, str_n(all, 256), str_n(all, 256))));
    cr_assert_eq(decode_hex(&back, STR("abc"), &d), ERR_INVALID);
    diag_clear(&d);
    cr_assert_eq(decode_hex(&back, STR("00a/"), &d), ERR_INVALID);
    cr_assert_not_null(strstr(d.msg, "offset 3"));
    cr_assert_eq(back.len, 512);
    arena_free(a);
}

Test(encode, percent_as_rfc_3986_and_forms)
{
    /* Section 2.3's unreserved bytes alone stay; decoding is lenient about bad escapes. */
    static const struct {
        const char *text, *all, *but_slash;
    } rows[] = {{"AZaz09-._~", "AZaz09-._~", "AZaz09-._~"},
                {"a/b c", "a%2Fb%20c", "a/b%20c"},
                {"\xc3\xa9+*'()!", "%C3%A9%2B%2A%27%28%29%21", "%C3%A9%2B%2A%27%28%29%21"},
                {"%41=&?", "%2541%3D%26%3F", "%2541%3D%26%3F"}};
    struct arena *a = arena_new("test", 8 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf all = fresh(a), but_slash = fresh(a), back = fresh(a);
        encode_percent(&all, str_of(rows[i].text), false);
        encode_percent(&but_slash, str_of(rows[i].text), true);
        cr_assert(str_eq(buf_str(&all), str_of(rows[i].all)));
        cr_assert(str_eq(buf_str(&but_slash), str_of(rows[i].but_slash)));
        decode_percent(&back, buf_str(&all), true);
        cr_assert(str_eq(buf_str(&back), str_of(rows[i].text)));
    }
    struct buf lenient = fresh(a), form = fresh(a);
    decode_percent(&lenient, STR("a+b%2fc%4%zz%"), false);
    cr_assert(str_eq(buf_str(&lenient), STR("a+b/c%4%zz%")));
    decode_percent(&form, STR("a+b%2B%00"), true);
    cr_assert(str_eq(buf_str(&form), STR("a b+\0")));
    arena_free(a);
}

Test(encode, finds_markup_wherever_it_stands)
{
    /* Long texts are looked at sixteen bytes at a time: an ampersand at any place of any length,
     * and two of them, come out as entities and nothing else changes. */
    struct arena *a = arena_new("test", MIB);
    char text[48], expected[64];
    for (size_t len = 1; len < sizeof(text); len++) {
        for (size_t at = 0; at < len; at++) {
            struct buf xml;
            memset(text, 'x', len);
            memset(expected, 'x', sizeof(expected));
            text[0] = text[at] = '&';
            size_t more = at == 0 ? 0 : 4;
            memcpy(expected + more + at, "&amp;", 5);
            memcpy(expected, "&amp;", 5);
            buf_init(&xml, a, 100);
            encode_xml(&xml, str_n(text, len));
            cr_assert(str_eq(buf_str(&xml), str_n(expected, len + 4 + more)), "%zu of %zu: %.*s",
                      at, len, STR_ARG(buf_str(&xml)));
            arena_reset(a);
        }
    }
    arena_free(a);
}

Test(encode, markup)
{
    /* The characters that XML and HTML reserve become entities, all else stays. */
    struct arena *a = arena_new("test", MIB);
    struct buf xml = fresh(a), html = fresh(a);
    encode_xml(&xml, STR("<a b=\"c\">&'\r\n\t\x01\xc3\xa9"));
    cr_assert(
        str_eq(buf_str(&xml), STR("&lt;a b=&quot;c&quot;&gt;&amp;'&#xD;&#xA;&#x9;&#x1;\xc3\xa9")));
    encode_html(&html, STR("<a b=\"c\">&'\n"));
    cr_assert(str_eq(buf_str(&html), STR("&lt;a b=&quot;c&quot;&gt;&amp;&#39;\n")));
    arena_free(a);
}

/* What RFC 3629 says in words: the shortest form of a code point up to U+10FFFF that is no
 * surrogate. */
static size_t utf8_write(uint32_t point, size_t len, char out[4])
{
    static const unsigned leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; point >>= 6) {
        out[i] = (char)(0x80 | (point & 0x3f));
    }
    out[0] = (char)(leads[len] | point);
    return len;
}

Test(encode, utf8_accepts_the_shortest_form_alone)
{
    /* Every code point up to 0x1FFFFF in every length that can hold it, at each place of an
     * eight-byte word. */
    for (uint32_t point = 0; point <= 0x1fffff; point += point < 0x12000 ? 1 : 61) {
        size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        bool good = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
        for (size_t len = shortest; len <= 4; len++) {
            char text[20] = "aaaaaaaaaaaaaaaaaaa";
            size_t at = point % 9;
            utf8_write(point, len, text + at);
            cr_assert_eq(utf8_is_valid(str_n(text, 19)), good && len == shortest, "U+%04X in %zu",
                         point, len);
            if (len > 1) {
                cr_assert(!utf8_is_valid(str_n(text, at + len - 1)));
                cr_assert(!utf8_is_valid(str_from(str_n(text, 19), at + 1)));
            }
        }
    }
    cr_assert(utf8_is_valid(STR_EMPTY));
    cr_assert(!utf8_is_valid(STR("\xff")) && !utf8_is_valid(STR("\xf8\x88\x80\x80\x80")));
}
