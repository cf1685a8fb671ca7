#include "check.h"

// Backward passes of convolutions that are pooled, over the gradients that are not zero.

/// Filters fill up to three words of flags.
static ck_pooled some_shape(size_t height, size_t width, size_t channels) {
    ck_pooled g = {.channels = channels,
                   .filters = some_vectors(144 / lanes),
                   .kernel_h = height,
                   .kernel_w = width,
                   .pool_h = pick(1, 5),
                   .pool_w = pick(1, 5)};
    g.in_w = 2 * g.pool_w + width - 1 + pick(0, 1);
    return g;
}

static size_t image_size(const ck_pooled *g) {
    return (2 * g->pool_h + g->kernel_h - 1) * g->in_w * g->channels;
}

/// What every backward pass takes: the gradient, and where it is not zero.
typedef struct {
    float *dy;
    uint8_t *where;
    uint64_t *live;
    ck_entry *entries;
    uint32_t *counts;
} given;

static given some_gradient(const ck_pooled *g) {
    const size_t positions = g->pool_h * g->pool_w, outputs = positions * g->filters;
    const size_t words = (g->filters + 63) / 64;
    given gradient = {numbers(outputs, 4), array(outputs, 1),
                      array(positions * words * 4, sizeof(uint64_t)),
                      array(outputs, sizeof(ck_entry)), array(g->filters, sizeof(uint32_t))};
    memset(gradient.live, 0, positions * words * 4 * sizeof *gradient.live);
    for (size_t i = 0; i < outputs; i++) {
        const size_t f = i % g->filters;
        gradient.where[i] = (uint8_t)pick(0, 3);
        if (gradient.dy[i] != 0)
            gradient.live[(i / g->filters * words + f / 64) * 4 + gradient.where[i]] |=
                (uint64_t)1 << (f % 64);
    }
    return gradient;
}

/// Where the image under the maximum of a pooled output begins.
static size_t corner(const ck_pooled *g, const given *gradient, size_t position, size_t f) {
    const size_t where = gradient->where[position * g->filters + f];
    return ((position / g->pool_w * 2 + where / 2) * g->in_w + position % g->pool_w * 2 + where % 2) *
           g->channels;
}

static void flags(void) {
    CASES(30, pooled_gradient) {
        const ck_pooled g = some_shape(3, 3, lanes);
        const size_t positions = g.pool_h * g.pool_w, outputs = positions * g.filters;
        const size_t words = (g.filters + 63) / 64;
        const given want = some_gradient(&g);
        const float *y = numbers(outputs, 3), scale = 1.25f;
        float *sums = numbers(g.filters, 0);
        const float *before = copy(want.dy, outputs), *sums_before = copy(sums, g.filters);
        uint64_t *live = array(positions * words * 4, sizeof *live);
        loops->pooled_gradient(&g, y, want.where, scale, want.dy, sums, live);
        memset(want.live, 0, positions * words * 4 * sizeof *live);
        for (size_t i = 0; i < outputs; i++) {
            const float one = y[i] > 0 ? before[i] * scale : 0;
            const size_t f = i % g.filters;
            same_float(want.dy[i], one);
            if (one != 0)
                want.live[(i / g.filters * words + f / 64) * 4 + want.where[i]] |= (uint64_t)1
                                                                                   << (f % 64);
        }
        same_bytes(live, want.live, positions * words * 4 * sizeof *live);
        for (size_t f = 0; f < g.filters; f++) {
            total sum = {sums_before[f], fabs(sums_before[f])};
            for (size_t p = 0; p < positions; p++) add_term(&sum, want.dy[p * g.filters + f]);
            near(sums[f], sum, positions + 1);
        }
    }
}

/// Gradients as many as half of them, one or none.
static given few_gradients(const ck_pooled *g, unsigned number) {
    const given some = some_gradient(g);
    const size_t outputs = g->pool_h * g->pool_w * g->filters, words = (g->filters + 63) / 64;
    if (number % 6 > 1) return some;
    memset(some.dy, 0, outputs * sizeof *some.dy);
    memset(some.live, 0, g->pool_h * g->pool_w * words * 4 * sizeof *some.live);
    const size_t one = pick(0, outputs - 1), f = one % g->filters;
    if (number % 6 == 0) return some;
    some.dy[one] = -0.5f;
    some.live[(one / g->filters * words + f / 64) * 4 + some.where[one]] = (uint64_t)1 << (f % 64);
    return some;
}

static void kernels(void) {
    CASES(48, sparse_kernel_gradient) {
        const size_t width = number % 2 ? 3 : 5;
        const ck_pooled g = some_shape(number % 3 ? width : pick(1, 6), width, some_vectors(4));
        const size_t row = g.in_w * g.channels, run = width * g.channels;
        const size_t count = g.filters * g.kernel_h * run, positions = g.pool_h * g.pool_w;
        const given gradient = few_gradients(&g, number / 2);
        const float *image = numbers(image_size(&g), 1);
        // [filters][kernel_h][kernel_w][channels].
        float *dkernel = numbers(count, 0);
        const float *before = copy(dkernel, count);
        loops->sparse_kernel_gradient(&g, gradient.dy, gradient.where, gradient.live, image,
                                      gradient.entries, gradient.counts, dkernel);
        for (size_t i = 0; i < count; i++) {
            const size_t f = i / run / g.kernel_h, at = i / run % g.kernel_h * row + i % run;
            total want = {before[i], fabs(before[i])};
            for (size_t p = 0; p < positions; p++)
                add_product(&want, gradient.dy[p * g.filters + f],
                            image[corner(&g, &gradient, p, f) + at]);
            near(dkernel[i], want, positions + 1);
        }
    }
}

static void inputs(void) {
    CASES(48, sparse_input_gradient) {
        const size_t width = number % 2 ? 3 : 5;
        const ck_pooled g = some_shape(width, width, some_vectors(3));
        const size_t row = g.in_w * g.channels, taps = width * width, count = image_size(&g);
        const given gradient = few_gradients(&g, number / 2);
        // kernel[channels / lanes][filters][taps][lanes].
        const float *kernel = numbers(g.channels * g.filters * taps, 0);
        float *dx = numbers(count, 0);
        total *want = totals(count);
        for (size_t i = 0; i < count; i++) add_term(want + i, dx[i]);
        loops->sparse_input_gradient(&g, gradient.dy, gradient.live, kernel, dx);
        for (size_t p = 0; p < g.pool_h * g.pool_w; p++)
            for (size_t f = 0; f < g.filters; f++) {
                const size_t at = corner(&g, &gradient, p, f);
                for (size_t t = 0; t < taps; t++)
                    for (size_t c = 0; c < g.channels; c++)
                        add_product(want + at + t / width * row + t % width * g.channels + c,
                                    gradient.dy[p * g.filters + f],
                                    kernel[((c / lanes * g.filters + f) * taps + t) * lanes + c % lanes]);
            }
        for (size_t i = 0; i < count; i++) near(dx[i], want[i], taps * g.filters + 1);
    }
}

void check_pooled(void) {
    flags();
    kernels();
    inputs();
}
