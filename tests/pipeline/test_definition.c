/* test_definition.c -- Definitions: what the shipped ones say, and where exactly a wrong one is
 * wrong. */
#include "fixture.h"

#include "base/instant.h"
#include "pipeline/expression.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 256 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(definition, .init = setup, .fini = teardown);

/* The shape of a whole definition, part by part, as a person reads it out of flights.yaml. */
Test(definition, flights_are_read_as_written)
{
    struct definition *def = definition_file(memory, "fixtures/pipelines/flights.yaml");
    cr_expect(str_eq(def->name, STR("flights")) && str_eq(def->stream, STR("flights")));
    cr_expect(str_eq(def->bucket, STR("flights-data")) && str_eq(def->table, STR("flights")));
    cr_assert_eq(def->column_count, 7);
    cr_expect(!def->id_by_position && def->id_column == 0 && def->time_column == 1);
    cr_expect(str_eq(def->columns[0].from, STR("id")) && def->columns[0].max_length == 40);
    cr_expect(str_eq(def->columns[1].format, STR("%Y/%m/%d %H:%M")));
    cr_expect(def->columns[2].has_min && def->columns[2].min == -1440 &&
              def->columns[2].max == 2880);
    cr_expect(str_eq(def->columns[4].pattern, STR("???")) && def->columns[4].required);
    cr_expect(def->columns[6].derive != NULL && def->columns[6].type == COLUMN_BOOLEAN);
    cr_assert_eq(def->sum_count, 2);
    cr_expect(def->sum_columns[0] == 2 && def->sum_columns[1] == 3 && !def->has_dimension);
    cr_assert_eq(def->query_count, 3);
    cr_expect(str_eq(def->queries[1].chart, STR("bar")) && def->queries[0].chart.len == 0);
    cr_expect(def->report_grace_us == US_PER_HOUR && def->poll_us == US_PER_S);
    cr_expect(def->land_records_max == 500 && def->land_bytes_max == 4 * MIB);
    cr_expect(str_eq(def->topics[CRITICALITY_CRITICAL], STR("flights-critical")));
}

