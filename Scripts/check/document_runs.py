"""Runs a page's blocks, one after the other, in a folder that looks like a checkout to them."""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from test_support import write_images
from documents import Block, Page

HERE = Path(__file__).resolve().parent
# What a page's commands find where they are: the checkout's own, but for what they write.
SHARED = [".build", ".venv", "Makefile", "Scripts", "Sources", "docs"]
BLOCK_SECONDS = 300
LISTENING_SECONDS = 20
DEFAULT_PORT = "9103"


class Failure(Exception):
    """What a block did that it must not do, and what it said."""


def free_port() -> str:
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return str(any_socket.getsockname()[1])


class Folder:
    """Where one page's commands run. Home is there, too, with small images where pages have theirs."""

    def __init__(self, root: Path, program: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="documented-"))
        self.port = free_port()
        for name in SHARED:
            if (root / name).exists():
                (self.path / name).symlink_to(root / name)
        (self.path / "Logs").mkdir()
        write_images(self.path / "my-images", random.Random(1))
        self.bin = self.path / ".commands"
        self.bin.mkdir()
        # What a mark adds comes by the environment: a script that runs may not be written.
        small = shlex.join([sys.executable, str(HERE / "small_federated.py"), str(program)])
        self.command("federated", f'exec {small} "$DOCUMENTED_WITH" {self.port} "$@"')
        self.command("make", f'exec {shutil.which("make")} -o build -o setup -o network "$@"')

    def command(self, name: str, line: str) -> None:
        script = self.bin / name
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(0o755)

    def environment(self, options: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FEDERATED_")}
        return kept | {
            "DOCUMENTED_WITH": options, "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.path),
            "FEDERATED": str(self.bin / "federated"), "XDG_CACHE_HOME": str(self.path / ".cache"),
            "XDG_STATE_HOME": str(self.path / ".state"), "MPLBACKEND": "agg", "COLUMNS": "100",
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1",
        }

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def begun(folder: Folder, script: str, options: str, output: Path) -> subprocess.Popen[str]:
    """A shell of its own that runs a script; what it says goes into a file."""
    moved = re.sub(rf"\b{DEFAULT_PORT}\b", folder.port, script)
    with output.open("a", encoding="utf-8") as file:
        return subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", moved], cwd=folder.path, text=True, stdout=file,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env=folder.environment(options))


def ended(process: subprocess.Popen[str], until: float) -> int:
    """Its status; beyond the time its whole group is killed."""
    try:
        return process.wait(max(0.1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise Failure("it did not end") from None


def run_script(folder: Folder, block: Block, options: str, output: Path) -> None:
    script = "\n".join(block.commands) if block.language == "console" else block.text
    status = ended(begun(folder, script, options, output), time.monotonic() + BLOCK_SECONDS)
    if status != 0:
        raise Failure(f"it ended with status {status}")


def wait_for_port(port: str, server: subprocess.Popen[str]) -> None:
    until = time.monotonic() + LISTENING_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        time.sleep(0.05)
    raise Failure("its server does not listen")


def run_terminals(folder: Folder, block: Block, options: str, output: Path) -> None:
    """Servers, which go on for ever, are ended when all else has ended by itself."""
    until = time.monotonic() + BLOCK_SECONDS
    servers: list[subprocess.Popen[str]] = []
    others: list[subprocess.Popen[str]] = []
    try:
        for line in block.commands:
            # The server itself gets the signal that ends it, not a shell before it.
            is_server = line.startswith("federated serve ")
            process = begun(folder, "exec " + line if is_server else line, options, output)
            if is_server:
                servers.append(process)
                wait_for_port(folder.port, process)
            else:
                others.append(process)
        for process in others:
            if ended(process, until) != 0:
                raise Failure(f"{process.args[-1]!r} ended with status {process.returncode}")
        for server in servers:
            server.send_signal(signal.SIGTERM)
            if ended(server, until) not in (0, -signal.SIGTERM, 128 + signal.SIGTERM):
                raise Failure(f"its server ended with status {server.returncode}")
    finally:
        for process in servers + others:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def runs(page: Page, root: Path, program: Path) -> Iterator[tuple[Block, float, str | None]]:
    """Each block that is to run, how long it took, and what went wrong, if anything did."""
    blocks = [block for block in page.blocks if re.match(r"run(?! by)", block.mark or "")]
    if not blocks:
        return
    folder = Folder(root, program)
    try:
        for block in blocks:
            assert block.mark is not None
            kind, _, options = block.mark.partition(" with ")
            output, began = folder.path / ".said", time.monotonic()
            output.write_text("")
            problem = None
            try:
                (run_terminals if kind == "run in terminals" else run_script)(
                    folder, block, options, output)
            except Failure as failure:
                said = output.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
                problem = "\n    ".join([str(failure), *said])
            yield block, time.monotonic() - began, problem
    finally:
        folder.remove()
