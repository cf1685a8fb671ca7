"""The module on a Python that has NumPy and pandas, and nothing that draws or that makes notebooks."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import textwrap
import unittest
import venv
from pathlib import Path

import federated

from .support import MODULE, FolderTestCase


def with_what_they_need(*names: str) -> set[str]:
    """These distributions and those that they cannot do without."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop().lower()
        if name in found:
            continue
        found.add(name)
        for requirement in importlib.metadata.requires(name) or []:
            needed, _, condition = requirement.partition(";")
            needed = re.match(r"[\w.-]+", needed)[0]
            try:
                importlib.metadata.version(needed)
            except importlib.metadata.PackageNotFoundError:
                continue  # of another Python
            if "extra" not in condition:
                left.append(needed)
    return found


class BarePythonTests(FolderTestCase):
    def bare_python(self) -> str:
        """Of an environment that is made without network: what is installed here is linked."""
        venv.create(self.folder / "venv", symlinks=True)
        site = next((self.folder / "venv" / "lib").glob("python*/site-packages"))
        for name in with_what_they_need("numpy", "pandas"):
            installed = importlib.metadata.distribution(name)
            for top in {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}:
                if not (site / top).exists():
                    (site / top).symlink_to(Path(str(installed.locate_file(top))).resolve())
        return str(self.folder / "venv" / "bin" / "python")

    def test_everything_but_drawing_works_with_numpy_and_pandas(self) -> None:
        script = textwrap.dedent("""
            import importlib.util
            import federated
            assert not any(importlib.util.find_spec(name) for name in ("matplotlib", "IPython", "requests"))
            small = dict(dataset="digits", model="logistic-regression", samples=20, epochs=1, rounds=2)
            run = federated.run(clients=2, **small)
            assert len(run.rounds) == 2 and len(run.clients) == 4 and len(run.class_counts) == 4
            assert federated.read(run.path).accuracy == run.accuracy
            assert federated.read("last").name == run.name == federated.runs().run[0]
            assert [array.shape for array in federated.model(run)] == [(784, 10), (10,)]
            assert len(federated.sweep(clients=2, seed=[1, 2], **small)) == 2
            class Same(federated.Client):
                def fit(self, parameters, config):
                    return parameters, 20, {}
            with federated.serve(clients=1, **small) as server:
                assert Same().join(server.url, 0, on_event=None).succeeded
                assert server.result(60).outcome == "completed"
            try:
                federated.plot(run)
            except federated.FederatedError as error:
                print(error)
            """)
        done = subprocess.run(
            [self.bare_python(), "-c", script], capture_output=True, text=True, cwd=self.folder, timeout=120,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(MODULE),
                 "FEDERATED": os.path.abspath(federated.find_program())})
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertEqual(done.stdout, "matplotlib is not installed: pip install matplotlib\n")


if __name__ == "__main__":
    unittest.main()
