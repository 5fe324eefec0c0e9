/* journal_memory.h -- A journal in memory, for tests: its entries can be read again, and it can
 * be told to fail. One thread. */
#ifndef AFORO_EMULATOR_JOURNAL_JOURNAL_MEMORY_H
#define AFORO_EMULATOR_JOURNAL_JOURNAL_MEMORY_H

#include "base/arena.h"
#include "emulator/journal/journal.h"

struct journal_memory;
struct journal_memory *journal_memory_new(struct arena *a);
const struct journal *journal_memory_journal(const struct journal_memory *m);
/* The n-th call of append or keep from now on, from 1, is the first that fails; 0: none. */
void journal_memory_fail_at(struct journal_memory *m, size_t n);
size_t journal_memory_count(const struct journal_memory *m);
struct str journal_memory_entry(const struct journal_memory *m, size_t i);
/* bytes of bodies that were kept and not dropped */
uint64_t journal_memory_kept(const struct journal_memory *m);

#endif