/* Every definition that is shipped is good, and says what its pipeline needs. */
Test(definition, the_shipped_ones_are_good)
{
    static const struct {
        const char *path;
        size_t columns, sums;
        bool by_position, dimension;
    } rows[] = {
        {"fixtures/pipelines/flights.yaml", 7, 2, false, false},
        {"fixtures/pipelines/orders.yaml", 6, 2, false, true},
        {"fixtures/pipelines/birdstrikes.yaml", 16, 2, true, true},
        {"fixtures/pipelines/retail.yaml", 12, 2, true, true},
        {"fixtures/pipelines/cloudtrail.yaml", 11, 2, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct definition *def = definition_file(memory, rows[i].path);
        cr_expect_eq(def->column_count, rows[i].columns, "%s", rows[i].path);
        cr_expect_eq(def->sum_count, rows[i].sums, "%s", rows[i].path);
        cr_expect_eq(def->id_by_position, rows[i].by_position, "%s", rows[i].path);
        cr_expect_eq(def->has_dimension, rows[i].dimension, "%s", rows[i].path);
    }
}

#define HEAD "schema: 1\nname: x\nevent: {id: a, time: t}\n"
#define COLUMNS "columns:\n- {name: a, type: text}\n- {name: t, type: timestamp}\n"

/* What is left out has the value that docs/definition.md gives. */
Test(definition, defaults_are_filled_in)
{
    struct definition *def = definition_of(memory, STR(HEAD COLUMNS));
    cr_expect(str_eq(def->stream, STR("x")) && str_eq(def->bucket, STR("x-data")));
    cr_expect(str_eq(def->table, STR("x")) && str_eq(def->report_name, STR("daily")));
    cr_expect(def->columns[0].required && def->columns[1].required);
    cr_expect(str_eq(def->columns[0].from, STR("a")) && def->filter == NULL);
    cr_expect(def->land_records_max == 500 && def->land_age_us == 60 * US_PER_S);
    cr_expect(def->shard_list_us == US_PER_MINUTE && def->report_grace_us == US_PER_HOUR);
    cr_expect(def->topics[CRITICALITY_LOW].len == 0 && def->query_count == 0);
    struct str json = STR("{\"schema\":1,\"name\":\"a-b\",\"event\":{\"id\":\"position\",\"time\":"
                          "\"t\"},\"columns\":[{\"name\":\"t\",\"type\":\"timestamp\"}]}");
    def = definition_of(memory, json);
    cr_expect(str_eq(def->table, STR("a_b")) && def->id_by_position && def->id_column == 0);
    cr_expect(def->column_count == 2 && str_eq(def->columns[0].name, STR("event_id")));
    cr_expect(def->time_column == 1);
}

/* The list form of the transforms says the same as the inline forms do. */
Test(definition, transforms_reach_their_columns)
{
    struct definition *def = definition_of(
        memory,
        STR(HEAD "columns:\n"
                 "- {name: a, type: text}\n- {name: t, type: timestamp, from: when}\n"
                 "- {name: n, type: integer}\n- {name: card, type: text, mask: last4}\n"
                 "transforms:\n- rename: {ts: when}\n- cast: {n: integer}\n"
                 "- derive: {twice: n * 2, half: n * 0.5}\n- filter: twice > 2\n- filter: n < 9\n"
                 "- mask: {a: hash}\nreconcile: {sums: [twice, half]}\n"));
    cr_expect(def->rename_count == 1 && str_eq(def->renames[0].from, STR("ts")));
    cr_expect(def->columns[2].lenient && !def->columns[0].lenient);
    cr_assert_eq(def->column_count, 6);
    cr_expect(def->columns[4].type == COLUMN_INTEGER && def->columns[5].type == COLUMN_DECIMAL);
    cr_expect(def->columns[5].scale == 1 && def->filter != NULL);
    cr_expect(def->columns[0].mask == MASK_HASH && def->columns[3].mask == MASK_LAST4);
    size_t count;
    const struct warehouse_column *columns = definition_warehouse_columns(def, memory, &count);
    cr_assert_eq(count, 8);
    cr_expect(columns[5].type == WAREHOUSE_DECIMAL && columns[5].scale == 1);
    cr_expect(str_eq(columns[6].name, STR("aforo_object")) && columns[7].type == WAREHOUSE_I64);
}

static void expect_refused(const char *text, const char *message)
{
    struct diag d = DIAG_INIT;
    struct definition *def = NULL;
    enum err err = definition_read(memory, str_of(text), STR("x.yaml"), &def, &d);
    cr_expect(err == ERR_INVALID && def == NULL, "<%s> was read", text);
    cr_expect_str_eq(d.msg, message, "<%s>\n  says %s\nexpected %s", text, d.msg, message);
}

/* A wrong definition is refused with the file, line and column of what is wrong, and the nearest
 * name that is known. */
Test(definition, a_mistake_is_named_with_its_place)
{
    static const char *const rows[][2] = {
        {"", "x.yaml:1:1: there is no document"},
        {"[]", "x.yaml:1:1: expected a mapping, not an array"},
        {"schema: 1\nnmae: x\n", "x.yaml:2:7: unknown key 'nmae'; did you mean 'name'?"},
        {"schema: 2\n", "x.yaml:1:9: schema: expected 1: the only version that there is"},
        {"name: x\n", "x.yaml:1:1: schema: missing"},
        {"schema: 1\nname: X\n", "x.yaml:2:7: name: expected 1 to 48 of a-z, digits and -"},
        {"schema: 1\nname: 1x\n", "x.yaml:2:7: name: expected a letter first"},
        {"schema: 1\nname: x\nbucket: B\n",
         "x.yaml:3:9: bucket: expected 3 to 63 of a-z, digits and .-"},
        {"schema: 1\nname: x\n", "x.yaml:1:1: event: missing"},
        {"schema: 1\nname: x\nevent: {id: a, tim: t}\n",
         "x.yaml:3:21: unknown key 'tim'; did you mean 'time'?"},
        {HEAD, "x.yaml:1:1: columns: missing"},
        {HEAD "columns: []\n", "x.yaml:4:10: columns: empty"},
        {HEAD "columns:\n- {name: order, type: text}\n",
         "x.yaml:5:10: name: 'order' is a word of SQL: choose another name"},
        {HEAD "columns:\n- {name: aforo_x, type: text}\n",
         "x.yaml:5:10: name: 'aforo_x': names that begin with aforo_ are kept"},
        {HEAD "columns:\n- {name: A, type: text}\n",
         "x.yaml:5:10: name: 'A' is no name: expected a-z, 0-9 and _, at most 48"},
        {HEAD "columns:\n- {name: a, type: txt}\n",
         "x.yaml:5:19: unknown type 'txt'; did you mean 'text'?"},
        {HEAD "columns:\n- {name: a, type: text, min: 1}\n",
         "x.yaml:5:30: min: not for columns of type text"},
        {HEAD "columns:\n- {name: a, type: decimal}\n", "x.yaml:5:3: scale: missing"},
        {HEAD "columns:\n- {name: a, type: decimal, scale: 2, min: 0.001}\n",
         "x.yaml:5:43: min: expected a number with at most 2 decimals"},
        {HEAD "columns:\n- {name: a, type: integer, min: 2, max: 1}\n",
         "x.yaml:5:41: max: smaller than min"},
        {HEAD "columns:\n- {name: a, type: text}\n- {name: a, type: text}\n",
         "x.yaml:6:10: name: there is a column 'a' already"},
        {HEAD "columns:\n- {name: a, type: text, from: a..b}\n",
         "x.yaml:5:31: from: a key of the path is empty"},
        {HEAD "columns:\n- {name: a, type: text, reqired: true}\n",
         "x.yaml:5:34: unknown key 'reqired'; did you mean 'required'?"},
        {HEAD "columns:\n- {name: a, type: text, required: 1}\n",
         "x.yaml:5:35: required: expected true or false"},
        {HEAD "columns:\n- {name: a, type: text, mask: hsh}\n",
         "x.yaml:5:31: unknown mask 'hsh'; did you mean 'hash'?"},
        {HEAD "columns:\n- {name: a, type: text, derive: b = 1}\n",
         "x.yaml:5:33: derive: at 1: no column 'b' stands before"},
        {HEAD "columns:\n- {name: a, type: text, derive: 1 + 1}\n",
         "x.yaml:5:33: derive: the expression does not give text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_refused(rows[i][0], rows[i][1]);
    }
}

/* The same for the parts behind the columns. */
Test(definition, a_mistake_behind_the_columns_is_named_too)
{
    static const char *const rows[][2] = {
        {HEAD "columns:\n- {name: a, type: text}\n",
         "x.yaml:3:22: no such column 't'; known are a"},
        {HEAD "columns:\n- {name: a, type: boolean}\n- {name: t, type: timestamp}\n",
         "x.yaml:3:13: id: an event's id is text or an integer"},
        {HEAD "columns:\n- {name: a, type: text, mask: redact}\n- {name: t, type: timestamp}\n",
         "x.yaml:3:13: id: this mask would make different events the same"},
        {HEAD "columns:\n- {name: a, type: text}\n- {name: t, type: text}\n",
         "x.yaml:3:22: time: column 't' is no timestamp"},
        {HEAD COLUMNS "transforms:\n- {cast: {a: integer}}\n",
         "x.yaml:8:14: a: the column is declared as text"},
        {HEAD COLUMNS "transforms:\n- {filter: length(a)}\n",
         "x.yaml:8:12: filter: a filter is true or false"},
        {HEAD COLUMNS "transforms:\n- {filter: a = 1}\n",
         "x.yaml:8:12: filter: at 3: text and a whole number cannot be compared so"},
        {HEAD COLUMNS "transforms:\n- {rename: {a: b}}\n",
         "x.yaml:8:1: transforms: column a: the field 'a' was renamed to 'b'"},
        {HEAD COLUMNS "transforms:\n- {drop: a}\n",
         "x.yaml:8:10: unknown key 'drop'; known are rename, cast, derive, filter, mask"},
        {HEAD COLUMNS "transforms:\n- {mask: {t: hash}}\n",
         "x.yaml:8:14: t: only text can be masked"},
        {HEAD COLUMNS "warehouse: {table: select}\n",
         "x.yaml:7:20: table: 'select' is a word of SQL: choose another name"},
        {HEAD COLUMNS "reconcile: {sums: [a]}\n", "x.yaml:7:20: sums: column 'a' is no number"},
        {HEAD COLUMNS "reconcile: {dimension: t}\n",
         "x.yaml:7:24: dimension: column 't' is not text"},
        {HEAD COLUMNS "report: {queries: [{name: q, sql: delete from x}]}\n",
         "x.yaml:7:35: sql: expected one SELECT"},
        {HEAD COLUMNS "report: {queries: [{name: q, sql: select 1 from x}]}\n",
         "x.yaml:7:35: sql: expected {table} and {where} in it"},
        {HEAD COLUMNS "report:\n  queries:\n  - name: q\n    sql: select {smu(a)} from {table}\n",
         "x.yaml:10:10: sql: unknown aggregate 'smu'; did you mean 'sum'?"},
        {HEAD COLUMNS "report:\n  queries:\n  - name: q\n    sql: select {sum(a)} from {table}\n",
         "x.yaml:10:10: sql: {sum(a)}: column a is no number"},
        {HEAD COLUMNS "report:\n  queries:\n  - name: q\n    sql: select {tabel} from x\n",
         "x.yaml:10:10: no such column 'tabel'; known are a, t"},
        {HEAD COLUMNS
         "report:\n  queries:\n  - name: q\n    sql: select 1 from {table}; select 2\n",
         "x.yaml:10:10: sql: expected one SELECT, without a semicolon"},
        {HEAD COLUMNS "report: {grace: soon}\n",
         "x.yaml:7:17: grace: expected a duration, such as 30s or PT1H"},
        {HEAD COLUMNS "alerts: {medium: x}\n",
         "x.yaml:7:18: unknown key 'medium'; known are low, high, critical"},
        {HEAD COLUMNS "tuning: {land_records: 0}\n",
         "x.yaml:7:24: land_records: expected a whole number from 1 to 100000"},
        {HEAD COLUMNS "tuning: {land_bytes: 1GiB}\n",
         "x.yaml:7:22: land_bytes: expected bytes, such as 4MiB or 65536, at most 67108864"},
        {HEAD COLUMNS "tuning: {poll: 0s}\n", "x.yaml:7:16: poll: expected a duration from 1ms to "
                                              "1h"},
        {HEAD COLUMNS "name: y\n", "x.yaml:7:1: there is a second key name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_refused(rows[i][0], rows[i][1]);
    }
}
