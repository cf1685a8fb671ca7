#!/usr/bin/env python3
"""Runs the commands of README and docs, and looks whether their links, files and options are there.

usage: Scripts/check/documented_commands.py [--federated PROGRAM] [--no-run] [PAGE …]

A block of commands has a mark before it: that it is run here, that .ci/run runs it, or why it is not
run; `documents.py` has them all. What is run has generated digits, as few rounds as its mark says, and a
folder that is removed afterwards. The status is 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import document_checks
import document_runs
import documents

ROOT = Path(__file__).resolve().parents[2]
# The changelog tells of what is no more.
SINGLE = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]


def all_pages() -> list[Path]:
    return [ROOT / name for name in SINGLE] + sorted((ROOT / "docs").rglob("*.md"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the commands of the documents, and check them.")
    parser.add_argument("pages", type=Path, nargs="*", metavar="PAGE", help="only these (all)")
    parser.add_argument("--no-run", action="store_true", help="only look at the pages")
    parser.add_argument("--federated", type=Path, default=ROOT / ".build/release/federated",
                        metavar="PROGRAM")
    options = parser.parse_args()
    program = options.federated.absolute()
    if not options.no_run and not program.is_file():
        sys.exit(f"documented_commands.py: there is no program {program}: make network makes it")
    project = document_checks.Project(ROOT)
    failed = ran = looked = 0
    for path in [page.absolute() for page in options.pages] or all_pages():
        page = documents.read(path)
        looked += 1
        for sentence in document_checks.problems(page, project):
            failed += 1
            print(sentence, flush=True)
        if options.no_run:
            continue
        for block, seconds, problem in document_runs.runs(page, ROOT, program):
            ran += 1
            failed += problem is not None
            print(f"{path.relative_to(ROOT)}:{block.line}: {problem or 'runs'}, {seconds:.1f} s",
                  flush=True)
    print(f"{looked} pages, {ran} blocks of commands run, {failed} problems")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
