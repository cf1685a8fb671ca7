// Whether a thread's arithmetic knows numbers below the normal ones.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

// MXCSR's bits: results that are denormal become zero (FTZ), and such operands count as zero (DAZ).
// All of SSE, AVX and AVX-512 heeds them.
#define FLUSHING 0x8040u

static uint64_t mode(void) { return _mm_getcsr(); }
static void set_mode(uint64_t bits) { _mm_setcsr((unsigned)bits); }
#elif defined(__aarch64__)
// FPCR.FZ: both of these at once.
#define FLUSHING ((uint64_t)1 << 24)

static uint64_t mode(void) {
    uint64_t bits;
    __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
    return bits;
}
static void set_mode(uint64_t bits) { __asm__ volatile("msr fpcr, %0" : : "r"(bits)); }
#else
// RISC-V and others know no such mode, and are seldom slower at denormal numbers.
#define FLUSHING 0

static uint64_t mode(void) { return 0; }
static void set_mode(uint64_t bits) { (void)bits; }
#endif

uint64_t ck_flush_denormals(int flush) {
    const uint64_t before = mode();
    ck_restore_denormals(flush ? FLUSHING : 0);
    return before & FLUSHING;
}

void ck_restore_denormals(uint64_t bits) {
    const uint64_t before = mode();
    const uint64_t after = (before & ~(uint64_t)FLUSHING) | (bits & FLUSHING);
    // Writing empties the pipeline on some CPUs.
    if (after != before) set_mode(after);
}
