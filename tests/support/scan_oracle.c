#include "scan_oracle.h"

#include "base/json.h"

static struct path_node *node_add(struct arena *a, struct path_node *parent, struct str key,
                                  size_t slot)
{
    struct path_node *node = NEW(a, struct path_node), **at = &parent->child;
    *node = (struct path_node){.key = key, .slot = slot, .bare = str_find(key, '"') == STR_NONE};
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = node;
    return node;
}

const struct path_node *oracle_root(struct arena *a)
{
    struct path_node *root = NEW(a, struct path_node);
    root->slot = PATH_NO_SLOT;
    node_add(a, root, STR("id"), 0);
    node_add(a, root, STR("t"), 1);
    struct path_node *object = node_add(a, root, STR("a"), 2);
    node_add(a, object, STR("b"), 3);
    node_add(a, object, STR("c d"), 4);
    node_add(a, root, STR("n"), 5);
    node_add(a, root, STR("q\"q"), 6);
    return root;
}

static struct input input_of(const struct json *value)
{
    static const enum input_kind kinds[] = {
        [JSON_IS_NULL] = INPUT_MISSING, [JSON_IS_FALSE] = INPUT_FALSE,
        [JSON_IS_TRUE] = INPUT_TRUE,    [JSON_IS_NUMBER] = INPUT_NUMBER,
        [JSON_IS_STRING] = INPUT_TEXT,  [JSON_IS_ARRAY] = INPUT_OTHER,
        [JSON_IS_OBJECT] = INPUT_OTHER,
    };
    return (struct input){.kind = kinds[value->kind], .text = json_str(value)};
}

static void walk(const struct json *object, const struct path_node *parent, struct input *inputs,
                 bool *seen)
{
    for (const struct json *child = object->first; child != NULL; child = child->next) {
        const struct path_node *node = parent->child;
        while (node != NULL && !str_eq(node->key, child->key)) {
            node = node->next;
        }
        if (node == NULL) {
            continue;
        }
        bool was_seen = seen[node->slot];
        if (!was_seen) {
            inputs[node->slot] = input_of(child);
            seen[node->slot] = true;
        }
        if (child->kind == JSON_IS_OBJECT) {
            walk(child, node, inputs, seen);
        }
    }
}

static void inputs_clear(struct input *inputs)
{
    for (size_t i = 0; i < ORACLE_SLOTS; i++) {
        inputs[i] = (struct input){.kind = INPUT_MISSING};
    }
}

const char *oracle_differs(const struct path_node *root, struct str bytes, struct arena *a)
{
    struct input found[ORACLE_SLOTS], expected[ORACLE_SLOTS];
    bool seen[ORACLE_SLOTS] = {false};
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    inputs_clear(found);
    inputs_clear(expected);
    bool good = json_parse(a, bytes, &tree, &d) == ERR_OK && json_is(tree, JSON_IS_OBJECT);
    if (record_scan(root, bytes, a, found) != good) {
        return good ? "refused a JSON object" : "took what is no JSON object";
    }
    if (!good) {
        return NULL;
    }
    walk(tree, root, expected, seen);
    for (size_t i = 0; i < ORACLE_SLOTS; i++) {
        if (found[i].kind != expected[i].kind) {
            return "another kind of value";
        }
        bool text = found[i].kind == INPUT_TEXT || found[i].kind == INPUT_NUMBER;
        if (text && !str_eq(found[i].text, expected[i].text)) {
            return "another text";
        }
    }
    return NULL;
}
