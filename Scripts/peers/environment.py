"""The peers' environment, .venv-peers, and what their processes find in theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from common import PROJECT, Failure, say

ENVIRONMENT = PROJECT / ".venv-peers"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


def peer_python() -> Path:
    return ENVIRONMENT / "bin" / "python"


def peer_environment(threads: int) -> dict[str, str]:
    """This environment, with the threads a peer may use; nothing is reported to anyone."""
    count = str(threads)
    path = [str(Path(__file__).resolve().parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_HOME": str(ENVIRONMENT / "flower"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }


def quiet(command: list[str]) -> bool:
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return result.returncode == 0


def requirements() -> list[str]:
    lines = (line.split("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line]


def make_environment() -> None:
    """Makes .venv-peers with the pinned packages unless it is there; what cannot be had is left."""
    stamp = ENVIRONMENT / "requirements.installed"
    if stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes():
        if quiet([str(peer_python()), "-c", ""]):
            return
    say(f"Installing the peers into {ENVIRONMENT.name}, once; this takes minutes …")
    if not quiet([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]):
        raise Failure("Python's venv module could not make an environment (Debian: python3-venv)")
    pip = [str(peer_python()), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    if not quiet([*pip, "-r", str(REQUIREMENTS)]):
        # One that is not to be had must not take the others with it; no stamp, to try again.
        for requirement in requirements():
            if not quiet([*pip, requirement]):
                say(f"  not to be had here: {requirement}")
        return
    stamp.write_bytes(REQUIREMENTS.read_bytes())
