#include "check.h"

// First layers, whose channels and filters may be few, with ReLU and pooling.

/// A window at stride 1 without a border, of at most CK_MAX_TAPS places, over an image that may be a row or
/// column larger than what is pooled.
static ck_window some_window(void) {
    ck_window w = {.channels = (int32_t)pick(1, 4),
                   .window_h = (int32_t)pick(1, 8),
                   .window_w = (int32_t)pick(1, 8),
                   .stride_h = 1,
                   .stride_w = 1,
                   .out_h = (int32_t)pick(2, 11),
                   .out_w = (int32_t)pick(2, 40)};
    w.in_h = w.out_h + w.window_h - 1;
    w.in_w = w.out_w + w.window_w - 1;
    return w;
}

/// What a convolution and ReLU at one place come to.
static total output(const ck_window *w, const float *image, const float *kernel, const float *bias,
                    size_t filters, size_t oy, size_t ox, size_t f) {
    const size_t run = (size_t)(w->window_w * w->channels), row = (size_t)(w->in_w * w->channels);
    total sum = {bias[f], fabs(bias[f])};
    for (size_t t = 0; t < (size_t)w->window_h * run; t++)
        add_product(&sum, image[(oy + t / run) * row + ox * (size_t)w->channels + t % run],
                    kernel[t * filters + f]);
    return sum;
}

static void forward(void) {
    CASES(60, pooled_first) {
        const ck_window w = some_window();
        const size_t samples = pick(1, 4), channels = (size_t)w.channels;
        // As many filters as are turned round at once, or more; of which few are used, or all.
        const size_t filters = some_vectors(number % 4 ? 2 : 64 / lanes);
        const size_t used = number % 3 ? pick(0, filters) : filters;
        const size_t taps = (size_t)(w.window_h * w.window_w) * channels;
        const size_t size = (size_t)(w.in_h * w.in_w) * channels;
        const size_t pool_w = (size_t)w.out_w / 2, outputs = (size_t)w.out_h / 2 * pool_w * filters;
        const size_t plane = (size_t)((w.in_h + 1) / 2 * ((w.in_w + 1) / 2));
        float *images = numbers(samples * size, number % 9);
        const float *kernel = numbers(taps * filters, 0), *bias = numbers(filters, 2);
        if (number % 10 == 9) images[pick(0, samples * size - 1)] = NAN;
        float *planes = blank(samples * 4 * channels * plane + (size_t)w.window_w + 2 * lanes);
        float *y = blank(samples * outputs);
        uint8_t *where = array(samples * outputs, 1);
        loops->pooled_first(&w, samples, images, kernel, bias, filters, used, planes, y, where);
        // It has the bits of the loops one after the other.
        float *whole = blank((size_t)(w.out_h * w.out_w) * filters), *pooled = blank(outputs);
        const float *none = zeros(filters);
        uint8_t *places = array(outputs, 1);
        for (size_t i = 0; i < samples * outputs; i++) {
            const size_t f = i % filters, k = i % outputs, p = k / filters;
            const float *image = images + i / outputs * size;
            if (k == 0) {
                loops->direct_convolution(&w, image, kernel, bias, filters, 1, whole);
                loops->bias_relu_pool(whole, none, (size_t)w.out_h, (size_t)w.out_w, filters, pooled,
                                      places);
            }
            EXPECT(where[i] < 4);
            same_float(y[i], f < used ? pooled[k] : 0);
            if (f >= used || !(y[i] > 0)) continue;
            same_number(where[i], places[k]);
            near(y[i],
                 output(&w, image, kernel, bias, filters, p / pool_w * 2 + where[i] / 2,
                        p % pool_w * 2 + where[i] % 2, f),
                 taps + 1);
        }
    }
}

/// The window of a convolution whose outputs are pooled.
static ck_window window_of(const ck_pooled *g) {
    return (ck_window){.in_h = (int32_t)(2 * g->pool_h + g->kernel_h - 1),
                       .in_w = (int32_t)g->in_w,
                       .channels = (int32_t)g->channels,
                       .window_h = (int32_t)g->kernel_h,
                       .window_w = (int32_t)g->kernel_w,
                       .stride_h = 1,
                       .stride_w = 1,
                       .out_h = (int32_t)(2 * g->pool_h),
                       .out_w = (int32_t)(g->in_w - g->kernel_w + 1)};
}

