/* limits.h -- Every cap in one place. What grows, grows to a number that stands here. */
#ifndef AFORO_BASE_LIMITS_H
#define AFORO_BASE_LIMITS_H

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define ARENA_TASK_BYTES_MAX (512 * MIB)   /* one request, one batch, one scenario step */
#define ARENA_PROCESS_BYTES_MAX (16 * GIB) /* emulator state, a worker */
#define HTTP_BODY_BYTES_MAX (128 * MIB)    /* a whole message in memory */
#define HTTP_HEADERS_MAX 200
#define HTTP_HEADER_BYTES_MAX (64 * KIB)
#define QUERY_PARAMETERS_MAX 4096 /* of the query protocol */
#define LOG_LINE_BYTES_MAX 2048
#define DEFINITION_BYTES_MAX (1 * MIB) /* pipeline and scenario files */
#define COLUMNS_MAX 64
#define RECORD_BYTES_MAX (10 * MIB)   /* one record, as Kinesis allows at most */
#define CAPTURE_BYTES_MAX (256 * MIB) /* one raw object after decompression */
#define CAPTURE_RECORDS_MAX 4000000

#endif
