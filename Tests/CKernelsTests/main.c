// Checks the C loops at each level that this CPU has, and prints a line a level; status 1 if any is wrong.
// With an argument, only what the level in use is called.
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

const ck_table *loops;
size_t lanes;

static const struct {
    const char *name;
    const ck_table *table;
    int level;
} levels[] = {
    {"baseline", &ck_table_baseline, 0},
#if defined(__x86_64__)
    {"AVX2", &ck_table_avx2, ck_level_avx2},
    {"AVX-512", &ck_table_avx512, ck_level_avx512},
#elif defined(__aarch64__)
    {"NEON", &ck_table_neon, ck_level_neon},
#endif
#if defined(__x86_64__)
    // Chosen nowhere: for CPUs that have no AVX-512.
    {"16 lanes without AVX-512", &ck_table_wide, -1},
#endif
};
enum { level_count = sizeof levels / sizeof *levels };

static void check_all(void) {
    check_elementwise();
    check_windows();
    check_convolutions();
    check_winograd();
    check_pooled();
    check_first();
    check_norm();
    check_dense();
    check_inputs();
    check_steps();
    check_sums();
    check_exact();
    // The one that depends on the CPU.
    hashing = 0;
    check_denormals();
}

/// Every loop has a check.
static void check_list(void) {
#define LOOP(result, name, ...)                                                                   \
    if (!has_begun(#name)) {                                                                      \
        printf("nothing checks the loop %s\n", #name);                                            \
        failures++;                                                                               \
    }
    CK_KERNELS(LOOP)
}

/// Checks one level, in a process of its own.
static int check_level(size_t i) {
    loops = levels[i].table;
    if (levels[i].level >= 0) {
        ck_set_level(levels[i].level);
        failures += ck_level() != levels[i].level || ck_lanes() != loops->lanes();
    }
    lanes = (size_t)loops->lanes();
    hashing = 1;
    check_all();
    check_list();
    printf("%s: %lu cases, %u wrong, bits %016llx\n", levels[i].name, cases, failures,
           (unsigned long long)hash);
    return failures != 0;
}

static void check_once(void) {
    loops = &ck_table_baseline;
    lanes = (size_t)loops->lanes();
    check_random();
    check_images();
    check_losses();
    if (ck_level() != ck_best_level()) {
        puts("FEDERATED_SIMD holds the loops back");
        failures++;
    }
    ck_set_level(ck_best_level() + 1);
    failures += ck_level() != ck_best_level();
    ck_set_level(-1);
    failures += ck_level() != ck_level_baseline;
}

int main(int count, char **arguments) {
    (void)arguments;
    for (size_t i = 0; count > 1 && i < level_count; i++)
        if (levels[i].level == ck_level()) puts(levels[i].name);
    if (count > 1) return 0;
    check_once();
    int wrong = failures != 0, running = 0, status;
    for (size_t i = 0; i < level_count; i++) {
        if (levels[i].level > ck_best_level()) {
            printf("%s: this CPU has none\n", levels[i].name);
            continue;
        }
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) return check_level(i);
        running += child > 0;
        wrong |= child < 0;
    }
    for (; running > 0 && wait(&status) > 0; running--) wrong |= status != 0;
    return wrong | (running > 0);
}
