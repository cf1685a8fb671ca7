"""What schemathesis does beyond docs/openapi.yaml when api_test.py runs it.

Every operation gets a query and a header that no route knows: without them a route that takes
nothing would be asked the same thing again and again. With API_TEST_KNOWN=1, three of four requests
are moved to where the server has something to lose: the run, clients and round that there are, and
models and messages that are right, or right but for a little.
"""

from __future__ import annotations

import os
import random
import struct
from types import SimpleNamespace
from typing import Any

import requests
import schemathesis

from load_server import update

PIXELS, CLASSES = 64, 10

chance = random.Random(int(os.environ.get("API_TEST_SEED", "1")))
session = requests.Session()


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    for path in raw_schema["paths"].values():
        for operation in path.values():
            operation.setdefault("parameters", []).extend([
                {"name": "unknown", "in": "query", "schema": {"type": "string"}},
                {"name": "X-Unknown", "in": "header", "schema": {"type": "string"}},
            ])


def listed() -> list[Any]:
    """A model as nested lists, one of four with something wrong in it."""
    number = chance.uniform(-2, 2)
    model: list[Any] = [[[number] * CLASSES for _ in range(PIXELS)], [number] * CLASSES]
    wrong = chance.randrange(16)
    if wrong == 0:
        model[0][chance.randrange(PIXELS)][chance.randrange(CLASSES)] = chance.choice(
            [1e39, -1e300, 1e-320, None, "1", [], {}, True])
    elif wrong == 1:
        model[0].pop(chance.randrange(PIXELS))
    elif wrong == 2:
        model[1].append(number)
    elif wrong == 3:
        model.append([number])
    return model


def binary(run: dict[str, Any], client: int, round: int) -> bytes:
    """An update, one of two with a wrong byte, too short or too long."""
    server = SimpleNamespace(run=run["run"], architecture=bytes.fromhex(run["architecture"]))
    numbers = [chance.uniform(-2, 2)] * run["parameterCount"]
    payload = struct.pack(f"<{len(numbers)}f", *numbers)
    body = update(server, client, payload, round) + payload  # type: ignore
    place = chance.randrange(len(body))
    return chance.choice([
        body, body, body, body[:place], body + body[:place],
        body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :]])


def before_call(context: schemathesis.HookContext, case: Any, kwargs: dict[str, Any]) -> None:
    clients = (case.path_parameters or {}).get("clients")
    if isinstance(clients, int) and 100 < clients <= 100_000 and chance.randrange(25):
        # To make a run of 100,000 takes seconds: now and then is enough.
        case.path_parameters["clients"] = clients % 100 + 1
    if chance.randrange(4) == 0:
        return
    base = os.environ["API_TEST_URL"]
    operation, body = case.operation.definition.raw["operationId"], case.body
    if operation == "failure":
        session.get(f"{base}/initialize/2/1/3")  # a failure that is taken ends the run
    run = session.get(f"{base}/v1/run").json()
    round = int(session.get(f"{base}/get_server_round").text) + 1
    client = chance.randrange(run["spec"]["clients"])
    known = {"run": run["run"], "client": client, "round": round}
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = known[name]
    if operation == "putWeight":
        case.body = listed()
    elif operation == "update":
        case.body = binary(run, client, round)
    elif isinstance(body, dict) and chance.randrange(2):
        if operation == "register":
            case.body = {**body, "protocol": 2, "architecture": run["architecture"]}
        elif operation == "heartbeat":
            case.body = {**body, "round": round}


if os.environ.get("API_TEST_KNOWN"):
    schemathesis.hook(before_call)
