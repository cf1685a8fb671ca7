#!/usr/bin/env python3
"""Write the inputs that fuzzing begins with: FOLDER/PARSER/short and FOLDER/PARSER/long.

    fuzz_seeds.py FOLDER

Needs xxhash: `.venv/bin/python Scripts/check/fuzz_seeds.py`, after `make venv`.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import xxhash

SHAPES = {"conv1/kernel": [2, 2, 1, 2], "conv1/bias": [2], "dense1/kernel": [3, 2]}
COUNT = 16
# What takes too long shows in long inputs; libFuzzer makes short ones.
LONG = 60_000


def nested(shape: list[int], start: float = 0.5):
    """Nested lists of that shape."""
    if not shape:
        return start
    return [nested(shape[1:], start + index / 7) for index in range(shape[0])]


def section(name: bytes, encoding: bytes, count: int, content: bytes) -> bytes:
    """A row of a body's table."""
    return struct.pack("<24s8sQQ", name, encoding, count, len(content))


def body(rows: list[bytes], contents: list[bytes]) -> bytes:
    """A client's update that holds these sections."""
    after = b"".join(rows + contents)
    start = struct.pack(
        "<8sHHI32sQQIIQ32s", bytes.fromhex("894645440d0a1a0a"), 2, 2, 2, b"run", 3, 600, len(rows), 0,
        len(after), bytes.fromhex("ab" * 32))
    return start + xxhash.xxh3_128_digest(start + xxhash.xxh3_128_digest(after)) + after


def header() -> dict[str, bytes]:
    values = struct.pack(f"<{COUNT}f", *[index / 3 - 2 for index in range(COUNT)])
    sparse = struct.pack("<IIIfff", 0, 7, COUNT - 1, 1.5, -0.0, 1e-45)
    report = json.dumps({"seconds": 1.5, "loss": 0.3, "classCounts": [1, 2], "numbers": {"a": 1}})
    model = section(b"model", b"float32", COUNT, values)
    change = section(b"change", b"sparse", COUNT, sparse)
    said = section(b"report", b"json", 0, report.encode())
    whole = body([model], [values])
    two = body([change, said], [sparse, report.encode()])
    return {
        "whole": whole, "cut": whole[:100], "more": whole + b"\0", "long": whole + bytes(LONG),
        "sparse": two, "old": whole[:8] + b"\1" + whole[9:],
        # What the passes that forge a body take: its content, and its numbers.
        "content": b"\1" + whole[128:], "contents": b"\2" + two[128:],
        "parts": struct.pack("<Qf", 600, float("nan")),
    }


def weights() -> dict[str, bytes]:
    good = json.dumps([nested(shape) for shape in SHAPES.values()])
    odd = good.replace("0.5,", "-0.0,", 1).replace("0.5", "1e-45", 1)
    return {
        "good": good.encode(),
        "odd": odd.encode(),
        "nan": good.replace("0.5", "NaN", 1).encode(),
        "large": good.replace("0.5", "3.5e38", 1).encode(),
        "deep": b"[" * 300,
        "long": b"[" + b" " * LONG + good[1:].encode(),
        "fraction": good.replace("0.5", "0." + "1" * LONG, 1).encode(),
        "digits": good.replace("0.5", "0.1234567890123456789012345678901234567890", 1).encode(),
    }


