/* temp_folder.h -- A folder under /tmp that ends with its process, also where that was killed: it
 * holds a lock as long as somebody of the process lives, and whoever makes the next one of its kind
 * takes away what nobody holds. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_TEMP_FOLDER_H
#define AFORO_SCENARIOS_RUNNER_TEMP_FOLDER_H

#include "base/diag.h"
#include "base/str.h"

/* /tmp/<kind>-XXXXXX, in `a`. ERR_DENIED: it cannot be made. */
MUST_USE enum err temp_folder_make(struct arena *a, const char *kind, const char **ret_path,
                                   struct diag *d);
void temp_folder_remove(const char *path); /* and the files in it */

#endif
