"""Workers in processes of their own, which begin each measurement together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Sequence

from common import Failure
from environment import peer_environment, peer_python


WORKER = Path(__file__).resolve().parent / "worker.py"


@contextmanager
def limited(processes: list[subprocess.Popen[str]], seconds: float) -> Iterator[None]:
    """Ends processes, each with what it started, after so many seconds or when the body is left."""

    def end() -> None:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        end()
        for process in processes:
            process.wait()


def last_line(file: Any) -> str:
    file.seek(0)
    lines = [line.strip() for line in file.read().splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def next_answer(process: subprocess.Popen[str], errors: Any) -> str:
    """A worker's next line that is meant for us: `ready`, or its JSON."""
    for line in process.stdout or ():
        if line.strip() == "ready" or line.startswith("{"):
            return line.strip()
    process.wait()
    if process.returncode == -signal.SIGKILL:
        raise Failure("it took too long, or another killed it")
    raise Failure(f"it ended with status {process.returncode}: {last_line(errors)}")


def start_together(processes: list[subprocess.Popen[str]], errors: Any) -> None:
    """Waits until all are warm, then gives them the moment to begin at."""
    for process in processes:
        next_answer(process, errors)
    start = time.monotonic() + 0.05
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start}\n")
        process.stdin.flush()


def run_workers(
    kind: str,
    count: int,
    spec: dict[str, Any],
    starts: int,
    limit_seconds: float,
    python: Path | None = None,
    additions: Sequence[dict[str, str]] = (),
) -> list[dict[str, Any]]:
    """The answers of `count` workers that begin each of `starts` measurements together.

    `additions` are each worker's own variables; `python` is another environment's.
    """
    command = [str(python or peer_python()), str(WORKER), kind, json.dumps(spec)]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=peer_environment(spec["threads"]) | own,
                start_new_session=True,
            )
            for own in additions or [{}] * count
        ]
        with limited(processes, limit_seconds):
            for _ in range(starts):
                start_together(processes, errors)
            answers = [json.loads(next_answer(process, errors)) for process in processes]
            for process in processes:
                process.communicate()
            return answers
