"""Starts runs and sweeps, shows how far they are, and ends with them."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas

from .errors import ProgramError, RunInterrupted, SettingsError
from .logs import Run, read
from .program import find_program, said
from .progress import Progress
from .settings import checked, options

# How long a program that was asked to stop may finish its round.
STOP_SECONDS = 60.0
# What a sweep has one value of: the data set, and how it is read.
SAME_FOR_ALL = {"dataset", "transpose", "label", "client_column", "test_fraction", "scaling"}
ROUND = re.compile(r"^\s*(\d+)/(\d+)\s+(\S+)\s+(\S+)")
NAME = re.compile(r"^\s+run\s+(\S+) in (.+?)(?:, resumed after round (\d+))?$")
LOG = re.compile(r"^\s+log\s+(.+)$")


def run(
    *, resume: str | bool | None = None, store: str | os.PathLike | None = None,
    log_dir: str | os.PathLike | None = None, data_dir: str | os.PathLike | None = None,
    threads: int | None = None, progress: bool = True, **settings: Any
) -> Run:
    """Runs an experiment and reads its log: settings by the names of `federated.settings()`. `resume` goes on with an unfinished run: its name, or True for the last.

    Raises SettingsError before anything starts, ProgramError with the program's own sentence, and
    RunInterrupted (a KeyboardInterrupt) when it was stopped, whose rounds are kept."""
    values = checked(settings)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["run", *options(with_files(values, folder)),
                     *places(store=store, log_dir=log_dir, data_dir=data_dir, threads=threads)]
        if resume:
            arguments += ["--resume"] if resume is True else ["--resume", str(resume)]
        watched = Watched(Progress("run", shown=progress))
        _execute(arguments, watched)
    if watched.log is None:
        raise ProgramError("federated run ended without a log's name")
    return read(watched.log)


def sweep(
    *, output: str | os.PathLike | None = None, log_dir: str | os.PathLike | None = None,
    data_dir: str | os.PathLike | None = None, threads: int | None = None, jobs: int | None = None,
    progress: bool = True, **lists: Any
) -> pandas.DataFrame:
    """Runs all combinations of settings, each one value or a list of them, and reads the table. What is in
    `output` (a CSV file, Logs/sweep.csv unless it is given) already is not run again."""
    grid: dict[str, list[Any]] = {}
    checked(dict.fromkeys(lists))
    for name, value in lists.items():
        values = list(value) if isinstance(value, Iterable) and not isinstance(
            value, (str, bytes, dict, os.PathLike)) else [value]
        if not values:
            raise SettingsError(f"{name} is an empty list: expected at least one value")
        for one in values:
            for own, known in checked({name: one}).items():
                grid.setdefault(own, []).append(known)
    table = Path(output) if output is not None else Path(
        log_dir if log_dir is not None else "Logs") / "sweep.csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.json"
        # What is the same for all combinations, like the data set, is an option.
        same = {}
        for name in SAME_FOR_ALL & grid.keys():
            if len(grid[name]) > 1:
                raise SettingsError(f"{name} has {len(grid[name])} values: a sweep has one")
            same[name] = grid.pop(name)[0]
        path.write_text(json.dumps(grid), encoding="utf-8")
        arguments = ["sweep", "--grid", str(path), "--output", str(table), *options(same),
                     *places(log_dir=log_dir, data_dir=data_dir, threads=threads, jobs=jobs)]
        _execute(arguments, Watched(Progress("sweep", shown=progress)))
    return pandas.read_csv(table)


def places(**given: Any) -> list[str]:
    return [f"--{name.replace('_', '-')}={os.fspath(value) if isinstance(value, os.PathLike) else value}"
            for name, value in given.items() if value is not None]


def with_files(values: dict[str, Any], folder: str) -> dict[str, Any]:
    """The same, a model's content in a file."""
    if not isinstance(values.get("model"), dict):
        return values
    path = Path(folder) / "model.json"
    path.write_text(json.dumps(values["model"]), encoding="utf-8")
    return values | {"model": str(path)}


class Watched:
    """What a program says while it goes on."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.log: str | None = None
        self.run: str | None = None
        self.store: str | None = None
        self.rounds = 0

    def take(self, line: str) -> None:
        if match := ROUND.match(line):
            self.rounds = int(match[1])
            self.progress.update(f"round {match[1]} of {match[2]}", match[3], match[4],
                                 self.rounds / max(1, int(match[2])))
        elif match := NAME.match(line):
            self.run, self.store, self.rounds = match[1], match[2], int(match[3] or 0)
        elif match := LOG.match(line):
            self.log = match[1]
        else:
            self.progress.say(line)


def _ends_with_its_parent() -> Callable[[], None] | None:
    """On Linux a program is interrupted when the one that started it dies; and it listens to that, though a
    shell's background jobs, and what they start, are told not to."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        libc.prctl(1, signal.SIGINT)

    return prepare


def start(arguments: list[str]) -> subprocess.Popen:
    """The program, with pipes to read from; it ends with this one.

    It has a session of its own: Ctrl-C in a terminal comes to Python alone, which passes it on once. This
    Python comes first in its PATH, so that a server rule is run by it, with the modules that are here."""
    command = [find_program(), *arguments]
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | {"PATH": os.pathsep.join(
                [os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])},
            start_new_session=True, preexec_fn=_ends_with_its_parent())
    except OSError as error:
        raise ProgramError(f"{command[0]} cannot be started: {error.strerror}") from error


def _execute(arguments: list[str], watched: Watched) -> None:
    """Runs a command to its end; an interrupt stops it, and is raised when it has ended."""
    process = start(arguments)
    complaints: list[bytes] = []
    reader = threading.Thread(target=lambda: complaints.extend(process.stderr), daemon=True)
    reader.start()
    try:
        for line in process.stdout:
            watched.take(line.decode("utf-8", "replace").rstrip("\n"))
        process.wait()
    except KeyboardInterrupt:
        _stop(process, watched)
        raise RunInterrupted(watched.run, watched.store, watched.rounds) from None
    except BaseException:
        _stop(process, watched)
        raise
    finally:
        reader.join(5)
        process.stdout.close()
        process.stderr.close()
        watched.progress.close()
    if process.returncode:
        raise ProgramError(said(b"".join(complaints), arguments[0], process.returncode))


def _stop(process: subprocess.Popen, watched: Watched) -> None:
    """Asks a program to stop, reads what it still says, and ends it where it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    timer = threading.Timer(STOP_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        for line in process.stdout:
            watched.take(line.decode("utf-8", "replace").rstrip("\n"))
        process.wait()
    except KeyboardInterrupt:  # a second one: at once
        process.kill()
        process.wait()
    finally:
        timer.cancel()
