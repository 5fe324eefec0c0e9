/* A segment is one counted block (base/block.h): records grow up from its begin, their offsets grow
 * down from its end, so a place is found by a search over segments and one look. Segments double
 * from 16 KiB to 1 MiB, so that an idle shard is small; a record that needs more gets a segment of
 * its own size.
 * 1. Places are consecutive over segments and within each.
 * 2. Arrival times never fall.
 * 3. A record that is away has, instead of its data, the address of it in a room of the journal,
 * which its segment holds.
 * 4. Segments of before the horizon are kept while KINESIS_EXPIRED_BYTES_MAX allows: readers of the
 * state want them. */
#include "shard.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "base/block.h"

#define SEGMENT_BYTES_MIN (16 * KIB)
#define SEGMENT_BYTES_MAX (BLOCK_HUGE_BYTES - BLOCK_HEAD_BYTES)
#define RECORD_ALIGN 8
#define CACHE_LINE_BYTES 64

struct segment {
    atomic_size_t holders;
    struct room **rooms; /* a block */
    uint32_t room_count, room_cap;
    uint64_t first_place;
    uint32_t count, size;           /* records; bytes of the block, this header included */
    uint32_t used;                  /* from the block's begin: this header and the records */
    uint32_t data_bytes, key_bytes; /* of all its records */
};
struct record_head {
    int64_t arrived_ms;
    uint32_t data_len;
    uint16_t key_len;
    bool encrypted, away;
    char sequence_number[SEQUENCE_NUMBER_DIGITS];
    /* key, data; or of one that is away: the address of its data, key */
};

void shard_init(struct shard *s, struct arena *a, size_t *held_bytes, uint32_t number,
                int64_t now_us)
{
    *s = (struct shard){.arena = a,
                        .held_bytes = held_bytes,
                        .number = number,
                        .parent = SHARD_NONE,
                        .adjacent_parent = SHARD_NONE,
                        .created_us = now_us,
                        .epoch_s = now_us / US_PER_S,
                        .closed_us = INSTANT_NEVER,
                        .next_place = 1,
                        .horizon_place = 1};
    snprintf(s->id, sizeof(s->id), "shardId-%012u", number);
    throttle_init(&s->throttle, now_us);
}

/* ---- segments and their rooms ---- */

