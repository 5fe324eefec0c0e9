#include "start_position.h"

static void refuse_number(struct call *c, const struct start_position *start,
                          const struct stream *stream, const struct shard *s, const char *why)
{
    call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
              "StartingSequenceNumber %.*s used in %s on shard %s in stream %.*s under account "
              "%.*s is invalid%s",
              STR_ARG(sequence_number_shown(start->number, c->arena)), c->op->name, s->id,
              STR_ARG(stream->name), STR_ARG(stream->account), why);
}

/* AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER; 0: refused. A number that is no record's own, but
 * was given to continue with, lies behind its place. */
static uint64_t place_by_number(struct call *c, const struct start_position *start,
                                const struct stream *stream, const struct shard *s, bool after)
{
    struct sequence_number number;
    if (!sequence_number_parse(start->number, &number)) {
        refuse_number(c, start, stream, s, ".");
        return 0;
    }
    if (number.shard != s->number) {
        call_fail(
            c, AWS_INVALID_ARGUMENT_EXCEPTION,
            "Invalid StartingSequenceNumber. It encodes shardId-%012u, while it was used in a "
            "call to a shard with %s",
            number.shard, s->id);
        return 0;
    }
    if (!shard_owns(s, &number)) {
        refuse_number(c, start, stream, s, " because it did not come from this stream.");
        return 0;
    }
    after = after || number.place == 0 || number.mark != 0;
    uint64_t place = number.place + after;
    return place < s->next_place ? place : s->next_place;
}

/* AWS kinesis-get-shard-iterator-3: a number with the types that begin at one, and with no other
 * but AT_TIMESTAMP, which takes no notice of it. */
bool start_number_fits(struct call *c, const struct start_position *start)
{
    bool wants = str_ends(start->type, STR("_SEQUENCE_NUMBER"));
    if (start->has_number == wants || str_eq(start->type, STR("AT_TIMESTAMP"))) {
        return true;
    }
    call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
              "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
              "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
              "StartingSequenceNumber. Request specified %.*s and %s StartingSequenceNumber.",
              STR_ARG(start->type), start->has_number ? "also a" : "no");
    return false;
}

static uint64_t place_by_time(struct call *c, const struct start_position *start,
                              const struct shard *s)
{
    if (!start->has_time) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                  "Current request has no timestamp parameter.");
        return 0;
    }
    int64_t at_ms = instant_floor(start->at_us + US_PER_MS - 1, US_PER_MS) /
                    US_PER_MS; /* arrival has whole milliseconds */
    int64_t now_ms = c->now_us / US_PER_MS;
    /* AWS kinesis-get-shard-iterator-2: a time in the future is refused. */
    if (at_ms > now_ms) {
        call_fail(
            c, AWS_INVALID_ARGUMENT_EXCEPTION,
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: %lld, currentTimestampInMillis: %lld",
            (long long)at_ms, (long long)now_ms);
        return 0;
    }
    return shard_place_at(s, at_ms);
}

uint64_t start_place(struct call *c, const struct start_position *start,
                     const struct stream *stream, const struct shard *s)
{
    if (str_eq(start->type, STR("TRIM_HORIZON"))) {
        return s->horizon_place;
    }
    if (str_eq(start->type, STR("LATEST"))) {
        return s->next_place; /* what is put after this call, and nothing before */
    }
    if (str_eq(start->type, STR("AT_TIMESTAMP"))) {
        return place_by_time(c, start, s);
    }
    return place_by_number(c, start, stream, s, str_eq(start->type, STR("AFTER_SEQUENCE_NUMBER")));
}

struct str start_continuation(const struct shard *s, uint64_t place, int64_t now_us,
                              struct arena *a)
{
    struct sequence_number number = {.created_s = s->epoch_s,
                                     .place = place - 1,
                                     .mark = 1,
                                     .arrived_s = now_us / US_PER_S,
                                     .shard = s->number};
    char *text = arena_alloc_raw(a, SEQUENCE_NUMBER_DIGITS);
    sequence_number_write(&number, text);
    return str_n(text, SEQUENCE_NUMBER_DIGITS);
}
