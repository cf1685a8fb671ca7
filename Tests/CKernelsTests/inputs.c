#include "check.h"

// Dense layers whose kernel lies as it is, over the inputs that are not zero.

typedef struct {
    size_t samples, inputs, units;
    /// Of eight inputs.
    unsigned zeros;
} layer;

/// Units that fill vectors by four, by one or not at all, more samples than pass over the same rows at once,
/// inputs of which none is zero or all are.
static layer some_layer(unsigned number) {
    const size_t units = number / 18 % 3 ? pick(1, 27 * lanes) : some_vectors(27);
    return (layer){number % 5 ? pick(1, 12) : pick(60, 70), pick(1, 150), units, number % 9};
}

/// Random inputs; where nearly all are zero, one of them is alive.
static float *some_inputs(layer n) {
    const size_t count = n.samples * n.inputs;
    float *x = numbers(count, n.zeros < 8 ? n.zeros : 7 + (unsigned)pick(0, 1));
    if (n.zeros == 7) {
        memset(x, 0, count * sizeof *x);
        x[pick(0, count - 1)] = fraction();
    }
    return x;
}

static void forward(void) {
    CASES(54, dense_forward_live) {
        const layer n = some_layer(number);
        const size_t outputs = n.samples * n.units;
        const float *x = some_inputs(n), *kernel = numbers(n.inputs * n.units, 0);
        float *y = blank(outputs);
        loops->dense_forward_live(x, kernel, n.samples, n.inputs, n.units, y);
        for (size_t i = 0; i < outputs; i++) {
            total want = {0, 0};
            for (size_t k = 0; k < n.inputs; k++)
                add_product(&want, x[i / n.units * n.inputs + k], kernel[k * n.units + i % n.units]);
            near(y[i], want, n.inputs);
        }
    }
    CASES(4, dense_forward_live) {
        // What is no number is no zero.
        const layer n = some_layer(20 * number);
        float *x = some_inputs(n), *y = blank(n.samples * n.units);
        const float *kernel = numbers(n.inputs * n.units, 0);
        const size_t s = pick(0, n.samples - 1);
        x[s * n.inputs + pick(0, n.inputs - 1)] = NAN;
        loops->dense_forward_live(x, kernel, n.samples, n.inputs, n.units, y);
        for (size_t i = 0; i < n.samples * n.units; i++)
            EXPECT(!isnan(y[i]) == (i / n.units != s));
    }
}

/// xᵀ · dy at one number of the kernel.
static total gradient(layer n, const float *x, const float *dy, size_t i) {
    total sum = {0, 0};
    for (size_t s = 0; s < n.samples; s++)
        add_product(&sum, x[s * n.inputs + i / n.units], dy[s * n.units + i % n.units]);
    return sum;
}

static void gradients(void) {
    CASES(108, dense_live_gradient) {
        layer n = some_layer(number);
        // A product of matrices takes these.
        if (n.zeros < 2) n.inputs = (n.inputs + 3) / 4 * 4;
        const size_t count = n.inputs * n.units;
        const float *x = some_inputs(n), *dy = numbers(n.samples * n.units, number % 5);
        ck_entry *entries = array(64 * n.samples, sizeof *entries);
        if (number / 9 % 2) {
            float *target = numbers(count, 0), scale = -0.5f;
            const float *before = copy(target, count);
            loops->dense_live_gradient(x, dy, n.samples, n.inputs, n.units, scale, target, entries,
                                       NULL);
            for (size_t i = 0; i < count; i++) {
                const total g = gradient(n, x, dy, i);
                total want = {before[i], fabs(before[i])};
                add_term(&want, scale * g.value);
                want.size += fabs(scale) * g.size;
                near(target[i], want, n.samples + 3);
            }
            continue;
        }
        // Rows of inputs that are all zero are stepped, too, by what momentum and the like make of them:
        // three times, for a step forgotten shows in the next at the latest.
        float *parameters = numbers(count, 0);
        const ck_step step = some_step(number / 18 + number, count, parameters);
        for (int turn = 0; turn < 3; turn++) {
            const float *w = copy(parameters, count);
            const float *v = step.velocity ? copy(step.velocity, count) : NULL;
            loops->dense_live_gradient(x, dy, n.samples, n.inputs, n.units, 1, NULL, entries, &step);
            for (size_t i = 0; i < count; i++)
                near_step(&step, i, gradient(n, x, dy, i), n.samples, w[i], v ? v[i] : 0);
        }
    }
}

void check_inputs(void) {
    forward();
    gradients();
}
