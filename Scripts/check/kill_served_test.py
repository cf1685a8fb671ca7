#!/usr/bin/env python3
"""Kills `federated serve` and `federated join` at random moments, starts them again, and compares.

usage: Scripts/check/kill_served_test.py [--times N] [--seed S] [--rounds R] [--plain] [--federated PROGRAM]

A small run is served to three clients once without disturbance. Then, N times, the same run is begun
anew while SIGKILL hits the server or a client, drawn at random, after random times; what was killed is
started again with the same command (the server with --resume), until the server ends by itself. Its
model file must have the undisturbed run's bytes. With --plain the clients speak the plain API, live on
and are as simple as can be: who was told 200 waits for the round's number to grow and never asks again,
so a server that forgot what it had acknowledged would wait for it for ever. One line at the end says what came of it; the status
is 1 if any run differed or failed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from kill_test import result
from test_support import Failure, write_images

CLIENTS = 3


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class PlainClient(threading.Thread):
    """A client of the plain API that trains by arithmetic and outlives the server."""

    def __init__(self, port: int, client: int, rounds: int) -> None:
        super().__init__(daemon=True)
        self.port, self.client, self.rounds = port, client, rounds
        self.is_stopping = False

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """One request, again and again until somebody answers it."""
        while not self.is_stopping:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            finally:
                connection.close()
        raise SystemExit

    def trained(self, weights: object) -> object:
        if isinstance(weights, list):
            return [self.trained(part) for part in weights]
        return 0.5 * float(weights) + 0.01 * (self.client + 1)  # type: ignore[arg-type]

    def run(self) -> None:
        reported = -1
        while not self.is_stopping:
            number = int(self.ask("GET", "/get_server_round")[1])
            if number >= self.rounds:
                return
            if number == reported:
                time.sleep(0.005)
                continue
            self.ask("GET", f"/update_num_data/{self.client}/{10 + self.client}")
            weights = json.loads(self.ask("GET", "/get_server_weight")[1])
            body = json.dumps(self.trained(weights))
            status, text = self.ask("PUT", f"/put_weight/{self.client}", body)
            # "duplicate": the answer to an earlier try was lost.
            if status == 200 or json.loads(text).get("code") == "duplicate":
                reported = number
            else:
                time.sleep(0.01)


class Federation:
    """The server and the clients of one run, each started again when it was killed."""

    def __init__(self, program: Path, folder: Path, images: Path, rounds: int, plain: bool) -> None:
        self.port = free_port()
        self.folder = folder
        self.complaints = folder.parent / f"{folder.name}.txt"
        common = ["--dataset", str(images)]
        self.commands = [[
            str(program), "serve", "--resume", "--once", "--quiet", "--port", str(self.port), *common,
            "--experiment", "4", "--model", "logistic-regression", "--epochs", "1",
            "--clients", str(CLIENTS), "--rounds", str(rounds), "--log-dir", str(folder),
        ]] + [[
            str(program), "join", f"http://127.0.0.1:{self.port}", "--id", str(client), "--quiet",
            "--retry-for", "30", *common,
        ] for client in range(CLIENTS) if not plain]
        self.is_done = False
        self.threads = [PlainClient(self.port, client, rounds)
                        for client in range(CLIENTS) if plain]
        for thread in self.threads:
            thread.start()
        self.processes = [self.start(index) for index in range(len(self.commands))]

    def start(self, index: int) -> subprocess.Popen[str]:
        with self.complaints.open("a", encoding="utf-8") as complaints:
            return subprocess.Popen(
                self.commands[index], stdout=subprocess.DEVNULL, stderr=complaints, text=True)

    def kill(self, index: int) -> bool:
        """Kills and starts again; whether there was something to kill."""
        process = self.processes[index]
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.returncode != -signal.SIGKILL:
            return False
        # A server that was hit after its run was over would begin another one.
        if index == 0 and any(self.folder.glob("*.json")):
            self.is_done = True
        else:
            self.processes[index] = self.start(index)
        return True

    def is_over(self) -> bool:
        return self.is_done or self.processes[0].poll() is not None

    def end(self) -> None:
        for thread in self.threads:
            thread.is_stopping = True
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def run(program: Path, folder: Path, images: Path, rounds: int, plain: bool,
        chance: random.Random | None, seconds: float) -> int:
    """Serves one run to its end; how many processes were killed on the way."""
    federation = Federation(program, folder, images, rounds, plain)
    began = time.monotonic()
    kills = 0
    try:
        until = began + chance.uniform(0, seconds) if chance else None
        while not federation.is_over():
            if time.monotonic() - began > 120:
                raise Failure(f"the run goes on after 120 s: {federation.complaints.read_text()}")
            if chance and until and time.monotonic() >= until and kills < 12:
                # The server as often as all clients together.
                index = 0 if plain else chance.choice([0, chance.randint(1, CLIENTS)])
                kills += federation.kill(index)
                until = time.monotonic() + chance.uniform(0, seconds)
            time.sleep(0.005)
        status = federation.processes[0].returncode
        if status != 0 and not federation.is_done:
            raise Failure(f"the server ended with {status}: {federation.complaints.read_text()}")
    finally:
        federation.end()
    return kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=10, help="runs to kill (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (1)")
    parser.add_argument("--rounds", type=int, default=40, help="rounds of a run (40)")
    parser.add_argument("--plain", action="store_true", help="simple clients of the plain API")
    parser.add_argument("--federated", type=Path, metavar="PROGRAM",
                        default=Path(__file__).resolve().parents[2] / ".build/release/federated")
    options = parser.parse_args()
    if options.times < 1:
        parser.error(f"--times must be at least 1, not {options.times}")
    if not options.federated.is_file():
        sys.exit(f"kill_served_test.py: there is no program {options.federated}: make build makes it")
    chance = random.Random(options.seed)
    began = time.monotonic()
    kills = finished = same = 0
    with tempfile.TemporaryDirectory(prefix="kill-served-test-") as work:
        images = Path(work) / "images"
        write_images(images, chance)
        try:
            whole = Path(work) / "whole"
            start = time.monotonic()
            run(options.federated, whole, images, options.rounds, options.plain, None, 0)
            seconds = time.monotonic() - start
            expected = result(whole).model
        except Failure as failure:
            sys.exit(f"kill_served_test.py: {failure}")
        for number in range(1, options.times + 1):
            folder = Path(work) / f"run{number}"
            try:
                kills += run(
                    options.federated, folder, images, options.rounds, options.plain, chance, seconds)
                found = result(folder).model
                finished += 1
                same += found == expected
                if found != expected:
                    raise Failure("its model has other bytes")
            except Failure as failure:
                print(f"run {number}: {failure}", file=sys.stderr)
    print(
        f"{options.times} served runs of {options.rounds} rounds, {kills} processes killed: "
        f"{finished} finished, {same} with the bits of an undisturbed run "
        f"({seconds:.2f} s undisturbed, {time.monotonic() - began:.0f} s in all)")
    sys.exit(0 if same == options.times else 1)


if __name__ == "__main__":
    main()
