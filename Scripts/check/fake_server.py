#!/usr/bin/env python3
"""A server that plays a scripted federation to the live page: no Swift, no training.

By hand, to look at the page while changing it:  python3 Scripts/check/fake_server.py [--port 9103]
It serves the page's pieces afresh on each load, /state and /events, and starts over when the run is done.
"""

from __future__ import annotations

import argparse
import base64
import copy
import datetime
import email.utils
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fake_details import enrich, wobble

PIECES = Path(__file__).resolve().parents[2] / "Sources/CRunPage"
SLOT = '<script type="application/json" id="inlined">null</script>'

State = dict[str, Any]


def page_text(name: str = "run_page") -> str:
    """A page, put together as page.c puts it together."""
    source = (PIECES / "page.c").read_text(encoding="utf-8")
    found = re.search(rf"{name}\[\] = {{\n(.*?)}};", source, re.DOTALL)
    assert found, f"page.c has no {name}"
    pieces = re.findall(r'^#embed "([^"]+)"', found[1], re.MULTILINE)
    return "".join((PIECES / piece).read_text(encoding="utf-8") for piece in pieces)


def content_security_policy(page: str) -> str:
    """What the Swift server sends: the page's own script and style by their digests, nothing else."""
    def digest(pattern: str) -> str:
        found = re.findall(pattern, page, re.DOTALL)
        assert len(found) == 1, f"{len(found)} times {pattern} in the page"
        return base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
    return (f"default-src 'none'; script-src 'sha256-{digest('<script>(.*?)</script>')}'; "
            f"style-src 'sha256-{digest('<style>(.*?)</style>')}'; img-src data:; "
            "base-uri 'none'; form-action 'none'; connect-src 'self'; frame-ancestors 'none'")


def utc(ago_seconds: float = 0) -> str:
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


# What the program calls a setting on the page, where that is not its name in words.
TITLES = {
    "epochs": "local epochs", "samples": "samples a client", "dataset": "data set", "mu": "μ",
    "cohort": "clients a round", "evaluate_every": "rounds between tests",
}
NO_SETTINGS = {"id", "insecure", "startedAt", "address", "rows", "title", "name", "tags", "note",
               "repeat"}


def rows(run: dict[str, Any]) -> list[dict[str, str]]:
    """The settings as the program words them: 5,000 clients, 97.00%, local epochs."""
    is_divided = "partition" in run
    shown = []
    for name, value in run.items():
        if name in NO_SETTINGS or value is None or is_divided and name in ("experiment", "samples"):
            continue
        title = TITLES.get(name) or name.replace("_", " ")
        words = str(value)
        if name == "target_accuracy" and isinstance(value, float):
            words = f"{value:.2%}"
        elif isinstance(value, int) and name != "seed":
            words = f"{value:,}"
        shown.append({"name": name, "title": title, "value": words})
    return shown


def new_state(clients: int = 5, rounds: int = 5, **run: Any) -> State:
    """A run that waits for its first client; `run` replaces settings."""
    return {
        "version": "0.1.0",
        "run": {
            "id": "20261124_231405", "experiment": 4, "model": "reference-cnn",
            "strategy": "FedAvg", "clients": clients, "rounds": rounds, "epochs": 10,
            "batch_size": 8, "learning_rate": 0.01, "seed": 1, "samples": 600, "dataset": "mnist",
            "insecure": False, "startedAt": utc(), "address": "http://127.0.0.1:9103",
        } | run,
        "phase": "waiting", "outcome": None, "round": 0, "roundOpenedAt": None,
        "deadlineAt": None, "rounds": [], "clients": [], "waiting": None, "drops": [],
        "events": [{"at": utc(), "text": f"listening; waiting for {clients} clients"}],
    }


