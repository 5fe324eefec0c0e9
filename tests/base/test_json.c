/* test_json.c -- The scanner, the tree and the writer of json.h. Against cJSON:
 * tests/fuzz/fuzz_json.c. */
#include <criterion/criterion.h>
#include "base/json.h"
#include "base/limits.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 64 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(json, .init = setup, .fini = teardown);

/* Both as text: a failure shows them. */
static void expect_str(struct str got, const char *want, const char *what)
{
    cr_expect(str_eq(got, str_of(want)), "%s: got <%.*s>, want <%s>", what, STR_ARG(got), want);
}

static struct str rewritten(struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    struct buf out;
    buf_init(&out, memory, MIB);
    if (json_parse(memory, text, &tree, &d) != ERR_OK) {
        return str_copy(memory, str_of(d.msg));
    }
    json_write(&out, tree);
    return buf_str(&out);
}

/* What is read is written again, compactly, numbers and order as they were; bad texts are refused
 * with their place. */
Test(json, text_becomes_tree_becomes_text)
{
    static const char *const rows[][2] = {
        {" {\"a\" : 1.50 , \"b\":[ true,false,null, \"x\" ]}\r\n",
         "{\"a\":1.50,\"b\":[true,false,null,\"x\"]}"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"[[[]]]", "[[[]]]"},
        {"-0", "-0"},
        {"1e+30", "1e+30"},
        {"\"\\u0041\\n\\/\\u00e9\\u20ac\\ud83d\\ude00\"",
         "\"A\\n/\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\"\\ud83d\\u0041\"", "\"\xEF\xBF\xBD"
                               "A\""},
        {"\"\\ud83d\"", "\"\xEF\xBF\xBD\""},
        {"\"\\ude00\\ud83d\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\"\\u0000\\u001f\"", "\"\\u0000\\u001f\""},
        {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
        {"", "1:1: the text ends too early"},
        {"  \n ", "2:2: the text ends too early"},
        {"{\n  \"a\": 01\n}", "2:9: not a number of JSON"},
        {"[1,]", "1:4: a value must come here"},
        {"{\"a\":1,}", "1:8: a name in quotes must come here"},
        {"{a:1}", "1:2: a name in quotes must come here"},
        {"{\"a\" 1}", "1:6: ':' must come here"},
        {"[1 2]", "1:4: ',' or ']' must come here"},
        {"[1}", "1:3: ',' or ']' must come here"},
        {"{\"a\":1]", "1:7: ',' or '}' must come here"},
        {"1 2", "1:3: more text after the value"},
        {"\"\t\"", "1:2: a control character in a string"},
        {"\"\\x\"", "1:3: not an escape of JSON"},
        {"\"\\u12g4\"", "1:6: not an escape of JSON"},
        {"\"abc", "1:5: the text ends too early"},
        {"\"abcdefghijk\\", "1:14: the text ends too early"},
        {"truE", "1:4: not a value of JSON"},
        {"trues", "1:5: not a value of JSON"},
        {"-", "1:2: the text ends too early"},
        {"1.", "1:3: the text ends too early"},
        {"1.x", "1:3: a digit must come here"},
        {"1e", "1:3: the text ends too early"},
        {"1.2.3", "1:4: not a number of JSON"},
        {"+1", "1:1: a value must come here"},
        {".5", "1:1: a value must come here"},
        {"NaN", "1:1: a value must come here"},
        {"'a'", "1:1: a value must come here"},
        {"\xEF\xBB\xBF{}", "1:1: a value must come here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_str(rewritten(str_of(rows[i][0])), rows[i][1], rows[i][0]);
    }
}

/* Nesting is taken up to JSON_DEPTH_MAX and refused past it, for arrays and objects mixed. */
Test(json, depth_has_a_cap)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    struct diag d = DIAG_INIT;
    struct json *tree;
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        enum err code = json_parse(memory, str_n(text, 2 * (size_t)depth), &tree, &d);
        cr_expect_eq((int)code, depth <= JSON_DEPTH_MAX ? ERR_OK : ERR_INVALID);
    }
    expect_str(str_of(d.msg), "1:101: nested too deeply", "message");
}

/* Every node says where it stood, and is found by name, by index and by path; kinds are told apart.
 */
Test(json, nodes_are_found_and_know_their_place)
{
    struct diag d = DIAG_INIT;
    struct json *t = NULL;
    struct str text =
        STR("{\n \"list\": [10, {\"name\": \"x\"}],\n \"on\": true, \"n\": null, \"list\": 2\n}");
    cr_assert(json_parse(memory, text, &t, &d) == ERR_OK, "%s", d.msg);
    struct json *list = json_get(t, STR("list"));
    cr_assert(json_is(list, JSON_IS_ARRAY));
    cr_expect_eq(list->line, 2);
    cr_expect_eq(list->column, 10);
    cr_expect_eq(list->count, 2);
    cr_expect_eq(t->count, 4);
    expect_str(json_str(json_at(t, "list.1.name")), "x", "path");
    cr_expect_eq(json_at(t, "list.1.name")->column, 24);
    expect_str(json_str(json_at(t, "list.0")), "10", "number");
    cr_expect(json_at(t, "list.2") == NULL);
    cr_expect(json_at(t, "list.x") == NULL);
    cr_expect(json_at(t, "on.x") == NULL);
    cr_expect(json_at(t, "none.x") == NULL);
    cr_expect(json_bool(json_at(t, "on"), false));
    cr_expect(json_bool(json_at(t, "n"), true));
    cr_expect(json_bool(NULL, true));
    cr_expect_eq(json_str(json_at(t, "on")).len, 0);
}

