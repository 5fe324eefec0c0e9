#include <criterion/criterion.h>

#include "codec_vectors.h"

Test(codec_query, reads_query_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsQuery",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"QueryProtocolIdempotencyTokenAutoFill", "the client adds what the value does not hold"},
        {"QueryEmptyQueryMaps", "an empty map leaves no trace in the message"},
        {NULL, NULL}};
    run_input_vectors("query", skips);
}

Test(codec_query, writes_query_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("query", skips);
}
