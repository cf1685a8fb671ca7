#include "kernels.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// x86-64's baseline has no fused multiply-add: without it the others' round alike.
#if !defined(__x86_64__)
#pragma clang fp contract(off)
#endif
#define CK_NAME(name) name##_baseline
#define CK_LANES 4
#define CK_TABLE ck_table_baseline
#include "kernels.inc"
