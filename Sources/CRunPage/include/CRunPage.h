/// The file page.html, as it is.
#pragma once
#include <stddef.h>

/// Its first byte.
const unsigned char *crp_page(void);
/// Its bytes.
size_t crp_page_size(void);
