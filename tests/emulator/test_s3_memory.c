/* Objects in the state's arena, from the inside: what goes is given back. */
#include <criterion/criterion.h>
#include "base/limits.h"
#include "object.h"
#include "version.h"

Test(s3_memory, overwriting_and_deleting_gives_everything_back)
{
    /* Proves: after thousands of overwrites and deletes of many sizes the arena holds what it held,
     * and so does the count. */
    struct arena *a = arena_new("state", 256 * MIB);
    struct s3 s3 = {.arena = a};
    struct bucket b = {.objects = tree_new(a)};
    struct object_meta meta[] = {{STR_INIT("origin"), STR_INIT("gauge 7")}};
    static char bytes[300 * 1024];
    size_t settled = 0;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 400; i++) {
            char key[8] = {'k', (char)('a' + i % 20)};
            struct object facts = {.key = str_n(key, 2),
                                   .etag = STR("\"900150983cd24fb0d6963f7d28e17f72\""),
                                   .body = blob_new(0),
                                   .meta = meta,
                                   .meta_count = i % 2};
            facts.system[OBJECT_CONTENT_TYPE] = str_n("text/plain-and-longer", i % 20);
            struct str body = str_n(bytes, (i * 7919) % sizeof bytes);
            blob_add(facts.body, body);
            version_store(&s3, &b, object_new(&s3, &facts));
            blob_release(facts.body); /* the object holds it now */
            const struct object *o = tree_get(b.objects, facts.key);
            cr_assert(o != NULL && str_eq(o->key, facts.key));
            cr_assert(object_bytes(o) == body.len && blob_at(o->body, 0).len <= body.len);
        }
        cr_assert_eq(tree_count(b.objects), 20);
        for (size_t i = 0; i < 20; i++) {
            char key[2] = {'k', (char)('a' + i)};
            struct object *o = version_current(&b, str_n(key, 2));
            cr_assert(o != NULL);
            version_remove(&s3, &b, o);
            cr_assert(version_current(&b, str_n(key, 2)) == NULL);
        }
        cr_assert_eq(s3.held_bytes, 0);
        settled = round == 0 ? arena_used(a) : settled;
        cr_assert_eq(arena_used(a), settled, "round %d", round);
    }
    arena_free(a);
}
