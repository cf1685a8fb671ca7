// What the checks of the C loops share. Every check is of one table of loops, at any level and on any CPU,
// against plain loops in double precision that stand beside it.
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CKernels/kernels.h"

/// The loops under test, and the floats in a vector of theirs.
extern const ck_table *loops;
extern size_t lanes;

/// Sixteen lanes without AVX-512's instructions, so that what only its level does is checked on any x86-64.
extern const ck_table ck_table_wide;

// MARK: Cases

/// Begins a case of a loop, with random numbers of its own.
void begin_case(const char *loop, unsigned number);
/// Ends it: arrays are held against what was written around them, hashed and freed.
void end_case(void);
/// A case of a loop, so many times: `CASES(20, axpy) { … }`.
#define CASES(count, loop)                                                                        \
    for (unsigned number = 0; number < (count) && (begin_case(#loop, number), 1);                 \
         end_case(), number++)

/// What is hashed while `hashing` is on: the same at one level of any CPU.
extern int hashing;
extern uint64_t hash;
extern unsigned failures;
extern unsigned long cases;
/// Whether a case of this loop has begun.
int has_begun(const char *loop);

// MARK: Random numbers and arrays

/// A whole number from `least` to `most`.
size_t pick(size_t least, size_t most);
/// A number in −1 ..< 1, of 24 bits.
float fraction(void);
/// A multiple of the lanes, up to so many of them.
size_t some_vectors(size_t most);
/// An array of NaNs, which begins anywhere that a float can, with places around it that must stay.
float *blank(size_t count);
/// The same of fractions, of which so many of eight are zero.
float *numbers(size_t count, unsigned zeros);
/// Zeros.
float *zeros(size_t count);
/// A copy.
float *copy(const float *x, size_t count);
/// An array of anything else, all ones, which begins where that can.
void *array(size_t count, size_t size);
/// Zeros in double precision, not hashed.
double *doubles(size_t count);

// MARK: What is expected

/// A sum in double precision, and of what size its terms were.
typedef struct {
    double value, size;
} total;

static inline void add_term(total *t, double term) {
    t->value += term;
    t->size += fabs(term);
}

static inline void add_product(total *t, double a, double b) { add_term(t, a * b); }

static inline total *totals(size_t count) { return (total *)doubles(2 * count); }

/// Single precision, in any order of so many sums and products, fused or not, is this close:
/// (terms + 2) · 2⁻²⁴ of the terms' size.
void near(float got, total want, size_t terms);
/// Within `bound` of the terms' size.
void within(float got, total want, double bound);
/// The same bits; any NaN is the same.
void same_float(float got, float want);
void same_floats(const float *got, const float *want, size_t count);
void same_number(int64_t got, int64_t want);
void same_bytes(const void *got, const void *want, size_t count);
/// Number `i` after a step of momentum, and its velocity: by a gradient of so many terms, from w and v.
void near_step(const ck_step *s, size_t i, total gradient, size_t terms, float w, float v);
/// Such a step of so many parameters, in turns with velocity, anchor and correction or without.
ck_step some_step(unsigned number, size_t count, float *parameters);
/// Says what is wrong.
void fail(const char *what);
#define EXPECT(condition)                                                                         \
    do {                                                                                          \
        if (!(condition)) fail(#condition);                                                       \
    } while (0)

static inline float positive(float x) { return 0 > x ? 0 : x; }

// MARK: The checks, a file each

void check_elementwise(void);
void check_windows(void);
void check_convolutions(void);
void check_winograd(void);
void check_pooled(void);
void check_first(void);
void check_norm(void);
void check_dense(void);
void check_inputs(void);
void check_steps(void);
void check_sums(void);
void check_exact(void);
void check_denormals(void);
// Of what is compiled once.
void check_random(void);
void check_images(void);
void check_losses(void);
