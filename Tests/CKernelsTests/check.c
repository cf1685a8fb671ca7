// Cases, random numbers, arrays, and what is expected of them.
#include "check.h"

int hashing;
uint64_t hash = 0xCBF29CE484222325u;
unsigned failures;
unsigned long cases;

/// Of the case: its loop, number and random state; whether it has failed.
static struct {
    const char *loop;
    unsigned number, failed;
    uint64_t random;
} now;

static const char *begun[256];

enum { most_arrays = 64, guard = 64 };
static struct {
    char *memory, *values;
    size_t bytes, size;
    int hashed;
} arrays[most_arrays];
static size_t array_count;

static uint64_t random_word(void) {
    // SplitMix64.
    uint64_t z = now.random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

int has_begun(const char *loop) {
    for (size_t i = 0; begun[i]; i++)
        if (strcmp(begun[i], loop) == 0) return 1;
    return 0;
}

void begin_case(const char *loop, unsigned number) {
    now.loop = loop;
    now.number = number;
    now.failed = 0;
    now.random = 1 + number;
    for (const char *c = loop; *c; c++) now.random = now.random * 31 + (unsigned char)*c;
    size_t i = 0;
    while (begun[i] && strcmp(begun[i], loop) != 0) i++;
    begun[i] = loop;
    cases++;
}

/// What stands around an array: not what stands around another, which might be copied there.
static char mark(size_t array) { return (char)(0x40 + array); }

static void hash_values(const char *values, size_t bytes, size_t size) {
    if (size != 4) {
        for (size_t i = 0; i < bytes; i++) hash = (hash ^ (unsigned char)values[i]) * 0x100000001B3u;
        return;
    }
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        // Which NaN it is depends on the CPU.
        if ((bits & 0x7FFFFFFF) > 0x7F800000) bits = 0x7FC00000;
        hash = (hash ^ bits) * 0x100000001B3u;
    }
}

void end_case(void) {
    for (size_t a = 0; a < array_count; a++) {
        const char *values = arrays[a].values;
        for (size_t i = 0; i < guard; i++)
            if (values[-1 - (ptrdiff_t)i] != mark(a) || values[arrays[a].bytes + i] != mark(a))
                fail("something was written beside an array");
        if (hashing && arrays[a].hashed)
            hash_values(values, arrays[a].bytes, arrays[a].size);
        free(arrays[a].memory);
    }
    array_count = 0;
    failures += now.failed;
}

void fail(const char *what) {
    // The first few of a case say enough.
    if (now.failed++ < 3)
        printf("%s, case %u, %zu lanes: %s\n", now.loop, now.number, lanes, what);
}

size_t pick(size_t least, size_t most) { return least + random_word() % (most - least + 1); }

float fraction(void) {
    return (float)((int64_t)(random_word() >> 40) - (1 << 23)) * 0x1p-23f;
}

size_t some_vectors(size_t most) { return lanes * pick(1, most); }

static void *reserve(size_t count, size_t size, size_t shift, int hashed) {
    if (array_count == most_arrays) abort();
    const size_t bytes = count * size;
    char *memory = aligned_alloc(64, (2 * guard + bytes + shift + 63) / 64 * 64);
    if (!memory) abort();
    char *values = memory + guard + shift;
    memset(memory, mark(array_count), 2 * guard + bytes + shift);
    arrays[array_count].memory = memory;
    arrays[array_count].values = values;
    arrays[array_count].bytes = bytes;
    arrays[array_count].size = size;
    arrays[array_count++].hashed = hashed;
    return values;
}

float *blank(size_t count) {
    float *x = reserve(count, sizeof *x, 4 * pick(0, 15), 1);
    for (size_t i = 0; i < count; i++) x[i] = NAN;
    return x;
}

float *numbers(size_t count, unsigned zeros) {
    float *x = blank(count);
    for (size_t i = 0; i < count; i++) {
        x[i] = fraction();
        if (random_word() % 8 < zeros) x[i] = 0;
    }
    return x;
}

float *zeros(size_t count) {
    float *x = blank(count);
    for (size_t i = 0; i < count; i++) x[i] = 0;
    return x;
}

float *copy(const float *x, size_t count) {
    float *y = blank(count);
    memcpy(y, x, count * sizeof *y);
    return y;
}

void *array(size_t count, size_t size) {
    void *x = reserve(count, size, size * pick(0, 7), 1);
    memset(x, 0xFF, count * size);
    return x;
}

double *doubles(size_t count) {
    double *x = reserve(count, sizeof *x, 0, 0);
    for (size_t i = 0; i < count; i++) x[i] = 0;
    return x;
}

static void expect(double got, double want, double error, double bound) {
    if (error <= bound) return;
    char text[160];
    snprintf(text, sizeof text, "%.9g where %.9g was expected, which may differ by %.2g", got, want,
             bound);
    fail(text);
}

void within(float got, total want, double bound) {
    expect(got, want.value, fabs(got - want.value), bound * want.size);
}

void near(float got, total want, size_t terms) {
    within(got, want, (double)(terms + 2) * 0x1p-24);
}

void same_float(float got, float want) {
    uint32_t a, b;
    memcpy(&a, &got, sizeof a);
    memcpy(&b, &want, sizeof b);
    if (a != b && !(isnan(got) && isnan(want))) expect(got, want, 1, 0);
}

void same_floats(const float *got, const float *want, size_t count) {
    for (size_t i = 0; i < count; i++) same_float(got[i], want[i]);
}

void same_number(int64_t got, int64_t want) {
    if (got != want) expect((double)got, (double)want, 1, 0);
}

void same_bytes(const void *got, const void *want, size_t count) {
    if (memcmp(got, want, count) != 0) fail("bytes differ");
}
