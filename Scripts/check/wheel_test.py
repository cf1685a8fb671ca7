#!/usr/bin/env python3
"""Installs the wheel of `make release` on bare Python, and runs what is in it with an empty environment.

usage: wheel_test.py [--folder .build-release]

In an environment with what the wheel itself asks for and no more: the command runs a round, to the bits of
the program that the wheel was made of; the libraries of a server that runs are those of the wheel; the module
finds the program; and a machine that it cannot run on is told so in a sentence.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ["--dataset", "digits", "--rounds", "1", "--epochs", "1", "--clients", "2", "--samples", "50"]
# What manylinux takes for granted: of the system, not of the wheel.
OF_SYSTEM = re.compile(
    r"(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nss_\w+|gcc_s|stdc\+\+|z)[.-].*)")
# Those that an image of Python alone lacks.
BUNDLED = ["libopenblas", "libsqlite3", "libxxhash", "libpng16", "libcurl", "libcrypto"]
PACKAGES = {"federated", "numpy", "pandas", "python-dateutil", "pytz", "six", "tzdata", "pip", "setuptools"}


def fail(sentence: str) -> None:
    sys.exit(f"wheel_test.py: {sentence}")


def expect(holds: object, sentence: str) -> None:
    if not holds:
        fail(sentence)


class Bare:
    """An environment with the wheel in it."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=True, symlinks=True)
        self.python, self.command = (str(folder / "venv" / "bin" / name) for name in ("python", "federated"))
        pip = [self.python, "-m", "pip", "--disable-pip-version-check"]
        done = subprocess.run([*pip, "install", "--quiet", "--only-binary", ":all:", str(wheel)],
                              capture_output=True, text=True)
        expect(done.returncode == 0, f"pip does not install {wheel.name}:\n{done.stderr}")
        listed = subprocess.run([*pip, "list", "--format", "freeze"], capture_output=True, text=True).stdout
        more = {line.split("==")[0].lower() for line in listed.splitlines()} - PACKAGES
        expect(not more, f"the wheel brings {sorted(more)} along")
        self.site = next((folder / "venv" / "lib").glob("python*/site-packages"))

    def run(self, *command: str, status: int = 0) -> str:
        """What it prints, on either way, with an environment that has nothing in it."""
        done = subprocess.run(command, env={}, cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        expect(done.returncode == status,
               f"{' '.join(command[:3])} ends with status {done.returncode}, not {status}:\n{done.stdout}")
        return done.stdout


def model(folder: Path) -> bytes:
    found = list(folder.glob("*.safetensors"))
    expect(len(found) == 1, f"{folder} has {len(found)} models: expected one")
    return found[0].read_bytes()


def check_command(bare: Bare, program: Path) -> None:
    began = time.monotonic()
    bare.run(bare.command, "--version")
    started = time.monotonic() - began
    bare.run(bare.command, "run", *SETTINGS, "--log-dir", "one")
    bare.run(str(program), "run", *SETTINGS, "--log-dir", "other")
    expect(model(bare.folder / "one") == model(bare.folder / "other"),
           "the wheel's program has another model than the one it was made of")
    print(f"the command starts in {1000 * started:.0f} ms and has the same bits")


def check_libraries(bare: Bare) -> None:
    """Of a server, which is there to be looked at."""
    server = subprocess.Popen([bare.command, "serve", "--port", "0", *SETTINGS, "--log-dir", "served"], env={},
                              cwd=bare.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = ""
        for line in server.stdout:
            said += line
            if " join " in line:
                break
        else:
            fail(f"the server has ended:\n{said}")
        program = Path(f"/proc/{server.pid}/exe").resolve()
        expect(program == bare.site / "federated" / "bin" / "federated", f"the program that runs is {program}")
        maps = Path(f"/proc/{server.pid}/maps").read_text()
    finally:
        server.terminate()
        server.communicate(timeout=60)
    files = {Path(line.split(maxsplit=5)[5]) for line in maps.splitlines() if ".so" in line.split(maxsplit=5)[-1]}
    own = {path.name for path in files if path.parent == bare.site / "federated.libs"}
    others = {str(path) for path in files if path.parent != bare.site / "federated.libs"}
    foreign = sorted(path for path in others if not OF_SYSTEM.fullmatch(Path(path).name))
    expect(not foreign, f"libraries of the system are used: {', '.join(foreign)}")
    missing = [name for name in BUNDLED if not any(found.startswith(name) for found in own)]
    expect(not missing, f"these are not taken from the wheel: {', '.join(missing)}")
    print(f"{len(own)} libraries are the wheel's, {len(others)} the system's: "
          + ", ".join(sorted(Path(path).name for path in others)))


def check_module(bare: Bare) -> None:
    said = bare.run(bare.python, "-c", (
        "import federated; print(federated.find_program());"
        "print(federated.run(dataset='digits', model='logistic-regression', rounds=1, epochs=1, log_dir='module'))"))
    program, run = said.splitlines()
    expect(program == str(bare.site / "federated" / "bin" / "federated"), f"the module uses {program}")
    expect("completed, 1 of 1 rounds" in run, f"the run is {run}")
    print("the module uses the wheel's program")


def check_rule(bare: Bare) -> None:
    shutil.copy(ROOT / "Scripts" / "python" / "examples" / "fedavg_rule.py", bare.folder / "rule.py")
    bare.run(bare.command, "run", *SETTINGS, "--server-rule", "exec:rule.py", "--log-dir", "rule")
    model(bare.folder / "rule")
    print("a server rule finds the module")


def check_sentences(bare: Bare) -> None:
    """Where the program would not start: as if this machine were another."""
    for change, words in [
        ("f.glibc = lambda: (2, 17)", r"needs glibc 2\.\d+ or later, and this machine has glibc 2\.17: build it"),
        ("f.glibc = lambda: None", r"and this machine has another C library: build it"),
        ("import ctypes; ctypes.CDLL = lambda name: (_ for _ in ()).throw(OSError(name))",
         r"needs libstdc\+\+\.so\.6, which is not here: install"),
        ("f.PROGRAM = '/nowhere'", r"/nowhere cannot be started: No such file or directory"),
    ]:
        said = bare.run(bare.python, "-c", f"import federated_program as f; {change}; f.main()", status=1)
        expect(re.search(rf"^federated: .*{words}.*\n$", said), f"after {change!r} it says {said!r}")
    said = bare.run(bare.python, "-c", "import federated, federated_program as f; f.glibc = lambda: (2, 17)\n"
                    "try: federated.run(rounds=1)\nexcept federated.ProgramError as error: print(error)")
    expect("needs glibc" in said, f"the module says {said!r}")
    print("machines that it cannot run on are told why")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".build-release")
    options = parser.parse_args()
    wheels, program = list(options.folder.glob("*.whl")), (options.folder / "federated").absolute()
    expect(len(wheels) == 1, f"{options.folder} has {len(wheels)} wheels: make release makes one")
    work = Path(tempfile.mkdtemp(prefix="wheel-test-")).resolve()
    try:
        bare = Bare(work, wheels[0])
        print(f"{wheels[0].name}: {wheels[0].stat().st_size / 1e6:.0f} MB")
        check_command(bare, program)
        check_libraries(bare)
        check_module(bare)
        check_rule(bare)
        check_sentences(bare)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
