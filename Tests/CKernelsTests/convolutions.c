#include "check.h"

// Convolutions product by product: of few channels without a border, and of any stride.

/// A window without a border, of at most CK_MAX_TAPS places.
static ck_window few_channels(void) {
    ck_window w = {.channels = (int32_t)pick(1, 4),
                   .window_h = (int32_t)pick(1, 7),
                   .window_w = (int32_t)pick(1, 7),
                   .stride_h = (int32_t)pick(1, 2),
                   .stride_w = (int32_t)pick(1, 2)};
    w.in_h = (int32_t)pick((size_t)w.window_h, 20);
    w.in_w = (int32_t)pick((size_t)w.window_w, 30);
    w.out_h = (w.in_h - w.window_h) / w.stride_h + 1;
    w.out_w = (w.in_w - w.window_w) / w.stride_w + 1;
    return w;
}

/// Nine taps of one channel are a pass of their own.
static ck_window three_by_three(void) {
    ck_window w = {.channels = 1, .window_h = 3, .window_w = 3, .stride_h = 1, .stride_w = 1};
    w.out_h = (int32_t)pick(1, 12);
    w.out_w = (int32_t)pick(1, 12);
    w.in_h = w.out_h + 2;
    w.in_w = w.out_w + 2;
    return w;
}

/// The same of `ck_direct`, which counts in floats.
static ck_direct counted(const ck_window *w, size_t filters, size_t out_step, size_t out_down) {
    const size_t channels = (size_t)w->channels, row = (size_t)w->in_w * channels;
    return (ck_direct){.channels = channels,
                       .filters = filters,
                       .kernel_h = (size_t)w->window_h,
                       .kernel_w = (size_t)w->window_w,
                       .out_h = (size_t)w->out_h,
                       .out_w = (size_t)w->out_w,
                       .in_row = row,
                       .in_step = (size_t)w->stride_w * channels,
                       .in_down = (size_t)w->stride_h * row,
                       .out_step = out_step,
                       .out_down = out_down};
}

/// One output.
static total output(const ck_direct *g, const float *image, const float *kernel, const float *bias,
                    size_t oy, size_t ox, size_t f) {
    total sum = {0, 0};
    if (bias) add_term(&sum, bias[f]);
    for (size_t ky = 0; ky < g->kernel_h; ky++)
        for (size_t t = 0; t < g->kernel_w * g->channels; t++)
            add_product(&sum, image[oy * g->in_down + ox * g->in_step + ky * g->in_row + t],
                        kernel[(ky * g->kernel_w * g->channels + t) * g->filters + f]);
    return sum;
}

/// The gradient of one number of the kernel, added to what was there.
static total gradient(const ck_direct *g, const float *image, const float *dy, size_t tap, size_t f,
                      float before) {
    const size_t run = g->kernel_w * g->channels, at = tap / run * g->in_row + tap % run;
    total sum = {before, fabs(before)};
    for (size_t oy = 0; oy < g->out_h; oy++)
        for (size_t ox = 0; ox < g->out_w; ox++)
            add_product(&sum, image[oy * g->in_down + ox * g->in_step + at],
                        dy[oy * g->out_down + ox * g->out_step + f]);
    return sum;
}

static void direct(void) {
    CASES(40, direct_convolution) {
        const ck_window w = few_channels();
        const size_t filters = some_vectors(4), outputs = (size_t)(w.out_h * w.out_w) * filters;
        const size_t taps = (size_t)(w.window_h * w.window_w * w.channels);
        const ck_direct g = counted(&w, filters, filters, (size_t)w.out_w * filters);
        const float *image = numbers((size_t)(w.in_h * w.in_w * w.channels), 2);
        const float *kernel = numbers(taps * filters, 0), *bias = numbers(filters, 0);
        float *y = blank(outputs);
        loops->direct_convolution(&w, image, kernel, bias, filters, number % 2, y);
        for (size_t i = 0; i < outputs; i++) {
            const size_t place = i / filters;
            total want = output(&g, image, kernel, bias, place / g.out_w, place % g.out_w, i % filters);
            if (number % 2 && want.value < 0) want.value = 0;
            near(y[i], want, taps + 1);
        }
    }
    CASES(64, direct_kernel_gradient) {
        const ck_window w = number % 4 ? few_channels() : three_by_three();
        const size_t filters = some_vectors(4), places = (size_t)(w.out_h * w.out_w);
        const size_t taps = (size_t)(w.window_h * w.window_w * w.channels);
        const ck_direct g = counted(&w, filters, filters, (size_t)w.out_w * filters);
        const float *image = numbers((size_t)(w.in_h * w.in_w * w.channels), 2);
        // Behind ReLU, or as it is; one that is alive, none, or about half of them.
        float *y = number % 2 ? numbers(places * filters, 4) : NULL;
        const size_t one = pick(0, places * filters - 1);
        float *dy = numbers(places * filters, number % 8 < 6 ? 4 : 8);
        if (number % 16 >= 14) dy[one] = 1;
        if (number % 16 == 15) y[one] = 1;
        float *dkernel = numbers(taps * filters, 0), *sums = numbers(filters, 0);
        const float *before = copy(dkernel, taps * filters), *sums_before = copy(sums, filters);
        const float *given = copy(dy, places * filters);
        loops->direct_kernel_gradient(&w, image, y, dy, filters, dkernel, sums);
        same_floats(dy, given, places * filters);
        for (size_t i = 0; y && i < places * filters; i++)
            if (!(y[i] > 0)) dy[i] = 0;
        for (size_t i = 0; i < taps * filters; i++)
            near(dkernel[i], gradient(&g, image, dy, i / filters, i % filters, before[i]), places + 1);
        for (size_t f = 0; f < filters; f++) {
            total want = {sums_before[f], fabs(sums_before[f])};
            for (size_t p = 0; p < places; p++) add_term(&want, dy[p * filters + f]);
            near(sums[f], want, places + 1);
        }
    }
}

