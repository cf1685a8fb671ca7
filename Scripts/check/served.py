"""A `federated serve` process on a free port of loopback, for the tests that need a real one."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from test_support import Failure


class Served:
    """Serves logistic regression on the images of a folder, or data of that name, until it is stopped,
    or, with --once, until its run is over."""

    def __init__(self, program: Path, images: Path | str, logs: Path, clients: int, rounds: int,
                 *more: str) -> None:
        self.logs = logs
        # A pipe that nobody reads would hold up a server that has much to say.
        self.complaints = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(program), "serve", "--quiet", "--port", "0", "--dataset", str(images),
             "--model", "logistic-regression", "--epochs", "1", "--samples", "100",
             "--clients", str(clients), "--rounds", str(rounds), "--log-dir", str(logs), *more],
            stdout=subprocess.PIPE, stderr=self.complaints, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            self.process.wait()
            raise Failure(f"the server did not begin: {self.complaint()}")

    def complaint(self) -> str:
        self.complaints.seek(0)
        return self.complaints.read().strip()

    def resident(self, key: str = "VmRSS") -> float:
        """MiB of memory in use; with VmHWM the most that ever were."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
        raise Failure(f"the server's {key} is not known")

    def end(self, seconds: float) -> None:
        """Waits for a server that ends by itself."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"the server goes on {seconds:g} s later") from None
        if status != 0:
            raise Failure(f"the server ended with {status}: {self.complaint()}")

    def __enter__(self) -> Served:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.complaints.close()
