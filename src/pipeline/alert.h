/* alert.h -- Telling people by criticality, once per episode. An alert is first a row of
 * aforo_alert, written in the transaction that found the reason (or in its own), and only then
 * published: nobody is told of what was rolled back, and nothing that was committed is forgotten.
 * The id is stable: a receiver can drop a second copy. */
#ifndef AFORO_PIPELINE_ALERT_H
#define AFORO_PIPELINE_ALERT_H

#include "pipeline/pipeline.h"

/* Inside the caller's transaction. id: "<pipeline>/<kind>/<window>"; a second raise of the same id
 * does nothing. */
MUST_USE enum err alert_raise(struct warehouse *w, const struct definition *def,
                              enum criticality criticality, struct str kind, struct str window,
                              struct str text, int64_t now_us, struct arena *a, struct diag *d);
/* Publishes what is raised and not sent, and marks it. SNS attributes: id, criticality, kind. */
MUST_USE enum err alert_send_pending(struct pipeline *p, struct arena *a, size_t *ret_sent,
                                     struct diag *d);

#endif
