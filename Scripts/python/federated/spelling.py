"""How keys are spelled: balanced_accuracy, learning_rate. Earlier versions wrote some in words and some in
camelCase."""

from __future__ import annotations

import re
from typing import Any

from . import keys


def snake(key: str) -> str:
    """“top-5 accuracy” → top_5_accuracy, learningRate → learning_rate; one that is spelled so is the same."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub("['’]", "", key))
    return "_".join(re.findall(r"\w+", words)).lower() or key


def spelled(members: dict[str, Any]) -> dict[str, Any]:
    """The same by keys as they are spelled now; of two that come to the same, the one that is spelled so."""
    return {snake(key): value for key, value in members.items()} | {
        key: value for key, value in members.items() if snake(key) == key}


def spelled_log(log: dict[str, Any]) -> dict[str, Any]:
    """A log of any version by this one's keys. Those that every program's logs have stay as they are."""
    log = {key: log[key] for key in keys.COMMON if key in log} | spelled(
        {key: value for key, value in log.items() if key not in keys.COMMON})
    for key in (keys.ROUND_METRICS, keys.TIMINGS, keys.CONFIGURATION):
        if isinstance(log.get(key), dict):
            log[key] = spelled(log[key])
    parts = log.get(keys.CLIENTS_ROUNDS)
    if isinstance(parts, dict):
        log[keys.CLIENTS_ROUNDS] = {
            client: spelled(own) if isinstance(own, dict) else own for client, own in parts.items()}
    return log
