/* test_instant.c -- The calendar against the `date` command, and the forms of moments and
 * durations. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "base/instant.h"
#include "base/limits.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define START_S INT64_C(-2208988800) /* 1900-01-01 */
#define END_S INT64_C(4133980799)    /* 2100-12-31T23:59:59 */

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 64 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(instant, .init = setup, .fini = teardown);

static struct str formatted(void (*format)(struct buf *, int64_t), int64_t us)
{
    struct buf out;
    buf_init(&out, memory, 200);
    format(&out, us);
    return buf_str(&out);
}

#define STEP_S 86399 /* a second less than a day: every day comes, and every second of the day */

/* Every day from 1900 to 2100 has the date, the weekday and the time that the date command says,
 * both ways. */
Test(instant, calendar_agrees_with_date)
{
    struct str command =
        str_printf(memory,
                   "seq -f @%%.0f %lld %d %lld |"
                   "LC_ALL=C date -u -f - '+%%FT%%TZ %%w %%a, %%d %%b %%Y %%T GMT'",
                   (long long)START_S, STEP_S, (long long)END_S);
    FILE *f = popen(str_z(memory, command), "r");
    cr_assert(f != NULL);
    char line[200];
    int64_t at_s = START_S;
    for (; fgets(line, sizeof line, f) != NULL; at_s += STEP_S) {
        int64_t us = at_s * US_PER_S;
        int64_t back = 0;
        struct diag d = DIAG_INIT;
        struct str rest = str_trim(str_of(line));
        struct str iso;
        struct str weekday;
        str_split(rest, ' ', &iso, &rest);
        str_split(rest, ' ', &weekday, &rest);
        cr_assert(str_eq(formatted(instant_iso, us), iso), "%.*s", STR_ARG(iso));
        cr_assert(instant_civil(us).weekday == weekday.ptr[0] - '0', "%.*s", STR_ARG(iso));
        cr_assert(str_eq(formatted(instant_http, us), rest), "%.*s", STR_ARG(rest));
        cr_assert(instant_parse(iso, &back, &d) == ERR_OK && back == us, "%.*s", STR_ARG(iso));
        cr_assert(instant_parse_http(rest, &back, &d) == ERR_OK && back == us, "%.*s",
                  STR_ARG(rest));
        struct civil c = instant_civil(us);
        cr_assert(instant_of(c.year, c.month, c.day, c.hour, c.minute, c.second) == us, "%.*s",
                  STR_ARG(iso));
    }
    cr_expect_eq(pclose(f), 0);
    cr_expect(at_s > END_S, "date gave too few lines");
}

/* Moments are read in their ISO forms. The seconds are from `date -u -d TEXT +%s`. */
Test(instant, iso_is_read)
{
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"2023-07-10T11:42:18Z", INT64_C(1688989338000000)},
        {"2023-07-10t11:42:18z", INT64_C(1688989338000000)},
        {"2023-07-10 11:42:18", INT64_C(1688989338000000)},
        {"2023-07-10T11:42:18.5Z", INT64_C(1688989338500000)},
        {"2023-07-10T11:42:18.000123Z", INT64_C(1688989338000123)},
        {"2023-07-10T11:42:18.123456000Z", INT64_C(1688989338123456)},
        {"2023-07-10T11:42:18+02:00", INT64_C(1688982138000000)},
        {"2023-07-10T11:42:18-0530", INT64_C(1689009138000000)},
        {"2023-07-10T11:42:18.25+02", INT64_C(1688982138250000)},
        {"2023-07-10T11:42Z", INT64_C(1688989320000000)},
        {"2023-07-10", INT64_C(1688947200000000)},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2000-02-29", INT64_C(951782400000000)},
        {"0001-01-01", INT64_C(-62135596800000000)},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t us = 42;
        cr_expect(instant_parse(str_of(rows[i].text), &us, &d) == ERR_OK, "%s: %s", rows[i].text,
                  d.msg);
        cr_expect(us == rows[i].us, "%s: %lld", rows[i].text, (long long)us);
    }
}

