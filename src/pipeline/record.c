/* record.c -- One pass over a record's JSON, guided by a tree of the paths that columns read
 * (record_scan.c); a record that is not good is read again with the pull scanner, which tells what
 * is wrong and gives what stands before it. Then columns in their order: convert, check, derive;
 * the filter; masks last.
 *
 *  1. The first value of a path counts, as in json_get.
 *  2. A record is refused for the first column that is wrong, but its id and time are still read.
 *  3. Nothing of the payload enters a reason. */
#include "pipeline/record.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "field_path.h"
#include "pipeline/expression.h"
#include "record_scan.h"

#define NO_SLOT PATH_NO_SLOT

struct record_decoder {
    const struct definition *def;
    struct path_node root;
    size_t slot_count;
    size_t slot_of[COLUMNS_MAX];       /* a column's input; NO_SLOT: it has none */
    struct str flat_name[COLUMNS_MAX]; /* by slot: the header of a flat file */
};
/* What one record is decoded with. */
struct decoding {
    const struct record_decoder *decoder;
    struct arena *arena;
    struct record_origin origin;
    struct input inputs[COLUMNS_MAX]; /* by slot */
    struct warehouse_value *values;
};

/* ---- the tree of paths ---- */

static bool is_bare(struct str key)
{
    bool bare = true;
    for (size_t i = 0; i < key.len; i++) {
        bare = bare && key.ptr[i] != '"' && key.ptr[i] != '\\' && (unsigned char)key.ptr[i] >= 0x20;
    }
    return bare;
}

static struct path_node *node_under(struct arena *a, struct path_node *parent, struct str key)
{
    struct path_node **at = &parent->child;
    for (; *at != NULL; at = &(*at)->next) {
        if (str_eq((*at)->key, key)) {
            return *at;
        }
    }
    *at = NEW(a, struct path_node);
    **at = (struct path_node){.key = key, .slot = NO_SLOT, .bare = is_bare(key)};
    return *at;
}

/* The path was checked when the definition was read. */
static size_t slot_for(struct arena *a, struct record_decoder *r, struct str from)
{
    struct diag d = DIAG_INIT;
    struct field_path path;
    struct str before;
    enum err err = field_path_before_renames(a, r->def, from, &before, &d);
    ASSERT(err == ERR_OK);
    err = field_path_parse(a, before, &path, &d);
    ASSERT(err == ERR_OK);
    struct path_node *node = &r->root;
    for (size_t i = 0; i < path.count; i++) {
        node = node_under(a, node, path.keys[i]);
    }
    if (node->slot == NO_SLOT) {
        node->slot = r->slot_count++;
        r->flat_name[node->slot] = path.flat;
    }
    return node->slot;
}

struct record_decoder *record_decoder_new(struct arena *a, const struct definition *def)
{
    struct record_decoder *r = NEW(a, struct record_decoder);
    r->def = def;
    r->root.slot = NO_SLOT;
    for (size_t i = 0; i < def->column_count; i++) {
        const struct column *c = &def->columns[i];
        bool reads = c->derive == NULL && !(def->id_by_position && i == def->id_column);
        r->slot_of[i] = reads ? slot_for(a, r, c->from) : NO_SLOT;
    }
    return r;
}

/* ---- reading the JSON ---- */

static enum input_kind kind_of(enum json_token token)
{
    switch (token) {
    case JSON_STRING:
        return INPUT_TEXT;
    case JSON_NUMBER:
        return INPUT_NUMBER;
    case JSON_TRUE:
        return INPUT_TRUE;
    case JSON_FALSE:
        return INPUT_FALSE;
    case JSON_NULL:
        return INPUT_MISSING;
    case JSON_END:
    case JSON_ERROR:
    case JSON_OBJECT:
    case JSON_OBJECT_END:
    case JSON_ARRAY:
    case JSON_ARRAY_END:
    case JSON_KEY:
        break;
    }
    return INPUT_OTHER;
}

static void note_value(struct decoding *c, const struct json_scan *s, size_t slot,
                       enum json_token token, uint64_t *seen)
{
    if ((*seen >> slot & 1) != 0) {
        return;
    }
    *seen |= UINT64_C(1) << slot;
    struct input *input = &c->inputs[slot];
    input->kind = kind_of(token);
    if (token == JSON_STRING) {
        input->text = json_scan_text(s, c->arena);
    } else if (token == JSON_NUMBER) {
        input->text = s->raw;
    }
}

