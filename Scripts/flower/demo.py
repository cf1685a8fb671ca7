#!/usr/bin/env python3
"""Federates three nodes by Flower's own SuperLink and FedAvg on this machine, and checks the result.

usage: Scripts/flower/demo.sh [--rounds R] [--mixed] [--data-dir FOLDER] [--federated PROGRAM]

The nodes are `federated flower-node`; with --mixed one of the three is Flower's Python SuperNode. Each
has a third of MNIST. Every round's model must be the weighted average of what the nodes sent, within
1e-6, and the last must reach an accuracy of 0.9; the nodes' own tests must say the same. Needs flwr and
numpy, which Scripts/setup/venv.sh flower puts into .venv-flower. All servers are on loopback.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

SCRIPTS = Path(__file__).resolve().parent.parent
APP = SCRIPTS / "flower" / "app"
NODES = 3
MODEL = "mcmahan-2nn"
TOLERANCE, ACCURACY = 1e-6, 0.9
# A node's test and the ServerApp's may differ by an image at which two classes are as likely.
TEST_TOLERANCE = 3e-4


class Failure(Exception):
    """What went wrong, in one sentence."""


def options() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            print(f"flower_demo: {message}", file=sys.stderr)
            sys.exit(2)

    parser = Parser(
        prog="flower_demo", allow_abbrev=False,
        description="Federate three nodes by Flower's SuperLink and FedAvg, and check the result.")
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds (5)")
    add("--mixed", action="store_true", help="let one node be Flower's Python SuperNode")
    add("--data-dir", default=os.environ.get("FEDERATED_DATA_DIR"), help="where MNIST is")
    add("--federated", type=Path, default=SCRIPTS.parent / ".build/release/federated",
        help="the program")
    add("--logs", type=Path, help="keep what every process prints in this folder")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {given.rounds}")
    return given


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mnist(folder: str | None, program: Path) -> Path:
    """MNIST's folder; fetched into the cache where it is nowhere."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    places = [Path(folder), Path(folder) / "mnist"] if folder else []
    places.append(Path(cache) / "federated" / "mnist")
    for attempt in range(2):
        for place in places:
            if any((place / f"t10k-images-idx3-ubyte{end}").is_file() for end in ("", ".gz")):
                return place.resolve()
        if attempt == 0:
            subprocess.run([str(program), "data"], check=False)
    raise Failure("MNIST is not to be had: say where it is with --data-dir")


