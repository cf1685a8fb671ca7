#include "kernels.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("sse2" CK_AVX2_FEATURES(CK_LISTED, CK_LISTED)))), apply_to = function)
#define CK_NAME(name) name##_avx2
#define CK_LANES 8
#define CK_TABLE ck_table_avx2
#define CK_LOAD_PART(p, count)                                                                     \
    ((vec)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count)),                \
                                                   _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))))
#include "kernels.inc"
#pragma clang attribute pop
#endif
