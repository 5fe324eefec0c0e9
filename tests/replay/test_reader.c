/* test_reader.c -- Captured objects of every format and compression, made by gzip, zstd and Python
 * (make_objects.py): what is read equals what they wrote, and nothing that is cut or foreign
 * passes. */
#include <criterion/criterion.h>

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/aggregated.h"
#include "replay/reader.h"
#include "replay_bench.h"

TestSuite(reader, .init = bench_setup, .fini = bench_teardown);

/* Everything of an opened object: the records, each followed by a line feed; CSV fields joined by
 * 0x1f. */
static enum err read_all(struct reader *r, struct buf *out, uint64_t *ret_count, struct diag *d)
{
    struct reader_record record;
    enum err err;
    uint64_t count = 0;
    while ((err = reader_next(r, bench_arena(), &record, d)) == ERR_OK) {
        cr_expect_eq(record.ordinal, count);
        cr_expect_eq(record.problem.len, 0);
        for (size_t i = 0; i < record.field_count; i++) {
            buf_addf(out, "%s%.*s", i == 0 ? "" : "\x1f", STR_ARG(record.fields[i]));
        }
        buf_add(out, record.names == NULL ? record.data : STR_EMPTY);
        buf_add_char(out, '\n');
        count++;
    }
    *ret_count = count;
    return err;
}

