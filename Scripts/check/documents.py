"""A page of Markdown as the checks see it: its blocks with their marks, code in lines, links, headings.

A mark is a comment in the line before a fence; it is not seen when the page is shown.

    <!-- run -->                          the block is run, in a folder of the page's own
    <!-- run with --rounds 2 -->          …, and each run, serve or sweep in it has that option so
    <!-- run in terminals -->             each of its commands in a shell of its own, at once
    <!-- run by .ci/run -->               .ci/run has its commands
    <!-- not run: needs two machines -->  why not
    <!-- from Tests/Some/File.swift -->   of Swift and Python: these lines are in that file
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

COMMANDS = {"sh", "console"}
FENCE = re.compile(r"^(\s*)```(\w*)\s*$")
MARK = re.compile(r"^\s*<!-- *(.*?) *-->\s*$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass
class Block:
    """What stands between two fences."""

    line: int  # of its opening fence, from 1
    language: str
    mark: str | None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def commands(self) -> list[str]:
        """Its commands, a continued one in one string; of a console those after a prompt."""
        found: list[str] = []
        continued = False
        for line in self.lines:
            if continued:
                found[-1] += "\n" + line
            elif self.language == "console":
                if not line.startswith("$ "):
                    continue
                found.append(line[2:])
            elif line.strip() and not line.lstrip().startswith("#"):
                found.append(line)
            else:
                continue
            continued = found[-1].endswith("\\")
        return found


@dataclass
class Page:
    """One file of Markdown."""

    path: Path
    blocks: list[Block]
    prose: list[tuple[int, str]]  # numbered lines outside of blocks

    @property
    def links(self) -> list[tuple[int, str]]:
        return [(number, target) for number, line in self.prose
                for target in LINK.findall(CODE.sub("", line))]

    @property
    def code(self) -> list[tuple[int, str]]:
        """Code within a line, and the commands of blocks."""
        spans = [(number, text) for number, line in self.prose for text in CODE.findall(line)]
        return spans + [(block.line, command) for block in self.blocks
                        if block.language in COMMANDS for command in block.commands]

    @property
    def anchors(self) -> set[str]:
        """What links to a place in the page may name, as GitHub and most others make it of headings."""
        headings = (line.lstrip("#").strip() for _, line in self.prose if line.startswith("#"))
        kept = (re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()) for heading in headings)
        return {heading.replace(" ", "-") for heading in kept}


def parsed(path: Path, text: str) -> Page:
    page = Page(path, [], [])
    block: Block | None = None
    mark: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if block is not None:
            if fence and not fence[2]:
                block = None
            else:
                block.lines.append(line)
        elif fence:
            block = Block(number, fence[2], mark)
            page.blocks.append(block)
            mark = None
        else:
            found = MARK.match(line)
            mark = found[1] if found else mark if not line.strip() else None
            page.prose.append((number, line))
    return page


def swift(path: Path) -> str:
    """A file of Swift as pages show it: without the comments that mark snippets for DocC."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("// snippet."))


def read(path: Path) -> Page:
    return parsed(path, path.read_text(encoding="utf-8"))
