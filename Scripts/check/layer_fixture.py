#!/usr/bin/env python3
"""Makes layers.json: small networks of every kind of layer and loss, computed by Keras in float64.

Weights, inputs, labels and targets come from an integer hash, so that any language can make the same ones:
the fixture's `about` says how. Each architecture is written as this project writes it. Needs TensorFlow:

    python3 Scripts/check/layer_fixture.py Tests/NeuralNetworksTests/Fixtures/layers.json
"""

import json
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf

BATCH = 3
IMAGE = [5, 4, 2]
CLASSES = 3
PREFIXES = {
    "convolution": "conv",
    "depthwise-convolution": "depthwise",
    "group-normalization": "groupnorm",
    "layer-normalization": "layernorm",
    "batch-normalization": "batchnorm",
}
TENSORS = {
    "convolution": ["kernel", "bias"],
    "dense": ["kernel", "bias"],
    "depthwise-convolution": ["kernel", "bias"],
    "group-normalization": ["gamma", "beta"],
    "layer-normalization": ["gamma", "beta"],
    "batch-normalization": ["gamma", "beta", "mean", "variance"],
    "embedding": ["vectors"],
}

Spec = dict[str, Any]


def uniform(stream: int, count: int) -> np.ndarray:
    """u(stream, 0 ..< count) in [0, 1): splitmix64's upper 24 bits."""
    z = np.uint64(stream) * np.uint64(2**32) + np.arange(count, dtype=np.uint64)
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 2**24


def weight(number: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    values = uniform(number, int(np.prod(shape)))
    values = 0.5 + values if name in ("gamma", "variance") else 0.7 * (2 * values - 1)
    return values.astype(np.float32).astype(np.float64).reshape(shape)


def pair(extent: Any) -> tuple[int, int]:
    return (extent, extent) if isinstance(extent, int) else (extent[0], extent[1])


def make(spec: Spec) -> keras.layers.Layer:
    """Keras's layer of that description."""
    layers = keras.layers
    padding = spec.get("padding", "valid")
    strides = pair(spec.get("strides", 1))
    activation = spec.get("activation")
    epsilon = spec.get("epsilon", 1e-3)
    match spec["layer"]:
        case "convolution":
            return layers.Conv2D(
                spec["filters"], pair(spec["kernel"]), strides, padding, activation=activation
            )
        case "dense":
            return layers.Dense(spec["units"], activation=activation)
        case "depthwise-convolution":
            return layers.DepthwiseConv2D(
                pair(spec["kernel"]), strides, padding,
                depth_multiplier=spec.get("multiplier", 1), activation=activation,
            )  # fmt: skip
        case "average-pooling":
            window = pair(spec["window"])
            return layers.AveragePooling2D(window, spec.get("strides", window), padding)
        case "max-pooling":
            window = pair(spec["window"])
            return layers.MaxPooling2D(window, spec.get("strides", window), padding)
        case "global-average-pooling":
            return layers.GlobalAveragePooling2D()
        case "global-max-pooling":
            return layers.GlobalMaxPooling2D()
        case "zero-padding":
            sides = [spec.get(side, 0) for side in ("top", "bottom", "left", "right")]
            return layers.ZeroPadding2D(((sides[0], sides[1]), (sides[2], sides[3])))
        case "group-normalization":
            return layers.GroupNormalization(spec["groups"], epsilon=epsilon)
        case "layer-normalization":
            return layers.LayerNormalization(epsilon=epsilon)
        case "batch-normalization":
            return layers.BatchNormalization(
                momentum=spec.get("momentum", 0.99), epsilon=epsilon
            )
        case "relu":
            return layers.ReLU()
        case "leaky-relu":
            return layers.LeakyReLU(spec.get("slope", 0.3))
        case "elu":
            return layers.ELU(spec.get("alpha", 1.0))
        case "gelu":
            approximate = spec.get("approximate", False)
            return layers.Activation(lambda x: keras.activations.gelu(x, approximate))
        case "tanh" | "sigmoid" | "softplus" as name:
            return layers.Activation(name)
        case "flatten":
            return layers.Flatten()
        case "reshape":
            return layers.Reshape(spec["shape"])
        case "embedding":
            return layers.Embedding(spec["count"], spec["size"])
    raise ValueError(spec)


class Network:
    """Layers as this project orders them, with weights from the hash."""

    def __init__(self, specs: list[Spec]) -> None:
        self.specs = specs
        self.made: dict[int, keras.layers.Layer] = {}
        # (name, variable, whether it has a gradient), in the order of this project's tensors.
        self.tensors: list[tuple[str, Any, bool]] = []
        self.counts: dict[str, int] = {}

    def run(self, x: Any, training: bool) -> Any:
        return self.chain(self.specs, x, training)

    def chain(self, specs: list[Spec], x: Any, training: bool) -> Any:
        for spec in specs:
            if spec["layer"] == "residual":
                inner = self.chain(spec["layers"], x, training)
                x = inner + self.chain(spec.get("shortcut", []), x, training)
                continue
            if id(spec) not in self.made:
                layer = make(spec)
                layer.build(x.shape)
                self.made[id(spec)] = layer
                self.take(spec, layer)
            layer = self.made[id(spec)]
            if spec["layer"] == "batch-normalization":
                x = layer(x, training=training)
            else:
                x = layer(x)
        return x

    def take(self, spec: Spec, layer: keras.layers.Layer) -> None:
        names = TENSORS.get(spec["layer"], [])
        if not names:
            return
        prefix = PREFIXES.get(spec["layer"], spec["layer"])
        self.counts[prefix] = self.counts.get(prefix, 0) + 1
        trained = [id(v) for v in layer.trainable_weights]
        for name, variable in zip(names, layer.weights, strict=True):
            variable.assign(weight(len(self.tensors), name, variable.shape))
            self.tensors.append(
                (f"{prefix}{self.counts[prefix]}/{name}", variable, id(variable) in trained)
            )


def numbers(values: Any) -> list[float]:
    return [float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).ravel()]


