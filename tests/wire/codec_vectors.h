/* codec_vectors.h -- Runs the published protocol vectors of one file against the codec.
 * input/X.json: the message must decode to the value; output/X.json: the value must encode to the
 * message, compared by meaning (JSON and XML structure, moments by instant). Every case runs or is
 * named in the skip table. */
#ifndef AFORO_TESTS_WIRE_CODEC_VECTORS_H
#define AFORO_TESTS_WIRE_CODEC_VECTORS_H

struct vector_skip {
    const char *id, *reason;
};
/* `skips` ends with a row of NULLs. `file` is "json", "query" ...; AFORO_DATA unset skips the test,
 * saying so. */
void run_input_vectors(const char *file, const struct vector_skip *skips);
void run_output_vectors(const char *file, const struct vector_skip *skips);

#endif
