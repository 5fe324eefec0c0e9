/* PutRecords in chunks that the service takes, each until all of it is acknowledged.
 *
 *  1. One chunk is finished before the next begins: what is put again stays near its place.
 *  2. An entry that was acknowledged is never sent again; one whose answer was lost is, and may
 * then be there twice.
 *  3. A round's body and answer live in scratch memory; only sequence numbers and shard ids outlive
 * it. */
#include "base/limits.h"
#include "kinesis_json.h"

#define ROUNDS_DEFAULT 10

struct put {
    struct aws_client *client;
    struct str stream;
    struct kinesis_entry *entries; /* of this chunk */
    size_t count;
    int rounds_max;
    struct arena *arena, *scratch;
    bool
        maybe_stored; /* an answer was lost: entries without acknowledgement may be in the stream */
};

static size_t entry_bytes(const struct kinesis_entry *e)
{
    return e->data.len + e->partition_key.len;
}

/* How many entries from the first one fit into a request; an entry that is too large goes alone, to
 * be refused by the service's own words. */
static size_t chunk_count(const struct kinesis_entry *entries, size_t count)
{
    size_t bytes = 0;
    size_t n = 0;
    while (n < count && n < KINESIS_PUT_ENTRIES_MAX) {
        bytes += entry_bytes(&entries[n]);
        if (n > 0 && bytes > KINESIS_PUT_BYTES_MAX) {
            break;
        }
        n++;
    }
    return n;
}

static size_t pending_count(const struct put *p)
{
    size_t pending = 0;
    for (size_t i = 0; i < p->count; i++) {
        pending += p->entries[i].acknowledged ? 0 : 1;
    }
    return pending;
}

/* base64 straight into the body: no tree, no copy of the data */
static struct str put_body(const struct put *p)
{
    size_t bytes = 6 * p->stream.len + 64;
    for (size_t i = 0; i < p->count; i++) {
        bytes += p->entries[i].data.len / 3 * 4 + 6 * p->entries[i].partition_key.len + 64;
    }
    struct buf text;
    struct json_out json;
    buf_init(&text, p->scratch, bytes);
    json_out_init(&json, &text);
    json_out_object(&json);
    json_out_kstr(&json, "StreamName", p->stream);
    json_out_key(&json, "Records");
    json_out_array(&json);
    for (size_t i = 0; i < p->count; i++) {
        if (!p->entries[i].acknowledged) {
            json_out_object(&json);
            json_out_key(&json, "Data");
            json_out_base64(&json, p->entries[i].data);
            json_out_kstr(&json, "PartitionKey", p->entries[i].partition_key);
            json_out_object_end(&json);
        }
    }
    json_out_array_end(&json);
    json_out_object_end(&json);
    return buf_str(&text);
}

/* Takes over one entry's answer; a refusal is noted in `refused`, the first one's words. */
static void note_entry(struct put *p, struct kinesis_entry *entry, const struct json *answer,
                       struct diag *refused)
{
    struct str code = json_str(json_at(answer, "ErrorCode"));
    struct str sequence = json_str(json_at(answer, "SequenceNumber"));
    if (code.len > 0 || sequence.len == 0) {
        enum err class = str_eq(code, STR("InternalFailure")) ? ERR_UNAVAILABLE : ERR_THROTTLED;
        struct str message = json_str(json_at(answer, "ErrorMessage"));
        (void)fail_named(refused, class, str_z(p->scratch, code),
                         "kinesis PutRecords: entry refused: %.*s %.*s", STR_ARG(code),
                         STR_ARG(message));
        return;
    }
    entry->sequence_number = str_copy(p->arena, sequence);
    entry->shard_id = str_copy(p->arena, json_str(json_at(answer, "ShardId")));
    entry->acknowledged = true;
}

/* AWS kinesis-put-records-2: the answer has one element for each entry sent, in their order */
static enum err note_answer(struct put *p, const struct json *answer, size_t sent, struct diag *d)
{
    const struct json *records = json_at(answer, "Records");
    if (!json_is(records, JSON_IS_ARRAY) || records->count != sent) {
        p->maybe_stored = true;
        return fail(d, ERR_UNKNOWN, "kinesis PutRecords: %zu entries sent, the answer names %zu",
                    sent, records == NULL ? 0 : records->count);
    }
    struct diag refused = DIAG_INIT;
    const struct json *node = records->first;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->entries[i].acknowledged) {
            note_entry(p, &p->entries[i], node, &refused);
            node = node->next;
        }
    }
    if (refused.code != ERR_OK) {
        *d = refused;
    }
    return refused.code;
}

static enum err put_round(struct put *p, struct diag *d)
{
    struct json *answer;
    size_t sent = pending_count(p);
    struct kinesis_call call = {.operation = "PutRecords", .body = put_body(p)};
    enum err code = kinesis_send_tree(p->client, &call, p->scratch, &answer, d);
    p->maybe_stored = p->maybe_stored || call.maybe_applied;
    return code != ERR_OK ? code : note_answer(p, answer, sent, d);
}

/* The stream of randomness: two producers that fail together must not come back together. */
static const char *backoff_name(const struct put *p)
{
    return str_z(p->scratch, str_printf(p->scratch, "kinesis.put/%.*s/%.*s", STR_ARG(p->stream),
                                        STR_ARG(p->entries[0].partition_key)));
}

static enum err put_chunk(struct put *p, struct diag *d)
{
    p->maybe_stored = false;
    for (int round = 1;; round++) {
        struct diag last = DIAG_INIT;
        enum err code = put_round(p, &last);
        if (code == ERR_OK) {
            return ERR_OK;
        }
        bool again = err_is_transient(code) && round < p->rounds_max;
        if (again && aws_backoff(p->client, backoff_name(p), round) != ERR_OK) {
            again = false;
            diag_clear(&last);
            (void)fail(&last, ERR_CANCELLED, "stopped while waiting to put again");
        }
        arena_reset(p->scratch);
        if (!again) {
            if (p->maybe_stored && (last.code == ERR_THROTTLED || last.code == ERR_UNAVAILABLE)) {
                last.code = ERR_UNKNOWN;
            }
            diag_context(&last, "stream %.*s, round %d, %zu of %zu entries not acknowledged",
                         STR_ARG(p->stream), round, pending_count(p), p->count);
            *d = last;
            return last.code;
        }
    }
}

enum err kinesis_put(struct aws_client *c, struct str stream, struct kinesis_entry *entries,
                     size_t count, int rounds_max, struct arena *a, struct diag *d)
{
    struct put p = {.client = c,
                    .stream = stream,
                    .rounds_max = rounds_max > 0 ? rounds_max : ROUNDS_DEFAULT,
                    .arena = a,
                    .scratch = arena_child(a, "kinesis put", ARENA_TASK_BYTES_MAX)};
    for (size_t i = 0; i < count; i++) {
        entries[i].acknowledged = false;
        entries[i].sequence_number = STR_EMPTY;
        entries[i].shard_id = STR_EMPTY;
    }
    enum err code = ERR_OK;
    for (size_t from = 0; from < count && code == ERR_OK; from += p.count) {
        p.entries = entries + from;
        p.count = chunk_count(p.entries, count - from);
        code = put_chunk(&p, d);
        arena_reset(p.scratch);
    }
    arena_free(p.scratch);
    return code;
}
