#!/usr/bin/env python3
"""Executes docs/notebook.ipynb as somebody with a new account would, and looks at what comes of it.

usage: notebook.py [--federated PROGRAM] [--seconds N] [--pictures FOLDER] [NOTEBOOK]
       notebook.py --lint [NOTEBOOK]    only whether it is kept as it should be: no outputs, nothing of a machine

It goes in a folder and a home of its own. What must hold: no cell fails, nothing is written to standard error,
no output has a terminal's escape sequences, no process is left, and all is over in N seconds (90).
--pictures keeps the pictures as PNG. Needs nbclient and ipykernel (venv.sh python).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
# All that the kernel sees of who executes it: nothing of a user's settings of Python, Jupyter or the program.
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "FEDERATED_DATA_DIR")


def fail(sentence: str) -> None:
    sys.exit(f"notebook.py: {sentence}")


def lint(path: Path) -> None:
    """Outputs, counts and settings of whoever edited it are not committed."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells, version = notebook["cells"], notebook["nbformat"]
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    except (KeyError, TypeError, ValueError) as error:
        fail(f"{path} is no notebook: {error}")
    if version != 4:
        fail(f"{path} is of version {version}: expected 4")
    if extra := set(notebook["metadata"]) - {"kernelspec", "language_info"}:
        fail(f"{path} has {sorted(extra)} in its metadata: clear it")
    if notebook["metadata"]["kernelspec"]["name"] != "python3":
        fail(f"{path} wants the kernel {notebook['metadata']['kernelspec']['name']!r}: expected 'python3'")
    for number, cell in enumerate(cells, 1):
        place = f"{path}, cell {number} ({cell.get('id')})"
        if cell.get("outputs") or cell.get("execution_count") is not None:
            fail(f"{place} has outputs: clear all outputs before a commit")
        if cell.get("metadata"):
            fail(f"{place} has metadata {sorted(cell['metadata'])}: clear it")
        if not "".join(cell["source"]).strip():
            fail(f"{place} is empty")
        if cell["cell_type"] == "code":
            try:
                compile("".join(cell["source"]), place, "exec")
            except SyntaxError as error:
                fail(f"{place}: {error}")


def environment(home: Path, federated: str) -> dict[str, str]:
    """Of the kernel: a home with nothing in it, the module of this checkout, and the program."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONPATH": str(ROOT / "Scripts" / "python"),
        "PYTHONNOUSERSITE": "1", "FEDERATED": federated,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def left_behind(home: Path) -> list[str]:
    """Commands of processes that have this home and still run."""
    mark = f"HOME={home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if command.strip():
                    found.append(f"{folder.name}: {command.strip()[:120]}")
        except OSError:
            pass
    return found


def outputs(notebook: Any) -> list[tuple[str, Any]]:
    return [(cell["id"], output) for cell in notebook.cells if cell.cell_type == "code"
            for output in cell.outputs]


def check_outputs(notebook: Any) -> int:
    """How many pictures there are."""
    pictures = 0
    for cell, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            fail(f"the cell {cell} writes to standard error: {output.text[:300]!r}")
        texts = [output.get("text", ""), *output.get("data", {}).values()]
        if any("\x1b" in text for text in texts if isinstance(text, str)):
            fail(f"an output of the cell {cell} has a terminal's escape sequences")
        pictures += "image/png" in output.get("data", {})
    return pictures


def keep_pictures(notebook: Any, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for cell, output in outputs(notebook):
        if "image/png" in output.get("data", {}):
            (folder / f"{cell}.png").write_bytes(base64.b64decode(output.data["image/png"]))


def execute(path: Path, federated: str, seconds: float, pictures: Path | None) -> None:
    # Read before anything of Jupyter is imported, which looks for its folders then.
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        home = Path(folder).resolve()
        (home / "tmp").mkdir()
        given = environment(home, federated)
        os.environ.clear()
        os.environ.update(given)
        tempfile.tempdir = None
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError

        notebook = nbformat.read(path, as_version=4)
        began = time.monotonic()
        # A limit for each cell, so that one that hangs is named.
        # A kernel warns of its sockets, which are of this machine alone and whose messages are signed.
        client = NotebookClient(notebook, timeout=int(seconds), kernel_name="python3",
                                extra_arguments=["--log-level=ERROR"],
                                resources={"metadata": {"path": str(home)}})
        try:
            client.execute()
        except CellExecutionError as error:
            fail("a cell fails:\n" + re.sub(r"\x1b\[[\d;]*m", "", str(error)))
        except Exception as error:  # noqa: BLE001: of the kernel, or a cell's time
            fail(f"it does not come to its end: {error}")
        took = time.monotonic() - began
        until = time.monotonic() + 5
        while (left := left_behind(home)) and time.monotonic() < until:
            time.sleep(0.1)
        if pictures:
            keep_pictures(notebook, pictures)
    if left:
        fail("it leaves processes behind: " + "; ".join(left))
    count = check_outputs(notebook)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    print(f"{path.name}: {cells} cells and {count} pictures in {took:.0f} s")
    if took > seconds:
        fail(f"it took {took:.0f} s: expected at most {seconds:g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook", type=Path, nargs="?", default=NOTEBOOK)
    parser.add_argument("--federated", default=str(ROOT / ".build" / "release" / "federated"))
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--lint", action="store_true")
    options = parser.parse_args()
    lint(options.notebook)
    if options.lint:
        return
    if not os.access(options.federated, os.X_OK):
        fail(f"there is no program {options.federated}: make network builds it")
    execute(options.notebook.absolute(), os.path.abspath(options.federated), options.seconds,
            options.pictures and options.pictures.absolute())


if __name__ == "__main__":
    main()
