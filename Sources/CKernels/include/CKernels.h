/// C loops behind the Swift targets. No kernel allocates or does I/O.
///
/// Each loop is compiled from `kernels.inc` for each level: baseline, AVX2 + FMA and AVX-512 on x86-64,
/// baseline and NEON on aarch64, baseline alone on others. The best that the CPU has is chosen once, when
/// the program starts. Shapes by letter: N batch, H, W, C,
/// arrays row-major NHWC.
#pragma once
#include <stddef.h>
#include <stdint.h>

// MARK: CPU

/// How far the loops go in using the CPU. At the baseline nothing is fused: it gives the same bits on every
/// architecture.
enum ck_level {
    ck_level_baseline = 0,
#if defined(__x86_64__)
    ck_level_avx2 = 1,
    ck_level_avx512 = 2,
#elif defined(__aarch64__)
    ck_level_neon = 1,
#endif
};

/// The level in use: the CPU's best, or less where `FEDERATED_SIMD` (baseline, avx2, avx512; on aarch64
/// baseline, neon) says so.
int ck_level(void);
/// The best level that this CPU has.
int ck_best_level(void);
/// Uses another level on this thread from now on; levels above `ck_best_level()` are lowered to it.
/// For tests. A plan must be used at the level it was made at.
void ck_set_level(int level);

/// How many processors this process may use: its affinity mask, so containers and taskset count.
int ck_processor_count(void);

/// From now on this thread's arithmetic takes numbers below 2⁻¹²⁶ (in double precision 2⁻¹⁰²²) for zero,
/// operands and results alike (flush ≠ 0), or knows them (0), at every level; CPUs without such a mode
/// always know them. Returns what was so before, for `ck_restore_denormals`.
uint64_t ck_flush_denormals(int flush);
/// Makes it as `ck_flush_denormals` found it.
void ck_restore_denormals(uint64_t before);

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
/// a flag is 1 with probability `threshold` / 65536. Uses 16 blocks for every 2,048 flags begun and
/// every binary digit that the probability needs.
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
/// The sum of x, in several partial sums.
float ck_sum(const float *x, size_t count);
/// y += a x.
void ck_axpy(float a, const float *x, float *y, size_t count);
/// y = keep ? x * scale : 0, flags as `ck_keep_mask` leaves them; y may be x.
void ck_apply_mask(const float *x, const uint64_t *mask, float scale, float *y, size_t count);
/// y = x * scale, from bytes.
void ck_bytes_to_floats(const uint8_t *x, float scale, float *y, size_t count);

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

// MARK: The fused engine

// Convolutions take filters and (but for the direct loops) channels that are multiples of `ck_lanes`.

/// Floats in a vector of the level in use: 4, 8 or 16.
int64_t ck_lanes(void);

enum {
    /// Tiles that go through a Winograd convolution at once.
    CK_WINOGRAD_TILES = 24,
    /// Places under a kernel, c_in counted where it lies in the image, that the loops take at most.
    CK_MAX_TAPS = 256,
    /// 64 filters to a word.
    CK_MAX_FILTER_WORDS = 16,
    /// Units of a dense layer that go backward at once.
    CK_DENSE_UNITS = 64,
};

/// y = conv(image) + bias without padding, or max(0, that), product by product; for few channels.
void ck_direct_convolution(const ck_window *w, const float *image, const float *kernel,
                           const float *bias, size_t filters, int relu, float *y);
/// A batch's images through that convolution at stride 1, ReLU and 2×2 pooling: y and where[out_h / 2][out_w / 2]
/// [filters], of which only the first `used` are computed and the others 0. Window and channels make
/// ≤ CK_MAX_TAPS. Scratch: planes[samples][4][channels][⌈in_h / 2⌉][⌈in_w / 2⌉]; what
/// lies within a row of the window and two vectors behind it is read.
void ck_pooled_first(const ck_window *w, size_t samples, const float *images, const float *kernel,
                     const float *bias, size_t filters, size_t used, float *planes, float *y,
                     uint8_t *where);
