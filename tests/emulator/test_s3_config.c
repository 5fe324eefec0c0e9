/* Configurations of buckets, against the API reference: each comes back as it was put, has its own
 * error or default where there is none, and is refused where model or rules say so. */
#include <criterion/criterion.h>
#include <string.h>
#include "emulator_client.h"

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

Test(s3_config, comes_back_until_it_is_deleted)
{
    /* Proves: absent, put, told, deleted, absent again, for every kind of one document. */
    static const struct {
        const char *resource, *absent, *document, *told;
        bool deletable;
    } rows[] = {
        {"cors", "NoSuchCORSConfiguration",
         "<CORSConfiguration" NS "><CORSRule><AllowedMethod>GET</AllowedMethod>"
         "<AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
         "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>",
         true},
        {"lifecycle", "NoSuchLifecycleConfiguration",
         "<LifecycleConfiguration" NS "><Rule><ID>r</ID><Filter><Prefix>raw/</Prefix></Filter>"
         "<Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>"
         "</LifecycleConfiguration>",
         "<Days>3</Days>", true},
        {"tagging", "NoSuchTagSet",
         "<Tagging" NS "><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
         "<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>", true},
        {"website", "NoSuchWebsiteConfiguration",
         "<WebsiteConfiguration" NS "><IndexDocument><Suffix>i.html</Suffix></IndexDocument>"
         "</WebsiteConfiguration>",
         "<Suffix>i.html</Suffix>", true},
        {"encryption", NULL,
         "<ServerSideEncryptionConfiguration" NS "><Rule><ApplyServerSideEncryptionByDefault>"
         "<SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
         "</ServerSideEncryptionConfiguration>",
         "aws:kms", true},
        {"accelerate", NULL,
         "<AccelerateConfiguration" NS "><Status>Enabled</Status></AccelerateConfiguration>",
         "<Status>Enabled</Status>", false},
        {"requestPayment", NULL,
         "<RequestPaymentConfiguration" NS "><Payer>Requester</Payer>"
         "</RequestPaymentConfiguration>",
         "<Payer>Requester</Payer>", false},
        {"logging", NULL,
         "<BucketLoggingStatus" NS "><LoggingEnabled><TargetBucket>bkt</TargetBucket>"
         "<TargetPrefix>l/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
         "<TargetBucket>bkt</TargetBucket>", false},
        {"policy", "NoSuchBucketPolicy",
         "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\","
         "\"Resource\":\"*\"}]}",
         "\"Principal\":\"*\"", true},
    };
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char target[64] = "/bkt?";
        strncat(target, rows[i].resource, sizeof target - 6);
        int absent = rows[i].absent == NULL ? 200 : 404;
        cr_expect_eq(client_s3(&c, "GET", target, NULL, STR_EMPTY), absent, "%s", target);
        cr_expect(absent == 200 || strcmp(client_text(&c, "Code"), rows[i].absent) == 0, "%s",
                  client_body(&c));
        int put = client_s3(&c, "PUT", target, NULL, str_of(rows[i].document));
        cr_expect(put == 200 || put == 204, "%s: %s", target, client_body(&c));
        cr_expect_eq(client_s3(&c, "GET", target, NULL, STR_EMPTY), 200);
        cr_expect(strstr(client_body(&c), rows[i].told) != NULL, "%s", client_body(&c));
        if (rows[i].deletable) {
            cr_expect_eq(client_s3(&c, "DELETE", target, NULL, STR_EMPTY), 204);
            cr_expect_eq(client_s3(&c, "GET", target, NULL, STR_EMPTY), absent, "%s", target);
        }
    }
    client_free(&c);
}

