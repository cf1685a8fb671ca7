// The parts of exact summation that are rare or run once a round.
#include <math.h>

#include "kernels.h"

void ck_accumulate_tail(const float *x, double weight, int64_t *third, int64_t *fourth,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double units = (double)x[i] * weight * 0x1p24;
        const double second = (units - rint(units)) * 0x1p42;
        const double rest = (second - rint(second)) * 0x1p42;
        third[i] += (int64_t)rint(rest);
        fourth[i] += (int64_t)rint((rest - rint(rest)) * 0x1p42);
    }
}

typedef _BitInt(256) wide;

static wide shifted(wide value, int by) { return value * ((wide)1 << by); }

/// The nearer of two neighbouring floats to sum · 2⁻¹⁵⁰ / divisor, the even one at a tie.
static float nearer(wide sum, int64_t divisor, float below, float above) {
    int exponent;
    // The midpoint has 25 significant bits and is a multiple of 2⁻¹⁵⁰.
    const double middle = ((double)below + (double)above) / 2;
    const int64_t mantissa = (int64_t)ldexp(frexp(middle, &exponent), 25);
    exponent += 150 - 25;
    wide scaled = (wide)mantissa * divisor;
    if (exponent >= 0)
        scaled = shifted(scaled, exponent);
    else
        sum = shifted(sum, -exponent);
    if (sum > scaled) return above;
    if (sum < scaled) return below;
    uint32_t bits;
    __builtin_memcpy(&bits, &below, sizeof bits);
    return bits & 1 ? above : below;
}

void ck_exact_mean(const int64_t *high, const int64_t *low, const int64_t *third,
                   const int64_t *fourth, int64_t divisor, float *mean, size_t count) {
    for (size_t i = 0; i < count; i++) {
        // In double precision first, with an error below 2⁻⁵⁰ of the result: that decides the
        // float unless a rounding boundary lies within the error.
        const double lead = (double)high[i];
        double rest = (double)(high[i] - (int64_t)lead) + (double)low[i] * 0x1p-42;
        if (third) rest += (double)third[i] * 0x1p-84 + (double)fourth[i] * 0x1p-126;
        const double quotient = (lead + rest) * 0x1p-24 / (double)divisor;
        const double error = fabs(quotient) * 0x1p-50;
        const float below = (float)(quotient - error), above = (float)(quotient + error);
        if (below == above) {
            mean[i] = below;
            continue;
        }
        wide sum = shifted(high[i], 126) + shifted(low[i], 84);
        if (third) sum += shifted(third[i], 42) + fourth[i];
        mean[i] = nearer(sum, divisor, below, above);
    }
}
