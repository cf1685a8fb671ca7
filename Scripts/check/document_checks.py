"""What must hold of a page without running anything: marks, links, files, targets, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import documents
from documents import COMMANDS, Page, read

README_BYTES = 8000
MARKS = re.compile(r"run( in terminals)?( with .+)?|run by \.ci/run|not run: .+")
MENTIONED = re.compile(r"(?<![\w./~-])(?:Scripts|Sources|Tests|docs|\.ci)/[\w./+-]*[\w/]")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
# What reads a command's line up to its end, or to the next command.
FEDERATED = re.compile(r"(?:^|[\s/])federated ((?:[a-z][a-z-]*)(?:\s[^|;&#`]*)?)")


@dataclass
class Project:
    """What pages speak of: files, targets of make, commands and their options."""

    root: Path

    @cached_property
    def targets(self) -> set[str]:
        makefile = (self.root / "Makefile").read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))

    @cached_property
    def ci(self) -> str:
        return (self.root / ".ci/run").read_text(encoding="utf-8")

    @cached_property
    def options(self) -> dict[str, set[str]]:
        """The options of each command, by the page that reference.py writes of `--help`."""
        page = read(self.root / "docs/reference/commands.md")
        names = [(number, line[4:].strip("`").removeprefix("federated").strip())
                 for number, line in page.prose if line.startswith("## ")]
        known: dict[str, set[str]] = {}
        for block in page.blocks:
            name = max((n, name) for n, name in names if n < block.line)[1]
            known[name] = set(OPTION.findall(block.text))
        known["sweep"] = known.get("sweep", set()) | known.get("run", set())
        return known


def problems(page: Page, project: Project) -> Iterator[str]:
    """One sentence each, with the place before it."""
    for check in (marks, links, files, targets, commands):
        for line, sentence in check(page, project):
            yield f"{page.path.relative_to(project.root)}:{line}: {sentence}"
    if page.path == project.root / "README.md":
        size = page.path.stat().st_size
        if size > README_BYTES:
            yield f"README.md: {size} bytes: expected at most {README_BYTES}"


def marks(page: Page, project: Project) -> Iterator[tuple[int, str]]:
    for block in page.blocks:
        if block.language == "swift":
            yield from swift(block.line, block.mark, block.text, project)
        elif block.language == "python" and (block.mark or "").startswith("from "):
            yield from python(block.line, block.mark.removeprefix("from "), block.text, project)
        elif block.language in COMMANDS:
            if block.mark is None or not MARKS.fullmatch(block.mark):
                yield block.line, "commands that neither run nor say why not: see Scripts/check/documents.py"
            elif block.mark == "run by .ci/run":
                for command in block.commands:
                    words = command.split()
                    run = " ".join(words[:2]) if words[0] == "make" else words[0]
                    if run != ".ci/run" and not re.search(rf"{re.escape(run)}\b(?!-)", project.ci):
                        yield block.line, f".ci/run does not have {run}"
        elif any(line.startswith(("$ ", "make ")) for line in block.lines):
            yield block.line, "commands in a block that is neither sh nor console"


def swift(line: int, mark: str | None, text: str, project: Project) -> Iterator[tuple[int, str]]:
    if mark is not None and mark.startswith("not compiled: "):
        return
    if mark is None or not mark.startswith("from "):
        yield line, "Swift that is of no file: expected <!-- from FILE --> or <!-- not compiled: WHY -->"
        return
    file = project.root / mark.removeprefix("from ")
    if not file.is_file():
        yield line, f"there is no {mark.removeprefix('from ')}"
    elif text not in documents.swift(file):
        yield line, f"these lines are not in {mark.removeprefix('from ')}"


def python(line: int, name: str, text: str, project: Project) -> Iterator[tuple[int, str]]:
    file = project.root / name
    if not file.is_file():
        yield line, f"there is no {name}"
    elif text not in file.read_text(encoding="utf-8"):
        yield line, f"these lines are not in {name}"


def links(page: Page, project: Project) -> Iterator[tuple[int, str]]:
    for line, target in page.links:
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.path.parent / name).resolve() if name else page.path
        if not file.exists():
            yield line, f"a link to {target}, which is not there"
        elif anchor and anchor not in (page if file == page.path else read(file)).anchors:
            yield line, f"a link to {target}, which has no such heading"


def files(page: Page, project: Project) -> Iterator[tuple[int, str]]:
    numbered = page.prose + [(block.line, block.text) for block in page.blocks]
    for line, text in numbered:
        for name in MENTIONED.findall(re.sub(r"\]\([^)]*\)", "]", text)):
            if not (project.root / name).exists():
                yield line, f"there is no {name}"


def targets(page: Page, project: Project) -> Iterator[tuple[int, str]]:
    for line, text in page.code:
        for name in re.findall(r"(?:^|[\s;&])make ([a-z][a-z-]*)", text):
            if name not in project.targets:
                yield line, f"the Makefile has no target {name}"


def commands(page: Page, project: Project) -> Iterator[tuple[int, str]]:
    for line, text in page.code:
        for found in FEDERATED.findall(text.replace("\\\n", " ")):
            words = found.split()
            name = words[0]
            if name == "help":
                continue
            inner = any(known.startswith(f"{name} ") for known in project.options)
            if inner and words[1:] and not words[1].startswith("-"):
                name = f"{name} {words[1]}"
            if name not in project.options:
                yield line, f"there is no command federated {name}"
                continue
            for option in OPTION.findall(found):
                if option not in project.options[name]:
                    yield line, f"federated {name} has no option {option}"
