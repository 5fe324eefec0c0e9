#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "base/arena.h"
#include "base/limits.h"
#include "base/rng.h"

#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN 1
#endif
#endif
#ifdef TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

static bool all_bytes_are(const char *block, size_t size, char value)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != value) {
            return false;
        }
    }
    return true;
}

Test(arena, gives_zeroed_and_aligned_memory)
{
    /* Blocks of every size class, fresh and after a rewind over dirty memory, are zero and aligned
     * to 16. */
    struct arena *a = arena_new("test", 64 * MIB);
    for (int round = 0; round < 2; round++) {
        struct arena_mark mark = arena_mark(a);
        for (size_t size = 0; size < 100000; size = size * 5 / 4 + 1) {
            char *block = arena_alloc(a, size);
            cr_assert_eq((uintptr_t)block % 16, 0);
            cr_assert(all_bytes_are(block, size, 0), "size %zu", size);
            memset(block, 0x5a, size);
        }
        arena_rewind(a, mark);
    }
    cr_assert_eq(arena_used(a), 0);
    arena_free(a);
}

Test(arena, blocks_do_not_overlap)
{
    /* Many blocks of random sizes keep what was written to them. */
    enum { COUNT = 3000 };
    struct arena *a = arena_new("test", 256 * MIB);
    static const size_t spans[] = {16, 200, 3000, 40000, 200000};
    char **blocks = NEW_ARRAY(a, char *, COUNT);
    size_t *sizes = NEW_ARRAY(a, size_t, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        size_t span = i % 500 == 0 ? spans[4] : spans[rng_below(rng_u64(1, 1, i, 0), 4)];
        sizes[i] = (size_t)rng_below(rng_u64(1, 2, i, 0), span);
        blocks[i] = arena_alloc_raw(a, sizes[i]);
        memset(blocks[i], (int)(i % 127), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert(all_bytes_are(blocks[i], sizes[i], (char)(i % 127)), "block %zu", i);
    }
    arena_free(a);
}

Test(arena, rewind_gives_back_what_is_newer_than_the_mark)
{
    /* Nested marks, with small and large blocks on both sides: older blocks stay, arena_used
     * returns exactly. */
    enum { DEPTH = 40 };
    struct arena *a = arena_new("test", 256 * MIB);
    struct arena_mark marks[DEPTH];
    size_t used[DEPTH];
    char *kept[DEPTH];
    for (uint64_t round = 0; round < 30; round++) {
        for (size_t i = 0; i < DEPTH; i++) {
            uint64_t random = rng_u64(7, round, i, 0);
            size_t size = (size_t)rng_below(random, i % 3 == 0 ? 100000 : 500);
            kept[i] = arena_alloc_raw(a, size + 1);
            memset(kept[i], (int)i, size + 1);
            marks[i] = arena_mark(a);
            used[i] = arena_used(a);
            memset(arena_alloc(a, 100 * i), 0x77, 100 * i);
        }
        for (size_t i = DEPTH; i-- > 0;) {
            arena_rewind(a, marks[i]);
            cr_assert_eq(arena_used(a), used[i]);
            for (size_t j = 0; j <= i; j++) {
                cr_assert_eq(kept[j][0], (char)j);
            }
            if (i % 2 == 0) { /* a rewound place is used again before the next rewind */
                memset(arena_alloc_raw(a, 50000), 0x33, 50000);
            }
        }
        arena_reset(a);
        cr_assert_eq(arena_used(a), 0);
    }
    arena_free(a);
}

struct order {
    char text[32];
    size_t len;
};
struct step {
    struct order *order;
    char letter;
};

static void note(void *handle)
{
    struct step *s = handle;
    s->order->text[s->order->len++] = s->letter;
}

static void defer_letter(struct arena *a, struct order *order, char letter)
{
    struct step *s = NEW(a, struct step);
    *s = (struct step){.order = order, .letter = letter};
    arena_defer(a, note, s);
}

Test(arena, cleanups_run_in_reverse_and_once)
{
    /* A rewind runs the cleanups past the mark, a reset and the end run the others, each in reverse
     * order. */
    struct order order = {.len = 0};
    struct arena *a = arena_new("test", MIB);
    defer_letter(a, &order, 'a');
    struct arena_mark mark = arena_mark(a);
    defer_letter(a, &order, 'b');
    defer_letter(a, &order, 'c');
    arena_rewind(a, mark);
    cr_assert_str_eq(order.text, "cb");
    defer_letter(a, &order, 'd');
    arena_reset(a);
    cr_assert_str_eq(order.text, "cbda");
    defer_letter(a, &order, 'e');
    defer_letter(a, &order, 'f');
    arena_free(a);
    cr_assert_str_eq(order.text, "cbdafe");
    arena_free(NULL);
}

Test(arena, recycled_blocks_are_given_out_again)
{
    /* Churn of any one size holds what it held at its peak: the freed block comes back, zeroed. */
    static const size_t sizes[] = {0,    1,    16,   17,    100,   1000,  1024,
                                   1025, 1152, 5000, 32768, 32769, 500000};
    struct arena *a = arena_new("test", 8 * MIB);
    arena_recycle(a, arena_alloc(a, 1), 1); /* from here on the arena holds its lists */
    size_t before = arena_used(a);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int round = 0; round < 1000; round++) {
            char *block = arena_alloc(a, sizes[i]);
            cr_assert(all_bytes_are(block, sizes[i], 0));
            memset(block, 0x11, sizes[i]);
            arena_recycle(a, block, sizes[i]);
            cr_assert_eq(arena_used(a), before);
        }
    }
    arena_recycle(a, NULL, 100);
    cr_assert_eq(arena_used(a), before);
    arena_free(a);
}

