/* player_known.c -- Which objects are in the warehouse, and what became of their records: the lines
 * of aforo_loaded_object. */
#include "player_parts.h"

#include "base/encode.h"
#include "base/limits.h"

/* The etag of an object that was loaded in part says so. */
static struct str part_of(struct str etag)
{
    return str_starts(etag, PLAYER_PART) ? str_from(etag, PLAYER_PART.len) : STR_EMPTY;
}

static enum err known_of(const struct warehouse_result *lines, size_t row,
                         struct known_object *ret_known, struct diag *d)
{
    struct buf bytes;
    char room[8] = {0};
    struct arena *a = arena_new("checksum", 64 * KIB);
    buf_init(&bytes, a, 64);
    enum err err = decode_hex(&bytes, warehouse_at(lines, row, 1)->text, d);
    if (err == ERR_OK && bytes.len != sizeof(room)) {
        err = fail(d, ERR_INVALID, "aforo_loaded_object: a checksum of %zu bytes", bytes.len);
    }
    uint64_t checksum = 0;
    for (size_t i = 0; err == ERR_OK && i < sizeof(room); i++) {
        checksum = checksum << 8 | (unsigned char)bytes.ptr[i];
    }
    arena_free(a);
    TRY(err);
    const struct warehouse_value *counts = warehouse_at(lines, row, 2);
    *ret_known = (struct known_object){.checksum = checksum,
                                       .part = part_of(warehouse_at(lines, row, 7)->text),
                                       .counts = {.records = (uint64_t)counts[0].i64,
                                                  .rows = (uint64_t)counts[1].i64,
                                                  .duplicates = (uint64_t)counts[2].i64,
                                                  .quarantined = (uint64_t)counts[3].i64,
                                                  .filtered = (uint64_t)counts[4].i64}};
    return ERR_OK;
}

#define KNOWN_SQL                                                                                  \
    "select object_key, checksum, records, loaded, duplicates, quarantined, filtered, etag from "  \
    "aforo_loaded_object where "                                                                   \
    "pipeline = $1"

enum err player_known_read(struct player *p, struct warehouse *w, struct arena *a, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(p->def->name)};
    struct warehouse_result lines;
    TRY(warehouse_query(w, STR(KNOWN_SQL " order by object_key"), params, 1, a, &lines, d));
    p->known = map_new(a);
    for (size_t i = 0; i < lines.row_count; i++) {
        struct known_object *known = NEW(a, struct known_object);
        TRY(known_of(&lines, i, known, d));
        map_put(p->known, warehouse_at(&lines, i, 0)->text, known);
    }
    return ERR_OK;
}

enum err player_known_find(const struct player *p, struct warehouse *w, struct arena *a,
                           struct str key, struct known_object *ret_known, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(p->def->name), warehouse_text(key)};
    struct warehouse_result lines;
    TRY(warehouse_query(w, STR(KNOWN_SQL " and object_key = $2"), params, 2, a, &lines, d));
    return lines.row_count == 0 ? fail(d, ERR_NOT_FOUND, "not loaded")
                                : known_of(&lines, 0, ret_known, d);
}