/* The members of an object whose '{' was given. false: not JSON. Recursion is bounded by the depth
 * of the paths. */
static bool read_members(struct decoding *c, struct json_scan *s, const struct path_node *parent,
                         uint64_t *seen)
{
    struct path_node *last = NULL;
    enum json_token token;
    while ((token = json_scan_next(s)) == JSON_KEY) {
        struct path_node *node = path_find(parent, last, json_scan_text(s, c->arena));
        if (node == NULL) {
            if (json_scan_skip(s, NULL) == JSON_ERROR) {
                return false;
            }
            continue;
        }
        last = node;
        token = json_scan_next(s);
        if (token == JSON_ERROR) {
            return false;
        }
        if (node->slot != NO_SLOT) {
            note_value(c, s, node->slot, token, seen);
        }
        if (token == JSON_OBJECT && node->child != NULL) {
            if (!read_members(c, s, node, seen)) {
                return false;
            }
        } else if ((token == JSON_OBJECT || token == JSON_ARRAY) &&
                   json_scan_skip(s, NULL) == JSON_ERROR) {
            return false;
        }
    }
    return token == JSON_OBJECT_END;
}

/* Empty when the whole is one object. */
static struct str read_object(struct decoding *c, struct str bytes)
{
    struct json_scan s;
    uint64_t seen = 0;
    json_scan_init(&s, bytes);
    enum json_token token = json_scan_next(&s);
    if (token != JSON_OBJECT) {
        bool bad = token == JSON_ERROR ||
                   ((token == JSON_ARRAY) && json_scan_skip(&s, NULL) == JSON_ERROR) ||
                   json_scan_next(&s) == JSON_ERROR;
        return bad ? STR("not JSON") : STR("not an object");
    }
    bool whole = read_members(c, &s, &c->decoder->root, &seen) && json_scan_next(&s) == JSON_END;
    return whole ? STR_EMPTY : STR("not JSON");
}

/* ---- from inputs to a row ---- */

static struct str decode_column(struct decoding *c, size_t index)
{
    const struct definition *def = c->decoder->def;
    const struct column *column = &def->columns[index];
    struct warehouse_value *value = &c->values[index];
    size_t slot = c->decoder->slot_of[index];
    if (slot != NO_SLOT) {
        struct str reason = record_value(c->arena, column, &c->inputs[slot], value);
        bool no_id =
            index == def->id_column && value->type == WAREHOUSE_TEXT && value->text.len == 0;
        return reason.len == 0 && no_id ? STR("missing") : reason;
    }
    if (column->derive == NULL) {
        struct str id = str_printf(c->arena, "%.*s#%llu", STR_ARG(c->origin.object),
                                   (unsigned long long)c->origin.ordinal);
        *value = warehouse_text(id);
        return STR_EMPTY;
    }
    struct diag d = DIAG_INIT;
    if (expression_eval(column->derive, c->values, c->arena, value, &d) != ERR_OK) {
        *value = warehouse_null();
        return STR("out of range");
    }
    if (column->type == COLUMN_DECIMAL && value->type != WAREHOUSE_NULL) {
        int64_t scaled;
        int scale = value->type == WAREHOUSE_DECIMAL ? value->scale : 0;
        if (decimal_rescale(value->i64, scale, column->scale, &scaled, &d) != ERR_OK) {
            return STR("out of range");
        }
        *value = warehouse_dec(scaled, column->scale);
    }
    return record_value_check(c->arena, column, value);
}

static void mask_column(struct decoding *c, size_t index)
{
    const struct column *column = &c->decoder->def->columns[index];
    struct warehouse_value *value = &c->values[index];
    if (column->mask != MASK_NONE && value->type == WAREHOUSE_TEXT) {
        value->text = record_mask(c->arena, column->mask, value->text);
    }
}

static struct str id_text(struct decoding *c)
{
    const struct warehouse_value *id = &c->values[c->decoder->def->id_column];
    return id->type == WAREHOUSE_TEXT  ? id->text
           : id->type == WAREHOUSE_I64 ? str_printf(c->arena, "%lld", (long long)id->i64)
                                       : STR_EMPTY;
}

