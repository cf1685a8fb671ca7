"""Tests of the page as the program itself writes it; test_page.py --federated runs them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from page_bench import (
    PATIENCE_MS, Bench, Check, check_contrast, check_labels, check_no_sideways_scroll, equal,
    expect, points, text, texts,
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
        equal(texts(page, "#clients-head th"), ["client", "samples", "accuracy"], "the columns")
        for client in ("1", "2", "3"):
            row = texts(page, f"#clients-body tr:nth-child({client}) td")
            equal(row, [client, f"{written['clients samples'][client][-1]:,}",
                        f"{written['clients acc'][client][-1]:.2%}"], f"the row of {client}")
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


checks: list[Check] = [report_of_the_command]
