#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/rng.h"

static struct str hex(struct arena *a, const uint8_t *digest, size_t len)
{
    struct buf b;
    buf_init(&b, a, 2 * len);
    encode_hex(&b, str_n((const char *)digest, len));
    return buf_str(&b);
}

static struct str random_bytes(struct arena *a, uint64_t id, size_t len)
{
    char *bytes = arena_alloc(a, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)rng_u64(11, id, i, 0);
    }
    return str_n(bytes, len);
}

Test(hash, digests_agree_with_their_standards)
{
    /* RFC 1321 A.5 for MD5, FIPS 180's examples for SHA-1 and SHA-256, and the digests of nothing.
     */
    static const struct {
        const char *text, *md5, *sha1, *sha256;
    } rows[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "8215ef0796a20bcaaae116d3876c664a", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t sha1[20], sha256[32], md5[16];
        struct str text = str_of(rows[i].text);
        hash_sha1(text, sha1);
        hash_sha256(text, sha256);
        hash_md5(text, md5);
        cr_assert(str_eq(hex(a, sha1, 20), str_of(rows[i].sha1)));
        cr_assert(str_eq(hex(a, sha256, 32), str_of(rows[i].sha256)));
        cr_assert(str_eq(hex(a, md5, 16), str_of(rows[i].md5)));
        cr_assert(str_eq(hash_md5_hex(a, text), str_of(rows[i].md5)));
        cr_assert(str_eq(hash_sha256_hex(a, text), str_of(rows[i].sha256)));
    }
    arena_free(a);
}

/* The digest of a file by the openssl program, or the empty string where there is no such program.
 */
static struct str openssl_digest(struct arena *a, const char *options, const char *path)
{
    char line[256] = "";
    struct str command = str_printf(a, "openssl dgst -r %s %s 2>/dev/null", options, path);
    FILE *pipe = popen(str_z(a, command), "r");
    if (pipe != NULL) {
        if (fgets(line, sizeof(line), pipe) == NULL) {
            line[0] = '\0';
        }
        pclose(pipe);
    }
    struct str digest, name;
    str_split(str_copy(a, str_of(line)), ' ', &digest, &name);
    return digest;
}

Test(hash, digests_agree_with_the_openssl_program)
{
    /* Random files whose sizes lie around the block size, and one of 100 kB. */
    static const size_t sizes[] = {55, 56, 63, 64, 65, 1000, 100000};
    struct arena *a = arena_new("test", 64 * MIB);
    char path[] = "/tmp/aforo-test-hash-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    if (openssl_digest(a, "-sha256", path).len != 64) {
        unlink(path);
        cr_skip_test("no openssl program");
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct str bytes = random_bytes(a, i, sizes[i]);
        uint8_t sha1[20], hmac[32];
        cr_assert_eq(pwrite(file, bytes.ptr, bytes.len, 0), (ssize_t)bytes.len);
        hash_sha1(bytes, sha1);
        hash_hmac_sha256(STR("key"), bytes, hmac);
        cr_assert(str_eq(hash_sha256_hex(a, bytes), openssl_digest(a, "-sha256", path)));
        cr_assert(str_eq(hash_md5_hex(a, bytes), openssl_digest(a, "-md5", path)));
        cr_assert(str_eq(hex(a, sha1, 20), openssl_digest(a, "-sha1", path)));
        cr_assert(str_eq(hex(a, hmac, 32), openssl_digest(a, "-sha256 -hmac key", path)));
    }
    close(file);
    unlink(path);
    arena_free(a);
}

