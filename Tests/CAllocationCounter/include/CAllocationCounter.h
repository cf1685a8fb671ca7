/// Counts heap allocations of the calling thread, for tests that claim there are none.
#pragma once
#include <stdint.h>

/// Begins to count on this thread.
void allocation_counter_start(void);
/// Ends it and returns how many allocations there were.
int64_t allocation_counter_stop(void);
