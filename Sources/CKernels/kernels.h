// The list of loops that exist once per CPU level: X(result, name, parameters, arguments).
#pragma once
#include "include/CKernels.h"

// The CPU's features that the loops of a level are compiled for: X(name) asks the compiler's run time for
// one, Y(name, leaf, bit) the CPU itself, by a bit of ecx, for older run times do not know it. A level is
// used where the CPU has them all, so that one which a hypervisor hides is no illegal instruction.
#define CK_AVX2_FEATURES(X, Y)                                                                    \
    X("avx2") X("fma") X("bmi") X("bmi2") X("popcnt") Y("lzcnt", 0x80000001, 5) Y("f16c", 1, 29)
#define CK_AVX512_FEATURES(X, Y)                                                                  \
    CK_AVX2_FEATURES(X, Y)                                                                        \
    X("avx512f") X("avx512bw") X("avx512cd") X("avx512dq") X("avx512vl")
// As the attribute `target` takes them, after a first one.
#define CK_LISTED(name, ...) "," name

#define CK_FUSED_KERNELS(X)                                                                       \
    X(int64_t, lanes, (void), ())                                                                 \
    X(void, direct_convolution,                                                                   \
      (const ck_window *w, const float *image, const float *kernel, const float *bias,            \
       size_t filters, int relu, float *y),                                                       \
      (w, image, kernel, bias, filters, relu, y))                                                 \
    X(void, pooled_first,                                                                         \
      (const ck_window *w, size_t samples, const float *images, const float *kernel,              \
       const float *bias, size_t filters, size_t used, float *planes, float *y, uint8_t *where),  \
      (w, samples, images, kernel, bias, filters, used, planes, y, where))                        \
    X(void, direct_kernel_gradient,                                                               \
      (const ck_window *w, const float *image, const float *y, const float *g, size_t filters,    \
       float *dkernel, float *sums),                                                              \
      (w, image, y, g, filters, dkernel, sums))                                                   \
    X(void, winograd_kernel,                                                                      \
      (const ck_winograd *g, const float *kernel, float *u), (g, kernel, u))                      \
    X(void, winograd_forward,                                                                     \
      (const ck_winograd *g, size_t samples, const float *images, const float *u,                 \
       const float *bias, float *v, float *m, float *y, uint8_t *where),                          \
      (g, samples, images, u, bias, v, m, y, where))                                              \
    X(void, bias_relu_pool,                                                                       \
      (const float *x, const float *bias, size_t height, size_t width, size_t filters, float *y,  \
       uint8_t *where),                                                                           \
      (x, bias, height, width, filters, y, where))                                                \
    X(void, pooled_gradient,                                                                      \
      (const ck_pooled *g, const float *y, const uint8_t *where, float scale, float *dy,          \
       float *sums, uint64_t *live),                                                              \
      (g, y, where, scale, dy, sums, live))                                                       \
    X(void, sparse_kernel_gradient,                                                               \
      (const ck_pooled *g, const float *dy, const uint8_t *where, const uint64_t *live,           \
       const float *image, ck_entry *entries, uint32_t *counts, float *dkernel),                  \
      (g, dy, where, live, image, entries, counts, dkernel))                                      \
    X(void, sparse_first_gradient,                                                                \
      (const ck_pooled *g, size_t used, const float *y, const uint8_t *where, const float *dy,    \
       const float *image, ck_entry *entries, uint32_t *counts, float *dkernel, float *sums),     \
      (g, used, y, where, dy, image, entries, counts, dkernel, sums))                             \
    X(void, sparse_input_gradient,                                                                \
      (const ck_pooled *g, const float *dy, const uint64_t *live, const float *kernel, float *dx), \
      (g, dy, live, kernel, dx))                                                                  \
    X(void, winograd_convolution,                                                                 \
      (const ck_winograd *g, size_t samples, const float *images, const float *u,                 \
       const float *bias, int relu, int adds, float *v, float *m, float *y),                      \
      (g, samples, images, u, bias, relu, adds, v, m, y))                                         \
    X(void, winograd_gradient,                                                                    \
      (const ck_winograd *g, size_t samples, const float *images, const float *dy, float *v,      \
       float *m, float *du, float *sums),                                                         \
      (g, samples, images, dy, v, m, du, sums))                                                   \
    X(void, add_winograd_kernel,                                                                  \
      (const ck_winograd *g, const float *du, float scale, float *kernel),                        \
      (g, du, scale, kernel))                                                                     \
    X(void, turn_kernel,                                                                          \
      (const float *kernel, size_t taps, size_t channels, size_t filters, float *turned),         \
      (kernel, taps, channels, filters, turned))                                                  \
    X(void, convolution,                                                                          \
      (const ck_direct *g, const float *image, const float *kernel, const float *bias,       \
       int relu, int adds, float *y),                                                             \
      (g, image, kernel, bias, relu, adds, y))                                                    \
    X(void, convolution_gradient,                                                                 \
      (const ck_direct *g, const float *image, const float *dy, float *dkernel),             \
      (g, image, dy, dkernel))                                                                    \
    X(void, channel_sums, (const float *x, size_t rows, size_t channels, float *sums),            \
      (x, rows, channels, sums))                                                                  \
    X(void, channel_squares,                                                                      \
      (const float *x, const float *mean, size_t rows, size_t channels, float *sums),             \
      (x, mean, rows, channels, sums))                                                            \
    X(void, normalize,                                                                            \
      (const float *x, const float *mean, const float *scale, const float *shift,                 \
       const float *other, int relu, size_t rows, size_t channels, float *y),                     \
      (x, mean, scale, shift, other, relu, rows, channels, y))                                    \
    X(void, norm_gradient_sums,                                                                   \
      (const float *dy, const float *y, const float *x, const float *mean, size_t rows,           \
       size_t channels, float *g, float *sums, float *products),                                  \
      (dy, y, x, mean, rows, channels, g, sums, products))                                        \
    X(void, norm_gradient,                                                                        \
      (const float *g, const float *x, const float *mean, const float *scale, const float *slope, \
       const float *shift, size_t rows, size_t channels, float *dx),                              \
      (g, x, mean, scale, slope, shift, rows, channels, dx))                                      \
    X(void, add, (const float *a, const float *b, int relu, size_t count, float *y),              \
      (a, b, relu, count, y))                                                                     \
    X(void, pack_dense, (const float *kernel, size_t inputs, size_t units, float *packed),        \
      (kernel, inputs, units, packed))                                                            \
    X(void, unpack_dense, (const float *packed, size_t inputs, size_t units, float *kernel),      \
      (packed, inputs, units, kernel))                                                            \
    X(void, dense_forward,                                                                        \
      (const float *x, const float *packed, size_t samples, size_t inputs, size_t units,          \
       const uint64_t *keep, float *y),                                                           \
      (x, packed, samples, inputs, units, keep, y))                                               \
    X(void, dense_forward_live,                                                                   \
      (const float *x, const float *kernel, size_t samples, size_t inputs, size_t units,          \
       float *y),                                                                                 \
      (x, kernel, samples, inputs, units, y))                                                     \
    X(void, dense_live_gradient,                                                                  \
      (const float *x, const float *dy, size_t samples, size_t inputs, size_t units, float scale, \
       float *target, ck_entry *entries, const ck_step *step),                                    \
      (x, dy, samples, inputs, units, scale, target, entries, step))                              \
    X(void, dense_backward,                                                                       \
      (const float *x, const float *dy, const float *packed, size_t samples, size_t inputs,       \
       size_t units, float scale, float *target, float *dx, ck_entry *entries, uint32_t *starts,  \
       float *block, const ck_step *step),                                                        \
      (x, dy, packed, samples, inputs, units, scale, target, dx, entries, starts, block, step))   \
    X(void, kernel_by_filter,                                                                     \
      (const float *kernel, size_t taps, size_t channels, size_t filters, float *by_filter),      \
      (kernel, taps, channels, filters, by_filter))                                               \
    X(void, add_by_filter,                                                                        \
      (const float *by_filter, size_t rows, size_t filters, float scale, float *kernel),          \
      (by_filter, rows, filters, scale, kernel))

