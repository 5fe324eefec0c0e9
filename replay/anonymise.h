/* anonymise.h -- Records whose named fields are replaced by a keyed permutation that keeps their
 * form: a digit becomes a digit, a letter a letter of the same case, everything else ASCII stays,
 * so lengths and separators are as they were and an e-mail address is one. One value always
 * becomes the same one, and two of ASCII never become one: groups, joins and distinct counts stay.
 * Nothing of it can be undone without the key, as far as the form does not tell the value; what
 * comes from a small set (a country's code) becomes another of the same form. */
#ifndef AFORO_REPLAY_ANONYMISE_H
#define AFORO_REPLAY_ANONYMISE_H

#include "base/buf.h"

#define ANONYMISE_FIELDS_MAX 64
#define ANONYMISE_KEY_BYTES_MIN 16

struct anonymiser {
    struct str key;           /* secret, at least ANONYMISE_KEY_BYTES_MIN */
    const struct str *fields; /* dotted paths: "user.email"; elements of arrays are the array's */
    uint64_t *found;          /* values masked, one a field */
    size_t field_count;
};
/* Appends the text in its new form. Bytes past ASCII become letters. */
void anonymise_text(const struct anonymiser *an, struct str text, struct buf *out);
/* Appends one record: named fields masked, below an object or array every text and number in it;
 * true, false and null stay. What is no JSON is masked as a whole, since nobody knows what it
 * holds. `scratch` is used and given back. */
void anonymise_record(const struct anonymiser *an, struct str record, struct arena *scratch,
                      struct buf *out);

#endif
