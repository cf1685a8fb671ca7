"""What runs a store has."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import pandas

from . import keys
from .errors import LogError
from .spelling import spelled_log

APPLICATION = 0x4665_6453
# Of the migrations that this version knows, the last.
NEWEST = 9
# How long a store that another process holds is waited for.
BUSY_SECONDS = 10.0
COLUMNS = ["run", "kind", "state", "started", "data", "division", "strategy", "model", "clients", "rounds",
           "planned", "seed", "accuracy", "loss", "seconds", "outcome", "log"]


def runs(store: str | os.PathLike = os.path.join("Logs", "federated.sqlite")) -> pandas.DataFrame:
    """A row for each run of a store, the oldest first. Runs that go on are among them."""
    if not isinstance(store, (str, os.PathLike)):
        raise LogError(f"the store is {store!r}: expected the path of a file federated.sqlite")
    path = Path(store)
    if path.is_dir():
        path = path / "federated.sqlite"
    if not path.is_file():
        raise LogError(f"there is no store {str(path)!r}: expected the file federated.sqlite of a "
                       "folder of logs, or that folder")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True,
                                     timeout=BUSY_SECONDS)
        try:
            return _table(connection, path)
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise LogError(f"the store {path} is in use, and did not come free in "
                           f"{BUSY_SECONDS:g} seconds: try again") from error
        raise LogError(f"the store {path} cannot be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LogError(f"{path} is no store: {error}") from error


def _table(connection: sqlite3.Connection, path: Path) -> pandas.DataFrame:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise LogError(f"{path} is no store of federated runs: another program wrote it")
    migrations = [row[0] for row in connection.execute("SELECT identifier FROM grdb_migrations")]
    newest = max((int(name.split()[0]) for name in migrations if name[:1].isdecimal()), default=0)
    hint = " (a later version of federated wrote it: update this module)" if newest > NEWEST else ""
    try:
        return pandas.DataFrame([_row(*row) for row in _rows(connection)], columns=COLUMNS)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise
        raise LogError(f"the store {path} cannot be read: {error}{hint}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LogError(f"the store {path} cannot be read: {error}{hint}") from error


def _rows(connection: sqlite3.Connection) -> list[tuple]:
    last = "SELECT run, max(round) AS round FROM rounds{} GROUP BY run"
    return connection.execute(f"""
        SELECT name, kind, is_finished, header, log_file, committed.rounds, committed.seconds,
            tested.accuracy, tested.loss
        FROM runs
        LEFT JOIN (SELECT run, count(*) AS rounds, sum(seconds) AS seconds FROM rounds GROUP BY run)
            AS committed ON committed.run = runs.number
        LEFT JOIN ({last.format(" WHERE tested > 0")}) AS latest ON latest.run = runs.number
        LEFT JOIN rounds AS tested ON tested.run = latest.run AND tested.round = latest.round
        ORDER BY runs.number""").fetchall()

def _row(name, kind, is_finished, header, log_file, rounds, seconds, accuracy, loss) -> tuple:
    log = spelled_log(json.loads(header))
    own = log.get(keys.CONFIGURATION) or {}
    partition = own.get("partition")
    model = log.get(keys.MODEL) or own.get("model")
    outcome = log.get(keys.OUTCOME) if is_finished else None
    return (
        name, kind, "finished" if is_finished else "unfinished",
        pandas.to_datetime(log.get(keys.STARTED), utc=True), log.get(keys.DATA),
        partition or f"experiment {log[keys.EXPERIMENT]}", own.get("strategy"), model,
        log[keys.CLIENT_COUNT], rounds or 0, log[keys.ROUND_COUNT],
        log.get(keys.SEED, own.get("seed")), accuracy, loss, seconds or 0.0, outcome, log_file)