/// dkernel += the kernel gradient of a convolution without padding, and sums[filters] += its bias's, from
/// the gradient g[out_h][out_w][filters] of the output, or of max(0, y) where y is not null; for few
/// channels: window and channels make ≤ CK_MAX_TAPS.
void ck_direct_kernel_gradient(const ck_window *w, const float *image, const float *y,
                               const float *g, size_t filters, float *dkernel, float *sums);

/// A convolution at stride 1 by Winograd's F(4×4, 3×3) or F(2×2, 5×5), with ReLU and 2×2 pooling.
typedef struct {
    size_t channels, filters;
    /// The input, which reaches to side · tiles + 6 − side in both directions.
    size_t in_h, in_w;
    /// The convolution's output, before pooling.
    size_t out_h, out_w, tiles_h, tiles_w;
    /// Floats from one of the 36 points to the next.
    size_t u_stride, v_stride, m_stride;
    /// Outputs of a tile in each direction: 4 for a kernel of 3×3, 2 for one of 5×5.
    int32_t side;
    /// Rows and columns of zeros above and to the left; for `ck_winograd_convolution` and its gradient.
    int32_t pad_top, pad_left;
} ck_winograd;

/// kernel[3][3][channels][filters], or of 5×5 → u[36][channels][filters].
void ck_winograd_kernel(const ck_winograd *g, const float *kernel, float *u);
/// A batch of images. Scratch: v[36][CK_WINOGRAD_TILES][channels], m[36][CK_WINOGRAD_TILES][filters].
/// y is the pooled output, and `where` says which of the four (row by row) was the largest.
void ck_winograd_forward(const ck_winograd *g, size_t samples, const float *images, const float *u,
                         const float *bias, float *v, float *m, float *y, uint8_t *where);
/// y = max(0, largest of each 2×2 window of x[height][width][filters] + bias), and which it was.
void ck_bias_relu_pool(const float *x, const float *bias, size_t height, size_t width,
                       size_t filters, float *y, uint8_t *where);

// Convolutions without pooling: what lies outside an image is zero, and images are as large as they like.

/// y = conv(images) + bias (null for none), or max(0, that); added to what is there where `adds` says so.
/// Scratch as for `ck_winograd_forward`. The gradient of the input is the same with the output's gradient
/// for images, a kernel that `ck_turn_kernel` has turned, and size − 1 − padding for padding.
void ck_winograd_convolution(const ck_winograd *g, size_t samples, const float *images,
                             const float *u, const float *bias, int relu, int adds, float *v,
                             float *m, float *y);
/// du[36][channels][filters] += the kernel's gradient at the 36 points, and sums[filters] += the bias's.
void ck_winograd_gradient(const ck_winograd *g, size_t samples, const float *images,
                          const float *dy, float *v, float *m, float *du, float *sums);
/// kernel += scale · the gradient whose points are du.
void ck_add_winograd_kernel(const ck_winograd *g, const float *du, float scale, float *kernel);
/// kernel[taps][channels][filters] → turned[taps][filters][channels], the last tap first.
void ck_turn_kernel(const float *kernel, size_t taps, size_t channels, size_t filters,
                    float *turned);

/// A convolution of any stride, product by product, whose window stays in the image. Steps count
/// Floats.
typedef struct {
    size_t channels, filters, kernel_h, kernel_w;
    size_t out_h, out_w;
    /// In the image, from one row to the next, and from one output's place to that of the next one in its row
    /// and in its column.
    size_t in_row, in_step, in_down;
    /// The same in the output.
    size_t out_step, out_down;
} ck_direct;

/// y = conv(image) + bias (null for none) of one image; `relu` and `adds` as above.
void ck_convolution(const ck_direct *g, const float *image, const float *kernel,
                    const float *bias, int relu, int adds, float *y);
/// dkernel[kernel_h][kernel_w][channels][filters] += the kernel's gradient of one image.
void ck_convolution_gradient(const ck_direct *g, const float *image, const float *dy,
                             float *dkernel);

// Normalisation of x[rows][channels], each channel with numbers of its own; channels are a multiple of
// `ck_lanes`.

/// sums[c] += Σ x[r][c].
void ck_channel_sums(const float *x, size_t rows, size_t channels, float *sums);
/// sums[c] += Σ (x[r][c] − mean[c])².
void ck_channel_squares(const float *x, const float *mean, size_t rows, size_t channels,
                        float *sums);
