/* pattern.h -- The regular expressions of the service models, matched in time linear in the text:
 * no backtracking. Java's syntax as far as the models use it: classes, \d \w \s and their
 * complements, \uXXXX, groups, alternation, ? * + {n} {n,} {n,m}, ^ and $. Not: look-arounds, back
 * references, \p{..}, possessive and lazy forms. Private. */
#ifndef AFORO_EMULATOR_CORE_PATTERN_H
#define AFORO_EMULATOR_CORE_PATTERN_H

#include "base/str.h"

struct pattern;
/* NULL: the pattern uses what is not read here. */
struct pattern *pattern_compile(const char *text, struct arena *a);
/* Whether the whole text matches, as Java's matches(). */
bool pattern_matches(const struct pattern *p, struct str text, struct arena *a);

#endif
