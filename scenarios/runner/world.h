/* world.h -- One simulated run: the emulator, the fault plan, the actors, the oracle beside them.
 * Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_WORLD_H
#define AFORO_SCENARIOS_RUNNER_WORLD_H

#include "pipeline/worker.h"
#include "database.h"
#include "producer.h"
#include "scenarios/report/timeline.h"
#include "scenarios/runner/run.h"
#include "stage.h"

struct world;
struct world_actor {
    struct world *world;
    struct stage_actor *on_stage;
    struct aws_config aws;     /* signs with the actor's name */
    struct producer *producer; /* NULL: a worker */
    struct worker_options worker;
    struct str name, command; /* a user's process; its log is a file */
    const char *log;          /* NULL: another kind of actor */
    /* of a process: its calls in all, those since anybody last changed anything, whether it was
     * waited for in vain, and how often it was started */
    uint64_t calls;
    unsigned looks, starts;
    bool silent;
    struct str trouble; /* with what its worker ended last: what needs a person */
};
struct world_trace { /* where decisions of a simulated world are written, first..last of them */
    void (*write)(void *ctx, struct str line);
    void *ctx;
    uint64_t first, last;
};
struct world {
    struct arena *arena;
    const struct world_trace *trace; /* NULL: nowhere */
    const struct scenario *scenario;
    uint64_t seed;
    struct emulator *emulator;
    struct fault_plan *faults;
    struct stage *stage;
    int64_t speed; /* 0: simulated; else real, so many times as fast as the wall */
    struct oracle *oracle;
    struct warehouse *session;       /* the oracle's */
    struct oracle_retries **retries; /* of each expectation; NULL: it is another */
    struct source *capture;          /* NULL: events are made up */
    struct database *database;       /* the run's own */
    struct run_reuse *reuse;         /* what outlives the run; NULL: nothing does */
    const char *conninfo;            /* of a PostgreSQL server; NULL: SQLite */
    const char *log_folder;          /* of what processes say; NULL: there are none */
    struct world_actor *actors;
    size_t actor_count, producer_count;
    uint64_t throttles;
    size_t actions_done; /* of the scenario's; survives the deaths of who does them */
    uint64_t checks;     /* ticks so far */
    void (*progress)(void *ctx, int64_t since_us); /* at every tick; NULL */
    void *progress_ctx;
    int64_t ahead_us; /* how much further than the true time any actor's clock may show */
    bool healed;
    /* of processes, which take as long to begin and to work as the wall lets them: when they last
     * did something, and whether what they did in the ledger was seen */
    int64_t worked_us;
    uint64_t ledger_seen;
    unsigned lives_seen;
    int64_t
        quiet_us; /* since the start: when nothing was on its way for the first time; 0: never */
    /* the judgement */
    const struct expectation *waits_for; /* what was not true yet at the last look */
    const struct expectation *broken;    /* what failed; NULL: nothing */
    bool over;                           /* every actor is dead */
    bool settled; /* whatever was expected has come true before the horizon */
    struct oracle_finding finding;
    enum verdict verdict;
    struct str story, cause;
    struct diag trouble; /* of the oracle or the capture: no verdict can be given */
};
/* Builds it: emulator, plan, database, stage; runs the set-up actor, which no fault touches. */
MUST_USE enum err world_open(struct world *w, struct diag *d);
void world_start(struct world *w); /* adds the actors */
void world_close(struct world *w);

/* Runs one actor to its end that no fault touches; false: it did not get there in time. */
bool world_alone(struct world *w, struct str name, stage_entry_fn *entry, void *arg);
/* What an actor of that name calls AWS with. */
struct aws_config world_aws(const struct world *w, struct str name);
/* A worker's environment, for an actor of the world. */
struct pipeline_env world_env(struct world_actor *actor, struct rt *rt, struct arena *process);

/* ---- processes.c ---- */
MUST_USE enum err processes_open(struct world *w, struct diag *d); /* makes the folder of logs */
void processes_add(struct world *w);
/* Notes that they work; once they have not for a while and the source is done, the faults end. */
void processes_watch(struct world *w, int64_t now_us);
/* Since the start: until when what is missing may still come. */
int64_t processes_deadline(const struct world *w);
/* Those that what is missing may be the fault of, and those that end before their first call: in
 * words, for a verdict that says nothing. Empty: there are none. */
struct str processes_unheard(const struct world *w);
struct str processes_unstarted(const struct world *w);
void processes_close(struct world *w, bool failed); /* failed: says what they said last */

/* ---- actions.c ---- */
void actions_add(struct world *w, struct world_actor *actor);

/* ---- clocks.c ---- */
void clocks_draw(struct world *w); /* for every actor, by the seed; simulated worlds only */

/* ---- knobs.c ---- */
/* The scenario as this seed runs it; lives in `a`. */
const struct scenario *knobs_draw(struct arena *a, const struct scenario *s, uint64_t seed);

/* ---- inspect.c ---- */
MUST_USE enum err world_inspect(struct world *w, const struct run_options *options,
                                const struct run_result *result, struct diag *d);

/* ---- replaying.c ---- */
/* oracle_check_replay, with an empty database of the run's kind. */
MUST_USE enum err world_replay(struct world *w, struct oracle_finding *f, struct diag *d);

/* ---- reached.c ---- */
/* Whether the run has put the expectation to the test. */
bool world_reached(const struct world *w, const struct expectation *e,
                   const struct run_counts *counts);

/* ---- run_story.c ---- */
/* Writes the page of the run. */
MUST_USE enum err world_story(struct world *w, const struct timeline *timeline,
                              const struct run_result *result, const char *path, struct diag *d);

/* ---- judge.c ---- */
bool judge_tick(void *world, int64_t now_us); /* stage_check_fn: false once the verdict is known */
void judge_end(struct world *w, enum stage_end end);

#endif
