#include "replay/selection.h"

#include "base/hash.h"
#include "base/instant.h"

#define SHARDS_SEED 0x736861726473u /* of keys, among the machines of one replay */
#define SHARDS_MAX 100000

enum err selection_shard(struct selection *s, struct str text, struct diag *d)
{
    struct str index, count;
    struct diag why = DIAG_INIT;
    uint64_t i = 0, n = 0;
    bool good = str_split(text, '/', &index, &count) && str_u64(index, &i, &why) == ERR_OK &&
                str_u64(count, &n, &why) == ERR_OK && n > 0 && n <= SHARDS_MAX && i < n;
    if (!good) {
        return fail(d, ERR_INVALID, "shard '%.*s': expected i/n with 0 <= i < n <= %d",
                    STR_ARG(str_slice(text, 0, 40)), SHARDS_MAX);
    }
    s->shard_index = (unsigned)i;
    s->shard_count = (unsigned)n;
    return ERR_OK;
}

enum err selection_where(struct selection *s, struct arena *a, const struct definition *def,
                         struct str text, struct diag *d)
{
    struct expression_names names;
    int scale;
    names.columns = definition_warehouse_columns(def, a, &names.count);
    TRY(expression_compile(a, text, names, &s->where, d));
    return expression_type(s->where, &scale) == WAREHOUSE_BOOL
               ? ERR_OK
               : fail(d, ERR_INVALID, "the condition is neither true nor false");
}

void selection_objects(const struct selection *s, struct source *source)
{
    size_t kept = 0;
    for (size_t i = 0; i < source->count; i++) {
        struct str key = source->objects[i].key;
        bool ours =
            s->shard_count == 0 || hash64(SHARDS_SEED, key) % s->shard_count == s->shard_index;
        if (ours && str_starts(key, s->prefix)) {
            source->objects[kept++] = source->objects[i];
        }
    }
    source->count = kept;
}

enum err selection_arrival(const struct selection *s, int64_t arrived_us, bool *ret_meant,
                           struct diag *d)
{
    bool asked = s->arrived_from_us != INT64_MIN || s->arrived_to_us != INT64_MAX;
    if (asked && arrived_us == INSTANT_NEVER) {
        return fail(d, ERR_UNSUPPORTED, "only captures of a stream know when a record arrived");
    }
    *ret_meant = !asked || (arrived_us >= s->arrived_from_us && arrived_us < s->arrived_to_us);
    return ERR_OK;
}

bool selection_row(const struct selection *s, const struct row *row, struct arena *a)
{
    struct warehouse_value value;
    struct diag ignored = DIAG_INIT;
    bool timed = row->event_us != INSTANT_NEVER;
    if (timed && (row->event_us < s->from_us || row->event_us >= s->to_us)) {
        return false;
    }
    if (s->where == NULL || row->fate != RECORD_ROW) {
        return true;
    }
    return expression_eval(s->where, row->values, a, &value, &ignored) == ERR_OK &&
           value.type == WAREHOUSE_BOOL && value.i64 != 0;
}
