#include <criterion/criterion.h>
#include <openssl/sha.h>
#include <string.h>
#include "base/digest.h"
#include "base/hash.h"
#include "base/limits.h"

static void whole(enum digest_kind kind, struct str bytes, uint8_t digest[DIGEST_BYTES_MAX])
{
    if (kind == DIGEST_MD5) {
        hash_md5(bytes, digest);
    } else if (kind == DIGEST_SHA1) {
        hash_sha1(bytes, digest);
    } else if (kind == DIGEST_SHA256) {
        hash_sha256(bytes, digest);
    } else {
        SHA512((const unsigned char *)bytes.ptr, bytes.len, digest);
    }
}

Test(digest, pieces_give_what_the_whole_gives)
{
    /* Each kind, fed in pieces of 1 to 200 bytes and again after a restart, equals the one-shot
     * digest (test_hash holds that one against the standards). */
    static const size_t sizes[DIGEST_KIND_COUNT] = {16, 20, 32, 64};
    struct arena *a = arena_new("test", MIB);
    char *bytes = arena_alloc(a, 1000);
    for (size_t i = 0; i < 1000; i++) {
        bytes[i] = (char)(i * i / 7);
    }
    for (int kind = 0; kind < DIGEST_KIND_COUNT; kind++) {
        uint8_t expected[DIGEST_BYTES_MAX], got[DIGEST_BYTES_MAX];
        struct digest *g = digest_new(a, (enum digest_kind)kind);
        cr_assert_eq(digest_bytes((enum digest_kind)kind), sizes[kind]);
        for (size_t step = 1; step <= 200; step += 13) {
            struct str s = str_n(bytes, 1000 - step);
            for (size_t at = 0; at < s.len; at += step) {
                digest_add(g, str_slice(s, at, at + step));
            }
            digest_add(g, STR_EMPTY);
            digest_end(g, got);
            whole((enum digest_kind)kind, s, expected);
            cr_assert_arr_eq(got, expected, sizes[kind]);
            digest_restart(g);
        }
        digest_end(g, got);
        whole((enum digest_kind)kind, STR_EMPTY, expected);
        cr_assert_arr_eq(got, expected, sizes[kind]);
    }
    arena_free(a);
}
