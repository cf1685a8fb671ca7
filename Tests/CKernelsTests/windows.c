#include "check.h"

/// A window over an image, with borders of zeros or without.
static ck_window some_window(void) {
    ck_window w = {.channels = (int32_t)pick(1, 20),
                   .window_h = (int32_t)pick(1, 5),
                   .window_w = (int32_t)pick(1, 5),
                   .stride_h = (int32_t)pick(1, 3),
                   .stride_w = (int32_t)pick(1, 3)};
    w.in_h = (int32_t)pick((size_t)w.window_h, 11);
    w.in_w = (int32_t)pick((size_t)w.window_w, 11);
    w.pad_top = (int32_t)pick(0, (size_t)w.window_h - 1);
    w.pad_left = (int32_t)pick(0, (size_t)w.window_w - 1);
    // As far below and to the right.
    w.out_h = (w.in_h + 2 * w.pad_top - w.window_h) / w.stride_h + 1;
    w.out_w = (w.in_w + 2 * w.pad_left - w.window_w) / w.stride_w + 1;
    return w;
}

/// Where in the image a place under the window at an output is; −1 outside.
static ptrdiff_t place(const ck_window *w, int32_t oy, int32_t ox, int32_t ky, int32_t kx, int32_t c) {
    const int32_t y = oy * w->stride_h - w->pad_top + ky, x = ox * w->stride_w - w->pad_left + kx;
    if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) return -1;
    return (ptrdiff_t)(y * w->in_w + x) * w->channels + c;
}

#define EACH_OUTPUT(w)                                                                            \
    for (int32_t oy = 0; oy < (w).out_h; oy++)                                                    \
        for (int32_t ox = 0; ox < (w).out_w; ox++)
#define EACH_TAP(w)                                                                               \
    for (int32_t ky = 0; ky < (w).window_h; ky++)                                                 \
        for (int32_t kx = 0; kx < (w).window_w; kx++)

static void columns(void) {
    CASES(30, im2col) {
        const ck_window w = some_window();
        const int32_t first = (int32_t)pick(0, (size_t)w.out_h - 1);
        const size_t run = (size_t)(w.window_h * w.window_w * w.channels);
        const size_t rows = (size_t)((w.out_h - first) * w.out_w);
        const float *image = numbers((size_t)(w.in_h * w.in_w * w.channels), 0);
        float *got = blank(rows * run);
        loops->im2col(&w, image, first, w.out_h, got);
        EACH_OUTPUT(w) EACH_TAP(w) for (int32_t c = 0; c < w.channels && oy >= first; c++) {
            const ptrdiff_t at = place(&w, oy, ox, ky, kx, c);
            same_float(*got++, at < 0 ? 0 : image[at]);
        }
    }
    CASES(30, col2im) {
        const ck_window w = some_window();
        const size_t count = (size_t)(w.in_h * w.in_w * w.channels);
        const float *from = numbers(
            (size_t)(w.out_h * w.out_w * w.window_h * w.window_w * w.channels), 0);
        float *image = numbers(count, 0);
        total *want = totals(count);
        for (size_t i = 0; i < count; i++) add_term(want + i, image[i]);
        loops->col2im(&w, from, 0, w.out_h, image);
        EACH_OUTPUT(w) EACH_TAP(w) for (int32_t c = 0; c < w.channels; c++, from++) {
            const ptrdiff_t at = place(&w, oy, ox, ky, kx, c);
            if (at >= 0) add_term(want + at, *from);
        }
        for (size_t i = 0; i < count; i++) near(image[i], want[i], 25);
    }
}

static void pools(void) {
    CASES(40, max_pool) {
        const ck_window w = some_window();
        const size_t count = (size_t)(w.in_h * w.in_w * w.channels);
        const size_t outputs = (size_t)(w.out_h * w.out_w * w.channels);
        float *image = numbers(count, number % 8);
        if (number % 4 == 0) image[pick(0, count - 1)] = NAN;
        float *y = blank(outputs);
        uint16_t *where = array(outputs, sizeof *where);
        loops->max_pool(&w, image, y, where);
        EACH_OUTPUT(w) for (int32_t c = 0; c < w.channels; c++, y++, where++) {
            float largest = -INFINITY;
            int best = -1;
            EACH_TAP(w) {
                const ptrdiff_t at = place(&w, oy, ox, ky, kx, c);
                // A NaN is larger than any number.
                if (at < 0 || !(best < 0 || image[at] > largest || isnan(image[at]))) continue;
                largest = image[at];
                best = ky * w.window_w + kx;
            }
            same_float(*y, largest);
            same_number(*where, best);
        }
    }
    CASES(30, max_pool_backward) {
        const ck_window w = some_window();
        const size_t count = (size_t)(w.in_h * w.in_w * w.channels);
        const size_t outputs = (size_t)(w.out_h * w.out_w * w.channels);
        const float *image = numbers(count, 0);
        const float *dy = numbers(outputs, 2);
        float *dimage = numbers(count, 0), *y = blank(outputs);
        uint16_t *where = array(outputs, sizeof *where);
        total *want = totals(count);
        for (size_t i = 0; i < count; i++) add_term(want + i, dimage[i]);
        loops->max_pool(&w, image, y, where);
        loops->max_pool_backward(&w, dy, where, dimage);
        EACH_OUTPUT(w) for (int32_t c = 0; c < w.channels; c++, dy++, where++)
            add_term(want + place(&w, oy, ox, *where / w.window_w, *where % w.window_w, c), *dy);
        for (size_t i = 0; i < count; i++) near(dimage[i], want[i], 25);
    }
}

// The pooling of fused convolutions: 2×2, bias and ReLU.
static void pools_of_two(void) {
    CASES(30, bias_relu_pool) {
        const size_t height = pick(2, 9), width = pick(2, 9), filters = some_vectors(3);
        const size_t outputs = height / 2 * (width / 2) * filters;
        float *x = numbers(height * width * filters, number % 8);
        const float *bias = numbers(filters, 0);
        if (number % 4 == 0) x[pick(0, height * width * filters - 1)] = NAN;
        float *y = blank(outputs);
        uint8_t *where = array(outputs, 1);
        loops->bias_relu_pool(x, bias, height, width, filters, y, where);
        for (size_t i = 0; i < outputs; i++) {
            const size_t f = i % filters, px = i / filters % (width / 2), py = i / filters / (width / 2);
            const float *corner = x + (2 * py * width + 2 * px) * filters + f;
            float largest = -INFINITY;
            int best = 0, unknown = 0;
            for (int k = 0; k < 4; k++) {
                const float value = corner[((size_t)(k >> 1) * width + (size_t)(k & 1)) * filters];
                unknown |= isnan(value);
                if (value > largest) largest = value, best = k;
            }
            same_float(y[i], unknown ? NAN : positive(largest + bias[f]));
            if (!unknown) same_number(where[i], best);
        }
    }
}

void check_windows(void) {
    columns();
    pools();
    pools_of_two();
}
