"""What goes wrong: each a sentence that names the value, its place and what was expected."""

from __future__ import annotations


class FederatedError(Exception):
    """Of all that this module raises by itself."""


class ProgramError(FederatedError):
    """The program `federated` is not there, or says why it did not do it."""


class SettingsError(FederatedError, ValueError):
    """A setting that there is not, or a value that it may not have."""


class LogError(FederatedError):
    """A log, a store or a model that cannot be read."""


class ClientError(FederatedError):
    """A client that takes no part, or no longer."""


class Diverged(FederatedError):
    """Raise it in `Client.fit` where training came to nothing: the server is told, and the client goes on."""


class RunInterrupted(KeyboardInterrupt):
    """A run that was stopped by Ctrl-C: its committed rounds are kept."""

    def __init__(self, run: str | None, store: str | None, rounds: int) -> None:
        self.run, self.store, self.rounds = run, store, rounds
        again = (f": federated.run(resume={run!r}, store={store!r}) goes on with it"
                 if run and store else ", before it was stored")
        super().__init__(f"stopped after round {rounds}{again}")
