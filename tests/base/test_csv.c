/* test_csv.c -- Rows in and out. The rows of good_texts are what Python's csv module reads
 * (strict=True). */
#include <criterion/criterion.h>
#include "base/csv.h"
#include "base/limits.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 64 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(csv, .init = setup, .fini = teardown);

/* All rows as text, "line:[field][field]" each, a failure as "(message)". */
static struct str shown(struct str text, char delimiter, size_t max_fields)
{
    struct csv_reader r;
    struct buf out;
    struct str fields[16];
    size_t count = 0;
    buf_init(&out, memory, MIB);
    csv_reader_init(&r, text, delimiter);
    for (;;) {
        struct diag d = DIAG_INIT;
        enum err code = csv_read(&r, memory, fields, max_fields, &count, &d);
        if (code == ERR_NOT_FOUND) {
            cr_expect_eq(d.code, ERR_OK);
            return buf_str(&out);
        }
        if (code != ERR_OK) {
            buf_addf(&out, "(%s: %s)", err_name(code), d.msg);
            continue;
        }
        buf_addf(&out, "%llu:", (unsigned long long)r.line);
        for (size_t i = 0; i < count; i++) {
            buf_addf(&out, "[%.*s]", STR_ARG(fields[i]));
        }
    }
}

/* Quotes, doubled quotes, breaks inside quotes, LF and CRLF, no break at the end, empty fields and
 * lines. */
Test(csv, rows_are_read)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"a,b,c\n", "1:[a][b][c]"},
        {"a,b\r\nc,d", "1:[a][b]2:[c][d]"},
        {"a,,\n", "1:[a][][]"},
        {"\"a,b\",\"c\"\"d\",\"\"\n", "1:[a,b][c\"d][]"},
        {"\"two\nlines\",x\r\nnext\n", "1:[two\nlines][x]3:[next]"},
        {"\"\"\"\"\n", "1:[\"]"},
        {"a\n\nb\n", "1:[a]2:[]3:[b]"},
        {"\xEF\xBB\xBFid,name\n", "1:[id][name]"},
        {"a\rb,c\n", "1:[a\rb][c]"},
        {"a,", "1:[a][]"},
        {"\"a\"", "1:[a]"},
        {"\"a\",", "1:[a][]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str got = shown(str_of(rows[i][0]), ',', 16);
        cr_expect(str_eq(got, str_of(rows[i][1])), "<%s> gives <%.*s>", rows[i][0], STR_ARG(got));
    }
    struct str got = shown(STR("a;b,c;\"d;e\"\n"), ';', 16);
    cr_expect(str_eq(got, STR("1:[a][b,c][d;e]")), "%.*s", STR_ARG(got));
}

/* A bad row is named by its line, and the rows behind it are still read. */
Test(csv, bad_rows_are_named_and_passed)
{
    static const char *const rows[][2] = {
        {"a\nb\"c,d\ne\n", "1:[a](invalid: line 2: a quote inside a field without quotes)3:[e]"},
        {"\"a\"b,c\nd\n", "(invalid: line 1: text after the closing quote of a field)2:[d]"},
        {"\"a\nb\"c\nd\n", "(invalid: line 1: text after the closing quote of a field)3:[d]"},
        {"x\n\"a\nb\nc", "1:[x](invalid: line 2: a quoted field never ends)3:[b]4:[c]"},
        {"a,b,c,d\ne\n", "(limit: line 1: 4 fields, at most 3 can be read)2:[e]"},
        {"\"", "(invalid: line 1: a quoted field never ends)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str got = shown(str_of(rows[i][0]), ',', 3);
        cr_expect(str_eq(got, str_of(rows[i][1])), "<%s> gives <%.*s>", rows[i][0], STR_ARG(got));
    }
}

/* What is written has quotes only where they are needed. */
Test(csv, fields_are_written)
{
    struct buf out;
    buf_init(&out, memory, MIB);
    csv_write(&out, STR("plain"), false);
    csv_write(&out, STR("a,b"), false);
    csv_write(&out, STR("say \"x\""), false);
    csv_write(&out, STR_EMPTY, false);
    csv_write(&out, STR("two\nlines"), true);
    csv_write(&out, STR("\xEF\xBB\xBFx"), true);
    struct str want =
        STR("plain,\"a,b\",\"say \"\"x\"\"\",,\"two\nlines\"\r\n\"\xEF\xBB\xBFx\"\r\n");
    cr_expect(str_eq(buf_str(&out), want), "%.*s", STR_ARG(buf_str(&out)));
}
