/* Encrypting and decrypting in memory, with keys that are nobody's. */
#ifndef TESTS_AGE_FIXTURE_H
#define TESTS_AGE_FIXTURE_H

#include "base/buffer.h"
#include "codec/age.h"

#define AGE_TEST_RECIPIENT  "age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka"
#define AGE_TEST_IDENTITY   "AGE-SECRET-KEY-1K674DNC0DXXAFFGUXL2V0XSPG8H6WFU4PVUM87DA67SDAAYJUA2QVAWTMX"
#define AGE_OTHER_RECIPIENT "age199lyy8k8cwf7ntnw2nwxeepjwyqe5m6vxy87cuq0n49cvtepwdzsnphhn3"
#define AGE_OTHER_IDENTITY  "AGE-SECRET-KEY-1YSCT8Q2CYHEADCWTM3VKUX4FWJ59WSH4FK3ELA54U3PZQYRHZR4QEZ49CM"

extern const jb_encryption age_test_encryption;
extern const jb_decryption age_test_decryption;

/* Bytes in memory as a range; counts its reads. */
struct memory_range {
    struct byte_range base;
    const unsigned char *bytes;
    unsigned reads;
};
void memory_range_init(struct memory_range *range, const void *bytes, size_t count);

/* The plain bytes are written `chunk` at a time. `sealed` is to be cleaned up. */
int age_seal(const jb_encryption *encryption, const void *plain, size_t count, size_t chunk, struct buffer *sealed,
             jb_error *error);
/* From begin to end, `chunk` sealed bytes at a time. `plain` holds what came before a failure, and is to be cleaned
 * up. */
int age_open(const jb_decryption *decryption, const void *sealed, size_t count, size_t chunk, struct buffer *plain,
             jb_error *error);
/* The same through a range, read as a whole. */
int age_open_range(const jb_decryption *decryption, const void *sealed, size_t count, struct buffer *plain,
                   jb_error *error);

#endif
