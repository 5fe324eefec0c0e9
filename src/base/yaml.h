/* yaml.h -- YAML 1.1 documents (libyaml) as the tree of json.h, with the place of every node.
 * Plain scalars become null, true/false and numbers as JSON spells them; everything else is a
 * string, so `no`, `5m` and `2026-03-28T00:00:00Z` stay text. No anchors, no tags, no multiple
 * documents: refused by name. */
#ifndef AFORO_BASE_YAML_H
#define AFORO_BASE_YAML_H

#include "base/json.h"

/* ERR_INVALID: "line:column: ..."; duplicate keys are errors. Texts live in `a`. JSON is
 * read too. */
MUST_USE enum err yaml_parse(struct arena *a, struct str text, struct json **ret_tree,
                             struct diag *d);

#endif
