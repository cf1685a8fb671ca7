#include "CRunPage.h"

// A compiler reads a file much sooner than a list of its bytes, which SwiftPM would make of it.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page[] = {
#embed "page.html"
};

const unsigned char *crp_page(void) { return page; }
size_t crp_page_size(void) { return sizeof page; }
