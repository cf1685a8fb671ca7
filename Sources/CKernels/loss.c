#include <math.h>

#include "kernels.h"

void ck_standardize(float *x, size_t rows, size_t channels, const float *mean,
                    const float *deviation) {
    // Few channels fill no vector: so many places at once, each with its channels' numbers.
    enum { most = 96 };
    float means[most], deviations[most];
    const size_t places = channels && channels <= most ? most / channels : 1;
    const size_t size = places * channels, total = rows * channels;
    for (size_t i = 0; i < size && size <= most; i++) {
        means[i] = mean[i % channels];
        deviations[i] = deviation[i % channels];
    }
    const float *restrict m = size <= most ? means : mean;
    const float *restrict d = size <= most ? deviations : deviation;
    for (size_t first = 0; first < total; first += size) {
        const size_t some = total - first < size ? total - first : size;
        float *restrict row = x + first;
        for (size_t i = 0; i < some; i++) row[i] = (row[i] - m[i]) / d[i];
    }
}

double ck_softmax_cross_entropy(const float *logits, const int32_t *labels, size_t rows,
                                size_t classes, float smoothing, float scale, float *dlogits,
                                int64_t *correct) {
    const double even = (double)smoothing / (double)classes, sure = 1 - (double)smoothing;
    double loss = 0;
    int64_t hits = 0;
    for (size_t r = 0; r < rows; r++) {
        const float *z = logits + r * classes;
        size_t largest = 0;
        for (size_t c = 1; c < classes; c++)
            if (z[c] > z[largest]) largest = c;
        const double top = z[largest];
        // Kept for the gradients, where there are not very many.
        double powers[256], sum = 0;
        const int few = classes <= sizeof powers / sizeof *powers;
        for (size_t c = 0; c < classes; c++) {
            const double power = exp((double)z[c] - top);
            if (few) powers[c] = power;
            sum += power;
        }
        const size_t label = (size_t)labels[r];
        if (smoothing == 0) {
            loss += log(sum) + (top - z[label]);
        } else {
            double expected = sure * z[label];
            for (size_t c = 0; c < classes; c++) expected += even * z[c];
            loss += log(sum) + (top - expected);
        }
        hits += largest == label;
        if (!dlogits) continue;
        float *gradients = dlogits + r * classes;
        if (few && smoothing == 0) {
            for (size_t c = 0; c < classes; c++) gradients[c] = (float)(powers[c] / sum) * scale;
            gradients[label] = (float)(powers[label] / sum - 1) * scale;
            continue;
        }
        for (size_t c = 0; c < classes; c++) {
            const double p = (few ? powers[c] : exp((double)z[c] - top)) / sum;
            const double q = smoothing == 0 ? (c == label) : even + sure * (c == label);
            gradients[c] = (float)(p - q) * scale;
        }
    }
    *correct += hits;
    return loss;
}

double ck_sigmoid_cross_entropy(const float *logits, const float *targets, size_t rows,
                                size_t outputs, float scale, float *dlogits, int64_t *correct) {
    double loss = 0;
    int64_t hits = 0;
    for (size_t r = 0; r < rows; r++) {
        const float *z = logits + r * outputs, *t = targets + r * outputs;
        double sum = 0;
        int right = 1;
        for (size_t k = 0; k < outputs; k++) {
            const double x = z[k], e = exp(-fabs(x));
            sum += (x > 0 ? x : 0) - x * t[k] + log1p(e);
            right &= (x > 0) == (t[k] > 0.5f);
            if (!dlogits) continue;
            const double p = x >= 0 ? 1 / (1 + e) : e / (1 + e);
            dlogits[r * outputs + k] = (float)((p - t[k]) / (double)outputs) * scale;
        }
        loss += sum / (double)outputs;
        hits += right;
    }
    *correct += hits;
    return loss;
}

double ck_squared_error(const float *values, const float *targets, size_t rows, size_t outputs,
                        float scale, float *dvalues) {
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t k = 0; k < outputs; k++) {
            const double d = (double)values[r * outputs + k] - targets[r * outputs + k];
            sum += d * d;
            if (dvalues) dvalues[r * outputs + k] = (float)(2 * d / (double)outputs) * scale;
        }
        loss += sum / (double)outputs;
    }
    return loss;
}