/* The id and the time, when they are good, of a record that is refused before they came. */
static struct row rejected(struct decoding *c, struct str reason)
{
    const struct definition *def = c->decoder->def;
    struct row row = {.fate = RECORD_REJECTED,
                      .event_id = STR_EMPTY,
                      .event_us = INSTANT_NEVER,
                      .reason = reason};
    if (def->columns[def->id_column].derive == NULL && decode_column(c, def->id_column).len == 0) {
        mask_column(c, def->id_column);
        row.event_id = id_text(c);
    }
    if (def->columns[def->time_column].derive == NULL &&
        decode_column(c, def->time_column).len == 0) {
        row.event_us = c->values[def->time_column].i64;
    }
    return row;
}

static bool is_kept(struct decoding *c, struct str *ret_reason)
{
    if (c->decoder->def->filter == NULL) {
        return true;
    }
    struct warehouse_value keep;
    struct diag d = DIAG_INIT;
    if (expression_eval(c->decoder->def->filter, c->values, c->arena, &keep, &d) != ERR_OK) {
        *ret_reason = STR("filter: out of range");
        return true;
    }
    return keep.type == WAREHOUSE_BOOL && keep.i64 != 0;
}

static struct row make_row(struct decoding *c)
{
    const struct definition *def = c->decoder->def;
    struct str reason = STR_EMPTY;
    for (size_t i = 0; i < def->column_count; i++) {
        reason = decode_column(c, i);
        if (reason.len > 0) {
            return rejected(c, str_printf(c->arena, "%.*s: %.*s", STR_ARG(def->columns[i].name),
                                          STR_ARG(reason)));
        }
    }
    bool kept = is_kept(c, &reason);
    if (reason.len > 0) {
        return rejected(c, reason);
    }
    for (size_t i = 0; i < def->column_count; i++) {
        mask_column(c, i);
    }
    struct warehouse_value *object = &c->values[def->column_count], *ordinal = object + 1;
    *object = (struct warehouse_value){.type = WAREHOUSE_TEXT, .text = c->origin.object};
    *ordinal = (struct warehouse_value){.type = WAREHOUSE_I64, .i64 = (int64_t)c->origin.ordinal};
    return (struct row){.fate = kept ? RECORD_ROW : RECORD_FILTERED,
                        .event_id = id_text(c),
                        .event_us = c->values[def->time_column].i64,
                        .values = kept ? c->values : NULL,
                        .reason = STR_EMPTY};
}

static void inputs_clear(struct decoding *c)
{
    for (size_t i = 0; i < c->decoder->slot_count; i++) {
        c->inputs[i].kind = INPUT_MISSING; /* the rest of it says nothing then */
        c->inputs[i].flat = false;
        c->inputs[i].ascii = false;
    }
}

static void decoding_init(struct decoding *c, const struct record_decoder *r,
                          struct record_origin origin, struct arena *a)
{
    c->decoder = r;
    c->arena = a;
    c->origin = origin;
    c->values = arena_alloc_raw(a, (r->def->column_count + 2) * sizeof(struct warehouse_value));
    inputs_clear(c);
}

struct row record_decode(const struct record_decoder *r, struct str bytes,
                         struct record_origin origin, struct arena *a)
{
    struct decoding c;
    decoding_init(&c, r, origin, a);
    if (record_scan(&r->root, bytes, a, c.inputs)) {
        return make_row(&c);
    }
    inputs_clear(&c);
    struct str reason = read_object(&c, bytes);
    return reason.len > 0 ? rejected(&c, reason) : make_row(&c);
}

struct row record_decode_fields(const struct record_decoder *r, const struct str *names,
                                const struct str *fields, size_t count, struct record_origin origin,
                                struct arena *a)
{
    struct decoding c;
    decoding_init(&c, r, origin, a);
    for (size_t i = 0; i < count; i++) {
        for (size_t slot = 0; slot < r->slot_count; slot++) {
            if (c.inputs[slot].kind == INPUT_MISSING && str_eq(r->flat_name[slot], names[i])) {
                c.inputs[slot] =
                    (struct input){.kind = INPUT_TEXT, .text = fields[i], .flat = true};
            }
        }
    }
    return make_row(&c);
}