/* What is not a moment is refused, and the message holds the text. */
Test(instant, bad_moments_are_refused)
{
    static const char *const rows[] = {
        "",
        "now",
        "2023-7-10",
        "2023-07-10T",
        "2023-07-10T11",
        "2023-07-10T11:42:",
        "2023-07-10T11:42:18.Z",
        "2023-07-10T11:42:18.1234567Z",
        "2023-07-10T11:42:18ZZ",
        "2023-07-10T11:42:18+2",
        "2023-07-10T11:42:18+02:0",
        "2023-07-10T11:42:18+02:",
        "2023-07-10T11:42:18+24:00",
        "2023-07-10T11:42:18+02:60",
        "2023-07-10T24:00:00Z",
        "2023-07-10T11:60:00Z",
        "2023-07-10T11:59:60Z",
        "2023-13-01",
        "2023-00-01",
        "2023-02-29",
        "1900-02-29",
        "2023-04-31",
        "2023-01-00",
        "0000-01-01",
        "10000-01-01",
        "-001-01-01",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        " 2023-07-10",
        "2023-07-10 ",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t us = 42;
        cr_expect(instant_parse(str_of(rows[i]), &us, &d) == ERR_INVALID, "%s", rows[i]);
        cr_expect(us == 42, "%s", rows[i]);
        cr_expect(str_contains(str_of(d.msg), str_of(rows[i])), "%s", d.msg);
    }
}

