#!/usr/bin/env python3
"""A server that plays a store of runs to the store's page: no Swift, no training.

By hand, to look at the page while changing it:  python3 Scripts/check/fake_store.py [--runs 30]
It serves the page's pieces afresh on each load, and lets its running runs go on.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fake_server as fake

TOKEN = "a-token-of-the-tests"
Row = dict[str, Any]

STRATEGIES = ["FedAvg", "FedProx", "SCAFFOLD", "FedAdam", "coordinate median"]
DIVISIONS = ["equal", "dirichlet:0.5", "shards:2", "writers"]
DATA = ["mnist", "cifar10", "emnist-byclass"]
MODELS = ["reference-cnn", "mlp:200", "resnet18"]
TAGS = ["baseline", "paper", "sweep-3", "to repeat", "wrong"]
EDITS = ["rename", "tag", "note"]
ACTIONS = {"running": ["stop", "pause"], "paused": ["stop", "resume"], "waiting": ["stop"],
           "interrupted": ["extend", "remove"], "unfinished": ["extend", "remove"],
           "completed": ["extend", "remove"]}


def rounds(number: int, seed: int, level: float) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    done = []
    for index in range(1, number + 1):
        accuracy = level - 0.6 * level / index ** 0.8 + chance.uniform(-0.012, 0.012)
        done.append({"round": index, "accuracy": accuracy, "loss": 2.3 * (1.02 - accuracy),
                     "seconds": 1.5 + chance.random(), "bytes": 4_799_560 * 10, "closedAt": fake.utc(),
                     "clientsLow": None, "clientsHigh": None})
    return done


def entry(index: int, *, state: str = "completed", seed: int | None = None, done: int = 12,
          **other: Any) -> tuple[Row, list[dict[str, Any]]]:
    """A row and its rounds; runs of one strategy and division differ in the seed alone."""
    seed = index % 3 + 1 if seed is None else seed
    kind = index // 3
    strategy, division = STRATEGIES[kind % 5], DIVISIONS[kind // 5 % 4]
    data, model = DATA[kind // 20 % 3], MODELS[kind // 60 % 3]
    table = rounds(done, index, 0.97 - 0.03 * (kind % 5) - 0.02 * (kind // 5 % 4))
    tags = [tag for place, tag in enumerate(TAGS) if (index + place) % (place + 3) == 0][:3]
    row = {
        "id": f"202611{1 + index // 400 % 28:02}_{index % 400:06}", "name": None, "tags": tags, "note": "",
        "kind": ["run", "run", "run", "serve", "sweep"][index % 5], "state": state,
        "stateText": {"running": f"running, process {6_600 + index}",
                      "interrupted": f"interrupted after {done} of 20"}.get(state, state),
        "startedAt": fake.utc(3_600 * index + 60), "title": f"Partition {division}", "data": data,
        "division": division, "strategy": strategy, "model": model, "clients": 100, "cohort": 10,
        "planned": 12 if state == "completed" else 20, "seed": seed, "score": "accuracy",
        "actions": EDITS + ACTIONS.get(state, ["remove"]),
    } | other
    return row | summary(table), table


def summary(table: list[dict[str, Any]]) -> Row:
    known = [one["accuracy"] for one in table if one["accuracy"] is not None]
    return {"rounds": len(table), "accuracy": known[-1] if known else None, "best": max(known, default=None),
            "loss": table[-1]["loss"] if table else None, "seconds": sum(one["seconds"] for one in table),
            "spark": [one["accuracy"] for one in table][-60:]}


def settings(row: Row) -> list[dict[str, str]]:
    return fake.rows({key: row[key] for key in ("strategy", "partition", "dataset", "model", "clients",
                                                "cohort", "seed") if key in row} |
                     {"partition": row["division"], "dataset": row["data"], "learning_rate": 0.1,
                      "batch_size": 10, "epochs": 5})


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a page asks for several runs at once


class FakeStore:
    """Serves page, /runs, /events, states and actions on loopback; can be stopped and started on its port."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.streams = True
        self.path = "/home/ada/experiments/federated.sqlite"
        self.steering: dict[str, Any] = {"allowed": True, "why": None}
        self.requests: list[str] = []
        self.actions: list[tuple[str, dict[str, Any], str | None]] = []
        self.refusals: dict[str, str] = {}  # by run: what its actions are answered with
        self._changed = threading.Condition()
        self._rows: dict[str, Row] = {}
        self._rounds: dict[str, list[dict[str, Any]]] = {}
        self._at: dict[str, int] = {}
        self._removed: dict[str, int] = {}
        self.revision = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        server = Listener(("127.0.0.1", self.port), self._handler())
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

    # What happens in the store

    def fill(self, number: int, **other: Any) -> None:
        with self._changed:
            for index in range(number):
                state = "running" if index in (0, 7) else "interrupted" if index % 9 == 4 else "completed"
                self.put(*entry(index, state=state, done=12 if state == "completed" else 5, **other))

    def put(self, row: Row, table: list[dict[str, Any]] | None = None) -> None:
        with self._changed:
            self.revision += 1
            self._rows[row["id"]] = copy.deepcopy(row)
            self._at[row["id"]] = self.revision
            self._removed.pop(row["id"], None)
            if table is not None:
                self._rounds[row["id"]] = copy.deepcopy(table)
            self._changed.notify_all()

    def change(self, run: str, /, **other: Any) -> None:
        self.put(self._rows[run] | other)

    def advance(self, name: str) -> None:
        """One more round."""
        table = rounds(len(self._rounds[name]) + 1, hash(name) % 1_000, 0.9)
        self.put(self._rows[name] | summary(table), table)

    def remove(self, name: str) -> None:
        with self._changed:
            self.revision += 1
            del self._rows[name]
            self._removed[name] = self.revision
            self._changed.notify_all()

    def row(self, name: str) -> Row:
        return self._rows[name]

    @property
    def names(self) -> list[str]:
        return list(self._rows)

    def answer_runs(self, since: int | None) -> dict[str, Any]:
        with self._changed:
            return {
                "version": "0.2.0", "store": self.path, "revision": self.revision, "steering": self.steering,
                "runs": [row for name, row in self._rows.items() if since is None or self._at[name] > since],
                "removed": [] if since is None else [name for name, at in self._removed.items() if at > since],
            }

    def state(self, name: str) -> dict[str, Any]:
        row = self._rows[name]
        state = fake.new_state(row["clients"], row["planned"], id=name, model=row["model"], strategy=row["strategy"],
                               dataset=row["data"], partition=row["division"], name=row["name"], tags=row["tags"],
                               note=row["note"], title=row["title"], rows=settings(row))
        return state | {"rounds": self._rounds[name], "home": "../../",
                        "phase": "training" if row["state"] == "running" else "finished"}

    def act(self, name: str, body: dict[str, Any]) -> str:
        action, row = body.get("action"), self._rows[name]
        if action == "rename":
            self.change(name, name=body["name"])
        elif action == "tag":
            self.change(name, tags=body["tags"])
        elif action == "note":
            self.change(name, note=body["note"])
        elif action == "remove":
            self.remove(name)
        elif action == "extend":
            self.change(name, planned=body["rounds"], state="unfinished", stateText="unfinished")
        elif action in ("stop", "pause", "resume"):
            state = {"stop": "interrupted", "pause": "paused", "resume": "running"}[action]
            self.change(name, state=state, stateText=state, actions=EDITS + ACTIONS[state])
        return f"{action} of {row['name'] or name} is done."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.requests.append(self.path)
                parts = urllib.parse.urlsplit(self.path)
                folders = [urllib.parse.unquote(part) for part in parts.path.split("/")[1:]]
                try:
                    if parts.path == "/":
                        self.page("store_page")
                    elif parts.path == "/runs":
                        since = urllib.parse.parse_qs(parts.query).get("since")
                        self.json(200, store.answer_runs(int(since[0]) if since else None))
                    elif parts.path == "/events" and store.streams:
                        self.stream()
                    elif len(folders) == 3 and folders[0] == "runs" and folders[1] in store._rounds \
                            and folders[2] in ("", "state"):
                        if folders[2] == "state":
                            self.json(200, store.state(folders[1]))
                        else:
                            self.page("run_page")
                    else:
                        self.json(404, {"code": "not_found", "message": "There is nothing here."})
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                folders = [urllib.parse.unquote(part) for part in self.path.split("/")[1:]]
                body, authorization = json.loads(text), self.headers.get("Authorization")
                store.actions.append((folders[1], body, authorization))
                if authorization != f"Bearer {TOKEN}":
                    self.json(401, {"code": "unauthorized", "message": "The token is not the store's."})
                elif self.headers.get("Content-Type") != "application/json":
                    self.json(415, {"code": "type", "message": "The body is not JSON."})
                elif folders[1] not in store._rows:
                    self.json(404, {"code": "unknown_run", "message": "There is no such run."})
                elif folders[1] in store.refusals:
                    self.json(409, {"code": "conflict", "message": store.refusals[folders[1]]})
                else:
                    self.json(200, {"ok": True, "text": store.act(folders[1], body)})

            def page(self, name: str) -> None:
                page = fake.page_text(name)
                self.answer(200, "text/html; charset=utf-8", page.encode(),
                            {"Content-Security-Policy": fake.content_security_policy(page)})

            def json(self, status: int, value: Any) -> None:
                self.answer(status, "application/json", json.dumps(value).encode())

            def answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] = {}) -> None:
                self.send_response(status)
                for name, value in ({"Content-Type": kind, "Content-Length": str(len(body)),
                                     "Cache-Control": "no-store"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def stream(self) -> None:
                mine = store._server
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(b": here\n\n")
                self.wfile.flush()
                seen = store.revision
                while store._server is mine:
                    with store._changed:
                        if store.revision == seen:
                            store._changed.wait(10)
                        if store._server is not mine:
                            break
                        fresh, seen = store.revision != seen, store.revision
                    text = f'event: changed\ndata: {{"revision": {seen}}}\n\n' if fresh else ": still here\n\n"
                    self.wfile.write(text.encode())
                    self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=9104)
    parser.add_argument("--runs", type=int, default=30)
    options = parser.parse_args()
    store = FakeStore(options.port)
    store.fill(options.runs)
    print(f"the page is at {store.address}#token={TOKEN} (Ctrl-C ends it)", flush=True)
    try:
        while True:
            time.sleep(2)
            for name in store.names:
                if store.row(name)["state"] == "running":
                    store.advance(name)
    except KeyboardInterrupt:
        store.stop()


if __name__ == "__main__":
    main()
