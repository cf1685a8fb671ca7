#!/usr/bin/env python3
"""Makes Tests/NeuralNetworksTests/Fixtures/keras-models.json: what Keras 3 and Keras 2 (tf_keras) write of
some models, small weights for them by this project's names of tensors, samples, and the logits that Keras
computes from these in float64.

    python3 -m venv /tmp/keras && /tmp/keras/bin/pip install tensorflow-cpu==2.21 tf_keras==2.21
    /tmp/keras/bin/python Scripts/check/keras_fixture.py Tests/NeuralNetworksTests/Fixtures/keras-models.json
"""

import json
import os
import sys
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tf_keras

# What tensors of a layer are called here: the prefix that is numbered, and the parts in Keras's order.
NAMES = {
    "Conv2D": ("conv", "kernel bias"),
    "DepthwiseConv2D": ("depthwise", "kernel bias"),
    "Dense": ("dense", "kernel bias"),
    "Embedding": ("embedding", "vectors"),
    "BatchNormalization": ("batchnorm", "gamma beta mean variance"),
    "LayerNormalization": ("layernorm", "gamma beta"),
    "GroupNormalization": ("groupnorm", "gamma beta"),
}
BATCH = 3


def convolutional(k: ModuleType, last: str | None) -> list[Any]:
    return [
        k.layers.Conv2D(5, 3, strides=2, padding="same", activation="tanh",
                        kernel_initializer="he_normal"),
        k.layers.Conv2D(6, (2, 3), activation="relu", kernel_initializer="he_uniform"),
        k.layers.MaxPooling2D(2),
        k.layers.Dropout(0.25),
        k.layers.Flatten(),
        k.layers.Dense(7, activation="softplus", kernel_initializer="glorot_normal"),
        k.layers.Dense(4, activation=last),
    ]  # fmt: skip


def normalized(k: ModuleType, last: str | None) -> list[Any]:
    slope = {"negative_slope": 0.2} if k is keras else {"alpha": 0.2}
    return [
        k.layers.ZeroPadding2D(((1, 0), (0, 2))),
        k.layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
        k.layers.BatchNormalization(momentum=0.9),
        k.layers.AveragePooling2D(2, padding="same"),
        k.layers.GroupNormalization(groups=2),
        k.layers.LeakyReLU(**slope),
        k.layers.Conv2D(5, 1),
        k.layers.Activation("gelu"),
        k.layers.LayerNormalization(epsilon=1e-5),
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dense(1, activation=last and "sigmoid"),
    ]


def words(k: ModuleType, last: str | None) -> list[Any]:
    return [
        k.layers.Embedding(11, 4),
        k.layers.Flatten(),
        k.layers.ELU(),
        k.layers.Dense(3, kernel_initializer="ones", activation=last),
    ]


def nested(k: ModuleType, last: str | None) -> list[Any]:
    block = [k.layers.Dense(6), k.layers.ReLU(), k.layers.BatchNormalization()]
    layers = [
        k.layers.Flatten(),
        k.layers.Reshape((3, 3, 4)),
        k.layers.GlobalMaxPooling2D(),
        k.Sequential(block),
        k.layers.Activation("sigmoid"),
        k.layers.Dense(5),
    ]
    return layers + ([k.layers.Softmax()] if last else [])


MODELS = {
    "convolutional": (convolutional, (9, 10, 2)),
    "normalized": (normalized, (6, 7, 3)),
    "words": (words, (6,)),
    "nested": (nested, (6, 6)),
}


def build(k: ModuleType, name: str, dtype: str, last: str | None) -> Any:
    k.backend.set_floatx(dtype)
    if k is keras:
        keras.config.set_dtype_policy(dtype)
    layers, shape = MODELS[name]
    return k.Sequential([k.layers.Input(shape), *layers(k, last)], name=name)


def tensors(model: Any, counts: dict[str, int]) -> list[tuple[str, Any]]:
    """Names of this project and Keras's variables, layer by layer."""
    found = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "Sequential":
            found += tensors(layer, counts)
        elif layer.weights:
            prefix, parts = NAMES[kind]
            counts[prefix] = counts.get(prefix, 0) + 1
            # Keras 3 counts the seed of a dropout among its weights; NAMES has none of it.
            found += [
                (f"{prefix}{counts[prefix]}/{part}", variable)
                for part, variable in zip(parts.split(), layer.weights, strict=True)
            ]
    return found


def short(values: np.ndarray) -> list[float]:
    """Floats as they are read: 0.123 is no 0.12300000339746475."""
    return [float(f"{x:.7g}") for x in values.ravel()]


def made(name: str) -> dict[str, Any]:
    random = np.random.default_rng(len(name))
    exact = build(keras, name, "float64", None)
    shape = MODELS[name][1]
    values = {}
    for tensor, variable in tensors(exact, {}):
        value = random.uniform(-0.6, 0.6, variable.shape)
        if tensor.endswith(("variance", "gamma")):
            value = 1 + value / 2
        value = np.round(value, 3).astype(np.float32)
        variable.assign(value.astype(np.float64))
        values[tensor] = {"shape": list(value.shape), "values": short(value)}
    if name == "words":
        samples = random.integers(0, 11, (BATCH, *shape)).astype(np.float64)
    else:
        samples = np.round(random.uniform(-1, 1, (BATCH, *shape)), 3).astype(np.float32)
    logits = np.asarray(exact(samples.astype(np.float64), training=False))
    return {
        "name": name,
        "keras3": build(keras, name, "float32", "softmax").to_json(),
        "keras2": build(tf_keras, name, "float32", "softmax").to_json(),
        "tensors": values,
        "samples": short(samples),
        "logits": logits.ravel().tolist(),
    }


def main() -> None:
    about = f"Scripts/check/keras_fixture.py, keras {keras.__version__}, tf_keras {tf_keras.__version__}"
    fixture = {"about": about, "models": [made(name) for name in MODELS]}
    text = json.dumps(fixture, separators=(",", ":"))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    main()
