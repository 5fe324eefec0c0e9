/* eventstream.h -- application/vnd.amazon.eventstream: messages of headers and a payload, one after
 * the other in the body of a response (Kinesis SubscribeToShard, S3 SelectObjectContent). Every
 * message carries CRC-32s over its prelude and over the whole of it. Source: AWS "Amazon event
 * stream encoding" (the transcribe developer guide's page of it), Smithy's event stream
 * specification. Big-endian throughout. */
#ifndef AFORO_WIRE_EVENTSTREAM_H
#define AFORO_WIRE_EVENTSTREAM_H

#include "base/buf.h"

#define EVENTSTREAM_HEADERS_MAX 64
#define EVENTSTREAM_HEADER_BYTES_MAX ((size_t)128 * 1024)
#define EVENTSTREAM_MESSAGE_BYTES_MAX ((size_t)24 * 1024 * 1024)
enum eventstream_kind { /* the numbers on the wire */
                        EVENTSTREAM_TRUE,
                        EVENTSTREAM_FALSE,
                        EVENTSTREAM_BYTE, /* number, int8 */
                        EVENTSTREAM_SHORT,
                        EVENTSTREAM_INT,
                        EVENTSTREAM_LONG,
                        EVENTSTREAM_BYTES, /* value */
                        EVENTSTREAM_TEXT,
                        EVENTSTREAM_MOMENT, /* number: milliseconds since the Unix epoch */
                        EVENTSTREAM_UUID,   /* value: 16 bytes */
                        EVENTSTREAM_KIND_COUNT
};
struct eventstream_header {
    struct str name; /* 1..255 bytes */
    enum eventstream_kind kind;
    int64_t number;
    struct str value; /* at most 65535 bytes */
};
struct eventstream_message {
    const struct eventstream_header *headers;
    size_t header_count;
    struct str payload;
};

/* Appends one message. Sizes are the caller's promise (asserted). */
void eventstream_write(struct buf *out, const struct eventstream_message *message);
/* {:message-type event, :event-type, :content-type} around a payload. */
void eventstream_event(struct buf *out, struct str type, struct str content_type,
                       struct str payload);
/* {:message-type exception, :exception-type, :content-type} around the error as the protocol spells
 * it. */
void eventstream_exception(struct buf *out, struct str type, struct str content_type,
                           struct str payload);

/* The message at *at of `bytes`; moves *at past it. Headers' values and the payload borrow `bytes`,
 * the table of headers lies in `a`. ERR_NOT_FOUND: not all of it is there yet, *at unmoved, d
 * untouched. ERR_CORRUPT: a checksum or a length is wrong. ERR_LIMIT: larger than the caps. */
MUST_USE enum err eventstream_read(struct str bytes, size_t *at, struct arena *a,
                                   struct eventstream_message *ret_message, struct diag *d);
/* The text of a header; empty where there is none of that name. */
struct str eventstream_text(const struct eventstream_message *message, const char *name);

#endif
