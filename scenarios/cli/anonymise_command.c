/* anonymise_command.c -- `aforo anonymise`: a capture that may leave production. */
#include "cli.h"

#include <sys/stat.h>
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"
#include "inputs.h"
#include "pipeline/capture.h"
#include "replay/anonymise.h"
#include "replay/reader.h"

static const char help[] =
    "usage: aforo anonymise WHERE FOLDER --key FILE --mask FIELD [--mask FIELD ...] [OPTIONS]\n\n"
    "Writes the captured objects at WHERE again into FOLDER, as captures, with the named fields "
    "masked: a digit becomes a\n"
    "digit, a letter a letter of its case, lengths and separators stay, and one value always "
    "becomes the same one, so counts,\n"
    "groups and joins stay as they are. Partition keys are masked too, and records that are no "
    "JSON as a whole.\n\n"
    "  --key FILE      the secret, 16 bytes or more: the same key masks alike in every capture\n"
    "  --mask FIELD    a dotted path: email, user.name; below an object or a list all of it\n"
    "  --format F      of the objects (detect); CSV and logs are not anonymised\n"
    "  --endpoint URL  of S3; default: AWS_ENDPOINT_URL, or AWS itself\n\n"
    "A field that no record has is an error, so that a misspelt one is not left open. Exit code: 0 "
    "done, 1 an object cannot\n"
    "be read or written, 2 bad input.\n\n"
    "example:\n"
    "  head -c 32 /dev/urandom >key\n"
    "  aforo anonymise captures/monday shared/monday --key key --mask customer.email --mask "
    "customer.phone\n";

struct anonymise_arguments {
    const char *where, *folder, *key, *endpoint;
    struct str fields[ANONYMISE_FIELDS_MAX];
    size_t field_count;
    struct reader_form format;
};
struct anonymising {
    struct arena *arena;
    struct anonymiser an;
    struct source source;
    struct str folder;
    struct reader_form format;
    uint64_t records;
};

enum { OPTION_KEY = 256, OPTION_MASK, OPTION_FORMAT, OPTION_ENDPOINT };
static const struct option options[] = {{"key", required_argument, NULL, OPTION_KEY},
                                        {"mask", required_argument, NULL, OPTION_MASK},
                                        {"format", required_argument, NULL, OPTION_FORMAT},
                                        {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
                                        {NULL, 0, NULL, 0}};

/* ---- the command line ---- */

static enum err option_take(struct anonymise_arguments *args, int option, const char *value,
                            struct diag *d)
{
    switch (option) {
    case OPTION_KEY:
        args->key = value;
        break;
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    case OPTION_FORMAT:
        return reader_format_parse(str_of(value), &args->format.kind, d);
    default:
        if (args->field_count == ANONYMISE_FIELDS_MAX) {
            return fail(d, ERR_INVALID, "at most %d fields", ANONYMISE_FIELDS_MAX);
        }
        args->fields[args->field_count++] = str_of(value);
        break;
    }
    return ERR_OK;
}

static int arguments_read(int argc, char **argv, struct anonymise_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_anonymise, argc, argv, found);
        }
        if (found == 1 && args->folder != NULL) {
            return cli_usage(&cli_anonymise, "what is \"%s\" for?", optarg);
        }
        if (found == 1) {
            *(args->where == NULL ? &args->where : &args->folder) = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_anonymise, "%s", d.msg);
        }
    }
    const char *missing = args->where == NULL      ? "where are the objects?"
                          : args->folder == NULL   ? "which folder shall hold the new ones?"
                          : args->key == NULL      ? "--key is missing"
                          : args->field_count == 0 ? "--mask is missing"
                                                   : NULL;
    return missing == NULL ? CLI_OK : cli_usage(&cli_anonymise, "%s", missing);
}

/* ---- one object ---- */

static enum err object_write(const struct anonymising *an, struct arena *a, struct str key,
                             struct str object, struct diag *d)
{
    bool named = str_ends(key, STR(".ndjson.zst"));
    struct str path =
        str_printf(a, "%.*s/%.*s%s", STR_ARG(an->folder), STR_ARG(key), named ? "" : ".ndjson.zst");
    TRY(inputs_folders(a, path, d));
    struct stat there;
    if (stat(str_z(a, path), &there) == 0) {
        return fail(d, ERR_CONFLICT, "%.*s is there already", STR_ARG(path));
    }
    return inputs_write(str_z(a, path), object, d);
}

static struct capture_record record_masked(const struct anonymising *an, struct arena *a,
                                           struct arena *scratch,
                                           const struct reader_record *record)
{
    struct buf data, key;
    buf_init(&data, a, 8 * RECORD_BYTES_MAX);
    buf_init(&key, a, record->partition_key.len + 64);
    anonymise_record(&an->an, record->data, scratch, &data);
    anonymise_text(&an->an, record->partition_key, &key);
    return (struct capture_record){
        .data = buf_str(&data),
        .partition_key = buf_str(&key),
        .sequence_number = str_copy(a, record->sequence_number),
        .arrived_us = record->arrived_us == INSTANT_NEVER ? 0 : record->arrived_us};
}

