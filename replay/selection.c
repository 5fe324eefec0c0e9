#include "replay/selection.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "key_time.h"

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
    s->condition = text;
    names.columns = definition_warehouse_columns(def, a, &names.count);
    TRY(expression_compile(a, text, names, &s->where, d));
    return expression_type(s->where, &scale) == WAREHOUSE_BOOL
               ? ERR_OK
               : fail(d, ERR_INVALID, "the condition is neither true nor false");
}

/* By what the key tells alone. */
static bool is_meant(const struct selection *s, const struct source_object *object)
{
    struct str key = object->key;
    bool ours = s->shard_count == 0 || hash64(SHARDS_SEED, key) % s->shard_count == s->shard_index;
    return ours && object->arrived_from_us < s->arrived_to_us &&
           object->arrived_to_us > s->arrived_from_us;
}

enum err selection_objects(const struct selection *s, struct source *source, struct diag *d)
{
    size_t kept = 0, named = 0, all = source->count;
    for (size_t i = 0; i < all; i++) {
        const struct source_object *object = &source->objects[i];
        bool is_named = str_starts(object->key, s->prefix) &&
                        (s->stream_shard.len == 0 || key_is_of_shard(object->key, s->stream_shard));
        named += is_named;
        if (is_named && is_meant(s, object)) {
            source->objects[kept++] = *object;
        }
    }
    source->count = kept;
    source->passed_over += all - kept;
    if (named == 0 && all > 0) {
        return fail(d, ERR_NOT_FOUND, "none of %zu objects %s '%.*s'", all,
                    s->stream_shard.len > 0 ? "was landed from shard" : "has a key that begins",
                    STR_ARG(s->stream_shard.len > 0 ? s->stream_shard : s->prefix));
    }
    return ERR_OK;
}

/* ---- records ---- */

bool selection_of_arrivals(const struct selection *s)
{
    return s->arrived_from_us != INT64_MIN || s->arrived_to_us != INT64_MAX;
}

bool selection_of_records(const struct selection *s)
{
    return selection_of_arrivals(s) || s->from_us != INT64_MIN || s->to_us != INT64_MAX ||
           s->key.len > 0 || s->where != NULL;
}

static void name_moment(struct buf *out, const char *what, int64_t us)
{
    if (us != INT64_MIN && us != INT64_MAX) {
        buf_addf(out, "%s%s ", out->len == 0 ? "" : ", ", what);
        instant_iso(out, us);
    }
}

static void name_text(struct buf *out, const char *what, struct str text)
{
    if (text.len > 0) {
        buf_addf(out, "%s%s %.*s", out->len == 0 ? "" : ", ", what, STR_ARG(text));
    }
}

struct str selection_name(const struct selection *s, struct arena *a)
{
    struct buf out;
    buf_init(&out, a, 4 * KIB + s->key.len + s->condition.len);
    name_moment(&out, "from", s->from_us);
    name_moment(&out, "to", s->to_us);
    name_moment(&out, "arrived from", s->arrived_from_us);
    name_moment(&out, "arrived to", s->arrived_to_us);
    name_text(&out, "key", s->key);
    name_text(&out, "where", s->condition);
    return buf_str(&out);
}

enum err selection_record(const struct selection *s, struct str partition_key, int64_t arrived_us,
                          bool *ret_meant, struct diag *d)
{
    bool timed = selection_of_arrivals(s);
    if (timed && arrived_us == INSTANT_NEVER) {
        return fail(d, ERR_UNSUPPORTED,
                    "only captures of a stream and Firehose's objects know when a record arrived");
    }
    if (s->key.len > 0 && partition_key.len == 0) {
        return fail(d, ERR_UNSUPPORTED, "only captures of a stream know partition keys");
    }
    *ret_meant = (!timed || (arrived_us >= s->arrived_from_us && arrived_us < s->arrived_to_us)) &&
                 (s->key.len == 0 || str_eq(s->key, partition_key));
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