Test(arena, recycling_keeps_the_other_blocks)
{
    /* Random allocation and recycling over all classes never touches a live block. */
    enum { COUNT = 400 };
    struct arena *a = arena_new("test", 256 * MIB);
    char *blocks[COUNT] = {0};
    size_t sizes[COUNT] = {0};
    for (uint64_t step = 0; step < 20000; step++) {
        size_t i = (size_t)rng_below(rng_u64(3, 1, step, 0), COUNT);
        if (blocks[i] != NULL) {
            cr_assert(all_bytes_are(blocks[i], sizes[i], (char)(i % 127)));
            arena_recycle(a, blocks[i], sizes[i]);
            blocks[i] = NULL;
            continue;
        }
        uint64_t span = rng_below(rng_u64(3, 2, step, 0), 20) == 0 ? 100000 : 2500;
        sizes[i] = (size_t)rng_below(rng_u64(3, 3, step, 0), span);
        blocks[i] = arena_alloc_raw(a, sizes[i]);
        memset(blocks[i], (int)(i % 127), sizes[i]);
    }
    arena_reset(a);
    cr_assert_eq(arena_used(a), 0);
    struct arena_mark mark =
        arena_mark(a); /* a reset ends the recycling: marks are allowed again */
    arena_alloc(a, 100);
    arena_rewind(a, mark);
    arena_free(a);
}

Test(arena, drop_recycles_only_where_the_arena_recycles)
{
    /* A dropped block waits for the end in a plain arena, and is reused in one that recycles. */
    struct arena *a = arena_new("test", MIB);
    void *block = arena_alloc(a, 64);
    size_t before = arena_used(a);
    arena_drop(a, block, 64);
    cr_assert_eq(arena_used(a), before);
    arena_recycle(a, arena_alloc(a, 16), 16);
    before = arena_used(a);
    arena_drop(a, arena_alloc(a, 64), 64);
    cr_assert_eq(arena_used(a), before);
    arena_free(a);
}

