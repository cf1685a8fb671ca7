// Chooses, when the program starts, which compilation of the loops to use, and mends OpenBLAS's
// choice of its own kernels where it does not know the CPU.
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "kernels.h"

#if defined(__x86_64__)
static const ck_table *const tables[] = {&ck_table_baseline, &ck_table_avx2, &ck_table_avx512};
static const char *const names[] = {"baseline", "avx2", "avx512"};
#elif defined(__aarch64__)
static const ck_table *const tables[] = {&ck_table_baseline, &ck_table_neon};
static const char *const names[] = {"baseline", "neon"};
#else
static const ck_table *const tables[] = {&ck_table_baseline};
static const char *const names[] = {"baseline"};
#endif
enum { level_count = sizeof tables / sizeof *tables };
static int chosen_level, best_level, blas_core_state;
/// What `ck_set_level` set on this thread, plus one; 0 for nothing.
static _Thread_local int level_here;

#if defined(__x86_64__)
/// Whether the CPU sets a bit of ecx in a leaf of `cpuid`.
static int has_bit(unsigned leaf, int bit) {
    unsigned a, b, c, d;
    return __get_cpuid(leaf, &a, &b, &c, &d) && (c >> bit & 1);
}

static int detect(void) {
    __builtin_cpu_init();
#define CK_SUPPORTED(name) &&__builtin_cpu_supports(name)
#define CK_BIT(name, leaf, bit) &&has_bit(leaf, bit)
    if (1 CK_AVX512_FEATURES(CK_SUPPORTED, CK_BIT)) return ck_level_avx512;
    if (1 CK_AVX2_FEATURES(CK_SUPPORTED, CK_BIT)) return ck_level_avx2;
    return ck_level_baseline;
}
#else
// NEON is a part of aarch64.
static int detect(void) { return level_count - 1; }
#endif

int ck_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    const int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

int ck_level(void) { return level_here ? level_here - 1 : chosen_level; }
int ck_best_level(void) { return best_level; }

static int possible(int wanted) {
    return wanted < 0 ? 0 : wanted > best_level ? best_level : wanted;
}

void ck_set_level(int wanted) { level_here = possible(wanted) + 1; }

int ck_blas_core_state(void) { return blas_core_state; }

#if defined(__x86_64__)
// OpenBLAS exports these and documents neither the first two nor their use. With a static or
// single-target OpenBLAS they are missing, and the weak references are null.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

static int is_among(const char *core, const char *const names[]) {
    for (int i = 0; names[i]; i++)
        if (strcasecmp(core, names[i]) == 0) return 1;
    return 0;
}

/// An OpenBLAS older than the CPU falls back to kernels without AVX (Prescott and its like, five
/// times slower). Its choice is final once made, unless it is made again: an environment variable
/// set in the process comes too late for the first time, in time for the second.
static void mend_blas_core(void) {
    static const char *const without_avx[] = {"Prescott", "Core2",   "Penryn",    "Dunnington",
                                              "Nehalem",  "Katmai",  "Northwood", "Banias",
                                              "Atom",     "Opteron", "Barcelona", "Bobcat",
                                              "Unknown",  "generic", NULL};
    if (getenv("OPENBLAS_CORETYPE") || !openblas_get_corename || best_level < ck_level_avx2) return;
    if (!is_among(openblas_get_corename(), without_avx)) return;
    blas_core_state = -1;
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
    const char *wanted = best_level == ck_level_avx512 ? "SkylakeX" : "Haswell";
    setenv("OPENBLAS_CORETYPE", wanted, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
    if (!is_among(openblas_get_corename(), without_avx)) blas_core_state = 1;
}
#else
static void mend_blas_core(void) {}
#endif

/// The level that `FEDERATED_SIMD` means: the best where it means none.
static int held_level(const char *held) {
    for (int level = 0; held && level < level_count; level++)
        if (strcasecmp(held, names[level]) == 0) return possible(level);
    return best_level;
}

__attribute__((constructor)) static void choose(void) {
    best_level = detect();
    chosen_level = held_level(getenv("FEDERATED_SIMD"));
    mend_blas_core();
}

#define CK_RETURN_void
#define CK_RETURN_ck_extent return
#define CK_RETURN_ck_changes return
#define CK_RETURN_int64_t return
#define CK_RETURN_float return
#define CK_RETURN_double return
#define CK_DEFINE(result, name, parameters, arguments)                                            \
    result ck_##name parameters { CK_RETURN_##result tables[ck_level()]->name arguments; }
CK_KERNELS(CK_DEFINE)
