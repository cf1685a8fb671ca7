#!/usr/bin/env python3
"""Sends what schemathesis makes of docs/openapi.yaml to `federated serve`, and runs a run after it.

usage: Scripts/check/api_test.py [--federated PROGRAM] [--cases N] [--seed S] [--report FILE]

Each route gets N requests as the document has them, right and wrong ones; those with a run or a
client get N more that name the run and clients there are (api_hooks.py). No answer may have a status
from 500 up, nor a status, content type, header or body that the document does not have. In the end
two clients must complete the run that all this was aimed at, and another after it, and the server may
not have grown by more than 64 MiB, or 512 with runs of up to 100,000 clients. What was asked and
answered is counted by the server itself, the questions of the test and its clients included.

/events never ends: it is asked once, for its first event. Some checks of schemathesis are left out:
that no request be refused that fits the document, since whether a model or a client fits depends on
the run; that none be taken that does not, since a segment that was left out makes another path; and
what it knows of resources that are created and deleted, since clients may come back.

`make api-test CASES=1000` installs what is needed (Scripts/setup/venv.sh api).
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

from served import Served
from test_support import Failure, write_images

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = [
    "positive_data_acceptance", "negative_data_rejection", "use_after_free",
    "ensure_resource_availability", "object_level_authorization",
]
# MiB that the server may grow by, before and after it is asked for runs of up to 100,000 clients.
GROWTH, LARGE_GROWTH = 64, 512
ROUNDS = 200

Counts = collections.Counter[tuple[str, str]]


class Memory(threading.Thread):
    """Looks at the server's memory fifty times a second."""

    def __init__(self, server: Served) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.first = self.most = server.resident()
        self.over = threading.Event()

    def check(self, growth: int) -> list[str]:
        if self.most <= self.first + growth:
            return []
        return [f"the server grew from {self.first:.0f} to {self.most:.0f} MiB: at most {growth} "
                "more are expected"]

    def run(self) -> None:
        while not self.over.wait(0.02):
            try:
                self.most = max(self.most, self.server.resident())
            except (OSError, Failure):
                return


def get(server: Served, path: str) -> requests.Response:
    answer = requests.get(server.address + path, timeout=30)
    if answer.status_code != 200:
        raise Failure(f"{path} got {answer.status_code}: {answer.text}")
    return answer


def counts(server: Served) -> Counts:
    """Requests by route and status; those that got no route by method."""
    found: Counts = collections.Counter()
    for method, route, status, count in [
        (match["method"], match["route"], match["status"], int(float(match["count"])))
        for match in re.finditer(
            r'^federated_requests_total\{route="(?P<route>[^"]*)",method="(?P<method>[^"]*)",'
            r'status="(?P<status>\d+)"\} (?P<count>\S+)$', get(server, "/metrics").text, re.M)
    ]:
        found[f"{method} {route}", status] += count
    return found


