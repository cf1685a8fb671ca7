"""Models as lists of arrays, in Keras's order and layout."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy

from . import keys
from .errors import LogError
from .logs import Run, read
from .program import ask_program

# More of a header has no file of ours.
LARGEST_HEADER = 100_000_000


class Model(list):
    """The arrays of a model, float32, one a tensor in layer order: what Keras's `set_weights` takes.

    `names` are the tensors', like "dense1/kernel"; `metadata` is what the file says of itself."""

    def __init__(self, arrays: list[numpy.ndarray], names: list[str], metadata: dict[str, str]) -> None:
        super().__init__(arrays)
        self.names = names
        self.metadata = metadata

    def named(self) -> dict[str, numpy.ndarray]:
        """The same by name."""
        return dict(zip(self.names, self))


def model(source: str | os.PathLike | Run, store: str | os.PathLike | None = None) -> Model:
    """The model of a safetensors file, of a log, or of a run of a store."""
    if not isinstance(source, (Run, str, os.PathLike)):
        raise LogError(f"the model is {source!r}: expected the path of a safetensors file or a log, or a run")
    if not isinstance(source, Run):
        path = Path(os.fspath(source))
        if path.suffix == ".safetensors":
            return read_safetensors(path)
        found = read(source, store)
        if isinstance(found, list):
            raise LogError(f"{path} has {len(found)} runs: say model(NAME, store=…)")
        source = found
    if source.path is not None:
        named = source.log.get(keys.FINAL_WEIGHT_FILE)
        if named and Path(str(named)).name != named:
            raise LogError(f"{source.path} names {named!r} for its model: expected a file beside it")
        beside = source.path.with_name(named) if named else source.path.with_suffix(".safetensors")
        if beside.is_file():
            return read_safetensors(beside)
        if source.log.get(keys.FINAL_WEIGHT):
            return _from_lists(source.log[keys.FINAL_WEIGHT], source.path)
        raise LogError(f"the model of {source.path} is not beside it: expected {beside.name}")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "model.safetensors"
        ask_program("export", source.name, "--store", str(source.store), "--format", "safetensors",
                    "--output", str(output))
        return read_safetensors(output)


def _from_lists(lists: Any, path: Path) -> Model:
    try:
        arrays = [numpy.array(tensor, numpy.float32) for tensor in lists]
    except (TypeError, ValueError) as error:
        raise LogError(f"the weights in {path} are no nested lists of numbers: {error}") from error
    return Model(arrays, [str(index) for index in range(len(arrays))], {})


def read_safetensors(path: str | os.PathLike) -> Model:
    """The arrays of a file, in the order that they lie in it."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise LogError(f"{path}: {error.strerror}") from error
    try:
        length, = struct.unpack_from("<Q", content)
        if length > min(LARGEST_HEADER, len(content) - 8):
            raise ValueError(f"a header of {length} bytes in {len(content)}")
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        entries = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
        arrays = [_array(content, 8 + length, name, entry) for name, entry in entries]
    except (AttributeError, KeyError, TypeError, ValueError, struct.error) as error:
        raise LogError(f"{path} is no whole safetensors file: {error}") from error
    return Model(arrays, [name for name, _ in entries], metadata)


def _array(content: bytes, start: int, name: str, entry: dict[str, Any]) -> numpy.ndarray:
    kinds = {"F32": "<f4", "F64": "<f8", "F16": "<f2"}
    if entry["dtype"] not in kinds:
        raise ValueError(f"{name} is of the type {entry['dtype']}: expected F32")
    begin, end = entry["data_offsets"]
    flat = numpy.frombuffer(content[start + begin : start + end], kinds[entry["dtype"]])
    return flat.astype(numpy.float32).reshape(entry["shape"])