def case(
    name: str, specs: list[Spec], shape: list[int] = IMAGE, words: int = 0,
    loss: str = "softmax-cross-entropy", smoothing: float = 0,
) -> Spec:  # fmt: skip
    count = int(np.prod(shape))
    rows = np.stack([uniform(100 + b, count) for b in range(BATCH)])
    rows = np.floor(rows * words) if words else 2 * rows - 1
    x = tf.constant(rows.astype(np.float32).astype(np.float64).reshape([BATCH, *shape]))
    if words:
        x = tf.cast(x, tf.int32)
    network = Network(specs)
    network.run(x, False)
    inference = numbers(network.run(x, False))
    labels = [(3 * b + 1) % CLASSES for b in range(BATCH)]
    targets = np.stack([uniform(200 + b, CLASSES) for b in range(BATCH)])
    targets = tf.constant(targets.astype(np.float32).astype(np.float64))
    with tf.GradientTape() as tape:
        logits = network.run(x, True)
        if loss == "softmax-cross-entropy":
            one_hot = tf.one_hot(labels, CLASSES, dtype=tf.float64)
            rule = keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=smoothing
            )
            value = rule(one_hot, logits)
        elif loss == "sigmoid-cross-entropy":
            value = keras.losses.BinaryCrossentropy(from_logits=True)(targets, logits)
        else:
            value = keras.losses.MeanSquaredError()(targets, logits)
    trained = [(name, v) for name, v, has_gradient in network.tensors if has_gradient]
    found = tape.gradient(value, [v.value for _, v in trained])
    result: Spec = {
        "name": name,
        "architecture": {"input": shape, "layers": specs},
        "words": words,
        "loss": loss,
        "smoothing": smoothing,
        "logits": numbers(logits),
        "inference": inference,
        "value": float(value),
        "gradients": {
            name: numbers(tf.convert_to_tensor(g))
            for (name, _), g in zip(trained, found, strict=True)
        },
        # After one pass in training.
        "statistics": {
            name: numbers(v) for name, v, has_gradient in network.tensors if not has_gradient
        },
    }
    return result


def image(*layers: Spec, behind: Spec | None = None) -> list[Spec]:
    """A convolution, the layers that are looked at, and a dense layer."""
    first = behind or {"layer": "convolution", "filters": 4, "kernel": 1}
    return [dict(first), *layers, {"layer": "flatten"}, {"layer": "dense", "units": CLASSES}]


def vector(*layers: Spec) -> list[Spec]:
    return [{"layer": "dense", "units": 6}, *layers, {"layer": "dense", "units": CLASSES}]


def pooled(kind: str) -> list[Spec]:
    return image()[:1] + [{"layer": kind}, {"layer": "dense", "units": CLASSES}]


