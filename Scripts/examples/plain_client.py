#!/usr/bin/env python3
"""Take part in a served run as a client of the plain API: softmax regression in NumPy.

    federated serve --model logistic-regression --clients 1 --rounds 5
    plain_client.py http://127.0.0.1:9103 0 FOLDER

FOLDER holds MNIST's training images and labels, or others in IDX files of those names, with .gz or
without. Client 0 has the first images of them, client 1 the next, and so on. Needs numpy and
requests, which Scripts/setup/venv.sh puts into .venv.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
import time
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import requests

CLASSES = 10


def take_part(url: str, client: int, images: np.ndarray, wanted: np.ndarray, poll: float) -> None:
    """Train in every round that opens, until the last one's model is reported."""
    session, reported = requests.Session(), -1

    def ask(path: str) -> requests.Response:
        answer = session.get(url + path, timeout=60)
        answer.raise_for_status()
        return answer

    rounds = ask("/v1/run").json()["spec"]["rounds"]
    print(ask(f"/update_num_data/{client}/{len(images)}").text, flush=True)
    while reported < rounds - 1 and (committed := int(ask("/get_server_round").text)) < rounds:
        if committed == reported:
            time.sleep(poll)
            continue
        lists = train(ask("/get_server_weight").json(), images, wanted)
        answer = session.put(f"{url}/put_weight/{client}", json=lists, timeout=60)
        if answer.status_code in (408, 429, 503):  # there is no place for it now, or no server soon
            time.sleep(float(answer.headers.get("Retry-After", poll)))
            continue
        code = answer.json()["code"] if answer.status_code == 409 else None
        if code in ("no_round_open", "wrong_round") and "the run is over" not in answer.text:
            time.sleep(poll)  # too late for the last round or too early for the next
            continue
        if code != "duplicate":  # as after a restart of this client within a round
            answer.raise_for_status()
        reported = committed
        print(f"round {committed + 1} of {rounds}: {answer.text}", flush=True)


def train(weights: list[Any], images: np.ndarray, wanted: np.ndarray) -> list[Any]:
    """One epoch of SGD at batch 8 and rate 0.05, from nested lists to nested lists."""
    shapes = [np.shape(tensor) for tensor in weights]
    expected = [(images.shape[1], CLASSES), (CLASSES,)]
    if shapes != expected:
        fail(f"the server's tensors have the shapes {shapes}: expected {expected}, "
             "as --model logistic-regression has them for these images")
    kernel, bias = (np.array(tensor, np.float32) for tensor in weights)
    for start in range(0, len(images), 8):
        batch = images[start : start + 8]
        scores = batch @ kernel + bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = chances / chances.sum(axis=1, keepdims=True) - wanted[start : start + 8]
        kernel -= 0.05 / len(batch) * batch.T @ error
        bias -= 0.05 * error.mean(axis=0)
    return [kernel.tolist(), bias.tolist()]


def read(folder: Path, name: str, magic: int, header: int) -> np.ndarray:
    """An IDX file as rows of bytes, one for each image or label."""
    paths = [folder / f"{name}.gz", folder / name]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        fail(f"there is neither {paths[0]} nor {name} beside it")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        fail(f"{path} cannot be read: {error}")
    sizes = [int.from_bytes(data[at : at + 4], "big") for at in range(4, header, 4)]
    if data[:4] != magic.to_bytes(4, "big") or len(data) != header + math.prod(sizes):
        fail(f"{path} is no IDX file with the magic number {magic:#010x}, or not a whole one")
    return np.frombuffer(data[header:], np.uint8).reshape(sizes[0], math.prod(sizes[1:]))


def load(folder: Path, client: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """A client's images as rows of numbers from 0 to 1, and their labels as rows of one 1."""
    images = read(folder, "train-images-idx3-ubyte", 0x803, 16)
    labels = read(folder, "train-labels-idx1-ubyte", 0x801, 8)[:, 0]
    if len(images) != len(labels) or labels.max(initial=0) >= CLASSES:
        fail(f"{folder} has {len(images)} images and {len(labels)} labels, the greatest of them "
             f"{labels.max(initial=0)}: expected as many of each, and labels below {CLASSES}")
    end = (client + 1) * count
    if end > len(images):
        fail(f"client {client} with {count} samples needs {end} images: {folder} has {len(images)}")
    part = slice(end - count, end)
    return images[part] / np.float32(255), np.eye(CLASSES, dtype=np.float32)[labels[part]]


def fail(text: str) -> NoReturn:
    sys.exit("plain_client.py: " + " ".join(text.split()))


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"plain_client.py: {message}", file=sys.stderr)
        sys.exit(2)


def options() -> argparse.Namespace:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the server, like http://127.0.0.1:9103")
    parser.add_argument("client", type=int, help="this client's id, from 0")
    parser.add_argument("folder", type=Path, help="where the IDX files are")
    parser.add_argument("--samples", type=int, default=600, help="images to train on (600)")
    parser.add_argument("--poll", type=float, default=0.1, metavar="SECONDS",
                        help="how often to ask whether a round is open (0.1)")
    given = parser.parse_args()
    for name, least in [("client", 0), ("samples", 1)]:
        if getattr(given, name) < least:
            parser.error(f"{name} must be at least {least}, not {getattr(given, name)}")
    if not 0 < given.poll <= 3600:
        parser.error(f"--poll must be above 0 and at most 3600 seconds, not {given.poll:g}")
    if not given.url.startswith(("http://", "https://")):
        parser.error(f"“{given.url}” is no address of a server: expected one like "
                     "http://127.0.0.1:9103")
    return given


def main() -> None:
    given = options()
    images, wanted = load(given.folder, given.client, given.samples)
    try:
        take_part(given.url.rstrip("/"), given.client, images, wanted, given.poll)
    except requests.HTTPError as error:
        try:
            fail(error.response.json()["message"])
        except (ValueError, TypeError, KeyError):
            fail(str(error))
    except requests.ConnectionError:
        fail(f"there is no server at {given.url}, or it has gone")
    except (requests.RequestException, ValueError) as error:
        fail(f"{given.url}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
