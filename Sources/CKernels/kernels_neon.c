#include "kernels.h"
#include <math.h>
#include <string.h>

// Eight lanes are two of NEON's registers: with 32 of them the blocks that fill AVX2's 16 fit, and 24 sums
// hide the latency of the multiply-add, which every such CPU has fused.
#if defined(__aarch64__)
#define CK_NAME(name) name##_neon
#define CK_LANES 8
#define CK_TABLE ck_table_neon
#include "kernels.inc"
#endif