static enum err records_mask(const struct anonymising *an, struct arena *a, struct reader *reader,
                             struct capture_record **ret_records, size_t *ret_count, struct diag *d)
{
    struct arena *scratch = arena_child(a, "anonymise record", ARENA_TASK_BYTES_MAX);
    uint64_t bytes = 0;
    size_t cap = 1024;
    struct capture_record *records = NEW_ARRAY(a, struct capture_record, cap);
    for (size_t count = 0;; count++) {
        struct reader_record record;
        arena_reset(scratch);
        enum err err = reader_next(reader, scratch, &record, d);
        if (err != ERR_OK) {
            *ret_records = records;
            *ret_count = count;
            return err == ERR_NOT_FOUND ? ERR_OK : err;
        }
        if (record.data.len > RECORD_BYTES_MAX || count >= CAPTURE_RECORDS_MAX) {
            return fail(d, ERR_LIMIT, "record %zu: of %zu bytes, at most %zu are kept", count,
                        record.data.len, RECORD_BYTES_MAX);
        }
        if (count == cap) {
            records = arena_grow(a, records, cap * sizeof(*records), 2 * cap * sizeof(*records));
            cap *= 2;
        }
        records[count] = record_masked(an, a, scratch, &record);
        bytes += records[count].data.len + 1;
        if (records[count].data.len > RECORD_BYTES_MAX || bytes > CAPTURE_BYTES_MAX) {
            return fail(d, ERR_LIMIT, "record %zu: more than a capture holds", count);
        }
    }
}

static enum err object_mask(struct anonymising *an, struct arena *a, struct str key, struct str in,
                            struct diag *d)
{
    struct reader *reader;
    size_t count;
    TRY(reader_open(a, in, &an->format, &reader, d));
    enum reader_format format = reader_format(reader);
    if (format == READER_CSV || format == READER_VPC_FLOW || format == READER_ALB ||
        format == READER_S3_ACCESS) {
        return fail(d, ERR_UNSUPPORTED, "%s is not anonymised: JSON records are",
                    reader_format_name(format));
    }
    struct capture_record *records;
    TRY(records_mask(an, a, reader, &records, &count, d));
    an->records += count;
    return count == 0 ? ERR_OK : object_write(an, a, key, capture_write(a, records, count), d);
}

static enum err objects_mask(struct anonymising *an, struct diag *d)
{
    for (size_t i = 0; i < an->source.count; i++) {
        const struct source_object *object = &an->source.objects[i];
        struct arena *a = arena_new("anonymise object", ARENA_PROCESS_BYTES_MAX);
        struct str bytes;
        enum err err = source_fetch(&an->source, object, a, &bytes, d);
        if (err == ERR_OK) {
            err = object_mask(an, a, object->key, bytes, d);
        }
        arena_free(a);
        if (err != ERR_OK) {
            return diag_context(d, "%.*s", STR_ARG(object->key));
        }
    }
    return ERR_OK;
}

static enum err check_found(const struct anonymising *an, struct diag *d)
{
    for (size_t i = 0; i < an->an.field_count; i++) {
        if (an->an.found[i] == 0) {
            return fail(d, ERR_NOT_FOUND, "no record has a value at \"%.*s\"",
                        STR_ARG(an->an.fields[i]));
        }
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static enum err anonymise(struct arena *a, const struct anonymise_arguments *args, struct diag *d)
{
    struct anonymising an = {.arena = a,
                             .format = args->format,
                             .folder = str_of(args->folder),
                             .an = {.fields = args->fields, .field_count = args->field_count}};
    an.an.found = NEW_ARRAY(a, uint64_t, args->field_count);
    TRY(inputs_file(a, args->key, 64 * KIB, &an.an.key, d));
    if (an.an.key.len < ANONYMISE_KEY_BYTES_MIN) {
        return fail(d, ERR_INVALID, "%s: %zu bytes are too few for a key: %d or more", args->key,
                    an.an.key.len, ANONYMISE_KEY_BYTES_MIN);
    }
    TRY(inputs_source(a, rt_threads_new(a, 0), str_of(args->where), args->endpoint, &an.source, d));
    TRY(objects_mask(&an, d));
    TRY(check_found(&an, d));
    return inputs_write(NULL,
                        str_printf(a, "%zu objects, %llu records masked\n", an.source.count,
                                   (unsigned long long)an.records),
                        d);
}

static int anonymise_command_run(int argc, char **argv)
{
    struct anonymise_arguments args = {.key = NULL};
    struct diag d = DIAG_INIT;
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    struct arena *a = arena_new("anonymise command", ARENA_PROCESS_BYTES_MAX);
    enum err err = anonymise(a, &args, &d);
    arena_free(a);
    if (err == ERR_OK) {
        return CLI_OK;
    }
    (void)cli_failed(&cli_anonymise, &d);
    return inputs_exit(&d);
}

const struct cli_command cli_anonymise = {
    .name = "anonymise",
    .summary = "a capture with named fields masked, their form and groups kept",
    .help = help,
    .run = anonymise_command_run,
};
