/* A treap: a search tree by key that is a heap by priority. The priority is a hash of the key, so
 * the shape depends on the set of keys alone: no balance to store, no order of insertion to
 * remember. Expected depth 2 ln n. */
#include "base/tree.h"

#include <string.h>
#include "base/hash.h"

#define TREE_SEED 0x747265652e61666fu

struct node {
    struct tree_entry entry; /* first: a tree_entry's address is its node's */
    uint64_t priority;
    struct node *left, *right;
    char key[];
};

struct tree {
    struct arena *arena;
    struct node *root;
    size_t count;
};

struct tree *tree_new(struct arena *a)
{
    struct tree *t = NEW(a, struct tree);
    t->arena = a;
    return t;
}

/* The link that points, or would point, at `key`. */
static struct node **link_of(struct node **link, struct str key)
{
    while (*link != NULL) {
        int order = str_cmp(key, (*link)->entry.key);
        if (order == 0) {
            break;
        }
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
    return link;
}

void *tree_get(const struct tree *t, struct str key)
{
    struct node *root = t->root;
    struct node *n = *link_of(&root, key);
    return n == NULL ? NULL : n->entry.value;
}

static struct node *node_new(struct arena *a, struct str key, uint64_t priority, void *value)
{
    struct node *n = arena_alloc(a, sizeof(*n) + key.len);
    if (key.len > 0) {
        memcpy(n->key, key.ptr, key.len);
    }
    n->entry = (struct tree_entry){.key = str_n(n->key, key.len), .value = value};
    n->priority = priority;
    return n;
}

/* Parts the subtree `n` into the keys before and after `key`, which is not in it. */
static void node_split(struct node *n, struct str key, struct node **before, struct node **after)
{
    while (n != NULL) {
        if (str_cmp(n->entry.key, key) < 0) {
            *before = n;
            before = &n->right;
            n = n->right;
        } else {
            *after = n;
            after = &n->left;
            n = n->left;
        }
    }
    *before = *after = NULL;
}

/* Joins two subtrees at *link; every key of `before` is smaller than every key of `after`. */
static void node_join(struct node **link, struct node *before, struct node *after)
{
    while (before != NULL && after != NULL) {
        if (before->priority >= after->priority) {
            *link = before;
            link = &before->right;
            before = before->right;
        } else {
            *link = after;
            link = &after->left;
            after = after->left;
        }
    }
    *link = before != NULL ? before : after;
}

void tree_put(struct tree *t, struct str key, void *value)
{
    ASSERT(value != NULL);
    struct node *old = *link_of(&t->root, key);
    if (old != NULL) {
        old->entry.value = value;
        return;
    }
    struct node *n = node_new(t->arena, key, hash64(TREE_SEED, key), value);
    struct node **link = &t->root;
    while (*link != NULL && (*link)->priority >= n->priority) {
        link = str_cmp(key, (*link)->entry.key) < 0 ? &(*link)->left : &(*link)->right;
    }
    node_split(*link, n->entry.key, &n->left, &n->right);
    *link = n;
    t->count++;
}

void *tree_remove(struct tree *t, struct str key)
{
    struct node **link = link_of(&t->root, key);
    struct node *n = *link;
    if (n == NULL) {
        return NULL;
    }
    void *value = n->entry.value;
    node_join(link, n->left, n->right);
    arena_recycle(t->arena, n, sizeof(*n) + n->entry.key.len);
    t->count--;
    return value;
}

size_t tree_count(const struct tree *t)
{
    return t->count;
}

const struct tree_entry *tree_seek(const struct tree *t, struct str key, bool after)
{
    const struct node *best = NULL;
    const struct node *n = t->root;
    while (n != NULL) {
        int order = str_cmp(n->entry.key, key);
        if (order > 0 || (order == 0 && !after)) {
            best = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return best == NULL ? NULL : &best->entry;
}

const struct tree_entry *tree_last(const struct tree *t)
{
    const struct node *n = t->root;
    while (n != NULL && n->right != NULL) {
        n = n->right;
    }
    return n == NULL ? NULL : &n->entry;
}

/* Checks the subtree between the keys `low` and `high` (NULL: no bound) and counts it. */
static size_t node_check(const struct node *n, const struct node *low, const struct node *high)
{
    if (n == NULL) {
        return 0;
    }
    ASSERT(n->entry.value != NULL);
    ASSERT(n->priority == hash64(TREE_SEED, n->entry.key));
    ASSERT(low == NULL || str_cmp(low->entry.key, n->entry.key) < 0);
    ASSERT(high == NULL || str_cmp(n->entry.key, high->entry.key) < 0);
    ASSERT(n->left == NULL || n->left->priority <= n->priority);
    ASSERT(n->right == NULL || n->right->priority <= n->priority);
    return 1 + node_check(n->left, low, n) + node_check(n->right, n, high);
}

void tree_check(const struct tree *t)
{
    ASSERT(node_check(t->root, NULL, NULL) == t->count);
}
