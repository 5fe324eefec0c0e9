/* inspection.c -- An object read to its end by the reader that a replay uses, and held against the
 * manifest. */
#include "inspection_parts.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "table.h"

static const char *const kinds[] = {
    [PART_GZIP] = "gzip member", [PART_FRAME] = "zstd frame",    [PART_INDEX] = "index",
    [PART_SEEK] = "seek table",  [PART_SKIPPABLE] = "skippable", [PART_REST] = "rest",
};

const char *inspected_kind_name(enum inspected_kind kind)
{
    return kinds[kind];
}

/* ---- reading ---- */

static void see_record(struct arena *a, struct inspection *to, const struct reader_record *record)
{
    to->bad_records += record->problem.len > 0;
    to->longest_record =
        record->data.len > to->longest_record ? record->data.len : to->longest_record;
    if (record->arrived_us != INSTANT_NEVER) {
        bool first = to->first_us == INSTANT_NEVER;
        to->first_us =
            first || record->arrived_us < to->first_us ? record->arrived_us : to->first_us;
        to->last_us = first || record->arrived_us > to->last_us ? record->arrived_us : to->last_us;
    }
    if (record->sequence_number.len > 0) {
        if (to->first_sequence_number.len == 0) {
            to->first_sequence_number = str_copy(a, record->sequence_number);
        }
        to->last_sequence_number = record->sequence_number; /* of the object: outlives the record */
    }
    to->records++;
}

static void add_problem(struct buf *problems, const char *what, int64_t promised, uint64_t found)
{
    if (promised >= 0 && (uint64_t)promised != found) {
        buf_addf(problems, "%s%llu %s, the manifest says %lld", problems->len == 0 ? "" : "; ",
                 (unsigned long long)found, what, (long long)promised);
    }
}

static struct str manifest_problem(struct arena *a, const struct source_object *object,
                                   const struct inspection *i)
{
    struct buf problems;
    buf_init(&problems, a, 4 * KIB);
    add_problem(&problems, "records", object->records, i->records);
    add_problem(&problems, "bytes after decompression", object->raw_bytes, i->raw_bytes);
    if (object->sha256_of_raw.len > 0 && !str_eq(object->sha256_of_raw, i->sha256)) {
        buf_addf(&problems, "%sanother sha256 than the manifest says",
                 problems.len == 0 ? "" : "; ");
    }
    return buf_str(&problems);
}

static enum err read_all(struct arena *a, struct str bytes, const struct source_object *object,
                         const struct reader_form *form, struct inspection *to, struct diag *d)
{
    struct reader *r;
    struct reader_record record;
    struct arena *scratch = arena_child(a, "inspect record", ARENA_TASK_BYTES_MAX);
    struct reader_form with_digest = *form;
    with_digest.digest = form->digest || object->sha256_of_raw.len > 0;
    enum err err = reader_open(a, bytes, &with_digest, &r, d);
    if (err == ERR_OK) {
        to->format = str_of(reader_format_name(reader_format(r)));
    }
    while (err == ERR_OK) {
        arena_reset(scratch);
        err = reader_next(r, scratch, &record, d);
        if (err == ERR_OK) {
            see_record(a, to, &record);
        }
    }
    arena_free(scratch);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    to->raw_bytes = reader_raw_bytes(r);
    to->sha256 = with_digest.digest ? reader_raw_sha256(r, a) : STR_EMPTY;
    to->problem = manifest_problem(a, object, to);
    return ERR_OK;
}

enum err inspection_make(struct arena *a, const struct source *source,
                         const struct source_object *object, const struct reader_form *form,
                         struct inspection *ret_inspection, struct diag *d)
{
    struct str bytes;
    struct diag unreadable = DIAG_INIT;
    struct inspection i = {.key = object->key, .first_us = INSTANT_NEVER, .last_us = INSTANT_NEVER};
    TRY(source_fetch(source, object, a, &bytes, d));
    i.stored_bytes = bytes.len;
    inspection_walk(a, bytes, &i);
    if (read_all(a, bytes, object, form, &i, &unreadable) != ERR_OK) {
        i.problem = str_copy(a, str_of(unreadable.msg));
    }
    *ret_inspection = i;
    return ERR_OK;
}

void inspection_add(struct inspection_total *total, const struct inspection *i)
{
    total->objects++;
    total->problems += i->problem.len > 0;
    total->records += i->records;
    total->bad_records += i->bad_records;
    total->stored_bytes += i->stored_bytes;
    total->raw_bytes += i->raw_bytes;
}

/* ---- for programs ---- */

