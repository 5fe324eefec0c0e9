#include <criterion/criterion.h>
#include <stdio.h>
#include "base/limits.h"
#include "base/map.h"
#include "base/rng.h"

/* The model: an array in order of insertion, searched from the front. */
enum { KEYS = 200 };
struct model {
    size_t keys[KEYS];
    void *values[KEYS];
    size_t count;
};

static size_t model_find(const struct model *model, size_t key)
{
    size_t at = 0;
    while (at < model->count && model->keys[at] != key) {
        at++;
    }
    return at;
}

static void *model_put(struct model *model, size_t key, void *value)
{
    size_t at = model_find(model, key);
    model->count += at == model->count;
    model->keys[at] = key;
    model->values[at] = value;
    return value;
}

static void *model_remove(struct model *model, size_t key)
{
    size_t at = model_find(model, key);
    if (at == model->count) {
        return NULL;
    }
    void *value = model->values[at];
    for (model->count--; at < model->count; at++) {
        model->keys[at] = model->keys[at + 1];
        model->values[at] = model->values[at + 1];
    }
    return value;
}

static struct str key_text(char text[32], size_t key)
{
    int len = key == 0 ? 0 : snprintf(text, 32, "key-%zu", key * 7919);
    return str_n(text, (size_t)len);
}

static void expect_same(const struct map *m, const struct model *model)
{
    char text[32];
    struct str key;
    void *value;
    size_t i = 0;
    for (size_t at = 0; map_next(m, &at, &key, &value); i++) {
        cr_assert_lt(i, model->count);
        cr_assert(str_eq(key, key_text(text, model->keys[i])));
        cr_assert_eq(value, model->values[i]);
    }
    cr_assert_eq(i, model->count);
    cr_assert_eq(map_count(m), model->count);
}

Test(map, agrees_with_a_list)
{
    /* Random puts and removals, growing and shrinking phases, in an arena that recycles and in one
     * that does not. */
    for (uint64_t run = 0; run < 2; run++) {
        struct arena *a = arena_new("test", 64 * MIB);
        if (run == 1) {
            arena_recycle(a, arena_alloc(a, 1), 1);
        }
        struct map *m = map_new(a);
        struct model model = {.count = 0};
        static char values[1000];
        for (uint64_t step = 0; step < 6000; step++) {
            char text[32];
            size_t key = (size_t)rng_below(rng_u64(2, run, step, 0), KEYS);
            void *value = &values[rng_below(rng_u64(2, run, step, 1), sizeof(values))];
            bool grows = step / 1500 % 2 == 0;
            if (rng_below(rng_u64(2, run, step, 2), 10) < (grows ? 7u : 3u)) {
                map_put(m, key_text(text, key), model_put(&model, key, value));
            } else {
                cr_assert_eq(map_remove(m, key_text(text, key)), model_remove(&model, key));
            }
            size_t at = model_find(&model, key);
            cr_assert_eq(map_get(m, key_text(text, key)),
                         at < model.count ? model.values[at] : NULL);
            map_check(m);
            if (step % 20 == 0) {
                expect_same(m, &model);
            }
        }
        arena_free(a);
    }
}

Test(map, allows_removal_of_the_current_entry)
{
    /* A loop that removes every other entry sees each one once. */
    struct arena *a = arena_new("test", MIB);
    struct map *m = map_new(a);
    for (size_t i = 0; i < 100; i++) {
        map_put(m, str_printf(a, "%zu", i), a);
    }
    struct str key;
    void *value;
    size_t seen = 0;
    for (size_t at = 0; map_next(m, &at, &key, &value); seen++) {
        cr_assert(str_eq(key, str_printf(a, "%zu", seen)));
        if (seen % 2 == 0) {
            cr_assert_eq(map_remove(m, str_printf(a, "%zu", seen)), a);
        }
        map_check(m);
    }
    cr_assert_eq(seen, 100);
    cr_assert_eq(map_count(m), 50);
    arena_free(a);
}

Test(map, a_queue_does_not_grow)
{
    /* A thousand keys come and go one at a time: in an arena that recycles, memory stays where it
     * was. */
    struct arena *a = arena_new("test", MIB);
    arena_recycle(a, arena_alloc(a, 1), 1);
    struct map *m = map_new(a);
    size_t settled = 0;
    for (size_t i = 0; i < 10000; i++) {
        char text[32];
        map_put(m, key_text(text, i + 1), a);
        cr_assert_eq(map_remove(m, key_text(text, i + 1)), a);
        settled = i == 100 ? arena_used(a) : settled;
    }
    cr_assert_eq(arena_used(a), settled);
    cr_assert_eq(map_count(m), 0);
    arena_free(a);
}
