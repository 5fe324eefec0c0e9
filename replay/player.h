/* player.h -- A source through the production code: record, validate, transform, load; the same calls as the loader's. */
#ifndef AFORO_REPLAY_PLAYER_H
#define AFORO_REPLAY_PLAYER_H

#include "pipeline/definition.h"
#include "pipeline/loading.h"
#include "replay/reader.h"
#include "replay/source.h"

struct player_problem {         /* an object that is missing, cut, or not what the manifest says */
    struct str object, text;
};
struct player_result {
    uint64_t objects, bytes, raw_bytes; /* as stored; after decompression */
    struct loaded_counts counts;
    struct player_problem *problems;
    size_t problem_count;
    int64_t elapsed_us;
};
struct player_options {
    enum reader_format format;
    void (*progress)(void *ctx, uint64_t objects, uint64_t records); /* NULL: silent */
    void *progress_ctx;
    int64_t (*now_us)(void *ctx);
    void *now_ctx;
};
/* Loads every object that is not loaded yet. An object that cannot be read becomes a problem, and the others go on. */
MUST_USE enum err player_run(struct arena *a, const struct definition *def, const struct source *source, struct warehouse *w,
                             const struct player_options *options, struct player_result *ret_result, struct diag *d);

#endif
