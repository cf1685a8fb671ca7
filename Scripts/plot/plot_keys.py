"""How a log's keys are spelled: clients_class_counts. Earlier versions wrote them in words, and names of
settings in camelCase; both are read."""

from __future__ import annotations

import re
from typing import Any

# What all programs spell alike.
COMMON = {"client number", "experiment", "max round", "clients acc", "server acc", "final weight"}


def snake(key: str) -> str:
    """“class counts” → class_counts, learningRate → learning_rate; one that is spelled so is the same."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub("['’]", "", key))
    return "_".join(re.findall(r"\w+", words)).lower() or key


def spelled(value: Any) -> Any:
    """An object by its keys as they are spelled now; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return {snake(key): member for key, member in value.items()} | {
        key: member for key, member in value.items() if snake(key) == key}


def spelled_log(log: dict[str, Any]) -> dict[str, Any]:
    """A log of any version by this one's keys."""
    own = spelled({key: member for key, member in log.items() if key not in COMMON})
    for key in ("timings", "configuration"):
        if key in own:
            own[key] = spelled(own[key])
    parts = own.get("clients_rounds")
    if isinstance(parts, dict):
        own["clients_rounds"] = {client: spelled(member) for client, member in parts.items()}
    return own | {key: log[key] for key in COMMON if key in log}
