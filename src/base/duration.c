/* duration.c -- Durations as text and back; the header is instant.h. Exact: every part is a whole
 * number of microseconds, or is refused. Parts come in falling order and each at most once. */
#include "base/instant.h"
#include "base/decimal.h"

#define DIGITS_READ_MAX 18 /* of one part, the point included */

__extension__ typedef __int128 wide;

struct unit {
    struct str name;
    int64_t us;
};
static const struct unit plain_units[] = {
    {STR_INIT("d"), US_PER_DAY},    {STR_INIT("h"), US_PER_HOUR}, {STR_INIT("ms"), US_PER_MS},
    {STR_INIT("m"), US_PER_MINUTE}, {STR_INIT("s"), US_PER_S},    {STR_INIT("us"), 1},
};
static const struct unit iso_date_units[] = {{STR_INIT("W"), 7 * US_PER_DAY},
                                             {STR_INIT("D"), US_PER_DAY}};
static const struct unit iso_time_units[] = {
    {STR_INIT("H"), US_PER_HOUR}, {STR_INIT("M"), US_PER_MINUTE}, {STR_INIT("S"), US_PER_S}};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* What has been read of a duration, and what is left of the text. */
struct reading {
    struct str rest;
    wide total_us;
    int64_t last_unit_us; /* the next part's unit must be smaller */
    int parts;
};

/* Reads "digits[.digits]" as an integer and the number of its decimals; at most 18 digits. */
static bool read_number(struct reading *r, int64_t *ret_value, int *ret_decimals)
{
    size_t at = 0;
    size_t point = STR_NONE;
    int64_t value = 0;
    for (; at < r->rest.len && at < DIGITS_READ_MAX; at++) {
        char c = r->rest.ptr[at];
        if (c == '.' && point == STR_NONE && at > 0) {
            point = at;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
        } else {
            break;
        }
    }
    if (at == 0 || point == at - 1) {
        return false;
    }
    *ret_value = value;
    *ret_decimals = point == STR_NONE ? 0 : (int)(at - point - 1);
    r->rest = str_from(r->rest, at);
    return true;
}

/* Reads one part, such as "0.5h", and adds it. */
static enum err read_part(struct reading *r, const struct unit *units, size_t count,
                          struct str text, struct diag *d)
{
    int64_t value;
    int decimals;
    const struct unit *unit = NULL;
    int shown = text.len > 60 ? 60 : (int)text.len;
    if (read_number(r, &value, &decimals)) {
        for (size_t i = 0; i < count && unit == NULL; i++) {
            unit = str_starts(r->rest, units[i].name) ? &units[i] : NULL;
        }
    }
    if (unit == NULL || unit->us >= r->last_unit_us) {
        return fail(d, ERR_INVALID, "'%.*s' is not a duration such as PT5M, 90s or 23h50m", shown,
                    text.ptr);
    }
    wide part = (wide)value * unit->us;
    for (; decimals > 0; decimals--) {
        if (part % 10 != 0) {
            return fail(d, ERR_INVALID, "'%.*s' is not a whole number of microseconds", shown,
                        text.ptr);
        }
        part /= 10;
    }
    r->total_us += part;
    if (r->total_us > INT64_MAX) {
        return fail(d, ERR_LIMIT, "'%.*s' is too long a duration", shown, text.ptr);
    }
    r->rest = str_from(r->rest, unit->name.len);
    r->last_unit_us = unit->us;
    r->parts++;
    return ERR_OK;
}

static enum err read_iso(struct reading *r, struct str text, struct diag *d)
{
    bool in_time = false;
    int date_parts = 0;
    while (r->rest.len > 0) {
        if (!in_time && r->rest.ptr[0] == 'T') {
            in_time = true;
            date_parts = r->parts;
            r->rest = str_from(r->rest, 1);
        } else if (in_time) {
            TRY(read_part(r, iso_time_units, COUNT_OF(iso_time_units), text, d));
        } else {
            TRY(read_part(r, iso_date_units, COUNT_OF(iso_date_units), text, d));
        }
    }
    if (r->parts == 0 || (in_time && r->parts == date_parts)) {
        return fail(d, ERR_INVALID, "'%.*s' has nothing behind its last letter",
                    text.len > 60 ? 60 : (int)text.len, text.ptr);
    }
    return ERR_OK;
}

enum err duration_parse(struct str text, int64_t *ret_us, struct diag *d)
{
    struct reading r = {.rest = text, .last_unit_us = INT64_MAX};
    if (str_starts(text, STR("P"))) {
        r.rest = str_from(text, 1);
        TRY(read_iso(&r, text, d));
    } else if (text.len == 0) {
        return fail(d, ERR_INVALID, "a duration such as PT5M, 90s or 23h50m is missing");
    } else {
        while (r.rest.len > 0) {
            TRY(read_part(&r, plain_units, COUNT_OF(plain_units), text, d));
        }
    }
    *ret_us = (int64_t)r.total_us;
    return ERR_OK;
}

/* A minute and more: the largest unit plain, the smaller ones with two digits, zeros at the end
 * left out. */
static void add_parts(struct buf *out, uint64_t us)
{
    static const struct unit units[] = {
        {STR_INIT("d"), US_PER_DAY}, {STR_INIT("h"), US_PER_HOUR}, {STR_INIT("m"), US_PER_MINUTE}};
    bool begun = false;
    for (size_t i = 0; i < COUNT_OF(units) && (us > 0 || !begun); i++) {
        uint64_t count = us / (uint64_t)units[i].us;
        us %= (uint64_t)units[i].us;
        if (begun || count > 0) {
            buf_addf(out, begun ? "%02llu" : "%llu", (unsigned long long)count);
            buf_add(out, units[i].name);
            begun = true;
        }
    }
    if (us > 0) {
        if (us < 10 * (uint64_t)US_PER_S) {
            buf_add_char(out, '0');
        }
        decimal_text_short(out, (int64_t)us, 6);
        buf_add_char(out, 's');
    }
}

void duration_text(struct buf *out, int64_t us)
{
    uint64_t left = us < 0 ? UINT64_C(0) - (uint64_t)us : (uint64_t)us;
    if (us < 0) {
        buf_add_char(out, '-');
    }
    if (left >= (uint64_t)US_PER_MINUTE) {
        add_parts(out, left);
    } else if (left >= (uint64_t)US_PER_S || left == 0) {
        decimal_text_short(out, (int64_t)left, 6);
        buf_add_char(out, 's');
    } else if (left >= (uint64_t)US_PER_MS) {
        decimal_text_short(out, (int64_t)left, 3);
        buf_add(out, STR("ms"));
    } else {
        buf_addf(out, "%lluus", (unsigned long long)left);
    }
}
