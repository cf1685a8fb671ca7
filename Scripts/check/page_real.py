"""Tests of the page as the program itself writes it; test_page.py --federated runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Any

import fake_server as fake
from page_bench import (
    PATIENCE_MS, PHONE, Bench, Check, check_contrast, check_labels, check_no_sideways_scroll,
    equal, expect, points, text, texts, wait_for_points,
)

TINY = ["--dataset", "digits", "--model", "logistic-regression", "--samples", "30", "--epochs", "1",
        "--evaluation-fraction", "0.02"]


def federated(bench: Bench, folder: Path, *arguments: str) -> str:
    """Runs the program in a folder and returns what it prints."""
    done = subprocess.run([bench.options.federated.resolve(), *arguments], cwd=folder, text=True,
                          capture_output=True, timeout=60)
    equal(done.returncode, 0, f"the status of {arguments[0]}, which says {done.stderr!r},")
    return done.stdout.strip()


def report_of_the_command(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / federated(bench, folder, "run", "--quiet", "--experiment", "4", "--clients",
                                 "3", "--rounds", "4", *TINY)
        report = folder / federated(bench, folder, "report", str(log))
        written = json.loads(log.read_text(encoding="utf-8"))
        page = bench.open(address="about:blank")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        page.wait_for_selector("#accuracy svg", timeout=PATIENCE_MS)
        equal(len(points(page, "accuracy")), 4, "the number of points")
        equal(texts(page, "#accuracy .last"), [f"{written['server acc'][-1]:.2%}"], "the label")
        equal(text(page, "#status"), "Finished: all rounds are done", "the status")
        columns = texts(page, "#clients-head th")
        equal(columns, ["client", "samples", "accuracy", "loss", "norm", "cosine"], "the columns")
        for client in ("0", "1", "2"):
            row = texts(page, f"#clients-body tr:nth-child({int(client) + 1}) td")
            equal(row, [client, f"{written['clients_samples'][client][-1]:,}",
                        f"{written['clients acc'][client][-1]:.2%}",
                        f"{written['clients_loss'][client][-1]:.4f}",
                        f"{written['clients_update_norm'][client][-1]:.4f}",
                        f"{written['clients_update_cosine'][client][-1]:.4f}"], f"the row of {client}")
        equal(page.locator("#mistakes figure img, #mistakes img").count() > 0, True,
              "whether there are pictures of mistakes")
        expect(log.stem in text(page, "#settings"), "the run's name is not among the settings")
        page.locator("#rounds summary").click()
        equal(page.locator("#rounds-body tr").count(), 4, "the number of rows of the rounds")
        check_labels(page, "the report")
        check_contrast(page, "the report")
        bench.screenshot(page, "real-report-desktop-light")
        page.set_viewport_size({"width": 375, "height": 800})
        check_no_sideways_scroll(page, "the report on a phone")
        equal([url for url in asked if not url.startswith(("file:", "data:"))], [],
              "what the report asked for")


def report_of_a_cohort(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / federated(
            bench, folder, "run", "--quiet", "--partition", "dirichlet:0.5:1", "--clients", "300",
            "--cohort", "0.1", "--rounds", "12", "--evaluate-every", "3", "--no-client-evaluation",
            "--target-accuracy", "0.999", "--strategy", "fedprox", "--mu", "0.1", "--momentum",
            "0.5", *TINY)
        report = folder / federated(bench, folder, "report", str(log))
        written = json.loads(log.read_text(encoding="utf-8"))
        page = bench.open(address="about:blank")
        page.goto(report.as_uri())
        page.wait_for_selector("#accuracy svg", timeout=PATIENCE_MS)
        equal(len(points(page, "accuracy")), 4, "the rounds that were tested")
        equal(page.locator("#accuracy .curve").count(), 1, "the pieces of the curve")
        equal(text(page, "#target-text"), "target 99.9% not reached", "the target")
        equal(text(page, "#name"), "Partition dirichlet:0.5:1", "the headline")
        expect("FedProx" in text(page, "#summary") and "30 of 300 clients a round"
               in text(page, "#summary"), f"the facts are {text(page, '#summary')!r}")
        settings = dict(zip(texts(page, "#settings dt"), texts(page, "#settings dd")))
        for name, value in {"μ": "0.1", "momentum": "0.5", "clients a round": "30",
                            "clients tested": "no", "rounds between tests": "3"}.items():
            equal(settings.get(name), value, f"the setting “{name}”")
        columns = texts(page, "#clients-head th")
        equal([columns[0], columns[1], "last round" in columns], ["client", "samples", True],
              "the columns")
        last = [len(samples) - [s > 0 for s in reversed(samples)].index(True)
                for samples in written["clients_samples"].values()]
        shown = [int(number) for number in texts(
            page, f"#clients-body td:nth-child({columns.index('last round') + 1})")]
        equal(sorted(shown), sorted(last)[-200:], "the last rounds of the clients shown")
        page.get_by_label("seconds", exact=True).check()
        check_labels(page, "the report of a cohort over seconds")
        check_contrast(page, "the report of a cohort")
        bench.screenshot(page, "cohort-report-desktop-light")
        page.set_viewport_size({"width": 375, "height": 800})
        check_no_sideways_scroll(page, "the report of a cohort on a phone")


class Server:
    """`federated serve` in a folder; what it prints is kept for when something goes wrong."""

    def __init__(self, bench: Bench, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [bench.options.federated.resolve(), "serve", "--quiet", "--log-dir", "logs", *options],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # A server that says nothing is ended, which ends the reading.
        limit = threading.Timer(30, self.process.kill)
        limit.start()
        self.address = self.process.stdout.readline().strip()
        limit.cancel()
        expect(self.address.startswith("http://127.0.0.1:"),
               f"the server's first line is {self.address!r}")

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(
            self.address + path, data=body, method="GET" if body is None else "PUT",
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def state(self) -> dict[str, Any]:
        return json.loads(self.ask("/state"))

    def end(self, how: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=30)
        self.process.stdout.close()


class Client:
    """`federated join` as a process of its own."""

    def __init__(self, bench: Bench, folder: Path, server: Server, number: int) -> None:
        self.process = subprocess.Popen(
            [bench.options.federated.resolve(), "join", server.address, "--id", str(number)],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)


def row(page: Any, client: int) -> str:
    return f"#clients-body tr:nth-child({client + 1})"


def check_page_is_the_state(page: Any, state: dict[str, Any]) -> None:
    """The page shows the numbers that the server says."""
    equal(len(points(page, "accuracy")), len(state["rounds"]), "the number of points")
    last = state["rounds"][-1]
    equal(texts(page, "#accuracy .last"), [f"{last['accuracy']:.2%}"], "the last accuracy")
    equal(texts(page, "#loss .last"), [f"{last['loss']:.4f}"], "the last loss")
    equal(texts(page, "#clients-body .name"), [str(c["client"]) for c in state["clients"]],
          "the clients")
    equal(texts(page, "#clients-body td:nth-child(3)"),
          [f"{c['samples']:,}" for c in state["clients"]], "their samples")
    equal(texts(page, "#events-list li span"),
          [event["text"] for event in reversed(state["events"])], "the log")
    equal(page.locator("#drops-list li").count(), len(state["drops"]), "the number of drops")


def server_and_its_page(bench: Bench) -> None:
    """Two clients of our own, and one of the plain API that decides when a round may close."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ["--experiment", "4", "--clients", "3", "--rounds", "6", *TINY]
        server = Server(bench, folder, "--port", "0", *options)
        clients: list[Client] = []

        def close_round() -> None:
            """The third client's part in the open round: the model it was given."""
            committed = int(server.ask("/get_server_round"))
            page.get_by_text(f"Round {committed + 1} of 6: training").wait_for()
            for client in (0, 1):
                page.locator(f"{row(page, client)} .reported").wait_for()
            server.ask("/put_weight/2", server.ask("/get_server_weight"))
            wait_for_points(page, committed + 1)

        try:
            with urllib.request.urlopen(server.address, timeout=10) as answer:
                equal(answer.headers["Content-Security-Policy"],
                      fake.content_security_policy(answer.read().decode()), "the policy")
            page = bench.open(address=server.address)
            page.wait_for_selector("#link.live")
            equal(text(page, "#status"), "Waiting for clients", "the status")
            equal(text(page, "#no-clients"), "No client has joined yet. To join: "
                  f"federated join {server.address} --id 0", "the empty table")

            clients = [Client(bench, folder, server, number) for number in (0, 1)]
            for client in (0, 1):
                page.locator(row(page, client)).wait_for()
            equal(server.ask("/update_num_data/2/30"), b"Number of data for 2 updated", "the answer")
            page.locator(row(page, 2)).wait_for()
            for _ in range(3):
                close_round()
            page.get_by_text("Round 4 of 6: training").wait_for()
            for client in (0, 1):
                page.locator(f"{row(page, client)} .reported").wait_for()
            state = server.state()
            check_page_is_the_state(page, state)
            check_labels(page, "the real server")
            settings = dict(zip(texts(page, "#settings dt"), texts(page, "#settings dd")))
            equal((settings["run"], settings["model"], settings["seed"], settings["address"]),
                  (state["run"]["id"], "logistic-regression", "1", server.address), "settings")
            bench.screenshot(page, "real-server-desktop-light")

            # Killed and started again on its port: the page and the clients find back.
            bench.outage = True
            port = server.address.rsplit(":", 1)[1]
            server.end(signal.SIGKILL)
            page.wait_for_selector("#lost:visible")
            server = Server(bench, folder, "--port", port, "--resume", *options)
            page.wait_for_selector("#link.live")
            expect(page.locator("#lost").is_hidden(), "the banner stays")
            bench.outage = False
            server.ask("/update_num_data/2/30")
            for client in (0, 1, 2):
                page.locator(row(page, client)).wait_for()
            equal(len(points(page, "accuracy")), 3, "the number of points after the restart")
            close_round()
            check_page_is_the_state(page, server.state())

            # A client that vanishes, and comes back.
            page.locator(f"{row(page, 1)} .reported").wait_for()
            close_round()
            clients[1].end()
            page.locator(f"{row(page, 1)} .lost").wait_for()
            state = server.state()
            drop = texts(page, "#drops-list li")[0]
            expect(drop.endswith(f"client 1, round {state['drops'][-1]['round']}: "
                                 f"{state['drops'][-1]['reason']}"), f"the drop reads {drop!r}")
            clients[1] = Client(bench, folder, server, 1)
            close_round()
            page.get_by_text("Finished: all rounds are done").wait_for()
            check_page_is_the_state(page, server.state())
            check_contrast(page, "the real server's end")
            bench.screenshot(page, "real-end-desktop-light")
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            check_no_sideways_scroll(page, "the real server's page on a phone")
            run = server.state()["run"]["id"]
            bench.outage = True
            server.end(signal.SIGTERM)
            page.wait_for_selector("#lost:visible")
            expect(text(page, "#lost").startswith("The run had finished. Connection lost"),
                   f"the banner says {text(page, '#lost')!r}")

            report = folder / federated(bench, folder, "report", run, "--store",
                                        "logs/federated.sqlite")
            page = bench.open(address=report.as_uri())
            equal(len(points(page, "accuracy")), 6, "the number of points in the report")
            equal(text(page, "#status"), "Finished: all rounds are done", "the report's status")
        finally:
            for client in clients:
                client.end()
            server.end(signal.SIGKILL)


