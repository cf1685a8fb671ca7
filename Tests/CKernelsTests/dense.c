#include "check.h"

/// A layer whose inputs end anywhere within a block.
typedef struct {
    size_t samples, inputs, units;
} layer;

static layer some_layer(void) { return (layer){pick(1, 20), pick(1, 24 * lanes), pick(1, 150)}; }

/// Blocks of eight vectors of inputs, the last as wide as what is left.
static size_t packed_place(layer n, size_t i, size_t u) {
    const size_t block = 8 * lanes, first = i / block * block;
    const size_t width = n.inputs - first < block ? n.inputs - first : block;
    return first * n.units + u * width + i - first;
}

static void packing(void) {
    CASES(10, unpack_dense) {
        const layer n = some_layer();
        const size_t count = n.inputs * n.units;
        const float *kernel = numbers(count, 0);
        float *packed = blank(count), *back = blank(count);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        loops->unpack_dense(packed, n.inputs, n.units, back);
        same_floats(back, kernel, count);
    }
    CASES(10, pack_dense) {
        const layer n = some_layer();
        const float *kernel = numbers(n.inputs * n.units, 0);
        float *packed = blank(n.inputs * n.units);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        for (size_t i = 0; i < n.inputs; i++)
            for (size_t u = 0; u < n.units; u++)
                same_float(packed[packed_place(n, i, u)], kernel[i * n.units + u]);
    }
}

static total output(layer n, const float *x, const float *kernel, size_t s, size_t u) {
    total sum = {0, 0};
    for (size_t i = 0; i < n.inputs; i++)
        add_product(&sum, x[s * n.inputs + i], kernel[i * n.units + u]);
    return sum;
}

static void forward(void) {
    CASES(48, dense_forward) {
        layer n = some_layer();
        // More than are gone through before lanes are added up, and each count of samples and units that is
        // left of what goes together.
        if (number % 4 == 0) n = (layer){1 + number / 4, pick(500, 1100), pick(1, 13)};
        const size_t count = n.inputs * n.units, outputs = n.samples * n.units;
        const float *x = numbers(n.samples * n.inputs, 2), *kernel = numbers(count, 0);
        float *packed = blank(count), *y = blank(outputs);
        uint64_t *keep = number % 2 ? array(outputs / 64 + 1, sizeof *keep) : NULL;
        for (size_t i = 0; keep && i <= outputs / 64; i++) keep[i] = (uint64_t)pick(0, SIZE_MAX - 1);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        loops->dense_forward(x, packed, n.samples, n.inputs, n.units, keep, y);
        for (size_t i = 0; i < outputs; i++)
            if (keep && !(keep[i / 64] >> (i % 64) & 1))
                same_float(y[i], 0);
            else
                near(y[i], output(n, x, kernel, i / n.units, i % n.units), n.inputs);
    }
}

/// xᵀ · dy at one number of the kernel.
static total gradient(layer n, const float *x, const float *dy, size_t i, size_t u) {
    total sum = {0, 0};
    for (size_t s = 0; s < n.samples; s++)
        add_product(&sum, x[s * n.inputs + i], dy[s * n.units + u]);
    return sum;
}

static void backward(void) {
    CASES(48, dense_backward) {
        const layer n = some_layer();
        const size_t count = n.inputs * n.units, tiles = (n.units + CK_DENSE_UNITS - 1) / CK_DENSE_UNITS;
        // Gradients of which none is alive, one, or more.
        float *x = numbers(n.samples * n.inputs, 2);
        float *dy = numbers(n.samples * n.units, number % 8 < 6 ? number % 8 : 8);
        if (number % 8 == 6) dy[pick(0, n.samples * n.units - 1)] = 1;
        const float *kernel = numbers(count, 0);
        float *packed = blank(count);
        float *dx = number % 4 ? blank(n.samples * n.inputs) : NULL;
        ck_entry *entries = array(2 * n.samples * n.units, sizeof *entries);
        uint32_t *starts = array(tiles * n.samples + n.units + 2, sizeof *starts);
        float *block = blank(n.samples * 8 * lanes);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        // Into the kernel itself, elsewhere, or by a step with momentum.
        const int stepped = number % 3 == 2;
        float *target = number % 3 ? numbers(count, 0) : packed;
        const float *packed_before = copy(packed, count), *before = copy(target, count);
        const ck_step step = some_step(number / 3, count, packed);
        const float *velocity = step.velocity ? copy(step.velocity, count) : NULL;
        const float scale = stepped ? 1 : -0.5f;
        loops->dense_backward(x, dy, packed, n.samples, n.inputs, n.units, scale,
                              stepped ? NULL : target, dx, entries, starts, block,
                              stepped ? &step : NULL);
        for (size_t i = 0; dx && i < n.samples * n.inputs; i++) {
            total want = {0, 0};
            for (size_t u = 0; u < n.units; u++)
                add_product(&want, dy[i / n.inputs * n.units + u], kernel[i % n.inputs * n.units + u]);
            near(dx[i], want, n.units);
        }
        for (size_t i = 0; i < count; i++) {
            const total g = gradient(n, x, dy, i / n.units, i % n.units);
            const size_t at = packed_place(n, i / n.units, i % n.units);
            if (stepped) {
                near_step(&step, at, g, n.samples, packed_before[at], velocity ? velocity[at] : 0);
                continue;
            }
            total want = {before[at], fabs(before[at])};
            add_term(&want, scale * g.value);
            want.size += fabs(scale) * g.size;
            near(target[at], want, n.samples + 3);
        }
    }
}

void check_dense(void) {
    packing();
    forward();
    backward();
}
