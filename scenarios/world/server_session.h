/* server_session.h -- A session with a database server whose machine can lose power, over one that
 * cannot: what is open dies with the machine and is opened again by the next call that starts
 * something, as with PostgreSQL. A commit, or a statement outside a transaction, under which the
 * machine went is ERR_UNKNOWN 08006; anything else ERR_UNAVAILABLE 57P01; while it is away,
 * ERR_UNAVAILABLE 57P03. */
#ifndef AFORO_SCENARIOS_WORLD_SERVER_SESSION_H
#define AFORO_SCENARIOS_WORLD_SERVER_SESSION_H

#include "seam/warehouse.h"

struct server_machine {
    /* a session that lives in `a` */
    enum err (*open)(void *ctx, struct arena *a, struct warehouse **ret_warehouse, struct diag *d);
    bool (*is_up)(void *ctx);
    unsigned (*generation)(void *ctx); /* another one after each power loss */
    void *ctx;
};
/* Lives in `a`, as `machine` must. */
MUST_USE enum err server_session_open(const struct server_machine *machine, struct arena *a,
                                      struct warehouse **ret_warehouse, struct diag *d);

#endif
