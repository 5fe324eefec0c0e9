/* tls_folder.h -- Where the certificate authority is kept unless told otherwise. */
#ifndef AFORO_SCENARIOS_CLI_TLS_FOLDER_H
#define AFORO_SCENARIOS_CLI_TLS_FOLDER_H

#include "base/str.h"

/* $XDG_DATA_HOME/aforo or ~/.local/share/aforo (XDG Base Directory Specification); empty where
 * neither is known: nowhere. */
struct str tls_folder(struct arena *a);

#endif
