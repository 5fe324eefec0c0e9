/* fuzz_definition.c -- Any text as a definition: refused with its place, or what definition.c
 * promises of every definition, and a decoder can be made of it. */
#include "fuzz_check.h"
#include "base/limits.h"
#include "pipeline/record.h"
#include "pipeline/tally.h"

static void check_columns(const struct definition *def)
{
    CHECK(def->column_count > 0 && def->column_count <= COLUMNS_MAX);
    const struct column *id = &def->columns[def->id_column];
    CHECK(id->type == COLUMN_TEXT || id->type == COLUMN_INTEGER);
    CHECK(id->required && def->columns[def->time_column].required);
    CHECK(def->columns[def->time_column].type == COLUMN_TIMESTAMP);
    for (size_t i = 0; i < def->column_count; i++) {
        for (size_t k = i + 1; k < def->column_count; k++) {
            CHECK(!str_eq(def->columns[i].name, def->columns[k].name));
        }
    }
    for (size_t i = 0; i < def->sum_count; i++) {
        enum column_type type = def->columns[def->sum_columns[i]].type;
        CHECK(type == COLUMN_INTEGER || type == COLUMN_DECIMAL);
    }
}

static void check_decoder(struct arena *a, const struct definition *def)
{
    static const char *const records[] = {
        "{}",
        "{\"id\":\"1\",\"a\":1,\"t\":\"2001-01-01\",\"time\":\"2001-01-01\",\"b\":{\"c\":\"x\"}}",
        "["};
    struct record_decoder *r = record_decoder_new(a, def);
    struct tally *t = tally_new(a, def);
    for (size_t i = 0; i < 3; i++) {
        struct diag d = DIAG_INIT;
        struct row row =
            record_decode(r, str_of(records[i]), (struct record_origin){STR("k"), i}, a);
        CHECK((row.fate == RECORD_REJECTED) == (row.reason.len > 0));
        CHECK((row.fate == RECORD_ROW) == (row.values != NULL));
        CHECK(row.fate != RECORD_ROW || tally_add(t, &row, &d) == ERR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct diag d = DIAG_INIT;
    struct definition *def = NULL;
    enum err err = definition_read(a, str_n((const char *)data, size), STR("f"), &def, &d);
    if (err == ERR_OK) {
        check_columns(def);
        check_decoder(a, def);
    } else {
        CHECK(def == NULL && str_starts(str_of(d.msg), STR("f:")));
    }
    arena_free(a);
    return 0;
}
