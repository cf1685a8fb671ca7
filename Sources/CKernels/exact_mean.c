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

/// 256 bits with sign, low · 1 + high · 2¹²⁸: `_BitInt` has as many on x86-64 only.
typedef struct {
    unsigned __int128 low;
    __int128 high;
} wide;

/// value · 2^by for 0 ≤ by < 256; what does not fit is lost at the top.
static wide shifted(__int128 value, int by) {
    if (by == 0) return (wide){(unsigned __int128)value, value >> 127};
    if (by >= 128) return (wide){0, (__int128)((unsigned __int128)value << (by - 128))};
    return (wide){(unsigned __int128)value << by, value >> (128 - by)};
}

/// value · 2^by for 0 < by < 128.
static wide shifted_wide(wide value, int by) {
    const unsigned __int128 high = (unsigned __int128)value.high << by | value.low >> (128 - by);
    return (wide){value.low << by, (__int128)high};
}

static wide sum_of(wide a, wide b) {
    const unsigned __int128 low = a.low + b.low;
    const unsigned __int128 carry = low < a.low;
    return (wide){low, (__int128)((unsigned __int128)a.high + (unsigned __int128)b.high + carry)};
}

static int is_less(wide a, wide b) {
    return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static float even(float below, float above) {
    uint32_t bits;
    __builtin_memcpy(&bits, &below, sizeof bits);
    return bits & 1 ? above : below;
}

/// The nearer of two neighbouring floats to sum · 2⁻⁶⁶ / divisor, the even one at a tie. 128 bits
/// are enough: |sum| < 2¹⁰⁶, mantissa · divisor < 2⁸⁸, and whichever is shifted comes out at no
/// more than twice the other, because the quotient lies between the floats. Means of a few equally
/// weighted clients are ties so often that this way, five times as fast, is worth having.
static float nearer_short(__int128 sum, int64_t divisor, float below, float above) {
    // The midpoint is a normal double of at most 25 significant bits: taken apart by its bits,
    // which is quicker than frexp.
    const double middle = ((double)below + (double)above) / 2;
    int64_t bits;
    __builtin_memcpy(&bits, &middle, sizeof bits);
    const int64_t magnitude = ((bits & 0xFFFFFFFFFFFFF) | 0x10000000000000) >> 28;
    const int64_t mantissa = bits < 0 ? -magnitude : magnitude;
    const int exponent = (int)(bits >> 52 & 0x7FF) - 1075 + 28 + 66;
    __int128 scaled = (__int128)mantissa * divisor;
    if (exponent >= 0)
        scaled *= (__int128)1 << exponent;
    else
        sum *= (__int128)1 << -exponent;
    return sum > scaled ? above : sum < scaled ? below : even(below, above);
}

/// The nearer of two neighbouring floats to sum · 2⁻¹⁵⁰ / divisor, the even one at a tie.
/// |sum| < 2¹⁹⁰, mantissa · divisor < 2⁸⁸, and neither is shifted to more than 2²¹⁴.
static float nearer(wide sum, int64_t divisor, float below, float above) {
    int exponent;
    // The midpoint has 25 significant bits and is a multiple of 2⁻¹⁵⁰.
    const double middle = ((double)below + (double)above) / 2;
    const int64_t mantissa = (int64_t)ldexp(frexp(middle, &exponent), 25);
    exponent += 150 - 25;
    const __int128 product = (__int128)mantissa * divisor;
    const wide scaled = shifted(product, exponent >= 0 ? exponent : 0);
    if (exponent < 0) sum = shifted_wide(sum, -exponent);
    if (is_less(scaled, sum)) return above;
    if (is_less(sum, scaled)) return below;
    return even(below, above);
}

float ck_nearer_mean(int64_t high, int64_t low, int64_t divisor, float below, float above) {
    return nearer_short((__int128)high * ((int64_t)1 << 42) + low, divisor, below, above);
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
        if (!third) {
            mean[i] = ck_nearer_mean(high[i], low[i], divisor, below, above);
            continue;
        }
        const wide upper = sum_of(shifted(high[i], 126), shifted(low[i], 84));
        const wide lower = sum_of(shifted(third[i], 42), shifted(fourth[i], 0));
        mean[i] = nearer(sum_of(upper, lower), divisor, below, above);
    }
}
