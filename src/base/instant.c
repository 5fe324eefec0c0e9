/* instant.c -- The calendar and the forms in which a moment is written. Durations are in
 * duration.c.
 *
 * Days and dates are converted by counting from 1 March: then the leap day is the last of its year
 * and the months have lengths that one line of integer arithmetic gives. 400 years are 146097 days.
 */
#include "base/instant.h"
#include <string.h>

#define DAYS_PER_400_YEARS 146097
#define DAYS_0000_03_01_TO_EPOCH 719468
#define INSTANT_MIN (INT64_C(-62135596800) * US_PER_S)     /* 0001-01-01T00:00:00Z */
#define INSTANT_MAX (INT64_C(253402300800) * US_PER_S - 1) /* 9999-12-31T23:59:59.999999Z */

static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t instant_floor(int64_t us, int64_t step_us)
{
    ASSERT(step_us > 0);
    int64_t rest = us % step_us;
    return us - (rest < 0 ? rest + step_us : rest);
}

static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_400_YEARS + day_of_era - DAYS_0000_03_01_TO_EPOCH;
}

static void date_of(int64_t days, struct civil *c)
{
    int64_t shifted = days + DAYS_0000_03_01_TO_EPOCH;
    int64_t era = floor_div(shifted, DAYS_PER_400_YEARS);
    int64_t day_of_era = shifted - era * DAYS_PER_400_YEARS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    c->day = (int)(day_of_year - (153 * month_from_march + 2) / 5) + 1;
    c->month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    c->year = (int)(year_of_era + era * 400 + (c->month <= 2));
    c->weekday = (int)((days % 7 + 11) % 7); /* 1970-01-01 was a Thursday */
}

struct civil instant_civil(int64_t us)
{
    struct civil c;
    int64_t rest = us % US_PER_DAY;
    rest += rest < 0 ? US_PER_DAY : 0;
    date_of(floor_div(us, US_PER_DAY), &c);
    c.hour = (int)(rest / US_PER_HOUR);
    c.minute = (int)(rest / US_PER_MINUTE % 60);
    c.second = (int)(rest / US_PER_S % 60);
    c.microsecond = (int)(rest % US_PER_S);
    return c;
}

int64_t instant_of(int year, int month, int day, int hour, int minute, int second)
{
    int64_t seconds =
        days_of(year, month, day) * 86400 + hour * INT64_C(3600) + minute * INT64_C(60) + second;
    return seconds * US_PER_S;
}

static int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ---- reading ---- */

/* What has been read of a moment, and what is left of the text. */
struct moment {
    struct str rest;
    struct civil c;
    int64_t offset_us; /* of the zone, east of Greenwich */
};

/* Reads least..most digits as a number. */
static bool read_digits(struct moment *m, size_t least, size_t most, int *ret_value)
{
    size_t len = 0;
    int value = 0;
    while (len < most && len < m->rest.len && m->rest.ptr[len] >= '0' && m->rest.ptr[len] <= '9') {
        value = value * 10 + (m->rest.ptr[len] - '0');
        len++;
    }
    m->rest = str_from(m->rest, len);
    *ret_value = value;
    return len >= least;
}

static bool read_char(struct moment *m, char c)
{
    if (m->rest.len == 0 || m->rest.ptr[0] != c) {
        return false;
    }
    m->rest = str_from(m->rest, 1);
    return true;
}

/* 1-6 digits behind the point; more only when they are zeros, since nothing is lost with them. */
static bool read_fraction(struct moment *m)
{
    size_t before = m->rest.len;
    int value;
    if (!read_digits(m, 1, 6, &value)) {
        return false;
    }
    for (size_t digits = before - m->rest.len; digits < 6; digits++) {
        value *= 10;
    }
    m->c.microsecond = value;
    while (read_char(m, '0')) {
    }
    return m->rest.len == 0 || m->rest.ptr[0] < '0' || m->rest.ptr[0] > '9';
}

