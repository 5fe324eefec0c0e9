/* recent_message.c -- A tree by topic and deduplication id, and a queue in the order of time: the
 * oldest is forgotten first. AWS sns-fifo-3: with content-based deduplication the id is the SHA-256
 * of the message; with the scope MessageGroup each group has ids of its own. */
#include "recent_message.h"
#include <string.h>
#include "base/hash.h"
#include "base/instant.h"
#include "base/tree.h"
#include "topic_attributes.h"

#define RECENT_US (5 * US_PER_MINUTE)
#define ID_BYTES 36

struct entry {
    struct recent_message told;
    struct entry *next;
    int64_t at_us;
    struct str key; /* behind it, in the block */
    char id[ID_BYTES];
};
struct recent_messages {
    struct arena *arena;
    struct tree *by_key;
    struct entry *first, *last;
};

struct recent_messages *recent_messages_new(struct arena *a)
{
    struct recent_messages *all = NEW(a, struct recent_messages);
    *all = (struct recent_messages){.arena = a, .by_key = tree_new(a)};
    return all;
}

static void forget(struct recent_messages *all, int64_t before_us)
{
    while (all->first != NULL && all->first->at_us <= before_us) {
        struct entry *e = all->first;
        all->first = e->next;
        all->last = all->first == NULL ? NULL : all->last;
        tree_remove(all->by_key, e->key);
        arena_recycle(all->arena, e, sizeof *e + e->key.len);
    }
}

static struct str key_of(const struct topic *t, const struct message *m, struct arena *scratch)
{
    bool by_group =
        str_eq(text_list_get(&t->attributes, "FifoThroughputScope"), STR("MessageGroup"));
    struct str id =
        m->deduplication_id.len > 0 ? m->deduplication_id : hash_sha256_hex(scratch, m->text);
    struct str group = by_group ? m->group_id : STR_EMPTY;
    return str_printf(scratch, "%llu/%zu/%.*s%.*s", (unsigned long long)t->number, group.len,
                      STR_ARG(group), STR_ARG(id));
}

const struct recent_message *recent_message_find(struct recent_messages *all, const struct topic *t,
                                                 const struct message *m, int64_t now_us,
                                                 struct arena *scratch)
{
    forget(all, now_us - RECENT_US);
    const struct entry *e = tree_get(all->by_key, key_of(t, m, scratch));
    return e == NULL ? NULL : &e->told;
}

void recent_message_add(struct recent_messages *all, const struct topic *t, const struct message *m,
                        const struct recent_message *told, int64_t now_us, struct arena *scratch)
{
    struct str key = key_of(t, m, scratch);
    struct entry *e = arena_alloc_raw(all->arena, sizeof *e + key.len);
    ASSERT(told->message_id.len == ID_BYTES);
    *e = (struct entry){.told = *told, .at_us = now_us};
    memcpy(e->id, told->message_id.ptr, ID_BYTES);
    e->told.message_id = str_n(e->id, ID_BYTES);
    memcpy(e + 1, key.ptr, key.len);
    e->key = str_n((const char *)(e + 1), key.len);
    tree_put(all->by_key, e->key, e);
    if (all->last == NULL) {
        all->first = e;
    } else {
        all->last->next = e;
    }
    all->last = e;
}

struct str recent_message_number(struct arena *a, uint64_t sequence_number)
{
    return str_printf(a, "1%019llu", (unsigned long long)sequence_number);
}
