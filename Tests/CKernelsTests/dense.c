#include "check.h"

/// A layer whose inputs end anywhere within a block.
typedef struct {
    size_t samples, inputs, units;
} layer;

static layer some_layer(void) { return (layer){pick(1, 20), pick(1, 24 * lanes), pick(1, 150)}; }

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
        // Blocks of eight vectors of inputs, the last as wide as what is left.
        const layer n = some_layer();
        const size_t block = 8 * lanes;
        const float *kernel = numbers(n.inputs * n.units, 0);
        float *packed = blank(n.inputs * n.units);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        for (size_t i = 0; i < n.inputs; i++)
            for (size_t u = 0; u < n.units; u++) {
                const size_t first = i / block * block;
                const size_t width = n.inputs - first < block ? n.inputs - first : block;
                same_float(packed[first * n.units + u * width + i - first], kernel[i * n.units + u]);
            }
    }
}

static total output(layer n, const float *x, const float *kernel, size_t s, size_t u) {
    total sum = {0, 0};
    for (size_t i = 0; i < n.inputs; i++)
        add_product(&sum, x[s * n.inputs + i], kernel[i * n.units + u]);
    return sum;
}

static void forward(void) {
    CASES(24, dense_forward) {
        const layer n = some_layer();
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
    CASES(24, dense_forward_live) {
        layer n = some_layer();
        n.units = some_vectors(150 / lanes);
        const size_t outputs = n.samples * n.units;
        const float *x = numbers(n.samples * n.inputs, 5);
        const float *kernel = numbers(n.inputs * n.units, 0);
        float *y = blank(outputs);
        loops->dense_forward_live(x, kernel, n.samples, n.inputs, n.units, y);
        for (size_t i = 0; i < outputs; i++)
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
    CASES(36, dense_backward) {
        const layer n = some_layer();
        const size_t count = n.inputs * n.units, tiles = (n.units + CK_DENSE_UNITS - 1) / CK_DENSE_UNITS;
        const float *x = numbers(n.samples * n.inputs, 2), *dy = numbers(n.samples * n.units, 4);
        const float *kernel = numbers(count, 0);
        float *packed = blank(count), *back = blank(count);
        float *dx = number % 4 ? blank(n.samples * n.inputs) : NULL;
        ck_entry *entries = array(2 * n.samples * n.units, sizeof *entries);
        uint32_t *starts = array(tiles * n.samples + n.units + 2, sizeof *starts);
        float *block = blank(n.samples * 8 * lanes);
        loops->pack_dense(kernel, n.inputs, n.units, packed);
        // Into the kernel itself, elsewhere, or by a step with momentum.
        const int stepped = number % 3 == 2;
        float *target = number % 3 == 0 ? packed : numbers(count, 0);
        const float *before = copy(target, count), *velocity_before = before;
        const ck_step step = {.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f,
                              .gradient_scale = 1, .parameters = packed, .velocity = target};
        const float scale = stepped ? 1 : -0.5f;
        loops->dense_backward(x, dy, packed, n.samples, n.inputs, n.units, scale,
                              stepped ? packed : target, dx, entries, starts, block,
                              stepped ? &step : NULL);
        for (size_t i = 0; dx && i < n.samples * n.inputs; i++) {
            total want = {0, 0};
            for (size_t u = 0; u < n.units; u++)
                add_product(&want, dy[i / n.inputs * n.units + u], kernel[i % n.inputs * n.units + u]);
            near(dx[i], want, n.units);
        }
        float *unpacked_before = blank(count), *velocity = blank(count);
        loops->unpack_dense(velocity_before, n.inputs, n.units, unpacked_before);
        loops->unpack_dense(target, n.inputs, n.units, velocity);
        loops->unpack_dense(packed, n.inputs, n.units, back);
        for (size_t i = 0; i < count; i++) {
            const total g = gradient(n, x, dy, i / n.units, i % n.units);
            total want = {unpacked_before[i], fabs(unpacked_before[i])};
            if (!stepped) {
                add_term(&want, scale * g.value);
                want.size += fabs(scale) * g.size;
                near(velocity[i], want, n.samples + 3);
                continue;
            }
            want = g;
            add_product(&want, 0.9f, unpacked_before[i]);
            add_product(&want, 0.01f, kernel[i]);
            near(velocity[i], want, n.samples + 4);
            total moved = {kernel[i], fabs(kernel[i])};
            add_product(&moved, -0.1f, velocity[i]);
            near(back[i], moved, 2);
        }
    }
}

void check_dense(void) {
    packing();
    forward();
    backward();
}
