/* message_log.c -- A ring of blocks: slot (number - 1) % max; the array grows to the cap and then
 * turns. Invariants: numbers oldest..last are kept, last - oldest < max; bytes is the sum of their
 * blocks. */
#include "message_log.h"
#include <string.h>
#include "base/encode.h"

struct logged { /* its texts lie behind it in the block */
    struct sns_message_view view;
    size_t block_bytes;
};
struct message_log {
    struct arena *arena;
    struct logged **ring;
    size_t cap;
    uint64_t oldest, last; /* numbers from 1; last 0: none yet */
    size_t bytes;
};

struct message_log *message_log_new(struct arena *a)
{
    struct message_log *log = NEW(a, struct message_log);
    log->arena = a;
    log->oldest = 1;
    return log;
}

static struct logged **slot_of(const struct message_log *log, uint64_t number)
{
    return &log->ring[(number - 1) % SNS_LOG_MESSAGES_MAX];
}

static void drop_oldest(struct message_log *log)
{
    struct logged **slot = slot_of(log, log->oldest++);
    log->bytes -= (*slot)->block_bytes;
    arena_recycle(log->arena, *slot, (*slot)->block_bytes);
    *slot = NULL;
}

static struct str keep(char **at, struct str s)
{
    char *to = *at;
    if (s.len > 0) {
        memcpy(to, s.ptr, s.len);
    }
    *at += s.len;
    return str_n(to, s.len);
}

/* Attributes as name and text; binary ones in base64. */
static struct http_header *attributes_of(const struct message *m, struct arena *a,
                                         size_t *ret_count)
{
    *ret_count = m->attributes == NULL ? 0 : m->attributes->count;
    struct http_header *list = NEW_ARRAY(a, struct http_header, *ret_count);
    size_t i = 0;
    for (const struct json *at = *ret_count == 0 ? NULL : m->attributes->first; at != NULL;
         at = at->next, i++) {
        struct str value = json_str(json_get(at, STR("StringValue")));
        if (str_starts(json_str(json_get(at, STR("DataType"))), STR("Binary"))) {
            struct str bytes = json_str(json_get(at, STR("BinaryValue")));
            struct buf text;
            buf_init(&text, a, 2 * bytes.len + 4);
            encode_base64(&text, bytes);
            value = buf_str(&text);
        }
        list[i] = (struct http_header){.name = at->key, .value = value};
    }
    return list;
}

static struct logged *logged_new(struct arena *a, const struct sns_message_view *v)
{
    size_t bytes = sizeof(struct logged) + v->attribute_count * sizeof(struct http_header) +
                   v->topic_arn.len + v->message_id.len + v->subject.len + v->message.len;
    for (size_t i = 0; i < v->attribute_count; i++) {
        bytes += v->attributes[i].name.len + v->attributes[i].value.len;
    }
    struct logged *l = arena_alloc_raw(a, bytes);
    struct http_header *attributes = (struct http_header *)(l + 1);
    char *at = (char *)(attributes + v->attribute_count);
    *l = (struct logged){.view = *v, .block_bytes = bytes};
    l->view.attributes = attributes;
    l->view.topic_arn = keep(&at, v->topic_arn);
    l->view.message_id = keep(&at, v->message_id);
    l->view.subject = keep(&at, v->subject);
    l->view.message = keep(&at, v->message);
    for (size_t i = 0; i < v->attribute_count; i++) {
        attributes[i].name = keep(&at, v->attributes[i].name);
        attributes[i].value = keep(&at, v->attributes[i].value);
    }
    ASSERT(at == (char *)l + bytes);
    return l;
}

void message_log_add(struct message_log *log, const struct sns_message_view *view,
                     const struct message *m, struct arena *scratch)
{
    struct sns_message_view whole = *view;
    whole.attributes = attributes_of(m, scratch, &whole.attribute_count);
    struct logged *l = logged_new(log->arena, &whole);
    while (log->oldest <= log->last && (log->last - log->oldest + 1 >= SNS_LOG_MESSAGES_MAX ||
                                        log->bytes + l->block_bytes > SNS_LOG_BYTES_MAX)) {
        drop_oldest(log);
    }
    size_t index = (size_t)(log->last % SNS_LOG_MESSAGES_MAX);
    if (index >= log->cap) {
        size_t cap = log->cap == 0 ? 64 : 2 * log->cap;
        log->ring = arena_grow(log->arena, log->ring, log->cap * sizeof *log->ring,
                               cap * sizeof *log->ring);
        log->cap = cap;
    }
    log->last++;
    *slot_of(log, log->last) = l;
    log->bytes += l->block_bytes;
}

bool message_log_next(const struct message_log *log, uint64_t *cursor,
                      struct sns_message_view *ret_message)
{
    uint64_t number = *cursor + 1 > log->oldest ? *cursor + 1 : log->oldest;
    if (number > log->last) {
        return false;
    }
    *ret_message = (*slot_of(log, number))->view;
    *cursor = number;
    return true;
}
