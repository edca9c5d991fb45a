#include "sha256_pair.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define BLOCK_BYTES 64
#define ROUNDS      64
#define WITH_SHA    __attribute__((target("sha,sse4.1")))
#define INLINE      static inline __attribute__((always_inline)) WITH_SHA

/* FIPS 180-4: the fractions of the cube roots of the first 64 primes, and of the square roots of the first 8. */
static const uint32_t constants[ROUNDS] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t beginning[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* One text's way through: its state in the order in which the instructions take it, a, b, e, f and c, d, g, h. */
struct lane {
    __m128i abef;
    __m128i cdgh;
    const unsigned char *next;
};

INLINE __m128i swap_words(__m128i bytes)
{
    return _mm_shuffle_epi8(bytes, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* Four rounds of each lane; `words` are the last sixteen words of the message schedule, in a ring of four. */
INLINE void four_rounds(struct lane *lane, __m128i words[4], int quarter)
{
    __m128i sum = _mm_add_epi32(words[quarter & 3], _mm_load_si128((const __m128i *)&constants[4 * quarter]));
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (quarter >= ROUNDS / 4 - 4)
        return;
    __m128i last = words[(quarter + 3) & 3];
    __m128i next = _mm_sha256msg1_epu32(words[quarter & 3], words[(quarter + 1) & 3]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(quarter + 2) & 3], 4));
    words[quarter & 3] = _mm_sha256msg2_epu32(next, last);
}

/* `count` is known where this is inlined, so that the loops vanish and the lanes stay in registers. */
INLINE void take_blocks(struct lane *lanes, int count, size_t blocks)
{
    __m128i words[2][4];
    for (; blocks > 0; blocks--) {
        const struct lane before[2] = {lanes[0], lanes[count - 1]};
        for (int i = 0; i < count; i++)
            for (int j = 0; j < 4; j++)
                words[i][j] = swap_words(_mm_loadu_si128((const __m128i *)(lanes[i].next + 16 * j)));
#pragma GCC unroll 16
        for (int quarter = 0; quarter < ROUNDS / 4; quarter++)
            for (int i = 0; i < count; i++)
                four_rounds(&lanes[i], words[i], quarter);
        for (int i = 0; i < count; i++) {
            lanes[i].abef = _mm_add_epi32(lanes[i].abef, before[i].abef);
            lanes[i].cdgh = _mm_add_epi32(lanes[i].cdgh, before[i].cdgh);
            lanes[i].next += BLOCK_BYTES;
        }
    }
}

WITH_SHA static void take_of_two(struct lane lanes[2], size_t blocks)
{
    struct lane near[2] = {lanes[0], lanes[1]};
    take_blocks(near, 2, blocks);
    lanes[0] = near[0];
    lanes[1] = near[1];
}

WITH_SHA static void take_of_one(struct lane *lane, size_t blocks)
{
    struct lane near = *lane;
    take_blocks(&near, 1, blocks);
    *lane = near;
}

WITH_SHA static void begin(struct lane *lane, const void *bytes)
{
    __m128i abcd = _mm_loadu_si128((const __m128i *)beginning);
    __m128i efgh = _mm_loadu_si128((const __m128i *)(beginning + 4));
    __m128i badc = _mm_shuffle_epi32(abcd, 0xb1), hgfe = _mm_shuffle_epi32(efgh, 0x1b);
    lane->abef = _mm_alignr_epi8(badc, hgfe, 8);
    lane->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
    lane->next = bytes;
}

/* What is left of the text, a bit, and its length in bits at the end of a block. */
WITH_SHA static void finish(struct lane *lane, const struct sha256_text *text)
{
    unsigned char tail[2 * BLOCK_BYTES] = {0};
    size_t left = text->count % BLOCK_BYTES, size = left < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    if (left > 0)
        memcpy(tail, lane->next, left);
    tail[left] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[size - 1 - i] = (unsigned char)((uint64_t)text->count * 8 >> 8 * i);
    lane->next = tail;
    take_of_one(lane, size / BLOCK_BYTES);
    __m128i feba = _mm_shuffle_epi32(lane->abef, 0x1b), dchg = _mm_shuffle_epi32(lane->cdgh, 0xb1);
    __m128i digest[2] = {swap_words(_mm_blend_epi16(feba, dchg, 0xf0)), swap_words(_mm_alignr_epi8(dchg, feba, 8))};
    memcpy(text->digest, digest, SHA256_SIZE);
}

void sha256_pair(const struct sha256_text *first, const struct sha256_text *second)
{
    struct lane lanes[2];
    size_t left[2] = {first->count / BLOCK_BYTES, second->count / BLOCK_BYTES};
    size_t common = left[0] < left[1] ? left[0] : left[1];
    begin(&lanes[0], first->bytes);
    begin(&lanes[1], second->bytes);
    take_of_two(lanes, common);
    take_of_one(&lanes[0], left[0] - common);
    take_of_one(&lanes[1], left[1] - common);
    finish(&lanes[0], first);
    finish(&lanes[1], second);
}

bool sha256_pair_works(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0 &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

#else

bool sha256_pair_works(void)
{
    return false;
}

void sha256_pair(const struct sha256_text *first, const struct sha256_text *second)
{
    (void)first, (void)second;
}

#endif
