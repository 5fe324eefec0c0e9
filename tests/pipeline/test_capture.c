/* test_capture.c -- Raw objects: records come back as they were, other tools read them, and no
 * changed or missing byte goes unnoticed. Oracles: the zstd program, and a reader written from
 * docs/capture-format.md in tests/pipeline/capture_read.py. */
#include "fixture.h"

#include <string.h>
#include <unistd.h>
#include "base/hash.h"
#include "pipeline/capture_codec.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 2 * GIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(capture, .init = setup, .fini = teardown);

/* Record i of a run: sizes from 0 on, every byte value in it, so newlines too. */
static struct capture_record record_at(size_t i, size_t size)
{
    char *bytes = arena_alloc_raw(memory, size);
    uint64_t state = i + 1;
    for (size_t k = 0; k < size; k++) {
        state = hash64_mix(state, k);
        bytes[k] = (char)(unsigned char)state;
    }
    return (struct capture_record){
        .sequence_number = str_printf(memory, "4959%zu", i + 100),
        .partition_key = i % 3 == 0 ? STR_EMPTY : str_printf(memory, "key-%zu", i % 7),
        .arrived_us = 1700000000000000 + (int64_t)i * 1000 - (i % 5 == 0 ? 9000 : 0),
        .data = str_n(bytes, size)};
}

static void expect_same(const struct capture_record *a, const struct capture_record *b)
{
    cr_expect(str_eq(a->sequence_number, b->sequence_number));
    cr_expect(str_eq(a->partition_key, b->partition_key));
    cr_expect_eq(a->arrived_us, b->arrived_us);
    cr_expect(str_eq(a->data, b->data));
}

static void expect_round_trip(const struct capture_record *records, size_t count)
{
    struct diag d = DIAG_INIT;
    struct capture_record *back;
    struct capture_summary summary;
    size_t back_count, bytes = 0;
    struct str object = capture_write(memory, records, count);
    cr_expect(str_eq(object, capture_write(memory, records, count)), "not a function");
    cr_expect(capture_is(object));
    cr_assert(capture_read(memory, object, &back, &back_count, &d) == ERR_OK, "%s", d.msg);
    cr_assert_eq(back_count, count);
    for (size_t i = 0; i < count; i++) {
        expect_same(&back[i], &records[i]);
        bytes += records[i].data.len + 1;
    }
    cr_assert(capture_summarize(memory, object, &summary, &d) == ERR_OK, "%s", d.msg);
    cr_expect(summary.records == count && summary.bytes == bytes);
    cr_expect(str_eq(summary.first_sequence_number, records[0].sequence_number));
    cr_expect(str_eq(summary.last_sequence_number, records[count - 1].sequence_number));
    cr_expect_eq(summary.first_arrived_us, records[0].arrived_us);
    cr_expect_eq(summary.last_arrived_us, records[count - 1].arrived_us);
}

/* Records of any bytes and sizes, newlines, nothing at all, and one larger than a frame, come back
 * as they were. */
Test(capture, records_come_back_as_they_were)
{
    struct capture_record records[600];
    for (size_t i = 0; i < 600; i++) {
        records[i] = record_at(i, i == 300 ? CAPTURE_FRAME_BYTES + 17 : i * 7 % 2000);
    }
    records[1].data = STR("\n\n");
    static const size_t counts[] = {1, 2, 3, 100, 300, 301, 302, 600};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        expect_round_trip(records, counts[i]);
    }
    struct capture_record nothing = {.data = STR_EMPTY, .arrived_us = INT64_MIN};
    expect_round_trip(&nothing, 1);
}

/* The largest record that Kinesis takes fits. */
Test(capture, a_codec_that_is_kept_writes_and_reads_the_same)
{
    /* Small objects, compressible and not, with a large one now and then (after so many small ones
     * zstd takes less memory again) and damaged ones between them, through one codec: each is byte
     * by byte what a fresh one writes. */
    static const size_t sizes[] = {1, 30000, 0, 40, 7, 5000, 90};
    struct arena *home = arena_new("codec", 64 * MIB);
    struct capture_codec *codec = capture_codec_new(home);
    for (size_t i = 0; i < 400; i++) {
        struct arena_mark mark = arena_mark(memory);
        size_t size = i % 180 == 3 ? 1500000 : sizes[i % 7];
        struct capture_record records[] = {record_at(i, size), record_at(i + 1, 50)};
        if (i % 2 == 0) {
            memset((char *)(uintptr_t)records[0].data.ptr, 'a', records[0].data.len);
        }
        struct str object = capture_codec_write(codec, memory, records, 2);
        cr_assert(str_eq(object, capture_write(memory, records, 2)), "object %zu", i);
        struct capture_record *back;
        size_t count;
        struct diag d = DIAG_INIT;
        struct str cut = str_slice(object, 0, object.len / 2);
        cr_assert_neq(capture_codec_read(codec, memory, cut, &back, &count, &d), ERR_OK);
        diag_clear(&d);
        cr_assert_eq(capture_codec_read(codec, memory, object, &back, &count, &d), ERR_OK, "%s",
                     d.msg);
        cr_assert_eq(count, 2);
        expect_same(&records[0], &back[0]);
        arena_rewind(memory, mark);
    }
    arena_free(home);
}

Test(capture, a_record_of_ten_mebibytes_fits)
{
    struct capture_record records[] = {record_at(0, 5), record_at(1, RECORD_BYTES_MAX),
                                       record_at(2, 5)};
    expect_round_trip(records, 3);
}

