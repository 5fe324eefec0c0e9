/* tls.h -- TLS by OpenSSL: a context with a certificate of our own authority, and ALPN. Private. */
#ifndef AFORO_EMULATOR_FRONT_TLS_H
#define AFORO_EMULATOR_FRONT_TLS_H

#include <openssl/ssl.h>
#include "front.h"

/* The authority is kept in `folder` (made when missing), or lives as long as the context when that
 * is empty; the server's certificate is made anew. */
MUST_USE enum err tls_context(struct str folder, SSL_CTX **ret_context, struct diag *d);
bool tls_speaks_http2(const SSL *ssl); /* what ALPN (RFC 7301) agreed on */

#endif
