/* crc_tables.h -- The tables of CRC-32C and CRC-64/NVME for eight bytes at a time ("slicing by 8").
 * A CRC is linear, so entry i of a table is the XOR of eight constants, one for each bit set in i.
 * The 64 constants of a checksum are the states of its shift register, one step each, that begins
 * with the reflected polynomial: state n+1 = (state n >> 1) ^ (polynomial where state n is odd).
 * Table j uses the states 8j .. 8j+7, bit 7 first. The compiler expands them; test_hash compares
 * the outcome with a loop over single bits.   Only hash.c includes this. */
#ifndef AFORO_BASE_CRC_TABLES_H
#define AFORO_BASE_CRC_TABLES_H

#include <stdint.h>

/* clang-format off */
#define BIT(i, bit, constant) (((i) >> (bit) & 1) != 0 ? (constant) : 0)
#define ROW4(F, i) F(i), F((i) + 1), F((i) + 2), F((i) + 3)
#define ROW16(F, i) ROW4(F, i), ROW4(F, (i) + 4), ROW4(F, (i) + 8), ROW4(F, (i) + 12)
#define ROW64(F, i) ROW16(F, i), ROW16(F, (i) + 16), ROW16(F, (i) + 32), ROW16(F, (i) + 48)
#define ROW256(F) {ROW64(F, 0), ROW64(F, 64), ROW64(F, 128), ROW64(F, 192)}

/* Castagnoli, RFC 3720 appendix B.4: polynomial 0x1edc6f41, reflected 0x82f63b78. */
#define CRC32C_0(i) \
    BIT(i, 7, 0x82f63b78u) ^ BIT(i, 6, 0x417b1dbcu) ^ BIT(i, 5, 0x20bd8edeu) ^ BIT(i, 4, 0x105ec76fu) ^ \
    BIT(i, 3, 0x8ad958cfu) ^ BIT(i, 2, 0xc79a971fu) ^ BIT(i, 1, 0xe13b70f7u) ^ BIT(i, 0, 0xf26b8303u)
#define CRC32C_1(i) \
    BIT(i, 7, 0xfbc3faf9u) ^ BIT(i, 6, 0xff17c604u) ^ BIT(i, 5, 0x7f8be302u) ^ BIT(i, 4, 0x3fc5f181u) ^ \
    BIT(i, 3, 0x9d14c3b8u) ^ BIT(i, 2, 0x4e8a61dcu) ^ BIT(i, 1, 0x274530eeu) ^ BIT(i, 0, 0x13a29877u)
#define CRC32C_2(i) \
    BIT(i, 7, 0x8b277743u) ^ BIT(i, 6, 0xc76580d9u) ^ BIT(i, 5, 0xe144fb14u) ^ BIT(i, 4, 0x70a27d8au) ^ \
    BIT(i, 3, 0x38513ec5u) ^ BIT(i, 2, 0x9edea41au) ^ BIT(i, 1, 0x4f6f520du) ^ BIT(i, 0, 0xa541927eu)
#define CRC32C_3(i) \
    BIT(i, 7, 0x52a0c93fu) ^ BIT(i, 6, 0xaba65fe7u) ^ BIT(i, 5, 0xd725148bu) ^ BIT(i, 4, 0xe964b13du) ^ \
    BIT(i, 3, 0xf64463e6u) ^ BIT(i, 2, 0x7b2231f3u) ^ BIT(i, 1, 0xbf672381u) ^ BIT(i, 0, 0xdd45aab8u)
#define CRC32C_4(i) \
    BIT(i, 7, 0x6ea2d55cu) ^ BIT(i, 6, 0x37516aaeu) ^ BIT(i, 5, 0x1ba8b557u) ^ BIT(i, 4, 0x8f2261d3u) ^ \
    BIT(i, 3, 0xc5670b91u) ^ BIT(i, 2, 0xe045beb0u) ^ BIT(i, 1, 0x7022df58u) ^ BIT(i, 0, 0x38116facu)
#define CRC32C_5(i) \
    BIT(i, 7, 0x1c08b7d6u) ^ BIT(i, 6, 0x0e045bebu) ^ BIT(i, 5, 0x85f4168du) ^ BIT(i, 4, 0xc00c303eu) ^ \
    BIT(i, 3, 0x6006181fu) ^ BIT(i, 2, 0xb2f53777u) ^ BIT(i, 1, 0xdb8ca0c3u) ^ BIT(i, 0, 0xef306b19u)
#define CRC32C_6(i) \
    BIT(i, 7, 0xf56e0ef4u) ^ BIT(i, 6, 0x7ab7077au) ^ BIT(i, 5, 0x3d5b83bdu) ^ BIT(i, 4, 0x9c5bfaa6u) ^ \
    BIT(i, 3, 0x4e2dfd53u) ^ BIT(i, 2, 0xa5e0c5d1u) ^ BIT(i, 1, 0xd0065990u) ^ BIT(i, 0, 0x68032cc8u)
#define CRC32C_7(i) \
    BIT(i, 7, 0x34019664u) ^ BIT(i, 6, 0x1a00cb32u) ^ BIT(i, 5, 0x0d006599u) ^ BIT(i, 4, 0x847609b4u) ^ \
    BIT(i, 3, 0x423b04dau) ^ BIT(i, 2, 0x211d826du) ^ BIT(i, 1, 0x9278fa4eu) ^ BIT(i, 0, 0x493c7d27u)

