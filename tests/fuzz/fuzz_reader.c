/* fuzz_reader.c -- Any bytes as a captured object, detected and in each format: reading ends,
 * records lie where they should and are numbered, a failure says why, and a second reading gives
 * the same. */
#include "base/hash.h"
#include "base/limits.h"
#include "fuzz_check.h"
#include "replay/reader.h"

struct reading {
    enum err err;
    uint64_t records, hash;
};

static void check_record(const struct reader_record *record, enum reader_format format,
                         uint64_t ordinal)
{
    CHECK(record->ordinal == ordinal);
    CHECK((record->names != NULL) == (format == READER_CSV));
    CHECK(record->field_count <= READER_FIELDS_MAX);
    CHECK(format == READER_CSV || record->problem.len == 0);
    CHECK(format == READER_CSV || format == READER_CAPTURE || record->data.len > 0);
}

static struct reading read_all(struct arena *a, struct str object, enum reader_format forced)
{
    struct reading result = {0};
    struct diag d = DIAG_INIT;
    struct reader *r;
    struct reader_record record;
    result.err = reader_open(a, object, forced, &r, &d);
    while (result.err == ERR_OK) {
        result.err = reader_next(r, a, &record, &d);
        if (result.err == ERR_OK) {
            check_record(&record, reader_format(r), result.records++);
            result.hash = hash64(result.hash, record.data);
            for (size_t i = 0; i < record.field_count; i++) {
                result.hash = hash64(result.hash, record.fields[i]);
            }
        }
    }
    CHECK(result.err == ERR_NOT_FOUND || result.err == ERR_INVALID || result.err == ERR_CORRUPT ||
          result.err == ERR_LIMIT || result.err == ERR_UNSUPPORTED);
    CHECK((result.err == ERR_NOT_FOUND) == (d.code == ERR_OK));
    CHECK(result.err == ERR_NOT_FOUND || d.msg[0] != '\0');
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str object = str_n((const char *)data, size);
    for (int format = READER_DETECT; format <= READER_CSV; format++) {
        struct arena *a = arena_new("fuzz", 4 * GIB);
        struct reading one = read_all(a, object, (enum reader_format)format);
        struct reading two = read_all(a, object, (enum reader_format)format);
        CHECK(one.err == two.err && one.records == two.records && one.hash == two.hash);
        arena_free(a);
    }
    return 0;
}
