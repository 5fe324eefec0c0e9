#include <criterion/criterion.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include "base/buf.h"
#include "base/text_format.h"
#include "base/limits.h"
#include "base/rng.h"

Test(buf, builds_text)
{
    /* Every way of adding, one after another. */
    struct arena *a = arena_new("test", MIB);
    struct buf b;
    buf_init(&b, a, 1000);
    cr_assert(str_eq(buf_str(&b), STR("")));
    cr_assert_not_null(buf_str(&b).ptr);
    buf_add(&b, STR("a\0b"));
    buf_add(&b, (struct str){.ptr = NULL, .len = 0});
    buf_add_z(&b, "|z|");
    buf_add_bytes(&b, "xyz", 2);
    buf_add_char(&b, '\n');
    buf_addf(&b, "%05d", 42);
    memcpy(buf_reserve(&b, 10), "0123456789", 10);
    buf_commit(&b, 3);
    cr_assert(str_eq(buf_str(&b), STR("a\0b|z|xy\n00042012")));
    buf_truncate(&b, 1);
    cr_assert(str_eq(buf_str(&b), STR("a")));
    arena_free(a);
}

Test(buf, writes_numbers_as_printf_does)
{
    /* The ends of the ranges, zero, and random numbers of every length. */
    struct arena *a = arena_new("test", MIB);
    struct buf b;
    buf_init(&b, a, 1000);
    for (uint64_t i = 0; i < 2000; i++) {
        static const uint64_t ends[] = {
            0, 1, 9, 10, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1};
        uint64_t value = i < 7 ? ends[i] : rng_u64(1, 1, i, 0) >> (i % 64);
        char expected[64];
        snprintf(expected, sizeof(expected), "%llu %lld", (unsigned long long)value,
                 (long long)value);
        buf_truncate(&b, 0);
        buf_add_u64(&b, value);
        buf_add_char(&b, ' ');
        buf_add_i64(&b, (int64_t)value);
        cr_assert(str_eq(buf_str(&b), str_of(expected)), "%s", expected);
    }
    arena_free(a);
}

Test(buf, grows_to_its_cap)
{
    /* Growth in odd steps over small and large blocks keeps all bytes, and exactly `max` fits. */
    struct arena *a = arena_new("test", 8 * MIB);
    struct buf b;
    buf_init(&b, a, 300007);
    char piece[1000];
    size_t at = 0;
    while (at < 300007) {
        size_t len = at % 997 + 1;
        len = len > 300007 - at ? 300007 - at : len;
        for (size_t i = 0; i < len; i++) {
            piece[i] = (char)((at + i) % 251);
        }
        buf_add_bytes(&b, piece, len);
        at += len;
    }
    struct str s = buf_str(&b);
    cr_assert_eq(s.len, 300007);
    for (size_t i = 0; i < s.len; i++) {
        cr_assert_eq((unsigned char)s.ptr[i], i % 251);
    }
    cr_assert_leq(b.cap, b.max);
    arena_free(a);
}

Test(buf, formats_long_text)
{
    /* Text past the small buffer of buf_addf, up to the cap exactly. */
    struct arena *a = arena_new("test", MIB);
    struct buf b;
    buf_init(&b, a, 700);
    char text[700];
    memset(text, 'w', sizeof(text));
    buf_addf(&b, "%.*s", 255, text);
    buf_addf(&b, "%.*s", 445, text);
    cr_assert(str_eq(buf_str(&b), str_n(text, 700)));
    arena_free(a);
}

Test(buf, aborts_past_its_cap, .signal = SIGABRT)
{
    /* The cap is a promise of the caller. */
    struct arena *a = arena_new("test", MIB);
    struct buf b;
    buf_init(&b, a, 3);
    buf_add(&b, STR("abc"));
    buf_add_char(&b, 'd');
}

static __attribute__((format(printf, 1, 2))) void assert_formats(const char *format, ...)
{
    char ours[64], theirs[64];
    va_list args;
    for (size_t room = 0; room <= sizeof(ours); room += room < 4 ? 1 : 15) {
        memset(ours, '#', sizeof(ours));
        memset(theirs, '#', sizeof(theirs));
        va_start(args, format);
        size_t len = format_text(ours, room, format, args);
        va_end(args);
        va_start(args, format);
        int wanted = vsnprintf(theirs, room, format, args);
        va_end(args);
        cr_assert_eq(len, (size_t)wanted, "%s: %zu", format, len);
        cr_assert(memcmp(ours, theirs, sizeof(ours)) == 0, "%s in %zu", format, room);
    }
}

Test(format, writes_what_libc_writes)
{
    /* Every directive that is in use, with the ends of each type, whole and cut short; libc is the
     * oracle, and also writes what is not ours. */
    static const int ints[] = {0, 7, -7, 42, INT_MAX, INT_MIN};
    static const long longs[] = {0, 9, -10, 1000, LONG_MAX, LONG_MIN};
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        assert_formats("%d|%u|%x|%X|%c", ints[i], (unsigned)ints[i], (unsigned)ints[i],
                       (unsigned)ints[i], 'c');
        assert_formats("%02d|%04d|%-6d|%*d", ints[i], ints[i], ints[i], 5, ints[i]);
        assert_formats("%012u|%04x|%+d|%.3d", (unsigned)ints[i], (unsigned)ints[i], ints[i],
                       ints[i]);
        assert_formats("%ld|%lu|%016lx|%2lu", longs[i], (unsigned long)longs[i],
                       (unsigned long)longs[i], (unsigned long)longs[i]);
        assert_formats("%lld|%08llu|%zu", (long long)longs[i], (unsigned long long)longs[i],
                       (size_t)longs[i]);
    }
    static const char *const texts[] = {"", "a", "a longer one than most of them"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_formats("<%s>%%<%.3s>", texts[i], texts[i]);
        assert_formats("<%8s|%-8s|%.*s>", texts[i], texts[i], 2, texts[i]);
        assert_formats("<%-*.*s|%5c|%-3c>", 4, 1, texts[i], 'x', 'y');
        assert_formats("%s %.2f %s", texts[i], 0.125, texts[i]);
    }
}
