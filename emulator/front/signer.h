/* signer.h -- The key that SNS's messages are signed with: made when the first one leaves, kept
 * nowhere. Private.   Threads: one, that of the calls out. */
#ifndef AFORO_EMULATOR_FRONT_SIGNER_H
#define AFORO_EMULATOR_FRONT_SIGNER_H

#include "base/buf.h"

struct signer;
struct signer *signer_new(struct arena *a); /* NULL: OpenSSL cannot */
void signer_free(struct signer *s);
struct str signer_path(const struct signer *s); /* "/SimpleNotificationService-<its hash>.pem" */
struct str signer_pem(const struct signer *s);  /* the certificate */
/* Base64, of the text with SHA-1 (version 1) or SHA-256 (2), RSA PKCS #1 1.5. false: it cannot. */
bool signer_sign(const struct signer *s, int version, struct str text, struct buf *out);

#endif
