#include "tls.h"

#include <string.h>
#include "base/arena.h"
#include "base/limits.h"
#include "certificate.h"

/* In the order in which we prefer them. */
static const unsigned char protocols[] = "\x02h2\x08http/1.1";

static int alpn_choose(SSL *ssl, const unsigned char **ret_out, unsigned char *ret_len,
                       const unsigned char *offered, unsigned offered_len, void *context)
{
    (void)ssl;
    (void)context;
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, ret_len, protocols, sizeof(protocols) - 1, offered,
                                      offered_len);
    *ret_out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

bool tls_speaks_http2(const SSL *ssl)
{
    const unsigned char *name;
    unsigned len;
    SSL_get0_alpn_selected(ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

static enum err context_fill(SSL_CTX *context, struct certificate *server, struct diag *d)
{
    SSL_CTX_set_alpn_select_cb(context, alpn_choose, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(context, server->x509) != 1 ||
        SSL_CTX_use_PrivateKey(context, server->key) != 1) {
        return fail(d, ERR_INTERNAL, "OpenSSL does not take the server's certificate");
    }
    return ERR_OK;
}

enum err tls_context(struct str folder, SSL_CTX **ret_context, struct diag *d)
{
    struct arena *a = arena_new("tls", ARENA_TASK_BYTES_MAX);
    struct certificate authority = {NULL, NULL};
    struct certificate server = {NULL, NULL};
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum err code = context == NULL ? fail(d, ERR_INTERNAL, "OpenSSL makes no context") : ERR_OK;
    if (code == ERR_OK) {
        code = certificate_authority(a, folder, &authority, d);
    }
    if (code == ERR_OK) {
        code = certificate_issue(&authority, &server, d);
    }
    if (code == ERR_OK) {
        code = context_fill(context, &server, d);
    }
    certificate_done(&authority);
    certificate_done(&server);
    arena_free(a);
    if (code != ERR_OK) {
        SSL_CTX_free(context);
        return code;
    }
    *ret_context = context;
    return ERR_OK;
}

enum err front_authority(struct arena *a, struct str folder, struct str *ret_pem, struct diag *d)
{
    struct certificate authority = {NULL, NULL};
    enum err code = certificate_authority(a, folder, &authority, d);
    if (code == ERR_OK) {
        *ret_pem = certificate_pem(a, &authority);
    }
    certificate_done(&authority);
    return code;
}
