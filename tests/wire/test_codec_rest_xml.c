#include <criterion/criterion.h>

#include "codec_vectors.h"

Test(codec_rest_xml, reads_rest_xml_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_restXml",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendedGzipAfterProvidedEncoding_restXml",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"QueryIdempotencyTokenAutoFill", "the client adds what the value does not hold"},
        {"HttpPrefixHeadersAreNotPresent", "an empty map leaves no trace in the message"},
        {"RestXmlQueryPrecedence", "a member of the map is overruled and leaves no trace"},
        {NULL, NULL}};
    run_input_vectors("rest-xml", skips);
}

Test(codec_rest_xml, writes_rest_xml_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("rest-xml", skips);
}
