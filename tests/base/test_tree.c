#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/rng.h"
#include "base/tree.h"

/* The model: one slot for each possible key, the keys in byte order. */
enum { KEYS = 300 };
struct model {
    struct str keys[KEYS];
    void *values[KEYS];
    size_t count;
};

static int str_order(const void *x, const void *y)
{
    const struct str *a = x, *b = y;
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->ptr, b->ptr, common);
    return order != 0 ? order : (int)a->len - (int)b->len;
}

/* Distinct keys of 0 to 3 bytes, among them 0x00 and 0xff, many of them prefixes of others. */
static void model_init(struct model *model, struct arena *a)
{
    static const char letters[] = {0, 'a', 'b', '/', (char)0xff, '~', 'Z'};
    model->count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        size_t len = i == 0 ? 0 : i < 8 ? 1 : i < 57 ? 2 : 3;
        size_t number = i < 1 ? 0 : i < 8 ? i - 1 : i < 57 ? i - 8 : i - 57;
        char text[3];
        for (size_t j = 0; j < len; j++, number /= 7) {
            text[j] = letters[number % 7];
        }
        model->keys[i] = str_copy(a, str_n(text, len));
        model->values[i] = NULL;
    }
    qsort(model->keys, KEYS, sizeof(model->keys[0]), str_order);
}

static size_t model_seek(const struct model *model, size_t from)
{
    while (from < KEYS && model->values[from] == NULL) {
        from++;
    }
    return from;
}

static void expect_seek(const struct tree *t, const struct model *model, size_t key, bool after)
{
    size_t at = model_seek(model, after ? key + 1 : key);
    const struct tree_entry *e = tree_seek(t, model->keys[key], after);
    cr_assert_eq(e == NULL, at == KEYS);
    if (e != NULL) {
        cr_assert(str_eq(e->key, model->keys[at]));
        cr_assert_eq(e->value, model->values[at]);
    }
}

static void expect_same(const struct tree *t, const struct model *model)
{
    size_t at = 0, last = KEYS;
    const struct tree_entry *e = tree_seek(t, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(t, e->key, true), at++) {
        at = model_seek(model, at);
        cr_assert_lt(at, KEYS);
        cr_assert(str_eq(e->key, model->keys[at]));
        cr_assert_eq(e->value, model->values[at]);
        last = at;
    }
    cr_assert_eq(model_seek(model, at), KEYS);
    const struct tree_entry *end = tree_last(t);
    cr_assert_eq(end == NULL, last == KEYS);
    cr_assert(end == NULL || str_eq(end->key, model->keys[last]));
}

Test(tree, agrees_with_a_sorted_list)
{
    /* Random puts, removals and seeks over keys of raw bytes, compared after every step. */
    struct arena *a = arena_new("test", 64 * MIB), *names = arena_new("names", MIB);
    struct tree *t = tree_new(a);
    struct model model;
    model_init(&model, names);
    static char values[1000];
    for (uint64_t step = 0; step < 6000; step++) {
        size_t key = (size_t)rng_below(rng_u64(4, 0, step, 0), KEYS);
        void *value = &values[rng_below(rng_u64(4, 0, step, 1), sizeof(values))];
        bool grows = step / 1500 % 2 == 0;
        if (rng_below(rng_u64(4, 0, step, 2), 10) < (grows ? 7u : 3u)) {
            model.count += model.values[key] == NULL;
            model.values[key] = value;
            tree_put(t, model.keys[key], value);
        } else {
            cr_assert_eq(tree_remove(t, model.keys[key]), model.values[key]);
            model.count -= model.values[key] != NULL;
            model.values[key] = NULL;
        }
        cr_assert_eq(tree_get(t, model.keys[key]), model.values[key]);
        cr_assert_eq(tree_count(t), model.count);
        expect_seek(t, &model, (size_t)rng_below(rng_u64(4, 0, step, 3), KEYS), step % 2 == 0);
        tree_check(t);
        if (step % 20 == 0) {
            expect_same(t, &model);
        }
    }
    arena_free(names);
    arena_free(a);
}

Test(tree, is_fast_when_keys_come_in_order)
{
    /* 200000 ascending keys, each found again and then removed: a list in disguise would take
     * minutes. */
    struct arena *a = arena_new("test", 64 * MIB);
    struct tree *t = tree_new(a);
    for (int pass = 0; pass < 3; pass++) {
        for (unsigned i = 0; i < 200000; i++) {
            char text[16];
            struct str key = str_n(text, (size_t)snprintf(text, sizeof(text), "%09u", i));
            if (pass == 0) {
                tree_put(t, key, t);
            } else {
                cr_assert_eq(pass == 1 ? tree_get(t, key) : tree_remove(t, key), t);
            }
        }
    }
    cr_assert_eq(tree_count(t), 0);
    cr_assert_null(tree_last(t));
    size_t used = arena_used(a);
    tree_put(t, STR("000000001"), t);
    cr_assert_eq(tree_remove(t, STR("000000001")), t);
    cr_assert_eq(arena_used(a), used);
    arena_free(a);
}
