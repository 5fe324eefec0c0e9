#include <criterion/criterion.h>

#include <string.h>
#include "base/hash.h"
#include "base/limits.h"
#include "wire/sigv4_chain.h"

Test(sigv4_chain, signs_the_published_chunks)
{
    /* The S3 API reference's two examples: 66560 letters 'a' in chunks of 64 KiB, without and with
     * a trailer. */
    static const struct {
        const char *seed, *signatures[3], *trailer, *trailer_signature;
    } rows[] = {
        {"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
         {"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
          "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
          "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
         NULL,
         NULL},
        {"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
         {"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
          "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
          "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"},
         "x-amz-checksum-crc32c:sOO8/Q==\n",
         "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"},
    };
    static const size_t sizes[] = {65536, 1024, 0};
    struct arena *a = arena_new("test", MIB);
    char *letters = arena_alloc(a, sizes[0]);
    memset(letters, 'a', sizes[0]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sigv4_claim claim = {.date = STR("20130524"),
                                    .region = STR("us-east-1"),
                                    .service = STR("s3"),
                                    .amz_date = STR("20130524T000000Z"),
                                    .signature = str_of(rows[i].seed)};
        struct sigv4_chain *chain =
            sigv4_chain_new(&claim, STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), a);
        for (size_t n = 0; n < 3; n++) {
            uint8_t sha256[32];
            hash_sha256(str_n(letters, sizes[n]), sha256);
            struct str got = sigv4_chain_chunk(chain, sha256);
            cr_assert(str_eq(got, str_of(rows[i].signatures[n])), "row %zu chunk %zu: %.*s", i, n,
                      STR_ARG(got));
        }
        if (rows[i].trailer != NULL) {
            struct str got = sigv4_chain_trailers(chain, str_of(rows[i].trailer));
            cr_assert(str_eq(got, str_of(rows[i].trailer_signature)), "%.*s", STR_ARG(got));
        }
    }
    arena_free(a);
}
