/* fuzz_eventstream.c -- Any bytes as a stream of events: messages, a wait for more, or a refusal.
 * What was read is written to the same bytes. The first byte chooses whether checksums are made
 * right before reading, so that what lies behind them is reached. */
#include <string.h>
#include "base/hash.h"
#include "base/limits.h"
#include "fuzz_check.h"
#include "wire/eventstream.h"

static void put_crc(char *at, uint32_t crc)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (char)(uint8_t)(crc >> (24 - 8 * i));
    }
}

/* One message of all the bytes, its lengths' checksum and its own made right. */
static void mend(char *bytes, size_t size)
{
    if (size < 16 || size > UINT32_MAX) {
        return;
    }
    put_crc(bytes, (uint32_t)size);
    put_crc(bytes + 8, hash_crc32(0, str_n(bytes, 8)));
    put_crc(bytes + size - 4, hash_crc32(0, str_n(bytes, size - 4)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    char *bytes = arena_copy(a, data + 1, size - 1);
    struct str stream = str_n(bytes, size - 1);
    if (data[0] % 2 != 0) {
        mend(bytes, stream.len);
    }
    struct eventstream_message message;
    struct diag d = DIAG_INIT;
    enum err e = ERR_OK;
    for (size_t at = 0, before = 0; e == ERR_OK; before = at) {
        e = eventstream_read(stream, &at, a, &message, &d);
        CHECK(e == ERR_OK ? at >= before + 16 : at == before);
        if (e == ERR_OK) {
            struct buf out;
            buf_init(&out, a, stream.len + 1);
            eventstream_write(&out, &message);
            CHECK(str_eq(buf_str(&out), str_slice(stream, before, at)));
        }
    }
    CHECK(e == ERR_NOT_FOUND ? d.code == ERR_OK : (e == ERR_CORRUPT || e == ERR_LIMIT));
    arena_free(a);
    return 0;
}
