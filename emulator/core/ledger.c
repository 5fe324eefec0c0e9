/* ledger.c -- Every call, what became of it, in order: a ring of lines in blocks, the oldest
 * overwritten. */
#include "core_parts.h"

#define LEDGER_BLOCK_LINES 1024
#define LEDGER_BLOCKS (LEDGER_ENTRIES_MAX / LEDGER_BLOCK_LINES)

void ledger_init(struct ledger *l, struct arena *a)
{
    *l = (struct ledger){.blocks = NEW_ARRAY(a, struct ledger_line *, LEDGER_BLOCKS),
                         .names = map_new(a)};
}

static struct ledger_line *line_at(const struct ledger *l, uint64_t number)
{
    uint64_t slot = (number - 1) % LEDGER_ENTRIES_MAX;
    struct ledger_line *block = l->blocks[slot / LEDGER_BLOCK_LINES];
    return block == NULL ? NULL : &block[slot % LEDGER_BLOCK_LINES];
}

/* Actors and operations are few: each is kept once. */
static struct str name_kept(struct core *core, struct str name)
{
    struct str *kept = map_get(core->ledger.names, name);
    if (kept == NULL) {
        kept = NEW(core->arena, struct str);
        *kept = str_copy(core->arena, name);
        map_put(core->ledger.names, name, kept);
    }
    return *kept;
}

void ledger_add(struct core *core, const struct ledger_line *line)
{
    struct ledger *l = &core->ledger;
    if (core->replaying) {
        return; /* it has happened before */
    }
    uint64_t number = l->last + 1;
    struct ledger_line **block = &l->blocks[(number - 1) % LEDGER_ENTRIES_MAX / LEDGER_BLOCK_LINES];
    if (*block == NULL) {
        *block = NEW_ARRAY(core->arena, struct ledger_line, LEDGER_BLOCK_LINES);
    }
    struct ledger_line *slot = line_at(l, number);
    if (slot->resource.len > 0) {
        arena_recycle(core->arena, (void *)(uintptr_t)slot->resource.ptr, slot->resource.len);
    }
    *slot = *line;
    slot->number = number;
    slot->actor = name_kept(core, line->actor);
    slot->service = name_kept(core, line->service);
    slot->operation = name_kept(core, line->operation);
    slot->resource = STR_EMPTY;
    if (line->resource.len > 0) {
        slot->resource = str_n(arena_copy(core->arena, line->resource.ptr, line->resource.len),
                               line->resource.len);
    }
    l->last = number;
}

void core_note(struct core *core, const char *service, const char *operation, struct str resource,
               int status, int64_t now_us)
{
    struct ledger_line line = {
        .at_us = now_us,
        .actor = STR("emulator"),
        .service = str_of(service),
        .operation = str_of(operation),
        .resource = resource,
        .status = status,
    };
    ledger_add(core, &line);
}

const struct ledger_line *core_ledger_next(const struct core *core, uint64_t after)
{
    const struct ledger *l = &core->ledger;
    uint64_t oldest = l->last > LEDGER_ENTRIES_MAX ? l->last - LEDGER_ENTRIES_MAX + 1 : 1;
    uint64_t number = after + 1 > oldest ? after + 1 : oldest;
    return after >= l->last || number > l->last ? NULL : line_at(l, number);
}
