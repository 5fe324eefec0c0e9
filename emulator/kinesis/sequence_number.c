#include "sequence_number.h"

#include <assert.h>
#include <string.h>

enum { HEAD = 2, CREATED = 12, PLACE = 16, ARRIVED = 15, SHARD = 11 };
static_assert(HEAD + CREATED + PLACE + ARRIVED + SHARD == SEQUENCE_NUMBER_DIGITS, "layout");

static char *digits_write(char *to, uint64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        to[i] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    ASSERT(value == 0);
    return to + width;
}

void sequence_number_write(const struct sequence_number *number, char *to)
{
    ASSERT(number->created_s >= 0 && number->arrived_ms >= 0);
    memcpy(to, "49", HEAD);
    to = digits_write(to + HEAD, (uint64_t)number->created_s, CREATED);
    to = digits_write(to, number->place, PLACE);
    to = digits_write(to, (uint64_t)number->arrived_ms, ARRIVED);
    digits_write(to, number->shard, SHARD);
}

void sequence_number_advance(char *text)
{
    char *digit = text + HEAD + CREATED + PLACE - 1;
    while (*digit == '9') {
        *digit-- = '0';
    }
    (*digit)++;
}

/* Takes `width` digits off *rest. */
static bool digits_read(struct str *rest, int width, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int i = 0; i < width; i++) {
        char c = rest->ptr[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(c - '0');
    }
    *rest = str_from(*rest, (size_t)width);
    *ret_value = value;
    return true;
}

bool sequence_number_parse(struct str text, struct sequence_number *ret_number)
{
    if (text.len != SEQUENCE_NUMBER_DIGITS || !str_starts(text, STR("49"))) {
        return false;
    }
    struct str rest = str_from(text, HEAD);
    uint64_t created, place, arrived, shard;
    if (!digits_read(&rest, CREATED, &created) || !digits_read(&rest, PLACE, &place) ||
        !digits_read(&rest, ARRIVED, &arrived) || !digits_read(&rest, SHARD, &shard) ||
        shard > UINT32_MAX) {
        return false;
    }
    *ret_number = (struct sequence_number){.created_s = (int64_t)created,
                                           .place = place,
                                           .arrived_ms = (int64_t)arrived,
                                           .shard = (uint32_t)shard};
    return true;
}
