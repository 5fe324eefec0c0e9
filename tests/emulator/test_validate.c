/* Validation: AWS's own words, as kinesalite's tests recorded them from Kinesis; patterns against
 * Python's re. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/limits.h"
#include "emulator/core/validate.h"
#include "pattern.h"
#include "pattern_vectors.h"

extern const struct service_model kinesis_model, s3_model, sns_model, sts_model;

static struct str check(struct arena *a, const struct service_model *model, const char *operation,
                        const char *input)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    struct str message = STR_EMPTY;
    const struct operation_model *op = service_operation(model, operation, strlen(operation));
    cr_assert_not_null(op, "%s", operation);
    cr_assert_eq(json_parse(a, str_of(input), &tree, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(validate_input(op->input, tree, a, &message), message.len == 0);
    return message;
}

#define A129                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_PATTERN "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"

Test(validate, says_what_kinesis_says)
{
    /* Rows from kinesalite's test suite, where today's model still has the constraint: its own
     * count and order of values, the wording to the letter. */
    const struct {
        const char *operation, *input, *message;
    } rows[] = {
        {"PutRecords",
         "{\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"}],\"StreamName\":\"a\"}", ""},
        {"PutRecords", "{}",
         "1 validation error detected: Value null at 'records' failed to satisfy constraint: "
         "Member must not be null"},
        {"PutRecords", "{\"StreamName\":\"\",\"Records\":[]}",
         "3 validation errors detected: Value '[]' at 'records' failed to satisfy constraint: "
         "Member must have length greater "
         "than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: " NAME_PATTERN
         "; Value '' at "
         "'streamName' failed to satisfy constraint: Member must have length greater than or equal "
         "to 1"},
        {"PutRecords",
         "{\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"}],\"StreamName\":\"" A129 "\"}",
         "1 validation error detected: Value '" A129
         "' at 'streamName' failed to satisfy constraint: Member must have length less than or "
         "equal to 128"},
        {"PutRecords",
         "{\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"},{\"Data\":\"\",\"ExplicitHashKey\":"
         "\"x\"}],\"StreamName\":\"a\"}",
         "2 validation errors detected: Value 'x' at 'records.2.member.explicitHashKey' failed to "
         "satisfy constraint: Member must "
         "satisfy regular expression pattern: 0|([1-9]\\d{0,38}); Value null at "
         "'records.2.member.partitionKey' failed to satisfy "
         "constraint: Member must not be null"},
        {"CreateStream", "{\"StreamName\":\"a\",\"ShardCount\":0}",
         "1 validation error detected: Value '0' at 'shardCount' failed to satisfy constraint: "
         "Member must have value greater than "
         "or equal to 1"},
        {"GetRecords", "{\"ShardIterator\":\"a\",\"Limit\":10001}",
         "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: "
         "Member must have value less than or "
         "equal to 10000"},
        {"GetShardIterator", "{\"StreamName\":\"a\",\"ShardId\":\"a\",\"ShardIteratorType\":\"a\"}",
         "1 validation error detected: Value 'a' at 'shardIteratorType' failed to satisfy "
         "constraint: Member must satisfy enum value "
         "set: [AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]"},
        {"AddTagsToStream", "{\"StreamName\":\"a\",\"Tags\":{}}",
         "1 validation error detected: Value '{}' at 'tags' failed to satisfy constraint: Member "
         "must have length greater than or "
         "equal to 1"},
        {"AddTagsToStream", "{\"StreamName\":\"a\",\"Tags\":{\"\":\"b\"}}",
         "1 validation error detected: Value '{=b}' at 'tags' failed to satisfy constraint: Map "
         "keys must satisfy constraint: [Member "
         "must have length less than or equal to 128, Member must have length greater than or "
         "equal to 1]"},
    };
    struct arena *a = arena_new("test", 64 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str message = check(a, &kinesis_model, rows[i].operation, rows[i].input);
        cr_expect(str_eq(message, str_of(rows[i].message)), "%s %s:\n%.*s", rows[i].operation,
                  rows[i].input, STR_ARG(message));
    }
    arena_free(a);
}

