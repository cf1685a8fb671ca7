#!/usr/bin/env python3
"""Writes docs/reference/commands.md and settings.md, and the settings in docs/openapi.yaml, from what the
program says of itself, and puts the Swift of README and docs there anew from the files that it is of.

usage: Scripts/check/reference.py [--federated PROGRAM] [--check]

With --check nothing is written; the status is 1 if a page is not what it would be.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import documents

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/reference"
OPENAPI = ROOT / "docs/openapi.yaml"
# What a run gives its columns: the help is broken at as many as a terminal usually has.
COLUMNS = "80"
Ask = Callable[..., str]


def asked(program: Path) -> Ask:
    """What the program prints for some arguments."""
    def ask(*arguments: str) -> str:
        done = subprocess.run([program, *arguments], capture_output=True, text=True,
                              env=os.environ | {"COLUMNS": COLUMNS})
        if done.returncode != 0:
            sys.exit(f"reference.py: federated {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout
    return ask


def subcommands(text: str) -> list[str]:
    """The names in a help's list of subcommands."""
    _, _, after = text.partition("\nSUBCOMMANDS:\n")
    return re.findall(r"^  ([a-z][a-z-]*)(?: \(default\))?(?:\s|$)", after.split("\n\n")[0], re.MULTILINE)


def helps(ask: Ask, *words: str) -> Iterator[tuple[str, str]]:
    """Each command's name and help, that of a command before those of its subcommands."""
    text = ask(*words, "--help")
    yield " ".join(["federated", *words]), text.strip()
    for name in subcommands(text):
        yield from helps(ask, *words, name)


def commands_page(ask: Ask) -> str:
    parts = ["# Commands\n", "What `--help` says, written by `make reference`.\n"]
    for name, text in helps(ask):
        parts.append(f"## `{name}`\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def cell(value: Any) -> str:
    """A value as a cell of a table has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("|", "\\|")


def allowed(bounds: dict[str, Any] | None) -> str:
    """What a number may be, from the words of JSON schemas."""
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    # A limit of 32 bits is nothing to tell anyone.
    return ", ".join(f"{signs[key]} {bounds[key]}" for key in signs
                     if bounds and key in bounds and bounds[key] < 2**31 - 1)


def needed(needs: dict[str, Any]) -> str:
    parts = [f"`{name}`" for key in ("strategies", "optimizers") for name in needs.get(key, [])]
    parts += [f"`{needs['setting']}`"] if "setting" in needs else []
    parts += ["an experiment"] if needs.get("experiment") else []
    parts += {"simulated": ["simulated clients"], "joining": ["`federated serve`"]}.get(
        needs.get("clients", ""), [])
    return ", ".join(parts)


def settings_page(settings: list[dict[str, Any]]) -> str:
    """A row for each."""
    lines = ["| setting | what it is | type | default | may be | needs |", "|---|---|---|---|---|---|"]
    for row in settings:
        kind = ", ".join(f"`{value}`" for value in row.get("values", [])) or row["type"]
        cells = [f"`{row['name']}`", cell(row["help"]), kind, cell(row.get("usual", row["default"])),
                 allowed(row.get("bounds")), needed(row["needs"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([
        "# Settings\n",
        "All that decides what a run computes, but for the images themselves. Each is an option of `run` and\n"
        "`serve` (`--batch-size`), and by one name (`batch_size`) a key of a spec file and of the log's\n"
        "`configuration`, a column of tables and a keyword in Python. What earlier versions wrote in camelCase\n"
        "(`batchSize`) is read. `federated settings` lists them, too; this page is written from\n"
        "`federated settings --json` by `make reference`.\n", *lines]) + "\n"


def with_settings(text: str, properties: str) -> str:
    """The document of the HTTP interface, with these properties as those of its settings."""
    head, mark, rest = text.partition("\n    RunSpec:\n")
    description, properties_mark, rest = rest.partition("\n      properties:\n")
    if not mark or not properties_mark:
        sys.exit("reference.py: docs/openapi.yaml has no schema RunSpec with properties")
    lines = rest.splitlines(keepends=True)
    end = next((i for i, line in enumerate(lines) if not line.startswith(" " * 8)), len(lines))
    return head + mark + description + properties_mark + properties + "".join(lines[end:])


def with_files(text: str, root: Path) -> str:
    """A page whose blocks `<!-- from FILE -->` hold what their files do; a file that is gone leaves them."""
    def block(match: re.Match[str]) -> str:
        file = root / match[1]
        content = documents.swift(file) if file.is_file() else match[2]
        return f"<!-- from {match[1]} -->\n```swift\n{content}```\n"
    return re.sub(r"<!-- from (\S+) -->\n```swift\n(.*?)```\n", block, text, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write the pages of commands and settings, those of the HTTP interface, and Swift in others.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    parser.add_argument("--federated", type=Path, default=ROOT / ".build/release/federated",
                        metavar="PROGRAM")
    options = parser.parse_args()
    ask = asked(options.federated.absolute())
    pages = {FOLDER / "commands.md": commands_page(ask),
             FOLDER / "settings.md": settings_page(json.loads(ask("settings", "--json"))),
             OPENAPI: with_settings(OPENAPI.read_text(encoding="utf-8"), ask("settings", "--openapi"))}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if path not in pages:
            pages[path] = with_files(path.read_text(encoding="utf-8"), ROOT)
    stale = [path for path, text in pages.items()
             if not path.is_file() or path.read_text(encoding="utf-8") != text]
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if options.check:
        if stale:
            sys.exit(f"reference.py: no longer true: {names}: make reference writes it")
        return
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    print(f"written: {names or 'nothing, all is as it was'}")


if __name__ == "__main__":
    main()
