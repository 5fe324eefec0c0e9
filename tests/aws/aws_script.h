/* aws_script.h -- What the typed clients are tested against: a transport that answers from a list
 * or by a function, fails chosen calls, and keeps what was sent; and a runtime whose clock only
 * moves when someone sleeps. */
#ifndef AFORO_TESTS_AWS_SCRIPT_H
#define AFORO_TESTS_AWS_SCRIPT_H

#include "aws/aws_client.h"

#define SCRIPT_CALLS_MAX 4096
#define SCRIPT_START_US INT64_C(1440938160000000) /* 2015-08-30T12:36:00Z */

/* One answer. `fail` other than ERR_OK: the transport fails so. headers: "Name: value\n..." */
struct script_answer {
    enum err fail;
    int status;
    const char *headers, *body;
};
struct script;
typedef struct script_answer script_answer_fn(struct script *s, const struct http_request *request,
                                              struct arena *a);

struct script {
    struct transport transport;
    struct rt rt;
    struct arena *arena;
    struct aws_config config;
    struct aws_client client;

    const struct script_answer *answers; /* in order ... */
    size_t answer_count, answer_next;
    script_answer_fn *answer_fn; /* ... or by a function */
    void *ctx;
    size_t fault_at; /* the call that gets `fault`; none: SIZE_MAX */
    struct script_answer fault;
    bool fault_applies; /* the function sees the request before the fault answers */

    struct http_request *sent[SCRIPT_CALLS_MAX];
    int64_t deadline_us[SCRIPT_CALLS_MAX];
    size_t sent_count;
    int64_t sleeps_us[SCRIPT_CALLS_MAX];
    size_t sleep_count;
    size_t cancel_at_sleep; /* that sleep and all later ones are cancelled; none: SIZE_MAX */
    int64_t mono_us;
    uint64_t seed;
};
/* A new script in an arena of its own, with a client of region us-east-1 and made-up credentials.
 */
struct script *script_new(void);
void script_free(struct script *s);
void script_answers(struct script *s, const struct script_answer *answers, size_t count);
#define SCRIPT(s, ...)                                                                             \
    script_answers((s), (const struct script_answer[]){__VA_ARGS__},                               \
                   sizeof((const struct script_answer[]){__VA_ARGS__}) /                           \
                       sizeof(struct script_answer))

/* Every way in which one call can fail, for k-th-call loops: what the client must make of a fault
 * that hits once. */
struct script_fault {
    const char *what;
    struct script_answer answer;
    enum err result; /* of a call hit once; ERR_OK: it is retried and then works */
    bool uncertain;  /* it may have been applied */
};
extern const struct script_fault SCRIPT_FAULTS[];
extern const size_t SCRIPT_FAULT_COUNT;

bool same(struct str got, const char *want);
/* Asserts that the text of the n-th request's body is exactly this. */
void assert_body(const struct script *s, size_t n, const char *want);

#endif