static void segment_release(void *held)
{
    struct segment *segment = held;
    if (atomic_fetch_sub_explicit(&segment->holders, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (uint32_t i = 0; i < segment->room_count; i++) {
        room_release(segment->rooms[i]);
    }
    block_release(segment->rooms);
    block_release(segment);
}

static void segment_hold_room(struct segment *segment, struct room *room)
{
    uint32_t count = segment->room_count;
    if (room == NULL || (count > 0 && segment->rooms[count - 1] == room)) {
        return;
    }
    if (count == segment->room_cap) {
        uint32_t cap = count == 0 ? 8 : count * 2;
        struct room **grown = block_new(cap * sizeof(struct room *));
        if (count > 0) {
            memcpy(grown, segment->rooms, count * sizeof(struct room *));
        }
        block_release(segment->rooms);
        segment->rooms = grown;
        segment->room_cap = cap;
    }
    segment->rooms[segment->room_count++] = room_retain(room);
}

static void segment_give(struct shard *s, size_t index)
{
    *s->held_bytes -= s->segments[index]->size;
    segment_release(s->segments[index]);
}

static void segments_give(struct shard *s)
{
    for (size_t i = 0; i < s->segment_count; i++) {
        segment_give(s, i);
    }
    s->segment_count = 0;
}

void shard_drop(struct shard *s)
{
    segments_give(s);
    arena_recycle(s->arena, s->segments, s->segment_cap * sizeof(struct segment *));
    s->segments = NULL;
}

void shard_skip(struct shard *s, uint64_t place)
{
    ASSERT(place >= s->next_place);
    segments_give(s);
    s->next_place = s->horizon_place = place;
    s->last_number[0] = '\0';
}

/* ---- appending ---- */

static void segments_grow(struct shard *s)
{
    size_t cap = s->segment_cap == 0 ? 4 : s->segment_cap * 2;
    struct segment **grown = NEW_ARRAY(s->arena, struct segment *, cap);
    if (s->segment_count > 0) {
        memcpy(grown, s->segments, s->segment_count * sizeof(*grown));
    }
    arena_recycle(s->arena, s->segments, s->segment_cap * sizeof(*grown));
    s->segments = grown;
    s->segment_cap = cap;
}

static struct segment *segment_add(struct shard *s, size_t record_bytes)
{
    if (s->segment_count == s->segment_cap) {
        segments_grow(s);
    }
    size_t size = SEGMENT_BYTES_MIN;
    if (s->segment_count > 0) {
        size = 2 * (size_t)s->segments[s->segment_count - 1]->size;
        size = size > SEGMENT_BYTES_MAX ? SEGMENT_BYTES_MAX : size;
    }
    size_t least = sizeof(struct segment) + record_bytes + sizeof(uint32_t) + RECORD_ALIGN;
    size = size < least ? least / RECORD_ALIGN * RECORD_ALIGN : size;
    struct segment *segment = block_new(size);
    *segment = (struct segment){
        .first_place = s->next_place, .size = (uint32_t)size, .used = sizeof(struct segment)};
    atomic_init(&segment->holders, 1);
    *s->held_bytes += size;
    s->segments[s->segment_count++] = segment;
    return segment;
}

static uint32_t *segment_slot(const struct segment *segment, uint32_t index)
{
    return (uint32_t *)(void *)((char *)(uintptr_t)segment + segment->size) - 1 - index;
}

static bool segment_fits(const struct segment *segment, size_t record_bytes)
{
    size_t slots = (segment->count + 1) * sizeof(uint32_t);
    return segment->used + record_bytes + slots <= segment->size;
}

/* The number of the record to come. Writing one anew costs more than the rest of a small record. */
static void number_next(struct shard *s, int64_t now_ms)
{
    int64_t last_s = s->last_arrived_ms / INT64_C(1000);
    s->last_arrived_ms = now_ms > s->last_arrived_ms ? now_ms : s->last_arrived_ms;
    if (s->last_number[0] != '\0' && s->last_arrived_ms / INT64_C(1000) == last_s) {
        sequence_number_advance(s->last_number);
        return;
    }
    struct sequence_number number = {.created_s = s->epoch_s,
                                     .place = s->next_place,
                                     .arrived_s = s->last_arrived_ms / INT64_C(1000),
                                     .shard = s->number};
    sequence_number_write(&number, s->last_number);
}

static void tail_write(char *tail, const struct shard_record *record)
{
    struct str data = record->data, partition_key = record->partition_key;
    if (record->away) {
        memcpy(tail, &data.ptr, sizeof(data.ptr));
        tail += sizeof(data.ptr);
    }
    if (partition_key.len > 0) {
        memcpy(tail, partition_key.ptr, partition_key.len);
    }
    if (data.len > 0 && !record->away) {
        memcpy(tail + partition_key.len, data.ptr, data.len);
    }
}

struct str shard_append(struct shard *s, const struct shard_record *record, int64_t now_us)
{
    struct str data = record->data, partition_key = record->partition_key;
    ASSERT(data.len <= KINESIS_PUT_BYTES_MAX && partition_key.len <= UINT16_MAX);
    size_t bytes = sizeof(struct record_head) + partition_key.len +
                   (record->away ? sizeof(data.ptr) : data.len);
    bytes = (bytes + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
    struct segment *segment = s->segment_count > 0 ? s->segments[s->segment_count - 1] : NULL;
    if (segment == NULL || !segment_fits(segment, bytes)) {
        segment = segment_add(s, bytes);
    }
    number_next(s, now_us / US_PER_MS);
    struct record_head *head = (struct record_head *)(void *)((char *)segment + segment->used);
    head->arrived_ms = s->last_arrived_ms;
    head->data_len = (uint32_t)data.len;
    head->key_len = (uint16_t)partition_key.len;
    head->encrypted = record->encrypted;
    head->away = record->away;
    memcpy(head->sequence_number, s->last_number, SEQUENCE_NUMBER_DIGITS);
    tail_write((char *)(head + 1), record);
    segment_hold_room(segment, record->room);
    *segment_slot(segment, segment->count) = segment->used;
    segment->used += (uint32_t)bytes;
    segment->data_bytes += head->data_len;
    segment->key_bytes += head->key_len;
    segment->count++;
    s->next_place++;
    return str_n(head->sequence_number, SEQUENCE_NUMBER_DIGITS);
}

/* ---- reading ---- */

uint64_t shard_oldest_place(const struct shard *s)
{
    return s->segment_count > 0 ? s->segments[0]->first_place : s->next_place;
}

/* The last segment that begins at or before a place. */
static size_t segment_find(const struct shard *s, uint64_t place)
{
    ASSERT(place >= shard_oldest_place(s) && place < s->next_place);
    size_t low = 0, high = s->segment_count; /* segments[low].first_place <= place */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->segments[middle]->first_place <= place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Reads nothing of the segment's header that later appends change. */
static const struct record_head *head_at(const struct segment *segment, uint32_t index)
{
    uint32_t offset = *segment_slot(segment, index);
    return (const struct record_head *)(const void *)((const char *)segment + offset);
}

static struct shard_record record_of(const struct record_head *head)
{
    const char *key = (const char *)(head + 1), *data = key + head->key_len;
    if (head->away) {
        memcpy(&data, key, sizeof(data));
        key += sizeof(data);
    }
    return (struct shard_record){.sequence_number =
                                     str_n(head->sequence_number, SEQUENCE_NUMBER_DIGITS),
                                 .partition_key = str_n(key, head->key_len),
                                 .data = str_n(data, head->data_len),
                                 .arrived_ms = head->arrived_ms,
                                 .encrypted = head->encrypted};
}

static const struct record_head *record_find(const struct shard *s, uint64_t place)
{
    const struct segment *segment = s->segments[segment_find(s, place)];
    return head_at(segment, (uint32_t)(place - segment->first_place));
}

struct shard_record shard_record_at(const struct shard *s, uint64_t place)
{
    return record_of(record_find(s, place));
}

struct shard_record record_run_at(const struct record_run *run, uint32_t index)
{
    ASSERT(index < run->count);
    return record_of(head_at(run->segment, run->first + index));
}

void record_run_expect(const struct record_run *run, uint32_t index, size_t bytes)
{
    if (index >= run->count) {
        return;
    }
    const char *head = (const char *)head_at(run->segment, run->first + index);
    size_t left = (size_t)((const char *)run->segment + run->segment->size - head);
    bytes = bytes < left ? bytes : left;
    for (size_t at = 0; at < bytes; at += CACHE_LINE_BYTES) {
        __builtin_prefetch(head + at);
    }
}

/* Adds records of one segment from span->until on; false: a limit is reached. */
static bool span_add(struct shard_span *span, const struct segment *segment, uint64_t count_max,
                     size_t bytes_max)
{
    uint32_t index = (uint32_t)(span->until - segment->first_place);
    if (index == 0 && span->until - span->from + segment->count <= count_max &&
        span->data_bytes + segment->data_bytes <= bytes_max) {
        span->until += segment->count;
        span->data_bytes += segment->data_bytes;
        span->key_bytes += segment->key_bytes;
        return true;
    }
    for (; index < segment->count; index++, span->until++) {
        const struct record_head *head = head_at(segment, index);
        bool first = span->until == span->from;
        if (span->until - span->from == count_max ||
            (!first && span->data_bytes + head->data_len > bytes_max)) {
            return false;
        }
        span->data_bytes += head->data_len;
        span->key_bytes += head->key_len;
    }
    return true;
}

struct shard_span shard_span_at(const struct shard *s, uint64_t from, uint64_t count_max,
                                size_t bytes_max)
{
    struct shard_span span = {.from = from, .until = from};
    size_t i = from < s->next_place ? segment_find(s, from) : s->segment_count;
    while (i < s->segment_count && span_add(&span, s->segments[i], count_max, bytes_max)) {
        i++;
    }
    return span;
}

struct record_run *shard_hold(const struct shard *s, uint64_t from, uint64_t until, struct arena *a,
                              size_t *ret_count)
{
    *ret_count = 0;
    if (from >= until) {
        return NULL;
    }
    size_t first = segment_find(s, from), last = segment_find(s, until - 1);
    struct record_run *runs = NEW_ARRAY(a, struct record_run, last - first + 1);
    for (size_t i = first; i <= last; i++) {
        struct segment *segment = s->segments[i];
        uint64_t begin = from > segment->first_place ? from : segment->first_place;
        uint64_t end = segment->first_place + segment->count;
        end = end < until ? end : until;
        atomic_fetch_add_explicit(&segment->holders, 1, memory_order_relaxed);
        arena_defer(a, segment_release, segment);
        runs[(*ret_count)++] =
            (struct record_run){.segment = segment,
                                .first = (uint32_t)(begin - segment->first_place),
                                .count = (uint32_t)(end - begin)};
    }
    return runs;
}

uint64_t shard_place_at(const struct shard *s, int64_t at_ms)
{
    uint64_t low = s->horizon_place, high = s->next_place;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (record_find(s, middle)->arrived_ms >= at_ms) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* ---- retention ---- */

static bool segment_is_expired(const struct shard *s, size_t index)
{
    const struct segment *segment = s->segments[index];
    return segment->first_place + segment->count <= s->horizon_place;
}

/* What a journal has is given back at once, so that it can go there too. */
static bool segment_goes(const struct shard *s, size_t index)
{
    return segment_is_expired(s, index) &&
           (*s->held_bytes > KINESIS_EXPIRED_BYTES_MAX || s->segments[index]->room_count > 0);
}

bool shard_has_expired(const struct shard *s, int64_t retention_us, int64_t now_us)
{
    return s->horizon_place < s->next_place &&
           record_find(s, s->horizon_place)->arrived_ms < (now_us - retention_us) / US_PER_MS;
}

void shard_trim(struct shard *s, int64_t retention_us, int64_t now_us)
{
#ifndef NDEBUG
    shard_check(s);
#endif
    int64_t oldest_ms = (now_us - retention_us) / US_PER_MS;
    if (shard_has_expired(s, retention_us, now_us)) {
        s->horizon_place = shard_place_at(s, oldest_ms);
    }
    size_t gone = 0;
    while (gone < s->segment_count && segment_goes(s, gone)) {
        segment_give(s, gone++);
    }
    if (gone > 0) {
        s->segment_count -= gone;
        memmove(s->segments, s->segments + gone, s->segment_count * sizeof(struct segment *));
    }
}

/* ---- what it is called ---- */

struct str shard_id(const struct shard *s)
{
    return str_n(s->id, SHARD_ID_BYTES);
}

static struct str number_at(const struct shard *s, struct arena *a, uint64_t place, int64_t at_s)
{
    struct sequence_number number = {
        .created_s = s->epoch_s, .place = place, .arrived_s = at_s, .shard = s->number};
    char *text = arena_alloc_raw(a, SEQUENCE_NUMBER_DIGITS);
    sequence_number_write(&number, text);
    return str_n(text, SEQUENCE_NUMBER_DIGITS);
}

struct str shard_starting_number(const struct shard *s, struct arena *a)
{
    return number_at(s, a, 0, s->epoch_s);
}

struct str shard_ending_number(const struct shard *s, struct arena *a)
{
    ASSERT(!shard_is_open(s));
    return number_at(s, a, SEQUENCE_NUMBER_PLACE_MAX, s->closed_us / US_PER_S);
}

bool shard_owns(const struct shard *s, const struct sequence_number *number)
{
    bool is_end = !shard_is_open(s) && number->place == SEQUENCE_NUMBER_PLACE_MAX;
    return number->version == 2 && number->shard == s->number && number->created_s == s->epoch_s &&
           (number->place < s->next_place || is_end);
}

bool shard_is_open(const struct shard *s)
{
    return s->closed_us == INSTANT_NEVER;
}

bool shard_is_expired(const struct shard *s, int64_t retention_us, int64_t now_us)
{
    return s->closed_us <= now_us - retention_us;
}

void shard_check(const struct shard *s)
{
    uint64_t place = shard_oldest_place(s);
    int64_t arrived_ms = 0;
    for (size_t i = 0; i < s->segment_count; i++) {
        const struct segment *segment = s->segments[i];
        ASSERT(segment->first_place == place && segment->count > 0);
        ASSERT(segment->used + segment->count * sizeof(uint32_t) <= segment->size);
        ASSERT(shard_record_at(s, place).arrived_ms >= arrived_ms);
        place += segment->count;
        arrived_ms = shard_record_at(s, place - 1).arrived_ms;
    }
    ASSERT(place == s->next_place && s->horizon_place <= s->next_place);
    ASSERT(arrived_ms == s->last_arrived_ms || s->segment_count == 0);
}
