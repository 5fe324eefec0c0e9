/* fuzz_store.c -- Any frames in a store's file, of which some bytes are then cut off or altered: a
 * start gives the entries that were written, all of them or the first ones, or says that the file
 * is broken; and the next start gives the same. A file that was only cut is never called broken.
 *   byte 0     odd: the rest stands behind the file's head as it is; else
 *   byte 1     what is done to the file: 0 nothing, odd cut, even altered;   bytes 2, 3: where
 *   then       frames: a byte of kind and batch, a byte of length, the payload */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "emulator/store/store.h"
#include "fuzz_check.h"
#include "segment.h"

static enum err note(void *seen, struct str entry, struct diag *d)
{
    (void)d;
    buf_addf(seen, "%zu:", entry.len);
    buf_add(seen, entry);
    return ERR_OK;
}

/* What is written, and, as `note` has it, the entries in it. */
static void frames_write(struct buf *file, struct buf *entries, struct str data)
{
    uint64_t batch = 0;
    while (data.len >= 2) {
        unsigned what = (unsigned char)data.ptr[0];
        struct str payload = str_slice(data, 2, 2 + (size_t)(unsigned char)data.ptr[1]);
        char frame[FRAME_HEAD_BYTES + 256];
        struct diag d = DIAG_INIT;
        frame_begin(frame,
                    (what & 1) != 0   ? FRAME_BODY
                    : (what & 4) != 0 ? FRAME_ABOUT
                                      : FRAME_ENTRY,
                    payload.len);
        if (payload.len > 0) {
            memcpy(frame + FRAME_HEAD_BYTES, payload.ptr, payload.len);
        }
        batch = (what & 2) != 0 || batch == 0 ? file->len : batch;
        frame_seal(frame, file->len, batch);
        buf_add_bytes(file, frame, FRAME_HEAD_BYTES + payload.len);
        if ((what & 1) == 0) {
            CHECK(note(entries, payload, &d) == ERR_OK);
        }
        data = str_from(data, 2 + payload.len);
    }
}

static enum err start(const char *folder, struct buf *ret_seen, uint64_t *ret_cut)
{
    struct arena *a = arena_new("start", 64 * MIB);
    struct store_options options = {.folder = str_of(folder), .durability = STORE_OS};
    struct store *store;
    struct diag d = DIAG_INIT;
    CHECK(store_open(a, &options, &store, &d) == ERR_OK);
    enum err code = store_read(store, note, ret_seen, &d);
    *ret_cut = code == ERR_OK ? store_counts(store).cut_bytes : 0;
    arena_free(a);
    return code;
}

static void file_write(const char *path, struct str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    close(fd);
}

static void starts_check(struct arena *a, const char *folder, struct str written, bool only_cut)
{
    struct buf seen, again;
    uint64_t cut;
    buf_init(&seen, a, 1 * MIB);
    buf_init(&again, a, 1 * MIB);
    enum err code = start(folder, &seen, &cut);
    CHECK(code == ERR_OK || (code == ERR_CORRUPT && !only_cut));
    CHECK(written.ptr == NULL || str_starts(written, buf_str(&seen)));
    if (code == ERR_OK) {
        CHECK(start(folder, &again, &cut) == ERR_OK && cut == 0);
        CHECK(str_eq(buf_str(&again), buf_str(&seen)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/aforo-fuzz-store-XXXXXX", path[128], lock[128];
    if (size < 4 || size > 4096) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 64 * MIB);
    struct str rest = str_n((const char *)data + 4, size - 4), written = {NULL, 0};
    struct buf file, entries;
    char head[SEGMENT_HEAD_BYTES], name[SEGMENT_NAME_BYTES + 1];
    buf_init(&file, a, 1 * MIB);
    buf_init(&entries, a, 1 * MIB);
    segment_head_write(head, 0);
    buf_add_bytes(&file, head, sizeof(head));
    bool framed = (data[0] & 1) == 0, only_cut = false;
    if (framed) {
        frames_write(&file, &entries, rest);
        size_t at = (data[2] | (size_t)data[3] << 8) % file.len;
        only_cut = (data[1] & 1) != 0 || data[1] == 0;
        if ((data[1] & 1) != 0) {
            file.len = at;
        } else {
            file.ptr[at] = (char)(file.ptr[at] ^ data[1]);
        }
        written = str_n(entries.len > 0 ? entries.ptr : "", entries.len);
    } else {
        buf_add(&file, rest);
    }
    CHECK(mkdtemp(folder) != NULL);
    segment_name(0, name);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)snprintf(lock, sizeof(lock), "%s/lock", folder);
    file_write(path, buf_str(&file));
    starts_check(a, folder, written, only_cut);
    (void)unlink(path);
    (void)unlink(lock);
    CHECK(rmdir(folder) == 0);
    arena_free(a);
    return 0;
}