Test(hash, hmac_agrees_with_rfc_4231)
{
    /* Test cases 1, 2, 3, 4, 6 and 7 (5 is a truncated tag), and both ends empty. */
    struct arena *a = arena_new("test", MIB);
    char key_0b[20], key_aa[131], data_dd[50], data_cd[50], key_count[25];
    memset(key_0b, 0x0b, sizeof(key_0b));
    memset(key_aa, 0xaa, sizeof(key_aa));
    memset(data_dd, 0xdd, sizeof(data_dd));
    memset(data_cd, 0xcd, sizeof(data_cd));
    for (int i = 0; i < 25; i++) {
        key_count[i] = (char)(i + 1);
    }
    const struct {
        struct str key, data;
        const char *tag;
    } rows[] = {
        {str_n(key_0b, 20), STR("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {STR("Jefe"), STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {str_n(key_aa, 20), str_n(data_dd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {str_n(key_count, 25), str_n(data_cd, 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {str_n(key_aa, 131), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {str_n(key_aa, 131),
         STR("This is a test using a larger than block-size key and a larger than block-size data. "
             "The key needs to be "
             "hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {STR_EMPTY, STR_EMPTY, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t tag[32];
        hash_hmac_sha256(rows[i].key, rows[i].data, tag);
        cr_assert(str_eq(hex(a, tag, 32), str_of(rows[i].tag)), "row %zu", i);
    }
    arena_free(a);
}

/* One bit at a time, from the reflected polynomial: the definition of the checksum. */
static uint64_t crc_naive(uint64_t polynomial, uint64_t ones, struct str bytes)
{
    uint64_t crc = ones;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint8_t)bytes.ptr[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
        }
    }
    return crc ^ ones;
}

Test(hash, checksums_agree_with_their_standards)
{
    /* The catalogue's check values of "123456789", and the vectors of RFC 3720 B.4 for CRC-32C. */
    struct str digits = STR("123456789");
    cr_assert_eq(hash_crc32(0, digits), 0xcbf43926u);
    cr_assert_eq(hash_crc32c(0, digits), 0xe3069283u);
    cr_assert_eq(hash_crc64nvme(0, digits), 0xae8b14860a799888u);
    char zeros[32] = {0}, ones[32], up[32], down[32];
    memset(ones, 0xff, sizeof(ones));
    for (int i = 0; i < 32; i++) {
        up[i] = (char)i;
        down[i] = (char)(31 - i);
    }
    cr_assert_eq(hash_crc32c(0, str_n(zeros, 32)), 0x8a9136aau);
    cr_assert_eq(hash_crc32c(0, str_n(ones, 32)), 0x62a8ab43u);
    cr_assert_eq(hash_crc32c(0, str_n(up, 32)), 0x46dd794eu);
    cr_assert_eq(hash_crc32c(0, str_n(down, 32)), 0x113fdb5cu);
}

Test(hash, checksums_agree_bit_by_bit_and_in_pieces)
{
    /* Random bytes of every length up to 400 at every alignment, at once and in two pieces, against
     * the definition. */
    struct arena *a = arena_new("test", MIB);
    struct str bytes = random_bytes(a, 1, 500);
    for (size_t len = 0; len <= 400; len++) {
        struct str s = str_slice(bytes, len % 16, len % 16 + len);
        struct str head = str_slice(s, 0, len / 3), tail = str_from(s, len / 3);
        uint64_t crc32 = crc_naive(0xedb88320, UINT32_MAX, s);
        uint64_t crc32c = crc_naive(0x82f63b78, UINT32_MAX, s);
        uint64_t crc64 = crc_naive(0x9a6c9329ac4bc9b5, UINT64_MAX, s);
        cr_assert_eq(hash_crc32(0, s), crc32);
        cr_assert_eq(hash_crc32(hash_crc32(0, head), tail), crc32);
        cr_assert_eq(hash_crc32c(0, s), crc32c);
        cr_assert_eq(hash_crc32c(hash_crc32c(0, head), tail), crc32c);
        cr_assert_eq(hash_crc64nvme(0, s), crc64);
        cr_assert_eq(hash_crc64nvme(hash_crc64nvme(0, head), tail), crc64);
    }
    cr_assert_eq(hash_crc32(77, (struct str){.ptr = NULL, .len = 0}), 77);
    arena_free(a);
}

Test(hash, our_hashes_never_change)
{
    /* Seeds, traces and maps depend on these values; they were computed by a second implementation,
     * in Python. */
    char hundred[100];
    for (int i = 0; i < 100; i++) {
        hundred[i] = (char)i;
    }
    const struct {
        uint64_t seed;
        struct str bytes;
        uint64_t hash;
    } rows[] = {
        {0, {.ptr = NULL, .len = 0}, 0x24024f4e470b5ec5},
        {1, STR(""), 0xc1f97e93eb361c16},
        {0, STR("a"), 0xf7a79db5a4558183},
        {0, STR("abc"), 0x468a0dd8c1d2091c},
        {0, STR("abcdefg"), 0xbccaacc538a17022},
        {0, STR("0123456789"), 0x71b29965c386582b},
        {7, STR("0123456789abcdef"), 0x83bf34a2c53e4ae4},
        {7, str_n(hundred, 100), 0x6278d31b0ab6ec8d},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(hash64(rows[i].seed, rows[i].bytes), rows[i].hash, "row %zu", i);
    }
    cr_assert_eq(hash64_mix(0, 0), 0x1f73f841e7f5b616);
    cr_assert_eq(hash64_mix(1, 2), 0xd160d999a21b8721);
    cr_assert_eq(hash64_mix(2, 1), 0x28889039ebaaa201);
    struct arena *a = arena_new("test", MIB);
    struct hash128 h;
    hash128_init(&h, 42);
    hash128_add(&h, STR("event"));
    hash128_add_u64(&h, 5);
    cr_assert(str_eq(hash128_hex(a, &h), STR("32db203acc39c2af05e3ae3a8af04a72")));
    arena_free(a);
}

Test(hash, hash64_turns_half_of_the_bits)
{
    /* Turning any one bit of a text of 1 to 40 bytes, or of the seed, turns 32 of 64 bits on
     * average. */
    struct arena *a = arena_new("test", 8 * MIB);
    for (size_t len = 1; len <= 40; len++) {
        long turned = 0, flips = 0;
        for (uint64_t sample = 0; sample < 20; sample++) {
            struct str s = random_bytes(a, sample * 100 + len, len);
            char *bytes = arena_copy(a, s.ptr, len);
            uint64_t before = hash64(sample, s);
            for (size_t bit = 0; bit < 8 * len; bit++, flips++) {
                bytes[bit / 8] ^= (char)(1 << bit % 8);
                turned += __builtin_popcountll(before ^ hash64(sample, str_n(bytes, len)));
                bytes[bit / 8] ^= (char)(1 << bit % 8);
            }
            for (int bit = 0; bit < 64; bit++, flips++) {
                turned += __builtin_popcountll(before ^ hash64(sample ^ (uint64_t)1 << bit, s));
            }
        }
        cr_assert(turned > 31 * flips && turned < 33 * flips, "length %zu: %ld of %ld", len, turned,
                  flips);
    }
    arena_free(a);
}

static int u64_order(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

Test(hash, close_texts_do_not_collide)
{
    /* 200000 numbered keys give as many hashes, and as many pairs (i, j) mix to as many values. */
    enum { COUNT = 200000 };
    struct arena *a = arena_new("test", 16 * MIB);
    uint64_t *hashes = NEW_ARRAY(a, uint64_t, COUNT);
    for (int run = 0; run < 2; run++) {
        for (unsigned i = 0; i < COUNT; i++) {
            char text[32];
            struct str key = str_n(text, (size_t)snprintf(text, sizeof(text), "shard-%u", i));
            hashes[i] = run == 0 ? hash64(0, key) : hash64_mix(i % 500, i / 500);
        }
        qsort(hashes, COUNT, sizeof(hashes[0]), u64_order);
        for (size_t i = 1; i < COUNT; i++) {
            cr_assert_neq(hashes[i - 1], hashes[i]);
        }
    }
    arena_free(a);
}

Test(hash, hash128_sees_order_and_boundaries)
{
    /* The same bytes cut or ordered otherwise, an empty text, a number: every trace differs from
     * every other. */
    static const char *const traces[][3] = {
        {"ab", "c", NULL}, {"a", "bc", NULL}, {"abc", NULL, NULL}, {"c", "ab", NULL},
        {"abc", "", NULL}, {"", "abc", NULL}, {NULL, NULL, NULL},  {"", NULL, NULL}};
    struct hash128 got[9];
    for (size_t i = 0; i < 9; i++) {
        hash128_init(&got[i], 1);
        for (size_t j = 0; i < 8 && traces[i][j] != NULL; j++) {
            hash128_add(&got[i], str_of(traces[i][j]));
        }
        if (i == 8) {
            hash128_add_u64(&got[i], 0);
        }
        for (size_t j = 0; j < i; j++) {
            cr_assert(got[i].a != got[j].a && got[i].b != got[j].b, "%zu %zu", i, j);
        }
    }
}
