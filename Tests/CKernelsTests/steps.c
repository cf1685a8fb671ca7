#include "check.h"

static float *maybe(size_t count, unsigned bit) { return bit ? numbers(count, 0) : NULL; }

void near_step(const ck_step *s, size_t i, total d, size_t terms, float w, float v) {
    total moved = {w, fabs(w)};
    add_product(&d, s->weight_decay, w);
    if (s->anchor) add_product(&d, s->proximal, w), add_product(&d, -s->proximal, s->anchor[i]);
    total move = d;
    if (s->velocity) {
        total kept = d;
        add_product(&kept, s->momentum, v);
        if (fabs(kept.value) < 0x1p-100) kept = (total){0, 0};
        near(s->velocity[i], kept, terms + 4);
        move = kept;
        if (s->nesterov) {
            move = d;
            add_product(&move, s->momentum, kept.value);
            move.size += kept.size;
        }
    }
    if (s->correction) add_term(&move, s->correction[i]);
    moved.value -= (double)s->learning_rate * move.value;
    moved.size += (double)s->learning_rate * move.size;
    near(s->parameters[i], moved, terms + 9);
}

ck_step some_step(unsigned number, size_t count, float *parameters) {
    return (ck_step){.learning_rate = 0.1f, .momentum = 0.9f,
                     .weight_decay = number & 8 ? 0 : 0.01f, .proximal = 0.3f, .gradient_scale = 1,
                     .nesterov = number % 3 == 0, .parameters = parameters,
                     .velocity = maybe(count, number & 1), .anchor = maybe(count, number & 2),
                     .correction = maybe(count, number & 4)};
}

static void momentum(void) {
    CASES(48, optimizer_step) {
        const size_t first = pick(0, 20), count = pick(1, 200), all = first + count + pick(0, 9);
        float *anchor = maybe(all, number & 2);
        const ck_step s = {.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f,
                           .proximal = 0.3f, .gradient_scale = 0.5f, .nesterov = number % 3 == 0,
                           .parameters = numbers(all, 0), .velocity = maybe(all, number & 1),
                           .anchor = anchor, .correction = maybe(all, number & 4)};
        float *gradient = numbers(all, 0);
        // What nothing feeds ends at zero.
        const size_t still = first + pick(0, count - 1);
        gradient[still] = s.parameters[still] = 0;
        if (anchor) anchor[still] = 0;
        if (s.velocity) s.velocity[still] = 0x1p-100f;
        const float *w = copy(s.parameters, all), *v = s.velocity ? copy(s.velocity, all) : NULL;
        loops->optimizer_step(&s, gradient, first, count);
        if (v) same_float(s.velocity[still], 0);
        for (size_t i = 0; i < all; i++) {
            if (i < first || i >= first + count) {
                same_float(s.parameters[i], w[i]);
                if (v) same_float(s.velocity[i], v[i]);
                continue;
            }
            total d = {0, 0};
            add_product(&d, s.gradient_scale, gradient[i]);
            near_step(&s, i, d, 1, w[i], v ? v[i] : 0);
        }
    }
}

static void adam(void) {
    CASES(30, adam_step) {
        const size_t first = pick(0, 20), count = pick(1, 100), all = first + count + pick(0, 9);
        const ck_adam s = {.rate = 0.01f, .square_scale = 1.5f, .beta1 = 0.9f, .beta2 = 0.99f,
                           .epsilon = 1e-3f, .weight_decay = 0.01f, .keep = 0.999f, .proximal = 0.3f,
                           .gradient_scale = 0.5f, .parameters = numbers(all, 0),
                           .mean = numbers(all, 0), .square = numbers(all, 0),
                           .anchor = maybe(all, number & 1)};
        const float *gradient = numbers(all, 0);
        for (size_t i = 0; i < all; i++) s.square[i] = fabsf(s.square[i]);
        const float *w = copy(s.parameters, all), *m = copy(s.mean, all), *v = copy(s.square, all);
        loops->adam_step(&s, gradient, first, count);
        for (size_t i = 0; i < all; i++) {
            if (i < first || i >= first + count) {
                same_float(s.parameters[i], w[i]);
                continue;
            }
            total d = {0, 0}, mean = {0, 0}, square = {0, 0}, moved = {0, 0};
            add_product(&d, s.gradient_scale, gradient[i]);
            add_product(&d, s.weight_decay, w[i]);
            if (s.anchor) add_product(&d, s.proximal, w[i]), add_product(&d, -s.proximal, s.anchor[i]);
            add_product(&mean, s.beta1, m[i]);
            add_product(&mean, 1 - s.beta1, d.value);
            mean.size += d.size;
            near(s.mean[i], mean, 7);
            add_product(&square, s.beta2, v[i]);
            add_product(&square, 1 - s.beta2, d.value * d.value);
            square.size += d.size * d.size;
            near(s.square[i], square, 12);
            // From what was written: of the rest the bound is plain.
            add_product(&moved, s.keep, w[i]);
            add_term(&moved, -(double)s.rate * s.mean[i] /
                                 (sqrt(s.square[i]) * s.square_scale + s.epsilon));
            near(s.parameters[i], moved, 8);
        }
    }
}

void check_steps(void) {
    momentum();
    adam();
}
