"""Binary bodies: a header, a table of sections, and vectors as they lie in memory.

docs/reference/wire.md has the layout.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy

from .checksum import xxh3_128

MAGIC = bytes.fromhex("894645440D0A1A0A")
VERSION = 2
GLOBAL_MODEL, UPDATE = 1, 2
HEADER = struct.Struct("<8sHHI32sQQI4xQ32s16s")
ROW = struct.Struct("<24s8sQQ")
CHECKED = 112


class BodyError(Exception):
    """Bytes that are no body."""


class DamagedBody(BodyError):
    """A body that lost something on its way: asking again may help."""


@dataclass(frozen=True)
class Body:
    """A global model as a server sends it."""

    round: int
    run: str
    architecture: str
    vector: numpy.ndarray
    checksum: bytes


def checksum(head: bytes, content: Any) -> bytes:
    return xxh3_128(head[:CHECKED] + xxh3_128(content))


def encode_update(
    vector: numpy.ndarray, *, run: str, round: int, client: int, samples: int, architecture: str,
    report: dict[str, Any]
) -> bytearray:
    """An update with a model and a report."""
    vector = numpy.ascontiguousarray(vector, "<f4")
    text = json.dumps(report).encode()
    start = HEADER.size + 2 * ROW.size
    end = start + vector.nbytes
    result = bytearray(end + len(text))
    ROW.pack_into(result, HEADER.size, b"model", b"float32", vector.size, vector.nbytes)
    ROW.pack_into(result, HEADER.size + ROW.size, b"report", b"json", 0, len(text))
    numpy.frombuffer(result, "<f4", vector.size, start)[:] = vector
    result[end:] = text
    HEADER.pack_into(
        result, 0, MAGIC, VERSION, UPDATE, round, run.encode(), client, samples, 2,
        len(result) - HEADER.size, bytes.fromhex(architecture), bytes(16))
    with memoryview(result) as view, view[HEADER.size :] as content:
        result[CHECKED : HEADER.size] = checksum(bytes(view[:CHECKED]), content)
    return result


def decode_model(data: bytes, count: int) -> Body:
    """A global model of so many parameters."""
    if len(data) < HEADER.size:
        raise DamagedBody(f"its global model ends after {len(data)} bytes")
    (magic, version, kind, number, run, _, _, sections, length, architecture, said) = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BodyError("its global model is no body of a federation")
    if (version, kind) != (VERSION, GLOBAL_MODEL):
        raise BodyError(f"its global model is of version {version} and kind {kind}: expected {VERSION} "
                        f"and {GLOBAL_MODEL}")
    content = memoryview(data)[HEADER.size :]
    if length != len(content):
        raise DamagedBody(f"its global model has {len(content)} bytes: expected {length}")
    if checksum(data[:CHECKED], content) != said:
        raise DamagedBody("its global model has another checksum than it says")
    if not 1 <= sections <= length // ROW.size:
        raise BodyError(f"its global model has {sections} sections")
    name, encoding, floats, size = ROW.unpack_from(content, 0)
    start = HEADER.size + sections * ROW.size
    if name.rstrip(b"\0") != b"model" or floats != count or start + size > len(data):
        raise BodyError(f"its global model has {floats} numbers: expected {count}")
    vector = _vector(data, encoding.rstrip(b"\0"), start, size, count)
    return Body(number, run.rstrip(b"\0").decode("ascii", "replace"), architecture.hex(), vector, said)


def _vector(data: bytes, encoding: bytes, start: int, size: int, count: int) -> numpy.ndarray:
    if encoding == b"float32" and size == 4 * count:
        return numpy.frombuffer(data, "<f4", count, start)
    if encoding == b"sparse" and size % 8 == 0:
        places = numpy.frombuffer(data, "<u4", size // 8, start)
        if not places.size or places.max() < count:
            vector = numpy.zeros(count, "<f4")
            vector[places] = numpy.frombuffer(data, "<f4", size // 8, start + size // 2)
            return vector
    raise BodyError(f"its global model is encoded as {encoding!r} in {size} bytes: expected float32 or "
                    "sparse")
