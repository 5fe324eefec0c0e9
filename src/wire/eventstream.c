/* eventstream.c -- A message is: total length, headers' length, CRC of these 8 bytes; the headers;
 * the payload; CRC of all before it. The prelude's own CRC is checked before its lengths are
 * believed. */
#include "wire/eventstream.h"

#include "base/hash.h"

#define PRELUDE_BYTES 12
#define FRAME_BYTES (PRELUDE_BYTES + 4) /* a message of nothing */

/* Bytes of a number by kind; 0: none, or a text. */
static const uint8_t number_bytes[EVENTSTREAM_KIND_COUNT] = {[EVENTSTREAM_BYTE] = 1,
                                                             [EVENTSTREAM_SHORT] = 2,
                                                             [EVENTSTREAM_INT] = 4,
                                                             [EVENTSTREAM_LONG] = 8,
                                                             [EVENTSTREAM_MOMENT] = 8};

static bool has_length(enum eventstream_kind kind)
{
    return kind == EVENTSTREAM_BYTES || kind == EVENTSTREAM_TEXT;
}

/* ---- writing ---- */

static void put(struct buf *out, uint64_t value, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        buf_add_char(out, (char)(uint8_t)(value >> (8 * i)));
    }
}

static size_t header_size(const struct eventstream_header *h)
{
    return 2 + h->name.len + number_bytes[h->kind] + (has_length(h->kind) ? 2 : 0) + h->value.len;
}

static void put_header(struct buf *out, const struct eventstream_header *h)
{
    ASSERT(h->name.len >= 1 && h->name.len <= UINT8_MAX);
    ASSERT(h->value.len <= UINT16_MAX);
    ASSERT(h->kind != EVENTSTREAM_UUID || h->value.len == 16);
    put(out, h->name.len, 1);
    buf_add(out, h->name);
    put(out, (uint64_t)h->kind, 1);
    put(out, (uint64_t)h->number, number_bytes[h->kind]);
    if (has_length(h->kind)) {
        put(out, h->value.len, 2);
    }
    buf_add(out, h->value);
}

void eventstream_write(struct buf *out, const struct eventstream_message *message)
{
    size_t begin = out->len, headers = 0;
    for (size_t i = 0; i < message->header_count; i++) {
        headers += header_size(&message->headers[i]);
    }
    ASSERT(headers <= EVENTSTREAM_HEADER_BYTES_MAX);
    ASSERT(message->payload.len <= EVENTSTREAM_MESSAGE_BYTES_MAX - FRAME_BYTES - headers);
    put(out, FRAME_BYTES + headers + message->payload.len, 4);
    put(out, headers, 4);
    put(out, hash_crc32(0, str_n(out->ptr + begin, 8)), 4);
    for (size_t i = 0; i < message->header_count; i++) {
        put_header(out, &message->headers[i]);
    }
    buf_add(out, message->payload);
    put(out, hash_crc32(0, str_n(out->ptr + begin, out->len - begin)), 4);
}

static void put_typed(struct buf *out, struct str message_type, struct str type_name,
                      struct str type, struct str content_type, struct str payload)
{
    const struct eventstream_header headers[] = {
        {.name = STR(":message-type"), .kind = EVENTSTREAM_TEXT, .value = message_type},
        {.name = type_name, .kind = EVENTSTREAM_TEXT, .value = type},
        {.name = STR(":content-type"), .kind = EVENTSTREAM_TEXT, .value = content_type},
    };
    struct eventstream_message message = {
        .headers = headers, .header_count = 3, .payload = payload};
    eventstream_write(out, &message);
}

void eventstream_event(struct buf *out, struct str type, struct str content_type,
                       struct str payload)
{
    put_typed(out, STR("event"), STR(":event-type"), type, content_type, payload);
}

void eventstream_exception(struct buf *out, struct str type, struct str content_type,
                           struct str payload)
{
    put_typed(out, STR("exception"), STR(":exception-type"), type, content_type, payload);
}

/* ---- reading ---- */

/* Big-endian, `size` bytes, which are there. */
static uint64_t get(struct str bytes, size_t at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | (uint8_t)bytes.ptr[at + i];
    }
    return value;
}

static int64_t signed_of(uint64_t value, size_t size)
{
    unsigned shift = (unsigned)(64 - 8 * size);
    return (int64_t)(value << shift) >> shift;
}

