"""The command `federated` of a wheel that has the program in it: Python makes place for it.

Apart from the module, whose imports take ten times as long as this."""

from __future__ import annotations

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "federated", "bin", "federated")


def needed_glibc(folder: str = HERE) -> tuple[int, int] | None:
    """The least that the wheel's tag says, which its program was looked at for when it was made."""
    for name in os.listdir(folder):
        if re.fullmatch(r"federated-[^-]*\.dist-info", name):
            with open(os.path.join(folder, name, "WHEEL"), encoding="utf-8") as file:
                found = re.search(r"manylinux_(\d+)_(\d+)_", file.read())
            return (int(found[1]), int(found[2])) if found else None
    return None


def glibc() -> tuple[int, int] | None:
    """This machine's; None where its C library is another."""
    try:
        found = re.match(r"glibc (\d+)\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (AttributeError, OSError, ValueError):
        return None
    return (int(found[1]), int(found[2])) if found else None


def complaint() -> str | None:
    """Why the program cannot be started here, before the loader says it in its own words."""
    needed, found = needed_glibc(), glibc()
    if needed and (found is None or found < needed):
        own = "another C library" if found is None else f"glibc {found[0]}.{found[1]}"
        return (f"this wheel's program needs glibc {needed[0]}.{needed[1]} or later, and this machine has {own}: "
                "build it here from the checkout, by make release")
    import ctypes

    try:
        ctypes.CDLL("libstdc++.so.6")
    except OSError:
        return ("this wheel's program needs libstdc++.so.6, which is not here: install libstdc++6 (Debian, "
                "Ubuntu) or libstdc++ (others)")
    return None


def main() -> None:
    if words := complaint():
        sys.exit(f"federated: {words}")
    # A server rule is a program of Python's: of this one, which has the module, whether it is activated or not.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    try:
        os.execve(PROGRAM, [PROGRAM, *sys.argv[1:]], os.environ | {"PATH": path})
    except OSError as error:
        sys.exit(f"federated: {PROGRAM} cannot be started: {error.strerror}")
