#!/usr/bin/env python3
"""Loads a federation server on loopback and measures it.

usage: load_server.py [--federated PATH] [--parameters N] [--uploads N] [--polls N] [--json]

Starts `federated bench load-server` (a server whose clients are not tested, so that only
transport and averaging are measured) in a process of its own, and measures

  uploads   N binary updates at once, from the first byte to the last answer: bytes a second, and
            the memory of the server at its highest over what it had before
  polls     N questions for the next task that are held while 100 clients upload: how many were
            answered when the run ended, and how soon

Needs xxhash: `.venv/bin/python Scripts/check/load_server.py`, after `make venv`.
"""

from __future__ import annotations

import argparse
import json
import resource
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import xxhash

HEADER_BYTES = 128 + 48


class Server:
    """A server process and what it said when it began to listen."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"load_server.py: {command[0]} ended with {self.process.wait()}")
        said = json.loads(line)
        self.port: int = said["port"]
        self.run: str = said["run"]
        self.architecture = bytes.fromhex(said["architecture"])
        self.parameters: int = said["parameters"]

    def resident(self, key: str = "VmRSS") -> int:
        """Bytes of memory in use."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"{key} is not known")

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(120)
        return connection

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def update(server: Server, client: int, payload: bytes, round: int = 1) -> bytes:
    """What comes before the floats of a binary update: its header, and a table of one section."""
    row = struct.pack("<24s8sQQ", b"model", b"float32", len(payload) // 4, len(payload))
    head = struct.pack(
        "<8sHHI32sQQIIQ32s", b"\x89FED\r\n\x1a\n", 2, 2, round, server.run.encode(), client, 10,
        1, 0, len(row) + len(payload), server.architecture)
    return head + xxhash.xxh3_128_digest(head + xxhash.xxh3_128_digest(row + payload)) + row


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), body


