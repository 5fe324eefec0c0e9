/* pipeline.h -- What every worker runs in: the seams, the definition, its share of the work. */
#ifndef AFORO_PIPELINE_PIPELINE_H
#define AFORO_PIPELINE_PIPELINE_H

#include "aws/aws_client.h"
#include "base/log.h"
#include "pipeline/definition.h"

/* Given by whoever starts workers: app (libcurl, SQLite or PostgreSQL), the simulator, a test. */
struct pipeline_env {
    struct rt *rt;
    struct arena *arena; /* the process's: every other arena of a worker is its child (arena_child),
                          * made by the task that owns it, so that a crash leaks nothing */
    const struct aws_config *aws;
    const struct log_sink *log; /* NULL: silent */
    void *ctx;
    /* A transport and a warehouse session for one task, living in `a`. */
    enum err (*transport_open)(void *ctx, struct arena *a, struct transport **ret_transport,
                               struct diag *d);
    enum err (*warehouse_open)(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                               struct diag *d);
    struct str code_version; /* for provenance */
};
struct pipeline { /* of one task */
    const struct pipeline_env *env;
    const struct definition *def;
    struct arena *arena; /* the task's */
    struct aws_client aws;
    struct warehouse *warehouse; /* NULL in landers */
};
/* Opens what a task needs. with_warehouse: also creates the tables that are missing. */
MUST_USE enum err pipeline_open(struct arena *a, const struct pipeline_env *env,
                                const struct definition *def, bool with_warehouse,
                                struct pipeline **ret_pipeline, struct diag *d);
void pipeline_log(const struct pipeline *p, enum log_level level, const char *area,
                  const char *event, const char *format, ...) PRINTF_LIKE(5, 6);
/* raw/<name>/dt=YYYY-MM-DD/hh=HH/<shard>-<first sequence number>.ndjson.zst */
struct str pipeline_raw_key(const struct pipeline *p, struct arena *a, int64_t arrived_us,
                            struct str shard, struct str first);
/* The first sequence number in a raw key of this shard; false: another shard's, or no raw key. */
bool pipeline_raw_key_parse(struct str key, struct str shard, struct str *ret_first);
/* Sequence numbers are decimals without leading zeros: longer is larger. The empty one is before
 * all. */
int sequence_cmp(struct str a, struct str b);

#endif
