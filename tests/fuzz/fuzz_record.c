/* fuzz_record.c -- Any bytes as a record: a row whose values are of their columns' types, or a
 * reason; and what the tree reader refuses as JSON is refused here for the same. */
#include "fuzz_check.h"
#include "base/encode.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "pipeline/record.h"

static const char DEFINITION[] =
    "schema: 1\nname: x\nevent: {id: id, time: t}\ncolumns:\n"
    "- {name: id, type: text, max_length: 40}\n- {name: t, type: timestamp}\n"
    "- {name: n, type: integer, min: -5, from: a.b}\n"
    "- {name: d, type: decimal, scale: 3, lenient: true}\n- {name: f, type: boolean}\n"
    "- {name: s, type: text, lenient: true, mask: last4}\n"
    "- {name: e, type: timestamp, format: epoch_ms}\n- {name: x, type: decimal, scale: 5, derive: "
    "\"d * n + 0.5\"}\ntransforms:\n- filter: n is null or n < 100\n";

static void check_row(const struct row *row, const struct warehouse_column *columns, size_t count)
{
    CHECK(row->reason.len == 0 && row->event_id.len > 0 && row->event_us != INSTANT_NEVER);
    for (size_t i = 0; i < count; i++) {
        const struct warehouse_value *v = &row->values[i];
        CHECK(v->type == columns[i].type || (v->type == WAREHOUSE_NULL && !columns[i].required));
        CHECK(v->type != WAREHOUSE_DECIMAL || v->scale == columns[i].scale);
        CHECK(v->type != WAREHOUSE_TEXT ||
              (utf8_is_valid(v->text) && str_find(v->text, '\0') == STR_NONE));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct diag d = DIAG_INIT;
    struct definition *def;
    struct json *tree;
    size_t count;
    struct str bytes = str_n((const char *)data, size);
    CHECK(definition_read(a, str_of(DEFINITION), STR("f"), &def, &d) == ERR_OK);
    const struct warehouse_column *columns = definition_warehouse_columns(def, a, &count);
    struct row row =
        record_decode(record_decoder_new(a, def), bytes, (struct record_origin){STR("k"), 0}, a);
    bool json = json_parse(a, bytes, &tree, &d) == ERR_OK;
    CHECK(json == !str_eq(row.reason, STR("not JSON")));
    CHECK(!json || json_is(tree, JSON_IS_OBJECT) == !str_eq(row.reason, STR("not an object")));
    if (row.fate == RECORD_ROW) {
        check_row(&row, columns, count);
    } else {
        CHECK(row.values == NULL && (row.fate == RECORD_REJECTED) == (row.reason.len > 0));
    }
    arena_free(a);
    return 0;
}
