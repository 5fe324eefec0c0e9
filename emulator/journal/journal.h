/* journal.h -- Where the emulator writes down what changes it: entries in order, and bodies beside
 * them. An entry is bytes to whoever keeps it. All positions count bytes from the journal's
 * beginning, and only grow.   Threads: any; each function locks for itself. */
#ifndef AFORO_EMULATOR_JOURNAL_JOURNAL_H
#define AFORO_EMULATOR_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

/* LATER: told by journal_on_progress. FAILED: never again, whatever is appended. */
enum journal_saved { JOURNAL_SAVED, JOURNAL_LATER, JOURNAL_FAILED };
typedef void journal_progress_fn(void *ctx);

struct journal_ops {
    /* Appends one entry, the parts one behind the other; gives the position behind it. Cheap: it is
     * called under the emulator's lock. What cannot be kept is told by `saved`. */
    uint64_t (*append)(void *self, const struct str *parts, size_t count);
    uint64_t (*end)(void *self); /* behind the newest entry */
    /* Is everything before `end` saved? Where the journal does not wait, it is saved by this call.
     */
    enum journal_saved (*saved)(void *self, uint64_t end);
    /* Writes the bytes of a body at once, before there is an entry that speaks of them. They stay
     * readable where *ret_bytes says. false: they cannot be kept. */
    bool (*keep)(void *self, struct str bytes, uint64_t *ret_place, const char **ret_bytes);
    const char *(*find)(void *self, uint64_t place, size_t count); /* again; NULL: not there */
    /* Appends the bytes of a body, the parts one behind the other, as cheaply as an entry: whoever
     * lays them has them in memory, and they are found at the next start. false: as of keep. */
    bool (*lay)(void *self, const struct str *parts, size_t count, uint64_t *ret_place);
    /* Appends an entry that says no more than what the body that was laid before it means: once
     * nobody holds that, it may go too. */
    uint64_t (*append_about)(void *self, const struct str *parts, size_t count);
    /* What was laid, or found, is not held any more, but entries still speak of it. */
    void (*leave)(void *self, uint64_t place, size_t count);
    /* Nobody speaks of these bytes any more. */
    void (*drop)(void *self, uint64_t place, size_t count);
    /* The state ends, not what it was: what is dropped from here on is still spoken of. */
    void (*detach)(void *self);
    /* Everything before `end` is over: a reset. */
    void (*forget)(void *self, uint64_t end);
    /* Called after more was saved, or failed, from a thread of the journal's, without locks. */
    void (*on_progress)(void *self, journal_progress_fn *fn, void *ctx);
};
struct journal {
    const struct journal_ops *ops;
    void *self;
    bool waits; /* `saved` may answer LATER */
};

#endif