def cases() -> list[Spec]:
    def one(kind: str, **sizes: Any) -> Spec:
        return {"layer": kind, **sizes}

    def normalized(filters: int, kernel: int, **sizes: Any) -> list[Spec]:
        return [
            one("convolution", filters=filters, kernel=kernel, padding="same", **sizes),
            one("group-normalization", groups=2),
        ]

    def case_of_loss(loss: str, smoothing: float = 0) -> Spec:
        name = loss + (" with smoothing" if smoothing else "")
        return case(name, vector(one("tanh")), [5], loss=loss, smoothing=smoothing)

    activations = [
        one("relu"), one("leaky-relu"), one("leaky-relu", slope=0.01), one("elu"),
        one("elu", alpha=0.5), one("tanh"), one("sigmoid"), one("gelu"),
        one("gelu", approximate=True), one("softplus"),
    ]  # fmt: skip
    return [
        case("average pooling", image(one("average-pooling", window=2))),
        case(
            "average pooling, overlapping, same",
            image(one("average-pooling", window=3, strides=2, padding="same")),
        ),
        case(
            "average pooling, odd windows",
            image(one("average-pooling", window=[3, 2], strides=[1, 2])),
        ),
        case(
            "max pooling, same",
            image(one("max-pooling", window=3, strides=2, padding="same")),
        ),
        case("global average pooling", pooled("global-average-pooling")),
        case("global max pooling", pooled("global-max-pooling")),
        case("depthwise convolution", image(one("depthwise-convolution", kernel=3))),
        case(
            "depthwise convolution, two outputs a channel, strides, same",
            image(
                one(
                    "depthwise-convolution", kernel=[3, 2], multiplier=2, strides=2,
                    padding="same", activation="relu",
                )
            ),
        ),  # fmt: skip
        case(
            "zero padding", image(one("zero-padding", top=1, bottom=2, right=1))
        ),
        case("group normalization", image(one("group-normalization", groups=2))),
        case("group normalization of one group", image(one("group-normalization", groups=1, epsilon=0.1))),
        case("group normalization of a vector", vector(one("group-normalization", groups=3)), [5]),
        case("layer normalization", image(one("layer-normalization"))),
        case("layer normalization of a vector", vector(one("layer-normalization", epsilon=1e-5)), [5]),
        case("batch normalization", image(one("batch-normalization"))),
        case(
            "batch normalization of a vector",
            vector(one("batch-normalization", momentum=0.6, epsilon=0.01)), [5],
        ),
        case(
            "embedding",
            [one("embedding", count=7, size=3), one("flatten"), one("dense", units=CLASSES)],
            [6], words=7,
        ),
        *[case(", ".join(str(v) for v in a.values()), vector(dict(a)), [5]) for a in activations],
        case("a residual block", image(one("residual", layers=normalized(4, 3)), one("relu"))),
        case(
            "nested residual blocks with shortcuts",
            image(
                one(
                    "residual",
                    layers=[
                        one("tanh"),
                        one("residual", layers=[one("batch-normalization"), *normalized(4, 3)]),
                        *normalized(6, 3, strides=2),
                    ],
                    shortcut=normalized(6, 1, strides=2),
                ),
                one("relu"),
            ),
        ),
        case_of_loss("softmax-cross-entropy", 0.1),
        case_of_loss("sigmoid-cross-entropy"),
        case_of_loss("squared-error"),
    ]  # fmt: skip


def main() -> None:
    keras.backend.set_floatx("float64")
    with np.errstate(over="ignore"):
        made = cases()
    fixture = {
        "about": {
            "what": f"Small networks from Keras {keras.__version__} (TensorFlow "
            f"{tf.__version__}) in float64; losses are means over the batch.",
            "random": "u(t, i) = (splitmix64(t * 2^32 + i) >> 40) / 2^24",
            "weights": "tensor t, element i: Float32(0.7 * (2 * u(t, i) - 1)), of gamma and "
            "variance Float32(0.5 + u(t, i))",
            "inputs": "sample b, number i: Float32(2 * u(100 + b, i) - 1), or, of words, "
            "floor(u(100 + b, i) * words)",
            "labels": "sample b: (3 * b + 1) mod 3; target k: Float32(u(200 + b, k))",
        },
        "cases": made,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write('{"about": ' + json.dumps(fixture["about"]) + ', "cases": [\n')
        file.write(",\n".join(json.dumps(case) for case in made))
        file.write("\n]}\n")


if __name__ == "__main__":
    main()