/* Z, +hh:mm, +hhmm or +hh. */
static bool read_zone(struct moment *m)
{
    int hours;
    int minutes = 0;
    if (read_char(m, 'Z') || read_char(m, 'z')) {
        return true;
    }
    bool west = m->rest.len > 0 && m->rest.ptr[0] == '-';
    if (!read_char(m, '+') && !read_char(m, '-')) {
        return false;
    }
    if (!read_digits(m, 2, 2, &hours)) {
        return false;
    }
    bool colon = read_char(m, ':');
    size_t before = m->rest.len;
    if (!read_digits(m, 2, 2, &minutes) && (colon || before != m->rest.len)) {
        return false;
    }
    int64_t offset_us = hours * US_PER_HOUR + minutes * US_PER_MINUTE;
    m->offset_us = west ? -offset_us : offset_us;
    return hours < 24 && minutes < 60;
}

static bool read_time(struct moment *m)
{
    if (!read_digits(m, 2, 2, &m->c.hour) || !read_char(m, ':') ||
        !read_digits(m, 2, 2, &m->c.minute)) {
        return false;
    }
    if (read_char(m, ':')) {
        if (!read_digits(m, 2, 2, &m->c.second) || (read_char(m, '.') && !read_fraction(m))) {
            return false;
        }
    }
    return m->rest.len == 0 || read_zone(m);
}

static bool read_iso(struct moment *m)
{
    if (!read_digits(m, 4, 4, &m->c.year) || !read_char(m, '-') ||
        !read_digits(m, 2, 2, &m->c.month) || !read_char(m, '-') ||
        !read_digits(m, 2, 2, &m->c.day)) {
        return false;
    }
    if (m->rest.len == 0) {
        return true;
    }
    return (read_char(m, 'T') || read_char(m, 't') || read_char(m, ' ')) && read_time(m);
}

static bool civil_is_real(const struct civil *c)
{
    return c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 59;
}

/* For "%.*s": the length to show. With length 0 the pointer is not read. */
static int shown(struct str text)
{
    return text.len > 60 ? 60 : (int)text.len;
}

/* The moment that was read, when all of the text was and the date exists. */
static enum err moment_end(const struct moment *m, struct str text, int64_t *ret_us, struct diag *d)
{
    if (m->rest.len > 0) {
        return fail(d, ERR_INVALID, "'%.*s' goes on after the moment", shown(text), text.ptr);
    }
    if (!civil_is_real(&m->c)) {
        return fail(d, ERR_INVALID, "'%.*s' is on no calendar", shown(text), text.ptr);
    }
    const struct civil *c = &m->c;
    int64_t us = instant_of(c->year, c->month, c->day, c->hour, c->minute, c->second) +
                 c->microsecond - m->offset_us;
    if (us < INSTANT_MIN || us > INSTANT_MAX) {
        return fail(d, ERR_INVALID, "'%.*s' is outside the years 1 to 9999", shown(text), text.ptr);
    }
    *ret_us = us;
    return ERR_OK;
}

static struct moment moment_init(struct str text)
{
    return (struct moment){.rest = text, .c = {.month = 1, .day = 1}};
}

enum err instant_parse(struct str text, int64_t *ret_us, struct diag *d)
{
    struct moment m = moment_init(text);
    if (!read_iso(&m)) {
        return fail(d, ERR_INVALID, "'%.*s' is not a moment such as 2026-03-28T00:00:00Z",
                    shown(text), text.ptr);
    }
    return moment_end(&m, text, ret_us, d);
}

/* `count` digits at `p`, or a number above every field's. */
static int plain_digits(const char *p, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned char)(p[i] - '0');
        value = digit < 10 ? value * 10 + (int)digit : 10000000;
        if (digit >= 10) {
            break;
        }
    }
    return value;
}

