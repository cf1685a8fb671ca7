"""The simulators' environments: two, for BlazeFL wants a newer Python than the others are for."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from common import PROJECT, Failure

# The argument of venv.sh that makes each program's environment.
PURPOSES = {"flower": "simulators", "pfl": "simulators", "blazefl": "blazefl"}


def environment_of(program: str) -> Path:
    return PROJECT / f".venv-{PURPOSES[program]}"


def python_of(program: str) -> Path:
    return environment_of(program) / "bin" / "python"


def make_environment(program: str) -> None:
    """Makes a program's environment unless it is there; Failure says why it cannot."""
    command = [str(PROJECT / "Scripts" / "setup" / "venv.sh"), PURPOSES[program]]
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    except OSError as error:
        raise Failure(f"venv.sh does not start: {error.strerror}") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or ["it said nothing"]
        raise Failure(lines[-1].removeprefix("venv: "))


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def additions(program: str, workers: int) -> list[dict[str, str]]:
    """What each of a program's processes finds in its environment."""
    common = {"FLWR_HOME": str(environment_of(program) / "flower")}
    if program != "pfl" or workers == 1:
        return [common]
    # pfl-research deals the clients of a round out to processes that know of each other.
    addresses = ",".join(f"127.0.0.1:{free_port()}" for _ in range(workers))
    return [
        common | {"PFL_WORKER_RANK": str(rank), "PFL_WORKER_ADDRESSES": addresses}
        for rank in range(workers)
    ]