class Processes:
    """What was started, with its output in files; ended in the other order."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        self.logs, self.environment = logs, environment
        self.started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.txt").open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=self.environment, cwd=self.logs)
        self.started.append((name, process))
        return process

    def said(self, name: str) -> str:
        return (self.logs / f"{name}.txt").read_text(errors="replace")

    def wait_for(self, name: str, is_ready: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        process = dict(self.started)[name]
        while not is_ready():
            if process.poll() is not None:
                raise Failure(f"{name} ended with {process.returncode}: {self.last(name)}")
            if time.monotonic() > end:
                raise Failure(f"{name} is not ready after {seconds:g} s: {self.last(name)}")
            time.sleep(0.1)

    def last(self, name: str) -> str:
        return " / ".join(self.said(name).strip().splitlines()[-5:])

    def end(self, name: str) -> int:
        """Interrupts a process and waits for it."""
        process = dict(self.started)[name]
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            return process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def end_all(self) -> None:
        for name, _ in reversed(self.started):
            self.end(name)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def toml(value: str | int) -> str:
    return json.dumps(value)


def federate(given: argparse.Namespace, folder: Path, logs: Path) -> list[dict[str, Any]]:
    """Runs all processes; returns the ServerApp's figures of each round."""
    images = mnist(given.data_dir, given.federated)
    tools = Path(sys.executable).parent
    port = free_port()
    home = folder / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        "[superlink]\ndefault = \"demo\"\n\n"
        f"[superlink.demo]\naddress = \"127.0.0.1:{port}\"\ninsecure = true\n")
    parts, figures = folder / "parts.csv", folder / "figures.json"
    run = folder / "run.toml"
    run.write_text("".join(f"{key} = {toml(value)}\n" for key, value in {
        "nodes": NODES, "rounds": given.rounds, "images": str(images), "parts": str(parts),
        "figures": str(figures)}.items()))
    processes = Processes(logs, os.environ | {
        "FLWR_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"})
    try:
        processes.start("superlink", [
            str(tools / "flower-superlink"), "--insecure",
            "--disable-runtime-dependency-installation", "--host", "127.0.0.1", "--port", str(port)])
        processes.wait_for("superlink", lambda: listens(port), 60)
        python_nodes = 1 if given.mixed else 0
        ours = [f"node-{number}" for number in range(1, NODES + 1 - python_nodes)]
        for number, name in enumerate(ours):
            processes.start(name, [
                str(given.federated.resolve()), "flower-node", "--superlink",
                f"http://127.0.0.1:{port}", "--model", MODEL, "--dataset", str(images),
                "--partition", "iid", "--clients", str(NODES), "--id", str(number)])
        for name in ours:
            processes.wait_for(name, lambda: "joined as node" in processes.said(name), 60)
        if python_nodes:
            subprocess.run(
                [str(given.federated), "partition", "--partition", "iid", "--clients", str(NODES),
                 "--dataset", str(images), "--csv", str(parts)],
                check=True, stdout=subprocess.DEVNULL)
            processes.start("python-node", [
                str(tools / "flower-supernode"), "--insecure", "--superlink", f"127.0.0.1:{port}",
                "--host", "127.0.0.1", "--port", str(free_port()), "--node-config", f"part={NODES - 1}"])
        began = time.monotonic()
        flower = processes.start(
            "flwr-run", [str(tools / "flwr"), "run", str(APP), "demo", "--stream",
                         "--run-config", str(run)])
        # The stream ends when the run does.
        try:
            flower.wait(120 + 60 * given.rounds)
        except subprocess.TimeoutExpired:
            raise Failure(f"the run goes on and on: {processes.last('flwr-run')}") from None
        if not figures.is_file():
            raise Failure(f"the run came to nothing: {processes.last('flwr-run')}")
        print(f"{given.rounds} rounds in {time.monotonic() - began:.1f} s, Flower's start included")
        for name in ours:
            status = processes.end(name)
            if status != 130:
                raise Failure(f"{name} ended with {status}, not 130: {processes.last(name)}")
        return list(json.loads(figures.read_text()))
    finally:
        processes.end_all()


def check(rounds: list[dict[str, Any]], count: int) -> None:
    if len(rounds) != count:
        raise Failure(f"{len(rounds)} of {count} rounds have come")
    for of in rounds:
        where = f"round {of['round']}"
        if of["errors"]:
            raise Failure(f"{where}: a node replied with an error: {of['errors'][0]}")
        if of["replies"] != NODES or len(of["node accuracy"]) != NODES:
            raise Failure(f"{where}: {of['replies']} of {NODES} nodes replied")
        if not of["difference"] <= TOLERANCE:
            raise Failure(
                f"{where}: the model is {of['difference']:.1e} off the nodes' weighted average")
        for accuracy in of["node accuracy"]:
            if abs(accuracy - of["accuracy"]) > TEST_TOLERANCE:
                raise Failure(f"{where}: a node finds {accuracy}, the ServerApp {of['accuracy']}")
    if rounds[-1]["accuracy"] < ACCURACY:
        raise Failure(f"the accuracy is {rounds[-1]['accuracy']}, below {ACCURACY}")


def show(rounds: list[dict[str, Any]]) -> None:
    print(" round  replies  samples  accuracy  of the nodes  off the average")
    for of in rounds:
        nodes = of["node accuracy"]
        span = f"{min(nodes):.2%}" if nodes else "–"
        print(f"{of['round']:6}{of['replies']:9}{sum(of['samples']):9,}{of['accuracy']:10.2%}"
              f"{span:>14}{of['difference']:17.1e}")


def main() -> int:
    given = options()
    with tempfile.TemporaryDirectory(prefix="federated-flower-") as temporary:
        folder = Path(temporary)
        logs = (given.logs or folder / "logs").resolve()
        logs.mkdir(parents=True, exist_ok=True)
        try:
            rounds = federate(given, folder, logs)
            show(rounds)
            check(rounds, given.rounds)
        except (Failure, OSError, subprocess.CalledProcessError) as failure:
            print(f"flower_demo: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    kind = "two of ours and Flower's own" if given.mixed else "three of ours"
    print(f"flower_demo: {NODES} nodes, {kind}: every model is the nodes' weighted average within "
          f"{TOLERANCE:g}, the last one's accuracy {rounds[-1]['accuracy']:.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