static void expect_noticed(struct str object, const char *what, size_t at)
{
    struct diag d = DIAG_INIT;
    struct capture_record *records = NULL;
    size_t count;
    struct arena_mark mark = arena_mark(memory);
    enum err err = capture_read(memory, object, &records, &count, &d);
    cr_expect((err == ERR_CORRUPT || err == ERR_LIMIT) && d.msg[0] != '\0' && records == NULL,
              "%s %zu: %s %s", what, at, err_name(err), d.msg);
    arena_rewind(memory, mark);
}

/* Each byte of an object changed in eight ways, each length that is too short, and a byte too many:
 * all are noticed. Plain and compressed indexes. */
Test(capture, no_changed_or_missing_byte_goes_unnoticed)
{
    static const size_t counts[] = {3, 60};
    for (size_t c = 0; c < 2; c++) {
        struct capture_record records[60];
        for (size_t i = 0; i < counts[c]; i++) {
            records[i] = record_at(i, i % 40);
        }
        struct str object = capture_write(memory, records, counts[c]);
        char *copy = arena_copy(memory, object.ptr, object.len);
        for (size_t at = 0; at < object.len; at++) {
            for (int bit = 0; bit < 8; bit += counts[c] == 3 ? 1 : 5) {
                copy[at] = (char)(copy[at] ^ (1 << bit));
                expect_noticed(str_n(copy, object.len), "flipped", at);
                copy[at] = (char)(copy[at] ^ (1 << bit));
            }
            expect_noticed(str_n(copy, at), "cut at", at);
        }
        expect_noticed(str_join(memory, object, STR("\n")), "longer than", object.len);
    }
}

static uint64_t number_at(const char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) {
        value = value << 8 | (unsigned char)bytes[i];
    }
    return value;
}

static void checksum_put(char *at, const char *from, size_t len)
{
    uint64_t checksum = hash_crc64nvme(0, str_n(from, len));
    for (size_t i = 0; i < 8; i++) {
        at[i] = (char)(unsigned char)(checksum >> (8 * i));
    }
}

/* An object whose every checksum is right, but whose index parts the bytes elsewhere: the newline
 * that must follow each record tells. Offsets are those of docs/capture-format.md. */
Test(capture, a_forged_boundary_is_noticed)
{
    struct capture_record records[] = {{.data = STR("a")}, {.data = STR("bc")}};
    struct str object = capture_write(memory, records, 2);
    char *bytes = arena_copy(memory, object.ptr, object.len);
    char *seek = bytes + object.len - number_at(bytes + object.len - 8, 4);
    char *index =
        seek - 8 - number_at(seek + 60 + 12, 4); /* two empty texts stand before the entry */
    size_t index_size = number_at(index + 4, 4);
    cr_assert(memcmp(seek, "AFS1", 4) == 0 && memcmp(index + 8, "AFI1", 4) == 0);
    cr_assert(index[8 + 32] == 1 && index[8 + 32 + 16] == 2, "the two lengths");
    index[8 + 32] = 2;
    index[8 + 32 + 16] = 1;
    checksum_put(index + 8 + index_size - 8, index + 8, index_size - 8);
    checksum_put(seek + 48, bytes, (size_t)(seek - 8 - bytes));
    size_t seek_size = (size_t)(bytes + object.len - seek);
    checksum_put(seek + seek_size - 16, seek, seek_size - 16);
    struct diag d = DIAG_INIT;
    struct capture_record *back = NULL;
    size_t count;
    cr_expect_eq(capture_read(memory, str_n(bytes, object.len), &back, &count, &d), ERR_CORRUPT);
    cr_expect_str_eq(d.msg, "frame 0 at byte 0: its index and its records differ");
}

static struct str run(struct str line)
{
    const char *command = str_z(memory, line);
    FILE *f = popen(command, "r");
    cr_assert(f != NULL);
    struct buf out;
    buf_init(&out, memory, 64 * MIB);
    for (size_t got = 1; got > 0;) {
        got = fread(buf_reserve(&out, 64 * KIB), 1, 64 * KIB, f);
        buf_commit(&out, got);
    }
    cr_assert_eq(pclose(f), 0, "%s", command);
    return buf_str(&out);
}

/* To the zstd program an object is NDJSON: the same bytes, as many lines as records. */
Test(capture, zstd_reads_it_as_lines)
{
    struct capture_record records[5000];
    struct buf lines;
    buf_init(&lines, memory, 64 * MIB);
    for (size_t i = 0; i < 5000; i++) {
        records[i] = record_at(i, 0);
        records[i].data = str_printf(memory, "{\"id\":%zu,\"text\":\"%0*d\"}", i, (int)(i % 90), 7);
        buf_addf(&lines, "%.*s\n", STR_ARG(records[i].data));
    }
    struct str object = capture_write(memory, records, 5000);
    char path[] = "/tmp/aforo-capture-XXXXXX";
    int file = mkstemp(path);
    cr_assert(file >= 0);
    cr_assert_eq(write(file, object.ptr, object.len), (ssize_t)object.len);
    close(file);
    cr_expect(str_eq(run(str_printf(memory, "zstd -dc < %s", path)), buf_str(&lines)));
    cr_expect(
        str_eq(str_trim(run(str_printf(memory, "zstd -dc < %s | wc -l", path))), STR("5000")));
    unlink(path);
}
