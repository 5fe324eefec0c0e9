#include "pipeline/aggregated.h"

#include <string.h>
#include "wire/kpl.h"

const struct capture_record *aggregated_of(struct arena *a, const struct capture_record *record,
                                           size_t *ret_count)
{
    struct kpl_record *parts;
    struct diag ordinary = DIAG_INIT;
    *ret_count = 1;
    if (!kpl_is(record->data) ||
        kpl_split(a, record->data, &parts, ret_count, &ordinary) != ERR_OK) {
        return record;
    }
    struct capture_record *records = NEW_ARRAY(a, struct capture_record, *ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        records[i] = *record;
        records[i].partition_key = parts[i].partition_key;
        records[i].data = parts[i].data;
    }
    return records;
}

void aggregated_expand(struct arena *a, const struct capture_record **records, size_t *count)
{
    struct capture_record *all = NULL;
    size_t used = 0, cap = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t parts;
        const struct capture_record *found = &(*records)[i];
        if (all == NULL && !kpl_is(found->data)) {
            continue;
        }
        used = all == NULL ? i : used;
        found = aggregated_of(a, found, &parts);
        if (all == NULL || used + parts > cap) {
            size_t more = 2 * (used + parts) + *count;
            all = arena_grow(a, all, cap * sizeof(*all), more * sizeof(*all));
            memcpy(all, *records, cap == 0 ? used * sizeof(*all) : 0);
            cap = more;
        }
        memcpy(all + used, found, parts * sizeof(*all));
        used += parts;
    }
    if (all != NULL) {
        *records = all;
        *count = used;
    }
}
