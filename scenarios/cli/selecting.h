/* selecting.h -- The options by which commands over captures take a part of them. */
#ifndef AFORO_SCENARIOS_CLI_SELECTING_H
#define AFORO_SCENARIOS_CLI_SELECTING_H

#include <getopt.h>
#include "replay/selection.h"

enum selecting_option {
    SELECTING_FROM = 512,
    SELECTING_TO,
    SELECTING_ARRIVED_FROM,
    SELECTING_ARRIVED_TO,
    SELECTING_KEY,
    SELECTING_WHERE,
    SELECTING_PREFIX,
    SELECTING_STREAM_SHARD,
    SELECTING_SHARD,
    SELECTING_MANIFEST
};
/* Among a command's own options. */
#define SELECTING_OPTIONS                                                                          \
    {"from", required_argument, NULL, SELECTING_FROM},                                             \
        {"to", required_argument, NULL, SELECTING_TO},                                             \
        {"arrived-from", required_argument, NULL, SELECTING_ARRIVED_FROM},                         \
        {"arrived-to", required_argument, NULL, SELECTING_ARRIVED_TO},                             \
        {"key", required_argument, NULL, SELECTING_KEY},                                           \
        {"where", required_argument, NULL, SELECTING_WHERE},                                       \
        {"prefix", required_argument, NULL, SELECTING_PREFIX},                                     \
        {"stream-shard", required_argument, NULL, SELECTING_STREAM_SHARD},                         \
        {"manifest", required_argument, NULL, SELECTING_MANIFEST},                                 \
    {                                                                                              \
        "shard", required_argument, NULL, SELECTING_SHARD                                          \
    }
#define SELECTING_HELP                                                                             \
    "  --from T, --to T     events from T on, and before T (2026-03-28T00:00:00Z, or a date)\n"    \
    "  --arrived-from T, --arrived-to T   the same by arrival in the stream: captures know it, "   \
    "Firehose's keys\n"                                                                            \
    "                       tell it of an object; objects of other hours are not even fetched\n"   \
    "  --key KEY            records with this partition key (captures of a stream)\n"              \
    "  --where EXPRESSION   rows for which it is true, as in a definition's filter\n"              \
    "  --prefix KEY         objects whose key begins so\n"                                         \
    "  --stream-shard NAME  what landed from this shard of the stream\n"                           \
    "  --manifest FILE      what the objects must be, where it does not lie with them: those "     \
    "that "                                                                                        \
    "it names\n"                                                                                   \
    "                       (aforo inspect --write-manifest)\n"                                    \
    "  --shard I/N          every N-th object, the I-th share of them (from 0); auto/N takes I "   \
    "from\n"                                                                                       \
    "                       AWS_BATCH_JOB_ARRAY_INDEX, JOB_COMPLETION_INDEX or "                   \
    "SLURM_ARRAY_TASK_ID\n"

struct selecting { /* as given */
    struct selection selection;
    struct str share, condition; /* --shard, --where; empty: not given */
    const char *manifest;        /* NULL: not given */
};
#define SELECTING_ALL                                                                              \
    ((struct selecting){.selection = SELECTION_ALL, .share = STR_EMPTY, .condition = STR_EMPTY})

/* ERR_INVALID. Borrows the value. */
MUST_USE enum err selecting_take(struct selecting *s, int option, const char *value,
                                 struct diag *d);
/* What needs the definition and the environment, then leaves in *source what is meant. ERR_INVALID,
 * ERR_NOT_FOUND. */
MUST_USE enum err selecting_apply(struct selecting *s, struct arena *a,
                                  const struct definition *def, struct source *source,
                                  struct diag *d);

#endif
