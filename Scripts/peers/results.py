"""What came of a comparison: ratios, their table, the machine, the report."""

from __future__ import annotations

import datetime
import json
import os
import statistics
from typing import Any, Iterator

from common import CORES, say
from rows import PEER_NAMES, Figure, Row
from session import Session


def summarise(row: Row, turns: list[dict[Figure, float]]) -> dict[str, Any]:
    ours, theirs, ratios = zip(*(row.values(turn) for turn in turns))
    return {
        "row": row.number,
        "name": row.name,
        "unit": "s" if row.is_time else "images/s",
        "ours": ours,
        "peer": theirs,
        "ratios": ratios,
        "minimum": min(ratios),
        "median": statistics.median(ratios),
        "maximum": max(ratios),
        "target": row.target,
        "reached": statistics.median(ratios) >= row.target,
    }


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    heading = f"{'ours':>9}{'peer':>9}{'min':>8}{'median':>8}{'max':>8}{'target':>8}"
    width = max((len(result["name"]) for result in results), default=0)
    yield f"     {'':{width}}{heading}"
    for result in results:
        digits = 1 if result["unit"] == "s" else 0
        speeds = (statistics.median(result[side]) for side in ("ours", "peer"))
        cells = "".join(f"{speed:9,.{digits}f}" for speed in speeds)
        cells += "".join(f"{result[key]:8.2f}" for key in ("minimum", "median", "maximum"))
        verdict = "reached" if result["reached"] else "short"
        target = f"≥ {result['target']:g}"
        yield f"  {result['row']}  {result['name']:{width}}{cells}{target:>8}  {verdict}"


def left_out(rows: list[Row], session: Session) -> Iterator[str]:
    for peer, reason in session.missing.items():
        numbers = sorted({row.number for row in rows if peer in row.peers})
        listed = ", ".join(map(str, numbers))
        yield f"{PEER_NAMES[peer]} is left out, and with it row {listed}: {reason}"


def describe_machine(session: Session) -> Iterator[str]:
    kind, load = session.machine, os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"  machine   {kind['cpu']}, {cores} cores ({CORES} used), load {load:.1f} at the start"
    core_type = os.environ.get("OPENBLAS_CORETYPE", "not set")
    yield (
        f"  ours      BLAS core {kind['blasCore']} (OPENBLAS_CORETYPE: {core_type}), "
        f"vectors {kind['simd']}"
    )


def report(session: Session, rows: list[Row], turns: list[dict[Figure, float]]) -> None:
    results = [
        summarise(row, turns) for row in rows if not row.peers & session.missing.keys()
    ]
    say("", *(f"  {name}: {text}" for name, text in session.about.items()))
    say("", f"  medians of {len(turns)} turns; ratios taken within a turn, min/median/max:")
    say(*table(results))
    sentences = list(left_out(rows, session))
    say(*(f"  {sentence}" for sentence in sentences))
    if session.options.json:
        document = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": session.machine | {
                "coreType": os.environ.get("OPENBLAS_CORETYPE"), "cores": os.cpu_count()},
            "peers": session.about,
            "quick": session.options.quick,
            "repeats": len(turns),
            "seconds": session.options.seconds,
            "rows": results,
            "leftOut": sentences,
        }
        session.options.json.write_text(json.dumps(document, indent=2) + "\n")
