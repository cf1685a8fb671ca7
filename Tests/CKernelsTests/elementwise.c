#include "check.h"

static void add_biases(void) {
    CASES(20, add_bias) {
        const size_t rows = pick(1, 9), columns = pick(1, 70);
        float *y = numbers(rows * columns, 0), *bias = numbers(columns, 0);
        const float *before = copy(y, rows * columns);
        loops->add_bias(y, bias, rows, columns);
        for (size_t i = 0; i < rows * columns; i++) same_float(y[i], before[i] + bias[i % columns]);
    }
    CASES(20, add_bias_relu) {
        const size_t rows = pick(1, 9), columns = pick(1, 70);
        float *y = numbers(rows * columns, 0), *bias = numbers(columns, 0);
        bias[0] = NAN;
        const float *before = copy(y, rows * columns);
        loops->add_bias_relu(y, bias, rows, columns);
        for (size_t i = 0; i < rows * columns; i++)
            same_float(y[i], positive(before[i] + bias[i % columns]));
    }
}

static void relus(void) {
    CASES(20, relu) {
        const size_t count = pick(1, 200);
        float *x = numbers(count, 2), *y = blank(count);
        x[pick(0, count - 1)] = NAN;
        loops->relu(x, y, count);
        for (size_t i = 0; i < count; i++) same_float(y[i], positive(x[i]));
    }
    CASES(20, relu_backward) {
        const size_t count = pick(1, 200);
        float *y = numbers(count, 2), *dy = numbers(count, 0), *dx = number % 2 ? blank(count) : dy;
        const float *before = copy(dy, count);
        loops->relu_backward(y, dy, dx, count);
        for (size_t i = 0; i < count; i++) same_float(dx[i], y[i] > 0 ? before[i] : 0);
    }
    CASES(20, add) {
        const size_t count = pick(1, 200);
        const int relu = number % 2;
        float *a = numbers(count, 1), *b = numbers(count, 1), *y = number % 3 ? blank(count) : a;
        const float *before = copy(a, count);
        loops->add(a, b, relu, count, y);
        for (size_t i = 0; i < count; i++) {
            const float sum = before[i] + b[i];
            same_float(y[i], relu ? positive(sum) : sum);
        }
    }
}

static void scaled(void) {
    CASES(20, axpy) {
        const size_t count = pick(1, 200);
        const float a = fraction();
        float *x = numbers(count, 0), *y = numbers(count, 0);
        const float *before = copy(y, count);
        loops->axpy(a, x, y, count);
        for (size_t i = 0; i < count; i++) {
            total want = {before[i], fabs(before[i])};
            add_product(&want, a, x[i]);
            near(y[i], want, 1);
        }
    }
    CASES(20, apply_mask) {
        const size_t count = pick(1, 300), words = (count + 63) / 64;
        const float scale = fraction();
        float *x = numbers(count, 0), *y = number % 2 ? blank(count) : x;
        const float *before = copy(x, count);
        uint64_t *mask = array(words, sizeof *mask);
        for (size_t i = 0; i < words; i++) mask[i] = (uint64_t)pick(0, SIZE_MAX - 1);
        loops->apply_mask(x, mask, scale, y, count);
        for (size_t i = 0; i < count; i++)
            same_float(y[i], mask[i / 64] >> (i % 64) & 1 ? before[i] * scale : 0);
    }
    CASES(20, bytes_to_floats) {
        const size_t count = pick(256, 400);
        uint8_t *x = array(count, 1);
        float *y = blank(count);
        // Above 127, too: a byte has no sign.
        for (size_t i = 0; i < count; i++) x[i] = (uint8_t)i;
        loops->bytes_to_floats(x, 1 / 255.0f, y, count);
        for (size_t i = 0; i < count; i++) same_float(y[i], (float)(i % 256) * (1 / 255.0f));
    }
}

static void summed(void) {
    CASES(20, sum) {
        const size_t count = pick(0, 2000);
        const float *x = numbers(count, 0);
        total want = {0, 0};
        for (size_t i = 0; i < count; i++) add_term(&want, x[i]);
        near(loops->sum(x, count), want, count);
    }
    CASES(20, column_sums) {
        const size_t rows = pick(1, 200), columns = pick(1, 150);
        float *x = numbers(rows * columns, 0), *sums = blank(columns);
        loops->column_sums(x, sums, rows, columns);
        for (size_t c = 0; c < columns; c++) {
            total want = {0, 0};
            for (size_t r = 0; r < rows; r++) add_term(&want, x[r * columns + c]);
            near(sums[c], want, rows);
        }
    }
    CASES(20, sum_of_squares) {
        const size_t count = pick(0, 500);
        const float *x = numbers(count, 0);
        const double got = loops->sum_of_squares(x, count);
        double want = 0;
        for (size_t i = 0; i < count; i++) want += (double)x[i] * x[i];
        EXPECT(fabs(got - want) <= want * (double)count * 0x1p-53);
        // In an order that the level has no say in.
        EXPECT(got == ck_table_baseline.sum_of_squares(x, count));
    }
}

void check_elementwise(void) {
    add_biases();
    relus();
    scaled();
    summed();
}
