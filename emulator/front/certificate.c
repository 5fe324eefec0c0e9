#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"

#define AUTHORITY_DAYS 3650
#define SERVER_DAYS 397 /* the most that clients of today take */
#define SERIAL_BITS 159 /* RFC 5280, 4.1.2.2: at most 20 bytes, positive */

void certificate_done(struct certificate *c)
{
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
    *c = (struct certificate){NULL, NULL};
}

static enum err fail_openssl(struct diag *d, const char *what)
{
    ERR_clear_error();
    return fail(d, ERR_INTERNAL, "OpenSSL cannot %s", what);
}

/* ---- making ---- */

static bool serial_set(X509 *x)
{
    BIGNUM *number = BN_new();
    bool ok = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, 0) == 1 &&
              BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return ok;
}

static bool extension_add(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static bool facts_set(const struct certificate *c, const char *name, int days)
{
    X509_NAME *subject = X509_get_subject_name(c->x509);
    return X509_set_version(c->x509, X509_VERSION_3) == 1 && serial_set(c->x509) &&
           X509_gmtime_adj(X509_getm_notBefore(c->x509), -3600L) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(c->x509), days, 0, NULL) != NULL &&
           X509_set_pubkey(c->x509, c->key) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"aforo",
                                      -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                      -1, 0) == 1;
}

static bool begin(struct certificate *c, const char *name, int days)
{
    c->key = EVP_EC_gen("P-256");
    c->x509 = X509_new();
    return c->key != NULL && c->x509 != NULL && facts_set(c, name, days);
}

static enum err authority_make(struct certificate *c, struct diag *d)
{
    if (begin(c, "aforo local authority", AUTHORITY_DAYS) &&
        X509_set_issuer_name(c->x509, X509_get_subject_name(c->x509)) == 1 &&
        extension_add(c->x509, c->x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        extension_add(c->x509, c->x509, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        extension_add(c->x509, c->x509, NID_subject_key_identifier, "hash") &&
        X509_sign(c->x509, c->key, EVP_sha256()) > 0) {
        return ERR_OK;
    }
    return fail_openssl(d, "make a certificate authority");
}

enum err certificate_issue(const struct certificate *authority, struct certificate *ret_server,
                           struct diag *d)
{
    struct certificate *c = ret_server;
    X509 *issuer = authority->x509;
    if (begin(c, "localhost", SERVER_DAYS) &&
        X509_set_issuer_name(c->x509, X509_get_subject_name(issuer)) == 1 &&
        extension_add(c->x509, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        extension_add(c->x509, issuer, NID_key_usage, "critical,digitalSignature") &&
        extension_add(c->x509, issuer, NID_ext_key_usage, "serverAuth") &&
        extension_add(c->x509, issuer, NID_subject_key_identifier, "hash") &&
        extension_add(c->x509, issuer, NID_authority_key_identifier, "keyid") &&
        extension_add(c->x509, issuer, NID_subject_alt_name,
                      "DNS:localhost,DNS:*.localhost,DNS:*.s3.localhost,IP:127.0.0.1,IP:::1") &&
        X509_sign(c->x509, authority->key, EVP_sha256()) > 0) {
        return ERR_OK;
    }
    return fail_openssl(d, "make a server's certificate");
}

/* ---- keeping ---- */

static struct str text_of(struct arena *a, BIO *memory)
{
    char *bytes;
    long len = BIO_get_mem_data(memory, &bytes);
    struct str text = str_copy(a, str_n(bytes, len > 0 ? (size_t)len : 0));
    BIO_free(memory);
    return text;
}

struct str certificate_pem(struct arena *a, const struct certificate *c)
{
    BIO *memory = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_X509(memory, c->x509);
    return text_of(a, memory);
}

static struct str with_key(struct arena *a, const struct certificate *c)
{
    BIO *memory = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_PrivateKey(memory, c->key, NULL, NULL, 0, NULL, NULL);
    (void)PEM_write_bio_X509(memory, c->x509);
    return text_of(a, memory);
}

static enum err fail_file(struct diag *d, const char *what, const char *path)
{
    return fail(d, errno == EACCES ? ERR_DENIED : ERR_INVALID, "cannot %s %s: %s", what, path,
                strerror(errno));
}

/* Parents too; what is there already is fine. */
static enum err folder_make(char *path, struct diag *d)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        char end = *at;
        *at = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = end;
        if (!made) {
            return fail_file(d, "make the folder", path);
        }
        if (end == '\0') {
            return ERR_OK;
        }
    }
}

/* Written under another name first, then linked: whoever comes first wins, and nobody reads half a
 * file. */
static enum err keep(struct arena *a, const char *path, struct str text, struct diag *d)
{
    const char *draft = str_z(a, str_printf(a, "%s.%ld", path, (long)getpid()));
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_file(d, "write", draft);
    }
    bool written = write(fd, text.ptr, text.len) == (ssize_t)text.len;
    bool closed = close(fd) == 0;
    bool linked = written && closed && (link(draft, path) == 0 || errno == EEXIST);
    enum err code = linked ? ERR_OK : fail_file(d, "write", path);
    (void)unlink(draft);
    return code;
}

static enum err load(const char *path, struct certificate *ret_authority, struct diag *d)
{
    BIO *file = BIO_new_file(path, "r");
    if (file == NULL) {
        ERR_clear_error();
        return fail(d, ERR_NOT_FOUND, "there is no %s", path);
    }
    ret_authority->key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
    ret_authority->x509 = PEM_read_bio_X509(file, NULL, NULL, NULL);
    BIO_free(file);
    if (ret_authority->key != NULL && ret_authority->x509 != NULL) {
        return ERR_OK;
    }
    ERR_clear_error();
    return fail(d, ERR_CORRUPT, "%s is not a key and a certificate; remove it to have it made anew",
                path);
}

enum err certificate_authority(struct arena *a, struct str folder,
                               struct certificate *ret_authority, struct diag *d)
{
    if (folder.len == 0) {
        return authority_make(ret_authority, d);
    }
    char *folder_z = (char *)(uintptr_t)str_z(a, str_copy(a, folder));
    const char *path = str_z(a, str_printf(a, "%s/authority.pem", folder_z));
    struct diag why = DIAG_INIT;
    enum err code = load(path, ret_authority, &why);
    if (code != ERR_NOT_FOUND) {
        return code == ERR_OK ? ERR_OK : fail(d, code, "%s", why.msg);
    }
    TRY(folder_make(folder_z, d));
    struct certificate made = {NULL, NULL};
    code = authority_make(&made, d);
    if (code == ERR_OK) {
        code = keep(a, path, with_key(a, &made), d);
    }
    certificate_done(&made);
    return code == ERR_OK ? load(path, ret_authority, d) : code;
}