/* Opens and reads to the end; gives the error of either, ERR_OK when it reads well. */
static enum err read_object(struct str object, enum reader_format format, uint64_t *ret_count,
                            struct diag *d)
{
    struct reader *r;
    struct reader_record record;
    *ret_count = 0;
    struct reader_form form = {.kind = format};
    TRY(reader_open(bench_arena(), object, &form, &r, d));
    enum err err;
    while ((err = reader_next(r, bench_arena(), &record, d)) == ERR_OK) {
        (*ret_count)++;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

struct pieces {
    struct str rest;
    size_t first, size;
    char room[4096]; /* each piece in the same memory, as a file's is */
};

static enum err pieces_more(void *ctx, struct str *ret_piece, struct diag *d)
{
    struct pieces *p = ctx;
    size_t size = p->first > 0 ? p->first : p->size;
    (void)d;
    p->first = 0;
    size = size > p->rest.len ? p->rest.len : size;
    memset(p->room, '#', sizeof(p->room));
    memcpy(p->room, p->rest.ptr, size);
    p->rest = str_from(p->rest, size);
    *ret_piece = str_n(p->room, size);
    return ERR_OK;
}

/* All that a reader gives, as text; and how it ended. */
static struct str reading(struct str object, size_t first, size_t size)
{
    struct pieces p = {.rest = object, .first = first, .size = size};
    struct reader_input input = {.more = pieces_more, .ctx = &p};
    struct reader_form form = {.digest = true};
    struct reader_record record;
    struct reader *r;
    struct diag d = DIAG_INIT;
    struct buf out;
    buf_init(&out, bench_arena(), 16 * MIB);
    enum err err = size == 0 ? reader_open(bench_arena(), object, &form, &r, &d)
                             : reader_open_input(bench_arena(), &input, &form, &r, &d);
    while (err == ERR_OK && (err = reader_next(r, bench_arena(), &record, &d)) == ERR_OK) {
        buf_addf(&out, "%s %llu %lld %.*s|%.*s", reader_format_name(reader_format(r)),
                 (unsigned long long)record.ordinal, (long long)record.arrived_us,
                 STR_ARG(record.problem), STR_ARG(record.data));
        for (size_t i = 0; i < record.field_count; i++) {
            buf_addf(&out, "|%.*s=%.*s", STR_ARG(record.names[i]), STR_ARG(record.fields[i]));
        }
        buf_add_char(&out, '\n');
    }
    buf_addf(&out, "%s %s\n", err_name(err), d.msg);
    if (err == ERR_NOT_FOUND) {
        struct str sha256 = reader_raw_sha256(r, bench_arena());
        buf_addf(&out, "%llu %.*s\n", (unsigned long long)reader_raw_bytes(r), STR_ARG(sha256));
    }
    return buf_str(&out);
}

/* Larger objects in larger pieces only: time. */
static void expect_same_in_pieces(struct str name, struct str object)
{
    static const size_t sizes[] = {1, 7, 61, 4096};
    struct str whole = reading(object, 0, 0);
    for (size_t i = object.len > 4 * KIB; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct arena_mark mark = arena_mark(bench_arena());
        struct str parted = reading(object, 1 + i, sizes[i]);
        cr_expect(str_eq(whole, parted), "%.*s by %zu", STR_ARG(name), sizes[i]);
        arena_rewind(bench_arena(), mark);
    }
}

static void expect_row(struct str line)
{
    struct str name, format, records, bytes, sha_raw, sha_records;
    cr_assert(str_cut(&line, '\t', &name) && str_cut(&line, '\t', &format) &&
              str_cut(&line, '\t', &records) && str_cut(&line, '\t', &bytes) &&
              str_cut(&line, '\t', &sha_raw) && str_cut(&line, '\t', &sha_records));
    struct str object = bench_read(str_z(bench_arena(), name));
    struct reader_form detected = {.digest = true}, forced = {.digest = true};
    struct diag d = DIAG_INIT;
    struct reader *r;
    cr_assert(reader_open(bench_arena(), object, &detected, &r, &d) == ERR_OK, "%.*s: %s",
              STR_ARG(name), d.msg);
    cr_expect(str_eq(str_of(reader_format_name(reader_format(r))), format), "%.*s is %s",
              STR_ARG(name), reader_format_name(reader_format(r)));
    cr_assert(reader_format_parse(format, &forced.kind, &d) == ERR_OK);
    cr_assert(reader_open(bench_arena(), object, &forced, &r, &d) == ERR_OK, "%.*s: %s",
              STR_ARG(name), d.msg);
    struct buf out;
    uint64_t count, count_expected;
    buf_init(&out, bench_arena(), 16 * MIB);
    cr_expect_eq(read_all(r, &out, &count, &d), ERR_NOT_FOUND, "%.*s: %s", STR_ARG(name), d.msg);
    cr_assert(str_u64(records, &count_expected, &d) == ERR_OK);
    cr_expect_eq(count, count_expected, "%.*s: %llu records", STR_ARG(name),
                 (unsigned long long)count);
    cr_expect(str_eq(hash_sha256_hex(bench_arena(), buf_str(&out)), sha_records),
              "%.*s: other records", STR_ARG(name));
    cr_expect(str_eq(reader_raw_sha256(r, bench_arena()), sha_raw), "%.*s: other bytes",
              STR_ARG(name));
    cr_expect(
        str_eq(str_printf(bench_arena(), "%llu", (unsigned long long)reader_raw_bytes(r)), bytes));
    expect_same_in_pieces(name, object);
}

Test(reader, reads_what_other_tools_wrote)
{
    /* Formats by compressions: the records and the bytes are those that Python counted and hashed.
     */
    bench_make_objects();
    struct str lines = bench_read("expected.tsv"), line;
    size_t rows = 0;
    while (str_cut(&lines, '\n', &line)) {
        if (line.len > 0) {
            expect_row(line);
            rows++;
        }
    }
    cr_expect_eq(rows, 41);
}

/* Cut at every 97th byte: never fewer records in silence. */
static void expect_cuts_seen(const char *name)
{
    struct str object = bench_read(name);
    for (size_t len = 2; len < object.len; len += 97) {
        struct diag d = DIAG_INIT;
        uint64_t count;
        struct arena_mark mark = arena_mark(bench_arena());
        enum err err = read_object(str_slice(object, 0, len), READER_DETECT, &count, &d);
        cr_expect(err ==
                      (len < 4 && str_ends(str_of(name), STR("zst")) ? ERR_INVALID : ERR_CORRUPT),
                  "%s at %zu: %s %s", name, len, err_name(err), d.msg);
        cr_expect(d.msg[0] != '\0');
        arena_rewind(bench_arena(), mark);
    }
}

Test(reader, notices_every_cut)
{
    /* A truncated gzip or zstd object, and a truncated array of CloudTrail, is refused as a whole.
     */
    bench_make_objects();
    expect_cuts_seen("pipe.gz");
    expect_cuts_seen("all_flags.gz");
    expect_cuts_seen("trail.json.gz");
    expect_cuts_seen("sized.zst");
    expect_cuts_seen("streamed.zst");
    expect_cuts_seen("unchecked.zst");
    struct str trail = bench_read("trail.json");
    for (size_t len = 12; len < trail.len; len += 997) {
        struct diag d = DIAG_INIT;
        uint64_t count;
        cr_expect_eq(read_object(str_slice(trail, 0, len), READER_DETECT, &count, &d), ERR_INVALID,
                     "at %zu", len);
    }
}

Test(reader, refuses_by_name)
{
    /* What is not read says what it is, and where. */
    bench_make_objects();
    static const struct {
        const char *name;
        enum err err;
        const char *says;
    } rows[] = {
        {"trailing.gz", ERR_CORRUPT, "what follows the gzip member is none"},
        {"trailing.zst", ERR_CORRUPT, "no zstd frame begins here"},
        {"array.json", ERR_UNSUPPORTED, "a JSON array"},
        {"words.txt", ERR_INVALID, "neither JSON objects nor CSV"},
        {"packed_damaged", ERR_CORRUPT, "its MD5 is another one"},
        {"lines.xz", ERR_UNSUPPORTED, "xz is not read"},
        {"lines.bz2", ERR_UNSUPPORTED, "bzip2 is not read"},
        {"utf16.csv", ERR_UNSUPPORTED, "UTF-16 is not read"},
        {"lines.zip", ERR_UNSUPPORTED, "zip is not read"},
        {"dictionary.zst", ERR_UNSUPPORTED, "zstd frame at byte 0: dictionaries are not read"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        uint64_t count;
        enum err err = read_object(bench_read(rows[i].name), READER_DETECT, &count, &d);
        cr_expect_eq(err, rows[i].err, "%s: %s", rows[i].name, err_name(err));
        cr_expect(str_contains(str_of(d.msg), str_of(rows[i].says)), "%s: %s", rows[i].name, d.msg);
    }
    struct diag d = DIAG_INIT;
    enum reader_format format;
    cr_expect_eq(reader_format_parse(STR("ndjsn"), &format, &d), ERR_INVALID);
    cr_expect(str_contains(str_of(d.msg), STR("\"ndjson\"?")), "%s", d.msg);
}

Test(reader, stops_a_bomb_at_the_cap)
{
    /* 300 MiB of zeros in a small object: refused at CAPTURE_BYTES_MAX, by both decompressors. */
    /* Members and frames one after another: 20 times 15 MiB. */
    bench_shell("head -c 15728640 /dev/zero | gzip -1 > member && head -c 15728640 /dev/zero | "
                "zstd -q -c > frame && "
                "for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do cat member >> "
                "bomb.gz; cat frame >> "
                "bomb.zst; done");
    static const char *const names[] = {"bomb.gz", "bomb.zst"};
    for (size_t i = 0; i < 2; i++) {
        struct diag d = DIAG_INIT;
        struct arena *a = arena_new("bomb", 2 * GIB);
        struct str bytes;
        struct str object = bench_read(names[i]);
        cr_assert_lt(object.len, 2 * MIB);
        cr_expect_eq(reader_inflate(a, object, &bytes, &d), ERR_LIMIT, "%s", names[i]);
        cr_expect(str_contains(str_of(d.msg), STR("268435456")), "%s", d.msg);
        arena_free(a);
    }
}

Test(reader, tells_bad_records_from_bad_objects)
{
    /* A bad line or row is one record; where the end of a record is not known, the object ends with
     * an error. */
    struct diag d = DIAG_INIT;
    uint64_t count;
    cr_expect_eq(read_object(STR("{\"a\":1}\nnot json\n{\"a\":2}\n"), READER_DETECT, &count, &d),
                 ERR_OK);
    cr_expect_eq(count, 3);
    cr_expect_eq(read_object(STR("{\"a\":1}{\"a\":}{\"a\":2}"), READER_DETECT, &count, &d),
                 ERR_INVALID);
    cr_expect_eq(count, 1);
    cr_expect(str_contains(str_of(d.msg), STR("record 1")), "%s", d.msg);
    diag_clear(&d);
    cr_expect_eq(read_object(STR("{\"records\":[1]}"), READER_CLOUDTRAIL, &count, &d), ERR_INVALID);

    struct reader *r;
    struct reader_record record;
    diag_clear(&d);
    struct str csv = STR("id,name\n1,a\n2\n3,c,more\n4,\"x\"y\n\n5,e\n");
    cr_assert_eq(reader_open(bench_arena(), csv, &(struct reader_form){0}, &r, &d), ERR_OK);
    static const char *const problems[] = {"", "CSV: fewer fields than the header has",
                                           "CSV: more fields than the header has",
                                           "CSV: quotes that do not fit", ""};
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(reader_next(r, bench_arena(), &record, &d), ERR_OK);
        cr_expect(str_eq(record.problem, str_of(problems[i])), "row %zu: %.*s", i,
                  STR_ARG(record.problem));
    }
    cr_expect(str_eq(record.data, STR("5,e")));
    cr_expect_eq(record.arrived_us, INSTANT_NEVER);
    cr_expect_eq(reader_next(r, bench_arena(), &record, &d), ERR_NOT_FOUND);
}

Test(reader, reads_our_captures_and_sees_any_flipped_byte)
{
    /* A capture gives its records with what rides beside them; one changed byte anywhere refuses
     * it. */
    struct capture_record records[40];
    struct buf raw;
    buf_init(&raw, bench_arena(), MIB);
    for (size_t i = 0; i < 40; i++) {
        records[i] = (struct capture_record){
            .sequence_number = str_printf(bench_arena(), "%zu", 100 + i),
            .partition_key = STR("key"),
            .arrived_us = (int64_t)i,
            .data = str_printf(bench_arena(), "{\"i\":%zu}", i),
        };
        buf_addf(&raw, "{\"i\":%zu}\n", i);
    }
    struct str object = capture_write(bench_arena(), records, 40);
    struct reader *r;
    struct reader_record record;
    struct diag d = DIAG_INIT;
    cr_assert_eq(reader_open(bench_arena(), object, &(struct reader_form){.digest = true}, &r, &d),
                 ERR_OK);
    cr_expect_eq(reader_format(r), READER_CAPTURE);
    cr_expect(
        str_eq(reader_raw_sha256(r, bench_arena()), hash_sha256_hex(bench_arena(), buf_str(&raw))));
    cr_expect_eq(reader_raw_bytes(r), raw.len);
    for (size_t i = 0; i < 40; i++) {
        cr_assert_eq(reader_next(r, bench_arena(), &record, &d), ERR_OK);
        cr_expect(str_eq(record.data, records[i].data) &&
                  str_eq(record.sequence_number, records[i].sequence_number) &&
                  record.arrived_us == (int64_t)i);
    }
    char *changed = arena_copy(bench_arena(), object.ptr, object.len);
    for (size_t i = 0; i < object.len; i++) {
        uint64_t count;
        struct diag why = DIAG_INIT;
        changed[i] ^= 0x10;
        enum err err = read_object(str_n(changed, object.len), READER_DETECT, &count, &why);
        cr_expect(err != ERR_OK, "byte %zu of %zu: %llu records", i, object.len,
                  (unsigned long long)count);
        changed[i] ^= 0x10;
    }
}

/* Records of a text that is read in a dialect: fields joined by '/', rows by '|', a problem as it
 * is. */
static struct str read_as(const char *dialect, const char *text)
{
    struct reader_form form = {.kind = READER_CSV};
    struct diag d = DIAG_INIT;
    struct reader *r;
    struct reader_record record;
    struct buf out;
    buf_init(&out, bench_arena(), MIB);
    cr_assert(csv_dialect_parse(str_of(dialect), &form.csv, &d) == ERR_OK, "%s: %s", dialect,
              d.msg);
    cr_assert(reader_open(bench_arena(), str_of(text), &form, &r, &d) == ERR_OK, "%s", d.msg);
    for (size_t i = 0; reader_next(r, bench_arena(), &record, &d) == ERR_OK; i++) {
        buf_add_z(&out, i == 0 ? "" : "|");
        for (size_t k = 0; k < record.field_count; k++) {
            buf_addf(&out, "%s%.*s", k == 0 ? "" : "/", STR_ARG(record.fields[k]));
        }
        buf_add(&out, record.problem);
    }
    return buf_str(&out);
}

/* Delimiters are detected, quotes and escapes are as they are named, a text without a header has
 * its names from outside. */
Test(reader, reads_dialects_of_csv)
{
    static const struct {
        const char *dialect, *text, *rows;
    } rows[] = {
        {"", "a;b\n1;2,5\n", "1/2,5"},
        {"", "a\tb\tc\r\n1\t\"x\ty\"\t3\r\n", "1/x\ty/3"},
        {"", "a|b\n1|2\n", "1/2"},
        {"", "a,b;c\n1,2\n", "1/2"}, /* as many either way: the comma */
        {"names=a,b", "1,2\n3,4", "1/2|3/4"},
        {"delimiter=space quote='", "a b\n'1 x' 'it''s'\n", "1 x/it's"},
        {"quote=none", "a,b\n\"1,2\"\n", "\"1/2\""},
        {"escape=\\", "a,b\n\"x\\\"y\",1\\,2\n", "x\"y/1,2"},
        {"escape=\\ quote=none", "a,b\nx\\\ny,z\n", "x\ny/z"},
        {"escape=\"", "a,b\n\"x\"\"y\",2\n", "x\"y/2"},
        {"delimiter=;", "a;b\n1;2;3\n4;5\n", "CSV: more fields than the header has|4/5"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str found = read_as(rows[i].dialect, rows[i].text);
        cr_expect(str_eq(found, str_of(rows[i].rows)), "%s of %s: %.*s", rows[i].dialect,
                  rows[i].text, STR_ARG(found));
    }
    static const char *const bad[] = {"delimiter", "delimiter=", "delimiter=ab",
                                      "sep=,",     "names=",     "delimiter=' quote='"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct csv_dialect dialect;
        struct diag d = DIAG_INIT;
        cr_expect_eq(csv_dialect_parse(str_of(bad[i]), &dialect, &d), ERR_INVALID, "%s", bad[i]);
    }
}

/* A log line that is cut, or longer than its header, is a record with a problem; fields that AWS
 * may add behind the last are passed over; an envelope without its record is a problem, and the
 * time of arrival is the envelope's. */
Test(reader, tells_bad_lines_of_logs_and_bad_envelopes)
{
    static const struct {
        enum reader_format kind;
        const char *text, *problem;
        size_t fields;
    } rows[] = {
        {READER_VPC_FLOW, "version bytes\n2 5\n", "", 2},
        {READER_VPC_FLOW, "version bytes\n2\n", "log line: too few fields", 0},
        {READER_VPC_FLOW, "version bytes\n2 5 6\n", "log line: more fields than the header has", 0},
        {READER_VPC_FLOW, "2 1 e a b 1 2 6 1 1 1 2 ACCEPT OK\n", "", 14},
        {READER_ALB, "http 2026-01-01T00:00:00Z e \"open\n", "log line: quotes that do not fit", 0},
        {READER_ALB,
         "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 "
         "30 31 32 33 34 35\n",
         "", 33},
        {READER_S3_ACCESS, "o b [06/Feb/2019:00:00:38 +0000] \"an \"own\" quote\" x\n",
         "log line: quotes that do not fit", 0},
        {READER_S3_ACCESS, "owner bucket [06/Feb/2019:00:00:38 +0000] ip\n",
         "log line: too few fields", 0},
        {READER_FIREHOSE_FAILED, "{\"rawData\":\"e30=\",\"arrivalTimestamp\":1500}", "", 0},
        {READER_FIREHOSE_FAILED, "{\"rawData\":\"e30\"}", "rawData: not base64", 0},
        {READER_FIREHOSE_FAILED, "{\"rawData\":\"\"}", "rawData: empty", 0},
        {READER_FIREHOSE_FAILED, "[1]", "rawData: missing", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reader_form form = {.kind = rows[i].kind};
        struct diag d = DIAG_INIT;
        struct reader *r;
        struct reader_record record;
        cr_assert_eq(reader_open(bench_arena(), str_of(rows[i].text), &form, &r, &d), ERR_OK);
        cr_assert_eq(reader_next(r, bench_arena(), &record, &d), ERR_OK);
        cr_expect(str_eq(record.problem, str_of(rows[i].problem)), "row %zu: %.*s", i,
                  STR_ARG(record.problem));
        cr_expect_eq(record.field_count, rows[i].fields, "row %zu: %zu", i, record.field_count);
        cr_expect_eq(record.arrived_us, i == 8 ? 1500000 : INSTANT_NEVER, "row %zu", i);
    }
}

/* A capture of a stream that a producer library writes to gives that library's records, each with
 * its own partition key; a packed record that is damaged stays the one that it is. */
Test(reader, unpacks_what_a_producer_packed)
{
    bench_make_objects();
    struct str packed = bench_read("packed_by_library"), damaged = bench_read("packed_damaged");
    struct capture_record records[] = {
        {.sequence_number = STR("1"), .partition_key = STR("a"), .data = STR("{\"id\":\"one\"}")},
        {.sequence_number = STR("2"), .partition_key = STR("a"), .data = packed},
        {.sequence_number = STR("3"), .partition_key = STR("a"), .data = damaged}};
    struct str object = capture_write(bench_arena(), records, 3);
    struct reader *r;
    struct reader_record record;
    struct diag d = DIAG_INIT;
    cr_assert_eq(reader_open(bench_arena(), object, &(struct reader_form){0}, &r, &d), ERR_OK);
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(reader_next(r, bench_arena(), &record, &d), ERR_OK);
        cr_expect_eq(record.ordinal, i);
        if (i > 0 && i < 7) {
            cr_expect(str_eq(record.data, str_printf(bench_arena(), "{\"id\":\"e%zu\",\"n\":%zu}",
                                                     i - 1, i - 1)));
            cr_expect(
                str_eq(record.partition_key, str_printf(bench_arena(), "key-%zu", (i - 1) % 3)));
            cr_expect(str_eq(record.sequence_number, STR("2")));
        }
    }
    cr_expect(str_eq(record.data, damaged));
    const struct capture_record *expanded = records;
    size_t count = 3;
    aggregated_expand(bench_arena(), &expanded, &count);
    cr_assert_eq(count, 8);
    cr_expect(str_eq(expanded[0].data, records[0].data) && str_eq(expanded[7].data, damaged));
    cr_expect(str_eq(expanded[6].data, STR("{\"id\":\"e5\",\"n\":5}")));
    cr_expect_eq(reader_next(r, bench_arena(), &record, &d), ERR_NOT_FOUND);
}

Test(reader, reads_the_same_in_pieces_of_any_size)
{
    /* Where one piece of an object ends and the next begins changes nothing: records, problems,
     * errors and their places are those of the object as a whole, with a boundary at every byte. */
    static const char *const texts[] = {
        "{\"a\":1}\n\n {\"a\":\"x y\"} \r\nnot json\n{\"a\":3}",
        "{\"a\":1}{\"b\":[1,{\"c\":\"}\\\"\"}]} {\"d\":-1.5e3}\n{\"e\":null}  ",
        "{\"a\":1}{\"a\":}{\"a\":2}",
        "{\"Records\" : [ {\"a\":\"]\"} , {\"b\":[ ]},7 ] , \"z\":{\"y\":[1]}} ",
        "{\"Records\":[{\"a\":1},{\"a\":2]}",
        "\xEF\xBB\xBFid,name,at\r\n1,\"a, "
        "\"\"b\"\"\nc\",x\r\n2\n\n3,c,d,e\n4,\"x\"y,z\n5,e,\n6,\"open,1\n7,s,t",
        "account-id srcaddr bytes\n1 10.0.0.1 5\n2 10.0.0.2\n\n3 \"quoted 7\n4 - 8 ",
        "{\"attemptsMade\":4,\"arrivalTimestamp\":1577836800000,\"rawData\":\"eyJhIjoxfQ==\"}\n"
        "{\"attemptsMade\":4,\"arrivalTimestamp\":1577836800001,\"rawData\":\"!\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str text = str_of(texts[i]), whole = reading(text, 0, 0);
        for (size_t first = 1; first < text.len; first++) {
            struct arena_mark mark = arena_mark(bench_arena());
            struct str parted = reading(text, first, text.len), tiny = reading(text, first, 1);
            cr_expect(str_eq(whole, parted), "%zu, at %zu:\n%.*s%.*s", i, first, STR_ARG(whole),
                      STR_ARG(parted));
            cr_expect(str_eq(whole, tiny), "%zu, by bytes:\n%.*s%.*s", i, STR_ARG(whole),
                      STR_ARG(tiny));
            arena_rewind(bench_arena(), mark);
        }
    }
}

Test(reader, refuses_what_is_longer_than_a_record_by_its_place)
{
    /* A line of 12 MB is one bad record and the next one follows; a value of that size, whose end
     * only reading it all would tell, ends the object. */
    bench_shell(
        "{ echo '{\"a\":1}'; printf '{\"a\":\"'; head -c 12000000 /dev/zero | tr '\\0' x; "
        "printf '\"}\\n{\"a\":3}\\n'; } > lines; gzip -1 -k lines; tr -d '\\n' < lines > values; "
        "{ printf '{\"Records\":['; tail -n +2 lines | head -n 1; printf ']}'; } > trail");
    static const char *const names[] = {"lines", "lines.gz"};
    for (size_t i = 0; i < 2; i++) {
        struct reader *r;
        struct reader_record record;
        struct diag d = DIAG_INIT;
        struct str object = bench_read(names[i]);
        struct arena *a = arena_new("long line", 32 * MIB);
        cr_assert_eq(reader_open(a, object, &(struct reader_form){0}, &r, &d), ERR_OK);
        cr_expect_eq(reader_next(r, a, &record, &d), ERR_OK);
        cr_expect_eq(reader_next(r, a, &record, &d), ERR_OK);
        cr_expect(str_eq(record.problem, STR("record: over 10 MiB")));
        cr_assert_eq(reader_next(r, a, &record, &d), ERR_OK, "%s", d.msg);
        cr_expect(record.ordinal == 2 && str_eq(record.data, STR("{\"a\":3}")));
        cr_expect_eq(reader_next(r, a, &record, &d), ERR_NOT_FOUND);
        cr_expect_eq(reader_raw_bytes(r), 12000000 + 25);
        arena_free(a);
    }
    struct diag d = DIAG_INIT;
    uint64_t count;
    cr_expect_eq(read_object(bench_read("values"), READER_CONCATENATED, &count, &d), ERR_LIMIT);
    cr_expect_eq(count, 1);
    cr_expect(str_contains(str_of(d.msg), STR("byte 7:")), "%s", d.msg);
    diag_clear(&d);
    cr_expect_eq(read_object(bench_read("trail"), READER_DETECT, &count, &d), ERR_LIMIT);
    cr_expect(str_contains(str_of(d.msg), STR("record 0: byte 12:")), "%s", d.msg);
}
