#!/usr/bin/env python3
"""Take part in a served run as a client of the plain API: softmax regression in NumPy.

    federated serve --model logistic-regression --clients 1 --rounds 5
    plain_client.py http://127.0.0.1:9103 1 FOLDER --rounds 5

FOLDER holds train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz. Needs numpy and requests.
"""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import requests


def load(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first images as rows of numbers from 0 to 1, and their labels as rows of one 1."""
    pixels = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    images = np.frombuffer(pixels, np.uint8).reshape(len(labels), -1)[:count] / np.float32(255)
    return images, np.eye(10, dtype=np.float32)[np.frombuffer(labels, np.uint8)[:count]]


def train(weights: list[np.ndarray], images: np.ndarray, wanted: np.ndarray) -> list[np.ndarray]:
    """One epoch of SGD at batch 8 and rate 0.05."""
    kernel, bias = weights
    for start in range(0, len(images), 8):
        batch = images[start : start + 8]
        scores = batch @ kernel + bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = chances / chances.sum(axis=1, keepdims=True) - wanted[start : start + 8]
        kernel = kernel - 0.05 / len(batch) * batch.T @ error
        bias = bias - 0.05 * error.mean(axis=0)
    return [kernel, bias]


def take_part(url: str, client: int, images: np.ndarray, wanted: np.ndarray, rounds: int) -> None:
    """Train in every round that opens, until the last is committed."""
    session, reported = requests.Session(), -1

    def ask(path: str) -> requests.Response:
        answer = session.get(url + path, timeout=60)
        answer.raise_for_status()
        return answer

    print(ask(f"/update_num_data/{client}/{len(images)}").text)
    while (committed := int(ask("/get_server_round").text)) < rounds:
        if committed == reported:
            time.sleep(0.1)
            continue
        weights = [np.array(tensor, np.float32) for tensor in ask("/get_server_weight").json()]
        lists = [tensor.tolist() for tensor in train(weights, images, wanted)]
        answer = session.put(f"{url}/put_weight/{client}", json=lists, timeout=60)
        if answer.status_code != 409:  # the round may be over, or not yet open
            answer.raise_for_status()
            reported = committed
            print(f"round {committed + 1}: {answer.text}")
        else:
            time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the server, like http://127.0.0.1:9103")
    parser.add_argument("client", type=int, help="this client's number, from 1")
    parser.add_argument("folder", type=Path, help="where MNIST's files are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=600)
    options = parser.parse_args()
    images, wanted = load(options.folder, options.samples)
    try:
        take_part(options.url, options.client, images, wanted, options.rounds)
    except requests.ConnectionError:
        print("the server is gone")
    except requests.HTTPError as error:
        raise SystemExit(f"plain_client: {error.response.text}") from None


if __name__ == "__main__":
    main()
