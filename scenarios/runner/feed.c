/* feed.c -- What is due, and when. A capture goes by its own times (capture_feed.c). Generated
 * events come in bursts of a batch, evenly spaced, until the faults heal; then one more, the probe,
 * which must get through whatever happened before. A spike packs the bursts of its time closer:
 * they are even on a scale that has `times` as much room there. */
#include "capture_feed.h"

#include "base/instant.h"

struct feed {
    struct capture_feed *capture; /* NULL: what follows is made up */
    struct generator generator;
    const struct scenario *scenario;
    struct scenario_spike spike;
    int64_t start_us, interval_us, phase_us; /* of bursts */
    uint64_t burst, burst_count; /* the next burst; how many there are, the probe not counted */
    uint64_t number;             /* events made so far */
    unsigned in_burst;           /* of the current burst */
    unsigned batch;
};

/* From time since the start to the scale on which bursts are even, and back. */
static int64_t scale_of(const struct scenario_spike *s, int64_t at_us)
{
    if (s->times == 0 || at_us <= s->from_us) {
        return at_us;
    }
    int64_t inside_us = at_us - s->from_us < s->for_us ? at_us - s->from_us : s->for_us;
    return at_us + inside_us * (s->times - 1);
}

static int64_t scale_back(const struct scenario_spike *s, int64_t even_us)
{
    if (s->times == 0 || even_us <= s->from_us) {
        return even_us;
    }
    int64_t inside_us = even_us - s->from_us;
    return inside_us < s->for_us * s->times ? s->from_us + inside_us / s->times
                                            : even_us - s->for_us * (s->times - 1);
}

struct feed *feed_new(struct arena *durable, const struct feed_options *options)
{
    struct feed *f = NEW(durable, struct feed);
    const struct scenario *scenario = options->scenario;
    const struct scenario_source *source = &scenario->source;
    if (options->capture != NULL) {
        f->capture = capture_feed_new(durable, options);
        return f;
    }
    unsigned producer = options->producer;
    unsigned producers = scenario->actors.producers > 0 ? scenario->actors.producers : 1;
    *f = (struct feed){.scenario = scenario,
                       .start_us = options->start_us,
                       .batch = source->batch > 0 ? source->batch : 25};
    f->generator = (struct generator){
        .def = scenario->pipeline, .source = source, .seed = options->seed, .producer = producer};
    f->generator.producer_name = str_printf(durable, "p%u", producer);
    f->interval_us = US_PER_HOUR * (int64_t)producers * (int64_t)f->batch / source->events_per_hour;
    f->interval_us = f->interval_us > 0 ? f->interval_us : 1;
    f->phase_us = f->interval_us * (int64_t)producer / (int64_t)producers;
    f->spike = source->spike;
    int64_t span_us = scale_of(&f->spike, scenario->heal_after_us) - f->phase_us;
    f->burst_count = span_us <= 0 ? 0 : (uint64_t)((span_us + f->interval_us - 1) / f->interval_us);
    return f;
}

int64_t feed_due_us(const struct feed *f)
{
    if (f->capture != NULL) {
        return capture_feed_due_us(f->capture);
    }
    if (f->burst > f->burst_count) {
        return INSTANT_NEVER;
    }
    int64_t probe_us = f->scenario->heal_after_us;
    int64_t due_us = scale_back(&f->spike, f->phase_us + (int64_t)f->burst * f->interval_us);
    return f->start_us + (f->burst == f->burst_count ? probe_us : due_us);
}

bool feed_is_over(const struct feed *f)
{
    return f->capture != NULL ? capture_feed_due_us(f->capture) == INSTANT_NEVER
                              : f->burst > f->burst_count;
}

bool feed_next(struct feed *f, int64_t now_us, struct arena *a, struct feed_event *ret_event)
{
    if (f->capture != NULL) {
        return capture_feed_next(f->capture, now_us, a, ret_event);
    }
    int64_t due_us = feed_due_us(f);
    if (due_us > now_us) {
        return false;
    }
    struct generated made = generator_make(&f->generator, ++f->number, due_us, a);
    *ret_event = (struct feed_event){.payload = made.payload,
                                     .partition_key = made.partition_key,
                                     .malformed = made.malformed,
                                     .late = made.late,
                                     .copied = made.copied};
    bool is_probe = f->burst == f->burst_count;
    if (++f->in_burst == f->batch || is_probe) {
        f->in_burst = 0;
        f->burst++;
    }
    return true;
}
