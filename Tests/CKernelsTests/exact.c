#include "check.h"

// Means of exact sums: rounded once, whatever the numbers.

/// A whole number of 320 bits, by digits of 32 bits that may have borrowed from each other.
typedef struct {
    int64_t digits[10];
} big;

/// n += value · 2^by.
static void add_shifted(big *n, int64_t value, int by) {
    const int sign = value < 0 ? -1 : 1;
    const unsigned __int128 size =
        (unsigned __int128)(value < 0 ? 0 - (uint64_t)value : (uint64_t)value) << (by % 32);
    for (int i = 0; i < 4 && by / 32 + i < 10; i++)
        n->digits[by / 32 + i] += sign * (int64_t)(uint32_t)(size >> (32 * i));
}

static void times(big *n, int64_t factor) {
    // The factor is below 2²⁹, and digits are brought below 2³² first.
    for (int i = 0; i < 9; i++) {
        const int64_t over = n->digits[i] >> 32;
        n->digits[i] -= over * ((int64_t)1 << 32);
        n->digits[i + 1] += over;
    }
    for (int i = 0; i < 10; i++) n->digits[i] *= factor;
}

/// The sign of a − b.
static int compare(const big *a, const big *b) {
    big difference = *a;
    for (int i = 0; i < 10; i++) difference.digits[i] -= b->digits[i];
    int sign = 0;
    int64_t over = 0;
    for (int i = 0; i < 10; i++) {
        const int64_t digit = difference.digits[i] + over;
        over = digit >> 32;
        if (digit - over * ((int64_t)1 << 32)) sign = 1;
    }
    return over < 0 ? -1 : over > 0 ? 1 : sign;
}

/// x · 2¹⁵⁰ of a multiple of 2⁻¹⁵⁰.
static big units(double x) {
    int exponent;
    big n = {{0}};
    int64_t mantissa = (int64_t)(frexp(x, &exponent) * 0x1p53);
    for (exponent += 150 - 53; exponent < 0; exponent++) mantissa /= 2;
    add_shifted(&n, mantissa, exponent);
    return n;
}

/// Numbers of the sizes that updates have, or any, denormal ones included; often ties.
static float some_value(unsigned number) {
    const float x = fraction();
    if (number % 4 == 0) return (float)((int)(x * 16)) * 0x1p-23f + (pick(0, 1) ? 1 : 0);
    return ldexpf(x, -(int)pick(0, number % 4 == 1 ? 10 : 125));
}

void check_exact(void) {
    CASES(60, exact_mean) {
        enum { clients = 5, count = 40 };
        const uint64_t before = ck_flush_denormals(0);
        ck_weighted x[clients];
        const size_t updates = pick(1, clients);
        int64_t divisor = 0;
        for (size_t u = 0; u < updates; u++) {
            float *values = blank(count);
            for (size_t i = 0; i < count; i++) values[i] = some_value(number);
            x[u] = (ck_weighted){values, number % 4 ? (double)pick(1, 6000) : 1};
            divisor += (int64_t)x[u].weight;
        }
        int64_t *sums = array(4 * count, sizeof *sums);
        memset(sums, 0, 4 * count * sizeof *sums);
        int64_t *high = sums, *low = sums + count, *third = low + count, *fourth = third + count;
        loops->accumulate(x, updates, 0, count, high, low, number % 8 < 4);
        // Without a tail where there is none.
        const int tail = number % 4 > 1;
        for (size_t u = 0; tail && u < updates; u++)
            ck_accumulate_tail(x[u].values, x[u].weight, third, fourth, count);
        loops->carry(high, low, count);
        float *mean = blank(count);
        ck_exact_mean(high, low, tail ? third : NULL, tail ? fourth : NULL, divisor, mean, count);
        for (size_t i = 0; i < count; i++) {
            big sum = {{0}}, want = {{0}};
            add_shifted(&sum, high[i], 126);
            add_shifted(&sum, low[i], 84);
            add_shifted(&sum, third[i], 42);
            add_shifted(&sum, fourth[i], 0);
            for (size_t u = 0; u < updates; u++) {
                big one = units(x[u].values[i]);
                times(&one, (int64_t)x[u].weight);
                for (int d = 0; d < 10; d++) want.digits[d] += one.digits[d];
            }
            EXPECT(compare(&sum, &want) == 0);
            // Not beyond the middle to either neighbour, and at a tie even.
            uint32_t bits;
            memcpy(&bits, mean + i, sizeof bits);
            for (int up = 0; up < 2; up++) {
                const float next = nextafterf(mean[i], up ? INFINITY : -INFINITY);
                big middle = units(((double)mean[i] + (double)next) / 2);
                times(&middle, divisor);
                const int side = compare(&sum, &middle);
                EXPECT(side == 0 ? bits % 2 == 0 : up ? side < 0 : side > 0);
            }
        }
        ck_restore_denormals(before);
    }
    CASES(60, small_mean) {
        // As large as sums that have no more bits than a double's; often ties, and 0 in between.
        const uint64_t before = ck_flush_denormals(0);
        const size_t count = pick(1, 200);
        const int64_t divisor = number % 2 ? (int64_t)pick(1, 8) : (int64_t)pick(1, (1 << 29) - 1);
        int64_t *high = array(count, sizeof *high), *low = array(count, sizeof *low);
        for (size_t i = 0; i < count; i++) {
            const int size = (int)pick(1, 51);
            high[i] = (int64_t)pick(0, ((size_t)1 << size) - 1) * (pick(0, 1) ? 1 : -1);
            low[i] = pick(0, 2) ? (int64_t)pick(0, (size_t)1 << 42) - ((int64_t)1 << 41) : 0;
            if (pick(0, 9) == 0) high[i] = 0;
        }
        float *mean = blank(count), *want = blank(count);
        loops->small_mean(high, low, divisor, mean, count);
        ck_exact_mean(high, low, NULL, NULL, divisor, want, count);
        for (size_t i = 0; i < count; i++) same_float(mean[i], want[i]);
        ck_restore_denormals(before);
    }
}
