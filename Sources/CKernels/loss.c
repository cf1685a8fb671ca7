#include <math.h>

#include "kernels.h"

double ck_softmax_cross_entropy(const float *logits, const uint8_t *labels, size_t rows,
                                size_t classes, float scale, float *dlogits, int64_t *correct) {
    double loss = 0;
    int64_t hits = 0;
    for (size_t r = 0; r < rows; r++) {
        const float *z = logits + r * classes;
        size_t largest = 0;
        for (size_t c = 1; c < classes; c++)
            if (z[c] > z[largest]) largest = c;
        const double top = z[largest];
        double sum = 0;
        for (size_t c = 0; c < classes; c++) sum += exp((double)z[c] - top);
        loss += log(sum) + (top - z[labels[r]]);
        hits += largest == labels[r];
        if (!dlogits) continue;
        for (size_t c = 0; c < classes; c++) {
            const double p = exp((double)z[c] - top) / sum;
            dlogits[r * classes + c] = (float)(p - (c == labels[r])) * scale;
        }
    }
    *correct += hits;
    return loss;
}