bool instant_parse_plain(struct str text, int64_t *ret_us)
{
    const char *p = text.ptr;
    size_t fraction = text.len == 24 ? 3 : text.len == 27 ? 6 : 0;
    if ((text.len != 20 && fraction == 0) || p[4] != '-' || p[7] != '-' || p[10] != 'T' ||
        p[13] != ':' || p[16] != ':' || p[text.len - 1] != 'Z' || (fraction > 0 && p[19] != '.')) {
        return false;
    }
    int micro = fraction > 0 ? plain_digits(p + 20, fraction) : 0;
    struct civil c = {.year = plain_digits(p, 4),
                      .month = plain_digits(p + 5, 2),
                      .day = plain_digits(p + 8, 2),
                      .hour = plain_digits(p + 11, 2),
                      .minute = plain_digits(p + 14, 2),
                      .second = plain_digits(p + 17, 2)};
    if (c.year > 9999 || micro > 999999 || !civil_is_real(&c)) {
        return false;
    }
    *ret_us = instant_of(c.year, c.month, c.day, c.hour, c.minute, c.second) +
              (fraction == 3 ? micro * US_PER_MS : micro);
    return true;
}

/* Jan to Dec, as logs have them: English, whatever the locale. */
static bool read_month_name(struct moment *m)
{
    static const struct str names[] = {STR_INIT("Jan"), STR_INIT("Feb"), STR_INIT("Mar"),
                                       STR_INIT("Apr"), STR_INIT("May"), STR_INIT("Jun"),
                                       STR_INIT("Jul"), STR_INIT("Aug"), STR_INIT("Sep"),
                                       STR_INIT("Oct"), STR_INIT("Nov"), STR_INIT("Dec")};
    for (int i = 0; i < 12; i++) {
        if (str_starts_nocase(m->rest, names[i])) {
            m->rest = str_from(m->rest, names[i].len);
            m->c.month = i + 1;
            return true;
        }
    }
    return false;
}

/* One directive of a pattern. Two-digit fields may be written with one digit where no digit
 * follows. */
static bool read_directive(struct moment *m, char directive, bool *ret_known)
{
    *ret_known = true;
    switch (directive) {
    case 'Y':
        return read_digits(m, 4, 4, &m->c.year);
    case 'm':
        return read_digits(m, 1, 2, &m->c.month);
    case 'b':
        return read_month_name(m);
    case 'd':
        return read_digits(m, 1, 2, &m->c.day);
    case 'H':
        return read_digits(m, 1, 2, &m->c.hour);
    case 'M':
        return read_digits(m, 1, 2, &m->c.minute);
    case 'S':
        return read_digits(m, 1, 2, &m->c.second);
    case 'f':
        return read_fraction(m);
    case 'z':
        return read_zone(m);
    case '%':
        return read_char(m, '%');
    default:
        *ret_known = false;
        return false;
    }
}

enum err instant_parse_as(struct str text, struct str pattern, int64_t *ret_us, struct diag *d)
{
    struct moment m = moment_init(text);
    bool fits = true;
    for (size_t i = 0; i < pattern.len && fits; i++) {
        if (pattern.ptr[i] != '%') {
            fits = read_char(&m, pattern.ptr[i]);
            continue;
        }
        bool known = false;
        i++;
        fits = i < pattern.len && read_directive(&m, pattern.ptr[i], &known);
        if (!known) {
            return fail(d, ERR_INVALID,
                        "the time pattern '%.*s' knows only %%Y %%m %%b %%d %%H %%M %%S %%f %%z",
                        shown(pattern), pattern.ptr);
        }
    }
    if (!fits) {
        return fail(d, ERR_INVALID, "'%.*s' is not written as '%.*s'", shown(text), text.ptr,
                    shown(pattern), pattern.ptr);
    }
    return moment_end(&m, text, ret_us, d);
}

