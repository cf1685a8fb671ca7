"""Finds the program `federated` and asks it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .errors import ProgramError


def find_program() -> str:
    """The program: that of FEDERATED, the one that came in the wheel, one in PATH, or the one that was built
    in the checkout around this file or the current folder."""
    named = os.environ.get("FEDERATED")
    if named:
        if not os.access(named, os.X_OK) or os.path.isdir(named):
            raise ProgramError(f"FEDERATED is {named!r}: expected the path of the program federated")
        return named
    if own := _in_wheel():
        return own
    found = shutil.which("federated")
    if found and not _is_script_of_python(found):
        return found
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            built = folder / ".build" / "release" / "federated"
            if os.access(built, os.X_OK) and built.is_file():
                return str(built)
    raise ProgramError(
        "the program federated is not here: put it into PATH, name it by the variable FEDERATED, or "
        "build it in the checkout by make build")


def _in_wheel() -> str | None:
    if not (Path(__file__).parent / "bin" / "federated").is_file():
        return None
    import federated_program

    if words := federated_program.complaint():
        raise ProgramError(words)
    return federated_program.PROGRAM


def _is_script_of_python(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def ask_program(*arguments: str) -> bytes:
    """What a command prints.

    Raises ProgramError with its own sentence where it fails."""
    command = [find_program(), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise ProgramError(f"{command[0]} cannot be started: {error.strerror}") from error
    if done.returncode:
        raise ProgramError(said(done.stderr, arguments[0], done.returncode))
    return done.stdout


def said(complaints: bytes, command: str, status: int) -> str:
    """The sentence that a program ended with."""
    lines = complaints.decode("utf-8", "replace").strip().splitlines()
    last = lines[-1].removeprefix("federated: ") if lines else ""
    return last or f"federated {command} ended with status {status} and no word"
