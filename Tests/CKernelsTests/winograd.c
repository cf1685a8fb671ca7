#include "check.h"

// Winograd's algorithms round more than products one by one do, and each output with what lies about it: this
// much of the size of the largest output's terms. Measured: two thirds of it.
#define BOUND 0x1.8p-20

/// Totals of which each is as large as the largest.
static void level_sizes(total *all, size_t count) {
    double size = 0;
    for (size_t i = 0; i < count; i++) size = all[i].size > size ? all[i].size : size;
    for (size_t i = 0; i < count; i++) all[i].size = size;
}

/// Shapes with borders (`pads`), or with images that reach as far as the tiles do.
static ck_winograd some_shape(int side, int pads) {
    const size_t size = side == 4 ? 3 : 5;
    ck_winograd g = {.channels = some_vectors(2), .filters = some_vectors(5), .side = side};
    g.out_h = pick(2, 9);
    g.out_w = pick(2, 9);
    g.tiles_h = (g.out_h + (size_t)side - 1) / (size_t)side;
    g.tiles_w = (g.out_w + (size_t)side - 1) / (size_t)side;
    if (pads) {
        g.pad_top = (int32_t)pick(0, size - 1);
        g.pad_left = (int32_t)pick(0, size - 1);
        const size_t below = pick(0, size - 1), right = pick(0, size - 1);
        g.out_h += (size_t)g.pad_top + below;
        g.out_w += (size_t)g.pad_left + right;
        g.in_h = g.out_h + size - 1 - (size_t)g.pad_top - below;
        g.in_w = g.out_w + size - 1 - (size_t)g.pad_left - right;
        g.tiles_h = (g.out_h + (size_t)side - 1) / (size_t)side;
        g.tiles_w = (g.out_w + (size_t)side - 1) / (size_t)side;
    } else {
        g.in_h = (size_t)side * g.tiles_h + 6 - (size_t)side;
        g.in_w = (size_t)side * g.tiles_w + 6 - (size_t)side;
    }
    g.u_stride = g.channels * g.filters + lanes * pick(0, 1);
    g.v_stride = CK_WINOGRAD_TILES * g.channels + lanes * pick(0, 1);
    g.m_stride = CK_WINOGRAD_TILES * g.filters + lanes * pick(0, 1);
    return g;
}

static size_t size_of(const ck_winograd *g) { return g->side == 4 ? 3 : 5; }

/// Where in the images a place under the kernel is; −1 outside.
static ptrdiff_t place(const ck_winograd *g, size_t s, size_t oy, size_t ox, size_t ky, size_t kx) {
    const ptrdiff_t y = (ptrdiff_t)(oy + ky) - g->pad_top, x = (ptrdiff_t)(ox + kx) - g->pad_left;
    if (y < 0 || y >= (ptrdiff_t)g->in_h || x < 0 || x >= (ptrdiff_t)g->in_w) return -1;
    return (((ptrdiff_t)(s * g->in_h) + y) * (ptrdiff_t)g->in_w + x) * (ptrdiff_t)g->channels;
}

static total output(const ck_winograd *g, const float *images, const float *kernel,
                    const float *bias, size_t s, size_t oy, size_t ox, size_t f) {
    const size_t size = size_of(g);
    total sum = {0, 0};
    if (bias) add_term(&sum, bias[f]);
    for (size_t t = 0; t < size * size; t++) {
        const ptrdiff_t at = place(g, s, oy, ox, t / size, t % size);
        for (size_t c = 0; at >= 0 && c < g->channels; c++)
            add_product(&sum, images[at + (ptrdiff_t)c], kernel[(t * g->channels + c) * g->filters + f]);
    }
    return sum;
}