#define CK_KERNELS(X)                                                                             \
    X(void, keep_mask,                                                                            \
      (ck_philox_key key, uint32_t block, uint32_t threshold, size_t bits, uint64_t *mask),       \
      (key, block, threshold, bits, mask))                                                        \
    X(void, add_bias, (float *y, const float *bias, size_t rows, size_t columns),                 \
      (y, bias, rows, columns))                                                                   \
    X(void, add_bias_relu, (float *y, const float *bias, size_t rows, size_t columns),            \
      (y, bias, rows, columns))                                                                   \
    X(void, relu, (const float *x, float *y, size_t count), (x, y, count))                        \
    X(void, relu_backward, (const float *y, const float *dy, float *dx, size_t count),            \
      (y, dy, dx, count))                                                                         \
    X(void, column_sums, (const float *x, float *sums, size_t rows, size_t columns),              \
      (x, sums, rows, columns))                                                                   \
    X(float, sum, (const float *x, size_t count), (x, count))                                     \
    X(void, optimizer_step,                                                                       \
      (const ck_step *step, const float *gradient, size_t first, size_t count),                   \
      (step, gradient, first, count))                                                             \
    X(void, adam_step,                                                                            \
      (const ck_adam *step, const float *gradient, size_t first, size_t count),                   \
      (step, gradient, first, count))                                                             \
    X(double, sum_of_squares, (const float *x, size_t count), (x, count))                         \
    X(void, axpy, (float a, const float *x, float *y, size_t count), (a, x, y, count))            \
    X(void, apply_mask,                                                                           \
      (const float *x, const uint64_t *mask, float scale, float *y, size_t count),                \
      (x, mask, scale, y, count))                                                                 \
    X(void, bytes_to_floats, (const uint8_t *x, float scale, float *y, size_t count),             \
      (x, scale, y, count))                                                                       \
    X(void, im2col,                                                                               \
      (const ck_window *w, const float *image, int32_t first, int32_t last, float *columns),      \
      (w, image, first, last, columns))                                                           \
    X(void, col2im,                                                                               \
      (const ck_window *w, const float *columns, int32_t first, int32_t last, float *image),      \
      (w, columns, first, last, image))                                                           \
    X(void, max_pool, (const ck_window *w, const float *image, float *y, uint16_t *where),        \
      (w, image, y, where))                                                                       \
    X(void, max_pool_backward,                                                                    \
      (const ck_window *w, const float *dy, const uint16_t *where, float *dimage),                \
      (w, dy, where, dimage))                                                                     \
    X(ck_extent, inspect, (const float *x, size_t count), (x, count))                             \
    X(ck_changes, compare_changes,                                                                \
      (const float *moved, const float *from, const float *now, const float *before,              \
       size_t count),                                                                             \
      (moved, from, now, before, count))                                                          \
    X(void, accumulate,                                                                           \
      (const ck_weighted *x, size_t updates, size_t first, size_t count, int64_t *high,           \
       int64_t *low, int small),                                                                  \
      (x, updates, first, count, high, low, small))                                               \
    X(void, small_mean,                                                                           \
      (const int64_t *high, const int64_t *low, int64_t divisor, float *mean, size_t count),      \
      (high, low, divisor, mean, count))                                                          \
    X(void, carry, (int64_t *high, int64_t *low, size_t count), (high, low, count))               \
    CK_FUSED_KERNELS(X)

typedef struct {
#define CK_FIELD(result, name, parameters, arguments) result(*name) parameters;
    CK_KERNELS(CK_FIELD)
#undef CK_FIELD
} ck_table;

// Those of other architectures are declared, but not there.
extern const ck_table ck_table_baseline, ck_table_avx2, ck_table_avx512, ck_table_neon;

/// Of two neighbouring floats, the nearer one to (high · 2⁻²⁴ + low · 2⁻⁶⁶) / divisor.
float ck_nearer_mean(int64_t high, int64_t low, int64_t divisor, float below, float above);

/// Rounds of Philox-4x32 on one counter; shared by the single block and the vector loop.
static inline __attribute__((always_inline)) void ck_philox_rounds(uint32_t c[4], uint32_t k0,
                                                                   uint32_t k1) {
    for (int r = 0; r < 10; r++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        c[0] = n0;
        c[2] = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}
