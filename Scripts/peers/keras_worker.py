"""Keras's model, fit and evaluate, timed by a callback."""

from __future__ import annotations

import functools
import time
from typing import Any, Callable

from common import MCMAHAN
from idx_images import load
from timing import wait_for_start


def keras_model(name: str) -> Any:
    from keras import Input, Sequential, layers

    def convolution(filters: int, side: int, padding: str = "valid") -> Any:
        return layers.Conv2D(filters, side, padding=padding, activation="relu")

    if name == MCMAHAN:
        parts = [convolution(32, 5, "same"), layers.MaxPooling2D(2)]
        parts += [convolution(64, 5, "same"), layers.MaxPooling2D(2)]
        parts += [layers.Flatten(), layers.Dense(512, activation="relu")]
    else:
        parts = [convolution(32, 3), convolution(64, 3), layers.MaxPooling2D(2)]
        parts += [layers.Dropout(0.25), layers.Flatten(), layers.Dense(128, activation="relu")]
        parts += [layers.Dropout(0.5)]
    return Sequential([Input((28, 28, 1)), *parts, layers.Dense(10)])


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
    images, labels = load(spec["data"], "train")
    data = (images[..., None], labels)
    model = keras_model(spec["model"])
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
