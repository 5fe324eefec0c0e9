/* fuzz_capture.c -- Two inputs in one, told apart by the first byte. An object: refused, or its
 * records, which written again are read as the same. Records, one a line: written, read as they
 * were, and refused once a byte was changed. */
#include "fuzz_check.h"
#include "base/limits.h"
#include "pipeline/capture.h"

#define RECORDS_MAX 2000

static void check_same(const struct capture_record *a, const struct capture_record *b)
{
    CHECK(str_eq(a->data, b->data) && a->arrived_us == b->arrived_us);
    CHECK(str_eq(a->sequence_number, b->sequence_number));
    CHECK(str_eq(a->partition_key, b->partition_key));
}

/* Frame by frame it is refused, or the same records. */
static void check_cursor(struct arena *a, struct str object, enum err read,
                         const struct capture_record *records, size_t count)
{
    struct diag d = DIAG_INIT;
    struct capture_cursor *cursor;
    const struct capture_record *found;
    size_t found_count, seen = 0;
    enum err err = capture_cursor_open(a, object, &cursor, &d);
    while (err == ERR_OK) {
        err = capture_cursor_next(cursor, a, &found, &found_count, &d);
        for (size_t i = 0; err == ERR_OK && read == ERR_OK && i < found_count; i++, seen++) {
            CHECK(seen < count);
            check_same(&records[seen], &found[i]);
        }
    }
    CHECK((err == ERR_NOT_FOUND) == (read == ERR_OK) && (read != ERR_OK || seen == count));
}

static struct str check_round_trip(struct arena *a, const struct capture_record *records,
                                   size_t count)
{
    struct diag d = DIAG_INIT;
    struct capture_record *back;
    size_t back_count;
    struct str object = capture_write(a, records, count);
    CHECK(capture_read(a, object, &back, &back_count, &d) == ERR_OK && back_count == count);
    check_cursor(a, object, ERR_OK, records, count);
    for (size_t i = 0; i < count; i++) {
        check_same(&records[i], &back[i]);
    }
    return object;
}

static void check_object(struct arena *a, struct str object)
{
    struct diag d = DIAG_INIT;
    struct capture_record *records = NULL;
    struct capture_summary summary;
    size_t count = 0;
    enum err err = capture_read(a, object, &records, &count, &d);
    check_cursor(a, object, err, records, count);
    if (err == ERR_OK) {
        CHECK(capture_is(object) && capture_summarize(a, object, &summary, &d) == ERR_OK);
        CHECK(summary.records == count);
        check_round_trip(a, records, count);
    } else {
        CHECK((err == ERR_CORRUPT || err == ERR_LIMIT) && d.msg[0] != '\0');
    }
}

static void check_records(struct arena *a, struct str text)
{
    struct capture_record records[RECORDS_MAX];
    struct diag d = DIAG_INIT;
    struct capture_record *back;
    size_t count = 0, back_count;
    for (struct str line; count < RECORDS_MAX && str_cut(&text, '\n', &line); count++) {
        records[count] = (struct capture_record){.data = line,
                                                 .sequence_number = str_slice(line, 0, 9),
                                                 .partition_key = str_from(line, line.len / 2),
                                                 .arrived_us = (int64_t)line.len * -7};
        records[count].partition_key = str_slice(records[count].partition_key, 0, 200);
    }
    if (count == 0) {
        return;
    }
    struct str object = check_round_trip(a, records, count);
    char *bytes = arena_copy(a, object.ptr, object.len);
    size_t at = (size_t)(count * 7919 + records[0].data.len) % object.len;
    bytes[at] = (char)(bytes[at] ^ (1 << (count % 8)));
    CHECK(capture_read(a, str_n(bytes, object.len), &back, &back_count, &d) != ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 2 * GIB);
    struct str bytes = str_n((const char *)data, size);
    if (size > 0 && data[0] == 'r') {
        check_records(a, str_from(bytes, 1));
    } else {
        check_object(a, bytes);
    }
    arena_free(a);
    return 0;
}
