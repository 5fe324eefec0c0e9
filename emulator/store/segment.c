#include "segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"

static const char magic[16] = "aforo journal 2\n";
#define MAGIC_VERSION_AT 14

static void put(char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = (char)(value >> (8 * i));
    }
}

static uint64_t get(const char *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; i--) {
        value = value << 8 | (unsigned char)from[i - 1];
    }
    return value;
}

void segment_name(uint64_t start, char ret_name[SEGMENT_NAME_BYTES + 1])
{
    (void)snprintf(ret_name, SEGMENT_NAME_BYTES + 1, "%016llx.journal", (unsigned long long)start);
}

bool segment_name_parse(const char *name, uint64_t *ret_start)
{
    char same[SEGMENT_NAME_BYTES + 1];
    *ret_start = strtoull(name, NULL, 16);
    segment_name(*ret_start, same);
    return strcmp(name, same) == 0;
}

void segment_head_write(char *to, uint64_t start)
{
    memcpy(to, magic, sizeof(magic));
    put(to + 16, start, 8);
    put(to + 24, hash64(0, str_n(to, 24)), 8);
}

bool segment_head_is(struct str bytes, uint64_t start)
{
    char version_2[SEGMENT_HEAD_BYTES], version_1[SEGMENT_HEAD_BYTES];
    segment_head_write(version_2, start);
    memcpy(version_1, version_2, sizeof(version_1));
    version_1[MAGIC_VERSION_AT] = '1';
    put(version_1 + 24, hash64(0, str_n(version_1, 24)), 8);
    return bytes.len >= SEGMENT_HEAD_BYTES &&
           (memcmp(bytes.ptr, version_2, SEGMENT_HEAD_BYTES) == 0 ||
            memcmp(bytes.ptr, version_1, SEGMENT_HEAD_BYTES) == 0);
}

void frame_begin(char *head, enum frame_kind kind, size_t bytes)
{
    put(head, kind, 4);
    put(head + 4, bytes, 4);
}

void frame_seal(char *head, uint64_t position, uint64_t batch)
{
    size_t bytes = (size_t)get(head + 4, 4);
    put(head + 8, batch, 8);
    put(head + 16, hash64(0, str_n(head + FRAME_HEAD_BYTES, bytes)), 8);
    put(head + 24, hash64(position, str_n(head, 24)), 8);
}

bool frame_read(struct str bytes, uint64_t position, struct frame *ret_frame)
{
    if (bytes.len < FRAME_HEAD_BYTES) {
        return false;
    }
    uint64_t kind = get(bytes.ptr, 4);
    if ((kind != FRAME_ENTRY && kind != FRAME_BODY && kind != FRAME_ABOUT) ||
        get(bytes.ptr + 24, 8) != hash64(position, str_n(bytes.ptr, 24))) {
        return false;
    }
    *ret_frame = (struct frame){.kind = (enum frame_kind)kind,
                                .bytes = (uint32_t)get(bytes.ptr + 4, 4),
                                .batch = get(bytes.ptr + 8, 8),
                                .payload_hash = get(bytes.ptr + 16, 8)};
    return true;
}

bool frame_payload_is(const struct frame *f, struct str payload)
{
    return hash64(0, payload) == f->payload_hash;
}
