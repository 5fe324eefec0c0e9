/* scan_oracle.h -- What record_scan must give, by the tree reader: whether a text is one JSON
 * object, and the inputs of its paths. */
#ifndef AFORO_TESTS_SCAN_ORACLE_H
#define AFORO_TESTS_SCAN_ORACLE_H

#include "../../src/pipeline/record_scan.h"

#define ORACLE_SLOTS 8
/* id, t, a (a value and an object), a.b, a."c d", n, an odd key with a quote in it */
const struct path_node *oracle_root(struct arena *a);
/* NULL: the scan and the tree reader agree on `bytes`; else what differs. */
const char *oracle_differs(const struct path_node *root, struct str bytes, struct arena *a);

#endif
