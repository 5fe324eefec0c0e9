/* kpl.c -- Protocol buffers, as far as AggregatedRecord needs them:
 *   message AggregatedRecord { repeated string partition_key_table = 1;
 *                              repeated string explicit_hash_key_table = 2;
 *                              repeated Record records = 3; }
 *   message Record { uint64 partition_key_index = 1; uint64 explicit_hash_key_index = 2;
 *                    bytes data = 3; repeated Tag tags = 4; }
 * Read twice: to count, and to fill, since a table may stand behind what names its entries. */
#include "wire/kpl.h"

#include <string.h>
#include "base/digest.h"

#define MAGIC STR("\xF3\x89\x9A\xC2")
#define DIGEST_BYTES ((size_t)16)

enum wire_type { WIRE_VARINT = 0, WIRE_I64 = 1, WIRE_BYTES = 2, WIRE_I32 = 5 };
struct pb_field {
    uint64_t number, value; /* value: VARINT */
    enum wire_type type;
    struct str bytes; /* BYTES */
};

bool kpl_is(struct str record)
{
    return record.len > MAGIC.len + DIGEST_BYTES && str_starts(record, MAGIC);
}

/* ---- fields ---- */

static enum err read_varint(struct str *rest, uint64_t *ret_value, struct diag *d)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        unsigned char byte = (unsigned char)rest->ptr[0];
        *rest = str_from(*rest, 1);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "aggregated record: a number that does not end");
}

static enum err take(struct str *rest, uint64_t size, struct str *ret_bytes, struct diag *d)
{
    if (size > rest->len) {
        return fail(d, ERR_INVALID, "aggregated record: a field goes past its message");
    }
    *ret_bytes = str_slice(*rest, 0, (size_t)size);
    *rest = str_from(*rest, (size_t)size);
    return ERR_OK;
}

static enum err read_field(struct str *rest, struct pb_field *ret_field, struct diag *d)
{
    uint64_t tag, size;
    struct pb_field f = {.bytes = STR_EMPTY};
    TRY(read_varint(rest, &tag, d));
    f.number = tag >> 3;
    f.type = (enum wire_type)(tag & 7);
    switch (f.type) {
    case WIRE_VARINT:
        TRY(read_varint(rest, &f.value, d));
        break;
    case WIRE_BYTES:
        TRY(read_varint(rest, &size, d));
        TRY(take(rest, size, &f.bytes, d));
        break;
    case WIRE_I64:
        TRY(take(rest, 8, &f.bytes, d));
        break;
    case WIRE_I32:
        TRY(take(rest, 4, &f.bytes, d));
        break;
    default:
        return fail(d, ERR_INVALID, "aggregated record: a field of wire type %u", (unsigned)f.type);
    }
    *ret_field = f;
    return ERR_OK;
}

/* ---- the message ---- */

struct tables { /* 1: partition keys, 2: hash keys, 3: records */
    struct str *items[4];
    size_t count[4];
};

static enum err read_tables(struct str message, struct tables *t, struct diag *d)
{
    for (int i = 1; i < 4; i++) {
        t->count[i] = 0;
    }
    for (struct str rest = message; rest.len > 0;) {
        struct pb_field f;
        TRY(read_field(&rest, &f, d));
        if (f.number < 1 || f.number > 3) {
            continue;
        }
        if (f.type != WIRE_BYTES) {
            return fail(d, ERR_INVALID, "aggregated record: field %u is no text",
                        (unsigned)f.number);
        }
        size_t at = t->count[f.number]++;
        if (t->items[f.number] != NULL) {
            t->items[f.number][at] = f.bytes;
        }
    }
    return ERR_OK;
}

static enum err table_entry(const struct tables *t, int table, uint64_t index,
                            struct str *ret_entry, struct diag *d)
{
    if (index >= t->count[table]) {
        return fail(d, ERR_INVALID, "aggregated record: key %llu of %zu", (unsigned long long)index,
                    t->count[table]);
    }
    *ret_entry = t->items[table][index];
    return ERR_OK;
}

static enum err read_record(const struct tables *t, struct str bytes, struct kpl_record *ret_record,
                            struct diag *d)
{
    struct kpl_record record = {STR_EMPTY, STR_EMPTY, STR_EMPTY};
    bool keyed = false, filled = false;
    for (struct str rest = bytes; rest.len > 0;) {
        struct pb_field f;
        TRY(read_field(&rest, &f, d));
        if (f.number == 1 && f.type == WIRE_VARINT) {
            TRY(table_entry(t, 1, f.value, &record.partition_key, d));
            keyed = true;
        } else if (f.number == 2 && f.type == WIRE_VARINT) {
            TRY(table_entry(t, 2, f.value, &record.explicit_hash_key, d));
        } else if (f.number == 3 && f.type == WIRE_BYTES) {
            record.data = f.bytes;
            filled = true;
        }
    }
    *ret_record = record;
    return keyed && filled
               ? ERR_OK
               : fail(d, ERR_INVALID, "aggregated record: a record without key or data");
}

static enum err check_digest(struct arena *a, struct str message, struct str expected,
                             struct diag *d)
{
    uint8_t found[DIGEST_BYTES_MAX];
    struct digest *g = digest_new(a, DIGEST_MD5);
    digest_add(g, message);
    digest_end(g, found);
    return memcmp(found, expected.ptr, DIGEST_BYTES) == 0
               ? ERR_OK
               : fail(d, ERR_CORRUPT, "aggregated record: its MD5 is another one");
}

enum err kpl_split(struct arena *a, struct str record, struct kpl_record **ret_records,
                   size_t *ret_count, struct diag *d)
{
    struct tables t = {0};
    if (!kpl_is(record)) {
        return fail(d, ERR_INVALID, "not an aggregated record");
    }
    struct str message = str_slice(record, MAGIC.len, record.len - DIGEST_BYTES);
    TRY(check_digest(a, message, str_from(record, record.len - DIGEST_BYTES), d));
    TRY(read_tables(message, &t, d));
    for (int i = 1; i < 4; i++) {
        t.items[i] = NEW_ARRAY(a, struct str, t.count[i]);
    }
    TRY(read_tables(message, &t, d));
    struct kpl_record *records = NEW_ARRAY(a, struct kpl_record, t.count[3]);
    for (size_t i = 0; i < t.count[3]; i++) {
        TRY(read_record(&t, t.items[3][i], &records[i], d));
    }
    *ret_records = records;
    *ret_count = t.count[3];
    return ERR_OK;
}
