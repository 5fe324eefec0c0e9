#include <criterion/criterion.h>

#include "codec_vectors.h"

Test(codec_json, reads_json_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsJson1_1",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"PutAndGetInlineDocumentsInput", "document types: no operation that we serve has one"},
        {NULL, NULL}};
    run_input_vectors("json", skips);
}

Test(codec_json, writes_json_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {
        {"handles_empty_output_shape", "what clients must bear: without output we write no body"},
        {"handles_unexpected_json_output", "what clients must bear: a member that no model has"},
        {"PutAndGetInlineDocumentsInput", "document types: no operation that we serve has one"},
        {NULL, NULL}};
    run_output_vectors("json", skips);
}

Test(codec_json, reads_json_1_0_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsJson1_0",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {NULL, NULL}};
    run_input_vectors("json_1_0", skips);
}

Test(codec_json, writes_json_1_0_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {
        {"AwsJson10HandlesEmptyOutputShape",
         "what clients must bear: without output we write no body"},
        {"AwsJson10HandlesUnexpectedJsonOutput",
         "what clients must bear: a member that no model has"},
        {NULL, NULL}};
    run_output_vectors("json_1_0", skips);
}
