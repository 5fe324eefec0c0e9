/* test_yaml.c -- YAML into the tree of json.h: what it is read as, and what is refused by name. */
#include <criterion/criterion.h>
#include "base/yaml.h"
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

TestSuite(yaml, .init = setup, .fini = teardown);

static struct str rewritten(struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    struct buf out;
    buf_init(&out, memory, 4 * MIB);
    if (yaml_parse(memory, text, &tree, &d) != ERR_OK) {
        cr_expect(tree == NULL);
        return str_copy(memory, str_of(d.msg));
    }
    json_write(&out, tree);
    return buf_str(&out);
}

static void expect_rows(const char *const rows[][2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str got = rewritten(str_of(rows[i][0]));
        cr_expect(str_eq(got, str_of(rows[i][1])), "<%s> gives <%.*s>", rows[i][0], STR_ARG(got));
    }
}

#define EXPECT_ROWS(rows) expect_rows((rows), sizeof(rows) / sizeof((rows)[0]))

/* Only JSON's words and numbers have a kind of their own, and only when they stand plain; JSON
 * itself is read. */
Test(yaml, documents_become_trees)
{
    static const char *const rows[][2] = {
        {"a: 1\nb: -1.50\nc: 1e3\n", "{\"a\":1,\"b\":-1.50,\"c\":1e3}"},
        {"[true, false, null, ~, ]", "[true,false,null,null]"},
        {"a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}"},
        {"[no, yes, on, True, NULL, 0x10, 010, 1_000, .5, +1, 1., 5m, 1:30]",
         "[\"no\",\"yes\",\"on\",\"True\",\"NULL\",\"0x10\",\"010\",\"1_000\",\".5\",\"+1\",\"1.\","
         "\"5m\",\"1:30\"]"},
        {"[2026-03-28T00:00:00Z, 2026-03-28]", "[\"2026-03-28T00:00:00Z\",\"2026-03-28\"]"},
        {"['1', \"true\", 'null']", "[\"1\",\"true\",\"null\"]"},
        {"a: |\n  two\n  lines\nb: >\n  one\n  line\n",
         "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\\n\"}"},
        {"# comment\nlist:\n- x: 1\n  y: 2\n- [a, {b: c}]\n",
         "{\"list\":[{\"x\":1,\"y\":2},[\"a\",{\"b\":\"c\"}]]}"},
        {"--- text\n", "\"text\""},
        {"1: one\ntrue: two\n", "{\"1\":\"one\",\"true\":\"two\"}"},
        {"{\"a\": [1, {\"b\": \"x\\u00e9\\n\"}], \"c\":{}}",
         "{\"a\":[1,{\"b\":\"x\xC3\xA9\\n\"}],\"c\":{}}"},
        {"%YAML 1.1\n---\na: 1\n...\n", "{\"a\":1}"},
    };
    EXPECT_ROWS(rows);
}

/* What has more than one way to be read is refused, with its place. */
Test(yaml, refusals_name_the_place)
{
    static const char *const rows[][2] = {
        {"", "1:1: there is no document"},
        {"# only a comment\n", "1:1: there is no document"},
        {"a: 1\nb: 2\na: 3\n", "3:1: there is a second key a"},
        {"x: {k: 1, \"k\": 2}", "1:11: there is a second key k"},
        {"a: &here 1\n", "1:4: anchors are not read: here"},
        {"a: &x [1]\n", "1:4: anchors are not read: x"},
        {"a: *here\n", "1:4: aliases are not read: here"},
        {"a: !!str 1\n", "1:4: tags are not read: tag:yaml.org,2002:str"},
        {"a: !t {b: 1}\n", "1:4: tags are not read: !t"},
        {"a: 1\n---\nb: 2\n", "2:1: a second document is not read"},
        {"%TAG ! tag:x,2000:\n---\na: 1\n", "1:1: tags are not read: %TAG"},
        {"? [a]\n: b\n", "1:3: a key must be a scalar"},
    };
    EXPECT_ROWS(rows);
}

/* libyaml's own refusals come with their place; the words are its own. */
Test(yaml, errors_of_libyaml_have_a_place)
{
    static const char *const rows[][2] = {
        {"a: [1, 2\nb: 3\n", "2:2: "},
        {"a: 1\n\tb: 2\n", "2:1: "},
        {"a: \"\xff\"\n", "1:1: "},
        {"a: 1\n b: 2\n", "2:3: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str got = rewritten(str_of(rows[i][0]));
        cr_expect(str_starts(got, str_of(rows[i][1])) && got.len > 10, "<%s> gives <%.*s>",
                  rows[i][0], STR_ARG(got));
    }
}

/* Every node knows where it stood. */
Test(yaml, nodes_know_their_place)
{
    struct diag d = DIAG_INIT;
    struct json *t = NULL;
    cr_assert(yaml_parse(memory, STR("a: 1\nlist:\n  - x\n  - name: y\n"), &t, &d) == ERR_OK, "%s",
              d.msg);
    cr_expect_eq(t->line, 1);
    cr_expect_eq(json_at(t, "a")->column, 4);
    cr_expect_eq(json_at(t, "list.1.name")->line, 4);
    cr_expect_eq(json_at(t, "list.1.name")->column, 11);
}

/* Depth and size have caps; both sides of each. */
Test(yaml, caps)
{
    struct diag d = DIAG_INIT;
    struct json *t = NULL;
    struct buf text;
    buf_init(&text, memory, 2 * MIB);
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        buf_truncate(&text, 0);
        for (int i = 0; i < 2 * depth; i++) {
            buf_add_char(&text, i < depth ? '[' : ']');
        }
        cr_expect_eq(yaml_parse(memory, buf_str(&text), &t, &d),
                     depth <= JSON_DEPTH_MAX ? ERR_OK : ERR_INVALID);
    }
    cr_expect(str_eq(str_of(d.msg), STR("1:101: nested too deeply")), "%s", d.msg);
    buf_truncate(&text, 0);
    while (text.len < DEFINITION_BYTES_MAX) {
        buf_add_char(&text, 'x');
    }
    diag_clear(&d);
    cr_expect_eq(yaml_parse(memory, buf_str(&text), &t, &d), ERR_OK);
    buf_add_char(&text, 'x');
    cr_expect_eq(yaml_parse(memory, buf_str(&text), &t, &d), ERR_LIMIT);
}
