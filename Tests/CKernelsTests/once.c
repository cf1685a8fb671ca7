#include "check.h"

// What is compiled once, for all levels.

void check_random(void) {
    CASES(1, philox_block) {
        // Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", 2011: the known answers that its
        // authors' library is tested by.
        static const struct {
            ck_philox_key key;
            uint32_t block, words[4];
        } known[] = {
            {{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
            {{UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
             UINT32_MAX,
             {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
            {{0x299f31d0a4093822, 0x85a308d3, 0x13198a2e, 0x03707344},
             0x243f6a88,
             {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
        };
        for (size_t i = 0; i < 3; i++)
            for (size_t w = 0; w < 4; w++)
                same_number(ck_philox_block(known[i].key, known[i].block).words[w], known[i].words[w]);
    }
}

void check_images(void) {
    CASES(60, shift_image) {
        const int32_t height = (int32_t)pick(1, 9), width = (int32_t)pick(1, 9);
        const int32_t channels = (int32_t)pick(1, 4);
        const int32_t down = (int32_t)pick(0, 24) - 12, right = (int32_t)pick(0, 24) - 12;
        const int flipped = number % 2;
        const size_t count = (size_t)(height * width * channels);
        float *image = numbers(count, 0), *want = blank(count);
        const float *black = numbers((size_t)channels, 0), *before = copy(image, count);
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++)
                for (int32_t c = 0; c < channels; c++) {
                    const int32_t fy = y - down, fx = (flipped ? width - 1 - x : x) - right;
                    const int inside = fy >= 0 && fy < height && fx >= 0 && fx < width;
                    want[(y * width + x) * channels + c] =
                        inside ? before[(fy * width + fx) * channels + c] : black[c];
                }
        ck_shift_image(image, height, width, channels, down, right, flipped, black);
        same_floats(image, want, count);
    }
    CASES(10, standardize) {
        const size_t rows = pick(1, 20), channels = pick(1, 9);
        float *x = numbers(rows * channels, 0), *deviation = numbers(channels, 0);
        const float *mean = numbers(channels, 0), *before = copy(x, rows * channels);
        for (size_t c = 0; c < channels; c++) deviation[c] = 1.5f + deviation[c];
        ck_standardize(x, rows, channels, mean, deviation);
        for (size_t i = 0; i < rows * channels; i++)
            same_float(x[i], (before[i] - mean[i % channels]) / deviation[i % channels]);
    }
}

static int close(double got, double want) { return fabs(got - want) <= 1e-12 * (1 + fabs(want)); }

static void softmax(void) {
    CASES(20, softmax_cross_entropy) {
        // More classes than powers are kept of, too.
        const size_t rows = pick(1, 9), classes = number % 10 < 8 ? pick(2, 12) : pick(250, 270);
        const float smoothing = number % 2 ? 0.125f : 0, scale = 0.5f, factor = number % 5 ? 1 : 1000;
        float *z = numbers(rows * classes, 0), *dz = blank(rows * classes);
        int32_t *labels = array(rows, sizeof *labels);
        int64_t correct = 3, hits = 3;
        double want = 0;
        for (size_t i = 0; i < rows * classes; i++) z[i] *= factor;
        for (size_t r = 0; r < rows; r++) labels[r] = (int32_t)pick(0, classes - 1);
        const double got =
            ck_softmax_cross_entropy(z, labels, rows, classes, smoothing, scale, dz, &correct);
        for (size_t r = 0; r < rows; r++) {
            const float *row = z + r * classes;
            size_t best = 0;
            double sum = 0;
            for (size_t c = 0; c < classes; c++) best = row[c] > row[best] ? c : best;
            for (size_t c = 0; c < classes; c++) sum += exp((double)row[c] - row[best]);
            hits += best == (size_t)labels[r];
            for (size_t c = 0; c < classes; c++) {
                const double log_p = (double)row[c] - row[best] - log(sum);
                const double q = (double)smoothing / (double)classes +
                                 (1 - (double)smoothing) * (c == (size_t)labels[r]);
                if (q > 0) want -= q * log_p;
                near(dz[r * classes + c], (total){(exp(log_p) - q) * scale, scale}, 2);
            }
        }
        EXPECT(close(got, want));
        same_number(correct, hits);
    }
}

void check_losses(void) {
    softmax();
    CASES(20, sigmoid_cross_entropy) {
        const size_t rows = pick(1, 9), outputs = pick(1, 6);
        const float scale = 0.5f, *z = numbers(rows * outputs, 0), *t = numbers(rows * outputs, 0);
        float *dz = blank(rows * outputs);
        int64_t correct = 0, hits = 0;
        double want = 0;
        const double got = ck_sigmoid_cross_entropy(z, t, rows, outputs, scale, dz, &correct);
        for (size_t r = 0; r < rows; r++) {
            int right = 1;
            for (size_t k = r * outputs; k < (r + 1) * outputs; k++) {
                const double p = 1 / (1 + exp(-(double)z[k]));
                want -= (t[k] * log(p) + (1 - (double)t[k]) * log(1 - p)) / (double)outputs;
                right &= (p > 0.5) == (t[k] > 0.5f);
                near(dz[k], (total){(p - t[k]) * scale / (double)outputs, scale}, 2);
            }
            hits += right;
        }
        EXPECT(close(got, want));
        same_number(correct, hits);
    }
    CASES(20, squared_error) {
        const size_t rows = pick(1, 9), outputs = pick(1, 6);
        const float scale = 0.5f, *x = numbers(rows * outputs, 0), *t = numbers(rows * outputs, 0);
        float *dx = blank(rows * outputs);
        double want = 0;
        const double got = ck_squared_error(x, t, rows, outputs, scale, dx);
        for (size_t i = 0; i < rows * outputs; i++) {
            const double d = (double)x[i] - t[i];
            want += d * d / (double)outputs;
            near(dx[i], (total){2 * d * scale / (double)outputs, scale}, 2);
        }
        EXPECT(close(got, want));
    }
}

/// At the level of `loops`: what the flag for denormal numbers does, and that it is left as it was.
void check_denormals(void) {
    CASES(4, flush_denormals) {
#if defined(__x86_64__) || defined(__aarch64__)
        const int can = 1;
#else
        const int can = 0;
#endif
        const size_t count = pick(1, 60);
        // A denormal operand, and a denormal result.
        float *x = blank(count), *y = zeros(count);
        const float a = number % 2 ? 0x1p60f : 0x1p-60f, value = number % 2 ? 0x1p-140f : 0x1p-80f;
        for (int flush = 0; flush < 2; flush++) {
            for (size_t i = 0; i < count; i++) x[i] = value, y[i] = 0;
            const uint64_t before = ck_flush_denormals(flush);
            loops->axpy(a, x, y, count);
            const uint64_t inside = ck_flush_denormals(!flush);
            ck_restore_denormals(inside);
            loops->axpy(a, x, y, count);
            ck_restore_denormals(before);
            for (size_t i = 0; i < count; i++)
                same_float(y[i], flush && can ? 0 : number % 2 ? 0x1p-79f : 0x1p-139f);
            volatile float outside = 0x1p-80f;
            EXPECT(outside * 0x1p-60f != 0);
        }
    }
}