static void backward(void) {
    CASES(72, sparse_first_gradient) {
        ck_pooled g = {.channels = pick(1, 4), .filters = some_vectors(number % 2 ? 2 : 5),
                       .kernel_h = pick(1, 8), .kernel_w = pick(1, 8),
                       .pool_h = pick(1, 6), .pool_w = pick(1, 35)};
        g.in_w = 2 * g.pool_w + g.kernel_w - 1 + pick(0, 1);
        const ck_window w = window_of(&g);
        const size_t used = number % 3 ? pick(0, g.filters) : g.filters;
        const size_t row = g.in_w * g.channels, run = g.kernel_w * g.channels;
        const size_t line = (run + lanes - 1) / lanes * lanes, lines = g.filters * g.kernel_h;
        const size_t positions = g.pool_h * g.pool_w, outputs = positions * g.filters;
        const size_t unpooled = (size_t)(w.out_h * w.out_w) * g.filters;
        const float *image = numbers((2 * g.pool_h + g.kernel_h - 1) * row + 2 * lanes, 2);
        // Gradients of which none is alive, one, all or some.
        float *y = numbers(outputs, number % 4), *dy = numbers(outputs, number % 6 < 4 ? number % 6 : 8);
        const size_t one = pick(0, outputs - 1);
        if (number % 6 == 4) y[one] = dy[one] = 1;
        uint8_t *where = array(outputs, 1);
        float *dkernel = numbers(lines * line, 0), *sums = numbers(g.filters, 0);
        const float *before = copy(dkernel, lines * line), *sums_before = copy(sums, g.filters);
        ck_entry *entries = array(g.filters * ((g.pool_h + 1) * g.pool_w + 8), sizeof *entries);
        uint32_t *counts = array(g.filters, sizeof *counts);
        // The same for the loop over all places, which adds up in the same order.
        float *whole = zeros(unpooled), *all = blank(g.kernel_h * run * g.filters);
        float *all_sums = copy(sums, g.filters);
        for (size_t i = 0; i < outputs; i++) {
            where[i] = (uint8_t)pick(0, 3);
            const size_t p = i / g.filters, oy = p / g.pool_w * 2 + where[i] / 2;
            const size_t ox = p % g.pool_w * 2 + where[i] % 2;
            if (y[i] > 0) whole[(oy * (size_t)w.out_w + ox) * g.filters + i % g.filters] = dy[i];
        }
        for (size_t i = 0; i < g.kernel_h * run * g.filters; i++)
            all[i] = before[(i % g.filters * g.kernel_h + i / g.filters / run) * line +
                            i / g.filters % run];
        loops->direct_kernel_gradient(&w, image, NULL, whole, g.filters, all, all_sums);
        loops->sparse_first_gradient(&g, used, y, where, dy, image, entries, counts, dkernel, sums);
        for (size_t i = 0; i < lines * line; i++) {
            const size_t f = i / line / g.kernel_h, r = i / line % g.kernel_h, t = i % line;
            if (f >= used) {
                same_float(dkernel[i], before[i]);
                continue;
            }
            if (t >= run) {
                // By chance, and not to be hashed.
                dkernel[i] = 0;
                continue;
            }
            same_float(dkernel[i], all[(r * run + t) * g.filters + f]);
            total want = {before[i], fabs(before[i])};
            for (size_t p = 0; p < positions; p++) {
                const size_t at = p * g.filters + f;
                if (y[at] > 0)
                    add_product(&want, dy[at],
                                image[(p / g.pool_w * 2 + where[at] / 2 + r) * row +
                                      (p % g.pool_w * 2 + where[at] % 2) * g.channels + t]);
            }
            near(dkernel[i], want, positions + 1);
        }
        for (size_t f = 0; f < g.filters; f++) {
            total want = {sums_before[f], fabs(sums_before[f])};
            for (size_t p = 0; f < used && p < positions; p++)
                if (y[p * g.filters + f] > 0) add_term(&want, dy[p * g.filters + f]);
            near(sums[f], want, positions + 1);
            same_float(sums[f], f < used ? all_sums[f] : sums_before[f]);
        }
    }
}

void check_first(void) {
    forward();
    backward();
}
