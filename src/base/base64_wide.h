/* base64_wide.h -- Base64 64 or 16 characters at a time, where the processor can (AVX-512 VBMI,
 * SSSE3). Private to base: encode.c calls it first and does the rest, and all that is wrong, byte
 * by byte. The result is the same either way. Method: W. Mula and D. Lemire, "Faster Base64
 * Encoding and Decoding using AVX2 Instructions", 2018, and "Base64 encoding and decoding at almost
 * the speed of a memory copy", 2019. */
#ifndef AFORO_BASE_BASE64_WIDE_H
#define AFORO_BASE_BASE64_WIDE_H

#include <stddef.h>

/* Encodes whole groups of 12 bytes into 16 characters at `to`, and returns how many bytes it took:
 * a multiple of 12. */
size_t base64_wide_encode(const char *from, size_t len, char *to);
/* Decodes whole groups of 16 digits into 12 bytes at `to`, and returns how many characters it took:
 * a multiple of 16. Stops before the first group with anything but a digit, and leaves the last
 * four characters, which may be padded, alone. `to` needs no room past decode_base64_size. */
size_t base64_wide_decode(const char *from, size_t len, char *to);

#endif