/* Patterns read the dates of real files; what does not fit them is refused. */
Test(instant, patterns_are_read)
{
    static const struct {
        const char *text, *pattern, *iso; /* iso NULL: refused */
    } rows[] = {
        {"2023/07/10 11:42", "%Y/%m/%d %H:%M", "2023-07-10T11:42:00Z"},
        {"12/1/2010 8:26", "%m/%d/%Y %H:%M", "2010-12-01T08:26:00Z"},
        {"20230710T114218Z", "%Y%m%dT%H%M%S%z", "2023-07-10T11:42:18Z"},
        {"06/Feb/2019:00:00:38 +0000", "%d/%b/%Y:%H:%M:%S %z", "2019-02-06T00:00:38Z"},
        {"10.07.2023 11:42:18,5 +0200", "%d.%m.%Y %H:%M:%S,%f %z", "2023-07-10T09:42:18.500Z"},
        {"100%2023", "100%%%Y", "2023-01-01T00:00:00Z"},
        {"2023-02-30", "%Y-%m-%d", NULL},
        {"2023-07-10x", "%Y-%m-%d", NULL},
        {"2023-07", "%Y-%m-%d", NULL},
        {"2023-07-10", "%Y-%b-%d", NULL},
        {"2023-07-10", "%Y-%m-%d%", NULL},
        {"07-10", "%m-%d", NULL},
        {"", "%Y", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t us = 42;
        enum err code = instant_parse_as(str_of(rows[i].text), str_of(rows[i].pattern), &us, &d);
        if (rows[i].iso == NULL) {
            cr_expect(code == ERR_INVALID && us == 42 && d.msg[0] != '\0', "%s", rows[i].text);
        } else {
            cr_expect(code == ERR_OK, "%s: %s", rows[i].text, d.msg);
            cr_expect(str_eq(formatted(instant_iso, us), str_of(rows[i].iso)), "%s", rows[i].text);
        }
    }
}

/* Each form in which a moment is written; the example of RFC 9110 is read and written. */
Test(instant, forms_are_written)
{
    static const struct {
        void (*format)(struct buf *, int64_t);
        int64_t us;
        const char *text;
    } rows[] = {
        {instant_iso, INT64_C(1774656000000000), "2026-03-28T00:00:00Z"},
        {instant_iso, INT64_C(1774656000120000), "2026-03-28T00:00:00.120Z"},
        {instant_iso, INT64_C(1774656000000001), "2026-03-28T00:00:00.000001Z"},
        {instant_iso, -1, "1969-12-31T23:59:59.999999Z"},
        {instant_iso_ms, INT64_C(1774656000000999), "2026-03-28T00:00:00.000Z"},
        {instant_iso_ms, INT64_C(1774656000012000), "2026-03-28T00:00:00.012Z"},
        {instant_date, INT64_C(1774656000000000), "2026-03-28"},
        {instant_hour, INT64_C(1774656000000000) + 9 * US_PER_HOUR, "09"},
        {instant_amz, INT64_C(1774656000000000), "20260328T000000Z"},
        {instant_http, INT64_C(784111777000000), "Sun, 06 Nov 1994 08:49:37 GMT"},
        {duration_text, 0, "0s"},
        {duration_text, 7, "7us"},
        {duration_text, 12 * US_PER_MS, "12ms"},
        {duration_text, 12345, "12.345ms"},
        {duration_text, 3500 * US_PER_MS, "3.5s"},
        {duration_text, 60 * US_PER_S, "1m"},
        {duration_text, 62 * US_PER_MINUTE, "1h02m"},
        {duration_text, 3605 * US_PER_S, "1h00m05s"},
        {duration_text, 90 * US_PER_S + 500 * US_PER_MS, "1m30.5s"},
        {duration_text, 2 * US_PER_DAY, "2d"},
        {duration_text, -5 * US_PER_S, "-5s"},
        {duration_text, INT64_MIN, "-106751991d04h00m54.775808s"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str got = formatted(rows[i].format, rows[i].us);
        cr_expect(str_eq(got, str_of(rows[i].text)), "%.*s is not %s", STR_ARG(got), rows[i].text);
    }
    struct diag d = DIAG_INIT;
    int64_t us = 42;
    cr_expect_eq(instant_parse_http(STR("Mon, 06 Nov 1994 08:49:37 GMT"), &us, &d), ERR_INVALID);
    diag_clear(&d);
    cr_expect_eq(instant_parse_http(STR("Sun, 06 Nov 1994 08:49:37 CET"), &us, &d), ERR_INVALID);
}

/* Rounding goes down on both sides of 1970. */
Test(instant, floor_goes_down)
{
    cr_expect_eq(instant_floor(7, 5), 5);
    cr_expect_eq(instant_floor(5, 5), 5);
    cr_expect_eq(instant_floor(-1, 5), -5);
    cr_expect_eq(instant_floor(-5, 5), -5);
    cr_expect_eq(instant_floor(-1, US_PER_DAY), -US_PER_DAY);
}

/* Durations in both forms are exact; order, repetition and lost digits are refused. */
Test(instant, durations_are_read)
{
    static const struct {
        const char *text;
        enum err code;
        int64_t us;
    } rows[] = {
        {"PT5M", ERR_OK, 5 * US_PER_MINUTE},
        {"P1D", ERR_OK, US_PER_DAY},
        {"P1DT2H", ERR_OK, 26 * US_PER_HOUR},
        {"P2W", ERR_OK, 14 * US_PER_DAY},
        {"PT0.5S", ERR_OK, 500 * US_PER_MS},
        {"PT1H30M5.25S", ERR_OK, 5405250 * US_PER_MS},
        {"90s", ERR_OK, 90 * US_PER_S},
        {"5m", ERR_OK, 5 * US_PER_MINUTE},
        {"24h", ERR_OK, US_PER_DAY},
        {"2d", ERR_OK, 2 * US_PER_DAY},
        {"250ms", ERR_OK, 250 * US_PER_MS},
        {"10us", ERR_OK, 10},
        {"23h50m", ERR_OK, 1430 * US_PER_MINUTE},
        {"1.5h", ERR_OK, 90 * US_PER_MINUTE},
        {"1m500ms", ERR_OK, 60500 * US_PER_MS},
        {"0s", ERR_OK, 0},
        {"106751991d", ERR_OK, 106751991 * US_PER_DAY},
        {"106751992d", ERR_LIMIT, 0},
        {"0.0000001s", ERR_INVALID, 0},
        {"0.5us", ERR_INVALID, 0},
        {"", ERR_INVALID, 0},
        {"5", ERR_INVALID, 0},
        {"m", ERR_INVALID, 0},
        {"5x", ERR_INVALID, 0},
        {"-5m", ERR_INVALID, 0},
        {"5 m", ERR_INVALID, 0},
        {"5.m", ERR_INVALID, 0},
        {".5m", ERR_INVALID, 0},
        {"1.2.3s", ERR_INVALID, 0},
        {"50m23h", ERR_INVALID, 0},
        {"1h1h", ERR_INVALID, 0},
        {"P", ERR_INVALID, 0},
        {"PT", ERR_INVALID, 0},
        {"P1DT", ERR_INVALID, 0},
        {"P1H", ERR_INVALID, 0},
        {"PT1D", ERR_INVALID, 0},
        {"P1M", ERR_INVALID, 0},
        {"P1Y", ERR_INVALID, 0},
        {"PT5MT", ERR_INVALID, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t us = 0;
        enum err code = duration_parse(str_of(rows[i].text), &us, &d);
        cr_expect(code == rows[i].code, "'%s': %s %s", rows[i].text, err_name(code), d.msg);
        cr_expect(us == rows[i].us, "'%s': %lld", rows[i].text, (long long)us);
        cr_expect((code == ERR_OK) == (d.msg[0] == '\0'), "%s", rows[i].text);
    }
}
