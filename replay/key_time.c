#include "key_time.h"

#include <string.h>
#include "base/instant.h"
#include "base/map.h"

#define OBJECT_SPAN_US US_PER_HOUR /* AWS firehose-buffer-1: open for 15 minutes at most */
#define SLACK_US US_PER_HOUR       /* arrivals of a shard may step back, by less */
#define UUID_SHAPE "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define FIREHOSE_SHAPE "-0000-00-00-00-00-00-" UUID_SHAPE
#define DAY_SHAPE "dt=0000-00-00/hh=00/"
#define LANDED_END STR(".ndjson.zst")

/* '0' stands for a digit, 'x' for a hexadecimal one, all else for itself. */
static bool has_shape(struct str text, const char *shape)
{
    size_t len = strlen(shape);
    if (text.len < len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];
        bool digit = c >= '0' && c <= '9';
        bool good = shape[i] == '0'   ? digit
                    : shape[i] == 'x' ? digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
                                      : c == shape[i];
        if (!good) {
            return false;
        }
    }
    return true;
}

static int number_at(struct str text, size_t at, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        value = 10 * value + (text.ptr[at + i] - '0');
    }
    return value;
}

/* INSTANT_NEVER: no such day or time. */
static int64_t moment(int year, int month, int day, int hour, int minute, int second)
{
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 59) {
        return INSTANT_NEVER;
    }
    return instant_of(year, month, day, hour, minute, second);
}

static struct str last_part(struct str key)
{
    size_t slash = str_find_last(key, '/');
    return slash == STR_NONE ? key : str_from(key, slash + 1);
}

/* AWS firehose-key-1: the name ends in the stream's name and version, a moment to the second and a
 * UUID; the moment is the arrival of the oldest record. */
static int64_t firehose_moment(struct str name)
{
    const size_t len = sizeof(FIREHOSE_SHAPE) - 1;
    for (size_t at = 0; at + len <= name.len; at++) {
        struct str rest = str_from(name, at);
        if (has_shape(rest, FIREHOSE_SHAPE)) {
            return moment(number_at(rest, 1, 4), number_at(rest, 6, 2), number_at(rest, 9, 2),
                          number_at(rest, 12, 2), number_at(rest, 15, 2), number_at(rest, 18, 2));
        }
    }
    return INSTANT_NEVER;
}

/* dt=.../hh=.../ right before the last part. */
static int64_t landed_hour(struct str key)
{
    const size_t len = sizeof(DAY_SHAPE) - 1;
    struct str name = last_part(key);
    size_t folders = key.len - name.len;
    if (folders < len || !str_ends(name, LANDED_END)) {
        return INSTANT_NEVER;
    }
    struct str day = str_slice(key, folders - len, folders);
    return has_shape(day, DAY_SHAPE) ? moment(number_at(day, 3, 4), number_at(day, 8, 2),
                                              number_at(day, 11, 2), number_at(day, 17, 2), 0, 0)
                                     : INSTANT_NEVER;
}

/* Folders before the day, and the shard: objects in which arrivals follow one another. */
static struct str stream_of(struct str key, struct arena *a)
{
    struct str name = last_part(key);
    struct str folders = str_slice(key, 0, key.len - name.len - (sizeof(DAY_SHAPE) - 1));
    size_t dash = str_find_last(name, '-');
    return str_join(a, folders, str_slice(name, 0, dash == STR_NONE ? name.len : dash));
}

static void firehose_times(struct source_object *object, int64_t second_us)
{
    object->arrived_us = object->arrived_from_us = second_us;
    object->arrived_to_us = second_us + OBJECT_SPAN_US;
}

void key_times(struct source_object *objects, size_t count, struct arena *a)
{
    struct map *next = map_new(a); /* by stream_of: the object behind */
    for (size_t i = count; i > 0; i--) {
        struct source_object *o = &objects[i - 1];
        int64_t second_us = firehose_moment(last_part(o->key)), hour_us = landed_hour(o->key);
        o->arrived_us = INSTANT_NEVER;
        o->arrived_from_us = INT64_MIN;
        o->arrived_to_us = INT64_MAX;
        if (second_us != INSTANT_NEVER) {
            firehose_times(o, second_us);
        } else if (hour_us != INSTANT_NEVER) {
            struct str stream = stream_of(o->key, a);
            const struct source_object *behind = map_get(next, stream);
            o->arrived_from_us = hour_us - SLACK_US;
            o->arrived_to_us =
                behind == NULL ? INT64_MAX : behind->arrived_from_us + US_PER_HOUR + 2 * SLACK_US;
            map_put(next, stream, o);
        }
    }
}

bool key_is_of_shard(struct str key, struct str shard)
{
    struct str name = last_part(key);
    return str_starts(name, shard) && str_ends(name, LANDED_END) && name.len > shard.len &&
           name.ptr[shard.len] == '-';
}
