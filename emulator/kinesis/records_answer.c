/* The text comes in pieces: what stands before the records, each record, what comes after them. A
 * record with much data is several. A piece is written straight to where the answer goes if there
 * is room for it, else aside, from where it follows bit by bit. Invariants:
 * 1. All pieces together have the length that was told at first (asserted at the end).
 * 2. A record is looked at twice: for its length, and when it is written. */
#include "records_answer.h"

#include <string.h>
#include "base/limits.h"
#include "record_text.h"

/* Of one record's data in one piece: a multiple of 3, as base64 is written in parts. */
#define PIECE_DATA_BYTES (24 * KIB)
/* Beside its data and its key: names, numbers, dates. */
#define PIECE_REST_BYTES 256
#define KEY_BYTE_TEXT_MAX 6 /* JSON's \u001f */
#define LOOK_AHEAD 12       /* records whose heads are on their way from memory */
#define HEAD_AND_KEY_BYTES 128
#define FETCH_BYTES 1280 /* of the record after the next, while one is written */

enum answer_stage { ANSWER_BEGINS, ANSWER_RECORDS, ANSWER_ENDS, ANSWER_DONE };
struct records_answer {
    struct body_source source;
    struct records_facts facts;
    enum answer_stage stage;
    size_t run; /* the record that comes next, and how much of its data has been written */
    uint32_t index;
    size_t data_at;
    struct buf aside;
    size_t aside_at;
    uint64_t written;
};

/* ---- how long it will be ---- */

static uint64_t run_bytes(enum wire_form form, const struct record_run *run)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        record_run_expect(run, i + LOOK_AHEAD, HEAD_AND_KEY_BYTES);
        struct shard_record record = record_run_at(run, i);
        bytes += record_text_bytes(form, &record);
    }
    return bytes;
}

static uint64_t answer_bytes(const struct records_facts *f)
{
    uint64_t bytes = f->before.len + f->after.len, records = 0;
    for (size_t i = 0; i < f->run_count; i++) {
        bytes += run_bytes(f->form, &f->runs[i]);
        records += f->runs[i].count;
    }
    return bytes + (f->form == FORM_MODEL && records > 0 ? records - 1 : 0); /* commas */
}

/* ---- pieces ---- */

static struct shard_record record_next(const struct records_answer *x)
{
    return record_run_at(&x->facts.runs[x->run], x->index);
}

static size_t data_next(const struct records_answer *x, const struct shard_record *record)
{
    size_t left = record->data.len - x->data_at;
    return left < PIECE_DATA_BYTES ? left : PIECE_DATA_BYTES;
}

static void record_step(struct records_answer *x)
{
    x->data_at = 0;
    if (++x->index == x->facts.runs[x->run].count) {
        x->index = 0;
        x->run++;
    }
    x->stage = x->run == x->facts.run_count ? ANSWER_ENDS : ANSWER_RECORDS;
}

static void record_piece(struct records_answer *x, struct buf *out)
{
    enum wire_form form = x->facts.form;
    struct shard_record record = record_next(x);
    size_t count = data_next(x, &record);
    if (x->data_at == 0) {
        record_run_expect(&x->facts.runs[x->run], x->index + 2, FETCH_BYTES);
        if (form == FORM_MODEL && (x->run > 0 || x->index > 0)) {
            buf_add_char(out, ',');
        }
        record_text_begin(out, form, &record);
    }
    record_text_data(out, form, str_slice(record.data, x->data_at, x->data_at + count));
    x->data_at += count;
    if (x->data_at == record.data.len) {
        record_text_end(out, form, &record);
        record_step(x);
    }
}

static void piece_add(struct records_answer *x, struct buf *out)
{
    switch (x->stage) {
    case ANSWER_BEGINS:
        buf_add(out, x->facts.before);
        x->stage = x->facts.run_count > 0 ? ANSWER_RECORDS : ANSWER_ENDS;
        break;
    case ANSWER_RECORDS:
        record_piece(x, out);
        break;
    case ANSWER_ENDS:
        buf_add(out, x->facts.after);
        x->stage = ANSWER_DONE;
        break;
    case ANSWER_DONE:
        break;
    }
}

/* At most what the next piece takes. */
static size_t piece_bytes_max(const struct records_answer *x)
{
    if (x->stage != ANSWER_RECORDS) {
        return x->stage == ANSWER_BEGINS ? x->facts.before.len : x->facts.after.len;
    }
    struct shard_record record = record_next(x);
    return (data_next(x, &record) + 2) / 3 * 4 + record.partition_key.len * KEY_BYTE_TEXT_MAX +
           PIECE_REST_BYTES;
}

/* ---- reading ---- */

static size_t aside_read(struct records_answer *x, char *to, size_t max)
{
    size_t left = x->aside.len - x->aside_at, n = left < max ? left : max;
    if (n > 0) {
        memcpy(to, x->aside.ptr + x->aside_at, n);
        x->aside_at += n;
    }
    return n;
}

static size_t piece_read(struct records_answer *x, char *to, size_t max)
{
    if (piece_bytes_max(x) <= max) {
        struct buf out = {.ptr = to, .cap = max, .max = max};
        piece_add(x, &out);
        return out.len;
    }
    buf_truncate(&x->aside, 0);
    x->aside_at = 0;
    piece_add(x, &x->aside);
    return aside_read(x, to, max);
}

static size_t answer_read(void *self, char *to, size_t max)
{
    struct records_answer *x = self;
    size_t n = aside_read(x, to, max);
    while (n < max && x->stage != ANSWER_DONE) {
        n += piece_read(x, to + n, max - n);
    }
    x->written += n;
    ASSERT(x->written <= x->source.bytes);
    ASSERT(n == max || x->written == x->source.bytes);
    return n;
}

const struct body_source *records_answer(const struct records_facts *facts, struct arena *a)
{
    struct records_answer *x = NEW(a, struct records_answer);
    *x = (struct records_answer){.facts = *facts};
    buf_init(&x->aside, a, HTTP_BODY_BYTES_MAX);
    x->source = (struct body_source){.bytes = answer_bytes(facts), .read = answer_read, .self = x};
    return &x->source;
}
