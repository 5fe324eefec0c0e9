/* bucket_name.c -- The rules, one after the other. */
#include "bucket_name.h"

static bool is_alnum(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
}

/* "192.168.5.4": four runs of digits. */
static bool looks_like_ip(struct str name)
{
    size_t groups = 0;
    for (struct str rest = name, item; str_cut(&rest, '.', &item); groups++) {
        for (size_t i = 0; i < item.len; i++) {
            if (item.ptr[i] < '0' || item.ptr[i] > '9') {
                return false;
            }
        }
    }
    return groups == 4;
}

static bool is_reserved(struct str name)
{
    static const char *const prefixes[] = {"xn--", "sthree-", "amzn-s3-demo-"};
    static const char *const suffixes[] = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (str_starts(name, str_of(prefixes[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (str_ends(name, str_of(suffixes[i]))) {
            return true;
        }
    }
    return false;
}

/* AWS s3-bucket-name-1: 3 to 63 of a-z 0-9 - . with letters or digits at both ends, no "..", no IP
 * address. */
bool bucket_name_is_valid(struct str name)
{
    if (name.len < 3 || name.len > 63 || !is_alnum(name.ptr[0]) ||
        !is_alnum(name.ptr[name.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alnum(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '.') {
            return false;
        }
    }
    return !str_contains(name, STR("..")) && !looks_like_ip(name) && !is_reserved(name);
}