/* Takes `size` bytes off the headers; false: they end before. */
static bool take(struct str *rest, size_t size, struct str *ret_taken)
{
    if (size > rest->len) {
        return false;
    }
    *ret_taken = str_n(rest->ptr, size);
    *rest = str_n(rest->ptr + size, rest->len - size);
    return true;
}

static bool header_take(struct str *rest, struct eventstream_header *h)
{
    struct str byte, number, length;
    if (!take(rest, 1, &byte) || !take(rest, (uint8_t)byte.ptr[0], &h->name) || h->name.len == 0 ||
        !take(rest, 1, &byte) || (uint8_t)byte.ptr[0] >= EVENTSTREAM_KIND_COUNT) {
        return false;
    }
    h->kind = (enum eventstream_kind)byte.ptr[0];
    size_t size = number_bytes[h->kind];
    if (size > 0) {
        if (!take(rest, size, &number)) {
            return false;
        }
        h->number = signed_of(get(number, 0, size), size);
    }
    h->value = STR_EMPTY;
    if (h->kind == EVENTSTREAM_UUID) {
        return take(rest, 16, &h->value);
    }
    return !has_length(h->kind) ||
           (take(rest, 2, &length) && take(rest, (size_t)get(length, 0, 2), &h->value));
}

static enum err headers_read(struct str rest, struct arena *a, struct eventstream_message *message,
                             struct diag *d)
{
    struct eventstream_header *headers =
        NEW_ARRAY(a, struct eventstream_header, EVENTSTREAM_HEADERS_MAX);
    size_t count = 0;
    while (rest.len > 0) {
        if (count == EVENTSTREAM_HEADERS_MAX) {
            return fail(d, ERR_LIMIT, "an event has over %d headers", EVENTSTREAM_HEADERS_MAX);
        }
        if (!header_take(&rest, &headers[count])) {
            return fail(d, ERR_CORRUPT, "header %zu of an event is not one", count);
        }
        count++;
    }
    message->headers = headers;
    message->header_count = count;
    return ERR_OK;
}

/* The lengths of the prelude at `bytes`, once its CRC agrees. */
static enum err prelude_read(struct str bytes, size_t *ret_total, size_t *ret_headers,
                             struct diag *d)
{
    if (hash_crc32(0, str_slice(bytes, 0, 8)) != get(bytes, 8, 4)) {
        return fail(d, ERR_CORRUPT, "the prelude of an event has another checksum");
    }
    size_t total = (size_t)get(bytes, 0, 4), headers = (size_t)get(bytes, 4, 4);
    if (total > EVENTSTREAM_MESSAGE_BYTES_MAX || headers > EVENTSTREAM_HEADER_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "an event of %zu bytes, %zu of them headers", total, headers);
    }
    if (total < FRAME_BYTES || headers > total - FRAME_BYTES) {
        return fail(d, ERR_CORRUPT, "an event of %zu bytes cannot have %zu of headers", total,
                    headers);
    }
    *ret_total = total;
    *ret_headers = headers;
    return ERR_OK;
}

enum err eventstream_read(struct str bytes, size_t *at, struct arena *a,
                          struct eventstream_message *ret_message, struct diag *d)
{
    struct str rest = str_from(bytes, *at);
    struct eventstream_message message;
    size_t total, headers;
    if (rest.len < PRELUDE_BYTES) {
        return ERR_NOT_FOUND;
    }
    TRY(prelude_read(rest, &total, &headers, d));
    if (rest.len < total) {
        return ERR_NOT_FOUND;
    }
    if (hash_crc32(0, str_slice(rest, 0, total - 4)) != get(rest, total - 4, 4)) {
        return fail(d, ERR_CORRUPT, "an event has another checksum than it says");
    }
    TRY(headers_read(str_slice(rest, PRELUDE_BYTES, PRELUDE_BYTES + headers), a, &message, d));
    message.payload = str_slice(rest, PRELUDE_BYTES + headers, total - 4);
    *ret_message = message;
    *at += total;
    return ERR_OK;
}

struct str eventstream_text(const struct eventstream_message *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++) {
        const struct eventstream_header *h = &message->headers[i];
        if (h->kind == EVENTSTREAM_TEXT && str_eq(h->name, str_of(name))) {
            return h->value;
        }
    }
    return STR_EMPTY;
}
