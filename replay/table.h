/* table.h -- Rows of text under each other, for terminals. Private to replay. */
#ifndef AFORO_REPLAY_TABLE_H
#define AFORO_REPLAY_TABLE_H

#include "base/buf.h"

#define TABLE_COLUMNS_MAX 8
struct table;
/* align: one letter a column, 'l' or 'r'. */
struct table *table_new(struct arena *a, const char *align);
void table_add(struct table *t, const struct str *cells); /* one a column; borrowed */
/* two spaces before each row and between columns */
void table_write(struct buf *out, const struct table *t);
struct str table_number(struct arena *a, uint64_t number); /* 5,176,450 */

#endif
