#include "tls_folder.h"

#include <stdlib.h>

struct str tls_folder(struct arena *a)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data != NULL && data[0] == '/') {
        return str_printf(a, "%s/aforo", data);
    }
    return home != NULL && home[0] == '/' ? str_printf(a, "%s/.local/share/aforo", home)
                                          : STR_EMPTY;
}
