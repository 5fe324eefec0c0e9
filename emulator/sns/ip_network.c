#include "ip_network.h"

#include <string.h>

enum { V4_BYTES = 4, V6_BYTES = 16, GROUP_DIGITS = 4 };

static bool v4_read(struct str text, unsigned char *to)
{
    size_t count = 0;
    struct diag d = DIAG_INIT;
    for (struct str rest = text, part; str_cut(&rest, '.', &part); count++) {
        uint64_t value;
        if (count == V4_BYTES || part.len > 3 || str_u64(part, &value, &d) != ERR_OK ||
            value > UINT8_MAX) {
            return false;
        }
        to[count] = (unsigned char)value;
    }
    return count == V4_BYTES && !str_ends(text, STR("."));
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* One to four digits: two bytes. */
static bool group_read(struct str text, unsigned char *to)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_of(text.ptr[i]);
        if (digit < 0 || text.len > GROUP_DIGITS) {
            return false;
        }
        value = value << 4 | (unsigned)digit;
    }
    to[0] = (unsigned char)(value >> 8);
    to[1] = (unsigned char)value;
    return text.len > 0;
}

/* Groups between colons, an address of IPv4 perhaps the last where the text `ends` there; an empty
 * text has none. Gives how many bytes they are; V6_BYTES + 1: they are none. */
static size_t groups_read(struct str text, bool ends, unsigned char *to)
{
    size_t count = 0;
    for (struct str rest = text, part, behind; rest.len > 0; rest = behind) {
        bool more = str_split(rest, ':', &part, &behind);
        part = more ? part : rest;
        bool v4 = ends && !more && str_contains(part, STR("."));
        size_t bytes = v4 ? V4_BYTES : 2;
        if (count + bytes > V6_BYTES || (more && behind.len == 0) ||
            !(v4 ? v4_read(part, to + count) : group_read(part, to + count))) {
            return V6_BYTES + 1;
        }
        count += bytes;
    }
    return count;
}

/* "::" stands once for as many zeros as there is room for. */
static bool v6_read(struct str text, unsigned char *to)
{
    unsigned char tail[V6_BYTES];
    size_t gap = str_find_str(text, STR("::"));
    memset(to, 0, V6_BYTES);
    if (gap == STR_NONE) {
        return groups_read(text, true, to) == V6_BYTES;
    }
    size_t before = groups_read(str_slice(text, 0, gap), false, to);
    size_t behind = groups_read(str_from(text, gap + 2), true, tail);
    if (before + behind >= V6_BYTES) {
        return false;
    }
    memcpy(to + V6_BYTES - behind, tail, behind);
    return true;
}

bool ip_address_read(struct str text, struct ip_address *ret_address)
{
    bool v6 = str_contains(text, STR(":"));
    *ret_address = (struct ip_address){.count = v6 ? V6_BYTES : V4_BYTES};
    return v6 ? v6_read(text, ret_address->bytes) : v4_read(text, ret_address->bytes);
}

bool ip_network_has(const struct ip_network *network, const struct ip_address *address)
{
    size_t whole = network->bits / 8, left = network->bits % 8;
    const unsigned char *own = network->first.bytes, *other = address->bytes;
    if (address->count != network->first.count || memcmp(own, other, whole) != 0) {
        return false;
    }
    return left == 0 || ((own[whole] ^ other[whole]) >> (8 - left)) == 0;
}

static void bits_clear_from(struct ip_address *address, size_t bits)
{
    for (size_t i = 0; i < address->count; i++) {
        size_t kept = bits > 8 * i ? bits - 8 * i : 0;
        unsigned mask = kept >= 8 ? 0xffU : (0xff00U >> kept) & 0xffU;
        address->bytes[i] = (unsigned char)(address->bytes[i] & mask);
    }
}

bool ip_network_read(struct str text, struct ip_network *ret_network)
{
    struct str address, bits;
    uint64_t count;
    struct diag d = DIAG_INIT;
    if (!str_split(text, '/', &address, &bits) || str_u64(bits, &count, &d) != ERR_OK ||
        !ip_address_read(address, &ret_network->first) || count > 8 * ret_network->first.count) {
        return false;
    }
    struct ip_address given = ret_network->first;
    ret_network->bits = (size_t)count;
    bits_clear_from(&ret_network->first, ret_network->bits);
    return memcmp(given.bytes, ret_network->first.bytes, given.count) == 0;
}
