/* certificate.h -- An authority of our own, made once on a machine, and server certificates that it
 * signs. Clients that verify are given the authority (`aforo ca`). Private. */
#ifndef AFORO_EMULATOR_FRONT_CERTIFICATE_H
#define AFORO_EMULATOR_FRONT_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "base/diag.h"
#include "base/str.h"

struct certificate { /* both OpenSSL's, NULL when not there */
    X509 *x509;
    EVP_PKEY *key;
};
/* Read from `folder`/authority.pem, which holds the key too and is made, for its owner's eyes only,
 * when missing. An empty folder: a new one that is kept nowhere. */
MUST_USE enum err certificate_authority(struct arena *a, struct str folder,
                                        struct certificate *ret_authority, struct diag *d);
/* For localhost, *.localhost, 127.0.0.1 and ::1. */
MUST_USE enum err certificate_issue(const struct certificate *authority,
                                    struct certificate *ret_server, struct diag *d);
struct str certificate_pem(struct arena *a, const struct certificate *c); /* without the key */
void certificate_done(struct certificate *c);

#endif
