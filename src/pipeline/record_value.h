/* record_value.h -- One input value as its column's typed value, or why not. Private to the
 * pipeline. Reasons are static or in the arena, short, without payload: "not a whole number". */
#ifndef AFORO_PIPELINE_RECORD_VALUE_H
#define AFORO_PIPELINE_RECORD_VALUE_H

#include "pipeline/definition.h"

enum input_kind {
    INPUT_MISSING /* or null */,
    INPUT_TEXT,
    INPUT_NUMBER,
    INPUT_TRUE,
    INPUT_FALSE,
    INPUT_OTHER
};
struct input {
    enum input_kind kind;
    struct str text; /* TEXT: resolved; NUMBER: as written */
    bool flat;       /* from a flat file: a text that may be meant as any type */
    bool ascii;      /* TEXT: known to have no byte below 0x20 nor over 0x7F */
};
/* Converts and checks. Returns STR_EMPTY when good: *ret_value is set, and null only where the
 * column may be. */
struct str record_value(struct arena *a, const struct column *c, const struct input *input,
                        struct warehouse_value *ret_value);
/* The constraints alone: for derived columns. */
struct str record_value_check(struct arena *a, const struct column *c,
                              const struct warehouse_value *value);
/* What the warehouse sees of a text. */
struct str record_mask(struct arena *a, enum mask mask, struct str text);

#endif