static void parts_json(struct json_out *w, const struct inspection *i)
{
    json_out_key(w, "parts");
    json_out_array(w);
    for (size_t k = 0; k < i->part_count; k++) {
        const struct inspected_part *part = &i->parts[k];
        json_out_object(w);
        json_out_kstr(w, "kind", str_of(kinds[part->kind]));
        json_out_ki64(w, "at", (int64_t)part->at);
        json_out_ki64(w, "size", (int64_t)part->size);
        if (part->kind == PART_GZIP || part->kind == PART_FRAME) {
            json_out_ki64(w, "raw_bytes", (int64_t)part->raw_bytes);
        }
        if (part->kind == PART_INDEX || part->kind == PART_SEEK) {
            json_out_ki64(w, "records", (int64_t)part->records);
        }
        if (part->note.len > 0) {
            json_out_kstr(w, "name", part->note);
        }
        if (part->problem.len > 0) {
            json_out_kstr(w, "problem", part->problem);
        }
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

static void moment_json(struct json_out *w, const char *key, int64_t us)
{
    struct buf text;
    if (us != INSTANT_NEVER) {
        buf_init(&text, w->out->arena, 64);
        instant_iso(&text, us);
        json_out_kstr(w, key, buf_str(&text));
    }
}

void inspection_json(struct json_out *w, const struct inspection *i)
{
    json_out_object(w);
    json_out_kstr(w, "key", i->key);
    json_out_ki64(w, "stored_bytes", (int64_t)i->stored_bytes);
    json_out_kstr(w, "packing", str_of(i->packing));
    json_out_kstr(w, "format", i->format);
    json_out_ki64(w, "records", (int64_t)i->records);
    json_out_ki64(w, "bad_records", (int64_t)i->bad_records);
    json_out_ki64(w, "raw_bytes", (int64_t)i->raw_bytes);
    json_out_ki64(w, "longest_record", (int64_t)i->longest_record);
    moment_json(w, "first_arrival", i->first_us);
    moment_json(w, "last_arrival", i->last_us);
    if (i->first_sequence_number.len > 0) {
        json_out_kstr(w, "first_sequence_number", i->first_sequence_number);
        json_out_kstr(w, "last_sequence_number", i->last_sequence_number);
    }
    json_out_kstr(w, "problem", i->problem);
    parts_json(w, i);
    json_out_object_end(w);
}

void inspection_total_json(struct json_out *w, const struct inspection_total *total)
{
    json_out_object(w);
    json_out_ki64(w, "objects", (int64_t)total->objects);
    json_out_ki64(w, "problems", (int64_t)total->problems);
    json_out_ki64(w, "records", (int64_t)total->records);
    json_out_ki64(w, "bad_records", (int64_t)total->bad_records);
    json_out_ki64(w, "stored_bytes", (int64_t)total->stored_bytes);
    json_out_ki64(w, "raw_bytes", (int64_t)total->raw_bytes);
    json_out_object_end(w);
}

/* ---- for people ---- */

static struct str checked(const struct inspection *i)
{
    return i->problem.len > 0 ? i->problem : STR("well");
}

void inspection_table(struct buf *out, const struct inspection *all, size_t count,
                      const struct inspection_total *total)
{
    struct arena *a = out->arena;
    struct table *t = table_new(a, "lrllrrrl");
    const struct str head[] = {STR("object"),  STR("bytes"), STR("packing"),  STR("format"),
                               STR("records"), STR("bad"),   STR("unpacked"), STR("check")};
    table_add(t, head);
    for (size_t k = 0; k < count; k++) {
        const struct inspection *i = &all[k];
        const struct str cells[] = {i->key,
                                    table_number(a, i->stored_bytes),
                                    str_of(i->packing),
                                    i->format.len == 0 ? STR("-") : i->format,
                                    table_number(a, i->records),
                                    table_number(a, i->bad_records),
                                    table_number(a, i->raw_bytes),
                                    checked(i)};
        table_add(t, cells);
    }
    const struct str sum[] = {
        str_printf(a, "%llu objects", (unsigned long long)total->objects),
        table_number(a, total->stored_bytes),
        STR_EMPTY,
        STR_EMPTY,
        table_number(a, total->records),
        table_number(a, total->bad_records),
        table_number(a, total->raw_bytes),
        str_printf(a, "%llu with a problem", (unsigned long long)total->problems)};
    table_add(t, sum);
    table_write(out, t);
}

static void add_moments(struct table *t, struct arena *a, const struct inspection *i)
{
    struct buf text;
    if (i->first_us == INSTANT_NEVER) {
        return;
    }
    buf_init(&text, a, 128);
    instant_iso(&text, i->first_us);
    buf_add_z(&text, " to ");
    instant_iso(&text, i->last_us);
    const struct str cells[] = {STR("arrived"), buf_str(&text)};
    table_add(t, cells);
}

static void add_head(struct buf *out, const struct inspection *i)
{
    struct arena *a = out->arena;
    struct table *t = table_new(a, "ll");
    add_moments(t, a, i);
    if (i->first_sequence_number.len > 0) {
        const struct str cells[] = {STR("sequence numbers"),
                                    str_printf(a, "%.*s to %.*s", STR_ARG(i->first_sequence_number),
                                               STR_ARG(i->last_sequence_number))};
        table_add(t, cells);
    }
    const struct str longest[] = {STR("longest record"), table_number(a, i->longest_record)};
    table_add(t, longest);
    table_write(out, t);
}

void inspection_parts_table(struct buf *out, const struct inspection *i)
{
    struct arena *a = out->arena;
    struct table *t = table_new(a, "rlrrrl");
    const struct str head[] = {STR("at"),       STR("part"),    STR("bytes"),
                               STR("unpacked"), STR("records"), STR("check")};
    add_head(out, i);
    table_add(t, head);
    for (size_t k = 0; k < i->part_count; k++) {
        const struct inspected_part *p = &i->parts[k];
        bool raw = p->kind == PART_GZIP || p->kind == PART_FRAME;
        bool counted = p->kind == PART_INDEX || p->kind == PART_SEEK;
        const struct str cells[] = {table_number(a, p->at),
                                    p->note.len > 0
                                        ? str_printf(a, "%s %.*s", kinds[p->kind], STR_ARG(p->note))
                                        : str_of(kinds[p->kind]),
                                    table_number(a, p->size),
                                    raw ? table_number(a, p->raw_bytes) : STR_EMPTY,
                                    counted ? table_number(a, p->records) : STR_EMPTY,
                                    p->problem.len > 0 ? p->problem : STR("well")};
        table_add(t, cells);
    }
    if (i->part_count > 0) {
        buf_add_char(out, '\n');
        table_write(out, t);
    }
}
