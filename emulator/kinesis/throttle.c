#include "throttle.h"

#include "kinesis_limits.h"

/* A second's worth of a limit is also the most that a bucket holds. */
static int64_t full(int64_t per_s)
{
    return per_s * US_PER_S;
}

static void bucket_fill(struct bucket *b, int64_t per_s, int64_t now_us)
{
    int64_t passed_us = now_us - b->at_us;
    if (passed_us <= 0) {
        return; /* a clock that was set back neither fills nor drains */
    }
    b->at_us = now_us;
    /* An hour fills anything that can be owed; it also keeps the product small. */
    int64_t most_us = US_PER_HOUR;
    b->micro_units += per_s * (passed_us < most_us ? passed_us : most_us);
    if (b->micro_units > full(per_s)) {
        b->micro_units = full(per_s);
    }
}

void throttle_init(struct throttle *t, int64_t now_us)
{
    t->write_bytes = (struct bucket){full(KINESIS_WRITE_BYTES_PER_S), now_us};
    t->write_records = (struct bucket){full(KINESIS_WRITE_RECORDS_PER_S), now_us};
    t->read_bytes = (struct bucket){full(KINESIS_READ_BYTES_PER_S), now_us};
    t->read_calls = (struct bucket){full(KINESIS_READ_CALLS_PER_S), now_us};
}

bool throttle_write(struct throttle *t, size_t bytes, int64_t now_us)
{
    bucket_fill(&t->write_bytes, KINESIS_WRITE_BYTES_PER_S, now_us);
    bucket_fill(&t->write_records, KINESIS_WRITE_RECORDS_PER_S, now_us);
    int64_t cost = full((int64_t)bytes);
    int64_t most = full(KINESIS_WRITE_BYTES_PER_S);
    /* A record larger than the bucket needs a full one, and leaves the rest owed. */
    if (t->write_bytes.micro_units < (cost < most ? cost : most) ||
        t->write_records.micro_units < full(1)) {
        return false;
    }
    t->write_bytes.micro_units -= cost;
    t->write_records.micro_units -= full(1);
    return true;
}

bool throttle_read(struct throttle *t, int64_t now_us)
{
    bucket_fill(&t->read_bytes, KINESIS_READ_BYTES_PER_S, now_us);
    bucket_fill(&t->read_calls, KINESIS_READ_CALLS_PER_S, now_us);
    if (t->read_bytes.micro_units < 0 || t->read_calls.micro_units < full(1)) {
        return false;
    }
    t->read_calls.micro_units -= full(1);
    return true;
}

void throttle_read_bytes(struct throttle *t, size_t bytes)
{
    /* An answer larger than a second's worth forfeits what the bucket held: 10 MiB are owed for 5
     * seconds. */
    int64_t cost = full((int64_t)bytes);
    if ((int64_t)bytes > KINESIS_READ_BYTES_PER_S && t->read_bytes.micro_units > 0) {
        t->read_bytes.micro_units = 0;
    }
    t->read_bytes.micro_units -= cost;
}

void throttle_push_init(struct bucket *b, int64_t now_us)
{
    *b = (struct bucket){full(KINESIS_READ_BYTES_PER_S), now_us};
}

int64_t throttle_push_at(struct bucket *b, int64_t now_us)
{
    bucket_fill(b, KINESIS_READ_BYTES_PER_S, now_us);
    return b->micro_units > 0 ? now_us : now_us + -b->micro_units / KINESIS_READ_BYTES_PER_S + 1;
}

void throttle_push(struct bucket *b, size_t bytes)
{
    b->micro_units -= full((int64_t)bytes);
}
