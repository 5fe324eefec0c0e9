#include <criterion/criterion.h>
#include "base/arena.h"

Test(arena, gives_zeroed_memory)
{
    /* A block is zeroed and aligned to 16. */
    struct arena *a = arena_new("test", 1 << 20);
    char *block = arena_alloc(a, 100);
    for (size_t i = 0; i < 100; i++) {
        cr_assert(block[i] == 0);
    }
    cr_assert(((size_t)block & 15) == 0);
    arena_free(a);
}
