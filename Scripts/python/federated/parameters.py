"""Lists of arrays to one vector and back, and what a subclass may have returned instead."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy

from .errors import ClientError, Diverged

Arrays = list[numpy.ndarray]
Shapes = list[tuple[int, ...]]
# Of one client in a round, as servers take them.
MOST_SAMPLES = 2**29 - 1


def split(vector: numpy.ndarray, shapes: Shapes) -> Arrays:
    """Arrays of their own, in C order, that may be written to."""
    result, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        result.append(vector[at : at + size].reshape(shape).astype(numpy.float32))
        at += size
    return result


def join(arrays: Any, shapes: Shapes, place: str) -> numpy.ndarray:
    """One float32 vector of arrays of those shapes, whatever their type and order in memory.

    Raises ClientError for what is no such list, Diverged for a number that is not finite."""
    if not isinstance(arrays, Sequence) or isinstance(arrays, (str, bytes)):
        raise ClientError(f"{place} returned {_kind(arrays)} for parameters: expected a list of "
                          f"{len(shapes)} arrays, as it was given")
    if len(arrays) != len(shapes):
        raise ClientError(f"{place} returned {len(arrays)} arrays: expected {len(shapes)}, as it was given")
    vector = numpy.empty(sum(map(math.prod, shapes)), numpy.float32)
    at = 0
    for index, (array, shape) in enumerate(zip(arrays, shapes)):
        try:
            values = numpy.asarray(array)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ClientError(f"{place}: array {index} is {_kind(array)}: expected a NumPy array "
                              f"({error})") from error
        if values.dtype.kind not in "fiub":
            raise ClientError(f"{place}: array {index} is of the type {values.dtype}: expected float32")
        if values.shape != shape:
            raise ClientError(f"{place}: array {index} has the shape {values.shape}: expected {shape}")
        with numpy.errstate(over="ignore"):
            vector[at : at + values.size] = values.ravel()
        if not numpy.isfinite(vector[at : at + values.size]).all():
            raise Diverged(f"{place}: array {index} has a number that is not finite: lower the learning "
                           "rate, or clip gradients")
        at += values.size
    return vector


def own_shapes(arrays: Any) -> Shapes:
    """Of what `get_parameters` returned."""
    if not isinstance(arrays, Sequence) or isinstance(arrays, (str, bytes)):
        raise ClientError(f"get_parameters returned {_kind(arrays)}: expected a list of arrays, or nothing")
    shapes = []
    for index, array in enumerate(arrays):
        try:
            shapes.append(tuple(numpy.shape(array)))
        except (TypeError, ValueError, RuntimeError) as error:
            raise ClientError(f"get_parameters: array {index} is {_kind(array)}: expected a NumPy array"
                              ) from error
    return shapes


# Layers without parameters: what stands between others in a model that `check_layout` can look at.
BARE_LAYERS = {"max-pooling", "average-pooling", "global-average-pooling", "dropout", "flatten", "activation"}


def check_layout(shapes: Shapes, architecture: Any) -> None:
    """Looks whether kernels of a plain stack of layers end in their outputs, as the run's do.

    Raises ClientError for those of PyTorch, which begin with them: their number is the same."""
    layers = architecture.get("layers", []) if isinstance(architecture, dict) else []
    own = [one for one in layers if isinstance(one, dict) and one.get("layer") not in BARE_LAYERS]
    if len(shapes) != 2 * len(own) or any(
            one.get("layer") not in ("dense", "convolution") for one in own):
        return
    for index, one in enumerate(own):
        outputs = one.get("units", one.get("filters"))
        kernel = tuple(one.get("kernel", ()))
        shape = shapes[2 * index]
        if shape[-1:] != (outputs,) or len(shape) != len(kernel) + 2 or shape[: len(kernel)] != kernel:
            wanted = ", ".join(map(str, (*kernel, "inputs", outputs)))
            raise ClientError(f"get_parameters: array {2 * index} has the shape {shape}: expected "
                              f"({wanted}), as Keras has it; PyTorch's are transposed")


def fit_result(result: Any, samples: int | None) -> tuple[Any, int, dict[str, float]]:
    """Parameters, samples and metrics of what `fit` returned: all three, or parameters alone."""
    metrics: Any = {}
    if isinstance(result, tuple) and len(result) == 3:
        result, samples, metrics = result
    elif isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], numbers.Integral):
        result, samples = result
    if result is None:
        raise ClientError("fit returned nothing: expected (parameters, samples, metrics)")
    if not is_sample_count(samples):
        raise ClientError(f"fit returned {samples!r} for its samples: expected a whole number from 1 to "
                          f"{MOST_SAMPLES}, as in (parameters, len(data), {{}})")
    return result, int(samples), checked_metrics(metrics, "fit")


def is_sample_count(value: Any) -> bool:
    return (isinstance(value, numbers.Integral) and not isinstance(value, bool)
            and 1 <= value <= MOST_SAMPLES)


def evaluate_result(result: Any) -> dict[str, float]:
    """What `evaluate` returned, as the history has it."""
    if not isinstance(result, tuple) or len(result) != 3:
        raise ClientError(f"evaluate returned {_kind(result)}: expected (loss, samples, metrics)")
    try:
        loss = float("text" if isinstance(result[0], (str, bytes)) else result[0])
    except (TypeError, ValueError, RuntimeError) as error:
        raise ClientError(f"evaluate returned {_kind(result[0])} for its loss: expected a number, as in "
                          "(loss, samples, metrics)") from error
    metrics = {"loss": loss} | checked_metrics(result[2], "evaluate")
    return {f"evaluate {name}": value for name, value in metrics.items()}


def checked_metrics(metrics: Any, place: str) -> dict[str, float]:
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise ClientError(f"{place} returned {_kind(metrics)} for its metrics: expected a dict of numbers")
    result = {}
    for name, value in metrics.items():
        if isinstance(value, (str, bytes)) or value is None:
            continue
        try:
            result[str(name)] = float(value)
        except (TypeError, ValueError) as error:
            raise ClientError(f"{place}: its metric {name!r} is {_kind(value)}: expected a number"
                              ) from error
    return result


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