/// A convolution of any stride, whose outputs may lie apart.
static ck_direct any_stride(ck_window *w) {
    *w = few_channels();
    w->channels = (int32_t)some_vectors(3);
    w->in_w = (int32_t)pick((size_t)w->window_w, 14);
    w->out_w = (w->in_w - w->window_w) / w->stride_w + 1;
    const size_t filters = some_vectors(5), step = filters * pick(1, 2);
    return counted(w, filters, step, (size_t)w->out_w * step * pick(1, 2));
}

static void general(void) {
    CASES(30, convolution) {
        ck_window w;
        const ck_direct g = any_stride(&w);
        const int relu = number % 2, adds = number / 2 % 2;
        const size_t taps = g.kernel_h * g.kernel_w * g.channels, outputs = g.out_h * g.out_down;
        const float *image = numbers((size_t)(w.in_h * w.in_w * w.channels), 2);
        const float *kernel = numbers(taps * g.filters, 0);
        const float *bias = number % 3 ? numbers(g.filters, 0) : NULL;
        float *y = numbers(outputs, 0);
        const float *before = copy(y, outputs);
        loops->convolution(&g, image, kernel, bias, relu, adds, y);
        for (size_t i = 0; i < outputs; i++) {
            const size_t oy = i / g.out_down, ox = i % g.out_down / g.out_step;
            const size_t f = i % g.out_down % g.out_step;
            if (ox >= g.out_w || f >= g.filters) {
                same_float(y[i], before[i]);
                continue;
            }
            total want = output(&g, image, kernel, bias, oy, ox, f);
            if (relu && want.value < 0) want.value = 0;
            if (adds) add_term(&want, before[i]);
            near(y[i], want, taps + 2);
        }
    }
    CASES(30, convolution_gradient) {
        ck_window w;
        const ck_direct g = any_stride(&w);
        const size_t count = g.kernel_h * g.kernel_w * g.channels * g.filters;
        const float *image = numbers((size_t)(w.in_h * w.in_w * w.channels), 2);
        const float *dy = numbers(g.out_h * g.out_down, 2);
        float *dkernel = numbers(count, 0);
        const float *before = copy(dkernel, count);
        loops->convolution_gradient(&g, image, dy, dkernel);
        for (size_t i = 0; i < count; i++)
            near(dkernel[i], gradient(&g, image, dy, i / g.filters, i % g.filters, before[i]),
                 g.out_h * g.out_w + 1);
    }
}

static void orders(void) {
    CASES(10, turn_kernel) {
        const size_t taps = pick(1, 25), channels = some_vectors(4), filters = some_vectors(4);
        const float *kernel = numbers(taps * channels * filters, 0);
        float *turned = blank(taps * channels * filters);
        loops->turn_kernel(kernel, taps, channels, filters, turned);
        for (size_t i = 0; i < taps * channels * filters; i++) {
            const size_t t = i / filters / channels, f = i / channels % filters, c = i % channels;
            same_float(turned[i], kernel[((taps - 1 - t) * channels + c) * filters + f]);
        }
    }
    CASES(10, kernel_by_filter) {
        const size_t taps = pick(1, 25), channels = some_vectors(4), filters = some_vectors(4);
        const float *kernel = numbers(taps * channels * filters, 0);
        float *by_filter = blank(taps * channels * filters);
        loops->kernel_by_filter(kernel, taps, channels, filters, by_filter);
        for (size_t c = 0; c < channels; c++)
            for (size_t i = 0; i < filters * taps; i++)
                same_float(by_filter[(c / lanes * filters * taps + i) * lanes + c % lanes],
                           kernel[(i % taps * channels + c) * filters + i / taps]);
    }
    CASES(10, add_by_filter) {
        const size_t rows = pick(1, 70), filters = pick(1, 40);
        const float *by_filter = numbers(rows * filters, 0), scale = fraction();
        float *kernel = numbers(rows * filters, 0);
        const float *before = copy(kernel, rows * filters);
        loops->add_by_filter(by_filter, rows, filters, scale, kernel);
        for (size_t i = 0; i < rows * filters; i++) {
            total want = {before[i], fabs(before[i])};
            add_product(&want, scale, by_filter[i % filters * rows + i / filters]);
            near(kernel[i], want, 1);
        }
    }
}

void check_convolutions(void) {
    direct();
    general();
    orders();
}
