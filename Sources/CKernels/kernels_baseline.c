#include "kernels.h"
#include <math.h>
#include <string.h>

#define CK_NAME(name) name##_baseline
#define CK_TABLE ck_table_baseline
#include "kernels.inc"
