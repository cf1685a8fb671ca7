// The loops in vectors of 16, as AVX-512's level has them, by what every x86-64 has.
#include <math.h>
#include <string.h>

#include "../../Sources/CKernels/kernels.h"

#if defined(__x86_64__)
// All that takes such vectors is inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#define CK_NAME(name) name##_wide
#define CK_LANES 16
#define CK_TABLE ck_table_wide
#include "../../Sources/CKernels/kernels.inc"
#endif
