"""Servers, clients beside them, and a proxy that keeps what a client sends."""

from __future__ import annotations

import http.client
import http.server
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

import numpy

import federated
from federated.body import HEADER, ROW

MODULE = Path(federated.__file__).resolve().parent.parent
# A run that takes a moment.
QUICK = {"dataset": "digits", "model": "logistic-regression", "samples": 20, "epochs": 1, "rounds": 2}
# In a shell's background job Ctrl-C is ignored, and would be by all that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)

SMALL = ["--dataset", "digits", "--samples", "50", "--epochs", "1"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class FolderTestCase(unittest.TestCase):
    """Each test has a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [federated.find_program(), *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(end, process)
        return process

    def serve(self, *arguments: str, port: int | None = None) -> str:
        """The address of a server that answers."""
        port = port or free_port()
        self.server = self.start("serve", "--port", str(port), *arguments)
        wait_for_port(self.server, port)
        return f"http://127.0.0.1:{port}"

    def log(self) -> Path:
        """The served run's log, once it is written: the server goes on."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            logs = list((self.folder / "Logs").glob("*.json"))
            if logs:
                return logs[0]
            time.sleep(0.05)
        raise AssertionError("the run has no log")


def wait_for_port(process: subprocess.Popen, port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"federated ended: {process.stderr.read().decode()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    process.stderr.close()


class InThread:
    """A client in a thread: its ending, or what it raised."""

    def __init__(self, client: federated.Client, *arguments: Any, **more: Any) -> None:
        self.ending: Any = None
        self.error: BaseException | None = None
        self.events: list[str] = []
        more.setdefault("on_event", self.events.append)

        def work() -> None:
            try:
                self.ending = client.join(*arguments, **more)
            except BaseException as error:  # noqa: BLE001: it is looked at below
                self.error = error

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def result(self, seconds: float = 120) -> federated.Ending:
        self.thread.join(seconds)
        if self.thread.is_alive():
            raise AssertionError(f"the client still goes on: {self.events}")
        if self.error:
            raise self.error
        return self.ending


class Shifting(federated.Client):
    """Trains nothing: adds what its id and the round say, and keeps what it sent."""

    def __init__(self, samples: int = 10) -> None:
        self.samples = samples
        self.sent: dict[int, tuple[int, list[numpy.ndarray]]] = {}
        self.given: dict[int, list[numpy.ndarray]] = {}

    def fit(self, parameters: list, config: dict) -> Any:
        self.given[config["round"]] = [array.copy() for array in parameters]
        shift = 0.01 * (config["client"] + 1) * config["round"]
        own = [(array + numpy.float32(shift)).astype(numpy.float32) for array in parameters]
        self.sent[config["round"]] = (self.samples, own)
        return own, self.samples, {"loss": 0.5}


class Recorder:
    """A proxy that keeps the updates that go through it: by round, samples and vector."""

    def __init__(self, target: str) -> None:
        self.updates: dict[int, tuple[int, numpy.ndarray]] = {}
        host = target.removeprefix("http://")
        updates = self.updates

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if re.search(r"/updates/\d+$", self.path):
                    round, samples, vector = decoded_update(body)
                    updates[round] = (samples, vector)
                upstream = http.client.HTTPConnection(host, timeout=60)
                headers = {k: v for k, v in self.headers.items()
                           if k.lower() not in ("host", "transfer-encoding", "connection")}
                upstream.request(self.command, self.path, body or None, headers)
                answer = upstream.getresponse()
                data = answer.read()
                self.send_response(answer.status)
                for name in ("Content-Type", "ETag", "Retry-After"):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                if answer.status != 204 and answer.status != 304:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                upstream.close()

            do_GET = do_PUT = do_POST = do_DELETE = forward

            def log_message(self, *_: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def decoded_update(body: bytes) -> tuple[int, int, numpy.ndarray]:
    """Round, samples and vector of an update."""
    fields = HEADER.unpack_from(body)
    name, encoding, count, size = ROW.unpack_from(body, HEADER.size)
    assert name.rstrip(b"\0") == b"model" and encoding.rstrip(b"\0") == b"float32", (name, encoding)
    return fields[3], fields[6], numpy.frombuffer(body, "<f4", count, HEADER.size + fields[7] * ROW.size)


def flat(arrays: list) -> numpy.ndarray:
    return numpy.concatenate([numpy.asarray(array, numpy.float32).ravel() for array in arrays])


def weighted_mean(parts: list[tuple[int, numpy.ndarray]]) -> numpy.ndarray:
    total = sum(samples for samples, _ in parts)
    return sum(samples / total * vector.astype(numpy.float64) for samples, vector in parts)