/// y[r][c] = (x[r][c] − mean[c]) · scale[c] + shift[c], plus other[r][c] if that is not null; with `relu`
/// at least 0. y may be x.
void ck_normalize(const float *x, const float *mean, const float *scale, const float *shift,
                  const float *other, int relu, size_t rows, size_t channels, float *y);
/// With g = dy where y > 0 and 0 elsewhere, which is written: sums[c] += Σ g[r][c] and
/// products[c] += Σ g[r][c] · (x[r][c] − mean[c]). With y null g is dy and nothing is written. g may be dy.
void ck_norm_gradient_sums(const float *dy, const float *y, const float *x, const float *mean,
                           size_t rows, size_t channels, float *g, float *sums, float *products);
/// dx[r][c] = g[r][c] · scale[c] − (x[r][c] − mean[c]) · slope[c] − shift[c]. dx may be g.
void ck_norm_gradient(const float *g, const float *x, const float *mean, const float *scale,
                      const float *slope, const float *shift, size_t rows, size_t channels,
                      float *dx);
/// y = a + b, or max(0, a + b); y may be either.
void ck_add(const float *a, const float *b, int relu, size_t count, float *y);

/// A convolution at stride 1 whose output goes through ReLU and 2×2 pooling.
typedef struct {
    size_t channels, filters, kernel_h, kernel_w;
    size_t in_w;
    size_t pool_h, pool_w;
} ck_pooled;

/// A gradient that is not zero, and where what belongs to it begins.
typedef struct {
    float gradient;
    uint32_t offset;
} ck_entry;

/// One sample's gradient dy[pool_h][pool_w][filters] behind ReLU and dropout, in place:
/// y > 0 ? scale · dy : 0. Adds it to sums[filters], and flags where it is not zero: live[pool_h · pool_w][words of 64 filters][4], a bit
/// for each filter in the word of the place (`where`) that its maximum came from.
void ck_pooled_gradient(const ck_pooled *g, const float *y, const uint8_t *where, float scale,
                        float *dy, float *sums, uint64_t *live);
/// dkernel[filters][kernel_h][kernel_w][channels] += the image's patches · dy where that is not zero.
/// Scratch: entries[filters][pool_h · pool_w], counts[filters].
void ck_sparse_kernel_gradient(const ck_pooled *g, const float *dy, const uint8_t *where,
                               const uint64_t *live, const float *image, ck_entry *entries,
                               uint32_t *counts, float *dkernel);
/// The same of a first layer, whose channels fill no vectors, for its first `used` filters, straight from
/// what `ck_pooled_gradient` takes: dkernel[filters][kernel_h][kernel_w · channels, rounded up to `ck_lanes`]
/// and sums[filters]. What a row is rounded up by is left to chance. Up to two vectors are read beyond the
/// image. Scratch: entries[filters][(pool_h + 1) · pool_w + 8], counts[filters].
void ck_sparse_first_gradient(const ck_pooled *g, size_t used, const float *y,
                              const uint8_t *where, const float *dy, const float *image,
                              ck_entry *entries, uint32_t *counts, float *dkernel, float *sums);
/// dx += kernel[channels / lanes][filters][kernel_h][kernel_w][lanes] · dy where that is not zero.
/// Kernels are 3 or 5 wide; there are at most 64 · CK_MAX_FILTER_WORDS filters.
void ck_sparse_input_gradient(const ck_pooled *g, const float *dy, const uint64_t *live,
                              const float *kernel, float *dx);

/// One step of stochastic gradient descent with momentum: for a gradient g,
/// v = momentum · v + g + weight_decay · w + proximal · (w − anchor) and
/// w −= learning_rate · (v + correction). Arrays are laid out as the parameters w are; null ones
/// leave out their term. A velocity below 2⁻¹⁰⁰ is zero.
typedef struct {
    float learning_rate, momentum, weight_decay, proximal;
    /// What the gradient is multiplied by first: below 1 where it is clipped.
    float gradient_scale;
    /// Whether the step looks ahead: v = momentum · v + d and w −= learning_rate · (d + momentum · v +
    /// correction), d being what the velocity gains.
    int nesterov;
    float *parameters, *velocity;
    const float *anchor, *correction;
} ck_step;

