/* record_scan.h -- One record's JSON to the inputs of its columns in one pass: what a good record
 * takes. It accepts RFC 8259 exactly as json_scan does, and gives what record.c's reading by
 * json_scan gives; what it does not accept is read again there, for the reason and for what stands
 * before the fault. Private to the pipeline. */
#ifndef AFORO_PIPELINE_RECORD_SCAN_H
#define AFORO_PIPELINE_RECORD_SCAN_H

#include "record_value.h"

/* A key of the input that leads to columns. */
struct path_node {
    struct str key;
    struct path_node *child, *next;
    size_t slot; /* where its value goes, or PATH_NO_SLOT */
    bool bare;   /* the key stands in JSON as it is: no escape is needed in it */
};
#define PATH_NO_SLOT ((size_t)-1)

/* The node below `parent` with that key, or NULL. Records have their keys in one order, so the
 * search begins behind the key that was found last (or NULL). */
struct path_node *path_find(const struct path_node *parent, const struct path_node *last,
                            struct str key);
/* `inputs` by slot, all INPUT_MISSING. The first value of a path counts. Texts borrow `bytes`, or
 * live in `a` where escapes were resolved. false: not one JSON object and nothing else; the inputs
 * then say nothing. */
bool record_scan(const struct path_node *root, struct str bytes, struct arena *a,
                 struct input *inputs);

#endif
