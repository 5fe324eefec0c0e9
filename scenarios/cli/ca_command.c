/* ca_command.c -- `aforo ca`: the certificate of the authority that signs for `aforo serve`. */
#include "cli.h"

#include <stdio.h>
#include "base/limits.h"
#include "emulator/front/front.h"
#include "tls_folder.h"

static const char help[] =
    "usage: aforo ca [--tls-dir DIR]\n\n"
    "Prints the certificate (PEM) of the authority that signs for `aforo serve`, for clients that "
    "verify\ntheir server. It is made once and kept, with its key, in DIR/authority.pem.\n\n"
    "  --tls-dir DIR   where it is kept (~/.local/share/aforo)\n\n"
    "examples:\n"
    "  aforo ca > aforo-ca.pem\n"
    "  AWS_CA_BUNDLE=$PWD/aforo-ca.pem AWS_ENDPOINT_URL=https://localhost:4566 aws s3 ls\n"
    "  curl --cacert aforo-ca.pem https://localhost:4566/_aforo/health\n"
    "  NODE_EXTRA_CA_CERTS=aforo-ca.pem node app.js\n";

static int ca_run(int argc, char **argv)
{
    static const struct option table[] = {{"tls-dir", required_argument, NULL, 1},
                                          {NULL, 0, NULL, 0}};
    struct str folder = STR_EMPTY;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "+:", table, NULL)) != -1) {
        if (found != 1) {
            return cli_bad_option(&cli_ca, argc, argv, found);
        }
        folder = str_of(optarg);
    }
    if (optind < argc) {
        return cli_usage(&cli_ca, "what is \"%s\" for?", argv[optind]);
    }
    struct arena *a = arena_new("ca", ARENA_TASK_BYTES_MAX);
    struct diag d = DIAG_INIT;
    struct str pem;
    enum err code = front_authority(a, folder.len > 0 ? folder : tls_folder(a), &pem, &d);
    if (code == ERR_OK) {
        (void)fwrite(pem.ptr, 1, pem.len, stdout);
    }
    arena_free(a);
    return code == ERR_OK ? CLI_OK : cli_failed(&cli_ca, &d);
}

const struct cli_command cli_ca = {
    .name = "ca",
    .summary = "the certificate that clients of `aforo serve` verify https with",
    .help = help,
    .run = ca_run,
};