def join(state: State, client: Any, samples: int = 600) -> None:
    state["clients"].append({
        "client": client, "state": "waiting", "samples": samples, "accuracy": None,
        "lastSeen": utc(), "bytesReceived": 812, "bytesSent": 1_204, "imagesPerSecond": None,
    })
    say(state, f"client {client} joined with {samples} samples")


def say(state: State, text: str) -> None:
    state["events"] = (state["events"] + [{"at": utc(), "text": text}])[-200:]


def present(state: State) -> list[dict[str, Any]]:
    return [client for client in state["clients"] if client["state"] != "lost"]


def open_round(state: State) -> None:
    state["round"] += 1
    state["phase"] = "training"
    state["roundOpenedAt"] = utc()
    state["deadlineAt"] = utc(-60)
    for client in present(state):
        client.update(state="training", lastSeen=utc(), bytesSent=client["bytesSent"] + 4_799_528)
    say(state, f"round {state['round']} opened for {len(present(state))} clients")


def accuracy(round_number: int) -> float:
    return 0.975 - 0.21 / round_number ** 0.9 + 0.012 * wobble(round_number) / round_number


def report(state: State, index: int) -> None:
    client = state["clients"][index]
    below = 0.02 + 0.015 * wobble(index + 1, state["round"])
    client.update(
        state="reported", accuracy=max(0.0, accuracy(state["round"]) - below), lastSeen=utc(),
        bytesReceived=client["bytesReceived"] + 4_799_560,
        imagesPerSecond=4_350 + 400 * wobble(index, state["round"]))
    say(state, f"client {client['client']} reported in round {state['round']}")


def lose(state: State, index: int, reason: str) -> None:
    client = state["clients"][index]
    client["state"] = "lost"
    state["drops"].append({"at": utc(), "client": client["client"], "round": state["round"],
                           "reason": reason})
    say(state, f"client {client['client']} lost: {reason}")


def close_round(state: State) -> None:
    number = state["round"]
    known = [client["accuracy"] for client in state["clients"] if client["state"] == "reported"]
    state["rounds"].append({
        "round": number, "accuracy": accuracy(number), "loss": 2.2 * (1 - accuracy(number)) + 0.03,
        "seconds": 6.2 + 0.4 * wobble(number), "closedAt": utc(),
        "clientsLow": min(known, default=None), "clientsHigh": max(known, default=None),
    })
    for client in present(state):
        client["state"] = "waiting"
    state["deadlineAt"] = None
    say(state, f"round {number} closed: server accuracy {accuracy(number):.2%}")


def finish(state: State, outcome: str = "completed") -> None:
    state.update(phase="finished", outcome=outcome, deadlineAt=None)
    for client in present(state):
        client["state"] = "idle"
    say(state, f"finished: {outcome}")


def play(clients: int = 5, rounds: int = 5, **run: Any) -> Iterator[State]:
    """The states of a whole run: one client is lost in round 2 and comes back in round 3."""
    state = new_state(clients, rounds, **run)
    yield state
    for client in range(clients):
        join(state, client, 600 - 31 * ((client + 1) % 4))
        yield state
    for number in range(1, rounds + 1):
        if number == 3 and clients > 2:
            state["clients"][2]["state"] = "waiting"
            say(state, "client 2 is back")
        open_round(state)
        yield state
        for index in range(clients):
            if number == 2 and index == 2:
                lose(state, index, "no heartbeat for 3 s")
            else:
                report(state, index)
            yield state
        state["phase"] = "evaluating"
        yield state
        close_round(state)
        yield state
    finish(state)
    yield state