Test(s3_config, is_refused_by_model_and_rules)
{
    /* Proves: what the model or S3's own rules forbid is refused and changes nothing. */
    static const struct {
        const char *target, *document, *code;
    } rows[] = {
        {"/bkt?cors", "<CORSConfiguration" NS "></CORSConfiguration>", "MalformedXML"},
        {"/bkt?cors",
         "<CORSConfiguration" NS "><CORSRule><AllowedMethod>PATCH</AllowedMethod>"
         "<AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
         "InvalidRequest"},
        {"/bkt?lifecycle",
         "<LifecycleConfiguration" NS
         "><Rule><Prefix/><Status>On</Status><Expiration><Days>1</Days>"
         "</Expiration></Rule></LifecycleConfiguration>",
         "MalformedXML"},
        {"/bkt?lifecycle",
         "<LifecycleConfiguration" NS "><Rule><Prefix/><Status>Enabled</Status></Rule>"
         "</LifecycleConfiguration>",
         "InvalidRequest"},
        {"/bkt?tagging",
         "<Tagging" NS "><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key>"
         "<Value>2</Value></Tag></TagSet></Tagging>",
         "InvalidTag"},
        {"/bkt?logging",
         "<BucketLoggingStatus" NS "><LoggingEnabled><TargetBucket>nowhere</TargetBucket>"
         "<TargetPrefix/></LoggingEnabled></BucketLoggingStatus>",
         "InvalidTargetBucketForLogging"},
        {"/bkt?website", "<WebsiteConfiguration" NS "></WebsiteConfiguration>", "InvalidArgument"},
        {"/bkt?policy", "nothing", "MalformedPolicy"},
        {"/bkt?policy", "{}", "MalformedPolicy"},
        {"/bkt?metrics&id=a", "<MetricsConfiguration" NS "><Id>b</Id></MetricsConfiguration>",
         "MalformedXML"},
        {"/nowhere?metrics&id=a", "<MetricsConfiguration" NS "><Id>a</Id></MetricsConfiguration>",
         "NoSuchBucket"},
    };
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_geq(client_s3(&c, "PUT", rows[i].target, NULL, str_of(rows[i].document)), 400);
        cr_expect_str_eq(client_text(&c, "Code"), rows[i].code, "row %zu: %s", i, client_body(&c));
    }
    cr_expect_eq(client_s3(&c, "GET", "/bkt?cors", NULL, STR_EMPTY), 404);
    cr_expect_eq(client_s3(&c, "GET", "/bkt?tagging", NULL, STR_EMPTY), 404);
    client_free(&c);
}

Test(s3_config, with_ids_is_listed)
{
    /* Proves: configurations by id are kept apart, listed in order, and deleted one by one. */
    struct emulator_client c = client_new();
    client_s3(&c, "PUT", "/bkt", NULL, STR_EMPTY);
    cr_expect_eq(client_s3(&c, "PUT", "/bkt?metrics&id=b", NULL,
                           STR("<MetricsConfiguration" NS "><Id>b</Id></MetricsConfiguration>")),
                 204);
    cr_expect_eq(client_s3(&c, "PUT", "/bkt?metrics&id=a", NULL,
                           STR("<MetricsConfiguration" NS "><Id>a</Id></MetricsConfiguration>")),
                 204);
    cr_expect_eq(client_s3(&c, "GET", "/bkt?metrics", NULL, STR_EMPTY), 200);
    cr_expect_eq(client_count(&c, "MetricsConfiguration"), 2, "%s", client_body(&c));
    cr_expect_str_eq(client_nth(&c, "MetricsConfiguration", 0, "Id"), "a");
    cr_expect_eq(client_s3(&c, "GET", "/bkt?metrics&id=a", NULL, STR_EMPTY), 200);
    cr_expect_str_eq(client_text(&c, "Id"), "a", "%s", client_body(&c));
    cr_expect_eq(client_s3(&c, "DELETE", "/bkt?metrics&id=a", NULL, STR_EMPTY), 204);
    cr_expect_eq(client_s3(&c, "GET", "/bkt?metrics&id=a", NULL, STR_EMPTY), 404);
    cr_expect_str_eq(client_text(&c, "Code"), "NoSuchConfiguration");
    cr_expect_eq(client_s3(&c, "GET", "/bkt?metrics&id=b", NULL, STR_EMPTY), 200);
    client_free(&c);
}