/// Part of an image that holds one value in each channel, as blank corners do.
static void blot(const ck_winograd *g, size_t samples, float *images) {
    const size_t y0 = pick(0, g->in_h - 1), x0 = pick(0, g->in_w - 1);
    for (size_t s = 0; s < samples; s++)
        for (size_t y = y0; y < g->in_h; y++)
            for (size_t x = 0; x <= x0; x++)
                for (size_t c = 0; c < g->channels; c++)
                    images[((s * g->in_h + y) * g->in_w + x) * g->channels + c] = (float)c * 0.1f;
}

static void forward(void) {
    CASES(24, winograd_forward) {
        const ck_winograd g = some_shape(number % 2 ? 4 : 2, 0);
        const size_t samples = pick(1, 3), taps = size_of(&g) * size_of(&g);
        const size_t pool_h = g.out_h / 2, pool_w = g.out_w / 2;
        const size_t outputs = samples * pool_h * pool_w * g.filters;
        float *images = numbers(samples * g.in_h * g.in_w * g.channels, 2);
        if (number % 3) blot(&g, samples, images);
        const float *kernel = numbers(taps * g.channels * g.filters, 0), *bias = numbers(g.filters, 0);
        float *u = blank(36 * g.u_stride), *v = blank(36 * g.v_stride), *m = blank(36 * g.m_stride);
        float *y = blank(outputs);
        uint8_t *where = array(outputs, 1);
        loops->winograd_kernel(&g, kernel, u);
        loops->winograd_forward(&g, samples, images, u, bias, v, m, y, where);
        total *four = totals(4 * outputs);
        for (size_t i = 0; i < 4 * outputs; i++) {
            const size_t f = i / 4 % g.filters, place = i / 4 / g.filters, k = i % 4;
            const size_t px = place % pool_w, py = place / pool_w % pool_h, s = place / pool_w / pool_h;
            four[i] = output(&g, images, kernel, bias, s, 2 * py + k / 2, 2 * px + k % 2, f);
        }
        level_sizes(four, 4 * outputs);
        for (size_t i = 0; i < outputs; i++, four += 4) {
            total best = four[0];
            for (size_t k = 1; k < 4; k++)
                if (four[k].value > best.value) best = four[k];
            // Of two that are as large as can be told, either.
            EXPECT(where[i] < 4 &&
                   four[where[i]].value >= best.value - 2 * BOUND * best.size);
            if (best.value < 0) best.value = 0;
            within(y[i], best, BOUND);
        }
    }
}

static void bordered(void) {
    CASES(24, winograd_convolution) {
        const ck_winograd g = some_shape(number % 2 ? 4 : 2, 1);
        const int relu = number / 2 % 2, adds = number / 4 % 2;
        const size_t samples = pick(1, 2), taps = size_of(&g) * size_of(&g);
        const size_t outputs = samples * g.out_h * g.out_w * g.filters;
        const float *images = numbers(samples * g.in_h * g.in_w * g.channels, 2);
        const float *kernel = numbers(taps * g.channels * g.filters, 0);
        const float *bias = number % 3 ? numbers(g.filters, 0) : NULL;
        float *u = blank(36 * g.u_stride), *v = blank(36 * g.v_stride), *m = blank(36 * g.m_stride);
        float *y = numbers(outputs, 0);
        const float *before = copy(y, outputs);
        loops->winograd_kernel(&g, kernel, u);
        loops->winograd_convolution(&g, samples, images, u, bias, relu, adds, v, m, y);
        total *want = totals(outputs);
        for (size_t i = 0; i < outputs; i++) {
            const size_t place = i / g.filters;
            want[i] = output(&g, images, kernel, bias, place / g.out_w / g.out_h,
                             place / g.out_w % g.out_h, place % g.out_w, i % g.filters);
            if (relu && want[i].value < 0) want[i].value = 0;
            if (adds) add_term(want + i, before[i]);
        }
        level_sizes(want, outputs);
        for (size_t i = 0; i < outputs; i++) within(y[i], want[i], BOUND);
    }
}

