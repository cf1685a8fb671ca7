#!/usr/bin/env python3
"""Serves runs to clients of both APIs, and looks whether they get along.

usage: Scripts/check/mixed_test.py [--federated PROGRAM] [--rounds R] [--poll SECONDS]

One run has a client that knows no rules: it reports before it has said how many samples it has, and
twice in a round; neither may count. In the other, `federated join` and Scripts/examples/plain_client.py train
together, the latter asking as seldom as --poll says. The images are made here. Needs numpy and
requests, which Scripts/setup/venv.sh puts into .venv. One line at the end says what came of it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import requests

from served import Served
from test_support import Failure, write_images

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
sys.path.append(str(EXAMPLES))
from plain_client import read  # noqa: E402

PIXELS, CLASSES = 64, 10


def expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise Failure(sentence)


def constant(value: float) -> list[Any]:
    """A model all of whose parameters are that number."""
    return [[[value] * CLASSES] * PIXELS, [value] * CLASSES]


def put(server: Served, client: int, value: float) -> requests.Response:
    return requests.put(
        f"{server.address}/put_weight/{client}", json=constant(value), timeout=30)


def refused(answer: requests.Response, code: str, message: str) -> None:
    expect(answer.status_code == 409, f"expected 409, got {answer.status_code}: {answer.text}")
    said = answer.json()
    expect((said["code"], said["message"]) == (code, message),
           f"expected {code} and “{message}”, got {answer.text}")


def text(server: Served, path: str) -> str:
    answer = requests.get(server.address + path, timeout=30)
    expect(answer.status_code == 200, f"{path} got {answer.status_code}: {answer.text}")
    return answer.text


def break_rules(program: Path, images: Path, logs: Path) -> None:
    """What is refused must leave no trace in the model, which is known to the bit here."""
    with Served(program, images, logs, 2, 1) as server:
        refused(put(server, 0, 1), "samples_missing",
                "client 0 has not said how many samples it has: "
                "expected GET /update_num_data/0/COUNT first")
        for client, samples in [(0, 1), (1, 3)]:
            expect(text(server, f"/update_num_data/{client}/{samples}")
                   == f"Number of data for {client} updated", "another text")
        answer = put(server, 0, 1)
        expect(answer.status_code == 200, f"the first report got {answer.text}")
        for value in [1, 100]:
            refused(put(server, 0, value), "duplicate", "client 0 has reported in round 1 already")
        expect(text(server, "/get_server_round") == "0", "a second report has closed the round")
        answer = put(server, 1, 3)
        expect(answer.status_code == 200, f"the other client's report got {answer.text}")
        began = time.monotonic()
        while text(server, "/get_server_round") != "1":
            expect(time.monotonic() - began < 30, "the round is not committed after 30 s")
            time.sleep(0.02)
        # (1 · 1 + 3 · 3) / 4
        expect(json.loads(text(server, "/get_server_weight")) == constant(2.5),
               "the model is not the mean of the two reports that count")


def accuracy(weights: list[Any], images: Path) -> float:
    pixels = read(images, "t10k-images-idx3-ubyte", 0x803, 16) / np.float32(255)
    labels = read(images, "t10k-labels-idx1-ubyte", 0x801, 8)[:, 0]
    return float(np.mean((pixels @ np.array(weights[0]) + weights[1]).argmax(axis=1) == labels))


def train_together(
    program: Path, images: Path, logs: Path, rounds: int, poll: float
) -> tuple[float, float]:
    """The server's accuracy at the start and at the end."""
    with Served(program, images, logs, 2, rounds, "--once") as server:
        start = accuracy(json.loads(text(server, "/get_server_weight")), images)
        plain = EXAMPLES / "plain_client.py"
        commands = {
            "federated join": [str(program), "join", server.address, "--id", "0", "--dataset",
                               str(images)],
            "plain_client.py": [sys.executable, str(plain), server.address, "1", str(images),
                                "--samples", "100", "--poll", str(poll)],
        }
        clients = {
            name: subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for name, command in commands.items()
        }
        try:
            for name, process in clients.items():
                said, _ = process.communicate(timeout=60 + 4 * poll * rounds)
                expect(process.returncode == 0,
                       f"{name} ended with {process.returncode}: {said.strip()}")
                for round in range(1, rounds + 1):
                    row = (f"  {round}/{rounds}" if name == "federated join"
                           else f"round {round} of {rounds}: Weight of 1 updated\n")
                    expect(row in said, f"{name} says nothing of round {round}: {said.strip()}")
        except subprocess.TimeoutExpired:
            raise Failure(f"{name} goes on long after it should have ended") from None
        finally:
            for process in clients.values():
                process.kill()
                process.wait()
        server.end(30)

    log = json.loads(next(logs.glob("*.json")).read_text(encoding="utf-8"))
    expect(log["outcome"] == "completed", f"the run's outcome is {log['outcome']!r}")
    expect(len(log["server acc"]) == rounds, f"the log has {len(log['server acc'])} rounds")
    expect(log["clients_samples"] == {"0": [100] * rounds, "1": [100] * rounds},
           f"the clients' samples by round are {log['clients_samples']}: expected 100 each")
    for client, values in log["clients acc"].items():
        expect(len(values) == rounds and all(0 < value <= 1 for value in values),
               f"client {client} has the accuracies {values}: expected {rounds}")
    end = log["server acc"][-1]
    found = accuracy(log["final weight"], images)
    # Another order of summing may tip one image of a hundred.
    expect(abs(found - end) < 0.0101, f"the log says {end}, its weights reach {found}")
    expect(end > start + 0.2, f"the accuracy went from {start} to {end}: expected 0.2 more")
    return start, end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the mixed run (5)")
    parser.add_argument("--poll", type=float, default=0.5, metavar="SECONDS",
                        help="how often the plain client asks (0.5)")
    parser.add_argument("--federated", type=Path, metavar="PROGRAM",
                        default=Path(__file__).resolve().parents[2] / ".build/release/federated")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {options.rounds}")
    if not options.federated.is_file():
        sys.exit(f"mixed_test.py: there is no program {options.federated}: make build makes it")

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mixed-test-") as work:
        images = Path(work) / "images"
        write_images(images, random.Random(1))
        try:
            break_rules(options.federated, images, Path(work) / "rules")
            start, end = train_together(
                options.federated, images, Path(work) / "mixed", options.rounds, options.poll)
        except (Failure, requests.RequestException) as failure:
            sys.exit(f"mixed_test.py: {failure}")
    print(
        f"{options.rounds} rounds of federated join and a plain client that asks every "
        f"{options.poll:g} s: accuracy from {start:.0%} to {end:.0%}; reports out of turn changed "
        f"nothing ({time.monotonic() - began:.1f} s)")


if __name__ == "__main__":
    main()
