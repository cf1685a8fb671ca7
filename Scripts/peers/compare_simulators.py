#!/usr/bin/env python3
"""Measures `federated` against Flower, pfl-research and BlazeFL on rows of published speed tables.

Ours and the simulators take turns; a ratio is taken within a turn. All train the same model on as
many images in as many steps of as many clients; nobody is tested, start-up is not counted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from pathlib import Path
from typing import Any

from common import CORES, PROJECT, Failure, say
from simulator_environments import PURPOSES, make_environment
from simulator_results import left_out, summarise, table, ways
from simulator_rows import NAMES, ROWS, SimulatorRow, rows_named
from simulator_session import SimulatorSession, measure_simulators


def parse(arguments: list[str]) -> argparse.Namespace:
    lines = "\n".join(f"  {row.id}  {row.name} ({row.source})" for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="compare_peers.py --simulators",
        description="Measure federated against Flower, pfl-research and BlazeFL on this machine.",
        epilog=f"rows:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--rows", default=",".join(row.id for row in ROWS), metavar="S1,S3", help="only these rows")
    add("--repeats", type=int, default=3, help="turns, each measuring everything once (3)")
    add("--quick", action="store_true", help="one turn of few rounds, to try the script")
    add("--federated", type=Path, default=PROJECT / ".build/release/federated", metavar="PATH")
    add("--json", type=Path, metavar="OUT", help="write the results to this file, too")
    options = parser.parse_args(arguments)
    options.federated = options.federated.absolute()
    try:
        options.rows = rows_named(options.rows)
    except ValueError as error:
        parser.error(f"--rows: {error}")
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1, not {options.repeats}")
    if not os.access(options.federated, os.X_OK) or options.federated.is_dir():
        parser.error(f"--federated: {options.federated} is no program (make build makes it)")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.absolute().parent}")
    if options.quick:
        options.repeats = 1
    return options


def install(session: SimulatorSession, rows: list[SimulatorRow]) -> None:
    """Makes the environments; programs whose one cannot be made are left out of all rows."""
    reasons: dict[str, str] = {}
    for purpose in dict.fromkeys(PURPOSES.values()):
        try:
            make_environment(next(name for name in PURPOSES if PURPOSES[name] == purpose))
        except Failure as failure:
            reasons[purpose] = str(failure)
    for program in session.programs:
        if PURPOSES[program] in reasons:
            reason = reasons[PURPOSES[program]]
            session.missing |= {(program, row.id): reason for row in rows}


def report(session: SimulatorSession, rows: list[SimulatorRow], turns: dict[str, Any]) -> None:
    summaries = [
        summarise(row, program, turns[row.id]) for row in rows for program in session.programs
    ]
    results = [result for result in summaries if result]
    machine = session.machine
    say(f"  machine   {machine['cpu']}, {CORES} cores used, vectors {machine['simd']}")
    say(*(f"  {NAMES[program]:14}{text}" for program, text in session.about.items()))
    if session.options.quick:
        say("  quick     one turn of few rounds: the figures say nothing")
    say("", f"medians of {session.options.repeats} turns; ratios of images/s taken within a turn:")
    if results:
        say(*table(results))
    sentences = list(left_out(session.missing, rows))
    told = list(ways(session.modes, session.trials))
    say("", *told, *sentences)
    if session.options.json:
        document = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": machine | {"cores": os.cpu_count()},
            "programs": session.about,
            "quick": session.options.quick,
            "rows": results,
            "ways": told,
            "leftOut": sentences,
        }
        session.options.json.write_text(json.dumps(document, indent=2) + "\n")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    session = SimulatorSession(options, list(NAMES))
    say("federated and simulators, the same clients, images and steps on both sides")
    install(session, options.rows)
    try:
        turns = measure_simulators(session, options.rows)
    except Failure as failure:
        print(f"compare_peers: {failure}", file=sys.stderr)
        return 1
    report(session, options.rows, turns)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
