"""XXH3-128 by NumPy: what bodies are checked by.

Source: the specification of XXH3, https://github.com/Cyan4973/xxHash. Of the lengths that it has ways for,
those from 17 bytes on: no body is shorter.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MIXER = 0x165667919E3779F9
M64 = 2**64 - 1

# Stripes of 64 bytes, sixteen of them a block.
STRIPE, BLOCK = 64, 1024
# Blocks that are gone through at once: what they take stays in the caches.
BATCH = 256
LANES = (P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1)
_WORDS = numpy.frombuffer(SECRET, "<u8")
# Row n: the secret's words that the n-th stripe of a block meets.
_KEYS = numpy.stack([_WORDS[n : n + 8] for n in range(16)])
_HALF, _LOWER = numpy.uint64(32), numpy.uint64(0xFFFFFFFF)
_SWAPPED = [1, 0, 3, 2, 5, 4, 7, 6]

# All eight lanes are one number, each in the lower half of 128 bits: a product with a prime of 32 bits
# does not reach the next lane.
def _packed(lanes: Any) -> int:
    return sum(int(lane) << (128 * index) for index, lane in enumerate(lanes))


_LOW = _packed([M64] * 8)
_SHIFTED = _packed([2**17 - 1] * 8)
_SCRAMBLER = _packed(_WORDS[16:24])


def xxh3_128(data: Any) -> bytes:
    """The hash of some bytes in its canonical, big-endian form."""
    view = memoryview(data).cast("B")
    length = len(view)
    if length < 17:
        raise ValueError(f"{length} bytes: expected at least 17")
    low, high = _short(bytes(view)) if length <= 240 else _long(view)
    return struct.pack(">QQ", high, low)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _fold(a: int, b: int) -> int:
    product = a * b
    return (product ^ product >> 64) & M64


def _avalanche(value: int) -> int:
    value = (value ^ value >> 37) * MIXER & M64
    return value ^ value >> 32


def _mix16(data: bytes, at: int, key: int) -> int:
    return _fold(_word(data, at) ^ _word(SECRET, key), _word(data, at + 8) ^ _word(SECRET, key + 8))


def _short(data: bytes) -> tuple[int, int]:
    length = len(data)
    low, high = length * P64_1 & M64, 0

    def mix(one: int, other: int, key: int) -> None:
        nonlocal low, high
        low = (low + _mix16(data, one, key) & M64) ^ (_word(data, other) + _word(data, other + 8) & M64)
        high = (high + _mix16(data, other, key + 16) & M64) ^ (
            _word(data, one) + _word(data, one + 8) & M64)

    if length <= 128:
        for index in range((length - 1) // 32, -1, -1):
            mix(16 * index, length - 16 * (index + 1), 32 * index)
    else:
        for at in range(32, 160, 32):
            mix(at - 32, at - 16, at - 32)
        low, high = _avalanche(low), _avalanche(high)
        for at in range(160, length + 1, 32):
            mix(at - 32, at - 16, 3 + at - 160)
        mix(length - 16, length - 32, 136 - 17 - 16)
    total = low * P64_1 + high * P64_4 + length * P64_2 & M64
    return _avalanche(low + high & M64), -_avalanche(total) & M64


def _stripes(words: Any, keys: Any) -> Any:
    """What stripes add to the lanes, summed over the next to last axis."""
    mixed = words ^ keys
    products = mixed >> _HALF
    mixed &= _LOWER
    products *= mixed
    return _summed(products) + _summed(words)[..., _SWAPPED]


def _summed(table: Any) -> Any:
    """Sums by halves, which run along the memory, as NumPy's own over this axis do not."""
    while table.shape[-2] > 1 and table.shape[-2] % 2 == 0:
        half = table.shape[-2] // 2
        table = table[..., :half, :] + table[..., half:, :]
    return table.sum(axis=-2, dtype=numpy.uint64)


def _long(view: memoryview) -> tuple[int, int]:
    length = len(view)
    blocks = (length - 1) // BLOCK
    state = _packed(LANES)
    for first in range(0, blocks, BATCH):
        count = min(BATCH, blocks - first)
        words = numpy.frombuffer(view, "<u8", count * BLOCK // 8, first * BLOCK)
        spread = numpy.zeros((count, 8, 2), "<u8")
        spread[:, :, 0] = _stripes(words.reshape(count, 16, 8), _KEYS)
        rows = spread.tobytes()
        for at in range(0, len(rows), 128):
            state = state + int.from_bytes(rows[at : at + 128], "little") & _LOW
            state = (state ^ state >> 47 & _SHIFTED ^ _SCRAMBLER) * P32_1 & _LOW
    lanes = numpy.frombuffer(state.to_bytes(128, "little"), "<u8")[::2].copy()
    left = (length - 1 - blocks * BLOCK) // STRIPE
    if left:
        words = numpy.frombuffer(view, "<u8", left * 8, blocks * BLOCK)
        lanes += _stripes(words.reshape(left, 8), _KEYS[:left])
    last = numpy.frombuffer(bytes(view[length - STRIPE :]), "<u8").reshape(1, 8)
    lanes += _stripes(last, numpy.frombuffer(SECRET[121:185], "<u8").reshape(1, 8))
    return (_merged(lanes, 11, length * P64_1 & M64),
            _merged(lanes, 117, ~(length * P64_2) & M64))


def _merged(lanes: Any, key: int, start: int) -> int:
    for index in range(4):
        start += _fold(int(lanes[2 * index]) ^ _word(SECRET, key + 16 * index),
                       int(lanes[2 * index + 1]) ^ _word(SECRET, key + 16 * index + 8))
    return _avalanche(start & M64)
