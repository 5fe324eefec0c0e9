/* fuzz_csv.c -- Any bytes: the reader always moves on, counts lines right, and reads again what the
 * writer wrote. */
#include "base/csv.h"
#include "base/limits.h"
#include "fuzz_check.h"

#define FIELDS_MAX 8

static uint64_t lines_before(struct str text, size_t at)
{
    uint64_t lines = 1;
    for (size_t i = 0; i < at; i++) {
        lines += text.ptr[i] == '\n';
    }
    return lines;
}

static void check_written(struct arena *a, const struct str *fields, size_t count)
{
    struct diag d = DIAG_INIT;
    struct buf out;
    struct csv_reader r;
    struct str again[FIELDS_MAX];
    size_t again_count;
    buf_init(&out, a, 64 * MIB);
    for (size_t i = 0; i < count; i++) {
        csv_write(&out, fields[i], i + 1 == count);
    }
    csv_reader_init(&r, buf_str(&out), ',');
    CHECK(csv_read(&r, a, again, FIELDS_MAX, &again_count, &d) == ERR_OK);
    CHECK(again_count == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(str_eq(fields[i], again[i]));
    }
    CHECK(csv_read(&r, a, again, FIELDS_MAX, &again_count, &d) == ERR_NOT_FOUND);
}

static void check(struct arena *a, struct str text, char delimiter)
{
    struct csv_reader r;
    csv_reader_init(&r, text, delimiter);
    for (;;) {
        struct diag d = DIAG_INIT;
        struct str fields[FIELDS_MAX];
        size_t count = 0;
        size_t before = r.at;
        enum err code = csv_read(&r, a, fields, FIELDS_MAX, &count, &d);
        if (code == ERR_NOT_FOUND) {
            CHECK(r.at == text.len && d.code == ERR_OK);
            return;
        }
        CHECK(r.at > before && r.at <= text.len);
        CHECK(r.line == lines_before(text, before));
        if (code == ERR_OK) {
            CHECK(count >= 1 && count <= FIELDS_MAX);
            check_written(a, fields, count);
        } else {
            CHECK((code == ERR_INVALID || code == ERR_LIMIT) && d.msg[0] != '\0');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct str text = str_n((const char *)data, size);
    check(a, text, ',');
    check(a, text, ';');
    arena_free(a);
    return 0;
}
