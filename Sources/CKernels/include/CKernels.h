/// C loops behind the Swift targets. No kernel allocates or does I/O.
///
/// Each loop is compiled three times (baseline, AVX2 + FMA, AVX-512) from `kernels.inc`; the best
/// that the CPU has is chosen once, when the program starts. Shapes by letter: N batch, H, W, C,
/// arrays row-major NHWC.
#pragma once
#include <stddef.h>
#include <stdint.h>

// MARK: CPU

/// How far the loops go in using the CPU.
enum ck_level { ck_level_baseline = 0, ck_level_avx2 = 1, ck_level_avx512 = 2 };

/// The level in use: the CPU's best, or less where `FEDERATED_SIMD` (baseline, avx2, avx512) says so.
int ck_level(void);
/// The best level that this CPU has.
int ck_best_level(void);
/// Uses another level from now on; levels above `ck_best_level()` are lowered to it. For tests.
void ck_set_level(int level);

/// How many processors this process may use: its affinity mask, so containers and taskset count.
int ck_processor_count(void);

/// What became of OpenBLAS's own choice of kernels: 0 left alone (it was right, or the user had set
/// OPENBLAS_CORETYPE), 1 corrected, -1 looks wrong and could not be corrected.
int ck_blas_core_state(void);

// MARK: Random numbers (Philox-4x32-10)

typedef struct {
    uint64_t seed;
    uint32_t round, client, purpose;
} ck_philox_key;

typedef struct {
    uint32_t words[4];
} ck_philox_output;

/// Block `block` of a stream.
ck_philox_output ck_philox_block(ck_philox_key key, uint32_t block);
/// `bits` keep-flags from block `block` on, 64 to a word, bit i of word w for element 64 w + i;
/// a flag is 1 with probability `threshold` / 65536. Uses 16 blocks for every 128 flags begun.
void ck_keep_mask(ck_philox_key key, uint32_t block, uint32_t threshold, size_t bits,
                  uint64_t *mask);

// MARK: Elementwise

/// y[r][c] += bias[c].
void ck_add_bias(float *y, const float *bias, size_t rows, size_t columns);
/// y[r][c] = max(y[r][c] + bias[c], 0).
void ck_add_bias_relu(float *y, const float *bias, size_t rows, size_t columns);
/// y = max(x, 0).
void ck_relu(const float *x, float *y, size_t count);
/// dx = y > 0 ? dy : 0; dx may be dy.
void ck_relu_backward(const float *y, const float *dy, float *dx, size_t count);
/// sums[c] = sum over r of x[r][c].
void ck_column_sums(const float *x, float *sums, size_t rows, size_t columns);
/// y += a x.
void ck_axpy(float a, const float *x, float *y, size_t count);
/// y = keep ? x * scale : 0, flags as `ck_keep_mask` leaves them; y may be x.
void ck_apply_mask(const float *x, const uint64_t *mask, float scale, float *y, size_t count);
/// y = x * scale, from bytes.
void ck_bytes_to_floats(const uint8_t *x, float scale, float *y, size_t count);
/// Sum of all elements in double precision.
double ck_sum(const float *x, size_t count);
/// Sum of squares in double precision.
double ck_sum_of_squares(const float *x, size_t count);

// MARK: Convolution and pooling

/// A window that slides over an image: `valid` padding has pad_top = pad_left = 0; `same` puts
/// the odd one at the bottom and right. Positions outside the image count as 0 (convolution) or
/// are left out (pooling).
typedef struct {
    int32_t in_h, in_w, channels;
    int32_t window_h, window_w, stride_h, stride_w, pad_top, pad_left;
    int32_t out_h, out_w;
} ck_window;

/// Rows of an image's column matrix: output rows [first, last) → columns[(last−first)·out_w][window_h·window_w·channels].
void ck_im2col(const ck_window *w, const float *image, int32_t first, int32_t last, float *columns);
/// The transpose of `ck_im2col`: adds the columns' gradients onto the image's.
void ck_col2im(const ck_window *w, const float *columns, int32_t first, int32_t last, float *image);
/// Largest of each window of one image: y[out_h][out_w][channels], and where it was, as the position
/// in the window counted row by row (the first of equals).
void ck_max_pool(const ck_window *w, const float *image, float *y, uint16_t *where);
/// Adds dy onto dimage, where the largest was.
void ck_max_pool_backward(const ck_window *w, const float *dy, const uint16_t *where, float *dimage);

// MARK: Loss

/// Softmax and cross-entropy of `rows` rows of logits. Returns the summed loss in nats; counts rows
/// whose largest logit is the label's into *correct; with dlogits not null, puts
/// (softmax − onehot) · scale there. Computed in double precision by log-sum-exp: finite at any
/// finite logits.
double ck_softmax_cross_entropy(const float *logits, const uint8_t *labels, size_t rows,
                                size_t classes, float scale, float *dlogits, int64_t *correct);

// MARK: Exact sums

/// What `ck_inspect` finds.
typedef struct {
    float largest;          // max |x|, 0 for none
    float smallest_nonzero; // min |x| over x ≠ 0, infinity for none
    int64_t first_bad;      // position of the first NaN or infinity, −1 for none
} ck_extent;
ck_extent ck_inspect(const float *x, size_t count);

/// Adds weight · x to fixed-point sums: high counts 2⁻²⁴, low counts 2⁻⁶⁶. Exact where
/// |weight · x| < 2³⁸, weight < 2²⁹ and every x ≠ 0 has |x| ≥ 2⁻⁴³; what lies below 2⁻⁶⁶ is left to
/// `ck_accumulate_tail`.
void ck_accumulate(const float *x, double weight, int64_t *high, int64_t *low, size_t count);
/// Adds what `ck_accumulate` leaves of weight · x: third counts 2⁻¹⁰⁸, fourth 2⁻¹⁵⁰.
void ck_accumulate_tail(const float *x, double weight, int64_t *third, int64_t *fourth,
                        size_t count);
/// Moves what exceeds ±2⁴¹ units of `low` into `high` (one unit of high is 2⁴² of low).
void ck_carry(int64_t *high, int64_t *low, size_t count);
/// mean[i] = (high · 2⁻²⁴ + low · 2⁻⁶⁶ + third · 2⁻¹⁰⁸ + fourth · 2⁻¹⁵⁰) / divisor, rounded once to
/// the nearest float, ties to even; third and fourth may be null.
void ck_exact_mean(const int64_t *high, const int64_t *low, const int64_t *third,
                   const int64_t *fourth, int64_t divisor, float *mean, size_t count);
