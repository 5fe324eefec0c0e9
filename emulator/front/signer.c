/* signer.c -- A key of RSA and a certificate that signs itself: what tells verifiers that a message
 * is this emulator's is only where the certificate lies. */
#include "signer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/arena.h"
#include "base/encode.h"

#define KEY_BITS 2048
#define CERTIFICATE_DAYS 397
#define SIGNATURE_BYTES_MAX (KEY_BITS / 8)
#define HASH_BYTES 16 /* of it, in the certificate's name */

struct signer {
    EVP_PKEY *key;
    struct str path, pem;
};

static bool certificate_fill(X509 *x, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(x);
    return X509_set_version(x, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(x), -3600L) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(x), CERTIFICATE_DAYS, 0, NULL) != NULL &&
           X509_set_pubkey(x, key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"aforo", -1,
                                      -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (const unsigned char *)"sns.localhost", -1, -1, 0) == 1 &&
           X509_set_issuer_name(x, name) == 1 && X509_sign(x, key, EVP_sha256()) > 0;
}

static bool certificate_tell(struct signer *s, struct arena *a, const X509 *x)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    struct buf path;
    char *bytes;
    BIO *memory = BIO_new(BIO_s_mem());
    bool ok = memory != NULL && PEM_write_bio_X509(memory, x) == 1 &&
              X509_digest(x, EVP_sha256(), hash, &count) == 1 && count >= HASH_BYTES;
    if (ok) {
        long len = BIO_get_mem_data(memory, &bytes);
        s->pem = str_copy(a, str_n(bytes, (size_t)len));
        buf_init(&path, a, 128);
        buf_add_z(&path, "/SimpleNotificationService-");
        encode_hex(&path, str_n((const char *)hash, HASH_BYTES));
        buf_add_z(&path, ".pem");
        s->path = buf_str(&path);
    }
    BIO_free(memory);
    return ok;
}

struct signer *signer_new(struct arena *a)
{
    struct signer *s = NEW(a, struct signer);
    X509 *x = X509_new();
    s->key = EVP_RSA_gen(KEY_BITS);
    bool ok =
        x != NULL && s->key != NULL && certificate_fill(x, s->key) && certificate_tell(s, a, x);
    X509_free(x);
    if (!ok) {
        signer_free(s);
        ERR_clear_error();
    }
    return ok ? s : NULL;
}

void signer_free(struct signer *s)
{
    if (s != NULL) {
        EVP_PKEY_free(s->key);
    }
}

struct str signer_path(const struct signer *s)
{
    return s->path;
}

struct str signer_pem(const struct signer *s)
{
    return s->pem;
}

bool signer_sign(const struct signer *s, int version, struct str text, struct buf *out)
{
    unsigned char bytes[SIGNATURE_BYTES_MAX];
    size_t count = sizeof(bytes);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok =
        context != NULL &&
        EVP_DigestSignInit(context, NULL, version == 1 ? EVP_sha1() : EVP_sha256(), NULL, s->key) ==
            1 &&
        EVP_DigestSign(context, bytes, &count, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    if (ok) {
        encode_base64(out, str_n((const char *)bytes, count));
    } else {
        ERR_clear_error();
    }
    return ok;
}
