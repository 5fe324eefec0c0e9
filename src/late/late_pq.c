/* late_pq.c -- libpq's functions, as far as we call them. */
#include "late.h"

#include <libpq-fe.h>
#include <stddef.h>

#define LATE_FILE LATE_PQ_FILE

PGconn *PQconnectdbParams(const char *const *names, const char *const *values, int expand)
{
    static late_function known;
    PGconn *(*function)(const char *const *, const char *const *, int);
    *(void **)&function = late_find(&known, LATE_FILE, "PQconnectdbParams");
    return function != NULL ? function(names, values, expand) : NULL;
}

/* Of no connection it is asked, too, after a library that is missing made none. */
ConnStatusType PQstatus(const PGconn *c)
{
    static late_function known;
    ConnStatusType (*function)(const PGconn *);
    *(void **)&function = c != NULL ? late_need(&known, LATE_FILE, "PQstatus") : NULL;
    return c != NULL ? function(c) : CONNECTION_BAD;
}

char *PQerrorMessage(const PGconn *c)
{
    static late_function known;
    static char missing[] = LATE_FILE " cannot be opened";
    char *(*function)(const PGconn *);
    *(void **)&function = c != NULL ? late_need(&known, LATE_FILE, "PQerrorMessage") : NULL;
    return c != NULL ? function(c) : missing;
}

int PQconnectionNeedsPassword(const PGconn *c)
{
    static late_function known;
    int (*function)(const PGconn *);
    *(void **)&function =
        c != NULL ? late_need(&known, LATE_FILE, "PQconnectionNeedsPassword") : NULL;
    return c != NULL ? function(c) : 0;
}

void PQfinish(PGconn *c)
{
    static late_function known;
    void (*function)(PGconn *);
    if (c != NULL) {
        *(void **)&function = late_need(&known, LATE_FILE, "PQfinish");
        function(c);
    }
}

LATE(PGresult *, PQexec, (PGconn * c, const char *query), (c, query))
LATE(PGresult *, PQexecParams,
     (PGconn * c, const char *query, int count, const Oid *types, const char *const *values,
      const int *lengths, const int *formats, int result_format),
     (c, query, count, types, values, lengths, formats, result_format))
LATE(PGresult *, PQgetResult, (PGconn * c), (c))
LATE(PGTransactionStatusType, PQtransactionStatus, (const PGconn *c), (c))
LATE(PQnoticeProcessor, PQsetNoticeProcessor, (PGconn * c, PQnoticeProcessor take, void *arg),
     (c, take, arg))
LATE(int, PQputCopyData, (PGconn * c, const char *bytes, int len), (c, bytes, len))
LATE(int, PQputCopyEnd, (PGconn * c, const char *why), (c, why))
LATE(ExecStatusType, PQresultStatus, (const PGresult *r), (r))
LATE(char *, PQresultErrorField, (const PGresult *r, int field), (r, field))
LATE(char *, PQcmdStatus, (PGresult * r), (r))
LATE(char *, PQcmdTuples, (PGresult * r), (r))
LATE(int, PQntuples, (const PGresult *r), (r))
LATE(int, PQnfields, (const PGresult *r), (r))
LATE(char *, PQfname, (const PGresult *r, int column), (r, column))
LATE(Oid, PQftype, (const PGresult *r, int column), (r, column))
LATE(int, PQgetisnull, (const PGresult *r, int row, int column), (r, row, column))
LATE(int, PQgetlength, (const PGresult *r, int row, int column), (r, row, column))
LATE(char *, PQgetvalue, (const PGresult *r, int row, int column), (r, row, column))
LATE(void, PQclear, (PGresult * r), (r))
