"""What a scripted run says beyond its course: classes, updates, mistakes, hosts, and how to steer it."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any

State = dict[str, Any]
ACTIONS = ["stop", "pause", "resume", "extend", "rename", "tag", "note", "remove"]
# Of more values than this a server sends bands alone.
HISTORY_LIMIT = 20_000


def wobble(*numbers: int) -> float:
    """-1 … 1, the same for the same numbers."""
    return math.sin(sum(number * factor for number, factor in zip(numbers, (12.9898, 78.233, 39.425))) * 43)


def image(seed: int, side: int = 28) -> str:
    """A grey blot as PNG, in an address of its own."""
    rows = b""
    for y in range(side):
        rows += b"\0" + bytes(
            max(0, min(255, int(255 * math.exp(-((x - 14 - 5 * wobble(seed, y // 6)) ** 2) / 9
                                                 - ((y - 14) ** 2) / 70)))) for x in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
           + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(png).decode()


def client_value(kind: str, client: int, number: int, accuracy: float) -> float:
    below = 0.02 + 0.05 * (1 + wobble(client + 1)) + 0.01 * wobble(client + 1, number)
    return {
        "accuracy": max(0.0, accuracy - below), "loss": 2.2 * (1 - accuracy + below) + 0.03,
        "norm": (2 + wobble(client, 3)) / number ** 0.5 + 0.05 * wobble(client, number),
        "cosine": 0.5 + 0.3 * wobble(client, 5) - 0.2 / number + 0.05 * wobble(client, number, 7),
    }[kind]


def class_counts(client: int, classes: int, samples: int, equal: bool) -> list[int]:
    if equal:
        return [60] * classes
    weights = [max(0.0, wobble(client, label, 2)) ** 2 for label in range(classes)]
    whole = sum(weights) or 1
    return [int(samples * weight / whole) for weight in weights]


def results(number: int, classes: int, accuracy: float, mistakes: int = 24) -> State:
    confusion = [[0] * classes for _ in range(classes)]
    for truth in range(classes):
        wrong = 0
        for step in range(1, min(classes, 6)):
            some = int(max(0, wobble(truth, step, number)) * 100 * (1 - accuracy))
            confusion[truth][(truth + step * 3) % classes] += some
            wrong += some
        confusion[truth][truth] += max(0, 100 - wrong)
    return {
        "round": number, "metrics": {"macro F1": accuracy - 0.01, "top-3 accuracy": 0.995},
        "classAccuracies": [row[truth] / sum(row) for truth, row in enumerate(confusion)],
        "confusion": confusion,
        "mistakes": [{"index": 17 + 391 * one, "truth": one % classes,
                      "guess": (one * 3 + 1) % classes if (one * 3 + 1) % classes != one % classes
                      else (one + 1) % classes,
                      "confidence": 0.9999 - 0.004 * one,
                      "image": None if one % 7 == 6 else image(one)} for one in range(mistakes)],
    }


def enrich(state: State, classes: int = 10, equal: bool = False, listed: int | None = None,
           steering: bool = True) -> State:
    """The state with all that a newer server says; `listed` is how many of its clients are sent."""
    rounds, clients = state["rounds"], state["clients"]
    has_history = len(rounds) * len(clients) <= HISTORY_LIMIT
    run = state["run"]
    run.setdefault("title", f"Experiment {run['experiment']} · unequal random")
    run.setdefault("repeat", f"federated serve --experiment {run['experiment']} --clients "
                             f"{run['clients']} --rounds {run['rounds']} --seed {run['seed']}")
    for entry in rounds:
        entry["bytes"] = 2 * 4_799_528 * len(clients)
        known = sorted(client_value("accuracy", client, entry["round"], entry["accuracy"])
                       for client in range(len(clients))) if entry["accuracy"] is not None else []
        entry["quantiles"] = [known[round(share * (len(known) - 1))]
                              for share in (0, 0.25, 0.5, 0.75, 1)] if known else None
    for index, client in enumerate(clients):
        client["classCounts"] = class_counts(index, classes, client["samples"], equal)
        client.update(host=f"lab-{index % 40}", version="0.1.0" if index % 3 else "0.1.0-dev")
        if not rounds:
            continue
        history: dict[str, list[float | None]] = {}
        for kind in ("accuracy", "loss", "norm", "cosine"):
            # Whoever is missed in a round has nothing of it.
            history[kind] = [
                None if (index == 2 and entry["round"] == 2) or (kind == "cosine" and entry["round"] == 1)
                else client_value(kind, index, entry["round"], entry["accuracy"] or 0.1)
                for entry in (rounds if has_history else rounds[-1:])]
            client[kind] = history[kind][-1]
        if has_history:
            client["history"] = history
    tested = [entry for entry in rounds if entry["accuracy"] is not None]
    if tested:
        state["results"] = results(tested[-1]["round"], classes, tested[-1]["accuracy"])
    if listed is not None and listed < len(clients):
        state["clientsSeen"] = len(clients)
        state["clients"] = clients[:listed]
    if steering:
        finished, paused = state["phase"] == "finished", state["phase"] == "paused"
        state["steering"] = {"needsToken": True, "actions": [
            name for name in ACTIONS if (name not in ("stop", "pause", "resume") or not finished)
            and name != ("pause" if paused else "resume") and (name != "remove" or finished)]}
    return state