def register(server: Server, connection: socket.socket, client: int) -> None:
    body = json.dumps({"protocol": 2, "architecture": server.architecture.hex(), "samples": 10}).encode()
    connection.sendall(
        f"PUT /v1/runs/{server.run}/clients/{client} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    status, text = answer(connection)
    if status != 204:
        sys.exit(f"load_server.py: client {client} could not register: {status} {text!r}")


def upload(server: Server, connection: socket.socket, client: int, head: bytes,
           payload: bytes) -> tuple[int, bytes]:
    connection.sendall(
        f"PUT /v1/runs/{server.run}/rounds/1/updates/{client} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(head) + len(payload)}\r\n\r\n".encode() + head)
    connection.sendall(payload)
    return answer(connection)


def measure_uploads(options: argparse.Namespace) -> dict[str, Any]:
    server = Server([options.federated, "bench", "load-server",
                     "--clients", str(options.uploads + 1),
                     "--parameters", str(options.parameters)])
    try:
        payload = struct.pack("<f", 0.125) * server.parameters
        clients = range(options.uploads)
        heads = {client: update(server, client, payload) for client in clients}
        # One upload before the clock starts: buffers and aggregate are there then.
        first = options.uploads
        status, text = upload(server, server.connect(), first, update(server, first, payload),
                              payload)
        if status != 200:
            sys.exit(f"load_server.py: the first upload got {status}: {text!r}")
        base = server.resident()
        failures: list[str] = []
        latencies: list[float] = []
        barrier = threading.Barrier(options.uploads + 1)

        def work(client: int) -> None:
            connection = server.connect()
            barrier.wait()
            start = time.monotonic()
            try:
                status, text = upload(server, connection, client, heads[client], payload)
                if status != 200:
                    failures.append(f"{status} {text!r}")
            except OSError as error:
                failures.append(repr(error))
            latencies.append(time.monotonic() - start)

        threads = [threading.Thread(target=work, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        highest = [base]
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.01):
                highest.append(server.resident())

        watcher = threading.Thread(target=watch)
        watcher.start()
        barrier.wait()
        start = time.monotonic()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - start
        done.set()
        watcher.join()
        if failures:
            sys.exit(f"load_server.py: {len(failures)} uploads failed, the first with {failures[0]}")
        total = options.uploads * (len(payload) + HEADER_BYTES)
        return {
            "uploads": options.uploads, "seconds": seconds, "megabytesPerSecond": total / seconds / 1e6,
            "baseMegabytes": base / 1e6, "growthMegabytes": (max(highest) - base) / 1e6,
            "slowestSeconds": max(latencies),
        }
    finally:
        server.stop()


def measure_polls(options: argparse.Namespace) -> dict[str, Any]:
    uploaders = 100
    count = options.polls + uploaders
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < count + 100:
        sys.exit(f"load_server.py: {count} connections need as many open files, not {limit[1]}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    server = Server([options.federated, "bench", "load-server",
                     "--clients", str(count), "--cohort", str(uploaders),
                     "--parameters", str(options.parameters)])
    try:
        payload = struct.pack("<f", 0.125) * server.parameters
        connections = {}
        for client in range(count):
            connections[client] = server.connect()
            register(server, connections[client], client)
        selector = selectors.DefaultSelector()
        for client, connection in connections.items():
            connection.sendall(
                f"GET /v1/runs/{server.run}/clients/{client}/task HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .encode())
            selector.register(connection, selectors.EVENT_READ, client)
        chosen = []
        while len(chosen) < uploaders:
            for key, _ in selector.select(30):
                status, body = answer(connections[key.data])
                if json.loads(body)["task"] != "train":
                    sys.exit(f"load_server.py: client {key.data} was told {body!r} too early")
                selector.unregister(connections[key.data])
                chosen.append(key.data)
        heads = {client: update(server, client, payload) for client in chosen}
        ends: list[float] = []
        failures: list[str] = []

        def work(client: int) -> None:
            try:
                status, text = upload(server, connections[client], client, heads[client], payload)
                if status != 200:
                    failures.append(f"{status} {text!r}")
            except OSError as error:
                failures.append(repr(error))
            ends.append(time.monotonic())

        start = time.monotonic()
        threads = [threading.Thread(target=work, args=(client,)) for client in chosen]
        for thread in threads:
            thread.start()
        times: list[float] = []
        lost = 0
        while len(times) + lost < options.polls:
            events = selector.select(60)
            if not events:
                break
            for key, _ in events:
                selector.unregister(connections[key.data])
                now = time.monotonic()
                try:
                    status, body = answer(connections[key.data])
                    if status == 200 and json.loads(body)["task"] == "finished":
                        times.append(now)
                    else:
                        failures.append(f"poll of {key.data}: {status} {body!r}")
                        lost += 1
                except OSError as error:
                    failures.append(f"poll of {key.data}: {error!r}")
                    lost += 1
        for thread in threads:
            thread.join()
        # The run ends when the last update is in: from there every answer is late.
        ended = max(ends)
        late = sorted(max(0.0, moment - ended) for moment in times)
        return {
            "polls": options.polls, "answered": len(times),
            "failures": failures[:3], "uploadSeconds": ended - start,
            "p50Milliseconds": 1000 * late[len(late) // 2] if late else None,
            "p99Milliseconds": 1000 * late[int(len(late) * 0.99)] if late else None,
            "residentMegabytes": server.resident("VmHWM") / 1e6,
        }
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--federated", default=".build/release/federated")
    parser.add_argument("--parameters", type=int, default=1_199_882)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--polls", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    if options.uploads:
        results["uploads"] = measure_uploads(options)
        found = results["uploads"]
        if not options.json:
            print(f"{found['uploads']} uploads at once   {found['megabytesPerSecond']:.0f} MB/s in "
                  f"{found['seconds']:.2f} s, memory {found['baseMegabytes']:.0f} MB + "
                  f"{found['growthMegabytes']:.0f} MB")
    if options.polls:
        results["polls"] = measure_polls(options)
        found = results["polls"]
        if not options.json:
            print(f"{found['polls']} polls held      {found['answered']} answered, half within "
                  f"{found['p50Milliseconds']:.0f} ms, 99% within {found['p99Milliseconds']:.0f} ms; "
                  f"100 uploads meanwhile took {found['uploadSeconds']:.2f} s")
            for failure in found["failures"]:
                print(f"  {failure}")
    if options.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
