#!/usr/bin/env python3
"""Measures `federated` against PyTorch, Keras and Flower on this machine, doing the same work.

Ours and the peers take turns (A B A B …), so that a machine whose speed drifts drifts under both;
a ratio is taken within a turn. The peers live in .venv-peers, made when first needed; each
measurement is a process of its own, `worker.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import compare_simulators
from common import PROJECT, Failure, say
from environment import make_environment
from idx_images import find_data
from results import describe_machine, report
from rows import ROWS, Row
from session import Session, measure_turns


def parse(arguments: list[str]) -> argparse.Namespace:
    rows = "\n".join(f"  {row.number}  {row.name}, target ≥ {row.target:g}" for row in ROWS)
    parser = argparse.ArgumentParser(
        description="Measure federated against PyTorch, Keras and Flower on this machine.",
        epilog=f"rows:\n{rows}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    numbers = sorted({row.number for row in ROWS})
    add = parser.add_argument
    add("--repeats", type=int, default=5, help="turns, each measuring everything once (5)")
    add("--seconds", type=float, default=3, help="how long a measurement lasts (3)")
    add("--only", type=int, nargs="+", choices=numbers, metavar="ROW", help="only these rows")
    add("--simulators", action="store_true", help="simulators instead: --simulators --help")
    add("--with-flower", action="store_true", help="row 7 too, which takes minutes a turn")
    add("--quick", action="store_true", help="short windows and rounds, to try the script")
    add("--federated", type=Path, default=PROJECT / ".build/release/federated", metavar="PATH")
    add("--data-dir", type=Path, metavar="FOLDER", help="MNIST's IDX files, or their parent")
    add("--json", type=Path, metavar="OUT", help="write the results to this file, too")
    options = parser.parse_args(arguments)
    options.federated = options.federated.absolute()
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1, not {options.repeats}")
    if not 0 < options.seconds <= 600:
        parser.error(f"--seconds must be above 0 and at most 600, not {options.seconds:g}")
    if not os.access(options.federated, os.X_OK) or options.federated.is_dir():
        parser.error(f"--federated: {options.federated} is no program (make build makes it)")
    if options.data_dir and not find_data(options.data_dir):
        parser.error(f"--data-dir: {options.data_dir} does not have MNIST's four IDX files")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.absolute().parent}")
    return options


def data_folder(options: argparse.Namespace) -> str | None:
    default = os.environ.get("FEDERATED_DATA_DIR") or PROJECT.parent / "shared" / "data"
    return find_data(Path(options.data_dir or default).resolve())


def chosen_rows(options: argparse.Namespace) -> list[Row]:
    if options.only:
        return [row for row in ROWS if row.number in options.only]
    return [row for row in ROWS if row.number != 7 or options.with_flower]


def introduce(session: Session, rows: list[Row]) -> None:
    data = "MNIST" if session.data_dir else "random images, 20% of the pixels not blank"
    say("federated and its peers, the same work on both sides", *describe_machine(session))
    say(f"  data      peers: {data}; federated bench: generated digits")
    if session.options.quick:
        say("  quick     short windows and rounds: the figures say nothing")
    if all(row.number != 7 for row in rows) and not session.options.only:
        say("  row 7     left out, for it takes minutes: --with-flower measures it")


def main(arguments: list[str]) -> int:
    if "--simulators" in arguments:
        return compare_simulators.main([word for word in arguments if word != "--simulators"])
    options = parse(arguments)
    if options.quick:
        options.seconds, options.repeats = min(options.seconds, 0.5), min(options.repeats, 2)
    rows = chosen_rows(options)
    session = Session(options, data_folder(options))
    if any(row.peers for row in rows):
        try:
            make_environment()
        except Failure as failure:
            session.missing |= {peer: str(failure) for row in rows for peer in row.peers}
    session.note_machine()
    introduce(session, rows)
    report(session, rows, measure_turns(session, rows))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