/* Whole numbers are read exactly and only when they are whole; the message names the place. */
Test(json, whole_numbers_are_exact)
{
    struct diag d = DIAG_INIT;
    struct json *t = NULL;
    int64_t v = 0;
    struct str text = STR("[9223372036854775807, -9223372036854775808, 5.0, 12e2, -0,\n "
                          "9223372036854775808, 1.5, \"7\"]");
    static const int64_t want[] = {INT64_MAX, INT64_MIN, 5, 1200, 0};
    cr_assert(json_parse(memory, text, &t, &d) == ERR_OK, "%s", d.msg);
    struct json *node = t->first;
    for (size_t i = 0; i < 5; i++, node = node->next) {
        cr_assert(json_i64(node, &v, &d) == ERR_OK, "%s", d.msg);
        cr_expect_eq(v, want[i]);
    }
    for (; node != NULL; node = node->next) {
        diag_clear(&d);
        cr_expect_eq((int)json_i64(node, &v, &d), ERR_INVALID);
        cr_expect(str_starts(str_of(d.msg), STR("2:")), "%s", d.msg);
    }
    diag_clear(&d);
    cr_expect_eq((int)json_i64(NULL, &v, &d), ERR_INVALID);
}

/* The scanner gives one token a call, and END or ERROR for ever after. */
Test(json, scanner_gives_tokens)
{
    static const enum json_token want[] = {JSON_OBJECT,     JSON_KEY,       JSON_ARRAY, JSON_NUMBER,
                                           JSON_TRUE,       JSON_ARRAY_END, JSON_KEY,   JSON_NULL,
                                           JSON_OBJECT_END, JSON_END,       JSON_END};
    struct json_scan s;
    json_scan_init(&s, STR("{\"a\\n\":[1,true],\"b\":null}"));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        cr_assert_eq((int)json_scan_next(&s), (int)want[i]);
        if (i == 1) {
            cr_expect(s.escaped);
            expect_str(s.raw, "a\\n", "raw");
            expect_str(json_scan_text(&s, memory), "a\n", "text");
        }
    }
    struct diag d = DIAG_INIT;
    json_scan_init(&s, STR("[1,,2]"));
    while (json_scan_next(&s) != JSON_ERROR) {
    }
    cr_expect_eq((int)json_scan_next(&s), JSON_ERROR);
    cr_expect_eq((int)json_scan_fail(&s, &d), ERR_INVALID);
    expect_str(str_of(d.msg), "byte 3: a value must come here", "message");
}

/* Strings of every length and every place of a special byte are found by the wide and the narrow
 * loop alike. */
Test(json, strings_of_every_length)
{
    char text[64];
    struct json_scan s;
    for (size_t len = 0; len < 40; len++) {
        memset(text, (int)('\x7f' + len % 3), sizeof text); /* 0x7f, 0x80, 0x81 are plain */
        text[0] = '"';
        text[len + 1] = '"';
        json_scan_init(&s, str_n(text, len + 2));
        cr_assert(json_scan_next(&s) == JSON_STRING);
        cr_assert_eq(s.raw.len, len);
        for (size_t at = 0; at < len; at++) {
            char was = text[at + 1];
            text[at + 1] = (char)(at % 32);
            json_scan_init(&s, str_n(text, len + 2));
            cr_assert(json_scan_next(&s) == JSON_ERROR);
            cr_assert_eq(s.at, at + 1);
            text[at + 1] = was;
        }
    }
}

/* Skipping passes one value, whatever it holds, gives its text, and still refuses what is not JSON.
 */
Test(json, skip_passes_one_value)
{
    struct json_scan s;
    struct str raw;
    json_scan_init(&s, STR("{\"a\": {\"x\":[1,{\"]\":2}]} , \"b\":\"q\\\"\", \"c\" : [ ] }"));
    static const char *const want[] = {"{\"x\":[1,{\"]\":2}]}", "\"q\\\"\"", "[ ]"};
    static const enum json_token kinds[] = {JSON_OBJECT, JSON_STRING, JSON_ARRAY};
    cr_assert(json_scan_next(&s) == JSON_OBJECT);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(json_scan_next(&s) == JSON_KEY);
        cr_assert_eq((int)json_scan_skip(&s, &raw), (int)kinds[i]);
        expect_str(raw, want[i], "raw");
    }
    cr_expect(json_scan_next(&s) == JSON_OBJECT_END);
    cr_expect(json_scan_next(&s) == JSON_END);
    json_scan_init(&s, STR("[[1,2],[3]]"));
    cr_assert(json_scan_next(&s) == JSON_ARRAY);
    cr_assert(json_scan_skip(&s, &raw) == JSON_ARRAY);
    expect_str(raw, "[[1,2],[3]]", "whole");
    cr_expect(json_scan_next(&s) == JSON_END);
    json_scan_init(&s, STR("[[1,2},[3]]"));
    cr_expect(json_scan_skip(&s, NULL) == JSON_ERROR);
}

