#include "kernels.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CK_NAME(name) name##_baseline
#define CK_LANES 4
#define CK_TABLE ck_table_baseline
#include "kernels.inc"
