/* producer.h -- A source as a real one is built: an outbox that survives crashes, batches by
 * PutRecords, at-least-once by sending again whatever is not acknowledged, for ever, and control
 * totals per day once the day's events are acknowledged. What it means to send and what was
 * acknowledged goes to the oracle's ledger. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_PRODUCER_H
#define AFORO_SCENARIOS_RUNNER_PRODUCER_H

#include "aws/aws_client.h"
#include "generator.h"
#include "scenarios/oracle/oracle.h"
#include "stage.h"

struct producer;
struct producer_options {
    const struct scenario *scenario;
    struct stage *stage; /* its lock guards the oracle */
    struct oracle *oracle;
    const struct source *capture; /* NULL: events are made up */
    struct diag *trouble;         /* of the capture */
    uint64_t seed;
    unsigned index;
    int64_t start_us; /* wall: when the run began */
};
/* What survives crashes lives in `durable`. */
struct producer *producer_new(struct arena *durable, const struct producer_options *options);
/* One life: until everything that it has to send is acknowledged and its control totals are in S3,
 * or it is cancelled. */
void producer_run(struct producer *p, struct rt *rt, struct transport *transport,
                  const struct aws_config *config, struct arena *life);
bool producer_is_done(const struct producer *p);

#endif