/* Concatenated values are taken one by one; the end and a broken value leave the place where it
 * was. */
Test(json, split_takes_concatenated_values)
{
    struct diag d = DIAG_INIT;
    struct str text = STR(" {\"a\":1}{\"b\":2}\n\n[3] \"x\"4 true\n");
    static const char *const want[] = {"{\"a\":1}", "{\"b\":2}", "[3]", "\"x\"", "4", "true"};
    size_t at = 0;
    struct str value;
    for (size_t i = 0; i < 6; i++) {
        cr_assert(json_split(text, &at, &value, &d) == ERR_OK, "%s", d.msg);
        expect_str(value, want[i], "value");
    }
    cr_expect_eq((int)json_split(text, &at, &value, &d), ERR_NOT_FOUND);
    cr_expect_eq((int)d.code, ERR_OK);
    at = 2;
    cr_expect_eq((int)json_split(STR("{} {\"a\":}"), &at, &value, &d), ERR_INVALID);
    cr_expect_eq(at, 2);
    expect_str(str_of(d.msg), "byte 8: a value must come here", "message");
}

/* The writer sets commas by itself, escapes what must be, and never writes what is not UTF-8.
 * The rows of broken UTF-8 are what Python's bytes.decode("utf-8", "replace") gives. */
Test(json, writer_escapes_and_repairs)
{
    static const char *const rows[][2] = {
        {"a\"b\\c\b\f\n\r\t\x01\x7f/", "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\x7f/\""},
        {"0123456789\"abcdefgh", "\"0123456789\\\"abcdefgh\""},
        {"\xC3\xA9", "\"\xC3\xA9\""},
        {"a\x80z", "\"a\xEF\xBF\xBDz\""},
        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xE2\x82z", "\"\xEF\xBF\xBDz\""},
        {"\xF0\x9F\x98", "\"\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},
        {"\xE0\x9F\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        struct json_out w;
        buf_init(&out, memory, MIB);
        json_out_init(&w, &out);
        json_out_str(&w, str_of(rows[i][0]));
        expect_str(buf_str(&out), rows[i][1], rows[i][1]);
        cr_expect_eq(json_str_bytes(str_of(rows[i][0])), out.len, "%s", rows[i][1]);
    }
}

/* All calls of the writer in one text. */
Test(json, writer_sets_commas)
{
    struct buf out;
    struct json_out w;
    buf_init(&out, memory, MIB);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_kstr(&w, "s", STR("x"));
    json_out_ki64(&w, "i", INT64_MIN);
    json_out_kbool(&w, "b", false);
    json_out_key(&w, "list");
    json_out_array(&w);
    json_out_array(&w);
    json_out_array_end(&w);
    json_out_u64(&w, UINT64_MAX);
    json_out_null(&w);
    json_out_raw(&w, STR("{\"r\":1}"));
    json_out_base64(&w, STR("foob"));
    json_out_object(&w);
    json_out_object_end(&w);
    json_out_array_end(&w);
    json_out_key_str(&w, STR("q\"q"));
    json_out_bool(&w, true);
    json_out_object_end(&w);
    expect_str(buf_str(&out),
               "{\"s\":\"x\",\"i\":-9223372036854775808,\"b\":false,\"list\":[[],"
               "18446744073709551615,null,"
               "{\"r\":1},\"Zm9vYg==\",{}],\"q\\\"q\":true}",
               "writer");
}

/* Trees made by code are written like parsed ones, compact and indented. */
Test(json, trees_are_built_by_code)
{
    struct buf out;
    struct json *t = json_new(memory, JSON_IS_OBJECT);
    buf_init(&out, memory, MIB);
    json_set_str(memory, t, "s", STR("x"));
    json_set_i64(memory, t, "i", -5);
    json_set_bool(memory, t, "b", true);
    json_set(memory, t, "n", JSON_IS_NULL);
    struct json *list = json_set(memory, t, "list", JSON_IS_ARRAY);
    json_add(list, STR_EMPTY, json_new_number(memory, STR("1.50")));
    json_add(list, STR_EMPTY, json_new_bool(memory, false));
    json_set(memory, t, "empty", JSON_IS_OBJECT);
    json_write(&out, t);
    expect_str(buf_str(&out),
               "{\"s\":\"x\",\"i\":-5,\"b\":true,\"n\":null,\"list\":[1.50,false],\"empty\":{}}",
               "compact");
    buf_truncate(&out, 0);
    json_write_indented(&out, t);
    expect_str(buf_str(&out),
               "{\n  \"s\": \"x\",\n  \"i\": -5,\n  \"b\": true,\n  \"n\": null,\n  \"list\": [\n  "
               "  1.50,\n    false\n  ],\n"
               "  \"empty\": {}\n}",
               "indented");
}
