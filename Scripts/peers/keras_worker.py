"""Keras's model, fit and evaluate, timed by a callback."""

from __future__ import annotations

import functools
import time
from typing import Any, Callable

from common import MCMAHAN, NIID, RESNET
from idx_images import load
from timing import wait_for_start


def keras_model(name: str, shape: tuple[int, int, int]) -> Any:
    from keras import Input, Sequential, layers

    def convolution(filters: int, side: int, padding: str = "valid") -> Any:
        return layers.Conv2D(filters, side, padding=padding, activation="relu")

    if name == RESNET:
        return keras_resnet(shape)
    if name == MCMAHAN:
        parts = [convolution(32, 5, "same"), layers.MaxPooling2D(2)]
        parts += [convolution(64, 5, "same"), layers.MaxPooling2D(2)]
        parts += [layers.Flatten(), layers.Dense(512, activation="relu")]
    elif name == NIID:
        parts = [convolution(6, 5), layers.MaxPooling2D(2)]
        parts += [convolution(16, 5), layers.MaxPooling2D(2), layers.Flatten()]
        parts += [layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu")]
    else:
        parts = [convolution(32, 3), convolution(64, 3), layers.MaxPooling2D(2)]
        parts += [layers.Dropout(0.25), layers.Flatten(), layers.Dense(128, activation="relu")]
        parts += [layers.Dropout(0.5)]
    return Sequential([Input(shape), *parts, layers.Dense(10)])


def keras_resnet(shape: tuple[int, int, int]) -> Any:
    """Nine blocks of two 3×3 convolutions with group normalisation, as `federated` has them."""
    from keras import Input, Model, layers

    def normalised(x: Any, filters: int, side: int, stride: int = 1) -> Any:
        x = layers.Conv2D(filters, side, stride, padding="same")(x)
        return layers.GroupNormalization(8)(x)

    inputs = Input(shape)
    x, before = layers.ReLU()(normalised(inputs, 16, 3)), 16
    for filters in (16, 16, 16, 32, 32, 32, 64, 64, 64):
        stride = 1 if before == filters else 2
        inner = layers.ReLU()(normalised(x, filters, 3, stride))
        around = x if before == filters else normalised(x, filters, 1, stride)
        x = layers.ReLU()(layers.Add()([normalised(inner, filters, 3), around]))
        before = filters
    return Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def keras_rate(call: Callable[..., Any], model: Any, batch: int, seconds: float) -> float:
    """Images a second of fit or evaluate, from the end of its first batch on."""
    from keras.callbacks import Callback

    class Clock(Callback):
        batches = -1
        start = now = 0.0

        def count(self) -> None:
            self.now = time.monotonic()
            self.start = self.start or self.now
            self.batches += 1
            if self.now - self.start >= seconds:
                model.stop_training = model.stop_evaluating = True

        def on_train_batch_end(self, step: int, logs: Any = None) -> None:
            self.count()

        def on_test_batch_end(self, step: int, logs: Any = None) -> None:
            self.count()

    clock = Clock()
    call(batch_size=batch, callbacks=[clock], verbose=0)
    return clock.batches * batch / (clock.now - clock.start)


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(spec["threads"])
    keras.utils.set_random_seed(1)
    shape = tuple(spec["shape"])
    data = load(spec["data"], "train", shape)
    model = keras_model(spec["model"], shape)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    answer: dict[str, Any] = {}
    for name in spec["names"]:
        # Hits are counted where ours counts them for a purpose.
        metrics = ["accuracy"] if name == "evaluation" else []
        model.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss, metrics=metrics)
        if name == "evaluation":
            call = functools.partial(model.evaluate, *data)
        else:
            call = functools.partial(model.fit, *data, epochs=10_000)
        keras_rate(call, model, spec["batch"], min(0.5, spec["seconds"] / 4))
        wait_for_start()
        answer[name] = keras_rate(call, model, spec["batch"], spec["seconds"])
    versions = f"Keras {keras.__version__}, TensorFlow {tensorflow.__version__}"
    return answer | {"about": f"{versions}, jit_compile {model.jit_compile}"}
