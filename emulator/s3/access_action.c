/* access_action.c -- Most actions have their operation's name; this table has the others. */
#include "access_action.h"

static const struct {
    const char *operation, *action;
} renamed[] = {
    {"HeadObject", "GetObject"},
    {"HeadBucket", "ListBucket"},
    {"ListObjects", "ListBucket"},
    {"ListObjectsV2", "ListBucket"},
    {"ListObjectVersions", "ListBucketVersions"},
    {"ListMultipartUploads", "ListBucketMultipartUploads"},
    {"ListParts", "ListMultipartUploadParts"},
    {"CreateMultipartUpload", "PutObject"},
    {"UploadPart", "PutObject"},
    {"UploadPartCopy", "PutObject"},
    {"CompleteMultipartUpload", "PutObject"},
    {"CopyObject", "PutObject"},
    {"PostObject", "PutObject"},
    {"DeleteBucketCors", "PutBucketCORS"},
    {"GetBucketEncryption", "GetEncryptionConfiguration"},
    {"PutBucketEncryption", "PutEncryptionConfiguration"},
    {"DeleteBucketEncryption", "PutEncryptionConfiguration"},
    {"GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
    {"PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"},
    {"DeleteBucketLifecycle", "PutLifecycleConfiguration"},
    {"GetBucketReplication", "GetReplicationConfiguration"},
    {"PutBucketReplication", "PutReplicationConfiguration"},
    {"DeleteBucketReplication", "PutReplicationConfiguration"},
    {"GetBucketNotificationConfiguration", "GetBucketNotification"},
    {"PutBucketNotificationConfiguration", "PutBucketNotification"},
    {"GetBucketAccelerateConfiguration", "GetAccelerateConfiguration"},
    {"PutBucketAccelerateConfiguration", "PutAccelerateConfiguration"},
    {"DeleteBucketTagging", "PutBucketTagging"},
    {"DeleteBucketOwnershipControls", "PutBucketOwnershipControls"},
    {"GetPublicAccessBlock", "GetBucketPublicAccessBlock"},
    {"PutPublicAccessBlock", "PutBucketPublicAccessBlock"},
    {"DeletePublicAccessBlock", "PutBucketPublicAccessBlock"},
    {"GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"},
    {"PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"},
    {"GetBucketAnalyticsConfiguration", "GetAnalyticsConfiguration"},
    {"PutBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"},
    {"DeleteBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"},
    {"ListBucketAnalyticsConfigurations", "GetAnalyticsConfiguration"},
    {"GetBucketInventoryConfiguration", "GetInventoryConfiguration"},
    {"PutBucketInventoryConfiguration", "PutInventoryConfiguration"},
    {"DeleteBucketInventoryConfiguration", "PutInventoryConfiguration"},
    {"ListBucketInventoryConfigurations", "GetInventoryConfiguration"},
    {"GetBucketMetricsConfiguration", "GetMetricsConfiguration"},
    {"PutBucketMetricsConfiguration", "PutMetricsConfiguration"},
    {"DeleteBucketMetricsConfiguration", "PutMetricsConfiguration"},
    {"ListBucketMetricsConfigurations", "GetMetricsConfiguration"},
    {"GetBucketIntelligentTieringConfiguration", "GetIntelligentTieringConfiguration"},
    {"PutBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"},
    {"DeleteBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"},
    {"ListBucketIntelligentTieringConfigurations", "GetIntelligentTieringConfiguration"},
};

/* Those that are upon an object, or that a list can grant. `versioned`: ...Version where the
 * request names one. */
static const struct {
    const char *action;
    bool of_object, versioned, on_object;
    enum access_grant grant;
} known[] = {
    {"GetObject", true, true, true, GRANT_READ},
    {"GetObjectAttributes", true, true, true, GRANT_READ},
    {"GetObjectAcl", true, true, true, GRANT_READ_ACP},
    {"PutObjectAcl", true, true, true, GRANT_WRITE_ACP},
    {"GetObjectTagging", true, true, false, GRANT_NONE},
    {"PutObjectTagging", true, true, false, GRANT_NONE},
    {"DeleteObjectTagging", true, true, false, GRANT_NONE},
    {"GetObjectRetention", true, false, false, GRANT_NONE},
    {"PutObjectRetention", true, false, false, GRANT_NONE},
    {"GetObjectLegalHold", true, false, false, GRANT_NONE},
    {"PutObjectLegalHold", true, false, false, GRANT_NONE},
    {"RestoreObject", true, false, false, GRANT_NONE},
    {"PutObject", true, false, false, GRANT_WRITE},
    {"DeleteObject", true, true, false, GRANT_WRITE},
    {"AbortMultipartUpload", true, false, false, GRANT_WRITE},
    {"ListMultipartUploadParts", true, false, false, GRANT_WRITE},
    {"ListBucket", false, false, false, GRANT_READ},
    {"ListBucketVersions", false, false, false, GRANT_READ},
    {"ListBucketMultipartUploads", false, false, false, GRANT_READ},
    {"GetBucketAcl", false, false, false, GRANT_READ_ACP},
    {"PutBucketAcl", false, false, false, GRANT_WRITE_ACP},
};

static struct access_action action_of(struct arena *a, const char *action, bool version)
{
    struct access_action found = {0};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_eq(str_of(action), str_of(known[i].action))) {
            found.of_object = known[i].of_object;
            found.on_object = known[i].on_object;
            found.grant = known[i].grant;
            version = version && known[i].versioned;
            break; /* s3:GetObjectVersionTagging: the word stands inside */
        }
    }
    struct str verb = str_starts(str_of(action), STR("Delete")) ? STR("DeleteObject")
                                                                : STR("GetObject"); /* PutObject */
    found.name = found.of_object && version
                     ? str_printf(a, "s3:%.*sVersion%s", (int)verb.len, action, action + verb.len)
                     : str_printf(a, "s3:%s", action);
    return found;
}

struct access_action access_action_of(const struct call *c)
{
    const char *action = c->op->name;
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        if (str_eq(str_of(action), str_of(renamed[i].operation))) {
            action = renamed[i].action;
            break;
        }
    }
    return action_of(c->arena, action, call_has(c, "VersionId"));
}

struct access_action access_action_named(struct arena *a, const char *action, bool version)
{
    return action_of(a, action, version);
}
