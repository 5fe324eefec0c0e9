/* late.h -- A function of a library that is opened when it is first called. */
#ifndef AFORO_LATE_LATE_H
#define AFORO_LATE_LATE_H

/* A function's address once it is known. The only state of a process that we keep in variables of
 * our own: it is what the dynamic loader would keep in its table, and is written once with a value
 * that never differs. */
typedef _Atomic(void *) late_function;

/* The function `name` of the library `file`; NULL: there is no such library, or it has none. */
void *late_find(late_function *known, const char *file, const char *name);
/* The same, where the library must be open already. */
void *late_need(late_function *known, const char *file, const char *name);

/* Defines `type name parameters` as a call of the library's own, which is open. */
#define LATE(type, name, parameters, arguments)                                                    \
    type name parameters                                                                           \
    {                                                                                              \
        static late_function known;                                                                \
        type(*function) parameters;                                                                \
        *(void **)&function = late_need(&known, LATE_FILE, #name);                                 \
        return function arguments;                                                                 \
    }

#endif