static const uint32_t crc32c_tables[8][256] = {
    ROW256(CRC32C_0), ROW256(CRC32C_1), ROW256(CRC32C_2), ROW256(CRC32C_3),
    ROW256(CRC32C_4), ROW256(CRC32C_5), ROW256(CRC32C_6), ROW256(CRC32C_7),
};

/* NVM Express, 64-bit guard: polynomial 0xad93d23594c93659, reflected 0x9a6c9329ac4bc9b5. */
#define CRC64_0(i) \
    BIT(i, 7, 0x9a6c9329ac4bc9b5u) ^ BIT(i, 6, 0xd75adabd7a6e2d6fu) ^ BIT(i, 5, 0xf1c1fe77117cdf02u) ^ \
    BIT(i, 4, 0x78e0ff3b88be6f81u) ^ BIT(i, 3, 0xa61cecb46814fe75u) ^ BIT(i, 2, 0xc962e5739841b68fu) ^ \
    BIT(i, 1, 0xfedde190606b12f2u) ^ BIT(i, 0, 0x7f6ef0c830358979u)
#define CRC64_1(i) \
    BIT(i, 7, 0xa5dbeb4db4510d09u) ^ BIT(i, 6, 0xc881668f76634f31u) ^ BIT(i, 5, 0xfe2c206e177a6e2du) ^ \
    BIT(i, 4, 0xe57a831ea7f6fea3u) ^ BIT(i, 3, 0xe8d1d2a6ffb0b6e4u) ^ BIT(i, 2, 0x7468e9537fd85b72u) ^ \
    BIT(i, 1, 0x3a3474a9bfec2db9u) ^ BIT(i, 0, 0x8776a97d73bddf69u)
#define CRC64_2(i) \
    BIT(i, 7, 0xd9d7c79715952601u) ^ BIT(i, 6, 0xf68770e226815ab5u) ^ BIT(i, 5, 0xe12f2b58bf0b64efu) ^ \
    BIT(i, 4, 0xeafb0685f3ce7bc2u) ^ BIT(i, 3, 0x757d8342f9e73de1u) ^ BIT(i, 2, 0xa0d25288d0b85745u) ^ \
    BIT(i, 1, 0xca05ba6dc417e217u) ^ BIT(i, 0, 0xff6e4e1f4e4038beu)
#define CRC64_3(i) \
    BIT(i, 7, 0x7fb7270fa7201c5fu) ^ BIT(i, 6, 0xa5b700ae7fdbc79au) ^ BIT(i, 5, 0x52db80573fede3cdu) ^ \
    BIT(i, 4, 0xb301530233bd3853u) ^ BIT(i, 3, 0xc3ec3aa8b595559cu) ^ BIT(i, 2, 0x61f61d545acaaaceu) ^ \
    BIT(i, 1, 0x30fb0eaa2d655567u) ^ BIT(i, 0, 0x8211147cbaf96306u)
#define CRC64_4(i) \
    BIT(i, 7, 0x41088a3e5d7cb183u) ^ BIT(i, 6, 0xbae8d63682f59174u) ^ BIT(i, 5, 0x5d746b1b417ac8bau) ^ \
    BIT(i, 4, 0x2eba358da0bd645du) ^ BIT(i, 3, 0x8d3189ef7c157b9bu) ^ BIT(i, 2, 0xdcf457de12417478u) ^ \
    BIT(i, 1, 0x6e7a2bef0920ba3cu) ^ BIT(i, 0, 0x373d15f784905d1eu)
#define CRC64_5(i) \
    BIT(i, 7, 0x1b9e8afbc2482e8fu) ^ BIT(i, 6, 0x97a3d6544d6fdef2u) ^ BIT(i, 5, 0x4bd1eb2a26b7ef79u) ^ \
    BIT(i, 4, 0xbf8466bcbf103e09u) ^ BIT(i, 3, 0xc5aea077f3c3d6b1u) ^ BIT(i, 2, 0xf8bbc31255aa22edu) ^ \
    BIT(i, 1, 0xe63172a0869ed8c3u) ^ BIT(i, 0, 0xe9742a79ef04a5d4u)
#define CRC64_6(i) \
    BIT(i, 7, 0x74ba153cf78252eau) ^ BIT(i, 6, 0x3a5d0a9e7bc12975u) ^ BIT(i, 5, 0x8742166691ab5d0fu) ^ \
    BIT(i, 4, 0xd9cd981ae49e6732u) ^ BIT(i, 3, 0x6ce6cc0d724f3399u) ^ BIT(i, 2, 0xac1ff52f156c5079u) ^ \
    BIT(i, 1, 0xcc6369be26fde189u) ^ BIT(i, 0, 0xfc5d27f6bf353971u)
#define CRC64_7(i) \
    BIT(i, 7, 0xe44200d2f3d1550du) ^ BIT(i, 6, 0xe84d9340d5a36333u) ^ BIT(i, 5, 0xee4a5a89c69a782cu) ^ \
    BIT(i, 4, 0x77252d44e34d3c16u) ^ BIT(i, 3, 0x3b9296a271a69e0bu) ^ BIT(i, 2, 0x87a5d878949886b0u) ^ \
    BIT(i, 1, 0x43d2ec3c4a4c4358u) ^ BIT(i, 0, 0x21e9761e252621acu)

static const uint64_t crc64_tables[8][256] = {
    ROW256(CRC64_0), ROW256(CRC64_1), ROW256(CRC64_2), ROW256(CRC64_3),
    ROW256(CRC64_4), ROW256(CRC64_5), ROW256(CRC64_6), ROW256(CRC64_7),
};
/* clang-format on */

#endif
