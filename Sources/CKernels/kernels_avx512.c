#include "kernels.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("sse2" CK_AVX512_FEATURES(CK_LISTED, CK_LISTED)))), apply_to = function)
#define CK_NAME(name) name##_avx512
#define CK_LANES 16
#define CK_TABLE ck_table_avx512
#define CK_LOAD_PART(p, count) ((vec)_mm512_maskz_loadu_ps((__mmask16)((1u << (count)) - 1), p))
#define CK_STORE_PART(p, v, count)                                                                 \
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << (count)) - 1), (__m512)(v))
#include "kernels.inc"
#pragma clang attribute pop
#endif
