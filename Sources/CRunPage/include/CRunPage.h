/// The pages, put together of the pieces in Shared, Run and Store as page.c lists them.
#pragma once
#include <stddef.h>

/// The first byte of the page of a run.
const unsigned char *crp_page(void);
/// Its bytes.
size_t crp_page_size(void);
/// The first byte of the page of a store's runs.
const unsigned char *crp_store_page(void);
/// Its bytes.
size_t crp_store_page_size(void);
