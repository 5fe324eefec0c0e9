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
    bool fields = format == READER_CSV || format == READER_VPC_FLOW || format == READER_ALB ||
                  format == READER_S3_ACCESS;
    CHECK((record->names != NULL) == fields);
    CHECK(record->field_count <= READER_FIELDS_MAX);
    CHECK(fields || format == READER_FIREHOSE_FAILED || record->problem.len == 0 ||
          record->data.len > RECORD_BYTES_MAX);
    CHECK(format == READER_CSV || format == READER_CAPTURE || format == READER_KPL ||
          record->data.len > 0);
}

static struct reading read_all(struct arena *a, struct str object, const struct reader_form *form)
{
    struct reading result = {0};
    struct diag d = DIAG_INIT;
    struct reader *r;
    struct reader_record record;
    result.err = reader_open(a, object, form, &r, &d);
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
    for (int format = READER_DETECT; format < READER_FORMAT_COUNT; format++) {
        struct arena *a = arena_new("fuzz", 4 * GIB);
        struct reader_form form = {.kind = (enum reader_format)format};
        if (format == READER_CSV && size > 4) { /* a dialect by the last bytes */
            form.csv.delimiter = (char)(data[size - 1] & 0x7F);
            form.csv.quote = (char)(data[size - 2] & 0x7F);
            form.csv.escape = (char)(data[size - 3] & 0x7F);
            form.csv.unquoted = (data[size - 4] & 1) != 0;
        }
        struct reading one = read_all(a, object, &form);
        struct reading two = read_all(a, object, &form);
        CHECK(one.err == two.err && one.records == two.records && one.hash == two.hash);
        arena_free(a);
    }
    return 0;
}
