#!/usr/bin/env python3
"""Drives a server as the clients of the course's notebook do, and looks what they find.

usage: Scripts/check/course_client_test.py [--federated PROGRAM] [--clients K] [--rounds R]

GET /initialize/K/1/R, then K threads with the ids 0 … K − 1, each with `requests` and nothing but what
that knows by itself: a PUT's body is json.dumps(weights) and has no content type. In each round a
thread asks for the round's number, says how many samples it has, gets the model, puts its own, and
waits until the number grows; whoever then asks for the model must get the new one, all of them the same
bytes. At the end the log has the keys "0" … "K − 1", and a second /initialize starts the next run.
One line at the end says what came of it. Needs requests, which Scripts/setup/venv.sh puts into .venv.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import requests

from served import Served
from test_support import Failure

# Seconds that anything may take.
PATIENCE = 60
EXPERIMENT = 1


def expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise Failure(sentence)


class Client:
    """One client of the course, but for its training: it moves each number by a little of its own."""

    def __init__(self, client_id: int, address: str, samples: int) -> None:
        self.client_id, self.address, self.samples = client_id, address, samples
        self.failure: BaseException | None = None
        # The bytes of the model that it got before each round and after the last.
        self.models: list[bytes] = []

    def get(self, path: str) -> requests.Response:
        answer = requests.get(self.address + path, timeout=PATIENCE)
        expect(answer.status_code == 200,
               f"client {self.client_id}: {path} got {answer.status_code}: {answer.text}")
        return answer

    def server_round(self) -> int:
        return int(self.get("/get_server_round").text)

    def train(self, weights: Any) -> Any:
        if isinstance(weights, list):
            return [self.train(part) for part in weights]
        return weights + 0.001 * (self.client_id + 1)

    def take_part(self, rounds: int) -> None:
        expect(self.server_round() == 0, f"client {self.client_id}: the run does not begin at round 0")
        for committed in range(rounds):
            said = self.get(f"/update_num_data/{self.client_id}/{self.samples}").text
            expect(said == f"Number of data for {self.client_id} updated", f"the answer is {said!r}")
            model = self.get("/get_server_weight")
            self.models.append(model.content)
            answer = requests.put(
                f"{self.address}/put_weight/{self.client_id}", timeout=PATIENCE,
                data=json.dumps(self.train(model.json())))
            expect("content-type" not in map(str.lower, answer.request.headers),
                   "requests has sent a content type: it is not what the notebook sends")
            expect((answer.status_code, answer.text) == (200, f"Weight of {self.client_id} updated"),
                   f"client {self.client_id}, round {committed + 1}: {answer.status_code} {answer.text}")
            began = time.monotonic()
            while (found := self.server_round()) == committed:
                expect(time.monotonic() - began < PATIENCE, f"round {committed + 1} does not end")
            expect(found == committed + 1, f"after round {committed} comes {found}")
        self.models.append(self.get("/get_server_weight").content)

    def run(self, rounds: int) -> None:
        try:
            self.take_part(rounds)
        except BaseException as failure:  # told by the main thread
            self.failure = failure


def take_part(address: str, clients: int, rounds: int) -> None:
    """A run as the notebook's cells make one."""
    answer = requests.get(f"{address}/initialize/{clients}/{EXPERIMENT}/{rounds}", timeout=PATIENCE)
    expect((answer.status_code, answer.text) == (200, "Initialized server"),
           f"/initialize got {answer.status_code}: {answer.text}")
    everyone = [Client(number, address, samples=10 * (number + 1)) for number in range(clients)]
    threads = [threading.Thread(target=client.run, args=(rounds,), daemon=True)
               for client in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * (rounds + 1))
    for client in everyone:
        if client.failure is not None:
            raise client.failure
        expect(len(client.models) == rounds + 1, f"client {client.client_id} is not done")
    for number in range(rounds + 1):
        # A client that is slow to ask for its model in a round that is open gets the same.
        models = {client.models[number] for client in everyone}
        expect(len(models) == 1, f"after round {number} the clients got {len(models)} models")
        expect(number == 0 or models != {everyone[0].models[number - 1]},
               f"a client got the model of round {number - 1} under the number {number}")


def stranger(address: str, clients: int) -> None:
    """The notebook's ids end at K − 1."""
    answer = requests.get(f"{address}/update_num_data/{clients}/10", timeout=PATIENCE)
    expected = f"the run takes no client {clients}: this run has the clients 0 to {clients - 1}"
    expect(answer.status_code == 409 and answer.json()["message"] == expected,
           f"client {clients} got {answer.status_code}: {answer.text}")


def logs(folder: Path, count: int) -> list[dict[str, Any]]:
    """So many logs of runs that have ended, by time."""
    began = time.monotonic()
    while len(found := sorted(folder.glob("[!.]*.json"))) < count:
        expect(time.monotonic() - began < PATIENCE, f"{folder} has {len(found)} logs, not {count}")
        time.sleep(0.05)
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def check(log: dict[str, Any], clients: int, rounds: int) -> None:
    ids = [str(client) for client in range(clients)]
    expect((log["client number"], log["experiment"], log["max round"])
           == (clients, EXPERIMENT, rounds), "the log is of another run")
    for key in ("clients acc", "clients_samples"):
        expect(list(log[key]) == ids, f"the keys of '{key}' are {list(log[key])}: expected {ids}")
    for client in range(clients):
        samples = log["clients_samples"][str(client)]
        expect(samples == [10 * (client + 1)] * rounds, f"client {client} had {samples} samples")
        accuracies = log["clients acc"][str(client)]
        expect(len(accuracies) == rounds and None not in accuracies,
               f"client {client} has the accuracies {accuracies}")
    expect(len(log["server acc"]) == rounds and log["outcome"] == "completed",
           f"the run ended as {log['outcome']!r} after {len(log['server acc'])} rounds")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clients", type=int, default=5, help="K (5)")
    parser.add_argument("--rounds", type=int, default=5, help="R (5)")
    parser.add_argument("--federated", type=Path, metavar="PROGRAM",
                        default=Path(__file__).resolve().parents[2] / ".build/release/federated")
    options = parser.parse_args()
    if options.clients < 2 or options.rounds < 1:
        parser.error("there are at least 2 clients and 1 round")
    if not options.federated.is_file():
        sys.exit(f"course_client_test.py: there is no program {options.federated}: "
                 "make build makes it")

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-client-") as work:
        folder = Path(work) / "logs"
        try:
            # The server is of other clients and rounds, until it is told.
            with Served(options.federated, "digits", folder, options.clients + 2,
                        options.rounds + 1) as server:
                for run in (1, 2):
                    take_part(server.address, options.clients, options.rounds)
                    stranger(server.address, options.clients)
                    check(logs(folder, run)[-1], options.clients, options.rounds)
        except (Failure, requests.RequestException) as failure:
            sys.exit(f"course_client_test.py: {failure}")
    print(f"2 runs of {options.clients} clients, 0 to {options.clients - 1}, and {options.rounds} "
          f"rounds: every model was the round's ({time.monotonic() - began:.1f} s)")


if __name__ == "__main__":
    main()