/// The kernel's gradient at the 36 points, and back from there.
static void gradients(void) {
    CASES(16, winograd_gradient) {
        const ck_winograd g = some_shape(number % 2 ? 4 : 2, 1);
        const size_t samples = pick(1, 2), size = size_of(&g), count = size * size * g.channels * g.filters;
        const size_t places = samples * g.out_h * g.out_w;
        const float *images = numbers(samples * g.in_h * g.in_w * g.channels, 2);
        const float *dy = numbers(places * g.filters, 2);
        const float scale = 0.5f;
        float *v = blank(36 * g.v_stride), *m = blank(36 * g.m_stride), *du = zeros(36 * g.u_stride);
        float *sums = numbers(g.filters, 0), *kernel = numbers(count, 0);
        const float *sums_before = copy(sums, g.filters), *before = copy(kernel, count);
        loops->winograd_gradient(&g, samples, images, dy, v, m, du, sums);
        loops->add_winograd_kernel(&g, du, scale, kernel);
        for (size_t f = 0; f < g.filters; f++) {
            total want = {sums_before[f], fabs(sums_before[f])};
            for (size_t p = 0; p < places; p++) add_term(&want, dy[p * g.filters + f]);
            near(sums[f], want, places + 1);
        }
        total *want = totals(count);
        for (size_t i = 0; i < count; i++) add_term(want + i, before[i]);
        for (size_t p = 0; p < places; p++)
            for (size_t t = 0; t < size * size; t++) {
                const ptrdiff_t at = place(&g, p / g.out_w / g.out_h, p / g.out_w % g.out_h,
                                           p % g.out_w, t / size, t % size);
                for (size_t i = 0; at >= 0 && i < g.channels * g.filters; i++)
                    add_product(want + t * g.channels * g.filters + i,
                                scale * images[at + (ptrdiff_t)(i / g.filters)],
                                dy[p * g.filters + i % g.filters]);
            }
        level_sizes(want, count);
        for (size_t i = 0; i < count; i++) within(kernel[i], want[i], BOUND);
    }
}

/// The points by the transform's definition: the kernel's polynomial at 0, ±√½, ±√2 and infinity.
static void points(void) {
    CASES(8, winograd_kernel) {
        const ck_winograd g = some_shape(number % 2 ? 4 : 2, 0);
        const size_t size = size_of(&g), tap = g.channels * g.filters;
        const double half = sqrt(0.5), two = sqrt(2);
        const double at[5] = {0, half, -half, two, -two};
        const double factor[6] = {1, -2 / 3.0, -2 / 3.0, 1 / 6.0, 1 / 6.0, 1};
        double power[6][5] = {{0}};
        for (size_t p = 0; p < 6; p++)
            for (size_t k = 0; k < size; k++)
                power[p][k] = factor[p] * (p == 5 ? k == size - 1 : pow(at[p], (double)k));
        const float *kernel = numbers(size * size * tap, 0);
        float *u = blank(36 * g.u_stride);
        loops->winograd_kernel(&g, kernel, u);
        for (size_t p = 0; p < 36; p++)
            for (size_t i = 0; i < tap; i++) {
                total want = {0, 0};
                for (size_t t = 0; t < size * size; t++)
                    add_product(&want, power[p / 6][t / size] * power[p % 6][t % size],
                                kernel[t * tap + i]);
                near(u[p * g.u_stride + i], want, 16);
            }
    }
    CASES(1, add_winograd_kernel) {
        // Zeros add nothing; what else it does is checked with `winograd_gradient`.
        const ck_winograd g = some_shape(4, 0);
        const size_t count = 9 * g.channels * g.filters;
        float *kernel = numbers(count, 0);
        const float *before = copy(kernel, count), *du = zeros(36 * g.u_stride);
        loops->add_winograd_kernel(&g, du, 3, kernel);
        same_floats(kernel, before, count);
    }
}

void check_winograd(void) {
    forward();
    bordered();
    gradients();
    points();
}
