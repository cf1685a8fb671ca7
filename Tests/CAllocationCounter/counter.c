// The program's own malloc and its like take precedence over the C library's, which they call.
#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Thread_local int counting;
static _Thread_local int64_t allocations;

void allocation_counter_start(void) {
    allocations = 0;
    counting = 1;
}

int64_t allocation_counter_stop(void) {
    counting = 0;
    return allocations;
}

// The thread sanitizer has allocators of its own, and is not set up yet when the first call comes:
// under it nothing is counted.
#if !__has_feature(thread_sanitizer)

void *malloc(size_t size) {
    allocations += counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations += counting;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocations += counting;
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocations += counting;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    allocations += counting;
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

#endif
