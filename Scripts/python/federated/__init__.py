"""Federated learning by the program `federated`, from Python: runs, their logs, and clients of one's own.

    import federated
    run = federated.run(experiment=4, clients=10, rounds=20)
    run.rounds.plot(x="round", y="accuracy")
"""

from __future__ import annotations

from .client import Client, Ending
from .digits import Digits, digits
from .errors import (
    ClientError, Diverged, FederatedError, LogError, ProgramError, RunInterrupted, SettingsError,
)
from .logs import Run, read
from .plotting import plot
from .program import find_program
from .running import run, sweep
from .serving import Server, serve
from .settings import settings
from .store import runs
from .weights import Model, model

__version__ = "0.1.0"
__all__ = [
    "Client", "ClientError", "Digits", "Diverged", "Ending", "FederatedError", "LogError", "Model",
    "ProgramError", "Run", "RunInterrupted", "Server", "SettingsError", "digits", "find_program", "model",
    "plot", "read", "run", "runs", "serve", "settings", "sweep",
]
