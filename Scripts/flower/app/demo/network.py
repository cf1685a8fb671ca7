"""`mcmahan-2nn` in numpy: 784 inputs, two hidden layers of 200, ten logits.

Its arrays are those of `federated flower-node --model mcmahan-2nn`: kernel [in][out] and bias of each
layer in turn.
"""

from __future__ import annotations

import numpy as np

SIZES = [784, 200, 200, 10]


def start(seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    arrays = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        limit = np.sqrt(6 / (inputs + outputs))
        arrays.append(random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
        arrays.append(np.zeros(outputs, np.float32))
    return arrays


def forward(arrays: list[np.ndarray], images: np.ndarray) -> list[np.ndarray]:
    """What goes into each layer, and the logits."""
    values = [images]
    for layer in range(0, len(arrays), 2):
        value = values[-1] @ arrays[layer] + arrays[layer + 1]
        values.append(value if layer + 2 == len(arrays) else np.maximum(value, 0))
    return values


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def evaluate(
    arrays: list[np.ndarray], images: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    """Loss and accuracy."""
    chances = probabilities(forward(arrays, images)[-1])
    loss = -np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-30)).mean()
    return float(loss), float((chances.argmax(axis=1) == labels).mean())


def step(arrays: list[np.ndarray], images: np.ndarray, labels: np.ndarray, rate: float) -> float:
    """One step of SGD in place; the batch's loss before it."""
    values = forward(arrays, images)
    chances = probabilities(values[-1])
    rows = np.arange(len(labels))
    loss = -np.log(np.maximum(chances[rows, labels], 1e-30)).mean()
    error = chances
    error[rows, labels] -= 1
    error /= len(labels)
    for layer in range(len(arrays) - 2, -1, -2):
        below = values[layer // 2]
        passed = error @ arrays[layer].T * (below > 0)
        arrays[layer] -= np.float32(rate) * (below.T @ error)
        arrays[layer + 1] -= np.float32(rate) * error.sum(axis=0)
        error = passed
    return float(loss)