/// One step of Adam: for d = gradient_scale · g + weight_decay · w + proximal · (w − anchor),
/// m = beta1 · m + (1 − beta1) · d, v = beta2 · v + (1 − beta2) · d² and
/// w = keep · w − rate · m / (√v · square_scale + epsilon). Arrays are laid out as the parameters w are;
/// a null anchor leaves out its term.
typedef struct {
    /// η / (1 − beta1ᵗ) and 1 / √(1 − beta2ᵗ) of the step t.
    float rate, square_scale;
    float beta1, beta2, epsilon;
    /// What decays as part of the gradient, and what is left of w where it decays by itself: 1 − ηλ.
    float weight_decay, keep;
    float proximal, gradient_scale;
    float *parameters, *mean, *square;
    const float *anchor;
} ck_adam;

/// The step of parameters first ..< first + count; `gradient` is laid out as they are.
void ck_optimizer_step(const ck_step *step, const float *gradient, size_t first, size_t count);
/// The same of Adam.
void ck_adam_step(const ck_adam *step, const float *gradient, size_t first, size_t count);
/// The sum of x², in double precision and an order that the count alone decides.
double ck_sum_of_squares(const float *x, size_t count);

/// kernel[inputs][units] → packed, an order of the level's own that dense layers are computed in.
void ck_pack_dense(const float *kernel, size_t inputs, size_t units, float *packed);
/// The reverse of `ck_pack_dense`.
void ck_unpack_dense(const float *packed, size_t inputs, size_t units, float *kernel);
/// y[samples][units] = x[samples][inputs] · kernel. With `keep` not null, units without a flag there
/// (bit s · units + u, as `ck_keep_mask` leaves them) are not computed, but 0.
void ck_dense_forward(const float *x, const float *packed, size_t samples, size_t inputs,
                      size_t units, const uint64_t *keep, float *y);
/// y[samples][units] = x[samples][inputs] · kernel[inputs][units], not packed, over what is not zero
/// in x; many units, or a multiple of `ck_lanes`.
void ck_dense_forward_live(const float *x, const float *kernel, size_t samples, size_t inputs,
                           size_t units, float *y);
/// target += scale · xᵀ · dy, not packed, over what is not zero in x. With `step` not null the gradient
/// goes nowhere, but is stepped by at once: as in `ck_dense_backward`. Scratch: entries[64 · samples].
void ck_dense_live_gradient(const float *x, const float *dy, size_t samples, size_t inputs,
                            size_t units, float scale, float *target, ck_entry *entries,
                            const ck_step *step);
/// In one pass over the kernel: dx = dy · kernelᵀ and, packed, target += scale · xᵀ · dy, over what
/// is not zero in dy. `target` may be `packed`; dx may be null if nobody wants it. With `step` not
/// null the gradient goes nowhere, but is stepped by at once, while what the step reads is in the
/// cache: the step's arrays begin at the kernel, its parameters are `packed`, `scale` is 1. Scratch:
/// entries[2 · samples · units], starts[(⌈units / CK_DENSE_UNITS⌉ · samples + units + 2)],
/// block[samples][8 · lanes].
void ck_dense_backward(const float *x, const float *dy, const float *packed, size_t samples,
                       size_t inputs, size_t units, float scale, float *target, float *dx,
                       ck_entry *entries, uint32_t *starts, float *block, const ck_step *step);

/// kernel[taps][channels][filters] → [channels / lanes][filters][taps][lanes].
void ck_kernel_by_filter(const float *kernel, size_t taps, size_t channels, size_t filters,
                         float *by_filter);
/// kernel[rows][filters] += scale · by_filter[filters][rows].
void ck_add_by_filter(const float *by_filter, size_t rows, size_t filters, float scale,
                      float *kernel);

// MARK: Loss

/// Moves an image [height][width][channels] by so many pixels, in place; what comes in at the edges is
/// black[channels]. Then mirrors it, left for right, where `flipped` is not 0.
void ck_shift_image(float *image, int32_t height, int32_t width, int32_t channels, int32_t down,
                    int32_t right, int flipped, const float *black);
