/* room.h -- A counted piece of a journal: bytes of a body that lie there instead of in memory. The
 * last holder's release tells the journal that nobody speaks of them any more; of a laid one, which
 * an effect (call_effect) is about, that nobody holds them. */
#ifndef AFORO_EMULATOR_CORE_ROOM_H
#define AFORO_EMULATOR_CORE_ROOM_H

#include "emulator/journal/journal.h"

struct room;
/* Writes them to the journal; NULL: it does not take them. Held once. */
struct room *room_keep(const struct journal *journal, struct str bytes);
/* What an entry speaks of; NULL: the journal has it not. */
struct room *room_find(const struct journal *journal, uint64_t place, size_t count);
/* An empty one, for what a call is about to change. lay: false: the journal does not take them, and
 * it stays empty. `room_bytes` of a laid one has no bytes: they are in memory. */
struct room *room_new_laid(const struct journal *journal);
bool room_lay(struct room *r, const struct str *parts, size_t count);
/* The same at the next start, where the bytes can be read; NULL: the journal has it not. */
struct room *room_find_laid(const struct journal *journal, uint64_t place, size_t count);
struct room *room_retain(struct room *r);
void room_release(struct room *r);
struct str room_bytes(const struct room *r);
uint64_t room_place(const struct room *r);

#endif
