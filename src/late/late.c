#include "late.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void *late_find(late_function *known, const char *file, const char *name)
{
    void *function = atomic_load_explicit(known, memory_order_acquire);
    if (function == NULL) {
        void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL); /* the same one every time */
        function = library != NULL ? dlsym(library, name) : NULL;
        atomic_store_explicit(known, function, memory_order_release);
    }
    return function;
}

void *late_need(late_function *known, const char *file, const char *name)
{
    void *function = late_find(known, file, name);
    if (function == NULL) {
        (void)fprintf(stderr, "aforo: %s, of which %s is needed, cannot be used\n", file, name);
        abort();
    }
    return function;
}
