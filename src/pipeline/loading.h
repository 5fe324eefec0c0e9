/* loading.h -- Raw objects into the warehouse, exactly once per object and per event: rows,
 * quarantine, duplicates and the line in aforo_loaded_object in one transaction. An unknown commit
 * is looked up before anything is tried again. */
#ifndef AFORO_PIPELINE_LOADING_H
#define AFORO_PIPELINE_LOADING_H

#include "pipeline/capture.h"
#include "pipeline/pipeline.h"
#include "pipeline/record.h"

struct loaded_counts {
    /* records is the sum of the others */
    uint64_t records, rows, duplicates, quarantined, filtered;
};
/* The transactional half, shared with replay: rows into the staging table and merged, the others
 * beside them. `decoded` are all records of one object, in order. ERR_CONFLICT: the object is
 * loaded already (or being loaded by another). The quarantine object must be in S3 before
 * (loading_quarantine). */
struct loading_object {
    struct str key, etag;
    uint64_t checksum;
    const struct row *decoded;
    size_t count;
    struct str code_version; /* of the program that loads it */
    struct str gap; /* what people are told of records that were lost before it; empty: none were */
    bool append;    /* rows go to the end of the build table; repeated ids are the caller's care */
};
MUST_USE enum err loading_commit(struct warehouse *w, const struct definition *def,
                                 const struct loading_object *object, int64_t now_us,
                                 struct arena *a, struct loaded_counts *ret_counts, struct diag *d);
/* The same batch by batch, for memory that does not grow with the object: begin, add any number of
 * times, end, which commits. A call that fails has rolled back, and the load is over;
 * loading_cancel ends one that shall not be. `object`: key, etag and checksum, borrowed until the
 * end. */
struct load;
MUST_USE enum err loading_begin(struct arena *a, struct warehouse *w, const struct definition *def,
                                const struct loading_object *object, int64_t now_us,
                                struct load **ret_load, struct diag *d);
MUST_USE enum err loading_add(struct load *l, const struct row *rows, size_t count,
                              struct arena *scratch, struct diag *d);
MUST_USE enum err loading_end(struct load *l, struct loaded_counts *ret_counts, struct diag *d);
void loading_cancel(struct load *c);
/* Creates the tables that are missing: the definition's and aforo_*. ERR_UNAVAILABLE also when
 * another session is creating them at the same time: try again. */
MUST_USE enum err loading_tables(struct warehouse *w, const struct definition *def, struct arena *a,
                                 struct diag *d);
/* The same for a run that fills a new warehouse: a table that is missing is made under another name
 * and without a key (*ret_building), so that rows can be appended as they come. Whoever builds
 * finds the repeated ids, makes the key and gives the table its name. A build that was broken off
 * is taken up again. */
MUST_USE enum err loading_tables_build(struct warehouse *w, const struct definition *def,
                                       struct arena *a, bool *ret_building, struct diag *d);
struct str loading_build_table(const struct definition *def, struct arena *a);

struct loading;
/* index of count: which objects are ours (by hash of the key); a wrong assignment is slow, never
 * wrong. */
struct loading *loading_new(struct arena *a, struct pipeline *p, unsigned index, unsigned count);
/* One turn: lists what is new, loads some. *ret_idle_us as in landing.h. */
MUST_USE enum err loading_turn(struct loading *l, int64_t *ret_idle_us, struct diag *d);

#endif