def messages() -> dict[str, bytes]:
    digest = "ab" * 32
    settings = {
        "protocol": 2, "run": "run", "inputShape": [28, 28, 1],
        "architecture": digest, "architectureJSON": {"layers": [{"flatten": {}}]}, "parameterCount": 1199882,
        "spec": {
            "model": "reference-cnn", "engine": "fused", "experiment": 1, "samples": 600,
            "fixed_shards": False, "dataset": "MNIST", "clients": 5, "rounds": 5, "epochs": 10,
            "batch_size": 8, "learning_rate": 0.01, "gradient_clip": None, "seed": 2**64 - 1,
        },
        "heartbeatSeconds": 1, "pollSeconds": 20, "transforms": ["clip:1.0"], "encodings": ["sparse"],
        "objective": {"proximal": 0.01, "controlVariates": False},
    }  # fmt: skip
    committed = {"round": 1, "accuracy": 0.9, "loss": 0.3}
    error = {"code": "wrong_round", "message": "round 3 is open", "expected": 3, "got": None}
    values = {
        "settings": settings,
        "registration": {"protocol": 2, "architecture": digest, "samples": 600},
        "heartbeat": {"round": 2, "imagesTrained": 100, "imagesPerSecond": 9000.5},
        "train": {"task": "train", "round": 3, "counted": 1, "committed": committed},
        "report": {"seconds": 1.5, "loss": -0.0, "classCounts": [3, 0], "numbers": {"a": 1e-300}},
        "finished": {"task": "finished", "outcome": "completed \u00fc\U0001f600", "succeeded": True},
        "error": error,
        "answer": {"isWanted": True},
        "failure": {"reason": "its loss is no finite number in epoch 1, batch 3"},
        "receipt": {"round": 1, "isRepeat": False},
        "keys": {**{f"key {index}": index for index in range(LONG // 20)}, **error},
        "escapes": {**error, "got": "\u00fc" * (LONG // 6)},
        "lists": {**error, "got": [[[]] * 100] * (LONG // 500)},
        "digits": {**error, "got": int("9" * 4000)},
    }
    return {name: json.dumps(value).encode() for name, value in values.items()}


def idx() -> dict[str, bytes]:
    images = struct.pack(">IIII", 0x803, 3, 2, 2) + bytes(range(12))
    labels = struct.pack(">II", 0x801, 3) + bytes([1, 0, 9])
    huge = struct.pack(">IIII", 0x803, 2**31 - 1, 2**31 - 1, 2**31 - 1)
    bomb = gzip.compress(struct.pack(">IIII", 0x803, 30000, 28, 28) + bytes(100_000))
    members = gzip.compress(struct.pack(">II", 0x801, 2**30)) + gzip.compress(b"") * (LONG // 20)
    return {
        "images": images,
        "labels": labels,
        "images.gz": gzip.compress(images),
        "labels.gz": gzip.compress(labels) + gzip.compress(b""),
        "huge": huge,
        "bomb.gz": bomb,
        "members.gz": members,
        "padded.gz": gzip.compress(labels) + bytes(LONG),
    }


def array(kind: str, shape: str, content: bytes, fortran: bool = False, version: int = 1) -> bytes:
    """An .npy file."""
    text = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + (11 if version == 1 else 13)) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + content


def npy() -> dict[str, bytes]:
    whole = array("<f4", "(2, 3)", struct.pack("<6f", *range(6)))
    x = array("|u1", "(4, 2, 2)", bytes(range(16)))
    labels = array("<i8", "(4,)", struct.pack("<4q", 0, 1, 1, 0))
    return {
        "whole": whole, "big": array(">f8", "(2, 2)", struct.pack(">4d", *range(4))),
        "fortran": array("<i2", "(2, 3, 2)", bytes(24), fortran=True, version=2),
        "half": array("<f2", "(3, 1)", bytes(6), version=3), "bool": array("|b1", "(5,)", bytes(5)),
        "objects": array("|O", "(1,)", b"\x80\x04."), "huge": array("|u1", "(2147483648,)", b"1"),
        "bomb": b"\x93NUMPY\x02\x00" + b"\xff" * 4, "deep": array("<f4", "(" * LONG, b""),
        "many": array("<f4", "(" + "1," * 64 + ")", bytes(4)),
        "long": array("|u1", f"({LONG},)", bytes(LONG)),
        # Two arrays, the length of the first in eights before them.
        "pair": bytes([len(x) // 8]) + x + labels,
    }


def npz() -> dict[str, bytes]:
    def archive(method: int) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in npy().items():
                if name in ("whole", "big", "fortran", "half"):
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                        entry.write(content)
        return file.getvalue()

    stored, deflated = archive(zipfile.ZIP_STORED), archive(zipfile.ZIP_DEFLATED)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0, 0, 0)
    return {
        "stored": stored, "deflated": deflated, "cut": stored[:-1], "comment": stored[:-2] + b"\x40\0" * 33,
        "entries": end, "ends": end * (LONG // len(end)),
    }


def cifar() -> dict[str, bytes]:
    ten = b"".join(bytes([label]) + bytes(range(256)) * 12 for label in (0, 9))
    hundred = bytes([19, 99]) + bytes(3072)
    return {
        "ten": ten, "hundred": hundred, "cut": ten[:-1], "label": b"\x0a" + ten[1:],
        "long": ten * (LONG // len(ten)),
    }


def png() -> dict[str, bytes]:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    def file(bits: int, colour: int, row: bytes, more: bytes = b"", interlace: int = 0) -> bytes:
        header = struct.pack(">IIBBBBB", 8, 8, bits, colour, 0, 0, interlace)
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more
                + chunk(b"IDAT", zlib.compress((b"\0" + row) * 8)) + chunk(b"IEND", b""))

    palette = chunk(b"PLTE", bytes(range(12)))
    grey = file(8, 0, bytes(range(8)))
    return {
        "grey": grey, "bits": file(1, 0, b"\xa5"), "wide": file(16, 0, bytes(16)),
        "colours": file(8, 2, bytes(24)), "palette": file(2, 3, b"\x1b\xe4", palette),
        "clear": file(2, 3, b"\x1b\xe4", palette + chunk(b"tRNS", b"\0\x80")),
        "both": file(8, 4, bytes(16)), "all": file(8, 6, bytes(32)), "cut": grey[:-1],
        "adam": file(8, 0, bytes(32), interlace=1),
        "text": file(8, 0, bytes(8), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(LONG)))),
        "chunks": file(8, 0, bytes(8), chunk(b"tEXt", b"k\0v") * (LONG // 15)),
    }


def safetensors() -> dict[str, bytes]:
    tensors, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in SHAPES.items():
        size = 4
        for extent in shape:
            size *= extent
        tensors[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size

    def file(header: bytes) -> bytes:
        return struct.pack("<Q", len(header)) + header + bytes(offset)

    text = json.dumps(tensors).encode()
    more = {f"more {index}": tensors["conv1/bias"] for index in range(LONG // 80)}
    return {
        "whole": file(text),
        "cut": file(text)[:-1],
        "large": struct.pack("<Q", 2**63 - 1) + text,
        "many": file(json.dumps({**tensors, **more}).encode()),
        "deep": file(b'{"a":' + b"[" * LONG + b"]" * 3 + b"}"),
    }


def architecture() -> dict[str, bytes]:
    relu = {"layer": "relu"}
    layers = [
        {"layer": "convolution", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
        {"layer": "residual", "layers": [relu, {"layer": "residual", "layers": [relu]}], "shortcut": []},
        {"layer": "max-pooling", "window": [2, 2]}, {"layer": "flatten"},
        {"layer": "dropout", "rate": 0.5}, {"layer": "dense", "units": 3, "initializer": "he-normal"},
    ]  # fmt: skip
    text = json.dumps({"input": [8, 8, 2], "layers": layers})
    keras = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 8, 8, 2]}},
        {"class_name": "Conv2D", "config": {"filters": 2, "kernel_size": [3, 3], "activation": "tanh"}},
        {"class_name": "BatchNormalization", "config": {"axis": [3], "momentum": 0.9}},
        {"class_name": "Flatten", "config": {}},
        {"class_name": "Dense", "config": {"units": 3, "activation": "softmax", "use_bias": True}},
    ]
    return {
        "own": text.encode(),
        "keras": json.dumps({"class_name": "Sequential", "config": {"layers": keras}}).encode(),
        "many": json.dumps({"layers": [relu] * (LONG // 20)}).encode(),
        "deep": b'{"layers": [' + b'{"layer": "residual", "layers": [' * (LONG // 40),
        "large": b'{"input": [2147483647], "layers": [{"layer": "dense", "units": 2147483647}]}',
    }


def log() -> dict[str, bytes]:
    short = {
        "client number": 2, "experiment": 1, "max round": 2,
        "clients acc": {"0": [0.5, None], "1": [0.25, 0.75]}, "server acc": [0.5, 0.75],
        "final weight": [nested(shape) for shape in SHAPES.values()],
    }  # fmt: skip
    more = dict(short)
    more.update({
        "client_ids_from": 0, "clients_loss": {"0": [1.5, None]},
        "clients_samples": {"0": [600, 600]},
        "clients_class_counts": {"0": [[60, 60], [60, 60]]}, "outcome": "completed",
        "configuration": {"seed": 1}, "seed": 2**64 - 1, "data": "digits", "threads": 2,
        "timings": {"round_seconds": [1.0], "training_seconds": 1.0, "evaluation_seconds": 0.5,
                    "total_seconds": 2.0},
        "started": "2026-01-31T23:59:59Z",
    })  # fmt: skip
    series = {str(client): [client / 7] * 16 for client in range(LONG // 800)}
    long = {**more, "clients acc": series, "clients_loss": series, "server acc": [0.125] * 2000}
    rows = {**short, "final weight": [[[index]] for index in range(LONG // 12)]}
    # As versions wrote it whose clients counted from 1.
    early = {key: value for key, value in more.items() if key != "client_ids_from"}
    early.update({"clients acc": {"1": [0.5]}, "clients_loss": {"1": [1.5]},
                  "clients_samples": {"1": [600]}, "clients_class_counts": {"1": [[60, 60]]},
                  "version": "0.1.0",
                  "outcome": "failed: client 1 in round 2: its loss is nan"})
    part = {"rounds": [1, 2], "acc": [0.5, None], "loss": [1.5, 2.0], "samples": [600, 600],
            "class_counts": [[60, 60], []]}  # fmt: skip
    parts = {**short, "clients acc": {}, "clients_rounds": {"1": part, "20": {"rounds": [], "samples": []}}}
    logs = {"short": short, "more": more, "early": early, "long": long, "rows": rows,
            "parts": parts}
    return {name: json.dumps(log).encode() for name, log in logs.items()}


def table() -> dict[str, bytes]:
    heading = b"who,size,colour,label\n"
    rows = b"ann,1,red,no\nbob,-2.5e3,\"blue, or\n\"\"green\"\"\",yes\nann,,?,no\nbob,NA,red,yes\n"
    return {
        "comma": heading + rows * 3,
        "tab": (heading + rows).replace(b",", b"\t").replace(b"\n", b"\r\n"),
        "semicolon": b"\xef\xbb\xbf" + heading.replace(b",", b";") + b"a;1;x;0\r\rb;2;y;1",
        "numbers": b"a,y\n" + b"".join(b"%d,%d.25\n" % (row, row) for row in range(30)),
        "late": b"a,label\n1,0\n1.0,1\nx,0\n" + b"nan,1\n" * 3,
        "open": heading + b'"' + b"x" * LONG,
        "blank": heading + b"\n" * LONG + rows,
        "wide": b",".join(b"c%d" % column for column in range(LONG // 8)) + b",label\n",
        # Each word is a feature of each row: many rows, and not as many words.
        "words": b"a,label\n" + b"".join(
            b"w%d,%d\n" % (row % 500, row % 2) for row in range(LONG // 10)),
    }


def leaf() -> dict[str, bytes]:
    def file(users: dict[str, tuple[list, list]]) -> bytes:
        data = {user: {"x": x, "y": y} for user, (x, y) in users.items()}
        counts = [len(y) for _, y in users.values()]
        return json.dumps(
            {"users": list(users), "num_samples": counts, "user_data": data}).encode()

    small = {"a": ([[1, 2.5], [3, 4]], [0, 1]), "b": ([[5, -6e-3], [7, 8]], [2, 0])}
    return {
        "vectors": file(small),
        "images": file({"a": ([[[1, 2], [3, 4]]] * 3, [0, 1, 1])}),
        "targets": file({"a": ([1, 2, 3], [0.5, 1, -2])}),
        "text": file({"a": (["to be", "or"], [0, 1])}),
        "empty": file({**small, "c": ([], [])}),
        "more": file(small)[:-1] + b', "hierarchies": [[{"a": null}, "b"], []]}',
        "deep": b'{"user_data": {"a": {"x": ' + b"[" * LONG,
        "other": b'{"other": ' + b'[{"a":' * LONG,
    }


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: fuzz_seeds.py FOLDER")
    for parser in (header, weights, messages, idx, npy, npz, cifar, png, safetensors, architecture, log, table, leaf):
        folder = Path(sys.argv[1]) / parser.__name__
        for name, content in parser().items():
            file = folder / ("long" if len(content) > LONG // 2 else "short") / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


if __name__ == "__main__":
    main()
