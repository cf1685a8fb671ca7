// What is done to images before a model sees them.
#include "kernels.h"
#include <string.h>

/// Row y of an image in place: what row `from` has, moved to the right, or all black.
static void shift_row(float *image, int32_t width, int32_t channels, int32_t y, int32_t from,
                      int32_t right, int inside, const float *black) {
    float *row = image + (size_t)y * (size_t)width * (size_t)channels;
    int32_t begin = 0, end = 0;
    if (inside) {
        begin = right > 0 ? right : 0;
        end = right < 0 ? width + right : width;
        if (begin > end) begin = end = 0;
        const float *source = image + ((ptrdiff_t)from * width + begin - right) * channels;
        if (begin < end)
            memmove(row + (ptrdiff_t)begin * channels, source,
                    (size_t)(end - begin) * (size_t)channels * sizeof(float));
    }
    for (int32_t x = 0; x < width; x++) {
        if (x == begin) x = end;
        if (x >= width) break;
        memcpy(row + (ptrdiff_t)x * channels, black, (size_t)channels * sizeof(float));
    }
}

void ck_shift_image(float *image, int32_t height, int32_t width, int32_t channels, int32_t down,
                    int32_t right, int flipped, const float *black) {
    // Rows are read before they are written: from the bottom where the image moves down.
    if (down != 0 || right != 0)
        for (int32_t i = 0; i < height; i++) {
            const int32_t y = down > 0 ? height - 1 - i : i, from = y - down;
            shift_row(image, width, channels, y, from, right, from >= 0 && from < height, black);
        }
    if (!flipped) return;
    for (int32_t y = 0; y < height; y++) {
        float *row = image + (size_t)y * (size_t)width * (size_t)channels;
        for (int32_t x = 0; x < width / 2; x++) {
            float *a = row + (ptrdiff_t)x * channels, *b = row + (ptrdiff_t)(width - 1 - x) * channels;
            for (int32_t c = 0; c < channels; c++) {
                const float other = a[c];
                a[c] = b[c];
                b[c] = other;
            }
        }
    }
}
