/* player_bench.h -- A small shop's pipeline and a warehouse of its own: SQLite in memory, or a
 * schema of the PostgreSQL that AFORO_TEST_POSTGRES names. */
#ifndef AFORO_TESTS_PLAYER_BENCH_H
#define AFORO_TESTS_PLAYER_BENCH_H

#include "replay/player.h"
#include "replay_bench.h"

struct definition *
bench_definition(void); /* table sales: id, at, shop, amount (scale 2), pieces, gift */
struct warehouse *bench_warehouse(void);
/* Plays what `folder` holds; asserts that the run as a whole goes well. */
struct player_result bench_play(struct warehouse *w, const char *folder);
enum err bench_play_with(struct warehouse *w, const char *folder, struct rt *rt,
                         struct player_result *ret_result, struct diag *d);
/* The same with options of one's own; now_us is set. */
enum err bench_play_as(struct warehouse *w, const char *folder, struct player_options options,
                       struct player_result *ret_result, struct diag *d);
/* All cells of a query: columns by '|', rows by newlines. */
struct str bench_rows(struct warehouse *w, const char *sql);
/* The text of the problem of an object; "" when it has none. */
const char *bench_problem(const struct player_result *r, const char *object);

/* A session whose calls can fail, over another. */
enum doubt { DOUBT_NONE, DOUBT_LOST_BEFORE, DOUBT_LOST_AFTER };
struct shaky_warehouse {
    struct warehouse warehouse;
    struct warehouse *inner;
    size_t calls, fail_at; /* the k-th call is refused, from 1; 0: none */
    size_t commits;
    enum doubt doubt; /* of every second commit: its answer is lost */
};
void shaky_init(struct shaky_warehouse *s, struct warehouse *inner);

#endif
