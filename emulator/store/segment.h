/* segment.h -- One file of a store: a head, then frames. Positions count from the journal's
 * beginning; a segment is named by its first. Private.
 *   head   16 bytes of magic and version, the first position, a hash of both
 *   frame  head: kind, bytes, the position at which its batch begins, a hash of the payload, a hash
 *          of the head and its position; then the payload
 * A batch is what is written (and synced) at once: where a frame is broken and a later one is of a
 * later batch, the broken one had been whole. Numbers are little-endian. */
#ifndef AFORO_EMULATOR_STORE_SEGMENT_H
#define AFORO_EMULATOR_STORE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

#define SEGMENT_HEAD_BYTES 32
#define FRAME_HEAD_BYTES 32
#define SEGMENT_NAME_BYTES 24 /* "0123456789abcdef.journal" */

/* ABOUT: an entry that matters only as long as the body before it. Version 1 had none. */
enum frame_kind {
    FRAME_ENTRY = 0x59525445, /* "ETRY" */
    FRAME_BODY = 0x59444f42,  /* "BODY" */
    FRAME_ABOUT = 0x54554241  /* "ABUT" */
};
struct frame {
    enum frame_kind kind;
    uint32_t bytes;
    uint64_t batch, payload_hash;
};

void segment_name(uint64_t start, char ret_name[SEGMENT_NAME_BYTES + 1]);
bool segment_name_parse(const char *name, uint64_t *ret_start);

void segment_head_write(char *to, uint64_t start);
bool segment_head_is(struct str bytes, uint64_t start);

/* The frame's payload stands behind its head already. */
void frame_begin(char *head, enum frame_kind kind, size_t bytes);
void frame_seal(char *head, uint64_t position, uint64_t batch);
/* false: no head of a frame stands there. The payload is not looked at. */
bool frame_read(struct str bytes, uint64_t position, struct frame *ret_frame);
bool frame_payload_is(const struct frame *f, struct str payload);

#endif
