/* Proves the simulated disk with SQLite as the judge: whichever operation the power goes at, what
 * was committed is there afterwards and nothing half, as SQLite promises for a disk that keeps what
 * it has synced (https://sqlite.org/pragma.html#pragma_synchronous); and that a disk or a setting
 * that does not keep it is found out. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "base/limits.h"
#include "base/rng.h"
#include "scenarios/world/sim_disk.h"

#define TRANSACTIONS 7
#define ROWS 3

/* What goes wrong: at the `at`-th operation, counted from 1. */
struct plan {
    uint64_t at, at_again, seed; /* at_again: after the reopening; 0: never */
    enum fault_phase phase;
    const struct fault_rule *rule;
    bool syncs_lie;
    const char *only; /* operations of this name alone are counted; NULL: all */
    uint64_t seen;
    unsigned fired;
};

static struct fault_decision decide(void *ctx, const char *operation, struct str file)
{
    struct plan *p = ctx;
    static const struct fault_rule none = {.error = STR_INIT("")};
    struct fault_decision d = {.phase = FAULT_NONE};
    bool lie = p->syncs_lie && strcmp(operation, "sync") == 0;
    cr_assert(file.len > 0);
    p->seen += p->only == NULL || strcmp(p->only, operation) == 0 ? 1 : 0;
    if (p->seen == p->at && p->fired == 0) {
        p->fired++;
        d.phase = p->phase;
        d.rule = p->rule == NULL ? &none : p->rule;
        d.random = rng_u64(p->seed, 1, p->at, 0);
        return d;
    }
    d.phase = lie ? FAULT_LOSE_REQUEST : FAULT_NONE;
    d.rule = &none;
    return d;
}

static void lost_power(void *ctx, int64_t restart_us)
{
    (void)ctx, (void)restart_us;
}

struct setting {
    const char *pragmas;
    bool syncs_lie;
};
static const struct setting settings[] = {
    {"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4", false},
    {"PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA", false},
    {"PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA", false},
    {"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4", true},
    {"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=4", false},
    {"PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", false},
};
enum { WAL, DELETE, TRUNCATE, LIES, OFF, NOT_EXTRA };

static sqlite3 *database_open(const struct setting *s)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2("file:/warehouse.db?vfs=" SIM_DISK_VFS, &db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL);
    if (code != SQLITE_OK || sqlite3_exec(db, s->pragmas, NULL, NULL, NULL) != SQLITE_OK) {
        (void)sqlite3_close(db);
        return NULL;
    }
    return db;
}

