/* test_record_scan.c -- The fast scanner takes exactly the JSON that the tree reader takes, and
 * gives the same values, over records as they come and 60,000 mutations of them. */
#include "fixture.h"

#include "base/instant.h"
#include "base/rng.h"
#include "scan_oracle.h"

static const char *const RECORDS[] = {
    "{\"id\":\"e1\",\"t\":\"2001-01-31T23:59:59Z\",\"a\":{\"b\":-12.50e+3,\"c d\":true},\"n\":0}",
    " { \"n\" : null , \"t\" : [ ] , \"id\" : 1.5E-2 , \"x\" : { \"id\" : \"no\" , \"y\" : [1, {}] "
    "} } \n",
    "{\"id\":\"\\u00e9\\n\\\"\\\\\",\"\\u0069d\":\"second\",\"a\":1,\"a\":{\"b\":\"late\"},"
    "\"q\\\"q\":false}",
    "{\"a\":{\"a\":{\"b\":1},\"b\":{\"b\":2}},\"a\":{\"b\":3,\"c d\":\"a text of more than sixteen "
    "bytes, "
    "with an \\u20ac in it\"}}",
    "{\"skipped\":\"esc \\\\ \\/ \\b\\f\\n\\r\\t \\uD83D\\uDE00\",\"id\":\"\xC3\xA9\",\"n\":-0}",
    "{}",
    "{\"id\":12345678901234567890,\"t\":tru,\"n\":01}",
    "[{\"id\":1}]",
    "\"id\"",
};

static struct str mutated(struct arena *a, struct str from, uint64_t n)
{
    static const char bytes[] = "\"\\{}[]:,0123456789eE+-.tfnu \n\x01\x80\xff/";
    struct buf out;
    buf_init(&out, a, 4096);
    buf_add(&out, from);
    uint64_t kind = rng_u64(7, 1, n, 0);
    for (uint64_t i = 0; i <= kind % 3 && out.len > 0; i++) {
        size_t at = (size_t)(rng_u64(7, 2, n, i) % out.len);
        char byte = bytes[rng_u64(7, 3, n, i) % (sizeof(bytes) - 1)];
        switch (rng_u64(7, 4, n, i) % 4) {
        case 0:
            out.ptr[at] = byte;
            break;
        case 1: /* one byte less */
            memmove(out.ptr + at, out.ptr + at + 1, out.len - at - 1);
            buf_truncate(&out, out.len - 1);
            break;
        case 2: /* one more */
            buf_add_char(&out, ' ');
            memmove(out.ptr + at + 1, out.ptr + at, out.len - at - 1);
            out.ptr[at] = byte;
            break;
        default:
            buf_truncate(&out, at);
            break;
        }
    }
    return buf_str(&out);
}

Test(record_scan, takes_what_the_tree_reader_takes)
{
    struct arena *a = arena_new("test", 256 * MIB);
    const struct path_node *root = oracle_root(a);
    struct arena_mark mark = arena_mark(a);
    size_t count = sizeof(RECORDS) / sizeof(RECORDS[0]);
    for (uint64_t n = 0; n < 60000; n++) {
        struct str text = str_of(RECORDS[n % count]);
        text = n < count ? text : mutated(a, text, n);
        const char *differs = oracle_differs(root, text, a);
        cr_assert(differs == NULL, "%s: %.*s", differs, STR_ARG(text));
        arena_rewind(a, mark);
    }
    arena_free(a);
}

/* Nesting is taken to the same depth. */
Test(record_scan, nests_as_deep_as_the_tree_reader)
{
    struct arena *a = arena_new("test", 256 * MIB);
    const struct path_node *root = oracle_root(a);
    for (int depth = JSON_DEPTH_MAX - 2; depth <= JSON_DEPTH_MAX + 2; depth++) {
        for (int object = 0; object < 2; object++) {
            struct buf text;
            buf_init(&text, a, 4096);
            buf_add_z(&text, "{\"x\":");
            for (int i = 1; i < depth; i++) {
                buf_add_z(&text, object ? "{\"a\":" : "[");
            }
            buf_add_char(&text, '1');
            for (int i = 1; i < depth; i++) {
                buf_add_char(&text, object ? '}' : ']');
            }
            buf_add_char(&text, '}');
            const char *differs = oracle_differs(root, buf_str(&text), a);
            cr_expect(differs == NULL, "depth %d: %s", depth, differs);
        }
    }
    arena_free(a);
}

/* The fast shapes of numbers and moments are those of the full readers, or they are left to them.
 */
Test(record_scan, plain_shapes_agree_with_the_full_readers)
{
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "12",
                                          "12.5",
                                          "12.50",
                                          "12.505",
                                          "007",
                                          "1e3",
                                          "-",
                                          ".5",
                                          "5.",
                                          "-1.25",
                                          "1.2.3",
                                          "",
                                          "+1",
                                          "12a",
                                          "999999999999999999",
                                          "9223372036854775807",
                                          "99999999999999999.99",
                                          "-922337203685477580",
                                          "0.0"};
    static const char *const moments[] = {
        "2026-03-28T00:00:00Z",     "2026-03-28T23:59:59.123Z",    "2026-03-28T23:59:59.123456Z",
        "2026-02-29T00:00:00Z",     "2024-02-29T00:00:00Z",        "2026-13-01T00:00:00Z",
        "2026-03-28T24:00:00Z",     "2026-03-28T00:00:60Z",        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",     "9999-12-31T23:59:59.999999Z", "2026-03-28t00:00:00Z",
        "2026-03-28T0a:00:00Z",     "2026-03-28T00:00:00.12aZ",    "2026-03-28T00:00:00+00:00",
        "1969-12-31T23:59:59.500Z", "2026-03-28 00:00:00Z",        "2026-03-2/T00:00:00Z"};
    size_t taken = 0;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int scale = 0; scale <= DECIMAL_SCALE_MAX; scale++) {
            int64_t fast = 0, full = 0;
            struct diag d = DIAG_INIT;
            if (decimal_parse_plain(str_of(numbers[i]), scale, &fast)) {
                taken++;
                cr_expect(decimal_parse(str_of(numbers[i]), scale, &full, &d) == ERR_OK &&
                              fast == full,
                          "%s at %d", numbers[i], scale);
            }
        }
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        int64_t fast = 0, full = 0;
        struct diag d = DIAG_INIT;
        if (instant_parse_plain(str_of(moments[i]), &fast)) {
            taken++;
            cr_expect(instant_parse(str_of(moments[i]), &full, &d) == ERR_OK && fast == full, "%s",
                      moments[i]);
        }
    }
    cr_expect_gt(taken, 60, "%zu", taken);
}
