"""Starts federated as a page has it, but small: small_federated.py PROGRAM WITH PORT ARGUMENT…

Commands that train have generated digits, of which they are tested on few, unless the page says which data,
and the options of WITH, from the page's mark, in place of the page's own. A server listens at PORT unless
the page has a port.
"""

from __future__ import annotations

import os
import shlex
import sys

TAKES_DATA = {"run", "serve", "sweep", "partition", "reproduce", "flower-node"}
TAKES_SETTINGS = {"run", "serve", "sweep", "reproduce"}
TAKES_TESTS = {"run", "serve", "sweep"}


def replaced(arguments: list[str], options: list[str]) -> list[str]:
    """Options in place of those of the same names; a name is followed by its value, if it has one."""
    kept, index = [], 0
    names = {word for word in options if word.startswith("--")}
    while index < len(arguments):
        name, _, value = arguments[index].partition("=")
        if name in names:
            has_value = index + 1 < len(arguments) and not arguments[index + 1].startswith("--")
            index += 2 if has_value and not value else 1
        else:
            kept.append(arguments[index])
            index += 1
    return kept + options


def made_small(arguments: list[str], options: list[str], port: str) -> list[str]:
    command = arguments[0] if arguments else ""
    if "--help" in arguments or "--version" in arguments:
        return arguments
    named = {argument.partition("=")[0] for argument in arguments}
    if command in TAKES_SETTINGS and "--list" not in named:
        arguments = replaced(arguments, options)
    if command in TAKES_TESTS and not named & {"--evaluation-fraction", "--resume", "--spec", "--grid"}:
        arguments = [*arguments, "--evaluation-fraction", "0.05"]
    if command in TAKES_DATA and not named & {"--dataset", "--data-dir", "--spec"}:
        arguments = [*arguments, "--dataset", "digits"]
    if command == "serve" and "--port" not in named:
        arguments = [*arguments, "--port", port]
    return arguments


def main() -> None:
    program, options, port, *arguments = sys.argv[1:]
    os.execv(program, [program, *made_small(arguments, shlex.split(options), port)])


if __name__ == "__main__":
    main()