static bool run(sqlite3 *db, const char *format, int n)
{
    char *sql = sqlite3_mprintf(format, n);
    bool done = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    if (!done && sqlite3_get_autocommit(db) == 0) {
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return done;
}

/* Commits one after the other; returns which were acknowledged, as bits. Stops where it cannot go
 * on, unless `goes_on`. */
static unsigned work(sqlite3 *db, bool goes_on)
{
    unsigned acknowledged = 0;
    for (int i = 0; i < TRANSACTIONS; i++) {
        bool done = run(db, "BEGIN IMMEDIATE", 0);
        for (int row = 0; row < ROWS && done; row++) {
            done = run(db, "INSERT INTO t VALUES (%d, hex(zeroblob(900)))", i);
        }
        done = done && run(db, "COMMIT", 0);
        acknowledged |= done ? 1u << i : 0;
        if (!done && !goes_on) {
            break;
        }
    }
    return acknowledged;
}

static int value_of(sqlite3 *db, const char *format, int n)
{
    char *sql = sqlite3_mprintf(format, n);
    sqlite3_stmt *stmt = NULL;
    int value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        value = sqlite3_column_int(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return value;
}

struct tally {
    unsigned runs, lost, half, recovered, damaged;
};

static void look(sqlite3 *db, unsigned acknowledged, struct tally *t)
{
    if (value_of(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check(%d)", 1) != 1) {
        t->damaged++;
        return;
    }
    for (int i = 0; i < TRANSACTIONS; i++) {
        int rows = value_of(db, "SELECT count(*) FROM t WHERE n = %d", i);
        bool acked = (acknowledged >> i & 1) != 0;
        t->half += rows != 0 && rows != ROWS ? 1 : 0;
        t->lost += acked && rows == 0 ? 1 : 0;
        t->recovered += !acked && rows == ROWS ? 1 : 0;
    }
}

/* One life, a power loss, and what is there then. false: the plan's moment never came. */
static bool life(const struct setting *s, struct plan *p, struct tally *t)
{
    struct arena *a = arena_new("test", GIB);
    struct sim_disk *disk = sim_disk_new(a, p->seed);
    sqlite3 *db = database_open(s);
    cr_assert(db != NULL && run(db, "CREATE TABLE t (n INTEGER, body TEXT)", 0));
    struct sim_disk_hooks hooks = {.decide = decide, .lost_power = lost_power, .ctx = p};
    sim_disk_hook(disk, &hooks);
    p->syncs_lie = s->syncs_lie;
    unsigned acknowledged = work(db, p->phase != FAULT_KILL);
    bool came = p->fired > 0;
    if (sim_disk_generation(disk) == 1) {
        sim_disk_power_loss(disk, rng_u64(p->seed, 2, p->at, 0));
    }
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    p->at = p->at_again == 0 ? 0 : p->seen + p->at_again; /* and again, while it is recovered */
    p->fired = 0;
    p->syncs_lie = false;
    for (int attempt = 0; attempt < 3; attempt++) {
        db = database_open(s);
        if (db != NULL && value_of(db, "SELECT count(*) >= %d FROM t", 0) == 1) {
            break;
        }
        (void)sqlite3_close(db);
        db = NULL;
    }
    t->runs++;
    if (db == NULL) {
        t->damaged++;
    } else {
        look(db, acknowledged, t);
    }
    (void)sqlite3_close(db);
    arena_free(a);
    return came;
}

static struct tally lives(const struct setting *s, enum fault_phase phase, const char *only,
                          const struct fault_rule *rule, uint64_t at_again)
{
    struct tally t = {.runs = 0};
    for (uint64_t at = 1;; at++) {
        struct plan p = {
            .at = at, .at_again = at_again, .seed = at, .phase = phase, .rule = rule, .only = only};
        if (!life(s, &p, &t)) {
            break;
        }
    }
    cr_assert(t.runs > TRANSACTIONS, "%u runs", t.runs);
    return t;
}

Test(sim_disk, a_power_loss_at_any_operation_leaves_what_was_committed)
{
    unsigned recovered = 0;
    for (int i = WAL; i <= TRUNCATE; i++) {
        for (uint64_t again = 0; again < 4; again += 3) {
            struct tally t = lives(&settings[i], FAULT_KILL, NULL, NULL, again);
            cr_expect(t.lost == 0 && t.half == 0 && t.damaged == 0,
                      "%s: %u lost, %u half, %u damaged of %u", settings[i].pragmas, t.lost, t.half,
                      t.damaged, t.runs);
            recovered += t.recovered;
        }
    }
    cr_expect(recovered > 0); /* not acknowledged, and there: that is allowed, and happens */
}

Test(sim_disk, what_is_not_kept_is_found_out)
{
    /* A disk that says it has synced, a database that does not ask it to, and a deleted journal
     * that comes back: each loses what it has acknowledged. */
    static const int bad[] = {LIES, OFF, NOT_EXTRA};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tally t = lives(&settings[bad[i]], FAULT_KILL, NULL, NULL, 0);
        cr_expect(t.lost + t.damaged > 0, "%s: nothing was lost in %u runs",
                  settings[bad[i]].pragmas, t.runs);
    }
    /* What a failed sync was for, forgotten: the paper that sim_disk.h names has found the same. */
    for (int i = WAL; i <= DELETE; i++) {
        struct tally t = lives(&settings[i], FAULT_PARTIAL, "sync", NULL, 0);
        cr_expect(t.lost + t.damaged + t.half > 0, "%s: nothing was lost", settings[i].pragmas);
    }
}

Test(sim_disk, an_operation_that_fails_costs_its_transaction_alone)
{
    /* Each operation fails once, in each way; the work goes on, and then the power goes. */
    static const struct fault_rule full = {.error = STR_INIT("ENOSPC")};
    static const struct {
        enum fault_phase phase;
        const char *only;
        const struct fault_rule *rule;
    } rows[] = {{FAULT_REJECT, NULL, NULL},        {FAULT_APPLY_REJECT, NULL, NULL},
                {FAULT_REJECT, "write", &full},    {FAULT_PARTIAL, "write", &full},
                {FAULT_PARTIAL, "write", NULL},    {FAULT_REJECT, "sync", NULL},
                {FAULT_APPLY_REJECT, "sync", NULL}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (int i = WAL; i <= DELETE; i++) {
            struct tally t = lives(&settings[i], rows[r].phase, rows[r].only, rows[r].rule, 0);
            cr_expect(t.lost == 0 && t.half == 0 && t.damaged == 0,
                      "row %zu, %s: %u lost, %u half, %u damaged of %u", r, settings[i].pragmas,
                      t.lost, t.half, t.damaged, t.runs);
        }
    }
}

Test(sim_disk, two_sessions_take_turns)
{
    /* One writer at a time, readers beside it; and both are dead after a power loss. */
    struct arena *a = arena_new("test", GIB);
    struct sim_disk *disk = sim_disk_new(a, 1);
    for (int i = WAL; i <= DELETE; i++) {
        sqlite3 *one = database_open(&settings[i]), *other = database_open(&settings[i]);
        cr_assert(one != NULL && other != NULL);
        cr_expect(run(one, "DROP TABLE IF EXISTS t", 0) && run(one, "CREATE TABLE t (n, body)", 0));
        cr_expect(run(one, "BEGIN IMMEDIATE", 0) && run(one, "INSERT INTO t VALUES (%d, 0)", 7));
        cr_expect_not(run(other, "BEGIN IMMEDIATE", 0));
        cr_expect_eq(sqlite3_errcode(other), SQLITE_BUSY);
        cr_expect_eq(value_of(other, "SELECT count(*) + %d FROM t", 0), 0);
        cr_expect(run(one, "COMMIT", 0) && run(other, "BEGIN IMMEDIATE", 0) &&
                  run(other, "COMMIT", 0));
        cr_expect_eq(value_of(other, "SELECT count(*) + %d FROM t", 0), 1);
        sim_disk_power_loss(disk, 1);
        cr_expect_not(run(one, "INSERT INTO t VALUES (%d, 0)", 8));
        cr_expect_eq(value_of(other, "SELECT count(*) + %d FROM t", 0), -1);
        cr_expect_eq(sqlite3_close(one), SQLITE_OK);
        cr_expect_eq(sqlite3_close(other), SQLITE_OK);
    }
    arena_free(a);
}
