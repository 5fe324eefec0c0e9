/* fuzz_yaml.c -- Any bytes: YAML is read or refused with a place, and what is read can be written
 * as JSON. */
#include "base/limits.h"
#include "base/yaml.h"
#include "fuzz_check.h"

static void check(struct arena *a, struct str text)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    enum err code = yaml_parse(a, text, &tree, &d);
    if (code != ERR_OK) {
        CHECK(tree == NULL);
        CHECK(code == ERR_LIMIT || (code == ERR_INVALID && d.msg[0] >= '1' && d.msg[0] <= '9'));
        return;
    }
    struct buf out;
    struct json *again;
    buf_init(&out, a, 64 * MIB);
    CHECK(tree->line > 0 && tree->column > 0);
    json_write(&out, tree);
    CHECK(json_parse(a, buf_str(&out), &again, &d) == ERR_OK);
    CHECK(again->kind == tree->kind && again->count == tree->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    check(a, str_n((const char *)data, size));
    arena_free(a);
    return 0;
}