static bool read_name(struct moment *m, const char names[][4], int count, int *ret_index)
{
    for (int i = 0; i < count; i++) {
        if (str_starts(m->rest, str_of(names[i]))) {
            m->rest = str_from(m->rest, 3);
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool read_http(struct moment *m)
{
    int weekday;
    int month;
    if (!read_name(m, weekdays, 7, &weekday) || !read_char(m, ',') || !read_char(m, ' ') ||
        !read_digits(m, 2, 2, &m->c.day) || !read_char(m, ' ') ||
        !read_name(m, months, 12, &month) || !read_char(m, ' ') ||
        !read_digits(m, 4, 4, &m->c.year) || !read_char(m, ' ')) {
        return false;
    }
    m->c.month = month + 1;
    if (!read_digits(m, 2, 2, &m->c.hour) || !read_char(m, ':') ||
        !read_digits(m, 2, 2, &m->c.minute) || !read_char(m, ':') ||
        !read_digits(m, 2, 2, &m->c.second) || !str_eq(m->rest, STR(" GMT"))) {
        return false;
    }
    m->rest = STR_EMPTY;
    m->c.weekday = weekday;
    return true;
}

enum err instant_parse_http(struct str text, int64_t *ret_us, struct diag *d)
{
    struct moment m = moment_init(text);
    int64_t us;
    if (!read_http(&m)) {
        return fail(d, ERR_INVALID, "'%.*s' is not a date such as Sat, 28 Mar 2026 00:00:00 GMT",
                    shown(text), text.ptr);
    }
    TRY(moment_end(&m, text, &us, d));
    if (instant_civil(us).weekday != m.c.weekday) {
        return fail(d, ERR_INVALID, "'%.*s' is another day of the week", shown(text), text.ptr);
    }
    *ret_us = us;
    return ERR_OK;
}

/* ---- writing ---- */

/* As "%0*d" followed by one character, at a tenth of the cost: answers carry two of these texts. */
static void add_number(struct buf *out, int value, int width, char next)
{
    char digits[16];
    size_t at = sizeof(digits);
    unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    digits[--at] = next;
    for (; rest > 0 || width > (value < 0); rest /= 10, width--) {
        digits[--at] = (char)('0' + rest % 10);
    }
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_add_bytes(out, digits + at, sizeof(digits) - at);
}

static void add_time(struct buf *out, const struct civil *c)
{
    add_number(out, c->hour, 2, ':');
    add_number(out, c->minute, 2, ':');
    add_number(out, c->second, 2, ' ');
    out->len--;
}

static void add_seconds(struct buf *out, const struct civil *c)
{
    add_number(out, c->year, 4, '-');
    add_number(out, c->month, 2, '-');
    add_number(out, c->day, 2, 'T');
    add_time(out, c);
}

void instant_iso(struct buf *out, int64_t us)
{
    struct civil c = instant_civil(us);
    add_seconds(out, &c);
    if (c.microsecond % 1000 != 0) {
        buf_addf(out, ".%06d", c.microsecond);
    } else if (c.microsecond != 0) {
        buf_addf(out, ".%03d", c.microsecond / 1000);
    }
    buf_add_char(out, 'Z');
}

void instant_iso_ms(struct buf *out, int64_t us)
{
    struct civil c = instant_civil(us);
    add_seconds(out, &c);
    buf_addf(out, ".%03dZ", c.microsecond / 1000);
}

void instant_date(struct buf *out, int64_t us)
{
    struct civil c = instant_civil(us);
    buf_addf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
}

void instant_hour(struct buf *out, int64_t us)
{
    buf_addf(out, "%02d", instant_civil(us).hour);
}

void instant_amz(struct buf *out, int64_t us)
{
    struct civil c = instant_civil(us);
    buf_addf(out, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

void instant_http(struct buf *out, int64_t us)
{
    struct civil c = instant_civil(us);
    buf_add_bytes(out, weekdays[c.weekday], 3);
    buf_add_bytes(out, ", ", 2);
    add_number(out, c.day, 2, ' ');
    buf_add_bytes(out, months[c.month - 1], 3);
    buf_add_char(out, ' ');
    add_number(out, c.year, 4, ' ');
    add_time(out, &c);
    buf_add_bytes(out, " GMT", 4);
}