Test(arena, grow_keeps_the_contents)
{
    /* From one byte to 3 MB in small and large steps, with another block in between and without. */
    for (int with_neighbour = 0; with_neighbour < 2; with_neighbour++) {
        struct arena *a = arena_new("test", 64 * MIB);
        size_t size = 1;
        char *block = arena_grow(a, NULL, 0, size);
        block[0] = 1;
        while (size < 3000000) {
            size_t larger = size + size / 3 + 1;
            if (with_neighbour != 0) {
                memset(arena_alloc(a, 40), 0x7f, 40);
            }
            block = arena_grow(a, block, size, larger);
            cr_assert(all_bytes_are(block, size, 1));
            memset(block + size, 1, larger - size);
            size = larger;
        }
        arena_free(a);
    }
}

Test(arena, a_large_block_may_grow_past_a_mark)
{
    /* A large block that is older than a mark and grows after it survives the rewind. */
    struct arena *a = arena_new("test", 64 * MIB);
    char *block = arena_alloc(a, 100000);
    memset(block, 9, 100000);
    struct arena_mark mark = arena_mark(a);
    arena_alloc(a, 200000);
    block = arena_grow(a, block, 100000, 400000);
    arena_rewind(a, mark);
    cr_assert(all_bytes_are(block, 100000, 9));
    memset(block, 8, 400000);
    arena_free(a);
}

Test(arena, a_child_ends_with_its_parent)
{
    /* A child's cleanups run in the parent's order, or when the child ends by itself, and only
     * once. */
    struct order order = {.len = 0};
    struct arena *parent = arena_new("parent", MIB);
    defer_letter(parent, &order, 'a');
    struct arena *early = arena_child(parent, "early", MIB),
                 *late = arena_child(parent, "late", MIB);
    defer_letter(early, &order, 'e');
    defer_letter(late, &order, 'l');
    defer_letter(parent, &order, 'b');
    memset(arena_alloc(late, 100000), 1, 100000);
    arena_free(early);
    cr_assert_str_eq(order.text, "e");
    struct arena_mark mark = arena_mark(parent);
    defer_letter(arena_child(parent, "scratch", MIB), &order, 's');
    arena_rewind(parent, mark);
    cr_assert_str_eq(order.text, "es");
    arena_free(parent);
    cr_assert_str_eq(order.text, "esbla");
}

Test(arena, aborts_at_its_cap, .signal = SIGABRT)
{
    /* Reaching the cap is a bug of the caller, and ends the program: up to the cap all is well. */
    struct arena *a = arena_new("capped", 1000);
    arena_alloc(a, 500);
    memset(arena_alloc(a, 480), 1, 480);
    arena_alloc(a, 100);
}

Test(arena, aborts_when_an_array_overflows, .signal = SIGABRT)
{
    /* count * size past SIZE_MAX never becomes a small block. */
    struct arena *a = arena_new("overflow", SIZE_MAX);
    arena_alloc_array(a, SIZE_MAX / 2, 4);
}

Test(arena, aborts_when_a_recycling_arena_is_rewound, .signal = SIGABRT)
{
    /* A rewind would give out memory that a list of recycled blocks still holds. */
    struct arena *a = arena_new("recycling", MIB);
    struct arena_mark mark = arena_mark(a);
    arena_recycle(a, arena_alloc(a, 100), 100);
    arena_rewind(a, mark);
}

#ifdef TEST_ASAN
Test(arena, poisons_what_is_not_handed_out)
{
    /* ASan sees the byte past a block, a recycled block and a rewound one. */
    struct arena *a = arena_new("test", MIB);
    struct arena_mark mark = arena_mark(a);
    char *block = arena_alloc(a, 100);
    cr_assert(!__asan_address_is_poisoned(block + 99));
    cr_assert(__asan_address_is_poisoned(block + 100));
    arena_rewind(a, mark);
    cr_assert(__asan_address_is_poisoned(block));
    block = arena_alloc(a, 100);
    arena_recycle(a, block, 100);
    cr_assert(__asan_address_is_poisoned(block));
    cr_assert(__asan_address_is_poisoned(block + 99));
    arena_free(a);
}
#endif