class FakeServer:
    """Serves the page, /state and /events on loopback; can be stopped and started on its port."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.streams = True  # False: /events answers 404, as through a proxy that knows no streams
        self.clock_error_seconds = 0.0
        self.requests: list[str] = []
        self.token = "a-token-for-tests"
        self.actions: list[dict[str, Any]] = []  # those that were done
        self.refusal: tuple[int, dict[str, Any] | str] | None = None  # what the next action gets
        self._changed = threading.Condition()
        self._state: State = new_state()
        self._number = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        server.daemon_threads = True
        self.port = server.server_port
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server:
            with self._changed:
                self._changed.notify_all()
            server.shutdown()
            server.server_close()

    def publish(self, state: State) -> None:
        with self._changed:
            self._state = copy.deepcopy(state)
            run = self._state.get("run")
            if isinstance(run, dict):
                run.setdefault("rows", rows(run))
            self._number += 1
            self._changed.notify_all()

    def act(self, body: dict[str, Any]) -> str:
        """What an action does to the run, and the sentence that says so."""
        self.actions.append(body)
        state, action = copy.deepcopy(self._state), body["action"]
        if action in ("rename", "tag", "note"):
            key = {"rename": "name", "tag": "tags", "note": "note"}[action]
            state["run"][key] = body[key]
        elif action == "extend":
            state["run"]["rounds"] = body["rounds"]
        elif action in ("pause", "resume"):
            state["phase"] = "paused" if action == "pause" else "training"
            able = set(state["steering"]["actions"]) - {action}
            state["steering"]["actions"] = sorted(able | {"resume" if action == "pause" else "pause"})
        elif action == "stop":
            finish(state, "stopped by a user")
        self.publish(state)
        return f"{action}: done."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.requests.append(self.path)
                try:
                    if self.path == "/":
                        page = page_text()
                        self.answer("text/html; charset=utf-8", page.encode(),
                                    {"Content-Security-Policy": content_security_policy(page)})
                    elif self.path == "/state":
                        with fake._changed:
                            body = json.dumps(fake._state).encode()
                        self.answer("application/json", body)
                    elif self.path == "/events" and fake.streams:
                        self.stream()
                    else:
                        self.send_error(404)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def do_POST(self) -> None:
                fake.requests.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = 200, {}
                if self.path != "/action" or self.headers["Content-Type"] != "application/json":
                    status, answer = 404, {}
                elif self.headers["Authorization"] != f"Bearer {fake.token}":
                    status, answer = 401, {
                        "code": "unauthorized", "message": "The token is not this server's."}
                elif fake.refusal is not None:
                    (status, answer), fake.refusal = fake.refusal, None
                else:
                    answer = {"ok": True, "text": fake.act(json.loads(body))}
                said = answer if isinstance(answer, str) else json.dumps(answer)
                self.answer("application/json", said.encode(), status=status)

            def date_time_string(self, timestamp: float | None = None) -> str:
                wrong = (timestamp or time.time()) + fake.clock_error_seconds
                return email.utils.formatdate(wrong, usegmt=True)

            def answer(self, kind: str, body: bytes, headers: dict[str, str] = {},
                       status: int = 200) -> None:
                self.send_response(status)
                all_headers = {"Content-Type": kind, "Content-Length": str(len(body)),
                               "Cache-Control": "no-store"} | headers
                for name, value in all_headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def stream(self) -> None:
                mine = fake._server
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                seen = -1
                while fake._server is mine:
                    with fake._changed:
                        if fake._number == seen:
                            fake._changed.wait(10)
                        if fake._server is not mine:
                            break
                        fresh = fake._number != seen
                        seen = fake._number
                        text = json.dumps(fake._state)
                    message = f"event: state\ndata: {text}\n\n" if fresh else ": still here\n\n"
                    self.wfile.write(message.encode())
                    self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=9103)
    parser.add_argument("--seconds", type=float, default=0.4, help="between two changes")
    parser.add_argument("--clients", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--insecure", action="store_true")
    options = parser.parse_args()
    server = FakeServer(options.port)
    print(f"the page is at {server.address}/#token={server.token} (Ctrl-C ends it)", flush=True)
    try:
        while True:
            for state in play(options.clients, options.rounds, insecure=options.insecure):
                server.publish(enrich(copy.deepcopy(state)))
                time.sleep(options.seconds)
            time.sleep(10)
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
