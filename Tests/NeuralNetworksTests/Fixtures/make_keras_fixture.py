#!/usr/bin/env python3
"""Makes keras-mnist-cnn.json: the reference CNN's values from Keras, in float64 and in float32.

Weights and inputs come from an integer hash, so that any language can make the same ones; the
fixture's `about` says how. Which positions of a gradient are listed under `at` is of no matter.
Needs TensorFlow 2.21:

    python3 make_keras_fixture.py keras-mnist-cnn.json
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

TENSORS = [
    ("conv1/kernel", (3, 3, 1, 32)), ("conv1/bias", (32,)),
    ("conv2/kernel", (3, 3, 32, 64)), ("conv2/bias", (64,)),
    ("dense1/kernel", (9216, 128)), ("dense1/bias", (128,)),
    ("dense2/kernel", (128, 10)), ("dense2/bias", (10,)),
]  # fmt: skip
BATCH = 8
STEPS = 20
LEARNING_RATE = 0.01


def uniform(stream: int, count: int) -> np.ndarray:
    """u(stream, 0 ..< count) in [0, 1): splitmix64's upper 24 bits."""
    z = np.uint64(stream) * np.uint64(2**32) + np.arange(count, dtype=np.uint64)
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 2**24


def weight(stream: int, shape: tuple[int, ...]) -> np.ndarray:
    limit = 0.01
    if len(shape) > 1:
        area = int(np.prod(shape[:-2]))
        limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
    values = limit * (2 * uniform(stream, int(np.prod(shape))) - 1)
    return values.astype(np.float32).reshape(shape)


def batch(step: int, dtype: str) -> tuple[tf.Tensor, tf.Tensor]:
    numbers = range(step * BATCH, (step + 1) * BATCH)
    images = np.stack([uniform(100 + b, 784).astype(np.float32) for b in numbers])
    labels = np.array([(3 * b + 1) % 10 for b in numbers])
    return tf.constant(images.reshape(-1, 28, 28, 1).astype(dtype)), tf.constant(labels)


def build(dtype: str) -> keras.Model:
    keras.backend.set_floatx(dtype)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1), dtype=dtype),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10),
    ])  # fmt: skip
    model.set_weights([weight(t, shape).astype(dtype) for t, (_, shape) in enumerate(TENSORS)])
    return model


def gradients(model: keras.Model, images: tf.Tensor, labels: tf.Tensor):
    with tf.GradientTape() as tape:
        logits = model(images)
        loss = tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        )
    return logits, loss, tape.gradient(loss, model.trainable_variables)


def summary(gradient: tf.Tensor) -> dict:
    flat = gradient.numpy().astype(np.float64).ravel()
    spread = sorted({int(i) for i in np.linspace(0, flat.size - 1, min(24, flat.size))})
    return {
        "shape": list(gradient.shape),
        "l2": float(np.sqrt((flat**2).sum())),
        "sum": float(flat.sum()),
        "max_abs": float(np.abs(flat).max()),
        "at": {str(i): float(flat[i]) for i in spread if flat[i] != 0},
    }


def values(dtype: str) -> dict:
    model = build(dtype)
    logits, loss, found = gradients(model, *batch(0, dtype))
    result = {
        "logits": logits.numpy().tolist(),
        "loss": float(loss),
        "gradients": {name: summary(g) for (name, _), g in zip(TENSORS, found, strict=True)},
    }
    losses = []
    for step in range(STEPS):
        _, loss, found = gradients(model, *batch(step, dtype))
        losses.append(float(loss))
        for variable, gradient in zip(model.trainable_variables, found, strict=True):
            variable.assign_sub(LEARNING_RATE * gradient)
    norms = [float(np.sqrt((v.numpy().astype(np.float64) ** 2).sum())) for v in model.trainable_variables]
    result["sgd"] = {
        "learning_rate": LEARNING_RATE,
        "loss_per_step": losses,
        "final_l2": {name: norm for (name, _), norm in zip(TENSORS, norms, strict=True)},
    }
    return result


def main() -> None:
    with np.errstate(over="ignore"):
        fixture = {"float64": values("float64"), "float32": values("float32")}
    fixture["about"] = {
        "what": f"Reference values of the MNIST CNN from Keras (TensorFlow {tf.__version__}), "
        "dropout off, logits without softmax, mean sparse categorical cross-entropy.",
        "random": "u(t, i) = (splitmix64(t * 2^32 + i) >> 40) / 2^24",
        "weights": "tensor t, element i: Float32(limit * (2*u(t, i) - 1)); limit = "
        "sqrt(6/(fan_in+fan_out)) for kernels, 0.01 for biases",
        "inputs": "image b, pixel i: Float32(u(100 + b, i)); label (3*b+1) mod 10; "
        "the gradient batch is b = 0..7, SGD step s takes b = 8s..8s+7",
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(fixture, file, indent=1)


if __name__ == "__main__":
    main()
