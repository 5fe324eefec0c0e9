/* pipeline.c -- Opening what a task needs, and the names that every worker agrees on. */
#include "pipeline/pipeline.h"

#include <stdarg.h>
#include "base/text_format.h"
#include "base/instant.h"
#include "pipeline/loading.h"

enum err pipeline_open(struct arena *a, const struct pipeline_env *env,
                       const struct definition *def, bool with_warehouse,
                       struct pipeline **ret_pipeline, struct diag *d)
{
    struct pipeline *p = NEW(a, struct pipeline);
    *p = (struct pipeline){.env = env, .def = def, .arena = a};
    struct transport *transport = NULL;
    TRY(env->transport_open(env->ctx, a, &transport, d));
    aws_client_init(&p->aws, env->rt, transport, env->aws);
    if (with_warehouse) {
        TRY(env->warehouse_open(env->ctx, a, &p->warehouse, d));
        struct arena_mark mark = arena_mark(a);
        enum err err = loading_tables(p->warehouse, def, a, d);
        arena_rewind(a, mark);
        TRY(err);
    }
    *ret_pipeline = p;
    return ERR_OK;
}

void pipeline_log(const struct pipeline *p, enum log_level level, const char *area,
                  const char *event, const char *format, ...)
{
    if (p->env->log == NULL || level < p->env->log->level) {
        return;
    }
    char text[LOG_LINE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)format_text(text, sizeof(text), format, args);
    va_end(args);
    log_event(p->env->log, rt_wall_us(p->env->rt), level, area, event, "%s", text);
}

struct str pipeline_raw_key(const struct pipeline *p, struct arena *a, int64_t arrived_us,
                            struct str shard, struct str first)
{
    struct buf key;
    buf_init(&key, a, 2 * KIB);
    buf_addf(&key, "raw/%.*s/dt=", STR_ARG(p->def->name));
    instant_date(&key, arrived_us);
    buf_add_z(&key, "/hh=");
    instant_hour(&key, arrived_us);
    buf_addf(&key, "/%.*s-%.*s.ndjson.zst", STR_ARG(shard), STR_ARG(first));
    return buf_str(&key);
}

bool pipeline_raw_key_parse(struct str key, struct str shard, struct str *ret_first)
{
    struct str name = str_from(key, str_find_last(key, '/') + 1);
    if (!str_starts(name, shard) || !str_ends(name, STR(".ndjson.zst"))) {
        return false;
    }
    struct str first = str_slice(name, shard.len, name.len - STR(".ndjson.zst").len);
    if (first.len < 2 || first.ptr[0] != '-') {
        return false;
    }
    *ret_first = str_from(first, 1);
    return true;
}

int sequence_cmp(struct str a, struct str b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return str_cmp(a, b);
}