def attack(server: Served, options: argparse.Namespace, report: Path, known: bool,
           *which: str) -> str:
    """Runs schemathesis; its last lines, where it found something."""
    command = [
        str(Path(sys.executable).parent / "st"), "run", str(ROOT / "docs/openapi.yaml"),
        "--url", server.address, "--max-examples", str(options.cases), "--seed",
        str(options.seed), "--phases", "examples,coverage,fuzzing", "--exclude-checks",
        ",".join(LEFT_OUT), "--continue-on-failure", "--generation-database", "none",
        "--request-timeout", "40", "--warnings", "off", "--no-color", "--suppress-health-check",
        "all", *which,
    ]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": str(ROOT / "Scripts/check/api_hooks.py"), "API_TEST_URL": server.address,
        "API_TEST_SEED": str(options.seed), "PYTHONPATH": str(ROOT / "Scripts/check"),
        "API_TEST_KNOWN": "1" if known else "",
    }
    done = subprocess.run(
        command, env=environment, cwd=report.parent, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    with report.open("a", encoding="utf-8") as file:
        file.write(f"{' '.join(command)}\n{done.stdout}\n")
    if server.process.poll() is not None:
        raise Failure(f"the server ended with {server.process.returncode}: {server.complaint()}")
    return done.stdout if done.returncode != 0 else ""


def first_event(server: Served) -> None:
    with requests.get(server.address + "/events", stream=True, timeout=10) as answer:
        line = next(answer.iter_lines(decode_unicode=True))
    if answer.status_code != 200 or line != "event: state":
        raise Failure(f"/events begins with {answer.status_code} and {line!r}")


def complete(program: Path, server: Served, images: Path) -> int:
    """Two clients bring the run to its end; how many rounds were left."""
    settings = get(server, "/v1/run").json()
    before = int(get(server, "/get_server_round").text)
    clients = [
        subprocess.Popen(
            [str(program), "join", server.address, "--id", str(client), "--dataset", str(images),
             "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for client in (0, 1)
    ]
    try:
        for process in clients:
            _, complaint = process.communicate(timeout=120)
            if process.returncode != 0:
                raise Failure(f"a client ended with {process.returncode}: {complaint.strip()}")
    except subprocess.TimeoutExpired:
        raise Failure("the run is not over after 120 s") from None
    finally:
        for process in clients:
            process.kill()
            process.wait()
    committed = int(get(server, "/get_server_round").text)
    outcome = get(server, "/state").json()["outcome"]
    if committed != settings["spec"]["rounds"] or outcome != "completed":
        raise Failure(f"{committed} of {settings['spec']['rounds']} rounds are committed: {outcome}")
    return committed - before


def print_counts(before: Counts) -> None:
    routes = sorted({route for route, _ in before}, key=lambda route: route.split(" ")[::-1])
    for route in routes:
        statuses = {status: count for (name, status), count in before.items() if name == route}
        print(f"  {sum(statuses.values()):>6}  {route:<58}"
              + ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items())))


def test(options: argparse.Namespace, work: Path, report: Path) -> list[str]:
    """What was found."""
    images = work / "images"
    write_images(images, random.Random(1))
    findings: list[str] = []
    with Served(options.federated, images, work / "logs", 2, ROUNDS) as server:
        memory = Memory(server)
        memory.start()
        aside = ["--exclude-path", "/events"]
        start = ["--exclude-operation-id", "initialize"]
        # A client that has registered and not reported has a task: its question is not held.
        run = get(server, "/v1/run").json()
        requests.put(
            f"{server.address}/v1/runs/{run['run']}/clients/0", timeout=30,
            json={"protocol": 2, "architecture": run["architecture"], "samples": 1}).raise_for_status()
        steps: list[tuple[bool, list[str]]] = [
            (True, ["--include-operation-id", "nextTask"]),
            (False, [*aside, *start]),
            (True, ["--include-path-regex", "client}|run}", "--exclude-operation-id", "nextTask",
                    "--exclude-operation-id", "failure"]),
        ]
        for known, which in steps:
            findings.append(attack(server, options, report, known, *which))
        first_event(server)
        left = complete(options.federated, server, images)
        findings += memory.check(GROWTH)
        most = memory.most
        for operation in ["failure", "initialize"]:
            findings.append(
                attack(server, options, report, True, "--include-operation-id", operation))
        get(server, "/initialize/2/1/3")
        complete(options.federated, server, images)
        memory.over.set()
        memory.join()
        findings += memory.check(LARGE_GROWTH)
        found, end = counts(server), server.resident()
    print_counts(found)
    print(f"  the server's memory: {memory.first:.0f} MiB at the start, {most:.0f} at most, "
          f"{memory.most:.0f} with runs of up to 100,000 clients, {end:.0f} at the end")
    print(f"  {ROUNDS - left} of {ROUNDS} rounds came of requests, {left} of clients after them")
    findings += [
        f"{route} answered {status} {count} times"
        for (route, status), count in found.items() if int(status) >= 500]
    return [finding for finding in findings if finding]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=100, help="requests a route (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the requests (1)")
    parser.add_argument("--report", type=Path, metavar="FILE",
                        help="where to keep what schemathesis says")
    parser.add_argument("--federated", type=Path, metavar="PROGRAM",
                        default=ROOT / ".build/release/federated")
    options = parser.parse_args()
    if options.cases < 1:
        parser.error(f"--cases must be at least 1, not {options.cases}")
    options.federated = options.federated.absolute()
    if not options.federated.is_file():
        sys.exit(f"api_test.py: there is no program {options.federated}: make build makes it")

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="api-test-") as folder:
        work = Path(folder)
        report = options.report.absolute() if options.report else work / "report"
        report.unlink(missing_ok=True)
        try:
            findings = test(options, work, report)
        except (Failure, requests.RequestException) as failure:
            sys.exit(f"api_test.py: {failure}")
    seconds = time.monotonic() - began
    if findings:
        print(*findings, sep="\n\n", file=sys.stderr)
        sys.exit(f"api_test.py: {len(findings)} findings above ({seconds:.0f} s)")
    print(f"{options.cases} requests a route: nothing found, and the server completed its runs "
          f"({seconds:.0f} s)")


if __name__ == "__main__":
    main()