/// x[rows][channels] = (x − mean[c]) / deviation[c].
void ck_standardize(float *x, size_t rows, size_t channels, const float *mean,
                    const float *deviation);

/// Softmax and cross-entropy of `rows` rows of logits. Returns the summed loss in nats; counts rows
/// whose largest logit is the label's into *correct; with dlogits not null, puts
/// (softmax − q) · scale there, q being 1 − smoothing for the label and smoothing / classes for each.
/// Computed in double precision by log-sum-exp: finite at any finite logits.
double ck_softmax_cross_entropy(const float *logits, const int32_t *labels, size_t rows,
                                size_t classes, float smoothing, float scale, float *dlogits,
                                int64_t *correct);
/// Sigmoid and cross-entropy of rows of `outputs` logits with targets of 0 to 1, each row's mean. Returns
/// the summed loss; counts rows all of whose outputs are on their target's side into *correct; with dlogits
/// not null, puts (σ − target) / outputs · scale there.
double ck_sigmoid_cross_entropy(const float *logits, const float *targets, size_t rows,
                                size_t outputs, float scale, float *dlogits, int64_t *correct);
/// Squared error of rows of `outputs` values, each row's mean. Returns the sum; with dvalues not null, puts
/// 2 (value − target) / outputs · scale there.
double ck_squared_error(const float *values, const float *targets, size_t rows, size_t outputs,
                        float scale, float *dvalues);

// MARK: Exact sums

/// What `ck_inspect` finds.
typedef struct {
    float largest;          // max |x|, 0 for none
    float smallest_nonzero; // min |x| over x ≠ 0, infinity for none
    int64_t first_bad;      // position of the first NaN or infinity, −1 for none
} ck_extent;
ck_extent ck_inspect(const float *x, size_t count);

/// What `ck_compare_changes` finds: sums of products of two vectors' changes.
typedef struct {
    double squares; // Σ u², of the first change
    double product; // Σ u v
    double other;   // Σ v², of the second change
} ck_changes;
/// Compares u = moved − from with v = now − before; with `from` null u is `moved`, with `before` null v is 0.
/// Differences, products and sums are double, and added in an order that is the same at every level: the
/// figures depend on the numbers alone.
ck_changes ck_compare_changes(const float *moved, const float *from, const float *now,
                              const float *before, size_t count);

/// A vector and what it is multiplied by.
typedef struct {
    const float *values;
    double weight;
} ck_weighted;

/// Adds weight · x[first ..< first + count] of several vectors to fixed-point sums of `count`: high
/// counts 2⁻²⁴, low counts 2⁻⁶⁶. Exact where |weight · x| < 2³⁸, weight < 2²⁹ and every x ≠ 0 has
/// |x| ≥ 2⁻⁴³; what lies below 2⁻⁶⁶ is left to `ck_accumulate_tail`. With `small`, which takes a quarter
/// of the time, |weight · x| < 2²⁷.
void ck_accumulate(const ck_weighted *x, size_t updates, size_t first, size_t count, int64_t *high,
                   int64_t *low, int small);
/// Adds what `ck_accumulate` leaves of weight · x: third counts 2⁻¹⁰⁸, fourth 2⁻¹⁵⁰.
void ck_accumulate_tail(const float *x, double weight, int64_t *third, int64_t *fourth,
                        size_t count);
/// Moves what exceeds ±2⁴¹ units of `low` into `high` (one unit of high is 2⁴² of low).
void ck_carry(int64_t *high, int64_t *low, size_t count);
/// mean[i] = (high · 2⁻²⁴ + low · 2⁻⁶⁶ + third · 2⁻¹⁰⁸ + fourth · 2⁻¹⁵⁰) / divisor, rounded once to
/// the nearest float, ties to even; third and fourth may be null.
void ck_exact_mean(const int64_t *high, const int64_t *low, const int64_t *third,
                   const int64_t *fourth, int64_t divisor, float *mean, size_t count);
/// The same without third and fourth, where |high| < 2⁵¹ and |low| ≤ 2⁴¹, in a quarter of the time.
void ck_small_mean(const int64_t *high, const int64_t *low, int64_t divisor, float *mean,
                   size_t count);
