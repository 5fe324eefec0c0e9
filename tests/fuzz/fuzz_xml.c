/* fuzz_xml.c -- Any bytes: a tree within the cap on depth whose texts survive writing and reading,
 * or a refusal that says where. */
#include "base/encode.h"
#include "base/limits.h"
#include "fuzz_check.h"
#include "wire/xml.h"

/* The shape and the texts, under one name: names were cut at their prefix. */
static void write_tree(struct buf *out, const struct xml *node, int depth)
{
    CHECK(depth <= XML_DEPTH_MAX);
    xml_open(out, "e");
    encode_xml(out, node->text);
    for (const struct xml *child = node->first; child != NULL; child = child->next) {
        write_tree(out, child, depth + 1);
    }
    xml_close(out, "e");
}

static void check_same(const struct xml *left, const struct xml *right)
{
    CHECK(str_eq(left->text, right->text));
    const struct xml *l = left->first;
    const struct xml *r = right->first;
    for (; l != NULL && r != NULL; l = l->next, r = r->next) {
        check_same(l, r);
    }
    CHECK(l == NULL && r == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct diag d = DIAG_INIT;
    struct xml *root = NULL;
    struct xml *again = NULL;
    if (xml_parse(a, str_n((const char *)data, size), &root, &d) == ERR_OK) {
        struct buf out;
        buf_init(&out, a, 64 * MIB);
        write_tree(&out, root, 1);
        CHECK(d.code == ERR_OK);
        CHECK(xml_parse(a, buf_str(&out), &again, &d) == ERR_OK);
        check_same(root, again);
    } else {
        CHECK(root == NULL && d.code == ERR_INVALID && d.msg[0] != '\0');
    }
    arena_free(a);
    return 0;
}
