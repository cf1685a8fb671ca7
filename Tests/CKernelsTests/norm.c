#include "check.h"

static total sum_of(const float *x, const float *mean, const float *factor, size_t rows,
                    size_t channels, size_t c, float before) {
    total sum = {before, fabs(before)};
    for (size_t r = 0; r < rows; r++) {
        const double value = (double)x[r * channels + c] - (mean ? (double)mean[c] : 0);
        const double size = fabs(x[r * channels + c]) + (mean ? fabs(mean[c]) : 0);
        const double by = factor == x ? value : factor ? factor[r * channels + c] : 1;
        sum.value += value * by;
        sum.size += size * (factor == x ? size : fabs(by));
    }
    return sum;
}

static void sums(void) {
    CASES(20, channel_sums) {
        const size_t rows = pick(1, 40), channels = some_vectors(5);
        const float *x = numbers(rows * channels, 0);
        float *got = numbers(channels, 0);
        const float *before = copy(got, channels);
        loops->channel_sums(x, rows, channels, got);
        for (size_t c = 0; c < channels; c++)
            near(got[c], sum_of(x, NULL, NULL, rows, channels, c, before[c]), rows + 1);
    }
    CASES(20, channel_squares) {
        const size_t rows = pick(1, 40), channels = some_vectors(5);
        const float *x = numbers(rows * channels, 0), *mean = numbers(channels, 0);
        float *got = numbers(channels, 0);
        const float *before = copy(got, channels);
        loops->channel_squares(x, mean, rows, channels, got);
        for (size_t c = 0; c < channels; c++)
            near(got[c], sum_of(x, mean, x, rows, channels, c, before[c]), rows + 3);
    }
    CASES(20, norm_gradient_sums) {
        const size_t rows = pick(1, 40), channels = some_vectors(5), count = rows * channels;
        const float *x = numbers(count, 0), *mean = numbers(channels, 0);
        const float *y = number % 3 ? numbers(count, 3) : NULL;
        float *dy = numbers(count, 0), *g = number % 2 ? blank(count) : dy;
        float *added = numbers(channels, 0), *products = numbers(channels, 0);
        const float *added_before = copy(added, channels), *products_before = copy(products, channels);
        float *want = copy(dy, count);
        loops->norm_gradient_sums(dy, y, x, mean, rows, channels, g, added, products);
        for (size_t i = 0; y && i < count; i++) {
            want[i] = y[i] > 0 ? want[i] : 0;
            same_float(g[i], want[i]);
        }
        for (size_t c = 0; c < channels; c++) {
            near(added[c], sum_of(want, NULL, NULL, rows, channels, c, added_before[c]), rows + 1);
            near(products[c], sum_of(x, mean, want, rows, channels, c, products_before[c]), rows + 3);
        }
    }
}

static void maps(void) {
    CASES(20, normalize) {
        const size_t rows = pick(1, 20), channels = some_vectors(5), count = rows * channels;
        const int relu = number % 2;
        float *x = numbers(count, 0), *y = number % 4 < 2 ? blank(count) : x;
        const float *mean = numbers(channels, 0), *scale = numbers(channels, 0);
        const float *shift = numbers(channels, 0), *other = number % 3 ? numbers(count, 0) : NULL;
        const float *before = copy(x, count);
        loops->normalize(x, mean, scale, shift, other, relu, rows, channels, y);
        for (size_t i = 0; i < count; i++) {
            const size_t c = i % channels;
            total want = {0, 0};
            add_product(&want, before[i], scale[c]);
            add_product(&want, -mean[c], scale[c]);
            add_term(&want, shift[c]);
            if (other) add_term(&want, other[i]);
            if (relu && want.value < 0) want.value = 0;
            near(y[i], want, 4);
        }
    }
    CASES(20, norm_gradient) {
        const size_t rows = pick(1, 20), channels = some_vectors(5), count = rows * channels;
        float *g = numbers(count, 0), *dx = number % 2 ? blank(count) : g;
        const float *x = numbers(count, 0), *mean = numbers(channels, 0);
        const float *scale = numbers(channels, 0), *slope = numbers(channels, 0);
        const float *shift = numbers(channels, 0), *before = copy(g, count);
        loops->norm_gradient(g, x, mean, scale, slope, shift, rows, channels, dx);
        for (size_t i = 0; i < count; i++) {
            const size_t c = i % channels;
            total want = {0, 0};
            add_product(&want, before[i], scale[c]);
            add_product(&want, -x[i], slope[c]);
            add_product(&want, mean[c], slope[c]);
            add_term(&want, -shift[c]);
            near(dx[i], want, 4);
        }
    }
}

void check_norm(void) {
    sums();
    maps();
}
