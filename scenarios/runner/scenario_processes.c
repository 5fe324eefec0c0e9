/* scenario_processes.c -- The `processes:` of a topology: a user's own programs in the place of our
 * landers, loaders and reporters, and which expectations can be asked of them. */
#include "scenario_parts.h"

#define PROCESSES_MAX 16
#define COPIES_MAX 16

static enum err name_check(const struct reading *r, const struct json *node, struct diag *d)
{
    for (size_t i = 0; i < node->key.len; i++) {
        char c = node->key.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!fine || node->key.len > 32) {
            return reading_fail(r, node, d,
                                "expected a name of at most 32 small letters, digits and _");
        }
    }
    return ERR_OK;
}

/* worker: "command", or worker: {command: ..., count: 2} */
static enum err process_read(const struct reading *r, const struct json *node,
                             struct scenario_process *p, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("command"), STR_INIT("count")};
    size_t count = 1;
    TRY(name_check(r, node, d));
    *p = (struct scenario_process){.name = node->key, .command = json_str(node), .count = 1};
    if (node->kind == JSON_IS_OBJECT) {
        TRY(reading_keys(r, node, keys, sizeof(keys) / sizeof(keys[0]), d));
        TRY(reading_str(r, node, "command", true, &p->command, d));
        TRY(reading_count(r, node, "count", 1, COPIES_MAX, &count, d));
        p->count = (unsigned)count;
    }
    return p->command.len > 0 ? ERR_OK
                              : reading_fail(r, node, d, "expected a command, or {command, count}");
}

enum err scenario_processes_read(const struct reading *r, const struct json *topology,
                                 struct scenario *s, struct diag *d)
{
    struct json *list;
    TRY(reading_node(r, topology, "processes", JSON_IS_OBJECT, false, &list, d));
    if (list == NULL) {
        return ERR_OK;
    }
    if (list->count == 0 || list->count > PROCESSES_MAX) {
        return reading_fail(r, list, d, "expected 1 to %d processes", PROCESSES_MAX);
    }
    s->processes = NEW_ARRAY(r->arena, struct scenario_process, list->count);
    for (const struct json *node = list->first; node != NULL; node = node->next) {
        TRY(process_read(r, node, &s->processes[s->process_count++], d));
    }
    return ERR_OK;
}

static bool can_be_asked(enum expect_kind kind)
{
    return kind == EXPECT_CONSERVATION || kind == EXPECT_UNIQUE || kind == EXPECT_ROW_COUNT_MATCH ||
           kind == EXPECT_AGGREGATE_MATCH || kind == EXPECT_SQL || kind == EXPECT_OCCURS;
}

enum err scenario_processes_check(const struct scenario *s, struct diag *d)
{
    if (s->process_count == 0) {
        return ERR_OK;
    }
    if (s->pipeline->id_by_position) {
        return fail(d, ERR_UNSUPPORTED, "%.*s: processes need events with an id of their own",
                    STR_ARG(s->file));
    }
    for (size_t i = 0; i < s->expectation_count; i++) {
        if (!can_be_asked(s->expectations[i].kind)) {
            return fail(d, ERR_UNSUPPORTED,
                        "%.*s:%u: %.*s is about aforo's own pipeline, and cannot be asked of "
                        "processes",
                        STR_ARG(s->file), s->expectations[i].line,
                        STR_ARG(s->expectations[i].name));
        }
    }
    return ERR_OK;
}

enum err scenario_exec(struct arena *a, struct scenario *s, struct str command, struct diag *d)
{
    if (s->process_count > 1) {
        return fail(d, ERR_INVALID, "%.*s has %zu processes: which one is %.*s?", STR_ARG(s->file),
                    s->process_count, STR_ARG(command));
    }
    if (s->process_count == 0) {
        s->processes = NEW(a, struct scenario_process);
        *s->processes = (struct scenario_process){.name = STR("worker"), .count = 1};
        s->process_count = 1;
    }
    s->processes[0].command = command;
    return scenario_processes_check(s, d);
}
