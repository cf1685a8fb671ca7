"""A served run that is started from Python: clients of one's own join it."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

from .errors import ProgramError
from .logs import Run, read
from .program import said
from .progress import Progress
from .running import STOP_SECONDS, Watched, places, start, with_files
from .settings import checked, options

JOIN = re.compile(r"^\s+join\s+federated join (\S+)")


class Server:
    """A served run. `with` ends its program; so does the end of this Python."""

    def __init__(self, arguments: list[str], progress: bool) -> None:
        self.url = ""
        self._watched = Watched(Progress("serve", shown=progress))
        self._complaints: list[bytes] = []
        self._changed = threading.Condition()
        self._ended = False
        self._process = start(arguments)
        self._readers = [threading.Thread(target=target, name="federated serve", daemon=True)
                         for target in (self._read, self._read_complaints)]
        for reader in self._readers:
            reader.start()
        try:
            with self._changed:
                self._changed.wait_for(lambda: self.url or self._ended)
            if not self.url:
                raise self._failure()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<federated.Server {self.url}: {self._watched.rounds} rounds>"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def result(self, seconds: float | None = None) -> Run:
        """The run, once it is over; the server goes on. `seconds` is the longest to wait.

        Raises ProgramError where it did not come to an end."""
        with self._changed:
            self._changed.wait_for(lambda: self._watched.log or self._ended, seconds)
        if self._watched.log:
            return read(self._watched.log)
        if self._ended:
            raise self._failure()
        raise ProgramError(f"the run at {self.url} is not over after {seconds:g} s, but after round "
                           f"{self._watched.rounds}: did all its clients join?")

    def close(self) -> None:
        """Ends the server; a run that is not over is kept, and goes on by `serve(resume=True)`."""
        process = self._process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            timer = threading.Timer(STOP_SECONDS, process.kill)
            timer.daemon = True
            timer.start()
            try:
                process.wait()
            except KeyboardInterrupt:  # not again a minute
                process.kill()
                process.wait()
                raise
            finally:
                timer.cancel()
        for reader in self._readers:
            reader.join(5)
        process.stdout.close()
        process.stderr.close()
        self._watched.progress.close()

    def _failure(self) -> ProgramError:
        status = self._process.wait()
        for reader in self._readers:
            reader.join(5)
        if not status:
            return ProgramError(f"the server has ended after round {self._watched.rounds}")
        return ProgramError(said(b"".join(self._complaints), "serve", status))

    def _read(self) -> None:
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\n")
            with self._changed:
                if match := JOIN.match(text):
                    self.url = match[1]
                self._watched.take(text)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_complaints(self) -> None:
        self._complaints.extend(self._process.stderr)


def serve(
    *, port: int = 0, resume: str | bool | None = None, store: str | os.PathLike | None = None,
    log_dir: str | os.PathLike | None = None, data_dir: str | os.PathLike | None = None,
    threads: int | None = None, arguments: Sequence[str] = (), progress: bool = False, **settings: Any
) -> Server:
    """Serves an experiment on this machine, by `federated serve`: settings as `run` takes them.

    Returns once clients may join `url`. Port 0 is a free one; `arguments` are further options of the
    command, like ("--tls-cert", "cert.pem"). Raises SettingsError, and ProgramError with the program's
    own sentence."""
    values = checked(settings)
    with tempfile.TemporaryDirectory() as folder:
        command = ["serve", *options(with_files(values, folder)), *map(str, arguments),
                   *places(port=port, store=store, log_dir=log_dir, data_dir=data_dir, threads=threads)]
        if resume:
            command += ["--resume"] if resume is True else ["--resume", str(resume)]
        return Server(command, progress)
