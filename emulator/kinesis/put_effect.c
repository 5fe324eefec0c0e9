/* An effect is a head and its lines, each a record's head and its key; little-endian:
 *   head   4 the stream's uid, 4 the shards it begins to grow to
 *   line   8 the place, 4 the shard, 4 bytes of data, 2 bytes of key, 1 whether it is encrypted */
#include "put_effect.h"

#include <endian.h>
#include <string.h>
#include "emulator/core/service.h"
#include "scaling.h"

struct line {
    uint64_t place;
    uint32_t shard, data_len;
    uint16_t key_len;
    uint8_t encrypted;
};
enum { HEAD_BYTES = 8, LINE_BYTES = 19 };

/* ---- telling ---- */

static void line_put(struct buf *out, const struct line *line)
{
    char bytes[LINE_BYTES];
    uint64_t place = htole64(line->place);
    uint32_t shard = htole32(line->shard), data_len = htole32(line->data_len);
    uint16_t key_len = htole16(line->key_len);
    memcpy(bytes, &place, 8);
    memcpy(bytes + 8, &shard, 4);
    memcpy(bytes + 12, &data_len, 4);
    memcpy(bytes + 16, &key_len, 2);
    bytes[18] = (char)line->encrypted;
    buf_add_bytes(out, bytes, sizeof(bytes));
}

static void head_write(const struct put_effect *e)
{
    uint32_t numbers[] = {htole32(e->stream->uid), htole32((uint32_t)e->scaled)};
    memcpy(e->lines.ptr, numbers, HEAD_BYTES);
}

void put_effect_begin(struct put_effect *e, struct call *c, struct stream *s)
{
    *e = (struct put_effect){.call = c, .stream = s};
    if (!call_effect_asked(c)) {
        return;
    }
    e->room = room_new_laid(core_journal(c->core));
    e->data = NEW_ARRAY(c->arena, struct str, KINESIS_PUT_RECORDS_MAX);
    buf_init(&e->lines, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&e->lines, HEAD_BYTES);
    e->lines.len = HEAD_BYTES;
}

/* Nobody may read what is written, so writers give back what has expired, too: of one shard at a
 * time, in turn. */
static void expired_go(struct stream *s, int64_t now_us)
{
    s->trimmed = (s->trimmed + 1) % (uint32_t)s->shard_count;
    struct shard *shard = s->shards[s->trimmed];
    if (shard_has_expired(shard, s->retention_us, now_us)) {
        shard_trim(shard, s->retention_us, now_us);
    }
}

void put_effect_add(struct put_effect *e, const struct shard *shard,
                    const struct shard_record *record)
{
    if (e->room == NULL) {
        return;
    }
    struct line line = {.place = shard->next_place,
                        .shard = shard->number,
                        .data_len = (uint32_t)record->data.len,
                        .key_len = (uint16_t)record->partition_key.len,
                        .encrypted = record->encrypted};
    line_put(&e->lines, &line);
    buf_add(&e->lines, record->partition_key);
    e->data[e->count++] = record->data;
}

void put_effect_end(struct put_effect *e)
{
    if (e->room == NULL) {
        return;
    }
    head_write(e);
    if (e->count > 0) {
        (void)room_lay(e->room, e->data, e->count); /* else the journal says that it has failed */
    }
    call_effect(e->call, buf_str(&e->lines), e->room, e->scaled > 0);
    room_release(e->room);
    expired_go(e->stream, e->call->now_us);
}

/* ---- doing it again ---- */

struct redo {
    struct stream *stream;
    struct str lines, data; /* what is left of both */
    struct room *room;
    int64_t now_us;
    bool limited;
};

static bool line_take(struct redo *r, struct line *ret_line, struct str *ret_key)
{
    if (r->lines.len < LINE_BYTES) {
        return false;
    }
    const char *from = r->lines.ptr;
    uint64_t place;
    uint32_t shard, data_len;
    uint16_t key_len;
    memcpy(&place, from, 8);
    memcpy(&shard, from + 8, 4);
    memcpy(&data_len, from + 12, 4);
    memcpy(&key_len, from + 16, 2);
    *ret_line = (struct line){.place = le64toh(place),
                              .shard = le32toh(shard),
                              .data_len = le32toh(data_len),
                              .key_len = le16toh(key_len),
                              .encrypted = from[18] != 0};
    size_t bytes = LINE_BYTES + (size_t)ret_line->key_len;
    *ret_key = str_slice(r->lines, LINE_BYTES, bytes);
    bool whole = bytes <= r->lines.len;
    r->lines = str_from(r->lines, bytes);
    return whole;
}

/* false: it is no record that this stream can have been given now. */
static bool line_redo(struct redo *r)
{
    struct line line;
    struct str key;
    if (!line_take(r, &line, &key) || line.shard >= r->stream->shard_count ||
        line.data_len > r->data.len || line.data_len > KINESIS_PUT_BYTES_MAX ||
        line.place >= SEQUENCE_NUMBER_PLACE_MAX) {
        return false;
    }
    struct shard *shard = r->stream->shards[line.shard];
    if (line.place < shard->next_place || !shard_is_open(shard)) {
        return false;
    }
    if (line.place > shard->next_place) {
        shard_skip(shard, line.place);
    }
    struct shard_record record = {.partition_key = key,
                                  .data = str_slice(r->data, 0, line.data_len),
                                  .encrypted = line.encrypted != 0,
                                  .room = r->room,
                                  .away = true};
    if (r->limited) {
        (void)throttle_write(&shard->throttle, line.data_len + key.len, r->now_us);
    }
    (void)shard_append(shard, &record, r->now_us);
    r->data = str_from(r->data, line.data_len);
    return true;
}

enum err put_effect_redo(void *state, struct str effect, struct room *data, int64_t now_us,
                         struct diag *d)
{
    struct kinesis_store *k = state;
    uint32_t head[2] = {UINT32_MAX, 0};
    if (effect.len >= HEAD_BYTES) {
        memcpy(head, effect.ptr, HEAD_BYTES);
    }
    uint32_t uid = le32toh(head[0]), scaled = le32toh(head[1]);
    struct stream *s = uid < k->count ? k->all[uid] : NULL;
    if (s == NULL || scaled > KINESIS_WARM_MIB_PER_S_MAX) {
        return fail(d, ERR_CORRUPT, "records were put into a stream that is not there now");
    }
    struct redo r = {.stream = s,
                     .lines = str_from(effect, HEAD_BYTES),
                     .data = room_bytes(data),
                     .room = data,
                     .now_us = now_us,
                     .limited = !core_options(k->core)->limits_off};
    if (scaled > 0) {
        scaling_on_demand(k, s, scaled);
        stream_update(k, s, now_us);
    }
    while (r.lines.len > 0) {
        if (!line_redo(&r)) {
            return fail(d, ERR_CORRUPT, "a record was put into stream %.*s then, and is not now",
                        STR_ARG(s->name));
        }
    }
    expired_go(s, now_us);
    return ERR_OK;
}