Test(validate, shows_large_values_in_java_s_words_and_cut)
{
    /* A blob is a buffer with its size; a long text is cut; a message stays within its cap however
     * much is wrong. */
    struct arena *a = arena_new("test", 256 * MIB);
    const struct operation_model *op = service_operation(&kinesis_model, "PutRecord", 9);
    struct json *tree = json_new(a, JSON_IS_OBJECT);
    size_t size = 10 * MIB + 1;
    char *data = arena_alloc(a, size);
    memset(data, 'a', size);
    (void)json_set_str(a, tree, "Data", str_n(data, size));
    (void)json_set_str(a, tree, "PartitionKey", STR("a"));
    struct str message;
    cr_assert_not(validate_input(op->input, tree, a, &message));
    cr_expect(
        str_starts(message, STR("1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 "
                                "lim=10485761 cap=10485761]' at "
                                "'data' failed to satisfy constraint: Member must have length less "
                                "than or equal to 10485760")),
        "%.*s", STR_ARG(message));
    op = service_operation(&kinesis_model, "PutRecords", 10);
    tree = json_new(a, JSON_IS_OBJECT);
    struct json *records = json_set(a, tree, "Records", JSON_IS_ARRAY);
    for (int i = 0; i < 1000; i++) {
        struct json *record = json_add(records, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
        (void)json_set_str(a, record, "PartitionKey", str_n(data, 100000));
        (void)json_set_str(a, record, "ExplicitHashKey", str_n(data, 100000));
    }
    cr_assert_not(validate_input(op->input, tree, a, &message));
    cr_expect(message.len < 256 * KIB);
    arena_free(a);
}

Test(validate, counts_length_as_java_does)
{
    /* 256 characters beyond ASCII fit a key of 256, whatever their bytes; one outside the basic
     * plane counts twice. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct buf key;
    const struct {
        const char *unit;
        int count;
        bool fits;
    } rows[] = {{"\303\251", 256, true},
                {"\303\251", 257, false},
                {"\360\237\230\200", 128, true},
                {"\360\237\230\200", 129, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_init(&key, a, MIB);
        buf_add_z(&key, "{\"Data\":\"\",\"PartitionKey\":\"");
        for (int n = 0; n < rows[i].count; n++) {
            buf_add_z(&key, rows[i].unit);
        }
        buf_add_z(&key, "\"}");
        cr_expect_eq(check(a, &kinesis_model, "PutRecord", str_z(a, buf_str(&key))).len == 0,
                     rows[i].fits, "row %zu", i);
    }
    arena_free(a);
}

Test(validate, lists_of_simple_values_are_refused_as_a_whole)
{
    /* The element's constraints are listed once, as AWS does. */
    struct arena *a = arena_new("test", MIB);
    struct str message = check(a, &kinesis_model, "RemoveTagsFromStream",
                               "{\"StreamName\":\"a\",\"TagKeys\":[\"ok\",\"\"]}");
    cr_expect(str_eq(message, STR("1 validation error detected: Value '[ok, ]' at 'tagKeys' failed "
                                  "to satisfy constraint: Member must "
                                  "satisfy constraint: [Member must have length less than or equal "
                                  "to 128, Member must have length "
                                  "greater than or equal to 1]")),
              "%.*s", STR_ARG(message));
    arena_free(a);
}

Test(validate, patterns_match_as_python_s_do)
{
    /* 1700 texts against the models' patterns and the syntax they use. */
    struct arena *a = arena_new("test", 256 * MIB);
    for (size_t i = 0; i < sizeof(pattern_rows) / sizeof(pattern_rows[0]); i++) {
        struct pattern *p = pattern_compile(pattern_rows[i].pattern, a);
        cr_assert_not_null(p, "%s", pattern_rows[i].pattern);
        bool matches = pattern_matches(p, str_of(pattern_rows[i].text), a);
        cr_expect_eq(matches, pattern_rows[i].matches, "%s on \"%s\": %d", pattern_rows[i].pattern,
                     pattern_rows[i].text, matches);
    }
    arena_free(a);
}

Test(validate, matching_is_linear)
{
    /* (x+x+)+y on a hundred thousand x would not end where one backtracks. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct pattern *p = pattern_compile("(x+x+)+y", a);
    char *text = arena_alloc(a, 100001);
    memset(text, 'x', 100000);
    cr_expect_not(pattern_matches(p, str_n(text, 100000), a));
    text[100000] = 'y';
    cr_expect(pattern_matches(p, str_n(text, 100001), a));
    arena_free(a);
}

Test(validate, what_is_not_read_is_refused_and_not_guessed)
{
    /* Look-arounds and their like do not compile. */
    const char *rows[] = {"(?=a)b",
                          "(?!a)b",
                          "(?<=a)b",
                          "(?i)a",
                          "\\bword",
                          "(a)\\1",
                          "\\p{L}+",
                          "a*?",
                          "a++",
                          "[a&&b]",
                          "[a[b]]",
                          "a{2",
                          "a{x}",
                          "a{3,2}",
                          "(a",
                          "a)",
                          "[a",
                          "*a",
                          "\\",
                          "\\u00",
                          "(((((((((((((((((((a)))))))))))))))))))",
                          "(a{1000}){1000}"};
    struct arena *a = arena_new("test", 16 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_null(pattern_compile(rows[i], a), "%s", rows[i]);
    }
    arena_free(a);
}

/* Every pattern of a shape and of what it holds. */
static void compile_all(const struct shape *shape, struct arena *a, int depth,
                        const char **ret_skipped, size_t *count)
{
    if (shape == NULL || depth > 12) {
        return;
    }
    if (shape->pattern != NULL && pattern_compile(shape->pattern, a) == NULL) {
        for (size_t i = 0; i < *count; i++) {
            if (strcmp(ret_skipped[i], shape->name) == 0) {
                return;
            }
        }
        ret_skipped[(*count)++] = shape->name;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        compile_all(shape->members[i].shape, a, depth + 1, ret_skipped, count);
    }
}

Test(validate, all_patterns_of_the_models_compile_but_for_a_named_few)
{
    /* Those that are skipped are these; a new model that brings another one fails here. */
    const struct service_model *models[] = {&kinesis_model, &s3_model, &sns_model, &sts_model};
    const char *expected[] = {"tagKeyType", "tagValueType"}; /* \p{L}: no Unicode tables here */
    const char *skipped[64];
    size_t count = 0;
    for (size_t m = 0; m < 4; m++) {
        for (size_t i = 0; i < models[m]->operation_count; i++) {
            struct arena *a = arena_new("test", 256 * MIB);
            compile_all(models[m]->operations[i].input, a, 0, skipped, &count);
            arena_free(a);
        }
    }
    cr_expect_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        cr_expect(i < 2 && strcmp(skipped[i], expected[i]) == 0, "%s", skipped[i]);
    }
}