class Shown:
    """A command that shows a page, in a folder of its own."""

    def __init__(self, bench: Bench, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [bench.options.federated.resolve(), *arguments], cwd=folder, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        limit = threading.Timer(60, self.process.kill)
        limit.start()
        self.said = ""
        while "#token=" not in self.said:
            line = self.process.stdout.readline()
            expect(line != "", f"{arguments[0]} ended and said {self.said!r}")
            self.said += line
        limit.cancel()
        self.address = next(word for word in self.said.split() if "#token=" in word)
        # Whatever else it prints is kept, or its pipe would fill.
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said += line

    def wait(self) -> int:
        return self.process.wait(timeout=60)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=30)
        self.reader.join(timeout=10)
        self.process.stdout.close()


LONG = ["run", "--experiment", "2", "--clients", "3", "--dataset", "digits", "--model",
        "logistic-regression", "--samples", "100", "--evaluation-fraction", "0.1", "--epochs", "3"]


def run_and_its_page(bench: Bench) -> None:
    """`run --page`: live, paused, going on, stopped."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Shown(bench, folder, *LONG, "--rounds", "100000", "--page", "--page-port", "0")
        try:
            page = bench.open(address=run.address)
            page.wait_for_selector("#accuracy svg", timeout=PATIENCE_MS)
            expect("#token" not in page.url, "the token stays in the address bar")
            equal(text(page, "#name"), "Experiment 2 · equal random", "the heading")
            page.get_by_role("button", name="Pause").click()
            page.get_by_text("Paused after round").wait_for()
            closed = text(page, "#status")
            page.wait_for_timeout(600)
            equal(text(page, "#status"), closed, "the status while it waits")
            bench.screenshot(page, "real-run-desktop-light")
            page.get_by_role("button", name="Resume").click()
            page.get_by_text("Paused after round").wait_for(state="hidden")
            bench.outage = True
            page.get_by_role("button", name="Stop").click()
            equal(run.wait(), 130, "the status of a run that was stopped")
            expect("--resume" in run.said, f"it says {run.said[-300:]!r}")
        finally:
            run.end()


def store_and_its_page(bench: Bench) -> None:
    """`federated page`: what the store has, what other processes do, and how that is steered."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shown = Shown(bench, folder, "page", "--page-port", "0")
        try:
            page = bench.open(address=shown.address)
            page.get_by_text("federated run").first.wait_for()
            federated(bench, folder, *LONG, "--rounds", "3", "--quiet", "--name", "first")
            page.get_by_role("link", name="first").wait_for()
            other = subprocess.Popen(
                [bench.options.federated.resolve(), *LONG, "--rounds", "100000", "--quiet",
                 "--name", "<b>long</b>"], cwd=folder, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            try:
                page.get_by_role("link", name="<b>long</b>").wait_for()
                page.get_by_text(f"running, process {other.pid}").wait_for()
                bench.screenshot(page, "real-store-desktop-light")
                page.get_by_role("link", name="<b>long</b>").click()
                page.wait_for_selector("#accuracy svg", timeout=PATIENCE_MS)
                equal(text(page, "#name"), "<b>long</b>", "the heading")
                page.get_by_role("button", name="Pause").click()
                page.get_by_text("Paused after round").wait_for()
                page.get_by_role("button", name="Resume").click()
                page.get_by_text("Paused after round").wait_for(state="hidden")
                page.get_by_role("button", name="Stop").click()
                equal(other.wait(timeout=30), 130, "the status of the run that was stopped")
                page.get_by_text("interrupted", exact=False).first.wait_for()
            finally:
                other.kill()
                other.wait(timeout=30)
                other.stdout.close()
            # A run that is over goes on to more rounds, in a process that the page has begun.
            page.go_back()
            page.get_by_role("link", name="first").click()
            page.get_by_text("Finished: all rounds are done").wait_for()
            page.get_by_role("spinbutton").first.fill("5")
            page.get_by_role("button", name="Extend").click()
            page.get_by_text("5 of 5", exact=True).wait_for()
            page.get_by_text("Finished: all rounds are done").wait_for()
            rows = json.loads(federated(bench, folder, "runs", "--json"))
            equal([(row["name"], row["rounds"], row["state"]) for row in rows][0],
                  ("first", 5, "completed"), "the run that was extended")
        finally:
            shown.end()


checks: list[Check] = [report_of_the_command, report_of_a_cohort, server_and_its_page,
                       run_and_its_page, store_and_its_page]
