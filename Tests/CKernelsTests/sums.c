#include "check.h"

// Sums of updates: exact at every level, to the bit.

/// A number of 2⁹ at most whose lowest bit is worth 2⁻⁴² at least: it has no part in the tail.
static float untailed(void) {
    return ldexpf(fraction(), -(int)pick(0, 19)) * (pick(0, 3) ? 1 : 512);
}

static __int128 total_of(int64_t high, int64_t low) {
    return (__int128)high * ((__int128)1 << 42) + low;
}

static void accumulation(void) {
    CASES(30, accumulate) {
        const size_t updates = pick(1, 9), first = pick(0, 9), count = pick(1, 100);
        // Products of less than 2²⁷, which may be added the quicker way, or any.
        const int small = number % 2;
        const size_t heaviest = (small ? 1 << 18 : 1 << 29) - 1;
        ck_weighted x[9];
        for (size_t u = 0; u < updates; u++) {
            float *values = blank(first + count);
            for (size_t i = 0; i < first + count; i++) values[i] = untailed();
            x[u] = (ck_weighted){values, (double)pick(1, heaviest)};
        }
        int64_t *high = array(count, sizeof *high), *low = array(count, sizeof *low);
        for (size_t i = 0; i < count; i++) high[i] = low[i] = (int64_t)i - 7;
        loops->accumulate(x, updates, first, count, high, low, small);
        for (size_t i = 0; i < count; i++) {
            __int128 want = total_of((int64_t)i - 7, (int64_t)i - 7);
            for (size_t u = 0; u < updates; u++)
                want += (__int128)(int64_t)((double)x[u].values[first + i] * 0x1p42) *
                        (int64_t)x[u].weight * (1 << 24);
            EXPECT(total_of(high[i], low[i]) == want);
        }
    }
    CASES(10, carry) {
        const size_t count = pick(1, 100);
        int64_t *high = array(count, sizeof *high), *low = array(count, sizeof *low);
        int64_t *h = array(count, sizeof *h), *l = array(count, sizeof *l);
        for (size_t i = 0; i < count; i++) {
            h[i] = high[i] = (int64_t)pick(0, 1 << 20) - (1 << 19);
            l[i] = low[i] = (int64_t)pick(0, (size_t)1 << 62) - ((int64_t)1 << 61);
        }
        loops->carry(high, low, count);
        for (size_t i = 0; i < count; i++) {
            EXPECT(total_of(high[i], low[i]) == total_of(h[i], l[i]));
            EXPECT(low[i] >= -((int64_t)1 << 41) && low[i] < (int64_t)1 << 41);
        }
    }
    CASES(30, inspect) {
        const size_t count = pick(0, 100);
        float *x = numbers(count, number % 9);
        if (count > 3 && number % 3 == 1) x[pick(0, count - 1)] = 0x1p-149f;
        if (count > 3 && number % 3 == 2) x[count / 2] = -INFINITY, x[count - 1] = NAN;
        const ck_extent got = loops->inspect(x, count);
        float largest = 0, smallest = INFINITY;
        int64_t bad = -1;
        for (size_t i = 0; i < count; i++) {
            if (bad < 0 && !isfinite(x[i])) bad = (int64_t)i;
            if (fabsf(x[i]) > largest) largest = fabsf(x[i]);
            if (x[i] != 0 && fabsf(x[i]) < smallest) smallest = fabsf(x[i]);
        }
        same_number(got.first_bad, bad);
        if (bad < 0) same_float(got.largest, largest), same_float(got.smallest_nonzero, smallest);
    }
}

static void same_double(double got, double want) { same_bytes(&got, &want, sizeof got); }

/// The same order of additions at every level, so the same bits.
static void changes(void) {
    CASES(40, compare_changes) {
        // Shorter than the lanes, than a block, and longer than two.
        const size_t count = number % 4 == 3 ? pick(8000, 9000) : pick(0, 100);
        float *moved = numbers(count, number % 3), *from = numbers(count, 1);
        float *now = numbers(count, 1), *before = numbers(count, 1);
        const int subtracts = number % 2, compares = number / 2 % 2;
        if (count > 0 && number % 7 == 6) moved[count - 1] = NAN;
        const ck_changes got = loops->compare_changes(moved, subtracts ? from : NULL, now,
                                                      compares ? before : NULL, count);
        double want[3] = {0};
        for (size_t first = 0; first < count; first += 4096) {
            double sums[3][16] = {{0}}, block[3] = {0};
            for (size_t i = first; i < count && i < first + 4096; i++) {
                const volatile double u = (double)moved[i] - (subtracts ? (double)from[i] : 0);
                const volatile double v = compares ? (double)now[i] - (double)before[i] : 0;
                // Rounded before they are added.
                const volatile double products[3] = {u * u, u * v, v * v};
                for (size_t s = 0; s < 3; s++) sums[s][(i - first) % 16] += products[s];
            }
            for (size_t s = 0; s < 3; s++) {
                for (size_t k = 0; k < 16; k++) block[s] += sums[s][k];
                want[s] += block[s];
            }
        }
        if (count > 0 && number % 7 == 6) {
            EXPECT(isnan(got.squares));
        } else {
            same_double(got.squares, want[0]);
            same_double(got.product, compares ? want[1] : 0);
            same_double(got.other, compares ? want[2] : 0);
        }
    }
}

static void masks(void) {
    CASES(30, keep_mask) {
        const ck_philox_key key = {(uint64_t)pick(0, SIZE_MAX - 1), (uint32_t)number, 7, 3};
        const uint32_t threshold = number < 3 ? number * 32768 : (uint32_t)pick(1, 65535);
        const uint32_t block = (uint32_t)pick(0, 99);
        const size_t bits = pick(1, 5000);
        uint64_t *mask = array((bits + 63) / 64, sizeof *mask);
        loops->keep_mask(key, block, threshold, bits, mask);
        // Digit by digit from the lowest: a flag's random number is below the threshold.
        const int digits = threshold % 65536 == 0 ? 1 : 16 - __builtin_ctz(threshold);
        for (size_t i = 0; i < bits; i++) {
            int below = 0;
            for (int digit = 0; digit < digits; digit++) {
                const uint32_t from = block + (uint32_t)(16 * ((int)(i / 2048) * digits + digit));
                const size_t word = i % 2048 / 32;
                const uint32_t random =
                    ck_philox_block(key, from + (uint32_t)(word % 16)).words[word / 16] >> (i % 32) & 1;
                const uint32_t limit = threshold >> (16 - digits + digit) & 1;
                below = limit != random ? limit > random : below;
            }
            EXPECT((int)(mask[i / 64] >> (i % 64) & 1) == (threshold >= 65536 ? 1 : below));
        }
    }
    CASES(1, lanes) same_number(loops->lanes(), (int64_t)lanes);
}

void check_sums(void) {
    accumulation();
    changes();
    masks();
}
