#!/usr/bin/env python3
"""Checks what a finished run left behind: its log's keys, values and shapes, and its picture.

usage: check_run.py [LOG] [--experiment N] [--rounds N] [--clients N] [--dataset NAME]
                    [--no-weights] [--picture PNG]
"""

from __future__ import annotations

import argparse
import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

# The keys that every reader of such logs knows, then our own. One that is added or dropped is a
# change of the format: it belongs here as well.
COMMON_KEYS = {
    "client number", "experiment", "max round", "clients acc", "server acc",
}
OWN_KEYS = {
    "client_ids_from", "clients_loss", "server_loss", "clients_samples", "clients_class_counts",
    "drops", "outcome", "configuration", "seed", "data", "data_fingerprint", "partition_fingerprint",
    "model", "model_parameters", "timings", "threads", "cpu",
    "blas_core", "simd", "version", "started", "reproducible", "test_samples", "client_test_samples",
}
# In place of the lists by client where cohorts of many clients take part; why bits need not be the same;
# what tests measured beside accuracy and loss, class by class, too; what accuracies are, if they are none; how
# far updates moved the model, and which samples the last one took for others most surely; what its user says of
# the run.
OPTIONAL_KEYS = {
    "clients_rounds", "why", "round_metrics", "confusion_matrix", "class_accuracies", "class_names",
    "score", "initial_model_fingerprint", "server_rule_fingerprint", "clients_update_norm",
    "clients_update_cosine", "mistakes", "name", "tags", "note",
}
REFERENCE_SHAPES = [
    (3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (9216, 128), (128,), (128, 10), (10,),
]


def expect(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(f"check_run.py: {sentence}")


def shape(value: Any, place: str) -> tuple[int, ...]:
    """The shape of nested lists, every part of which must be as long as its neighbours."""
    if not isinstance(value, list):
        expect(isinstance(value, (int, float)), f"{place} holds {value!r}: expected a number")
        return ()
    expect(len(value) > 0, f"{place} holds an empty list")
    shapes = {shape(item, place) for item in value}
    expect(len(shapes) == 1, f"{place} is ragged: {sorted(shapes)}")
    return (len(value), *shapes.pop())


def check_keys(log: dict[str, Any], weights: str) -> None:
    expected = COMMON_KEYS | OWN_KEYS | {weights} | (log.keys() & OPTIONAL_KEYS)
    expect(log.keys() == expected, "the log's keys are not those of the format: "
           f"missing {sorted(expected - log.keys())}, unknown {sorted(log.keys() - expected)}")


def check_accuracies(values: Any, rounds: int, place: str) -> None:
    expect(isinstance(values, list) and len(values) == rounds,
           f"{place} is {values!r}: expected {rounds} accuracies")
    for value in values:
        expect(isinstance(value, (int, float)) and 0 <= value <= 1,
               f"{place} holds {value!r}: expected a fraction from 0 to 1")


def check_parts(log: dict[str, Any], rounds: int) -> None:
    """Of a log that has each client's own rounds only."""
    for key in ("clients acc", "clients_loss", "clients_samples", "clients_class_counts"):
        expect(log[key] == {}, f"'{key}' is not empty, though there are 'clients_rounds'")
    clients = log["clients_rounds"]
    expect(len(clients) <= log["client number"], f"'clients_rounds' has {len(clients)} clients")
    for client, member in clients.items():
        place, own = f"'clients_rounds' of client {client}", member["rounds"]
        expect(own == sorted(set(own)) and all(1 <= r <= rounds for r in own),
               f"{place} has the rounds {own}")
        for key, values in member.items():
            expect(len(values) == len(own), f"'{key}' in {place} has {len(values)} of {len(own)}")
        if "class_counts" in member:
            sums = [sum(counts) for counts in member["class_counts"]]
            expect(sums == member["samples"], f"class counts in {place} add up to {sums}, "
                   f"its samples are {member['samples']}")


def check_clients(log: dict[str, Any], rounds: int) -> None:
    if "clients_rounds" in log:
        check_parts(log, rounds)
        return
    count = log["client number"]
    expect(log["client_ids_from"] == 0, f"'client_ids_from' is {log['client_ids_from']}, not 0")
    for key in ("clients acc", "clients_loss", "clients_samples", "clients_class_counts"):
        expect(list(log[key]) == [str(client) for client in range(count)],
               f"'{key}' has the clients {list(log[key])}, not 0 to {count - 1}")
        for client, values in log[key].items():
            expect(len(values) == rounds, f"'{key}' of client {client} has {len(values)} rounds")
    for key, least, most in (("clients_update_norm", 0, math.inf), ("clients_update_cosine", -1, 1)):
        for client, values in log.get(key, {}).items():
            expect(len(values) == rounds, f"'{key}' of client {client} has {len(values)} rounds")
            expect(all(v is None or least <= v <= most for v in values),
                   f"'{key}' of client {client} is {values}: expected {least} to {most}")
    for client, values in log["clients acc"].items():
        check_accuracies(values, rounds, f"'clients acc' of client {client}")
    for client, by_round in log["clients_class_counts"].items():
        sums = [sum(counts) for counts in by_round]
        expect(sums == log["clients_samples"][client],
               f"class counts of client {client} add up to {sums}, "
               f"its samples are {log['clients_samples'][client]}")


def check_picture(path: Path) -> None:
    data = path.read_bytes()
    expect(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG")
    width, height = struct.unpack(">II", data[16:24])
    expect(width >= 800 and height >= 400, f"{path} has {width}×{height} pixels: 800×400 at least")
    expect(len(data) >= 20_000, f"{path} has {len(data)} bytes: 20,000 at least")


def check_log(options: argparse.Namespace) -> None:
    log = json.loads(options.log.read_text(encoding="utf-8"))
    check_keys(log, "final_weight_file" if options.no_weights else "final weight")
    for key, wanted in [("experiment", options.experiment), ("max round", options.rounds),
                        ("client number", options.clients)]:
        expect(wanted is None or log[key] == wanted, f"'{key}' is {log[key]!r}, not {wanted}")
    if options.dataset:
        said = json.dumps(log["data"]).lower()
        expect(options.dataset in said, f"'data' is {said}: it does not say {options.dataset}")
    check_accuracies(log["server acc"], log["max round"], "'server acc'")
    check_clients(log, log["max round"])
    if options.no_weights:
        name = options.log.parent / log["final_weight_file"]
        expect(name.is_file(), f"the file of the final weights is not there: {name}")
    else:
        shapes = [shape(t, f"'final weight', tensor {i}")
                  for i, t in enumerate(log["final weight"])]
        expect(shapes == REFERENCE_SHAPES, f"the final weight's shapes are {shapes}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("log", type=Path, nargs="?", help="left out: only the picture is checked")
    parser.add_argument("--experiment", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--clients", type=int)
    parser.add_argument("--dataset")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--no-weights", action="store_true", help="a sweep's log names a file")
    options = parser.parse_args()
    if options.picture:
        check_picture(options.picture)
        print(f"checked  {options.picture}")
    if options.log:
        check_log(options)
        print(f"checked  {options.log}")


if __name__ == "__main__":
    main()
