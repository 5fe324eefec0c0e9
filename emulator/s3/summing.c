#include "summing.h"

#include "base/hash.h"

void summing_begin(struct summing *s, enum checksum_kind kind, struct arena *a)
{
    *s = (struct summing){.kind = kind};
    switch (kind) {
    case CHECKSUM_SHA1:
        s->digest = digest_new(a, DIGEST_SHA1);
        break;
    case CHECKSUM_SHA256:
        s->digest = digest_new(a, DIGEST_SHA256);
        break;
    case CHECKSUM_SHA512:
        s->digest = digest_new(a, DIGEST_SHA512);
        break;
    case CHECKSUM_MD5:
        s->digest = digest_new(a, DIGEST_MD5);
        break;
    case CHECKSUM_XXHASH64:
        s->fast = fast_hash_new(a, FAST_HASH_64);
        break;
    case CHECKSUM_XXHASH3:
        s->fast = fast_hash_new(a, FAST_HASH_3);
        break;
    case CHECKSUM_XXHASH128:
        s->fast = fast_hash_new(a, FAST_HASH_128);
        break;
    case CHECKSUM_CRC32:
    case CHECKSUM_CRC32C:
    case CHECKSUM_CRC64NVME:
    case CHECKSUM_NONE:
    case CHECKSUM_KIND_COUNT:
        break;
    }
}

void summing_add(struct summing *s, struct str bytes)
{
    switch (s->kind) {
    case CHECKSUM_CRC32:
        s->crc = hash_crc32((uint32_t)s->crc, bytes);
        break;
    case CHECKSUM_CRC32C:
        s->crc = hash_crc32c((uint32_t)s->crc, bytes);
        break;
    case CHECKSUM_CRC64NVME:
        s->crc = hash_crc64nvme(s->crc, bytes);
        break;
    case CHECKSUM_XXHASH64:
    case CHECKSUM_XXHASH3:
    case CHECKSUM_XXHASH128:
        fast_hash_add(s->fast, bytes);
        break;
    case CHECKSUM_SHA1:
    case CHECKSUM_SHA256:
    case CHECKSUM_SHA512:
    case CHECKSUM_MD5:
        digest_add(s->digest, bytes);
        break;
    case CHECKSUM_NONE:
    case CHECKSUM_KIND_COUNT:
        break;
    }
}

size_t summing_end(struct summing *s, uint8_t ret_digest[CHECKSUM_BYTES_MAX])
{
    size_t count = checksum_bytes(s->kind);
    if (s->digest != NULL) {
        digest_end(s->digest, ret_digest);
        return count;
    }
    if (s->fast != NULL) {
        fast_hash_end(s->fast, ret_digest);
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        ret_digest[i] = (uint8_t)(s->crc >> (8 * (count - 1 - i)));
    }
    return count;
}
